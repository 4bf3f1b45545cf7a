"""What happened to an order is written down, and told to the shopper where it concerns them."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import override

from customers.services.messages import queue_message
from orders.models import Fulfilment, Order, OrderEvent


def record(order: Order, kind: str, *, actor: str, at: datetime, **data: Any) -> OrderEvent:
    """Add to the order's history."""
    return OrderEvent.objects.create(order=order, kind=kind, data=data, actor=actor, at=at)


def tell(
    order: Order,
    template: str,
    *,
    at: datetime,
    fulfilment: Fulfilment | None = None,
    occasion: str = "",
    **extra: Any,
) -> None:
    """Write the shopper a service message about the order.

    It is written once per template, fulfilment and occasion.

    `extra` is JSON; times in it are ISO 8601 and shown in the store's zone.
    """
    if not order.email:
        return
    with override(order.language):
        link = settings.SITE_URL + reverse("storefront:order", args=[order.token])
    lines = list(order.lines.all())
    discounted = any(line.discount_minor for line in lines)
    context: dict[str, Any] = {
        "number": order.number,
        "name": order.name,
        "link": link,
        "total_minor": order.total_minor,
        "currency": order.currency,
        "lines": [
            {"name": line.name, "quantity": line.quantity, "total_minor": line.total_minor}
            for line in lines
        ],
        "discounts": [
            {"name": one.label, "amount_minor": one.amount_minor}
            for one in (order.discounts.all() if discounted else ())
        ],
    } | extra
    if fulfilment:
        context["kind"] = fulfilment.kind
        if fulfilment.promised_at:
            context["promised_at"] = fulfilment.promised_at.isoformat()
        if fulfilment.hold_until:
            context["hold_until"] = fulfilment.hold_until.isoformat()
        store = fulfilment.store
        if store and fulfilment.kind != Fulfilment.Kind.SHIPMENT:
            context["store"] = {
                "name": store.name,
                "address": f"{store.address}, {store.postcode} {store.city}",
                "timezone": store.timezone,
            }
            context["code"] = fulfilment.code
            context["paid"] = order.paid_at is not None
    queue_message(
        key=f"{template}:{order.number}:{fulfilment.pk if fulfilment else 0}{occasion}",
        template=template,
        to=order.email,
        language=order.language,
        context=context,
        at=at,
        customer_id=order.customer_id,
        document=order.number,
    )

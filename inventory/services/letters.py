"""What suppliers are written, as rows that a task sends (DESIGN 3.7)."""

from datetime import datetime, time

from django.conf import settings

from customers.services.messages import queue_message
from inventory.models import PurchaseOrder
from inventory.selectors import lines_for_supplier
from omnishop.network.models import Store


def to_supplier(order: PurchaseOrder, *, at: datetime) -> None:
    """Write the supplier the order; once for each date it is expected on.

    Without an address nothing is written.
    """
    lines = list(lines_for_supplier(order))
    place = order.location
    store = (
        Store.objects.filter(store_locations__location=place)
        .order_by("store_locations__rank", "pk")
        .first()
    )
    on = order.expected_on
    noon = datetime.combine(on, time(12), tzinfo=place.zone) if on else None
    queue_message(
        key=f"purchase-order:{order.number}:{order.expected_on}",
        template="purchase_order",
        to=order.supplier.email,
        language=settings.LANGUAGE_CODE,
        context={
            "number": order.number,
            "supplier": order.supplier.name,
            "place": place.name,
            "address": f"{store.address}, {store.postcode} {store.city}" if store else "",
            "expected_at": noon.isoformat() if noon else "",
            "articles": [
                {
                    "reference": line.reference,
                    "sku": line.variant.sku,
                    "gtin": line.variant.gtin or "",
                    "name": line.variant.product.name,
                    "quantity": line.quantity,
                    "cost_minor": line.cost_minor,
                    "total_minor": line.total_minor,
                }
                for line in lines
            ],
            "amount_minor": sum(line.total_minor for line in lines),
        },
        at=at,
        document=order.number,
    )

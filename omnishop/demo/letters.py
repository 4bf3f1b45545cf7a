"""Messages of the history: on record as sent, though nothing was mailed."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.urls import reverse
from django.utils.translation import override

from customers.models import Message
from omnishop.demo.rows import write
from omnishop.network.models import Store

Row = dict[str, Any]


@lru_cache
def _order_link(language: str) -> str:
    with override(language):
        return settings.SITE_URL + reverse("storefront:order", args=["TOKEN"])


class Letters:
    """Service messages about orders, with what `orders.services.events.tell` puts in them."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def add(
        self, order: Row, lines: list[Row], template: str, at: datetime,
        fulfilment: Row | None, store: Store | None, **extra: Any,
    ) -> None:  # fmt: skip
        """Record one message as sent a few seconds later."""
        if not order.get("email"):
            return
        context: Row = {
            "number": order["number"],
            "name": order["name"],
            "link": _order_link(order["language"]).replace("TOKEN", order["token"]),
            "total_minor": order["total_minor"],
            "currency": order["currency"],
            "lines": [
                {key: line[key] for key in ("name", "quantity", "total_minor")} for line in lines
            ],
        } | extra
        if fulfilment:
            context["kind"] = fulfilment["kind"]
            if store:
                context["store"] = {
                    "name": store.name,
                    "address": f"{store.address}, {store.postcode} {store.city}",
                    "timezone": store.timezone,
                }
                context["paid"] = order["paid_at"] is not None
        self.rows.append(
            {
                "key": f"{template}:{order['number']}:{fulfilment['id'] if fulfilment else 0}",
                "customer_id": order["customer_id"],
                "purpose": "service",
                "template": template,
                "to": order["email"],
                "language": order["language"],
                "context": context,
                "document": order["number"],
                "status": "sent",
                "subject": subject(template, context, order["language"]),
                "queued_at": at,
                "due_at": at,
                "sent_at": at,
            }
        )

    def write(self) -> None:
        write(Message, self.rows)


def subject(template: str, context: Row, language: str) -> str:
    """The subject as the message's template has it."""
    try:
        found = get_template(f"messages/{template}.subject.txt")
    except TemplateDoesNotExist:
        return ""
    with override(language):
        return " ".join(found.render(context).split())[:200]

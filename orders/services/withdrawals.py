"""Withdrawal from a contract made at a distance (CST-2, CST-3)."""

import secrets
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from customers.services.identities import normal_email
from customers.services.messages import queue_message
from omnishop.kernel.errors import Invalid
from orders.models import Order, Withdrawal
from orders.services import events


@transaction.atomic
def declare(
    *, name: str, email: str, order_number: str, lines: str, language: str, at: datetime
) -> Withdrawal:
    """Keep a declaration and confirm it with its content, date and time on a durable medium.

    The answer is the same whether such an order exists or not (UX A3).
    """
    if not name.strip() or not order_number.strip():
        raise Invalid(_("Enter your name and the order number."))
    email = normal_email(email)
    order = Order.objects.filter(number__iexact=order_number.strip(), email__iexact=email).first()
    withdrawal = Withdrawal.objects.create(
        reference=f"W-{secrets.token_hex(4).upper()}",
        name=name.strip()[:160],
        email=email,
        order_number=order_number.strip()[:40],
        lines=lines.strip(),
        order=order,
        received_at=at,
    )
    if order:
        events.record(order, "withdrawal", actor="customer", at=at, reference=withdrawal.reference)
    queue_message(
        key=f"withdrawal:{withdrawal.reference}",
        template="withdrawal_receipt",
        to=email,
        language=language,
        context={
            "reference": withdrawal.reference,
            "name": withdrawal.name,
            "order_number": withdrawal.order_number,
            "text": withdrawal.lines,
            "received_at": at.isoformat(),
        },
        at=at,
        document=order.number if order else "",
    )
    return withdrawal

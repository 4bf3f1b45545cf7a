"""Points of an order: spent to pay it, earned by what was handed over."""

from datetime import datetime

from django.utils.translation import gettext as _

from loyalty.selectors import account_of
from loyalty.services import points as loyalty
from omnishop.kernel.errors import Invalid
from orders.models import Order, OrderLine, Payment
from orders.models.payment import new_reference
from orders.points import of_order
from orders.services import payments


def spend_points(
    order: Order, *, points: int, at: datetime, key: str = "", till_id: int | None = None
) -> int:
    """Pay with points up to what is still due; they are a tender, never a discount (ALG-10).

    Once per order: the points ledger takes them once per document. Returns the amount paid so.
    Raises Invalid without an account, NotEnoughPoints.
    """
    account = account_of(order.customer_id)
    if account is None:
        raise Invalid(_("Points belong to a loyalty account. None is known for this order."))
    if any(
        payment.method == Payment.Method.POINTS and payment.captured_minor > payment.refunded_minor
        for payment in order.payments.all()
    ):
        raise Invalid(_("Points were already taken on this order."))
    left = payments.due(order)
    value = account.programme.point_value_minor
    amount = min(points * value, left - left % value)
    if amount <= 0:
        raise Invalid(_("Nothing is left to pay with points."))
    loyalty.spend(
        customer_id=account.customer_id,
        points=amount // value,
        document=order.number,
        channel=order.channel,
        actor=f"order:{order.number}",
        at=at,
    )
    Payment.objects.create(
        order=order,
        method=Payment.Method.POINTS,
        status=Payment.Status.CAPTURED,
        amount_minor=amount,
        captured_minor=amount,
        points=amount // value,
        reference=key or new_reference(),
        till_id=till_id,
        created_at=at,
        settled_at=at,
    )
    return amount


def earn_points(order: Order, lines: list[OrderLine], *, actor: str, at: datetime) -> int:
    """Credit the lines handed over, on the terms of when they were bought (FIELD 29)."""
    account = account_of(order.customer_id)
    if account is None:
        return 0
    earned = of_order(order, account)
    return loyalty.earn(
        [
            loyalty.Earning(line.position, share.points, line.name, amount_minor=share.money_minor)
            for line in lines
            for share in [earned.get(line.position)]
            if share and share.points
        ],
        customer_id=account.customer_id,
        document=order.number,
        channel=order.channel,
        actor=actor,
        at=at,
    )

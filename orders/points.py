"""What an order earns, and what a basket would: the same function of the same lines."""

from collections.abc import Mapping
from datetime import datetime

from catalog.pricing import Quote
from loyalty.earning import Earned, Line, points_of
from loyalty.models import Account
from loyalty.selectors import account_of, terms, tier_at
from orders.models import Order, OrderLine, Payment
from orders.selectors import line_left


def of_order(order: Order, account: Account) -> Mapping[int, Earned]:
    """What each line of an order earns as it now stands, on the terms of when it was bought: on
    what was paid with money, unless the programme says otherwise (FIELD 29).
    """
    products = (
        order.lines.filter(kind=OrderLine.Kind.PRODUCT)
        .select_related("variant__product__category")
        .order_by("position")
    )
    by_points = sum(
        payment.captured_minor - payment.refunded_minor
        for payment in order.payments.all()
        if payment.method == Payment.Method.POINTS
    )
    return points_of(
        [
            Line(
                position=line.position,
                units=line_left(line),
                paid_minor=line.total_minor - line.refunded_minor,
                product_id=product.pk if product else None,
                brand_id=product.brand_id if product else None,
                category_path=product.category.path if product else "",
            )
            for line in products
            for product in [line.variant.product if line.variant else None]
        ],
        terms(
            account,
            at=order.placed_at,
            channel=order.channel,
            store_id=order.store_id if order.channel == "till" else None,
            tier=tier_at(account, order.placed_at),
        ),
        by_points_minor=by_points,
    )


def of_quote(
    quote: Quote,
    *,
    customer_id: int | None,
    at: datetime,
    channel: str,
    store_id: int | None = None,
) -> int | None:
    """The points that buying a priced basket now, with money, earns its person; None for somebody
    who is no member. Nothing is read for nobody.
    """
    account = account_of(customer_id)
    if account is None:
        return None
    earned = points_of(
        [
            Line(
                position=position,
                units=line.quantity,
                paid_minor=line.total_minor,
                product_id=line.unit.product_id,
                brand_id=line.unit.brand_id,
                category_path=line.unit.category_path,
            )
            for position, line in enumerate(quote.lines)
        ],
        terms(account, at=at, channel=channel, store_id=store_id, tier=account.tier),
    )
    return sum(share.points for share in earned.values())

"""Discounts of an order as rows: what each promotion gave, and what each line carries of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from catalog import coupons
from catalog.pricing import Quote, name_in
from omnishop.kernel.transactions import joined
from orders.models import DiscountShare, Order, OrderDiscount, OrderLine, RefundClaim


@joined
def write(order: Order, lines: Sequence[OrderLine], priced: Quote, *, at: datetime) -> None:
    """Store what was taken off a new order (DSC-1), count its coupons, and promise what is paid
    back afterwards. Nothing is written, nor asked, for an order without discounts.

    Raises CouponUsedUp when a code was used up meanwhile.
    """
    discounts: list[tuple[OrderDiscount, list[tuple[int, int]]]] = [
        (
            OrderDiscount(order=order, label=quoted.hand_reason, amount_minor=quoted.hand_minor),
            [(i, quoted.hand_minor)],
        )
        for i, quoted in enumerate(priced.lines)
        if quoted.hand_minor
    ]
    claims = []
    for one in priced.applied:
        if one.deferred and one.promotion_id:
            claims.append(
                RefundClaim(
                    order=order,
                    promotion_id=one.promotion_id,
                    label=name_in(one.names)[:120],
                    amount_minor=one.amount_minor,
                    claim_by=order.business_day(at) + timedelta(days=one.claim_days),
                )
            )
        else:
            discount = OrderDiscount(
                order=order,
                promotion_id=one.promotion_id,
                coupon_id=one.coupon_id,
                label=name_in(one.names)[:120],
                amount_minor=one.amount_minor,
            )
            # What a delivery costs less is carried by its line, the last one.
            shares = list(one.shares) or [(len(lines) - 1, one.amount_minor)]
            discounts.append((discount, shares))
    if discounts:
        OrderDiscount.objects.bulk_create(discount for discount, _shares in discounts)
        DiscountShare.objects.bulk_create(
            DiscountShare(discount=discount, line=lines[i], amount_minor=amount)
            for discount, shares in discounts
            for i, amount in shares
        )
    if claims:
        RefundClaim.objects.bulk_create(claims)
    used = {one.coupon_id for one in priced.applied if one.coupon_id}
    if used:
        coupons.redeem(coupon_ids=used, document=order.number, person=_person(order), at=at)


def _person(order: Order) -> str:
    """Who uses a coupon: the customer's number, else the address the order is for."""
    if order.customer:
        known = order.customer.merged_into or order.customer
        return known.number
    return order.email.lower() or f"order:{order.number}"

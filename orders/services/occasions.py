"""Whether the reason of a planned message still holds, and what it may say (DESIGN 3.8)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.urls import reverse
from django.utils.translation import override

from catalog.models import Review
from customers.models import Customer
from customers.selectors import records
from loyalty.models import PointsLot
from omnishop.kernel.templatetags.omnishop import day
from orders.models import Campaign, Order, OrderLine, Relaunch
from orders.services import price_drops
from orders.services.wanted import Wish, basket_wish, bought_since

Kind = Campaign.Kind
Reason = Relaunch.Reason


def wish_of(relaunch: Relaunch, person: Customer | None, *, at: datetime) -> Wish:
    """What the message may say now, in the person's language; why nothing, if nothing."""
    if basket := relaunch.basket:
        return basket_wish(basket, person, since=relaunch.since, at=at)
    with override(person.language if person else "fr"):
        return _WISHES[Kind(relaunch.campaign_step.campaign.kind)](relaunch, person, at)


def settle(relaunch: Relaunch, wish: Wish) -> None:
    """Note with a person's wishes what the decision told them, in its transaction."""
    if relaunch.campaign_step.campaign.kind == Kind.PRICE_DROP:
        price_drops.settle(relaunch, wish)


def _review(relaunch: Relaunch, _person: Customer | None, _at: datetime) -> Wish:
    """What was kept and not reviewed yet; the first line is what the link opens."""
    order = Order.objects.filter(number=relaunch.document).first()
    reviewed = Review.objects.filter(document=relaunch.document).values("line")
    line = (
        OrderLine.objects.filter(order=order, kind=OrderLine.Kind.PRODUCT)
        .filter(variant__isnull=False, fulfilled__gt=F("returned"))
        .exclude(position__in=reviewed)
        .order_by("-total_minor", "position")
        .first()
    )
    if order is None or line is None:
        return Wish(reason=Reason.DONE)
    return Wish(
        facts={"product": line.name, "number": order.number},
        target=reverse("storefront:review", args=[order.token, line.position]),
    )


def _points(relaunch: Relaunch, person: Customer | None, at: datetime) -> Wish:
    """What is left of the lots that end by that day, over all records of the person."""
    ends = datetime.fromisoformat(relaunch.facts["expires_at"])
    left = sum(
        PointsLot.objects.filter(
            account__customer__in=records(person.pk if person else 0),
            remaining__gt=0,
            available_at__lte=at,
            expires_at__gt=at,
            expires_at__lt=ends + timedelta(days=1),
        ).values_list("remaining", flat=True)
    )
    if not left:
        return Wish(reason=Reason.DONE)
    return Wish(facts={"points": str(left), "day": day(ends)}, target=reverse("storefront:points"))


def _not_bought(relaunch: Relaunch, person: Customer | None, at: datetime) -> Wish:
    bought = bought_since(person, "", relaunch.since)
    home = reverse("storefront:home")
    return Wish(reason=Reason.BOUGHT) if bought else Wish(target=home)


def _always(_relaunch: Relaunch, _person: Customer | None, _at: datetime) -> Wish:
    return Wish(target=reverse("storefront:home"))


_WISHES: dict[Any, Callable[[Relaunch, Customer | None, datetime], Wish]] = {
    Kind.PRICE_DROP: price_drops.wish_of,
    Kind.REVIEW: _review,
    Kind.POINTS: _points,
    Kind.BIRTHDAY: _always,
    Kind.WIN_BACK: _not_bought,
    Kind.NEWSLETTER: _always,
}

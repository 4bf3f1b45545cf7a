"""What a person still wants of a basket or a list, once what they bought since is left out."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.core import signing
from django.db.models import Max, Q, QuerySet
from django.urls import reverse
from django.utils.translation import override

from catalog.book import prices
from catalog.models import Variant
from customers.models import Customer, Identity
from customers.selectors import records
from inventory.availability import stock
from orders.models import Basket, Order, OrderLine, Relaunch

Reason = Relaunch.Reason


@dataclass(slots=True)
class Wish:
    """What a message may say now: why nothing, or not before when; else articles and facts."""

    reason: str = ""
    later: datetime | None = None
    lines: list[tuple[Variant, int]] = field(default_factory=list)  # with units
    dropped: list[str] = field(default_factory=list)  # SKUs bought since, or gone
    products: list[int] = field(default_factory=list)  # all that it is about, dropped or not
    facts: dict[str, str] = field(default_factory=dict)  # placeholders of texts
    target: str = ""  # where the link leads
    groups: frozenset[str] = frozenset()  # of the person, where their prices are told
    before: dict[int, int] = field(default_factory=dict)  # former prices, by article
    told: dict[int, int] | None = None  # prices told of wishes; None: they were not looked at


def bought_since(customer: Customer | None, email: str, since: datetime) -> dict[int, int]:
    """Articles the person bought in any channel since an instant, under any of their records, with
    the product of each. What was returned afterwards was bought: it is not offered again.
    """
    return dict(_bought(customer, email, since).values_list("variant_id", "variant__product_id"))


def last_bought(customer: Customer, since: datetime) -> dict[int, datetime]:
    """Products of which the person bought any article since an instant, and when last: whoever
    bought one size does not want another (FIELD 39).
    """
    rows = _bought(customer, "", since).values_list("variant__product_id")
    return dict(rows.annotate(last=Max("order__placed_at")).order_by())


def _bought(customer: Customer | None, email: str, since: datetime) -> QuerySet[OrderLine]:
    person = Q()
    if customer:
        own = records(customer.pk)
        person |= Q(order__customer__in=own)
        addresses = Identity.objects.filter(customer__in=own, kind=Identity.Kind.EMAIL)
        person |= Q(order__email__in=addresses.values("value"))
    if email:
        person |= Q(order__email=email.lower())
    if not person:
        return OrderLine.objects.none()
    return OrderLine.objects.filter(
        person,
        order__placed_at__gte=since,
        order__status__in=[Order.Status.PLACED, Order.Status.FULFILLED],
        variant__isnull=False,
    )


def basket_wish(basket: Basket, person: Customer | None, *, since: datetime, at: datetime) -> Wish:
    """What of a basket may be named: not what was bought, nor another size of it (FIELD 39)."""
    with override(person.language if person else basket.language):
        target = reverse("storefront:resume", args=[basket_link(basket)])
    lines = [(line.variant, line.quantity) for line in basket.lines.select_related(
        "variant__product"
    )]  # fmt: skip
    if not lines:
        return Wish(reason=Reason.EMPTY)
    wish = Wish(lines=lines, target=target)
    return still_wanted(wish, person, basket.email, since, at=at)


def still_wanted(
    wish: Wish, person: Customer | None, email: str, since: datetime, *, at: datetime
) -> Wish:
    """The wish without what was bought since, or its siblings, and what cannot be had."""
    bought = bought_since(person, email, since)
    products = set(bought.values())
    wish.products = [variant.product_id for variant, _units in wish.lines]
    wish.dropped = [one.sku for one, _units in wish.lines if one.product_id in products]
    wish.lines = [line for line in wish.lines if line[0].product_id not in products]
    if not wish.lines:
        wish.reason = Reason.BOUGHT
        return wish
    ids = [variant.pk for variant, _units in wish.lines]
    on_sale, free = prices(ids, at=at), stock(ids, at=at)
    gone = [pk for pk in ids if pk not in on_sale or not free.most(pk)]
    wish.dropped += [variant.sku for variant, _units in wish.lines if variant.pk in gone]
    wish.lines = [line for line in wish.lines if line[0].pk not in gone]
    if not wish.lines:
        wish.reason = Reason.OUT_OF_STOCK
    return wish


def basket_link(basket: Basket) -> str:
    """The signed part of a link that opens this basket on any device."""
    return signing.dumps(str(basket.token), salt="basket")


def basket_of_link(text: str) -> Basket | None:
    """The basket of such a link; links open for thirty days."""
    try:
        token = signing.loads(text, salt="basket", max_age=timedelta(days=30))
    except signing.BadSignature:
        return None
    return Basket.objects.filter(token=token).first()

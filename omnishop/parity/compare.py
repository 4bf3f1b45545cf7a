"""The same random baskets through storefront, till, service desk and API, to the cent.

A place has its own price lists and operations: the site, the desk asked for the site, its basket of
a known person and the API asked for the site must agree; the till, the desk and the API asked for
that store must agree; and where nothing of the basket is bound to a store or channel, all of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from random import Random

from django.db import transaction
from django.db.models import Q
from django.utils.translation import override

from catalog.announced import line_of
from catalog.book import price_book
from catalog.models import Assortment, Coupon, Price, Variant
from catalog.offers import eligible
from customers.models import Customer
from omnishop.network.models import Till, User
from omnishop.parity import doors
from omnishop.parity.doors import Asked

MOST_LINES = 8


@dataclass(frozen=True, slots=True)
class Difference:
    """A basket on which the doors disagree, and what each said."""

    basket: str
    said: dict[str, str]

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def compare(*, baskets: int, seed: int, at: datetime) -> Iterator[Difference | None]:
    """Price so many baskets; for each one None, or the difference. Nothing stays written."""
    rng = Random(seed)  # noqa: S311  the same baskets for the same seed
    variants = list(
        Variant.objects.filter(active=True, product__status="active", prices__isnull=False)
        .order_by("pk")
        .distinct()
        .values_list("pk", "sku")
    )
    tills = list(Till.objects.filter(active=True).select_related("store").order_by("pk"))
    people = list(Customer.objects.live().order_by("pk")[:500])
    members = list(Customer.objects.live().exclude(groups=None).order_by("pk")[:50])
    codes = list(Coupon.objects.order_by("pk").values_list("code", flat=True)[:200])
    staff = User(is_staff=True)
    for _n in range(baskets if variants and tills else 0):
        chosen = rng.sample(variants, min(len(variants), rng.randint(1, MOST_LINES)))
        kinds: list[Sequence[Customer | None]] = [[None], people or [None], members or [None]]
        asked = Asked(
            units=tuple((pk, sku, rng.choice([1, 1, 1, 2, 3, 4, 6])) for pk, sku in chosen),
            till=rng.choice(tills),
            customer=rng.choice(rng.choice(kinds)),
            codes=tuple(rng.sample(codes, 1)) if codes and rng.random() < 0.4 else (),
        )
        with transaction.atomic(), override("fr"):
            found = _one(asked, staff, at=at)
            transaction.set_rollback(True)
        yield found


def _one(asked: Asked, staff: User, *, at: datetime) -> Difference | None:
    store = asked.till.store
    page, summary = doors.storefront(asked, at=at)
    site = {
        "basket": page,
        "checkout": summary,
        "desk, site": doors.desk(asked, None, at=at),
        "API, site": doors.api(asked, None, staff),
    }
    if told := doors.telephone(asked, at=at):
        site["telephone"] = told
    shop = {
        "till": doors.till(asked, at=at),
        "desk, store": doors.desk(asked, store, at=at),
        "API, store": doors.api(asked, store, staff),
    }
    groups: Sequence[dict[str, doors.Price]] = (
        [site, shop] if bound(asked, at=at) else [site | shop]
    )
    if all(len(set(group.values())) == 1 for group in groups):
        return None
    return Difference(str(asked), {door: str(price) for door, price in (site | shop).items()})


def bound(asked: Asked, *, at: datetime) -> bool:
    """Whether a price list, an assortment or an operation of some stores or of one channel is
    about anything in the basket.
    """
    ids = [pk for pk, _sku, _count in asked.units]
    parts = Q(variant__in=ids) | Q(variant__items__item__in=ids)
    lists = Price.objects.at(at).filter(parts)
    if lists.exclude(price_list__channel="", price_list__store=None).exists():
        return True
    if Assortment.objects.filter(product__variants__in=ids).exists():
        return True
    book = price_book(ids, at=at, channel="till", store_id=asked.till.store_id)
    lines = [line_of(book.prices[pk]) for pk in ids if pk in book]
    return any((one.channels or one.stores) and eligible(one, lines) for one in book.offers)

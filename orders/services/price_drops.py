"""Telling people that what they wish for costs less: marketing, so with consent (MSG-2)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import override

from catalog.book import prices
from catalog.models import Variant
from customers.links import preferences_link
from customers.models import Customer, Message
from customers.selectors import records
from customers.services import marketing
from customers.services.messages import queue_message, send
from inventory.availability import stock
from omnishop.kernel.claims import claim
from orders.models import PriceDrop, WishItem
from orders.models.wish import PriceDropQuerySet
from orders.services.wanted import bought_since

THRESHOLD_BP = 1000  # 10 %: less is not worth a message
LEAST_MINOR = 100
PAUSE = timedelta(days=7)  # one message a person
TOO_OLD = timedelta(days=14)
CHUNK = 2000  # wishes looked at together

Status, Reason = PriceDrop.Status, PriceDrop.Reason


@dataclass(frozen=True, slots=True)
class _Wanted:
    item_id: int
    person_id: int
    before_minor: int  # when added, or when last told
    variant_ids: tuple[int, ...]


def find(*, at: datetime) -> int:
    """Write down each wish whose price, as its person is shown it, fell enough; how many.

    Measured against the price when added or last told: a price that goes up and down again is
    not told twice. Five statements for CHUNK wishes and each combination of customer groups.
    """
    last, found = 0, 0
    while True:
        items = (
            WishItem.objects.wanted()
            .filter(pk__gt=last, price_minor__isnull=False)
            .annotate(
                person=Coalesce("wish_list__customer__merged_into", "wish_list__customer"),
                before=Coalesce("told_minor", "price_minor"),
            )
            .order_by("pk")
            .values_list("pk", "person", "before", "product_id", "variant_id")[:CHUNK]
        )
        rows = list(items)
        if not rows:
            return found
        last = rows[-1][0]
        found += _find_among(rows, at=at)


def _find_among(rows: Sequence[tuple[int, int, int, int, int | None]], *, at: datetime) -> int:
    of_product: dict[int, list[int]] = defaultdict(list)
    known = Variant.objects.filter(product__in={row[3] for row in rows}, active=True)
    for product_id, variant_id in known.values_list("product", "pk"):
        of_product[product_id].append(variant_id)
    wanted = [
        _Wanted(pk, person, before, (variant,) if variant else tuple(of_product[product]))
        for pk, person, before, product, variant in rows
    ]
    groups = _groups({one.person_id for one in wanted})
    by_groups: dict[frozenset[str], list[_Wanted]] = defaultdict(list)
    for one in wanted:
        by_groups[groups.get(one.person_id, frozenset())].append(one)
    drops: list[PriceDrop] = []
    for codes, same in by_groups.items():
        ids = {variant_id for one in same for variant_id in one.variant_ids}
        now = {pk: price.amount_minor for pk, price in prices(ids, at=at, groups=codes).items()}
        drops += [drop for one in same if (drop := _drop(one, now, at))]
    before = PriceDrop.objects.count() if drops else 0
    PriceDrop.objects.bulk_create(drops, ignore_conflicts=True)
    return PriceDrop.objects.count() - before if drops else 0


def _groups(people: set[int]) -> dict[int, frozenset[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    rows = Customer.objects.filter(pk__in=people, groups__isnull=False)
    for pk, code in rows.values_list("pk", "groups__code"):
        found[pk].add(code)
    return {pk: frozenset(codes) for pk, codes in found.items()}


def _drop(one: _Wanted, now: dict[int, int], at: datetime) -> PriceDrop | None:
    sold = [(now[pk], pk) for pk in one.variant_ids if pk in now]
    if not sold:
        return None
    cost, variant_id = min(sold)
    fall = one.before_minor - cost
    if fall < LEAST_MINOR or fall * 10_000 < one.before_minor * THRESHOLD_BP:
        return None
    return PriceDrop(
        item_id=one.item_id,
        variant_id=variant_id,
        before_minor=one.before_minor,
        now_minor=cost,
        found_at=at,
    )


def due(*, at: datetime, limit: int = 500) -> list[int]:
    """People with falls that nobody decided on yet, who longest first."""
    rows = (
        PriceDrop.objects.due(at)
        .annotate(
            person=Coalesce("item__wish_list__customer__merged_into", "item__wish_list__customer")
        )
        .order_by("found_at", "pk")
        .values_list("person", flat=True)
    )
    return list(dict.fromkeys(rows))[:limit]


def tell(*, customer_id: int, at: datetime) -> bool:
    """One message about all that became cheaper for a person; whether there was one.

    At the most once in PAUSE, and within the guard of all offers. Decided when it
    is sent: what was bought in any channel, taken off, sold out or became dearer is left out, and
    says why.
    """
    person = Customer.objects.get(pk=customer_id)
    with transaction.atomic():
        drops = list(
            claim(_of(person).due(at).select_related("item__product", "variant__product")).order_by(
                "pk"
            )
        )
        if not drops or not marketing.lock(person.pk):  # somebody sells to them at this moment
            return False
        guard = marketing.verdict(person.pk, channel=Message.Channel.EMAIL, at=at)
        told = _of(person).filter(status=Status.SENT, decided_at__gt=at - PAUSE).exists()
        if told or guard.later or guard.reason == "cap":
            _withhold([drop for drop in drops if drop.found_at < at - TOO_OLD], Reason.TOO_OLD, at)
            return False
        to = marketing.address(person, Message.Channel.EMAIL)
        if guard.reason or not to:
            _withhold(drops, Reason.NO_ADDRESS if not to else Reason.NO_CONSENT, at)
            return False
        kept = _still_true(person, drops, at=at)
        if not kept:
            return False
        key = f"price-drop:{person.pk}:{at:%Y-%m-%d}"
        queue_message(
            key=key,
            template="price_drop",
            to=to,
            language=person.language,
            context=_context(person, kept),
            purpose=Message.Purpose.MARKETING,
            customer_id=person.pk,
            at=at,
        )
        message = Message.objects.get(key=key)
        for drop in kept:
            _decide(drop, Status.SENT, Reason.NONE, at)
            drop.message = message
        PriceDrop.objects.bulk_update(kept, ["status", "reason", "decided_at", "message"])
    send(message_id=message.pk, at=at)
    return True


def _of(person: Customer) -> PriceDropQuerySet:
    return PriceDrop.objects.filter(item__wish_list__customer__in=records(person.pk))


def _still_true(person: Customer, drops: list[PriceDrop], *, at: datetime) -> list[PriceDrop]:
    """The falls that may be told; the others are closed with their reason."""
    ids = [drop.variant_id for drop in drops]
    groups = _groups({person.pk}).get(person.pk, frozenset())
    now, free = prices(ids, at=at, groups=groups), stock(ids, at=at)
    since = min(drop.item.added_at for drop in drops)
    bought = bought_since(person, "", since)
    out: dict[str, list[PriceDrop]] = defaultdict(list)
    for drop in drops:
        if drop.item.removed_at:
            out[Reason.REMOVED].append(drop)
        elif drop.variant_id in bought:
            out[Reason.BOUGHT].append(drop)
        elif drop.variant_id not in now or now[drop.variant_id].amount_minor > drop.now_minor:
            out[Reason.RISEN].append(drop)
        elif free.most(drop.variant_id) <= 0:
            out[Reason.OUT_OF_STOCK].append(drop)
        else:
            drop.now_minor = now[drop.variant_id].amount_minor
            out[Reason.NONE].append(drop)
    kept = out.pop(Reason.NONE, [])
    for reason, left in out.items():
        _withhold(left, reason, at)
    return kept


def _decide(drop: PriceDrop, status: str, reason: str, at: datetime) -> None:
    drop.status, drop.reason, drop.decided_at = status, reason, at
    WishItem.objects.filter(pk=drop.item_id).update(told_minor=drop.now_minor)


def _withhold(drops: Iterable[PriceDrop], reason: str, at: datetime) -> None:
    for drop in drops:
        _decide(drop, Status.WITHHELD, reason, at)
        drop.save(update_fields=["status", "reason", "decided_at"])


def _context(person: Customer, drops: list[PriceDrop]) -> dict[str, object]:
    with override(person.language):
        return {
            "name": person.first_name,
            "currency": settings.CURRENCY,
            "link": settings.SITE_URL + reverse("storefront:wishes"),
            "stop_link": settings.SITE_URL
            + reverse("storefront:preferences", args=[preferences_link(person)]),
            "lines": [
                {
                    "sku": drop.variant.sku,
                    "name": drop.item.product.name,
                    "before_minor": drop.before_minor,
                    "now_minor": drop.now_minor,
                }
                for drop in drops
            ],
        }

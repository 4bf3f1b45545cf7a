"""Wishes that cost less: noticed each morning, told by the campaign "price drop" (DESIGN 3.8)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import ngettext

from catalog.book import prices
from catalog.models import Variant
from customers.models import Customer
from customers.selectors import records
from inventory.availability import stock
from omnishop.kernel.templatetags.omnishop import money
from orders.models import Campaign, Relaunch, WishItem
from orders.models.wish import WishItemQuerySet
from orders.services import campaigns
from orders.services.planning import Noticed
from orders.services.wanted import Wish, last_bought

THRESHOLD_BP = 1000  # 10 %: less is not worth a message
LEAST_MINOR = 100
PAUSE = timedelta(days=7)  # one message a person
CHUNK = 2000  # wishes, or people, looked at together

Reason, Status = Relaunch.Reason, Relaunch.Status


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A wish, and what its person would pay for it now: the cheapest article that there is."""

    item_id: int
    person_id: int
    product_id: int
    before_minor: int  # when added, or when last told
    variant_id: int = 0
    now_minor: int | None = None  # None: it is not on sale
    in_stock: bool = False

    def fell(self, before_minor: int) -> bool:
        """Whether the fall is worth a message."""
        fall = before_minor - (before_minor if self.now_minor is None else self.now_minor)
        return fall >= LEAST_MINOR and fall * 10_000 >= before_minor * THRESHOLD_BP


# --- In the morning ------------------------------------------------------------------------------


def find(*, at: datetime) -> int:
    """Plan one message for each person of whom a wish fell enough in price; how many people.

    Measured against the price when added or last told, as the person is shown prices: what goes up
    and down again is not told twice. Who gets no message, as no campaign is on or they are not of
    its audience, has the price noted as told: switching on writes about nothing old (FIELD 40).
    """
    fallen: dict[int, list[_Wanted]] = defaultdict(list)
    last = 0
    while wanted := _look(_rows(WishItem.objects.wanted().filter(pk__gt=last))[:CHUNK], at=at):
        last = wanted[-1].item_id
        for one in wanted:
            if one.in_stock and one.fell(one.before_minor):
                fallen[one.person_id].append(one)
    people = list(fallen)
    chunks = (people[first : first + CHUNK] for first in range(0, len(people), CHUNK))
    return sum(_plan({pk: fallen[pk] for pk in some}, at=at) for some in chunks)


@transaction.atomic
def _plan(fallen: dict[int, list[_Wanted]], *, at: datetime) -> int:
    day = at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    noticed = {
        pk: Noticed(
            customer_id=pk,
            document=f"wishes:{pk}:{day}",
            facts={
                "wishes": [
                    {"item": one.item_id, "before": one.before_minor, "now": one.now_minor}
                    for one in found
                ]
            },
        )
        for pk, found in fallen.items()
    }
    known = Relaunch.objects.filter(
        Q(status=Status.SCHEDULED)
        | _told_since(at - PAUSE)
        | Q(document__in=[one.document for one in noticed.values()]),
        campaign_step__campaign__kind=Campaign.Kind.PRICE_DROP,
    ).annotate(person=Coalesce("customer__merged_into", "customer"))
    for pk in known.filter(person__in=noticed).values_list("person", flat=True):
        noticed.pop(pk, None)
    planned = campaigns.plan(kind=Campaign.Kind.PRICE_DROP, noticed=list(noticed.values()), at=at)
    left = [one for pk in noticed.keys() - planned for one in fallen[pk]]
    _mark({one.item_id: one.now_minor for one in left if one.now_minor is not None})
    return len(planned)


def _told_since(instant: datetime) -> Q:
    """Who was held out counts as told, so that both groups stay alike."""
    return Q(status__in=[Status.SENT, Status.HELD_OUT], decided_at__gt=instant)


def _rows(items: WishItemQuerySet) -> Any:
    return (
        items.filter(price_minor__isnull=False)
        .annotate(
            person=Coalesce("wish_list__customer__merged_into", "wish_list__customer"),
            before=Coalesce("told_minor", "price_minor"),
        )
        .order_by("pk")
        .values_list("pk", "person", "before", "product_id", "variant_id")
    )


def _look(found: Iterable[tuple[int, int, int, int, int | None]], *, at: datetime) -> list[_Wanted]:
    """Wishes with what they cost: five statements, and one for each combination of groups."""
    rows = list(found)
    of_product: dict[int, list[int]] = defaultdict(list)
    known = Variant.objects.filter(product__in={row[3] for row in rows}, active=True)
    for product_id, variant_id in known.order_by("pk").values_list("product", "pk"):
        of_product[product_id].append(variant_id)
    articles = {pk: [chosen] if chosen else of_product[of] for pk, _p, _b, of, chosen in rows}
    groups = _groups({row[1] for row in rows})
    by_groups: dict[frozenset[str], set[int]] = defaultdict(set)
    for row in rows:
        by_groups[groups.get(row[1], frozenset())].update(articles[row[0]])
    now = {codes: prices(ids, at=at, groups=codes) for codes, ids in by_groups.items()}
    free = stock({variant_id for ids in by_groups.values() for variant_id in ids}, at=at)
    wanted = []
    for pk, person, before, product, _chosen in rows:
        of_person = now[groups.get(person, frozenset())]
        offers = [
            (free.most(one) <= 0, of_person[one].amount_minor, one)
            for one in articles[pk]
            if one in of_person
        ]
        if not offers:
            wanted.append(_Wanted(pk, person, product, before))
            continue
        gone, minor, variant_id = min(offers)
        wanted.append(_Wanted(pk, person, product, before, variant_id, minor, not gone))
    return wanted


def _groups(people: set[int]) -> dict[int, frozenset[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    rows = Customer.objects.filter(pk__in=people, groups__isnull=False)
    for pk, code in rows.values_list("pk", "groups__code"):
        found[pk].add(code)
    return {pk: frozenset(codes) for pk, codes in found.items()}


# --- At the moment of sending --------------------------------------------------------------------


def wish_of(relaunch: Relaunch, person: Customer | None, at: datetime) -> Wish:
    """What may be told now of the person's wishes, of all their records, the biggest fall first.

    Left out, and named: what was bought since it was added, in any channel, or another size of it;
    taken off; sold out; risen. What fell since it was noticed comes along.
    """
    if person is None or _told_lately(relaunch, person, at):
        return Wish(reason=Reason.CAP)
    noticed = {one["item"]: one["before"] for one in relaunch.facts.get("wishes", [])}
    items = {
        item.pk: item
        for item in WishItem.objects.of(person)
        .filter(Q(removed_at__isnull=True) | Q(pk__in=noticed))
        .select_related("variant", "product")
    }
    wanted = _look(_rows(WishItem.objects.filter(pk__in=items)), at=at)
    bought = last_bought(person, min((one.added_at for one in items.values()), default=at))
    told: dict[int, int] = {}
    wish = Wish(groups=_groups({person.pk}).get(person.pk, frozenset()), told=told)
    kept: dict[int, _Wanted] = {}
    reasons: set[str] = set()
    for one in wanted:
        before = noticed.get(one.item_id, one.before_minor)
        reason = _left_out(one, before, items[one.item_id], bought)
        if reason and one.item_id not in noticed:
            continue
        wish.products.append(one.product_id)
        if reason:
            reasons.add(reason)
            wish.dropped.append(_name(one, items[one.item_id]))
        elif one.variant_id not in wish.before or before > wish.before[one.variant_id]:
            kept[one.variant_id], wish.before[one.variant_id] = one, before
        if reason in ("", Reason.BOUGHT) and one.now_minor is not None:
            told[one.item_id] = one.now_minor
    if not kept:
        known = (Reason.BOUGHT, Reason.OUT_OF_STOCK)
        wish.reason = next((reason for reason in known if reason in reasons), Reason.DONE)
        return wish
    return _worded(wish, list(kept.values()))


def _left_out(one: _Wanted, before: int, item: WishItem, bought: dict[int, datetime]) -> str:
    last = bought.get(one.product_id)
    if last and last >= item.added_at:
        return Reason.BOUGHT
    if item.removed_at or not one.fell(before):
        return Reason.DONE
    return "" if one.in_stock else Reason.OUT_OF_STOCK


def _name(one: _Wanted, item: WishItem) -> str:
    if item.variant:
        return item.variant.sku
    chosen = Variant.objects.filter(pk=one.variant_id).first()
    return chosen.sku if chosen else item.product.slug


def _worded(wish: Wish, kept: Sequence[_Wanted]) -> Wish:
    """The wish with its lines, and the words of the biggest fall."""
    of = Variant.objects.select_related("product").in_bulk([one.variant_id for one in kept])
    cost = {one.variant_id: one.now_minor or 0 for one in kept}
    order = sorted(cost, key=lambda pk: (cost[pk] - wish.before[pk], pk))
    wish.lines = [(of[pk], 1) for pk in order]
    first, others = of[order[0]], len(order) - 1
    more = ngettext(
        "%(count)d other of your wishes costs less too.",
        "%(count)d others of your wishes cost less too.",
        others,
    )
    wish.facts = {
        "product": first.product.name,
        "price": money(cost[first.pk]),
        "more": more % {"count": others} if others else "",
    }
    wish.target = (
        reverse("storefront:wishes")
        if others
        else reverse("storefront:product", args=[first.product.slug])
    )
    return wish


def _told_lately(relaunch: Relaunch, person: Customer, at: datetime) -> bool:
    """Whether another such message went to one of the person's records: they were merged since."""
    others = Relaunch.objects.filter(
        _told_since(at - PAUSE),
        campaign_step__campaign__kind=Campaign.Kind.PRICE_DROP,
        customer__in=records(person.pk),
    )
    return others.exclude(document=relaunch.document).exists()


def settle(relaunch: Relaunch, wish: Wish) -> None:
    """Note the prices that were decided on as told, so that no later morning tells them again.

    Also where the message was withheld (consent, address, number of messages) or its person held
    out: only a further fall is news to them. What was sold out or had risen was not told, and is
    noticed again when it is there at that price.
    """
    if wish.told is None:
        noticed = relaunch.facts.get("wishes", [])
        _mark({one["item"]: one["now"] for one in noticed})
    else:
        _mark(wish.told)


def _mark(told: dict[int, int]) -> None:
    items = [WishItem(pk=pk, told_minor=minor) for pk, minor in told.items()]
    WishItem.objects.bulk_update(items, ["told_minor"], batch_size=CHUNK)

"""What a store or a delivery can promise for a whole basket, and from where goods would come."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import TYPE_CHECKING, TypedDict
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from catalog import selectors as catalog
from catalog.pricing import DeliveryPrice, Quote
from inventory.availability import Answer, Place, Status, Stock, Way, stock
from inventory.models import StockLocation, StoreLocation
from omnishop.network import promise
from omnishop.network.hours import hold_until
from omnishop.network.models import Store
from omnishop.network.places import Point, distance_km
from orders.models import DeliveryMethod, Fulfilment
from orders.sourcing import Candidate, Plan, Skipped, Taken, Wanted, choose, units_of

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class Queue(TypedDict):
    """What `stores_with_queue` adds to a store."""

    ahead: int


class AtStore(TypedDict):
    """What a fulfilment can be told about its store: its queue, its locations."""

    ahead: int
    own: list[int]


@dataclass(frozen=True, slots=True)
class PickupOffer:
    """What one store can do for a whole basket: everything, a part, nothing (UX S2)."""

    store: Store
    answer: Answer
    ready_at: datetime | None  # all of it; None when it cannot be ordered for this store
    kept_until: datetime | None
    distance_km: float | None = None

    @property
    def metres(self) -> int | None:
        return None if self.distance_km is None else round(self.distance_km * 1000)

    @property
    def available(self) -> int:
        """Units that are there now."""
        return self.answer.units_now

    @property
    def wanted(self) -> int:
        return self.answer.units

    @property
    def everything(self) -> bool:
        """Whether all of it is there now."""
        return self.answer.everything_now and self.ready_at is not None

    @property
    def orderable(self) -> bool:
        """Whether all of it is there now or will be brought."""
        return self.ready_at is not None


def with_queue(stores: QuerySet[Store]) -> "QuerySet[WithAnnotations[Store, Queue]]":
    """The stores with `ahead`: how many pick-ups wait there to be prepared."""
    return stores.annotate(ahead=waiting_at("pk"))


def stores_with_queue() -> "QuerySet[WithAnnotations[Store, Queue]]":
    """Stores that offer pick-up, with how many wait `ahead`."""
    return with_queue(Store.objects.open_to_shoppers().filter(offers_pickup=True))


def waiting_at(store: str) -> Coalesce:
    """How many pick-ups wait to be prepared at the store that a column names, as an annotation."""
    waiting = (
        Fulfilment.objects.filter(
            store=OuterRef(store),
            kind=Fulfilment.Kind.PICKUP,
            status=Fulfilment.Status.WAITING,
            confirmed=True,
        )
        .order_by()
        .values("store")
        .annotate(count=Count("pk"))
    )
    return Coalesce(Subquery(waiting.values("count")), 0)


def locations_of(store: str) -> ArraySubquery:
    """The locations of the store that a column names, as an annotation."""
    places = StoreLocation.objects.filter(store=OuterRef(store)).order_by("rank")
    return ArraySubquery(places.values("location"))


def ready_at(store: Store, at: datetime, *, ahead: int, brought: date | None) -> datetime | None:
    """By when a pick-up ordered now is ready: after those ahead of it, and after what is brought
    from elsewhere has come.
    """
    if brought:
        return promise.ready_after_arrival(store, brought)
    busy = store.pickup_capacity is not None and ahead >= store.pickup_capacity
    return promise.ready_by(store, at, ahead=ahead, busy=busy)


def pickup_offers(
    wanted: Sequence[Wanted],
    *,
    at: datetime,
    near: Point | None = None,
    free: Stock | None = None,
    stores: "Iterable[WithAnnotations[Store, Queue]] | None" = None,
) -> list[PickupOffer]:
    """Every store's answer for the whole basket: complete ones first, then what can be brought,
    then nearest (FIELD 13). Two statements, fewer when what is `free` or the `stores` with their
    queues were read already.
    """
    units = units_of(wanted)
    free = free or stock(units, at=at)
    found = []
    for store in stores_with_queue() if stores is None else stores:
        answer = free.answer(units, Way.PICKUP, store_id=store.pk)
        ready = None
        if answer.can_be_ordered:
            ready = ready_at(store, at, ahead=store.ahead, brought=answer.by)
        found.append(
            PickupOffer(
                store=store,
                answer=answer,
                ready_at=ready,
                kept_until=hold_until(store, ready) if ready else None,
                distance_km=store.distance_km(*near) if near else None,
            )
        )
    return sorted(
        found,
        key=lambda offer: (
            not offer.everything,
            not offer.orderable,
            -offer.available,
            offer.distance_km or 0.0,
            offer.store.name,
        ),
    )


@dataclass(frozen=True, slots=True)
class Sourced:
    """Where each unit comes from; for a pick-up the day the last of what is brought is there, for a
    delivery the places that send.
    """

    plan: Plan
    brought: date | None = None
    places: Mapping[int, Place] = field(default_factory=dict)

    @property
    def taken(self) -> tuple[Taken, ...]:
        return self.plan.taken


def for_store(
    wanted: Sequence[Wanted], store: Store, *, at: datetime, without: Sequence[int] = ()
) -> Sourced | None:
    """From where a pick-up is served: from the store's own locations, and what they lack brought
    from those that supply stores; from no place in `without`. None when something can be had
    nowhere. One statement.
    """
    free = stock(units_of(wanted), at=at)
    own = [place for place in free.of_store(store.pk) if place.id not in without]
    here, rest = _split(wanted, free, own)
    local = choose(here, free.free, [Candidate(place.id, place.stores[store.pk]) for place in own])
    if local is None:
        return None
    if not rest:
        return Sourced(local)
    suppliers = {
        place.id: place
        for place in free.places.values()
        if place not in own and place.id not in without and place.reaches_store_on(at)
    }
    afar = choose(
        rest,
        free.free,
        [_candidate(place, (store.latitude, store.longitude)) for place in suppliers.values()],
    )
    if afar is None:
        return None
    days = [suppliers[place.location_id].reaches_store_on(at) for place in afar.places]
    plan = Plan(local.taken + afar.taken, local.places + afar.places, afar.skipped)
    return Sourced(plan, max(day for day in days if day))


def _split(
    wanted: Sequence[Wanted], free: Stock, own: Sequence[Place]
) -> tuple[list[Wanted], list[Wanted]]:
    """What the store's own places have of each line, and what they lack."""
    left = {
        want.variant_id: sum(free.free.get(want.variant_id, {}).get(place.id, 0) for place in own)
        for want in wanted
    }
    here, rest = [], []
    for want in wanted:
        part = min(want.quantity, left[want.variant_id])
        left[want.variant_id] -= part
        if part:
            here.append(replace(want, quantity=part))
        if part < want.quantity:
            rest.append(replace(want, quantity=want.quantity - part))
    return here, rest


def _candidate(place: Place, near: Point | None, skipped: Skipped | None = None) -> Candidate:
    known = near and place.latitude is not None and place.longitude is not None
    return Candidate(
        place.id,
        place.priority,
        distance_km(near, (place.latitude or 0.0, place.longitude or 0.0))
        if near and known
        else None,
        skipped,
    )


def for_delivery(
    wanted: Sequence[Wanted],
    *,
    at: datetime,
    near: Point | None = None,
    without: Sequence[int] = (),
    only: int | None = None,
) -> Sourced | None:
    """From where a delivery is sent: fewest parcels, then nearest, then by priority (ALG-3).

    Places that are closed for the day to come or have as many parcels as they can prepare are
    skipped; those in `without`, or all but `only`, are not asked at all. None when something can
    be had nowhere. One statement; another where a place that ships has a limit.
    """
    free = stock(units_of(wanted), at=at)
    skipped = _not_now(free, at)
    candidates = [
        _candidate(place, near, skipped.get(place.id) if place.ships else Skipped.OFF)
        for place in free.places.values()
        if place.id not in without and only in (None, place.id)
    ]
    plan = choose(wanted, free.free, candidates)
    if plan is None:
        return None
    return Sourced(plan, places=free.places)


def _not_now(free: Stock, at: datetime) -> dict[int, Skipped]:
    """Locations that ship, but not now: their shop does not open, or has its hands full."""
    shipping = [place for place in free.places.values() if place.ships]
    found = {place.id: Skipped.CLOSED for place in shipping if not place.opens_within_a_day(at)}
    limits = {place.id: place.parcel_capacity for place in shipping if place.parcel_capacity}
    if limits:
        waiting = (
            Fulfilment.objects.open()
            .filter(location__in=limits, kind=Fulfilment.Kind.SHIPMENT)
            .order_by()
            .values_list("location")
            .annotate(parcels=Count("pk"))
        )
        for location_id, parcels in waiting:
            if parcels >= limits[location_id]:
                found[location_id] = Skipped.SATURATED
    return found


def delivery_price(method: DeliveryMethod, *, at: datetime) -> DeliveryPrice:
    """What this way of delivery costs."""
    return DeliveryPrice(
        name=method.name,
        amount_minor=method.price_minor,
        tax_bp=catalog.tax_rate(method.tax_category.code, at=at),
        free_from_minor=method.free_from_minor,
    )


def shown_price(method: DeliveryMethod, priced: Quote, goods_minor: int | None = None) -> int:
    """What this way would cost for goods that are priced without a delivery; for a part of them,
    when it brings `goods_minor` alone.
    """
    goods = priced.goods_minor if goods_minor is None else goods_minor
    return 0 if priced.delivers_free else method.price_for(goods)


def arrives_on(method: DeliveryMethod, at: datetime, *, cut_off: time | None = None) -> date:
    """The day a delivery ordered now is at the door (CST-7): it leaves before the cut-off of the
    place that sends it, without one named that of the place asked first.
    """
    day = promise.arrives_on(
        at,
        cut_off=cut_off or shipping_cut_off(),
        zone=ZoneInfo(settings.TIME_ZONE),
        days=method.working_days,
        country=settings.VAT_TERRITORY,
    )
    assert day is not None  # noqa: S101  a method has its days
    return day


def quickest() -> DeliveryMethod | None:
    """The delivery that takes the fewest days."""
    return DeliveryMethod.objects.filter(active=True).order_by("working_days", "pk").first()


def delivered_on(
    answer: Answer, method: DeliveryMethod | None, at: datetime, *, cut_off: time | None
) -> date | None:
    """The day a basket is at the door, once what is awaited of it has come in; None when it
    cannot be sent.
    """
    if method is None or answer.status == Status.NO:
        return None
    day = arrives_on(method, at, cut_off=cut_off)
    if answer.complete_on is None:
        return day
    return max(
        day,
        promise.working_days_after(answer.complete_on, method.working_days, settings.VAT_TERRITORY),
    )


def day_after(at: datetime, working_days: int) -> date:
    """The day so many working days after what leaves now."""
    return promise.working_days_after(
        at.astimezone(ZoneInfo(settings.TIME_ZONE)).date(), working_days, settings.VAT_TERRITORY
    )


def store_of(location_id: int) -> int | None:
    """The store whose staff work at a location; None for a warehouse."""
    found = StoreLocation.objects.filter(location=location_id).order_by("rank", "store")
    return found.values_list("store_id", flat=True).first()


def end_of(day: date) -> datetime:
    """The instant by which something promised for a day is late."""
    return datetime.combine(day, time(23, 59), tzinfo=ZoneInfo(settings.TIME_ZONE))


def shipping_cut_off() -> time:
    """Until when what is ordered leaves the same day, at the place that is asked first."""
    first = StockLocation.objects.filter(active=True, ships=True).order_by("priority", "pk")
    return first.values_list("cut_off", flat=True).first() or time()

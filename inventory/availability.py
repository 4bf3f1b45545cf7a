"""What can be had, where and when: the one answer for page, basket, checkout, till and API.

One statement reads what is free at every location and what is awaited; the rest is arithmetic.
Overdue holds count as free (ALG-2).
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from omnishop.network.hours import opens_within_a_day
from omnishop.network.promise import arrives_on, working_days_after

# Free units of level `l` at location `c`; online keeps the safety stock back (ALG-1).
FREE = """GREATEST(0, l.on_hand - l.reserved - l.unsellable
    + CASE WHEN l.reserved > 0 THEN (
        SELECT coalesce(sum(r.quantity), 0)::int FROM inventory_reservation r
         WHERE r.variant_id = l.variant_id AND r.location_id = l.location_id
           AND r.status = 'held' AND r.expires_at <= %(at)s) ELSE 0 END
    - CASE WHEN %(online)s THEN GREATEST(l.safety, c.safety) ELSE 0 END)"""

_FREE_IN_TILL, _FREE_ONLINE = (FREE.replace("%(online)s", online) for online in ("false", "true"))
# The same as a condition on a variant `v`; parameters: %s the store, %s the instant.
IN_STORE = f"""EXISTS (
    SELECT 1 FROM inventory_stocklevel l
      JOIN inventory_storelocation s ON s.location_id = l.location_id AND s.store_id = %s
      JOIN inventory_stocklocation c ON c.id = l.location_id AND c.active AND c.offers_pickup
     WHERE l.variant_id = v.id AND {_FREE_ONLINE.replace("%(at)s", "%s")} > 0)"""  # noqa: S608  constants of this module
_HAS_FREE = """EXISTS (
    SELECT 1 FROM inventory_stocklevel l
      JOIN inventory_stocklocation c ON c.id = l.location_id AND c.active
     WHERE l.variant_id = v.id AND {place} AND {free} > 0)"""
# Whether a variant `v` can be had at all on the site; parameter: %(at)s.
ANYWHERE = _HAS_FREE.format(place="(c.offers_pickup OR c.ships)", free=_FREE_ONLINE)
# Whether a variant `v` can be had at a place `a`: in its store `a.store_id`, or delivered where
# that is null. The same units as `Stock.in_store` and `Stock.to_ship`; parameter: %(at)s.
AT_PLACE = "CASE WHEN a.store_id IS NULL THEN {delivered} ELSE {collected} END".format(
    delivered=_HAS_FREE.format(place="c.ships", free=_FREE_ONLINE),
    collected=_HAS_FREE.format(
        place="""c.offers_pickup AND l.location_id IN (
            SELECT s.location_id FROM inventory_storelocation s WHERE s.store_id = a.store_id)""",
        free=_FREE_ONLINE,
    ),
)
# Whether a store has a variant `v` on its shelves; parameters: %(store)s, %(at)s.
ON_SHELF = _HAS_FREE.format(
    place="""l.location_id IN (
        SELECT s.location_id FROM inventory_storelocation s WHERE s.store_id = %(store)s)""",
    free=_FREE_IN_TILL,
)

_OF_V = """SELECT l.location_id, {free} AS free, c.ships
    FROM inventory_stocklevel l
    JOIN inventory_stocklocation c ON c.id = l.location_id AND c.active
   WHERE l.variant_id = v.id"""
_ON_SHELVES, _ONLINE = (_OF_V.format(free=free) for free in (_FREE_IN_TILL, _FREE_ONLINE))
# What a shop says of a variant `v`: the units here, the nearest other shop that has it and how
# many, the units that may be sent home. Parameters: %(store)s where one stands, %(at)s.
AROUND = f"""LATERAL (
    WITH shops AS (
      SELECT s.store_id, sum(f.free)::int AS units FROM ({_ON_SHELVES}) f
        JOIN inventory_storelocation s ON s.location_id = f.location_id
       GROUP BY 1)
    SELECT coalesce((SELECT units FROM shops WHERE store_id = %(store)s), 0) AS here,
           coalesce(n.name, '') AS nearby, coalesce(n.units, 0) AS nearby_units,
           coalesce((SELECT sum(f.free)::int FROM ({_ONLINE}) f WHERE f.ships), 0) AS ship
      FROM network_store me LEFT JOIN LATERAL (
        SELECT t.name, shops.units FROM shops
          JOIN network_store t ON t.id = shops.store_id AND t.active AND t.id <> me.id
         WHERE shops.units > 0
         ORDER BY (t.latitude - me.latitude) ^ 2
                + ((t.longitude - me.longitude) * cos(radians(me.latitude))) ^ 2, t.id
         LIMIT 1) n ON true
     WHERE me.id = %(store)s)"""  # noqa: S608  constants of this module

# Every place once, with its ranks and hours as text: they are read for each place, not each row.
_PLACES = """SELECT c.id, c.safety, c.offers_pickup, c.ships, c.transfer_days, c.cut_off,
    c.timezone, c.priority, c.latitude, c.longitude, c.parcel_capacity,
    (SELECT json_object_agg(s.store_id, s.rank)::text FROM inventory_storelocation s
      WHERE s.location_id = c.id) AS ranks,
    (SELECT json_build_array(n.opening_hours, n.timezone, n.country)::text
       FROM inventory_storelocation s JOIN network_store n ON n.id = s.store_id
      WHERE s.location_id = c.id ORDER BY s.rank, s.store_id LIMIT 1) AS hours
  FROM inventory_stocklocation c WHERE c.active"""
_ABOUT = """c.offers_pickup, c.ships, c.transfer_days, c.cut_off, c.timezone, c.priority,
    c.latitude, c.longitude, c.parcel_capacity, c.ranks, c.hours"""


class Way(StrEnum):
    """How a person gets the goods."""

    TAKE_AWAY = "take_away"  # over the counter, now
    PICKUP = "pickup"
    DELIVERY = "delivery"


class Status(StrEnum):
    """What can be said of one article of a basket at one place."""

    NOW = "now"
    LATER = "later"  # another location brings it by a day: it can be ordered
    AWAITED = "awaited"  # a supplier brings it by a day: it cannot be ordered yet
    NO = "no"


@dataclass(frozen=True, slots=True)
class Place:
    """A location as an answer needs it."""

    id: int
    stores: dict[int, int]  # the stores it serves here, and its rank in each
    offers_pickup: bool
    ships: bool
    transfer_days: int | None
    cut_off: time
    zone: ZoneInfo
    priority: int
    latitude: float | None
    longitude: float | None
    parcel_capacity: int | None
    hours: tuple[str, str, str] | None  # of its first store: hours, time zone, country

    def opens_within_a_day(self, at: datetime) -> bool:
        """Whether somebody works here in the next 24 hours; warehouses always count as open."""
        return self.hours is None or opens_within_a_day(*self.hours, at)

    @property
    def first_store(self) -> int | None:
        """The store whose staff work here; None for a warehouse."""
        return min(
            self.stores, key=lambda store_id: (self.stores[store_id], store_id), default=None
        )

    def reaches_store_on(self, at: datetime) -> date | None:
        """The day goods asked for now arrive in a store; None when it sends none."""
        return arrives_on(
            at,
            cut_off=self.cut_off,
            zone=self.zone,
            days=self.transfer_days,
            country=settings.VAT_TERRITORY,
        )


@dataclass(frozen=True, slots=True)
class Line:
    """The answer for one article: units there now, and the day by which all of it is."""

    variant_id: int
    wanted: int
    now: int
    status: Status
    by: date | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer for a whole basket at one place (FIELD 13, 22)."""

    lines: tuple[Line, ...]

    @property
    def everything_now(self) -> bool:
        return all(line.status == Status.NOW for line in self.lines)

    @property
    def can_be_ordered(self) -> bool:
        """Whether all of it is there now or can be brought from another location."""
        return all(line.status in (Status.NOW, Status.LATER) for line in self.lines)

    @property
    def by(self) -> date | None:
        """The day by which the last article that has to be brought is there."""
        days = [line.by for line in self.lines if line.status == Status.LATER and line.by]
        return max(days, default=None)

    @property
    def status(self) -> Status:
        """What can be said of the whole basket: as much as of the article that is worst off."""
        order = list(Status)
        return max((line.status for line in self.lines), key=order.index, default=Status.NOW)

    @property
    def complete_on(self) -> date | None:
        """The day by which the last article comes that is not there now, awaited ones included."""
        return max((line.by for line in self.lines if line.by), default=None)

    @property
    def units_now(self) -> int:
        return sum(min(line.now, line.wanted) for line in self.lines)

    @property
    def units(self) -> int:
        return sum(line.wanted for line in self.lines)


@dataclass(frozen=True)
class Stock:
    """What is free where, and what is awaited, of some articles at one instant."""

    at: datetime
    free: dict[int, dict[int, int]]  # variant → location → units
    places: dict[int, Place]
    online: bool = True
    awaited: dict[int, list[tuple[date, int, int]]] = field(default_factory=dict)  # day, where

    def of_store(self, store_id: int) -> list[Place]:
        """The locations that hand over in a store, the first to take from first."""
        return sorted(self._of_store.get(store_id, ()), key=lambda place: place.stores[store_id])

    @cached_property
    def _of_store(self) -> dict[int, list[Place]]:
        found: dict[int, list[Place]] = defaultdict(list)
        for place in self.places.values():
            if place.offers_pickup or not self.online:
                for store_id in place.stores:
                    found[store_id].append(place)
        return found

    @cached_property
    def _arrivals(self) -> dict[int, date]:
        """The day goods asked for now arrive in a store, of each location that sends some: found
        once, for every article and store that is answered for.
        """
        days = {place.id: place.reaches_store_on(self.at) for place in self.places.values()}
        return {location_id: day for location_id, day in days.items() if day}

    def in_store(self, variant_id: int, store_id: int | None) -> int:
        """Units that a store can hand over, from all its locations; 0 without a store."""
        free = self.free.get(variant_id, {})
        return sum(free.get(place.id, 0) for place in self._of_store.get(store_id or 0, ()))

    def by_store(self, variant_id: int) -> dict[int, int]:
        """Store → units it can hand over, for stores that have the article on their books."""
        return {
            store_id: self.in_store(variant_id, store_id)
            for store_id, places in self._of_store.items()
            if any(place.id in self.free.get(variant_id, {}) for place in places)
        }

    def to_ship(self, variant_id: int) -> int:
        """Units that can be sent home."""
        return sum(
            units
            for location_id, units in self.free.get(variant_id, {}).items()
            if self.places[location_id].ships
        )

    @property
    def cut_off(self) -> time | None:
        """Until when what is ordered leaves the same day, where parcels are sent from first."""
        ships = [place for place in self.places.values() if place.ships]
        return min(ships, key=lambda place: (place.priority, place.id)).cut_off if ships else None

    def most(self, variant_id: int) -> int:
        """Units that one store or one delivery can give."""
        return max([self.to_ship(variant_id), *self.by_store(variant_id).values()])

    def answer(self, wanted: Mapping[int, int], way: Way, *, store_id: int | None = None) -> Answer:
        """For each article of a basket (variant → units): now, by a day, or no."""
        return Answer(
            tuple(
                self._line(variant_id, units, way, store_id) for variant_id, units in wanted.items()
            )
        )

    def _line(self, variant_id: int, wanted: int, way: Way, store_id: int | None) -> Line:
        here = self._places(way, store_id)
        free = self.free.get(variant_id, {})
        now = sum(free.get(place.id, 0) for place in here)
        if now >= wanted:
            return Line(variant_id, wanted, now, Status.NOW)
        brought: list[tuple[date, int]] = []
        awaited: list[tuple[date, int]] = []
        local = {place.id for place in here}
        for day, location_id, units in self.awaited.get(variant_id, ()):
            place = self.places.get(location_id)
            if location_id in local:
                awaited.append((day, units))
            elif way != Way.DELIVERY and place and place.transfer_days is not None:
                days = working_days_after(day, place.transfer_days, settings.VAT_TERRITORY)
                awaited.append((days, units))
        if way != Way.DELIVERY:
            for location_id, units in free.items():
                day_there = self._arrivals.get(location_id)
                if day_there and units and location_id not in local:
                    brought.append((day_there, units))
        if by := _enough(brought, wanted - now):
            return Line(variant_id, wanted, now, Status.LATER, by)
        if by := _enough(brought + awaited, wanted - now):
            return Line(variant_id, wanted, now, Status.AWAITED, by)
        return Line(variant_id, wanted, now, Status.NO)

    def _places(self, way: Way, store_id: int | None) -> list[Place]:
        if way == Way.DELIVERY:
            return [place for place in self.places.values() if place.ships]
        return self._of_store.get(store_id or 0, [])


def _enough(supplies: Iterable[tuple[date, int]], lacking: int) -> date | None:
    """The first day by which the supplies add up to what is lacking."""
    for day, units in sorted(supplies):
        lacking -= units
        if lacking <= 0:
            return day
    return None


def stock(variant_ids: Collection[int], *, at: datetime, online: bool = True) -> Stock:
    """What is free and awaited of these articles everywhere, in one statement.

    Online keeps the safety stock back and leaves out what a location does not offer for pick-up
    or parcels; a till sees all that is on the shelf.
    """
    free: dict[int, dict[int, int]] = defaultdict(dict)
    awaited: dict[int, list[tuple[date, int, int]]] = defaultdict(list)
    places: dict[int, Place] = {}
    if not variant_ids:
        return Stock(at, free, places, online, awaited)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH place AS MATERIALIZED ({_PLACES})
            SELECT l.variant_id, c.id, {FREE}, NULL::date, {_ABOUT}
              FROM inventory_stocklevel l JOIN place c ON c.id = l.location_id
             WHERE l.variant_id = ANY(%(variants)s)
               AND (NOT %(online)s OR c.offers_pickup OR c.ships OR c.transfer_days IS NOT NULL)
            UNION ALL
            SELECT p.variant_id, c.id, greatest(0, p.quantity - p.received), o.expected_on,
                   {_ABOUT}
              FROM inventory_purchaseorderline p
              JOIN inventory_purchaseorder o ON o.id = p.order_id AND o.status = 'ordered'
              JOIN place c ON c.id = o.location_id
             WHERE p.variant_id = ANY(%(variants)s)
            """,  # noqa: S608  constants of this module
            {"variants": list(variant_ids), "at": at, "online": online},
        )
        for variant_id, location_id, units, day, *about in cursor:
            if location_id not in places:
                places[location_id] = _place(location_id, *about)
            if day is None:
                free[variant_id][location_id] = units
            else:
                awaited[variant_id].append((day, location_id, units))
    return Stock(at, free, places, online, awaited)


def _place(
    pk: int,
    offers_pickup: bool,
    ships: bool,
    transfer_days: int | None,
    cut_off: time,
    zone: str,
    priority: int,
    latitude: float | None,
    longitude: float | None,
    parcel_capacity: int | None,
    ranks: str | None,
    hours: str | None,
) -> Place:
    return Place(
        id=pk,
        stores={int(key): rank for key, rank in json.loads(ranks or "{}").items()},
        offers_pickup=offers_pickup,
        ships=ships,
        transfer_days=transfer_days,
        cut_off=cut_off,
        zone=ZoneInfo(zone),
        priority=priority,
        latitude=latitude,
        longitude=longitude,
        parcel_capacity=parcel_capacity,
        hours=tuple(json.loads(hours)) if hours else None,
    )


@dataclass(frozen=True, slots=True)
class Around:
    """Stock of an article as a shop tells it, in the order of `AROUND`'s columns."""

    here: int
    nearby: str  # the nearest other shop that has it, or nothing
    nearby_units: int
    ship: int


def around(variant_ids: Collection[int], *, store_id: int, at: datetime) -> dict[int, Around]:
    """What a shop can say of the stock of articles, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT v.id, a.* FROM catalog_variant v, {AROUND} a"  # noqa: S608  a constant of this module
            " WHERE v.id = ANY(%(variants)s)",
            {"variants": list(variant_ids), "store": store_id, "at": at},
        )
        return {pk: Around(*row) for pk, *row in cursor.fetchall()}

"""Reads of the stock. Overdue holds count as free in every one of them (ALG-2)."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from inventory.models import StoreLocation

_FREE = """
    SELECT l.variant_id, l.location_id,
           GREATEST(0, l.on_hand - l.reserved - l.unsellable + coalesce(o.units, 0)
                       - CASE WHEN %(online)s THEN GREATEST(l.safety, p.safety) ELSE 0 END) AS free
      FROM inventory_stocklevel l JOIN inventory_stocklocation p ON p.id = l.location_id
      LEFT JOIN LATERAL (
        SELECT sum(r.quantity) AS units FROM inventory_reservation r
         WHERE r.variant_id = l.variant_id AND r.location_id = l.location_id
           AND r.status = 'held' AND r.expires_at <= %(at)s) o ON l.reserved > 0
     WHERE l.variant_id = ANY(%(variants)s)
"""


def free_by_location(
    variant_ids: Collection[int], *, at: datetime, online: bool = True
) -> dict[int, dict[int, int]]:
    """Units that may be promised: variant → location → units; online keeps safety stock back."""
    found: dict[int, dict[int, int]] = defaultdict(dict)
    if not variant_ids:
        return found
    with connection.cursor() as cursor:
        cursor.execute(_FREE, {"variants": list(variant_ids), "at": at, "online": online})
        for variant_id, location_id, free in cursor.fetchall():
            found[variant_id][location_id] = free
    return found


@dataclass(frozen=True, slots=True)
class Sources:
    """Where goods could come from: free units (variant → location → units), best place first."""

    free: dict[int, dict[int, int]]
    ranked: list[int]


def sources(variant_ids: Collection[int], *, at: datetime, store_id: int | None = None) -> Sources:
    """The locations of a store by rank, or without one those that ship by priority, with what
    they can promise online. One statement.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT f.variant_id, f.location_id, f.free
              FROM ({_FREE}) f
              JOIN inventory_stocklocation c ON c.id = f.location_id AND c.active
              LEFT JOIN inventory_storelocation s
                ON s.location_id = c.id AND s.store_id = %(store)s
             WHERE CASE WHEN %(store)s::bigint IS NULL THEN c.ships ELSE s.id IS NOT NULL END
             ORDER BY s.rank, c.priority, c.id
            """,  # noqa: S608  constants of this module
            {"variants": list(variant_ids), "at": at, "online": True, "store": store_id},
        )
        rows = cursor.fetchall()
    free: dict[int, dict[int, int]] = defaultdict(dict)
    for variant_id, location_id, units in rows:
        free[variant_id][location_id] = units
    return Sources(free=free, ranked=list(dict.fromkeys(row[1] for row in rows)))


def free_by_store(
    variant_ids: Collection[int], *, at: datetime, online: bool = True
) -> dict[int, dict[int, int]]:
    """Units each store can hand over: variant → store → units, over all its locations."""
    found: dict[int, dict[int, int]] = defaultdict(dict)
    if not variant_ids:
        return found
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT f.variant_id, s.store_id, sum(f.free)::int
              FROM ({_FREE}) f
              JOIN inventory_storelocation s ON s.location_id = f.location_id
              JOIN inventory_stocklocation c ON c.id = s.location_id AND c.active
             GROUP BY 1, 2
            """,  # noqa: S608  constants of this module
            {"variants": list(variant_ids), "at": at, "online": online},
        )
        for variant_id, store_id, units in cursor.fetchall():
            found[variant_id][store_id] = units
    return found


def free_to_ship(variant_ids: Collection[int], *, at: datetime) -> dict[int, int]:
    """Units that may be sent home: variant → units over all locations that ship."""
    found: dict[int, int] = {}
    if not variant_ids:
        return found
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT f.variant_id, sum(f.free)::int
              FROM ({_FREE}) f
              JOIN inventory_stocklocation c ON c.id = f.location_id AND c.active AND c.ships
             GROUP BY 1
            """,  # noqa: S608  constants of this module
            {"variants": list(variant_ids), "at": at, "online": True},
        )
        found.update(cursor.fetchall())
    return found


_FREE_OF_V = _FREE.replace("ANY(%(variants)s)", "v.id")
_ON_SHELVES, _ONLINE = (_FREE_OF_V.replace("%(online)s", online) for online in ("false", "true"))
# What a shop says of a variant `v`: the units here, the nearest other shop that has it and how
# many, the units that may be sent home. Parameters: %(store)s where one stands, %(at)s.
AROUND = f"""LATERAL (
    WITH shops AS (
      SELECT s.store_id, sum(f.free)::int AS units FROM ({_ON_SHELVES}) f
        JOIN inventory_storelocation s ON s.location_id = f.location_id
        JOIN inventory_stocklocation c ON c.id = s.location_id AND c.active
       GROUP BY 1)
    SELECT coalesce((SELECT units FROM shops WHERE store_id = %(store)s), 0) AS here,
           coalesce(n.name, '') AS nearby, coalesce(n.units, 0) AS nearby_units,
           coalesce((SELECT sum(f.free)::int FROM ({_ONLINE}) f
                       JOIN inventory_stocklocation c
                         ON c.id = f.location_id AND c.active AND c.ships), 0) AS ship
      FROM network_store me LEFT JOIN LATERAL (
        SELECT t.name, shops.units FROM shops
          JOIN network_store t ON t.id = shops.store_id AND t.active AND t.id <> me.id
         WHERE shops.units > 0
         ORDER BY (t.latitude - me.latitude) ^ 2
                + ((t.longitude - me.longitude) * cos(radians(me.latitude))) ^ 2, t.id
         LIMIT 1) n ON true
     WHERE me.id = %(store)s)"""  # noqa: S608  constants of this module


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
            f"SELECT v.id, a.* FROM catalog_variant v, {AROUND} a"  # noqa: S608
            " WHERE v.id = ANY(%(variants)s)",
            {"variants": list(variant_ids), "store": store_id, "at": at},
        )
        return {pk: Around(*row) for pk, *row in cursor.fetchall()}


# Whether a variant `v` can be handed over in a store; parameters: %s the store, %s the instant.
IN_STORE = """EXISTS (
    SELECT 1 FROM inventory_stocklevel l
      JOIN inventory_storelocation s ON s.location_id = l.location_id AND s.store_id = %s
      JOIN inventory_stocklocation c ON c.id = l.location_id AND c.active
      LEFT JOIN LATERAL (
        SELECT sum(r.quantity) AS units FROM inventory_reservation r
         WHERE r.variant_id = l.variant_id AND r.location_id = l.location_id
           AND r.status = 'held' AND r.expires_at <= %s) o ON l.reserved > 0
     WHERE l.variant_id = v.id
       AND l.on_hand - l.reserved + coalesce(o.units, 0) - l.safety > 0)"""


def free_online(
    variant_ids: Collection[int], *, at: datetime
) -> tuple[dict[int, dict[int, int]], dict[int, int]]:
    """What `free_by_store` and `free_to_ship` say, in one statement."""
    by_store: dict[int, dict[int, int]] = defaultdict(dict)
    to_ship: dict[int, int] = {}
    if not variant_ids:
        return by_store, to_ship
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH f AS ({_FREE})
            SELECT f.variant_id, s.store_id, sum(f.free)::int
              FROM f JOIN inventory_storelocation s ON s.location_id = f.location_id
              JOIN inventory_stocklocation c ON c.id = s.location_id AND c.active
             GROUP BY 1, 2
            UNION ALL
            SELECT f.variant_id, NULL, sum(f.free)::int
              FROM f JOIN inventory_stocklocation c
                ON c.id = f.location_id AND c.active AND c.ships
             GROUP BY 1
            """,  # noqa: S608  constants of this module
            {"variants": list(variant_ids), "at": at, "online": True},
        )
        for variant_id, store_id, units in cursor.fetchall():
            if store_id is None:
                to_ship[variant_id] = units
            else:
                by_store[variant_id][store_id] = units
    return by_store, to_ship


def store_location(store_id: int) -> int:
    """The first location of a store: where its tills sell from and its returns go to."""
    return (
        StoreLocation.objects.filter(store_id=store_id, location__active=True)
        .order_by("rank")
        .values_list("location_id", flat=True)[0]
    )

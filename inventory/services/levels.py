"""Locks and sums of stock levels. Every writer of stock begins with `lock`, in key order."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

Key = tuple[int, int]  # (variant, location)
LOCK = "FOR UPDATE OF l"  # without it `tests/inventory/test_races.py` fails


@dataclass(slots=True)
class Level:
    """A locked level, and what this transaction will change of it."""

    on_hand: int
    reserved: int
    unsellable: int
    safety: int  # the larger of the article's and the location's

    @property
    def free(self) -> int:
        """Units that could be promised to someone who takes them away now (ALG-1)."""
        return self.on_hand - self.reserved - self.unsellable


def _columns(keys: Collection[Key]) -> dict[str, list[int]]:
    ordered = sorted(keys)
    return {"variants": [key[0] for key in ordered], "locations": [key[1] for key in ordered]}


def lock(keys: Collection[Key], *, create: bool = False) -> dict[Key, Level]:
    """Lock the levels until commit, in key order so that two baskets cannot deadlock.

    `create` makes those that do not exist yet, empty. Two statements at the most.
    """
    with connection.cursor() as cursor:
        if create:
            cursor.execute(
                """
                INSERT INTO inventory_stocklevel
                  (variant_id, location_id, on_hand, reserved, unsellable, safety, shelf)
                SELECT variant, location, 0, 0, 0, 0, ''
                  FROM unnest(%(variants)s::bigint[], %(locations)s::bigint[])
                       AS wanted(variant, location)
                 ORDER BY variant, location
                ON CONFLICT (variant_id, location_id) DO NOTHING
                """,
                _columns(keys),
            )
        cursor.execute(
            f"""
            SELECT l.variant_id, l.location_id, l.on_hand, l.reserved, l.unsellable,
                   greatest(l.safety, c.safety)
              FROM inventory_stocklevel l
              JOIN inventory_stocklocation c ON c.id = l.location_id
              JOIN unnest(%(variants)s::bigint[], %(locations)s::bigint[])
                   AS wanted(variant, location)
                ON l.variant_id = wanted.variant AND l.location_id = wanted.location
             ORDER BY l.variant_id, l.location_id {LOCK}
            """,  # noqa: S608  a constant of this module
            _columns(keys),
        )
        return {(row[0], row[1]): Level(*row[2:]) for row in cursor.fetchall()}


def lock_articles(variant_ids: Collection[int]) -> None:
    """Lock the levels of these articles at every location until commit, in key order.

    For whoever takes units off one place and then holds them at another that is only then chosen:
    locked one after the other, two of them that cross would wait for each other. One statement.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT FROM inventory_stocklevel l WHERE l.variant_id = ANY(%s::bigint[])
             ORDER BY l.variant_id, l.location_id {LOCK}
            """,
            [sorted(set(variant_ids))],
        )


def free_overdue(
    keys: Collection[Key], levels: Mapping[Key, Level], *, at: datetime, document: str = ""
) -> bool:
    """End the holds on these locked levels whose time is over (ALG-2): their units are free now.

    Their documents are dealt with by a task of their owner (`settled_at` is still empty). Says
    whether `document` holds something that is not over. One statement.
    """
    holds = False
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH ended AS (
              UPDATE inventory_reservation r SET status = 'expired', closed_at = %(at)s
                FROM unnest(%(variants)s::bigint[], %(locations)s::bigint[])
                     AS wanted(variant, location)
               WHERE r.variant_id = wanted.variant AND r.location_id = wanted.location
                 AND r.status = 'held' AND r.expires_at <= %(at)s
              RETURNING r.variant_id, r.location_id, r.quantity)
            SELECT variant_id, location_id, quantity FROM ended
            UNION ALL
            SELECT NULL, NULL, NULL WHERE EXISTS (
              SELECT FROM inventory_reservation
               WHERE document = %(document)s AND status = 'held'
                 AND (expires_at IS NULL OR expires_at > %(at)s))
            """,
            _columns(keys) | {"at": at, "document": document},
        )
        for variant_id, location_id, quantity in cursor.fetchall():
            if variant_id is None:
                holds = True
            else:
                levels[variant_id, location_id].reserved -= quantity
    return holds


def store(levels: Mapping[Key, Level]) -> None:
    """Write the locked levels back, in one statement; the only writer of `on_hand`, `reserved`
    and `unsellable`."""
    if not levels:
        return
    ordered = sorted(levels)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE inventory_stocklevel l
               SET on_hand = new.on_hand, reserved = new.reserved, unsellable = new.unsellable
              FROM unnest(%(variants)s::bigint[], %(locations)s::bigint[],
                          %(on_hand)s::int[], %(reserved)s::int[], %(unsellable)s::int[])
                   AS new(variant, location, on_hand, reserved, unsellable)
             WHERE l.variant_id = new.variant AND l.location_id = new.location
            """,
            _columns(ordered)
            | {
                "on_hand": [levels[key].on_hand for key in ordered],
                "reserved": [levels[key].reserved for key in ordered],
                "unsellable": [levels[key].unsellable for key in ordered],
            },
        )

"""What the points that are out may cost: their value, less what will never be spent.

Breakage is measured, not guessed. For each age of a lot, in steps of 30 days, the ledger says which
share of the points still there was spent (or taken back). What a lot of today will lose is what
would be left of it at its end at this pace. An age that no lot has lived through counts as spent:
a young programme takes nothing off.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from math import prod
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from loyalty.models import Programme
from omnishop.kernel.language import site_language

MONTH = 30  # days of an age

_OUT = """
    SELECT coalesce(nullif(t.name_{language}, ''), t.name, ''), coalesce(t.entry, -1),
           date_trunc('month', l.expires_at AT TIME ZONE %(zone)s)::date,
           floor(extract(epoch FROM %(at)s - l.earned_at) / 86400 / %(month)s)::int,
           floor(extract(epoch FROM l.expires_at - l.earned_at) / 86400 / %(month)s)::int,
           sum(l.remaining)
      FROM loyalty_pointslot l
      JOIN loyalty_account a ON a.id = l.account_id
      JOIN customers_customer c ON c.id = a.customer_id
      LEFT JOIN loyalty_account live ON live.customer_id = c.merged_into_id
      LEFT JOIN loyalty_tier t ON t.id = coalesce(live.tier_id, a.tier_id)
     WHERE l.remaining > 0 AND l.expires_at > %(at)s
     GROUP BY 1, 2, 3, 4, 5
     ORDER BY 3, 2
"""
# Points earned (age -1) and taken at each age, by how many whole ages the lot has lived through.
_MOVED = """
    WITH lot AS (
      SELECT id, points, earned_at,
             floor(extract(epoch FROM least(%(at)s, expires_at) - earned_at) / 86400
                   / %(month)s)::int AS lived
        FROM loyalty_pointslot
       WHERE earned_at > %(at)s - interval '3 years' AND earned_at <= %(at)s)
    SELECT lived, -1 AS age, sum(points) FROM lot GROUP BY 1
     UNION ALL
    SELECT l.lived,
           greatest(floor(extract(epoch FROM e.at - l.earned_at) / 86400 / %(month)s)::int, 0),
           sum(e.delta)
      FROM lot l JOIN loyalty_pointsentry e ON e.lot_id = l.id
     WHERE e.at <= %(at)s
       AND (e.kind IN ('spend', 'restore', 'reverse', 'repay')
            OR (e.kind = 'correction' AND e.delta < 0))
     GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Row:
    """Points of a tier that expire in a month, and what they may cost, in minor units."""

    tier: str
    month: date
    points: int
    value_minor: int
    expected_minor: int


@dataclass(frozen=True, slots=True)
class Liability:
    """All points that are out."""

    rows: tuple[Row, ...]
    kept_bp: tuple[tuple[int, int], ...]  # age in months → share that is not spent at that age
    point_value_minor: int

    @property
    def points(self) -> int:
        return sum(row.points for row in self.rows)

    @property
    def value_minor(self) -> int:
        return sum(row.value_minor for row in self.rows)

    @property
    def expected_minor(self) -> int:
        return sum(row.expected_minor for row in self.rows)


def kept(moved: Iterable[tuple[int, int, int]]) -> dict[int, Fraction]:
    """For each age that lots have lived through: the share of the points still there at its
    beginning that is there at its end. `moved`: ages lived, age (-1: earned), points (signed).
    """
    steps = list(moved)
    shares = {}
    for age in range(max((lived for lived, _age, _points in steps), default=0)):
        older = [(when, points) for lived, when, points in steps if lived > age]
        start = sum(points for when, points in older if when < age)
        end = sum(points for when, points in older if when <= age)
        if start > 0:
            shares[age] = max(Fraction(0), min(Fraction(end, start), Fraction(1)))
    return shares


def breakage(shares: Mapping[int, Fraction], age: int, ends: int) -> Fraction:
    """What is left at its end of a lot of that age, at the pace of the ages to come."""
    return prod((shares.get(one, Fraction(0)) for one in range(age, ends)), start=Fraction(1))


def liability(at: datetime) -> Liability:
    """Points outstanding × value × (1 − breakage at their age), by tier and month of expiry. Three
    statements.
    """
    programme = Programme.objects.filter(active=True).first()
    value = programme.point_value_minor if programme else 0
    asked: dict[str, Any] = {"at": at, "zone": settings.TIME_ZONE, "month": MONTH}
    with connection.cursor() as cursor:
        cursor.execute(_MOVED, asked)
        shares = kept((lived, age, int(points)) for lived, age, points in cursor.fetchall())
        cursor.execute(_OUT.format(language=site_language()), asked)
        found = cursor.fetchall()
    sums: dict[tuple[date, int, str], tuple[int, Fraction]] = {}
    for tier, entry, month, age, ends, points in found:
        key = month, entry, tier
        count, expected = sums.get(key, (0, Fraction(0)))
        cost = points * value * (1 - breakage(shares, age, ends))
        sums[key] = count + int(points), expected + cost
    return Liability(
        rows=tuple(
            Row(tier, month, count, count * value, int(expected + Fraction(1, 2)))
            for (month, _entry, tier), (count, expected) in sorted(sums.items())
        ),
        kept_bp=tuple((age, int(share * 10_000)) for age, share in sorted(shares.items())),
        point_value_minor=value,
    )


def table(found: Liability) -> tuple[list[str], list[list[str]]]:
    """The same as the header and the rows of a file; amounts in euros."""
    header = [_("month of expiry"), _("tier"), _("points"), _("value"), _("expected cost")]
    rows = [
        [
            *(f"{row.month:%Y-%m}", row.tier, str(row.points)),
            *(f"{row.value_minor / 100:.2f}", f"{row.expected_minor / 100:.2f}"),
        ]
        for row in found.rows
    ]
    return header, rows

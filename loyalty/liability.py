"""What the points that are out may cost: their value, less what will never be spent.

Breakage is measured, not guessed: of the lots whose time ended in the last two years, which share
of the points that were still there at an age (30 days each) expired in the end. Where no lot ever
ended, nothing is taken off.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from loyalty.models import Programme
from omnishop.kernel.csv_safe import safe_cell

MONTH = 30  # days of an age

_OUT = """
    SELECT coalesce(t.name, ''), coalesce(t.entry, -1),
           date_trunc('month', l.expires_at AT TIME ZONE %(zone)s)::date,
           (extract(epoch FROM %(at)s - l.earned_at) / 86400)::int / %(month)s,
           sum(l.remaining)
      FROM loyalty_pointslot l
      JOIN loyalty_account a ON a.id = l.account_id
      JOIN customers_customer c ON c.id = a.customer_id
      LEFT JOIN loyalty_account live ON live.customer_id = c.merged_into_id
      LEFT JOIN loyalty_tier t ON t.id = coalesce(live.tier_id, a.tier_id)
     WHERE l.remaining > 0 AND l.expires_at > %(at)s
     GROUP BY 1, 2, 3, 4
     ORDER BY 3, 2
"""
_ENDED = """
    WITH ended AS (
      SELECT id, points, earned_at FROM loyalty_pointslot
       WHERE expires_at <= %(at)s AND expires_at > %(at)s - interval '2 years')
    SELECT age, sum(points) FROM (
      SELECT -1 AS age, points FROM ended
       UNION ALL
      SELECT greatest((extract(epoch FROM e.at - l.earned_at) / 86400)::int / %(month)s, 0), e.delta
        FROM ended l JOIN loyalty_pointsentry e ON e.lot_id = l.id
       WHERE e.kind IN ('spend', 'restore', 'reverse', 'repay')
          OR (e.kind = 'correction' AND e.delta < 0)) moved
     GROUP BY 1 ORDER BY 1
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
    breakage_bp: tuple[tuple[int, int], ...]  # age in months → share that expires
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


def breakage(moved: Iterable[tuple[int, int]]) -> dict[int, Fraction]:
    """The share of the points still there at each age that expired in the end.

    `moved`: at age -1 all that was earned, then what each age took away (negative).
    """
    left, shares, steps = 0, {}, sorted(moved)
    ended = sum(points for _age, points in steps)
    for age, points in steps:
        if age >= 0 and left > 0:
            shares[age] = min(Fraction(ended, left), Fraction(1))
        left += points
    if left > 0:
        shares[max(shares, default=-1) + 1] = Fraction(1)
    return shares


def _share(shares: dict[int, Fraction], age: int) -> Fraction:
    """The share for an age: that of the next age at which anything was taken."""
    later = [known for known in shares if known >= age]
    return shares[min(later)] if later else Fraction(int(bool(shares)))


def liability(at: datetime) -> Liability:
    """Points outstanding × value × (1 − breakage at their age), by tier and month of expiry. Three
    statements.
    """
    programme = Programme.objects.filter(active=True).first()
    value = programme.point_value_minor if programme else 0
    asked: dict[str, Any] = {"at": at, "zone": settings.TIME_ZONE, "month": MONTH}
    with connection.cursor() as cursor:
        cursor.execute(_ENDED, asked)
        shares = breakage((age, int(points)) for age, points in cursor.fetchall())
        cursor.execute(_OUT, asked)
        found = cursor.fetchall()
    sums: dict[tuple[date, int, str], tuple[int, Fraction]] = {}
    for tier, entry, month, age, points in found:
        key = month, entry, tier
        count, expected = sums.get(key, (0, Fraction(0)))
        cost = points * value * (1 - _share(shares, age))
        sums[key] = count + int(points), expected + cost
    return Liability(
        rows=tuple(
            Row(tier, month, count, count * value, int(expected + Fraction(1, 2)))
            for (month, _entry, tier), (count, expected) in sorted(sums.items())
        ),
        breakage_bp=tuple((age, int(share * 10_000)) for age, share in sorted(shares.items())),
        point_value_minor=value,
    )


def csv_rows(found: Liability) -> list[list[str]]:
    """The same as rows of a file; text is harmless to spreadsheets (F-24), amounts in euros."""
    head = [_("month of expiry"), _("tier"), _("points"), _("value"), _("expected cost")]
    return [
        head,
        *(
            [
                f"{row.month:%Y-%m}",
                safe_cell(row.tier),
                str(row.points),
                f"{row.value_minor / 100:.2f}",
                f"{row.expected_minor / 100:.2f}",
            ]
            for row in found.rows
        ),
    ]

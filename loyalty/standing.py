"""Which tier somebody has: replayed from what their lots still count for, so that a return of
everything leaves no trace (P-6). Pure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from django.conf import settings


@dataclass(frozen=True, slots=True)
class Step:
    """A tier's conditions, in points or in cents."""

    entry: int
    keep: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a member stands: the step (None: below the lowest), what counts now, when time alone
    may change it.
    """

    step: int | None
    counted: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Sums:
    at: datetime
    entry: int  # what counts for reaching a tier
    keep: int  # what counts for keeping it


def standing(
    credited: Sequence[tuple[datetime, int]],
    steps: Sequence[Step],
    *,
    months: int | None,
    grace: timedelta,
    at: datetime,
) -> Standing:
    """The step at an instant. `steps` go up; `months` is the rolling window, None the calendar
    year, where a tier is kept for the year it was reached in and, by what is earned in a year,
    for the next one.

    A tier is reached at once; when its condition is no longer met it is kept for the grace, and
    then becomes the highest one whose keeping condition is met.
    """
    last = max([at, *(when for when, _count in credited)])
    step: int | None = _reached(steps, 0)
    below_since: datetime | None = None
    sums = _Sums(at, 0, 0)
    changes = _rolling(credited, months) if months else _calendar(credited, last)
    due: datetime | None = None
    for found in changes:
        over = below_since + grace if below_since else None
        if found.at > last:
            due = over
            if step is not None and not over and found.keep < steps[step].keep:
                due = found.at
            if due:
                break
            continue
        if over and over <= found.at:
            step, below_since = _kept(steps, sums.keep, step), None
        sums = found
        reached = _reached(steps, sums.entry)
        if reached is not None and (step is None or reached > step):
            step = reached
        if step is not None and sums.keep < steps[step].keep:
            below_since = below_since or found.at
        else:
            below_since = None
    if below_since and below_since + grace <= last:
        step, below_since, due = _kept(steps, sums.keep, step), None, None
        if step is not None and sums.keep and steps[step].keep:
            due = last + timedelta(days=1)  # looked at again: what is left may leave as well
    elif below_since:
        due = below_since + grace
    return Standing(step, sums.entry, due)


def _reached(steps: Sequence[Step], counted: int) -> int | None:
    found = [n for n, step in enumerate(steps) if counted >= step.entry]
    return found[-1] if found else None


def _kept(steps: Sequence[Step], counted: int, step: int | None) -> int | None:
    """The highest step up to this one whose keeping condition is met."""
    assert step is not None  # noqa: S101  for the type checker
    found = [n for n in range(step + 1) if counted >= steps[n].keep]
    return found[-1] if found else None


def _rolling(credited: Sequence[tuple[datetime, int]], months: int) -> Iterator[_Sums]:
    """Each instant at which the sum of the last months changes."""
    window = relativedelta(months=months)
    moves = sorted(
        move for when, count in credited for move in ((when, count), (when + window, -count))
    )
    total = 0
    for when, group in groupby(moves, key=lambda move: move[0]):
        total += sum(count for _when, count in group)
        yield _Sums(when, total, total)


def _calendar(credited: Sequence[tuple[datetime, int]], last: datetime) -> Iterator[_Sums]:
    """Each earning and each New Year of the shop's time, to the second one after the last."""
    zone = ZoneInfo(settings.TIME_ZONE)
    if not credited:
        return
    first = min(when for when, _count in credited).astimezone(zone).year
    years = range(first + 1, last.astimezone(zone).year + 3)
    moves = [(when, count) for when, count in credited]
    moves += [(datetime(year, 1, 1, tzinfo=zone), 0) for year in years]
    totals: dict[int, int] = {}
    for when, count in sorted(moves):
        year = when.astimezone(zone).year
        totals[year] = totals.get(year, 0) + count
        yield _Sums(when, totals[year], max(totals[year], totals.get(year - 1, 0)))

"""When a store is open, and by when it can have something ready. Pure, in the store's time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours, State

if TYPE_CHECKING:
    from omnishop.network.models import Store

HORIZON = timedelta(days=60)
_MINUTES_STEP = 10  # promises are told in tens of minutes


@lru_cache(maxsize=512)
def _parsed(expression: str, timezone: str, country: str) -> OpeningHours:
    return OpeningHours(expression, timezone=ZoneInfo(timezone), country=country)


@dataclass(frozen=True, slots=True)
class Opening:
    """One stretch of open time, `[opens_at, closes_at)`, in the store's zone."""

    opens_at: datetime
    closes_at: datetime


def openings(store: "Store", start: datetime, *, horizon: timedelta = HORIZON) -> Iterator[Opening]:
    """The store's open times from `start` on, soonest first; the first may be under way."""
    hours = _parsed(store.opening_hours, store.timezone, store.country)
    local = start.astimezone(store.zone)
    for opens_at, closes_at, status, _comment in hours.intervals(local, local + horizon):
        if status == State.OPEN and closes_at is not None:
            # The library counts in whole minutes and may begin at the one after `start`.
            yield Opening(min(opens_at, max(local, opens_at - timedelta(minutes=1))), closes_at)


def is_open(store: "Store", at: datetime) -> bool:
    """Whether people can walk in at that instant."""
    return _parsed(store.opening_hours, store.timezone, store.country).is_open(
        at.astimezone(store.zone)
    )


def openings_on(store: "Store", day: date) -> list[Opening]:
    """The open times of one store-local day, for display."""
    start = datetime.combine(day, time.min, tzinfo=store.zone)
    end = datetime.combine(day + timedelta(days=1), time.min, tzinfo=store.zone)
    return list(
        takewhile(
            lambda opening: opening.opens_at < end, openings(store, start, horizon=end - start)
        )
    )


def ready_by(store: "Store", at: datetime) -> datetime | None:
    """The instant by which the store can have a pick-up ready: preparation counts open time only.

    Rounded up to ten minutes and always strictly inside opening hours (UX S3); None when the
    store does not open within the horizon.
    """
    needed = timedelta(minutes=store.preparation_minutes)
    for opening in openings(store, at):
        ready = _round_up(max(opening.opens_at, at.astimezone(store.zone)) + needed)
        if ready < opening.closes_at:
            return ready
        worked = opening.closes_at - max(opening.opens_at, at.astimezone(store.zone))
        needed = max(timedelta(0), needed - worked)
    return None


def hold_until(store: "Store", ready_at: datetime) -> datetime:
    """Until when a pick-up ready at that time is kept: closing time of its day D + n (ALG-2).

    When the store is closed on day D + n it is the closing time of the next day it opens.
    """
    last_day = store.business_day(ready_at) + timedelta(days=store.hold_days)
    start = datetime.combine(last_day, time.min, tzinfo=store.zone)
    closing: datetime | None = None
    for opening in openings(store, start):
        if closing and store.business_day(opening.opens_at) > store.business_day(closing):
            break
        closing = opening.closes_at
    return closing or ready_at + timedelta(days=store.hold_days + 1)


def _round_up(at: datetime) -> datetime:
    surplus = timedelta(
        minutes=at.minute % _MINUTES_STEP, seconds=at.second, microseconds=at.microsecond
    )
    return at if not surplus else at + timedelta(minutes=_MINUTES_STEP) - surplus

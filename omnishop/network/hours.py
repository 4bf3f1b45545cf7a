"""When a store is open, and how long it keeps things. Pure, in the store's time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours, State

if TYPE_CHECKING:
    from omnishop.network.models import Store

HORIZON = timedelta(days=60)


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
    # The library counts in whole minutes: asked within one, it would begin at the next.
    minute = local.replace(second=0, microsecond=0)
    for opens_at, closes_at, status, _comment in hours.intervals(minute, local + horizon):
        if status == State.OPEN and closes_at > local:
            # Of equal wall-clock times ours is the one that knows which side of the change it is.
            yield Opening(opens_at if opens_at > local else local, closes_at)


def is_open(store: "Store", at: datetime) -> bool:
    """Whether people can walk in at that instant."""
    return _parsed(store.opening_hours, store.timezone, store.country).is_open(
        at.astimezone(store.zone)
    )


def opens_within_a_day(expression: str, timezone: str, country: str, at: datetime) -> bool:
    """Whether a place with these hours is open at some time of the next 24 hours."""
    hours = _parsed(expression, timezone, country)
    local = at.astimezone(ZoneInfo(timezone)).replace(second=0, microsecond=0)
    found = hours.intervals(local, local + timedelta(days=1))
    return any(status == State.OPEN for _from, _to, status, _comment in found)


def openings_on(store: "Store", day: date) -> list[Opening]:
    """The open times of one store-local day, for display."""
    start = datetime.combine(day, time.min, tzinfo=store.zone)
    end = datetime.combine(day + timedelta(days=1), time.min, tzinfo=store.zone)
    return list(
        takewhile(
            lambda opening: opening.opens_at < end, openings(store, start, horizon=end - start)
        )
    )


def after_open_minutes(store: "Store", start: datetime, minutes: int) -> datetime:
    """The instant at which so many minutes of open time have gone by since `start`.

    A place that does not open within the horizon counts every minute.
    """
    left = timedelta(minutes=minutes)
    for opening in openings(store, start):
        # In UTC: wall-clock arithmetic would be an hour off on the day of a change (STD-3).
        opens_at, closes_at = opening.opens_at.astimezone(UTC), opening.closes_at.astimezone(UTC)
        if closes_at - opens_at >= left:
            return opens_at + left
        left -= closes_at - opens_at
    return start + left


def hold_until(store: "Store", ready_at: datetime) -> datetime:
    """Until when a pick-up ready at that time is kept: closing time of its day D + n (ALG-2).

    When the store is closed on day D + n it is the closing time of the next day it opens; one
    that never closes keeps it to the end of the day.
    """
    last_day = store.business_day(ready_at) + timedelta(days=store.hold_days)
    start = datetime.combine(last_day, time.min, tzinfo=store.zone)
    last: Opening | None = None
    for opening in openings(store, start):
        if last and store.business_day(opening.opens_at) > store.business_day(last.opens_at):
            break
        last = opening
    if last is None:
        return ready_at + timedelta(days=store.hold_days + 1)
    if last.closes_at - last.opens_at > timedelta(days=1):
        day = store.business_day(last.opens_at) + timedelta(days=1)
        return datetime.combine(day, time.min, tzinfo=store.zone)
    return last.closes_at

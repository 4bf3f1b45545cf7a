"""By when goods can be there: pure arithmetic over hours, cut-offs, queues and working days."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import holidays

from omnishop.network.hours import openings

if TYPE_CHECKING:
    from omnishop.network.models import Store

_MINUTES_STEP = 10  # promises are told in tens of minutes


@lru_cache(maxsize=16)
def _off(country: str) -> holidays.HolidayBase:
    return holidays.country_holidays(country)


def works(day: date, country: str) -> bool:
    """Whether carriers and warehouses work that day: Monday to Friday, no public holiday."""
    return day.weekday() < 5 and day not in _off(country)


def rests(day: date, country: str) -> bool:
    """Whether people are left in peace that day: a Sunday or a public holiday."""
    return day.weekday() == 6 or day in _off(country)


def working_days_after(day: date, days: int, country: str) -> date:
    """The day so many working days after another; with 0 days that day or the next that works."""
    while not works(day, country):
        day += timedelta(days=1)
    while days:
        day += timedelta(days=1)
        if works(day, country):
            days -= 1
    return day


def leaves_on(at: datetime, *, cut_off: time, zone: ZoneInfo) -> date:
    """The day on which what is ordered now leaves: today before the cut-off, else tomorrow."""
    local = at.astimezone(zone)
    return local.date() if local.time() < cut_off else local.date() + timedelta(days=1)


def arrives_on(
    at: datetime, *, cut_off: time, zone: ZoneInfo, days: int | None, country: str
) -> date | None:
    """The day goods asked for now are where they are needed; None where none are sent there.

    They leave on the first working day whose cut-off is not past (CST-7).
    """
    if days is None:
        return None
    leaves = working_days_after(leaves_on(at, cut_off=cut_off, zone=zone), 0, country)
    return working_days_after(leaves, days, country)


def ready_by(
    store: "Store", at: datetime, *, ahead: int = 0, busy: bool = False
) -> datetime | None:
    """The instant by which the store can have a pick-up ready: preparation counts open time only.

    `ahead` are the pick-ups that wait before it, each of which takes the store's minutes more;
    a `busy` store, with as many as it can prepare, begins at the opening of its next day at the
    earliest. Rounded up to ten minutes and always strictly inside opening hours (UX S3); None when
    the store does not open within the horizon.
    """
    in_turn = _ready(store, at, store.preparation_minutes + ahead * store.minutes_per_order)
    if not busy or in_turn is None:
        return in_turn
    tomorrow = midnight(store, store.business_day(at) + timedelta(days=1))
    next_day = _ready(store, tomorrow, store.preparation_minutes)
    return max(in_turn, next_day, key=datetime.timestamp) if next_day else None


def _ready(store: "Store", at: datetime, minutes: int) -> datetime | None:
    """The end of so many minutes of open time from an instant on."""
    needed = timedelta(minutes=minutes)
    for opening in openings(store, at):
        # In UTC: wall-clock sums are an hour off in the nights the clock changes.
        opens_at, closes_at = opening.opens_at.astimezone(UTC), opening.closes_at.astimezone(UTC)
        ready = _round_up((opens_at + needed).astimezone(store.zone))
        if ready.astimezone(UTC) < closes_at:
            return ready
        needed = max(timedelta(0), needed - (closes_at - opens_at))
    return None


def ready_after_arrival(store: "Store", day: date) -> datetime | None:
    """The instant by which goods that are brought to the store on a day can be collected: its
    preparation time after that day's opening, as `ready_by`.
    """
    return ready_by(store, midnight(store, day))


def midnight(store: "Store", day: date) -> datetime:
    """The beginning of a store's day."""
    return datetime.combine(day, time.min, tzinfo=store.zone)


def _round_up(at: datetime) -> datetime:
    surplus = timedelta(
        minutes=at.minute % _MINUTES_STEP, seconds=at.second, microseconds=at.microsecond
    )
    if not surplus:
        return at
    rounded = at.astimezone(UTC) + timedelta(minutes=_MINUTES_STEP) - surplus
    return rounded.astimezone(at.tzinfo)

"""When things happen: everything counts from the midnight at which today begins in Paris."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from omnishop.network.hours import Opening, openings_on
from omnishop.network.models import Store

ZONE = ZoneInfo("Europe/Paris")
HISTORY = 90  # days of sales
# Share of the day's web orders that come in each hour, by a shop that sells for leisure.
WEB_HOURS = (2, 1, 1, 1, 1, 1, 3, 5, 7, 8, 8, 8, 11, 10, 7, 7, 8, 9, 10, 12, 15, 15, 10, 5)


@dataclass(frozen=True)
class Days:
    """The calendar of one seeding."""

    today: date

    def midnight(self, days_ago: int) -> datetime:
        """When a day began, in UTC; a day of Paris has 23 to 25 hours (STD-3)."""
        return self.start(self.today - timedelta(days=days_ago))

    @staticmethod
    def start(day: date) -> datetime:
        return datetime.combine(day, time.min, tzinfo=ZONE).astimezone(UTC)

    def at(self, days_ago: int, hour: int, minute: int = 0) -> datetime:
        """A wall-clock time of a day, in UTC."""
        day = self.today - timedelta(days=days_ago)
        return datetime.combine(day, time(hour, minute), tzinfo=ZONE).astimezone(UTC)


class Hours:
    """Opening times of the shops, read once for every day that is needed."""

    def __init__(self, days: Days, stores: dict[str, Store], *, until: int = 12) -> None:
        self.days = days
        self._openings: dict[tuple[str, date], list[Opening]] = {}
        for code, store in stores.items():
            for ago in range(-until, HISTORY + 12):
                day = days.today - timedelta(days=ago)
                self._openings[code, day] = openings_on(store, day)

    def of(self, code: str, day: date) -> list[Opening]:
        return self._openings[code, day]

    def open_days(self, code: str, first_ago: int, last_ago: int) -> list[date]:
        """The days on which a shop opens, the oldest first."""
        every = (
            self.days.today - timedelta(days=ago) for ago in range(first_ago, last_ago - 1, -1)
        )
        return [day for day in every if self._openings[code, day]]

    def moment(self, code: str, day: date, rng: Random) -> datetime:
        """A time at which somebody pays in the shop: rather late in the day."""
        opening = rng.choice(self._openings[code, day])
        length = (opening.closes_at - opening.opens_at).total_seconds()
        second = int(rng.triangular(60, length - 60, length * 0.62))
        return (opening.opens_at + timedelta(seconds=second)).astimezone(UTC)

    def next_moment(self, code: str, after: datetime, rng: Random) -> datetime:
        """A time in the shop after an instant, on the first day that still allows it."""
        day = after.astimezone(ZONE).date()
        for _attempt in range(12):
            left = [o for o in self._openings.get((code, day), []) if o.closes_at > after]
            if left:
                first = max(left[0].opens_at, after)
                length = (left[0].closes_at - first).total_seconds()
                if length > 600:
                    second = rng.randint(120, int(length) - 120)
                    return (first + timedelta(seconds=second)).astimezone(UTC)
            day += timedelta(days=1)
        return after


def web_moment(days: Days, day: date, rng: Random) -> datetime:
    """A time at which somebody orders on the site."""
    hour = rng.choices(range(24), weights=WEB_HOURS)[0]
    return days.start(day) + timedelta(hours=hour, seconds=rng.randrange(3600))

"""Who buys what, when and where: the shop's rhythm, drawn by chance that is always the same."""

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from math import cos, pi
from random import Random

from omnishop.demo.days import HISTORY, ZONE, Days, Hours, web_moment
from omnishop.demo.members import Person
from omnishop.demo.shelves import Article
from omnishop.kernel.money import allocate

ORDERS = 2700  # in 90 days, at scale 1
SHARES = {"": 30, "LYO": 23, "PAR": 19, "GRE": 11, "NTE": 10, "ANC": 7}  # "" is the site
WEEK = (62, 70, 84, 82, 104, 172, 60)  # Monday to Sunday, in the shops
WEB_WEEK = (108, 96, 96, 92, 82, 92, 134)
# Month in which each top category sells best, and by how much it rises and falls.
SEASON = {
    "randonnee": (7, 0.25),
    "velo": (5, 0.35),
    "montagne": (12, 0.7),
    "eau": (7, 0.8),
    "quotidien": (11, 0.1),
    "enfants": (12, 0.3),
}


@dataclass(slots=True)
class Sale:
    """Somebody means to buy, at an instant and in a place."""

    at: datetime
    store: str  # "" on the site
    person: Person | None
    lines: list[tuple[Article, int]]


class Crowd:
    """People to draw shoppers from: those of a shop's surroundings, and everybody."""

    def __init__(self, people: Sequence[Person]) -> None:
        self._pools: dict[str, tuple[list[Person], list[float]]] = {}
        groups: dict[str, list[Person]] = {"": list(people)}
        for person in people:
            if person.purse:
                groups.setdefault(person.town.store, []).append(person)
        for code, group in groups.items():
            self._pools[code] = group, list(accumulate(person.eagerness for person in group))

    def draw(self, code: str, at: datetime, rng: Random) -> Person | None:
        """Somebody known by then, or nobody when chance finds none."""
        group, weights = self._pools.get(code, ([], []))
        for _attempt in range(4):
            if group:
                person = group[bisect(weights, rng.random() * weights[-1], hi=len(group) - 1)]
                if person.known_at <= at:
                    return person
        return None


class Shelf:
    """Articles to draw from, by month."""

    def __init__(self, articles: Sequence[Article]) -> None:
        self.articles = articles
        self._months: dict[int, list[float]] = {}

    def draw(self, month: int, rng: Random) -> Article:
        weights = self._months.get(month)
        if weights is None:
            weights = list(
                accumulate(one.weight * season(one.shelf, month) for one in self.articles)
            )
            self._months[month] = weights
        last = len(self.articles) - 1
        return self.articles[bisect(weights, rng.random() * weights[-1], hi=last)]


def season(shelf: str, month: int) -> float:
    """How a month raises or lowers a top category's sales."""
    best, swing = SEASON.get(shelf, (1, 0.0))
    return 1 + swing * cos(2 * pi * (month - best) / 12)


def draw(
    days: Days, hours: Hours, articles: Sequence[Article], people: Sequence[Person],
    *, orders: int, until: date,
) -> list[Sale]:  # fmt: skip
    """The sales of the history, the oldest first, up to a day that is not part of it."""
    rng = Random("demand")
    crowd, shelf = Crowd(people), Shelf(articles)
    slots: list[tuple[str, date]] = []
    weights: list[int] = []
    for code, share in SHARES.items():
        for ago in range(HISTORY, 0, -1):
            day = days.today - timedelta(days=ago)
            if day >= until or (code and not hours.of(code, day)):
                continue
            rhythm = (WEEK if code else WEB_WEEK)[day.weekday()]
            growth = 115 - ago // 3  # in per cent
            slots.append((code, day))
            weights.append(share * rhythm * growth * rng.randint(75, 125) // 100)
    sales = []
    for (code, day), count in zip(slots, allocate(orders, weights), strict=True):
        for _number in range(count):
            at = hours.moment(code, day, rng) if code else web_moment(days, day, rng)
            known = rng.random() < (0.58 if code else 0.74)
            sales.append(
                Sale(
                    at=at,
                    store=code,
                    person=crowd.draw(code, at, rng) if known else None,
                    lines=_lines(shelf, at.astimezone(ZONE).month, rng),
                )
            )
    return sorted(sales, key=lambda sale: sale.at)


def _lines(shelf: Shelf, month: int, rng: Random) -> list[tuple[Article, int]]:
    count = rng.choices((1, 2, 3, 4, 5), weights=(46, 29, 15, 7, 3))[0]
    chosen: dict[int, tuple[Article, int]] = {}
    for _number in range(count):
        article = shelf.draw(month, rng)
        many = (1, 1, 1, 2, 2, 3) if article.price < 1500 else (1,) * 15 + (2,)
        chosen[article.pk] = article, rng.choice(many)
    return list(chosen.values())

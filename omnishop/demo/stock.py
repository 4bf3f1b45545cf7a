"""Goods that came in: enough for every sale of the history, and what is on the shelves today."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from random import Random

from inventory.services import Demand, receive
from inventory.services import levels as stock
from omnishop.demo.days import HISTORY, Days
from omnishop.demo.house import House
from omnishop.demo.shelves import Article

DELIVERIES = (HISTORY + 1, 60, 30)  # days ago
LUMP = 4  # units: what sells less in a month came with the first delivery
Move = tuple[int, int, datetime, int]  # article, location, when, units


def bring_in(house: House, days: Days, articles: Sequence[Article], moves: Sequence[Move]) -> None:
    """Receive the goods at each location in up to three deliveries, each before it is sold."""
    rng = Random("stock")
    starts = [days.midnight(ago) for ago in DELIVERIES]
    sold: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0] * len(starts))
    for variant, location, at, units in moves:
        if units < 0:
            period = max(i for i, start in enumerate(starts) if start <= at)
            sold[variant, location][period] -= units
    places = {
        **dict.fromkeys(house.floors.values(), "shop"),
        house.warehouse: "warehouse",
        house.shared: "shared",
    }
    for location, kind in places.items():
        lots: list[list[Demand]] = [[] for _start in starts]
        for line, article in enumerate(articles, start=1):
            wanted = list(sold.get((article.pk, location), (0,) * len(starts)))
            for period in range(1, len(starts)):
                if wanted[period] < LUMP:
                    wanted[0] += wanted[period]
                    wanted[period] = 0
            wanted[0] += _shelf(kind, article, rng)
            for lot, units in zip(lots, wanted, strict=True):
                if units:
                    lot.append(Demand(line, article.pk, location, units))
        for number, (lot, at) in enumerate(zip(lots, starts, strict=True), start=1):
            if lot:
                receive(lot, document=f"BL-{location:03d}-{number}", at=at, actor="task")


def _shelf(kind: str, article: Article, rng: Random) -> int:
    """What is left of an article at a place today."""
    chance = rng.random()
    bulky = article.price > 30_000
    if kind == "shared":
        return rng.randint(4, 20) if chance < 0.25 and not bulky else 0
    if kind == "warehouse":
        if chance < 0.10:
            return rng.randint(0, 3)
        return rng.randint(3, 9) if bulky else rng.randint(8, 60)
    if chance < 0.10:
        return 0
    if chance < 0.27 or bulky:
        return rng.randint(1, 3)
    return rng.randint(4, 18)


def settle(moves: Sequence[Move]) -> None:
    """Bring the levels to the sum of their movements, those of the history included."""
    deltas: dict[tuple[int, int], int] = defaultdict(int)
    for variant, location, _at, units in moves:
        deltas[variant, location] += units
    levels = stock.lock(deltas, create=True)
    for key, delta in deltas.items():
        levels[key].on_hand += delta
    stock.store(levels)

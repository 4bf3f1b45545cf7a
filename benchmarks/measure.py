"""Ratios: an entry and its floor, turn by turn in one run, with median and spread."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table. `ratio` is the median; the wanted side of it is in `wanted`."""

    name: str
    floor: str
    ratio: float
    low: float
    high: float
    runs: int
    wanted: str
    met: bool
    note: str = ""


def compare(
    name: str,
    *,
    floor: str,
    measure_floor: Callable[[], float],
    measure: Callable[[], float],
    at_least: float | None = None,
    at_most: float | None = None,
    runs: int = 5,
    unit: str = "/s",
) -> Result:
    """Measure floor and entry alternately; the ratio is entry ÷ floor of the same turn."""
    measure_floor()  # warm
    measure()
    pairs = [(measure_floor(), measure()) for _ in range(runs)]
    ratios = [mine / base for base, mine in pairs]
    median = statistics.median(ratios)
    note = (
        f"floor {statistics.median(base for base, _ in pairs):.0f}{unit}, "
        f"here {statistics.median(mine for _, mine in pairs):.0f}{unit}"
    )
    return result(name, floor, ratios, at_least=at_least, at_most=at_most, note=note, median=median)


def result(
    name: str,
    floor: str,
    ratios: list[float],
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    note: str = "",
    median: float | None = None,
) -> Result:
    """A line from its ratios."""
    middle = statistics.median(ratios) if median is None else median
    wanted = f"≥ {at_least:g}" if at_least is not None else f"≤ {at_most:g}"
    met = middle >= at_least if at_least is not None else middle <= (at_most or 0)
    return Result(
        name=name,
        floor=floor,
        ratio=round(middle, 4),
        low=round(min(ratios), 4),
        high=round(max(ratios), 4),
        runs=len(ratios),
        wanted=wanted,
        met=met,
        note=note,
    )

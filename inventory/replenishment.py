"""What to order and when (ALG-4), and what will sell (ALG-5). Pure: figures in, figures out.

Which method forecasts an article at a place, one rule:

1. It sells on most days (at most 1.32 days from one sale to the next, the limit of Syntetos and
   Boylan): the plain average of the period.
2. It sells now and then, the last time at most 28 days ago: Croston's method with the correction
   of Syntetos and Boylan (SBA), which is not fooled by the days without a sale.
3. It sold now and then and has been silent for longer: the method of Teunter, Syntetos and Babai
   (TSB), which lets the forecast fade day by day until nothing is ordered any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from statistics import fmean, pstdev

SERVICE = 1.645  # z: enough in 95 of 100 deliveries
SMOOTHING = 0.1  # α, β: weight of the latest observation
INTERMITTENT = 1.32  # days from one sale to the next
SILENT = 28  # days
COVER = 7  # days of sales that an order brings beyond the reorder point
RARE = 90  # days: what is expected to sell less than once in so many is not ordered by itself


def safety_stock(*, demand: float, spread: float, lead: float, lead_spread: float) -> float:
    """Units kept for the unforeseen: z √(L σd² + d² σL²). Days and units a day."""
    return SERVICE * sqrt(lead * spread**2 + demand**2 * lead_spread**2)


def reorder_point(*, demand: float, spread: float, lead: float, lead_spread: float) -> float:
    """With fewer units free or on their way it is time to order: d L + safety stock."""
    safety = safety_stock(demand=demand, spread=spread, lead=lead, lead_spread=lead_spread)
    return demand * lead + safety


def rounded_up(units: float) -> int:
    """Whole units; a rounding error of the last digits adds none."""
    return ceil(round(units, 6))


def order_quantity(*, point: int, demand: float, free: int, coming: int, pack: int = 1) -> int:
    """Units to order, in whole packs; 0 while the reorder point is free or coming.

    An order fills up to the reorder point and the sales of the COVER days until the next one.
    Nothing is ordered of what hardly sells: rounded up, its reorder point would be one for good.
    """
    position = free + coming
    if demand * RARE < 1 or position >= point:
        return 0
    wanted = rounded_up(point + demand * COVER) - position
    return -(-wanted // pack) * pack


def croston(
    days: Sequence[int], *, size: float, interval: float, alpha: float = SMOOTHING
) -> float:
    """Units a day: size of a sale over days between sales, each smoothed at every sale."""
    since = 0
    for units in days:
        since += 1
        if units > 0:
            size += alpha * (units - size)
            interval += alpha * (since - interval)
            since = 0
    return size / interval


def sba(days: Sequence[int], *, size: float, interval: float, alpha: float = SMOOTHING) -> float:
    """Croston's method overestimates by half of α: this one does not."""
    return croston(days, size=size, interval=interval, alpha=alpha) * (1 - alpha / 2)


def tsb(
    days: Sequence[int],
    *,
    size: float,
    chance: float,
    alpha: float = SMOOTHING,
    beta: float = SMOOTHING,
) -> float:
    """Units a day: size of a sale times the chance of one, which every day without one lowers."""
    for units in days:
        if units > 0:
            size += alpha * (units - size)
            chance += beta * (1 - chance)
        else:
            chance -= beta * chance
    return size * chance


def net_of_returns(days: Sequence[int]) -> list[int]:
    """Units sold for good, day by day: what came back is taken from the last sales before it."""
    net = list(days)
    for back, units in enumerate(net):
        missing = -min(0, units)
        net[back] = max(0, units)
        for day in range(back - 1, -1, -1):
            if not missing:
                break
            taken = min(missing, net[day])
            net[day] -= taken
            missing -= taken
    return net


@dataclass(frozen=True, slots=True)
class Forecast:
    """What an article sells a day at a place, how much that varies, and how it was found."""

    demand: float
    spread: float
    method: str  # "mean", "sba", "tsb"


def forecast(days: Sequence[int]) -> Forecast:
    """The forecast from net sales a day, oldest first, by the rule of this module."""
    sales = [units for units in days if units > 0]
    if not sales:
        return Forecast(0.0, 0.0, "mean")
    interval = len(days) / len(sales)
    if interval < INTERMITTENT:
        return Forecast(fmean(days), pstdev(days), "mean")
    size = fmean(sales)
    silent = next(day for day, units in enumerate(reversed(days)) if units > 0)
    if silent <= SILENT:
        return Forecast(sba(days, size=size, interval=interval), pstdev(days), "sba")
    demand = tsb(days, size=size, chance=1 / interval)
    # The spread fades with the demand: a day sells with the chance p, then sizes that vary.
    chance = demand / size
    variance = chance * (size**2 + pstdev(sales) ** 2) - demand**2
    return Forecast(demand, sqrt(max(0.0, variance)), "tsb")

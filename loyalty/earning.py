"""What lines earn, in points: one pure function for every channel and for what is announced.

Rounding: the points of a document are what its lines earn exactly, rounded down once, and shared
to the lines by largest remainder (ALG-10). Fixed points come on top, whole.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from omnishop.kernel.money import BASIS_POINTS, allocate

ONCE = BASIS_POINTS  # a multiplier of one
CENTS = 100  # in a euro


@dataclass(frozen=True, slots=True)
class Line:
    """What a line of a document says of itself. `paid_minor` is what was paid for it in all."""

    position: int
    units: int
    paid_minor: int
    product_id: int | None = None
    brand_id: int | None = None
    category_path: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """An `EarnRule` in force at the instant, on the document's channel, store and tier."""

    points_per_unit: int = 0
    multiplier_bp: int = ONCE
    points: int = 0
    products: frozenset[int] = frozenset()
    brands: frozenset[int] = frozenset()
    categories: tuple[str, ...] = ()  # paths of the tree

    def covers(self, line: Line) -> bool:
        """Whether the line's article is one of those chosen; nothing chosen is all of them."""
        if not (self.products or self.brands or self.categories):
            return True
        return (
            line.product_id in self.products
            or line.brand_id in self.brands
            or any(line.category_path.startswith(path) for path in self.categories)
        )


@dataclass(frozen=True, slots=True)
class Terms:
    """How a member earns at an instant: the programme's rate, their tier, the rules in force."""

    points_per_unit: int
    tier_bp: int = ONCE
    earn_on_points: bool = False
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Earned:
    """What a line earns, and on how much money."""

    points: int
    money_minor: int


def points_of(
    lines: Sequence[Line], terms: Terms, *, by_points_minor: int = 0
) -> Mapping[int, Earned]:
    """What each line earns, by position: rate × the tier's × the best rule's multiplier, and
    fixed points for each unit.

    What is paid with points earns nothing unless the programme says so (FIELD 29); it is shared to
    the lines by what they cost.
    """
    if not lines:
        return {}
    costs = [max(line.paid_minor, 0) for line in lines]
    if terms.earn_on_points:
        by_points_minor = 0
    by_points = allocate(min(by_points_minor, sum(costs)), costs)
    weights = []
    for line, cost, part in zip(lines, costs, by_points, strict=True):
        rules = [rule for rule in terms.rules if rule.covers(line)]
        rate = max([terms.points_per_unit, *(rule.points_per_unit for rule in rules)])
        best = max([ONCE, *(rule.multiplier_bp for rule in rules)])
        weights.append(prod((cost - part, rate, terms.tier_bp, best)))
    whole = sum(weights) // (CENTS * ONCE * ONCE)
    shares = allocate(whole, weights) if whole else [0] * len(lines)
    return {
        line.position: Earned(share + _fixed(line, cost - part, terms.rules), cost - part)
        for line, share, cost, part in zip(lines, shares, costs, by_points, strict=True)
    }


def _fixed(line: Line, money: int, rules: Collection[Rule]) -> int:
    """Points for each unit, where anything was paid for it."""
    if money <= 0:
        return 0
    return line.units * sum(rule.points for rule in rules if rule.covers(line))

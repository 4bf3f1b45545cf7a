"""From where the goods come. Pure, given what is free where (ALG-3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wanted:
    """Units of an article that a line needs."""

    line: int
    variant_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Taken:
    """Units of a line that come from a location."""

    line: int
    variant_id: int
    location_id: int
    quantity: int


def choose(
    wanted: Sequence[Wanted], free: Mapping[int, Mapping[int, int]], ranked: Sequence[int]
) -> list[Taken] | None:
    """Take the goods from as few locations as a bounded search finds, the first ranked first.

    `free` is variant → location → units, `ranked` the locations that may be used, best first.
    One location that has everything always wins; else each step takes the location that covers
    most units of what is left. None when all of them together do not have it.
    """
    needed: dict[int, int] = {}
    for want in wanted:
        needed[want.variant_id] = needed.get(want.variant_id, 0) + want.quantity
    left, used = dict(needed), []
    candidates = list(ranked)
    while any(left.values()):

        def covers(location_id: int, left: dict[int, int] = left) -> int:
            return sum(
                min(units, free.get(variant_id, {}).get(location_id, 0))
                for variant_id, units in left.items()
            )

        best = max(candidates, key=covers, default=None)  # the first of equals: best ranked
        if best is None or covers(best) == 0:
            return None
        for variant_id, units in left.items():
            left[variant_id] = units - min(units, free.get(variant_id, {}).get(best, 0))
        candidates.remove(best)
        used.append(best)
    remaining = {
        (variant_id, location_id): free.get(variant_id, {}).get(location_id, 0)
        for variant_id in needed
        for location_id in used
    }
    taken = []
    for want in wanted:
        units = want.quantity
        for location_id in used:
            part = min(units, remaining[want.variant_id, location_id])
            if part > 0:
                taken.append(Taken(want.line, want.variant_id, location_id, part))
                remaining[want.variant_id, location_id] -= part
                units -= part
    return taken

"""From where the goods come. Pure, given what is free where (ALG-3)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

FAR_KM = 20_000.0  # half around the earth
MOST_COMBINED = 3  # locations; beyond, each step takes the one that covers most of what is left
MOST_CANDIDATES = 50  # of the best that are combined by three; the search has to be bounded


class Skipped(StrEnum):
    """Why a location that has some of the goods is not asked for them."""

    OFF = "off"  # it does not offer this
    CLOSED = "closed"
    SATURATED = "saturated"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Units of an article that a line needs."""

    line: int
    variant_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A location that may be asked: how far from where the goods go, and its priority."""

    location_id: int
    priority: int = 100  # lower is asked first
    distance_km: float | None = None
    skipped: Skipped | None = None

    @property
    def rank(self) -> tuple[float, int, int]:
        """Nearest first, then by priority; where no distance is known, by priority alone."""
        return (self.km, self.priority, self.location_id)

    @property
    def km(self) -> float:
        """The distance; a place that nobody put on the map is asked after those that are."""
        return FAR_KM if self.distance_km is None else self.distance_km


@dataclass(frozen=True, slots=True)
class Taken:
    """Units of a line that come from a location."""

    line: int
    variant_id: int
    location_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The chosen places and why, in a form that can be stored and shown to staff."""

    taken: tuple[Taken, ...]
    places: tuple[Candidate, ...]
    skipped: tuple[Candidate, ...]

    @property
    def reasons(self) -> dict[str, object]:
        """JSON: how many places it took, how far they are, which were not asked."""
        return {
            "places": len(self.places),
            "chosen": [
                {
                    "location": place.location_id,
                    "km": None if place.distance_km is None else round(place.distance_km, 1),
                    "priority": place.priority,
                }
                for place in self.places
            ],
            "skipped": [
                {"location": place.location_id, "why": str(place.skipped)} for place in self.skipped
            ],
        }


def units_of(wanted: Sequence[Wanted]) -> dict[int, int]:
    """Article → units, summed over the lines that want it (FIELD 7)."""
    units: dict[int, int] = {}
    for want in wanted:
        units[want.variant_id] = units.get(want.variant_id, 0) + want.quantity
    return units


def choose(
    wanted: Sequence[Wanted],
    free: Mapping[int, Mapping[int, int]],
    candidates: Sequence[Candidate],
) -> Plan | None:
    """Take the goods from the fewest locations, then the nearest, then by priority.

    `free` is variant → location → units. One location that has everything always wins, then two,
    then three, of at most the fifty that have most; beyond, greedily. None when all that may be
    asked do not have it together.
    """
    needed = units_of(wanted)

    def has(location_id: int, variant_id: int) -> int:
        return min(needed[variant_id], free.get(variant_id, {}).get(location_id, 0))

    useful = [
        place for place in candidates if any(has(place.location_id, variant) for variant in needed)
    ]
    asked = sorted((place for place in useful if place.skipped is None), key=lambda p: p.rank)
    places = _fewest(asked, needed, has) if needed else ()
    if places is None:
        return None
    return Plan(
        taken=tuple(_share(wanted, free, places)),
        places=places,
        skipped=tuple(place for place in useful if place.skipped is not None),
    )


Has = Callable[[int, int], int]  # location, variant → units it can give


def _fewest(
    asked: Sequence[Candidate], needed: Mapping[int, int], has: Has
) -> tuple[Candidate, ...] | None:
    shelves = [
        ({place.location_id: has(place.location_id, variant_id) for place in asked}, units)
        for variant_id, units in needed.items()
    ]
    # The scarcest article first: nearly all of thousands of combinations lack that one.
    shelves.sort(key=lambda shelf: sum(shelf[0].values()) / max(1, shelf[1]))

    def covers(places: Sequence[Candidate]) -> bool:
        for there, units in shelves:
            if sum([there[place.location_id] for place in places]) < units:
                return False
        return True

    if not covers(asked):
        return None
    for count in range(1, MOST_COMBINED + 1):
        pool = asked if count < MOST_COMBINED else _best(asked, needed, has)
        found = [places for places in combinations(pool, count) if covers(places)]
        if found:
            return min(found, key=_nearest)
    return _greedy(asked, needed, has)


def _nearest(places: Sequence[Candidate]) -> tuple[float, int, list[int]]:
    return (
        sum(place.km for place in places),
        sum(place.priority for place in places),
        [place.location_id for place in places],
    )


def _best(asked: Sequence[Candidate], needed: Mapping[int, int], has: Has) -> Sequence[Candidate]:
    """Those that have most of it, so that the combinations stay few; in the order asked."""
    if len(asked) <= MOST_CANDIDATES:
        return asked
    most = sorted(
        asked, key=lambda place: -sum(has(place.location_id, variant_id) for variant_id in needed)
    )
    kept = {place.location_id for place in most[:MOST_CANDIDATES]}
    return [place for place in asked if place.location_id in kept]


def _greedy(
    asked: Sequence[Candidate], needed: Mapping[int, int], has: Has
) -> tuple[Candidate, ...]:
    """Each step takes the place that covers most of what is left, the first asked of equals."""
    left, places, rest = dict(needed), [], list(asked)
    while any(left.values()):

        def gives(place: Candidate, left: Mapping[int, int] = left) -> int:
            return sum(
                min(units, has(place.location_id, variant_id)) for variant_id, units in left.items()
            )

        best = max(rest, key=gives)
        left = {
            variant_id: units - min(units, has(best.location_id, variant_id))
            for variant_id, units in left.items()
        }
        rest.remove(best)
        places.append(best)
    return tuple(places)


def _share(
    wanted: Sequence[Wanted],
    free: Mapping[int, Mapping[int, int]],
    places: Sequence[Candidate],
) -> Iterator[Taken]:
    """Each line's units from the chosen places, the first of them first."""
    left = {
        (want.variant_id, place.location_id): free.get(want.variant_id, {}).get(
            place.location_id, 0
        )
        for want in wanted
        for place in places
    }
    for want in wanted:
        units = want.quantity
        for place in places:
            part = min(units, left[want.variant_id, place.location_id])
            if part > 0:
                left[want.variant_id, place.location_id] -= part
                units -= part
                yield Taken(want.line, want.variant_id, place.location_id, part)

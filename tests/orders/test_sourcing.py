"""Fewest parcels, then nearest, then by priority: any basket, any shelves (ALG-3, FIELD 7)."""

from itertools import combinations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orders.sourcing import MOST_CANDIDATES, Candidate, Skipped, Wanted, choose

ARTICLES = st.integers(1, 3)


@st.composite
def cases(draw, most_places=7):
    """Lines, shelves and places; distances and priorities from few values, so that ties occur."""
    wanted = [
        Wanted(line, draw(ARTICLES), draw(st.integers(1, 3)))
        for line in range(1, draw(st.integers(1, 4)) + 1)
    ]
    places = draw(st.integers(1, most_places))
    candidates = [
        Candidate(
            location,
            priority=draw(st.sampled_from([1, 50, 100])),
            distance_km=draw(st.sampled_from([None, 1.0, 2.0, 40.0, 300.5])),
            skipped=draw(st.sampled_from([None, None, None, None, *Skipped])),
        )
        for location in range(1, places + 1)
    ]
    free = {
        article: {
            location: draw(st.integers(0, 4))
            for location in range(1, places + 1)
            if draw(st.booleans())
        }
        for article in (1, 2, 3)
    }
    return wanted, free, candidates


def needed_of(wanted):
    needed = {}
    for want in wanted:
        needed[want.variant_id] = needed.get(want.variant_id, 0) + want.quantity
    return needed


def covers(places, wanted, free):
    """Whether these places together have every article, summed over the lines that want it."""
    return all(
        sum(free.get(article, {}).get(place.location_id, 0) for place in places) >= units
        for article, units in needed_of(wanted).items()
    )


def cost(places):
    """Kilometres first, an unknown distance as half around the earth; then priorities."""
    known = [20_000.0 if p.distance_km is None else p.distance_km for p in places]
    return sum(known), sum(p.priority for p in places)


def brute_force(wanted, free, candidates):
    """Every set of places that may be asked and has everything, of the smallest size there is."""
    asked = [place for place in candidates if place.skipped is None]
    for count in range(1, len(asked) + 1):
        if found := [some for some in combinations(asked, count) if covers(some, wanted, free)]:
            return found
    return []


@given(cases())
@settings(max_examples=400)
def test_the_choice_is_the_best_of_all_sets_of_the_fewest_places(case):
    """One place that has everything always wins; fails if distance were looked at first."""
    wanted, free, candidates = case

    plan = choose(wanted, free, candidates)
    best = brute_force(wanted, free, candidates)

    if not best:
        assert plan is None
        return
    assert plan is not None
    if len(best[0]) <= 3:
        assert len(plan.places) == len(best[0])
        assert cost(plan.places) == min(cost(places) for places in best)
    else:
        assert covers(plan.places, wanted, free)


@given(cases(most_places=24))
@settings(max_examples=150)
def test_of_many_places_one_that_has_everything_still_wins_and_a_pair_beats_three(case):
    wanted, free, candidates = case

    plan = choose(wanted, free, candidates)
    asked = [place for place in candidates if place.skipped is None]
    ones = [(place,) for place in asked if covers((place,), wanted, free)]
    pairs = [two for two in combinations(asked, 2) if covers(two, wanted, free)]

    if best := ones or pairs:
        assert plan is not None
        assert len(plan.places) == len(best[0])
        assert cost(plan.places) == min(cost(places) for places in best)


@given(cases())
def test_every_line_gets_its_units_and_no_shelf_gives_more_than_it_has(case):
    wanted, free, candidates = case

    plan = choose(wanted, free, candidates)

    if plan is None:
        return
    by_line, by_shelf = {}, {}
    for part in plan.taken:
        assert part.quantity > 0
        by_line[part.line, part.variant_id] = (
            by_line.get((part.line, part.variant_id), 0) + part.quantity
        )
        shelf = part.variant_id, part.location_id
        by_shelf[shelf] = by_shelf.get(shelf, 0) + part.quantity
    assert by_line == {(want.line, want.variant_id): want.quantity for want in wanted}
    assert all(units <= free[article][location] for (article, location), units in by_shelf.items())
    assert {part.location_id for part in plan.taken} == {p.location_id for p in plan.places}


@given(cases())
def test_a_skipped_place_gives_nothing_and_is_listed_with_its_reason(case):
    wanted, free, candidates = case

    plan = choose(wanted, free, candidates)

    if plan is None:
        return
    reasons = {place.location_id: str(place.skipped) for place in candidates if place.skipped}
    useful = {
        location
        for want in wanted
        for location, units in free.get(want.variant_id, {}).items()
        if units
    }
    assert not {part.location_id for part in plan.taken} & reasons.keys()
    assert {one["location"]: one["why"] for one in plan.reasons["skipped"]} == {
        location: why for location, why in reasons.items() if location in useful
    }


@given(cases(), st.randoms(use_true_random=False))
def test_neither_the_order_of_lines_nor_that_of_places_changes_what_each_place_gives(case, random):
    """Ties are named: the same kilometres and priorities go to the lower location ids."""
    wanted, free, candidates = case
    shuffled, turned = list(wanted), list(candidates)
    random.shuffle(shuffled)
    random.shuffle(turned)

    def gives(plan):
        units = {}
        for part in plan.taken if plan else ():
            key = part.variant_id, part.location_id
            units[key] = units.get(key, 0) + part.quantity
        return units

    plan, other = choose(wanted, free, candidates), choose(shuffled, free, turned)

    assert gives(plan) == gives(other)
    assert (plan and plan.places) == (other and other.places)


@given(cases())
@example(([Wanted(1, 1, 1), Wanted(2, 1, 1)], {1: {1: 1}}, [Candidate(1)]))
def test_nothing_is_planned_only_when_all_that_may_be_asked_lack_something_together(case):
    wanted, free, candidates = case
    asked = [place for place in candidates if place.skipped is None]

    assert (choose(wanted, free, candidates) is None) == (not covers(asked, wanted, free))


def test_two_lines_of_the_last_unit_do_not_both_get_it():
    """FIELD 7: each line alone would be served; together they want two of one."""
    wanted = [Wanted(1, 1, 1), Wanted(2, 1, 1)]

    assert choose(wanted, {1: {1: 1}}, [Candidate(1)]) is None
    assert choose(wanted, {1: {1: 1, 2: 1}}, [Candidate(1), Candidate(2)]) is not None


LYON, PARIS, LILLE, NICE = (
    Candidate(1, 10, 2.5),
    Candidate(2, 1, 392.0),
    Candidate(3, 1, 559.4),
    Candidate(4, 100, 299.6),
)


@pytest.mark.parametrize(
    "free, places, why",
    [
        ({1: {1: 1, 2: 1}, 2: {2: 1}}, [2], "Paris has both; Lyon next door has one"),
        ({1: {2: 1, 3: 1, 4: 1}, 2: {2: 1, 3: 1, 4: 1}}, [4], "all have both: the nearest"),
        ({1: {1: 1, 2: 1}, 2: {3: 1, 4: 1}}, [1, 4], "two are needed: 302 km, not 562 or 692"),
        ({1: {1: 1, 2: 1}}, None, "nobody has the second article"),
        ({1: {1: 9}, 2: {9: 1}}, None, "a place that is not asked has it"),
    ],
)
def test_examples_with_distances(free, places, why):
    plan = choose([Wanted(1, 1, 1), Wanted(2, 2, 1)], free, [LYON, PARIS, LILLE, NICE])

    assert (plan and [place.location_id for place in plan.places]) == places, why


def test_at_the_same_distance_priority_decides_and_then_the_lower_id():
    shelves = {1: {7: 1, 8: 1, 9: 1}}
    wanted = [Wanted(1, 1, 1)]

    by_priority = choose(wanted, shelves, [Candidate(7, 5, 1.0), Candidate(8, 2, 1.0)])
    by_id = choose(wanted, shelves, [Candidate(9, 5, 1.0), Candidate(8, 5, 1.0)])

    assert [place.location_id for place in by_priority.places] == [8]
    assert [place.location_id for place in by_id.places] == [8]


def test_a_place_without_coordinates_is_asked_after_those_that_have_some():
    plan = choose([Wanted(1, 1, 1)], {1: {1: 1, 5: 1}}, [LYON, Candidate(5, 100)])

    assert [place.location_id for place in plan.places] == [1]


def test_the_reasons_can_be_stored_and_name_distance_priority_and_who_was_skipped():
    closed = Candidate(5, 1, 1.26, Skipped.CLOSED)

    plan = choose([Wanted(1, 1, 1)], {1: {1: 1, 5: 1}}, [closed, LYON])

    assert plan.reasons == {
        "places": 1,
        "chosen": [{"location": 1, "km": 2.5, "priority": 10}],
        "skipped": [{"location": 5, "why": "closed"}],
    }


def test_the_nearest_pair_is_found_in_a_large_network():
    """Two shops nearby have it together; each has less than any of the many far away.

    Fails when the pairs are looked for among the few that have most.
    """
    many = [Candidate(location, 1, 300.0) for location in range(1, MOST_CANDIDATES + 5)]
    near, rare = Candidate(98, 1, 5.0), Candidate(99, 1, 5.0)
    free = {
        1: {place.location_id: 3 for place in many} | {98: 1, 99: 1},
        2: {place.location_id: 1 for place in many} | {98: 1},
        3: {99: 1},
    }

    plan = choose([Wanted(1, 1, 2), Wanted(2, 2, 1), Wanted(3, 3, 1)], free, [*many, near, rare])

    assert [place.location_id for place in plan.places] == [98, 99]


def test_three_that_are_needed_are_found_among_fifty_shops():
    """Each has one scarce article and nothing else, all the others have much of what is common.

    Fails when three are looked for among the sixteen that have most.
    """
    shops = [Candidate(location, 1, 10.0) for location in range(1, 51)]
    wanted = [Wanted(article, article, 3) for article in (1, 2, 3, 4)]
    common = dict.fromkeys(range(1, 48), 3)
    free = {1: {48: 3}, 2: {49: 3}, 3: {50: 3}, 4: common | {50: 3}}

    plan = choose(wanted, free, shops)

    assert [place.location_id for place in plan.places] == [48, 49, 50]


def test_a_basket_that_needs_more_than_three_places_is_served_by_all_that_have_it():
    places = [Candidate(location, 1, float(location)) for location in range(1, 7)]
    wanted = [Wanted(article, article, 1) for article in range(1, 6)]

    plan = choose(wanted, {article: {article: 1} for article in range(1, 6)}, places)

    assert [place.location_id for place in plan.places] == [1, 2, 3, 4, 5]

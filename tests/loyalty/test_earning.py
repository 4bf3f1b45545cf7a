"""What lines earn: one pure function for every channel and for what is announced."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.earning import Earned, Line, Rule, Terms, points_of

TWICE, HALF_MORE = 20_000, 15_000


def earned(lines, terms=None, **kwargs):
    found = points_of(lines, terms or Terms(points_per_unit=1), **kwargs)
    return [found[line.position].points for line in lines]


def line(position=1, paid=1000, **kwargs):
    return Line(position=position, units=kwargs.pop("units", 1), paid_minor=paid, **kwargs)


def test_a_euro_earns_a_point_and_cents_of_a_document_count_together():
    assert earned([line(paid=199)]) == [1]
    assert earned([line(1, 150), line(2, 150)]) == [2, 1]  # 3.00 €: largest remainder, first tie
    assert earned([line(paid=99)]) == [0]
    assert earned([]) == []


def test_the_tier_and_the_best_rule_multiply():
    rules = (Rule(multiplier_bp=TWICE), Rule(multiplier_bp=HALF_MORE))

    assert earned([line(paid=1000)], Terms(1, tier_bp=HALF_MORE)) == [15]
    assert earned([line(paid=1000)], Terms(1, tier_bp=HALF_MORE, rules=rules)) == [30]


def test_of_several_rates_the_highest_counts_and_a_rule_never_lowers_it():
    rules = (Rule(points_per_unit=3), Rule(points_per_unit=2))

    assert earned([line()], Terms(1, rules=rules)) == [30]
    assert earned([line()], Terms(5, rules=rules)) == [50]


def test_a_rule_counts_for_its_articles_alone():
    lines = [
        line(1, product_id=7, category_path="00010002"),
        line(2, brand_id=3, category_path="0009"),
        line(3, category_path="0005"),
    ]

    def doubled(**chosen):
        return earned(lines, Terms(1, rules=(Rule(multiplier_bp=TWICE, **chosen),)))

    assert doubled(products=frozenset([7])) == [20, 10, 10]
    assert doubled(brands=frozenset([3])) == [10, 20, 10]
    assert doubled(categories=("0001",)) == [20, 10, 10]
    assert doubled() == [20, 20, 20]


def test_fixed_points_come_for_each_unit_and_are_not_multiplied():
    terms = Terms(1, tier_bp=TWICE, rules=(Rule(points=5),))

    assert earned([line(units=3)], terms) == [20 + 15]
    assert earned([line(paid=0, units=3)], terms) == [0]


def test_what_is_paid_with_points_earns_nothing_unless_the_programme_says_so():
    lines = [line(1, 3000), line(2, 1000)]

    assert earned(lines, by_points_minor=2000) == [15, 5]
    assert earned(lines, by_points_minor=4000) == [0, 0]
    assert earned(lines, by_points_minor=9999) == [0, 0]
    assert earned(lines, Terms(1, earn_on_points=True), by_points_minor=2000) == [30, 10]


def test_a_line_knows_the_money_it_earned_on():
    found = points_of([line(1, 3000)], Terms(1), by_points_minor=1000)

    assert found == {1: Earned(points=20, money_minor=2000)}


@given(
    st.lists(st.integers(0, 50_000), min_size=1, max_size=8),
    st.integers(0, 5),
    st.sampled_from([10_000, 12_500, 15_000]),
)
def test_the_points_of_a_document_do_not_depend_on_how_it_is_split(prices, rate, bp):
    terms = Terms(rate, tier_bp=bp)
    apart = points_of([line(n, paid) for n, paid in enumerate(prices)], terms)

    assert sum(share.points for share in apart.values()) == sum(prices) * rate * bp // 1_000_000
    assert all(share.points >= 0 for share in apart.values())


@pytest.mark.parametrize("paid", [-500, 0])
def test_nothing_paid_earns_nothing(paid):
    assert earned([line(paid=paid)]) == [0]

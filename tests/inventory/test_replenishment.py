"""When to order and how much (ALG-4), what will sell (ALG-5): the worked examples of DOMAIN §7
and what must hold for any figures.
"""

from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.replenishment import (
    COVER,
    INTERMITTENT,
    SILENT,
    croston,
    forecast,
    net_of_returns,
    order_quantity,
    reorder_point,
    rounded_up,
    safety_stock,
    sba,
    tsb,
)

EXAMPLE = {"demand": 10, "spread": 4, "lead": 9, "lead_spread": 2}
LUMPY = [0, 0, 5, 0, 0, 0, 4, 0]
AMOUNT = st.floats(0, 500, allow_nan=False)
HISTORY = st.lists(st.integers(0, 40), min_size=1, max_size=90)


def test_the_worked_example_of_alg_4() -> None:
    assert rounded_up(safety_stock(**EXAMPLE)) == 39
    assert rounded_up(reorder_point(**EXAMPLE)) == 129


def test_the_worked_examples_of_alg_5() -> None:
    assert round(croston(LUMPY, size=5, interval=3, alpha=0.1), 3) == 1.581
    assert round(sba(LUMPY, size=5, interval=3, alpha=0.1), 3) == 1.502


def test_tsb_by_hand() -> None:
    # 0: 0.5 → 0.45; sale of 8: size 5 → 5.3, chance 0.45 → 0.505; 0: 0.4545
    assert isclose(tsb([0, 8, 0], size=5, chance=0.5), 5.3 * 0.4545)


@pytest.mark.parametrize(
    "free, coming, pack, quantity",
    [
        (41, 0, 1, 0),  # the reorder point is there
        (0, 41, 1, 0),  # or coming
        (40, 0, 1, 24),  # 41 + 3.2 × 7 = 63.4 → 64, less 40
        (12, 0, 12, 60),  # 52 in packs of 12
        (12, 0, 1, 52),
        (12, 20, 1, 32),
        (-3, 0, 1, 67),
    ],
)
def test_an_order_fills_up_in_whole_packs(free: int, coming: int, pack: int, quantity: int) -> None:
    assert order_quantity(point=41, demand=3.2, free=free, coming=coming, pack=pack) == quantity


def test_nothing_is_ordered_of_what_does_not_sell() -> None:
    assert order_quantity(point=0, demand=0.0, free=0, coming=0, pack=6) == 0
    assert forecast([0] * 90).demand == 0
    assert order_quantity(point=1, demand=1 / 91, free=0, coming=0, pack=6) == 0
    assert order_quantity(point=1, demand=1 / 89, free=0, coming=0, pack=6) == 6


@given(demand=AMOUNT, spread=AMOUNT, lead=AMOUNT, lead_spread=AMOUNT)
def test_more_uncertainty_never_needs_less(
    demand: float, spread: float, lead: float, lead_spread: float
) -> None:
    base = safety_stock(demand=demand, spread=spread, lead=lead, lead_spread=lead_spread)
    assert base >= 0
    assert (
        safety_stock(demand=demand, spread=spread + 1, lead=lead, lead_spread=lead_spread) >= base
    )
    assert (
        safety_stock(demand=demand, spread=spread, lead=lead, lead_spread=lead_spread + 1) >= base
    )
    certain = reorder_point(demand=demand, spread=0, lead=lead, lead_spread=0)
    assert isclose(certain, demand * lead)


@given(
    point=st.integers(0, 5000),
    demand=st.floats(0.02, 500),
    free=st.integers(-50, 6000),
    coming=st.integers(0, 6000),
    pack=st.integers(1, 144),
)
def test_an_order_is_whole_packs_and_reaches_the_point_and_no_pack_too_many(
    point: int, demand: float, free: int, coming: int, pack: int
) -> None:
    quantity = order_quantity(point=point, demand=demand, free=free, coming=coming, pack=pack)

    assert quantity % pack == 0
    assert (quantity > 0) == (free + coming < point)
    if quantity:
        after = free + coming + quantity
        assert after >= point
        assert after - pack < rounded_up(point + demand * COVER)


@given(days=HISTORY, size=st.floats(1, 40), interval=st.floats(1, 30))
def test_sba_is_always_five_in_a_hundred_below_croston(
    days: list[int], size: float, interval: float
) -> None:
    plain = croston(days, size=size, interval=interval)
    assert isclose(sba(days, size=size, interval=interval), 0.95 * plain)


@given(days=HISTORY, size=st.floats(1, 40), chance=st.floats(0.01, 1), silent=st.integers(1, 90))
def test_tsb_fades_with_every_day_without_a_sale(
    days: list[int], size: float, chance: float, silent: int
) -> None:
    now = tsb(days, size=size, chance=chance)
    later = tsb(days + [0] * silent, size=size, chance=chance)
    assert isclose(later, now * 0.9**silent, rel_tol=1e-9)


@given(days=st.lists(st.integers(-40, 40), max_size=90))
def test_returns_take_from_earlier_sales_and_never_below_zero(days: list[int]) -> None:
    net = net_of_returns(days)

    assert len(net) == len(days)
    assert min(net, default=0) >= 0
    assert sum(net) >= sum(days)
    assert all(kept <= max(0, sold) for kept, sold in zip(net, days, strict=True))


@pytest.mark.parametrize(
    "days, net",
    [
        ([5, 0, -2], [3, 0, 0]),
        ([2, 3, -4, 1], [1, 0, 0, 1]),
        ([0, -3, 4], [0, 0, 4]),  # bought elsewhere or before the period
    ],
)
def test_returns_by_hand(days: list[int], net: list[int]) -> None:
    assert net_of_returns(days) == net


@given(days=st.lists(st.integers(0, 40), min_size=90, max_size=90))
def test_one_rule_says_which_method(days: list[int]) -> None:
    found = forecast(days)
    sales = sum(1 for units in days if units)

    assert found.demand >= 0
    assert found.spread >= 0
    if not sales or 90 / sales < INTERMITTENT:
        assert found.method == "mean"
    elif any(days[-SILENT - 1 :]):
        assert found.method == "sba"
    else:
        assert found.method == "tsb"


def test_a_steady_seller_is_averaged() -> None:
    found = forecast([2, 4] * 45)
    assert (found.method, found.demand, found.spread) == ("mean", 3.0, 1.0)


def test_a_dead_article_is_hardly_expected_any_more() -> None:
    alive = forecast(([3] + [0] * 4) * 18)
    dead = forecast(([3] + [0] * 4) * 8 + [0] * 50)

    assert (alive.method, dead.method) == ("sba", "tsb")
    assert dead.demand < 0.05 * alive.demand
    assert dead.spread < alive.spread

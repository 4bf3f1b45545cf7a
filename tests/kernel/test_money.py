"""Money is rounded in one place (VAT-3, ALG-10, P-4, P-5)."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnishop.kernel.money import VatRow, allocate, unit_share, vat_by_line, vat_in, vat_rows

QUICK = settings(max_examples=200, deadline=None, derandomize=True)
CENTS = st.integers(0, 10_000_000)
RATES = st.sampled_from([0, 210, 550, 850, 1000, 1300, 2000])


@pytest.mark.parametrize(
    "gross, rate, tax",
    [
        (297, 2000, 50),  # 3 × 0.99: per line it would be 51
        (375, 550, 20),  # 3 × 1.25: per line it would be 21
        (3, 2000, 1),  # 0.5 rounds up
        (2, 2000, 0),
        (0, 2000, 0),
        (1000, 0, 0),
        (-3, 2000, -1),
    ],
)
def test_vat_is_contained_in_the_price_half_up(gross, rate, tax):
    assert vat_in(gross, rate) == tax


def test_vat_is_rounded_once_per_rate_and_shared_back_to_the_lines():
    lines = [(99, 2000)] * 3

    assert vat_rows(lines) == [VatRow(tax_bp=2000, gross_minor=297, tax_minor=50)]
    assert vat_rows(lines)[0].net_minor == 247
    assert vat_by_line(lines) == [17, 17, 16]


def test_rates_of_a_document_do_not_touch_each_other():
    lines = [(99, 2000), (125, 550), (99, 2000), (125, 550), (99, 2000), (125, 550)]

    assert vat_rows(lines) == [VatRow(2000, 297, 50), VatRow(550, 375, 20)]
    assert vat_by_line(lines) == [17, 7, 17, 7, 16, 6]


@pytest.mark.parametrize(
    "amount, weights, shares",
    [
        (1000, [1999, 500, 501], [666, 167, 167]),
        (1000, [1999, 501, 500], [666, 167, 167]),
        (-1000, [1999, 500, 501], [-666, -167, -167]),
        (2, [1, 1, 1], [1, 1, 0]),  # named tie: the earlier line
        (5, [0, 1], [0, 5]),
        (5, [0, 0], [5, 0]),
        (0, [], []),
    ],
)
def test_an_amount_is_shared_by_largest_remainder(amount, weights, shares):
    assert allocate(amount, weights) == shares


def test_what_cannot_be_shared_is_refused():
    with pytest.raises(ValueError, match="no line"):
        allocate(1, [])
    with pytest.raises(ValueError, match="never negative"):
        allocate(1, [2, -1])


def test_within_a_line_each_unit_carries_the_floor_and_the_last_the_rest():
    assert [unit_share(4, 3, unit, 1) for unit in range(3)] == [1, 1, 2]
    assert unit_share(4, 3, 0, 3) == 4
    assert unit_share(4, 3, 1, 2) == 3
    assert unit_share(4, 3, 3, 0) == 0
    assert [unit_share(-4, 3, unit, 1) for unit in range(3)] == [-1, -1, -2]


@pytest.mark.parametrize("first, count", [(0, 4), (3, 1), (-1, 1), (1, -1)])
def test_units_that_a_line_does_not_have_are_refused(first, count):
    with pytest.raises(ValueError, match="no such units"):
        unit_share(4, 3, first, count)


@given(
    amount=st.integers(-10_000_000, 10_000_000),
    weights=st.lists(st.integers(0, 1_000_000), min_size=1, max_size=12).filter(any),
)
@QUICK
def test_shares_add_up_and_are_within_a_cent_of_exact(amount, weights):
    shares = allocate(amount, weights)

    assert sum(shares) == amount
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share * sum(weights) - amount * weight) < sum(weights)


@given(
    amount=CENTS,
    weights=st.lists(st.integers(1, 1_000_000), min_size=2, max_size=8, unique=True),
    data=st.data(),
)
@QUICK
def test_shares_do_not_depend_on_the_order_of_lines_but_for_ties(amount, weights, data):
    order = data.draw(st.permutations(range(len(weights))))
    remainders = [amount * weight % sum(weights) for weight in weights]
    if len(set(remainders)) == len(remainders):
        shares = allocate(amount, weights)
        assert allocate(amount, [weights[i] for i in order]) == [shares[i] for i in order]


@given(lines=st.lists(st.tuples(CENTS, RATES), min_size=1, max_size=10))
@QUICK
def test_line_vat_adds_up_to_the_documents_per_rate(lines):
    taxes = vat_by_line(lines)

    for row in vat_rows(lines):
        mine = [tax for tax, (_gross, rate) in zip(taxes, lines, strict=True) if rate == row.tax_bp]
        assert sum(mine) == row.tax_minor == vat_in(row.gross_minor, row.tax_bp)
    for tax, (gross, _rate) in zip(taxes, lines, strict=True):
        assert 0 <= tax <= gross


@given(lines=st.lists(st.tuples(CENTS, RATES), min_size=1, max_size=10))
@QUICK
def test_a_document_and_its_full_refund_cancel_out(lines):
    refund = [(-gross, rate) for gross, rate in lines]

    assert [-tax for tax in vat_by_line(refund)] == vat_by_line(lines)


@given(total=CENTS, quantity=st.integers(1, 30), data=st.data())
@QUICK
def test_every_split_of_partial_returns_refunds_the_line_exactly(total, quantity, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, quantity), max_size=6)))
    ends = [0, *cuts, quantity]
    parts = [unit_share(total, quantity, first, last - first) for first, last in pairwise(ends)]

    assert sum(parts) == total
    assert all(part >= 0 for part in parts)

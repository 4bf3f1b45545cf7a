"""One price function, and the former price beside a cut (PRC-1, PRC-2, VAT-3, DESIGN 3.4)."""

from datetime import timedelta

import pytest

from catalog.pricing import (
    DeliveryPrice,
    NotSold,
    PriceBook,
    PricePoint,
    UnitPrice,
    Want,
    quote,
    reference_price,
)
from omnishop.kernel.errors import Refusal
from tests.factories import NOON

DAY = timedelta(days=1)


def history(*prices):
    """Prices by how many days ago they began; `None` is a gap, the last one stands."""
    ends = [NOON - days * DAY for days, _amount in prices[1:]] + [None]
    return [
        PricePoint(amount, NOON - days * DAY, end)
        for (days, amount), end in zip(prices, ends, strict=True)
        if amount is not None
    ]


@pytest.mark.parametrize(
    "prices, reference",
    [
        ([(100, 2000)], None),  # never another price
        ([(100, 2000), (0, 1500)], 2000),
        # 20.00, then 18.00 twelve days ago, then 20.00, cut to 15.00 (PRC-1)
        ([(60, 2000), (12, 1800), (5, 2000), (0, 1500)], 1800),
        ([(60, 2000), (40, 1800), (31, 2000), (0, 1500)], 2000),  # 18.00 is too long ago
        ([(60, 2000), (40, 1800), (29, 2000), (0, 1500)], 1800),  # it reached into the window
        ([(60, 2000), (0, 2500)], None),  # a rise
        ([(60, 2000), (10, 1500), (0, 2000)], None),  # the sale is over
        ([(60, 2000), (20, 1800), (10, 1700), (0, 1500)], 2000),  # successive cuts (PRC-2)
        ([(60, 1400), (10, 2000), (0, 1500)], None),  # dearer than the month's lowest: no cut
        ([(60, 2000), (20, None), (0, 1500)], None),  # not sold in between: no former price
    ],
)
def test_the_former_price_is_the_lowest_of_the_thirty_days_before_the_cut(prices, reference):
    assert reference_price(history(*prices), NOON) == reference


def test_the_cut_is_computed_on_the_former_price():
    price = UnitPrice(1500, 2000, reference_minor=1800)

    assert price.cut_bp == 1670  # 16.7 %
    assert UnitPrice(1500, 2000).cut_bp == 0
    assert UnitPrice(1500, 2000, reference_minor=1500).cut_bp == 0


def test_the_former_price_stays_while_the_cut_lasts():
    points = history((60, 2000), (12, 1800), (5, 2000), (0, 1500))

    assert reference_price(points, NOON + 100 * DAY) == 1800
    assert reference_price(points, NOON - DAY) is None
    assert reference_price(points, NOON - 100 * DAY) is None


PRICES = {1: UnitPrice(99, 2000), 2: UnitPrice(125, 550)}


def test_a_quote_adds_up_to_the_cent():
    told = quote(
        [Want(1, 3), Want(2, 3)], PriceBook(PRICES), delivery=DeliveryPrice("Home", 490, 2000)
    )

    assert (told.goods_minor, told.total_minor, told.units) == (672, 1162, 6)
    assert [(row.tax_bp, row.gross_minor, row.tax_minor) for row in told.vat] == [
        (2000, 787, 131),
        (550, 375, 20),
    ]
    assert sum(line.tax_minor for line in told.lines) + told.delivery_tax_minor == told.tax_minor
    assert told == quote(
        [Want(1, 3), Want(2, 3)], PriceBook(PRICES), delivery=DeliveryPrice("Home", 490, 2000)
    )


def test_a_discount_comes_off_before_vat_and_never_exceeds_its_line():
    told = quote([Want(1, 3, discount_minor=297, discount_reason="gift")], PriceBook(PRICES))

    assert (told.total_minor, told.tax_minor) == (0, 0)
    with pytest.raises(Refusal):
        quote([Want(1, 3, discount_minor=298, discount_reason="gift")], PriceBook(PRICES))


def test_what_has_no_price_is_not_sold():
    with pytest.raises(NotSold) as refused:
        quote([Want(1, 1), Want(3, 1)], PriceBook(PRICES))

    assert refused.value.details == {"variant_id": 3}

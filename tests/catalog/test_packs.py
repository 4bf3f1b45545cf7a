"""Packs that a shop's scale has labelled, in the one price function: pure (STD-1, PRC-3, VAT-3)."""

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.offers import BundleSet, Context, Offer, Why
from catalog.pricing import NotSold, PriceBook, UnitPrice, Want, of_weight, quote
from omnishop.kernel.errors import Refusal
from omnishop.kernel.money import vat_in
from tests.factories import NOON

DAY = timedelta(days=1)
NUTS, BAR, BOX = 1, 2, 3
PRICES = {
    NUTS: UnitPrice(1290, 550, content=1000, measure="g", product_id=1, reference_minor=1490),
    BAR: UnitPrice(250, 550, content=40, measure="g", product_id=2),
    BOX: UnitPrice(1500, 550, product_id=3),
}


def offer(kind, pk=1, **fields):
    running = {"starts_at": NOON - DAY, "ends_at": NOON + DAY}
    return Offer(id=pk, kind=kind, names={"fr": f"Offre {pk}"}, **running | fields)


def price(wants, *offers, sets=()):
    return quote(wants, PriceBook(PRICES, Context(at=NOON, channel="till"), offers, sets))


@pytest.mark.parametrize(
    "kilo, grams, cost",
    [
        (1290, 482, 622),  # 6.2178
        (1000, 5, 5),
        (100, 5, 1),  # half a cent, up
        (100, 4, 0),
        (1290, 1000, 1290),
        (1, 499, 0),
        (1, 500, 1),
        (999, 1, 1),  # 0.999
    ],
)
def test_a_weight_costs_its_part_of_the_kilogram_half_up(kilo, grams, cost):
    assert of_weight(kilo, grams) == cost


@given(kilo=st.integers(0, 10**6), grams=st.integers(1, 10**5))
def test_rounding_is_never_off_by_more_than_half_a_cent(kilo, grams):
    exact = Fraction(kilo * grams, 1000)

    assert -Fraction(1, 2) < of_weight(kilo, grams) - exact <= Fraction(1, 2)


def test_a_pack_costs_what_its_label_says_whatever_the_article_costs():
    told = price([Want(BAR, 2, pack_minor=315), Want(BAR, 1), Want(BAR, 1, pack_minor=299)])

    assert [line.total_minor for line in told.lines] == [630, 250, 299]
    assert [line.unit.per_unit_minor for line in told.lines] == [None, 6250, None]
    assert (told.goods_minor, told.tax_minor) == (1179, vat_in(1179, 550))


def test_a_weighed_pack_costs_its_weight_and_tells_the_price_per_kilogram():
    (line,) = price([Want(NUTS, 2, pack_g=482)]).lines

    assert (line.unit.amount_minor, line.total_minor) == (622, 1244)
    assert (line.unit.kilo_minor, line.unit.per_unit_minor) == (1290, 1290)
    assert line.unit.reference_minor is None  # the former price is that of a kilogram


def test_a_weight_of_what_is_not_priced_by_the_kilogram_is_not_sold():
    for article in (BAR, BOX):
        with pytest.raises(NotSold):
            price([Want(article, 1, pack_g=482)])
    with pytest.raises(NotSold):
        price([Want(9, 1, pack_minor=315)])


def test_promotions_count_packs_at_their_own_price():
    packs = [Want(NUTS, 1, pack_g=482), Want(NUTS, 1, pack_g=250), Want(NUTS, 1, pack_minor=999)]

    ten = price(packs, offer("percent", percent_bp=1000))
    third = price(packs, offer("buy_get", buy_units=2, get_units=1, percent_bp=10_000))
    euro = price(packs, offer("unit_amount", amount_minor=100))

    assert [line.unit.amount_minor for line in ten.lines] == [622, 323, 999]
    assert ten.goods_minor == 1944 - 194
    assert third.goods_minor == 1944 - 323  # the cheapest pack is the one for nothing
    assert [line.total_minor for line in euro.lines] == [522, 223, 899]


def test_a_pack_of_an_article_that_is_cut_is_cut():
    told = price([Want(NUTS, 1, pack_g=482)], offer("percent", percent_bp=1000, except_cut=True))

    assert told.goods_minor == 622
    assert [one.why for one in told.missed] == [Why.NO_ARTICLE]


def test_sets_and_gifts_are_articles_as_listed_not_packs():
    pair = BundleSet(BOX, {"fr": "Duo"}, ((NUTS, 1), (BAR, 1)))
    gift = offer("gift", gift_id=BAR)

    loose = price([Want(NUTS, 1), Want(BAR, 1), Want(NUTS, 1, pack_g=482)], sets=[pair])
    packed = price([Want(NUTS, 1, pack_g=482), Want(BAR, 1)], sets=[pair])
    given_away = price([Want(NUTS, 1), Want(BAR, 1, pack_minor=9900)], gift)

    assert loose.applied[0].amount_minor == 40  # 12.90 and 2.50 for 15.00, beside the pack
    assert loose.goods_minor == 1500 + 622
    assert packed.goods_minor == 622 + 250
    assert given_away.goods_minor == 1290 + 9900
    assert [one.why for one in given_away.missed] == [Why.GIFT]


def test_a_discount_by_hand_never_exceeds_the_pack():
    told = price([Want(NUTS, 1, 622, "abîmé", pack_g=482)])

    assert told.total_minor == 0
    with pytest.raises(Refusal):
        price([Want(NUTS, 1, 623, "abîmé", pack_g=482)])


WANTS = st.one_of(
    st.builds(Want, st.sampled_from([NUTS, BAR, BOX]), st.integers(1, 9)),
    st.builds(
        Want, st.sampled_from([NUTS, BAR, BOX]), st.integers(1, 9), pack_minor=st.integers(1, 9999)
    ),
    st.builds(Want, st.just(NUTS), st.integers(1, 9), pack_g=st.integers(1, 9999)),
)


@given(
    wants=st.lists(WANTS, min_size=1, max_size=8),
    bp=st.integers(1, 10_000),
    rates=st.tuples(*[st.sampled_from([210, 550, 1000, 2000])] * 3),
)
def test_lines_with_packs_add_up_to_the_total_and_its_vat(wants, bp, rates):
    rated = {
        pk: UnitPrice(one.amount_minor, rate, content=one.content, measure=one.measure)
        for (pk, one), rate in zip(PRICES.items(), rates, strict=True)
    }
    cut = offer("percent", percent_bp=bp)

    told = quote(wants, PriceBook(rated, Context(at=NOON), (cut,)))

    assert sum(line.total_minor for line in told.lines) == told.total_minor
    assert sum(line.tax_minor for line in told.lines) == told.tax_minor
    for line, want in zip(told.lines, wants, strict=True):
        assert 0 <= line.tax_minor <= line.total_minor
        assert line.total_minor == line.unit.amount_minor * want.quantity - line.discount_minor
    for row in told.vat:
        gross = sum(line.total_minor for line in told.lines if line.unit.tax_bp == row.tax_bp)
        assert (row.gross_minor, row.tax_minor) == (gross, vat_in(gross, row.tax_bp))

"""The promotions engine (issue 4.3, ALG-10, DSC-1, P-5, VAT-9): pure, so without a database."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.offers import BundleSet, CodeState, Context, Offer, Shopper, Why
from catalog.pricing import DeliveryPrice, PriceBook, UnitPrice, Want, quote
from tests.factories import NOON

DAY = timedelta(days=1)
HOME = DeliveryPrice("Home", 490, 2000, free_from_minor=10_000)
PRICES = {
    1: UnitPrice(1999, 2000, product_id=1, brand_id=7, category_path="00010001"),
    2: UnitPrice(500, 2000, product_id=2, category_path="00010002"),
    3: UnitPrice(501, 550, product_id=3, category_path="0002"),
    4: UnitPrice(3000, 2000, product_id=4, category_path="0002", reference_minor=4000),
    5: UnitPrice(1000, 2000, eco_minor=900, product_id=5, category_path="0003"),
}


def offer(kind, pk=1, **fields):
    running = {"starts_at": NOON - DAY, "ends_at": NOON + DAY}
    return Offer(id=pk, kind=kind, names={"fr": f"Offre {pk}"}, **running | fields)


def price(wants, *offers, delivery=None, sets=(), prices=PRICES, **context):
    book = PriceBook(prices, Context(at=NOON, **context), offers, sets)
    return quote([Want(pk, count) for pk, count in wants], book, delivery=delivery)


def totals(told):
    return [line.total_minor for line in told.lines]


def reasons(told):
    return {one.promotion_id: one.why for one in told.missed}


BASKET = [(1, 1), (2, 1), (3, 1)]  # 19.99 + 5.00 + 5.01


def test_an_amount_off_the_whole_is_shared_by_largest_remainder():
    """10.00 over 19.99, 5.00 and 5.01 (ALG-10)."""
    told = price(BASKET, offer("amount", amount_minor=1000))

    assert [line.discount_minor for line in told.lines] == [666, 167, 167]
    assert (told.goods_minor, told.applied[0].amount_minor) == (2000, 1000)
    assert told.applied[0].shares == ((0, 666), (1, 167), (2, 167))


def test_a_percentage_is_rounded_once_for_all_its_lines():
    told = price(BASKET, offer("percent", percent_bp=1000))

    assert told.applied[0].amount_minor == 300
    assert told.goods_minor == 2700


def test_an_offer_on_chosen_articles_leaves_the_others():
    on_brand = offer("percent", percent_bp=5000, brands=frozenset({7}))
    on_shelf = offer("percent", 2, percent_bp=5000, categories=("0001",))

    assert totals(price(BASKET, on_brand)) == [999, 500, 501]
    assert totals(price(BASKET, on_shelf)) == [999, 250, 501]
    assert reasons(price([(3, 1)], on_shelf)) == {2: Why.NO_ARTICLE}


def test_three_for_two_takes_the_cheapest_off_and_shares_it_over_all():
    """Giving back the two that were paid does not leave the third for nothing (FIELD 33)."""
    told = price([(1, 1), (2, 2)], offer("buy_get", buy_units=2, get_units=1, percent_bp=10_000))

    assert told.applied[0].amount_minor == 500
    assert sum(totals(told)) == 2499
    assert [line.discount_minor for line in told.lines] == [333, 167]


def test_what_is_missing_for_an_offer_is_said():
    three = offer("buy_get", buy_units=2, get_units=1, percent_bp=10_000)
    much = offer("percent", 2, percent_bp=1000, min_minor=5000)

    told = price([(1, 2)], three, much)

    assert not told.applied
    assert {one.promotion_id: (one.why, one.lacking) for one in told.missed} == {
        1: (Why.UNITS, 1),
        2: (Why.AMOUNT, 1002),
    }


def test_units_for_one_price_take_the_dearest_first():
    told = price([(1, 1), (2, 1), (3, 1)], offer("fixed", buy_units=2, amount_minor=2000))

    assert told.goods_minor == 2500  # 19.99 and 5.01 for 20.00, and 5.00
    assert reasons(price([(2, 2)], offer("fixed", buy_units=2, amount_minor=2000))) == {
        1: Why.NOTHING_LEFT
    }


@pytest.mark.parametrize("units, total", [(1, 500), (2, 900), (3, 1200), (9, 3600)])
def test_the_more_the_cheaper(units, total):
    steps = offer("tiered", tiers=((2, 1000), (3, 2000)), products=frozenset({2}))

    assert price([(2, units)], steps).goods_minor == total


def test_a_gift_is_free_once_it_lies_in_the_basket_and_does_not_count_for_itself():
    gift = offer("gift", gift_id=2, min_minor=1500)

    assert totals(price([(1, 1), (2, 2)], gift)) == [1999, 500]
    told = price([(1, 1)], gift)
    assert (told.missed[0].why, told.missed[0].gift_id) == (Why.GIFT, 2)
    assert reasons(price([(2, 5)], gift)) == {1: Why.NO_ARTICLE}


def test_free_delivery_is_on_the_delivery_and_says_so_when_nothing_is_delivered():
    free = offer("free_delivery", min_minor=1500)

    told = price([(1, 1)], free, delivery=HOME)
    assert (told.total_minor, told.delivery.amount_minor) == (1999, 0)
    assert told.applied[0].amount_minor == 490
    collected = price([(1, 1)], free)
    assert collected.delivers_free
    assert reasons(collected) == {1: Why.NO_DELIVERY}
    assert reasons(price([(4, 4)], free, delivery=HOME)) == {1: Why.DELIVERY_FREE}


def test_delivery_is_free_by_the_goods_as_they_are_discounted():
    told = price([(4, 4)], offer("amount", amount_minor=3000), delivery=HOME)

    assert (told.goods_minor, told.delivery.amount_minor) == (9000, 490)


def test_of_a_stacking_group_a_line_takes_the_one_that_gives_most():
    small = offer("percent", 1, percent_bp=1000, stacking_group="s", products=frozenset({1, 2}))
    large = offer("percent", 2, percent_bp=3000, stacking_group="s", products=frozenset({1}))

    told = price([(1, 1), (2, 1)], small, large)

    assert [(one.promotion_id, one.shares) for one in told.applied] == [
        (2, ((0, 600),)),
        (1, ((1, 50),)),
    ]
    assert reasons(price([(1, 1)], small, large)) == {1: Why.BETTER}


def test_offers_of_different_groups_add_up_in_order():
    ten = offer("percent", 1, percent_bp=1000, products=frozenset({1}))
    whole = offer("amount", 2, amount_minor=500)

    assert price([(1, 1)], whole, ten).goods_minor == 1299  # 19.99 − 2.00, then − 5.00


def test_an_exclusive_offer_has_its_lines_for_itself():
    alone = offer(
        "percent", 1, percent_bp=1000, exclusive=True, priority=1, products=frozenset({1})
    )
    more = offer("percent", 2, percent_bp=5000)

    told = price([(1, 1), (2, 1)], more, alone)

    assert totals(told) == [1799, 250]


def test_articles_with_a_price_cut_may_be_left_out():
    told = price([(1, 1), (4, 1)], offer("percent", percent_bp=1000, except_cut=True))

    assert totals(told) == [1799, 3000]


def test_no_discount_reaches_into_the_eco_participation():
    """VAT-9: it is passed on unchanged."""
    told = price([(5, 2)], offer("percent", percent_bp=5000))

    assert told.goods_minor == 1900  # half of the 1.00 each that is no eco-participation: 0.50
    assert price([(5, 2)], offer("amount", amount_minor=5000)).goods_minor == 1800


def test_a_refund_offer_is_promised_and_not_taken_off():
    told = price([(1, 1)], offer("refund", amount_minor=500, claim_days=30))

    assert told.goods_minor == 1999
    (promised,) = told.applied
    assert (promised.amount_minor, promised.deferred, promised.claim_days) == (500, True, 30)


def test_a_set_in_the_basket_costs_what_the_set_costs():
    camp = BundleSet(9, {"fr": "Lot"}, ((1, 1), (2, 2)))
    prices = PRICES | {9: UnitPrice(2500, 2000)}

    told = price([(1, 2), (2, 5)], sets=[camp], prices=prices)

    assert told.applied[0].amount_minor == 998  # twice 29.99 for 25.00
    assert told.goods_minor == 2 * 2500 + 500
    assert not price([(1, 1), (2, 1)], sets=[camp], prices=prices).applied


@pytest.mark.parametrize(
    "fields, context, why",
    [
        ({"starts_at": NOON + timedelta(seconds=1)}, {}, Why.NOT_YET),
        ({"ends_at": NOON}, {}, Why.OVER),
        ({"channels": frozenset({"till"})}, {}, Why.CHANNEL),
        ({"stores": frozenset({3})}, {}, Why.CHANNEL),  # of some shops: not the site's
        ({"stores": frozenset({3})}, {"channel": "till", "store_id": 4}, Why.STORE),
        ({"groups": frozenset({"pro"})}, {}, Why.SIGN_IN),
        ({"groups": frozenset({"pro"})}, {"shopper": Shopper("C-1")}, Why.GROUP),
        ({"members": True}, {"shopper": Shopper("C-1")}, Why.MEMBERS),
        ({"loyalty_tiers": frozenset({"or"})}, {"shopper": Shopper("C-1")}, Why.TIER),
        ({"first_order": True}, {"shopper": Shopper("C-1", ordered=True)}, Why.FIRST_ORDER),
        ({"by_coupon": True}, {}, Why.CODE),
    ],
)
def test_where_when_and_to_whom_an_offer_is_closed(fields, context, why):
    told = price([(1, 1)], offer("percent", percent_bp=1000, **fields), **context)

    assert (told.goods_minor, reasons(told)) == (1999, {1: why})


@pytest.mark.parametrize(
    "fields, context",
    [
        ({"stores": frozenset({3})}, {"channel": "till", "store_id": 3}),
        ({"stores": frozenset({3}), "channels": frozenset({"web"})}, {}),
        ({"groups": frozenset({"pro"})}, {"shopper": Shopper("C-1", frozenset({"pro"}))}),
        ({"members": True}, {"shopper": Shopper("C-1", member=True)}),
        ({"loyalty_tiers": frozenset({"or"})}, {"shopper": Shopper("C-1", tier="or")}),
        ({"first_order": True}, {"shopper": Shopper("C-1")}),
        ({"by_coupon": True}, {"shopper": Shopper(codes=(CodeState("DIX", 1, 5),))}),
    ],
)
def test_where_when_and_to_whom_an_offer_is_open(fields, context):
    told = price([(1, 1)], offer("percent", percent_bp=1000, **fields), **context)

    assert (told.goods_minor, told.missed) == (1799, ())


def test_a_refused_code_says_which_rule():
    coupon = offer("percent", percent_bp=1000, by_coupon=True)
    used = Shopper(codes=(CodeState("DIX", 1, 5, Why.CODE_USED_UP),))
    unknown = Shopper(codes=(CodeState("RIEN", refused=Why.CODE_UNKNOWN),))

    assert price([(1, 1)], coupon, shopper=used).missed[0].why == Why.CODE_USED_UP
    (missed, code) = price([(1, 1)], coupon, shopper=unknown).missed
    assert (missed.why, code.why, code.code) == (Why.CODE, Why.CODE_UNKNOWN, "RIEN")


def test_a_code_carries_its_coupon_to_the_order():
    coupon = offer("percent", percent_bp=1000, by_coupon=True)
    told = price([(1, 1)], coupon, shopper=Shopper(codes=(CodeState("DIX", 1, 5),)))

    assert (told.applied[0].coupon_id, told.applied[0].code) == (5, "DIX")


OFFERS = st.lists(
    st.one_of(
        st.builds(dict, kind=st.just("percent"), percent_bp=st.integers(1, 10_000)),
        st.builds(dict, kind=st.just("amount"), amount_minor=st.integers(1, 9000)),
        st.builds(dict, kind=st.just("unit_amount"), amount_minor=st.integers(1, 3000)),
        st.builds(
            dict,
            kind=st.just("buy_get"),
            buy_units=st.integers(1, 3),
            get_units=st.integers(1, 2),
            percent_bp=st.integers(1, 10_000),
        ),
        st.builds(
            dict,
            kind=st.just("fixed"),
            buy_units=st.integers(2, 4),
            amount_minor=st.integers(1, 6000),
        ),
        st.builds(
            dict,
            kind=st.just("tiered"),
            tiers=st.just(((2, 500), (5, 2500))),
            by_amount=st.booleans(),
        ),
    ).flatmap(
        lambda values: st.builds(
            dict,
            st.just(values),
            products=st.sets(st.integers(1, 5), max_size=3).map(frozenset),
            stacking_group=st.sampled_from(["", "a", "b"]),
            exclusive=st.booleans(),
            priority=st.integers(1, 3),
            except_cut=st.booleans(),
        )
    ),
    max_size=6,
)


@given(
    wants=st.dictionaries(st.integers(1, 5), st.integers(1, 7), min_size=1),
    made=OFFERS,
    shuffled=st.randoms(use_true_random=False),
)
def test_whatever_is_offered_the_sums_are_exact_and_the_order_of_offers_is_nothing(
    wants, made, shuffled
):
    """DSC-1, P-4, P-5: shares add up to discounts, lines to the total, VAT to its rows."""
    offers = [offer(pk=pk, **values) for pk, values in enumerate(made, start=1)]
    told = price(list(wants.items()), *offers, delivery=HOME)

    for i, line in enumerate(told.lines):
        shares = sum(part for one in told.applied for j, part in one.shares if j == i)
        assert shares == line.discount_minor
        assert line.total_minor == line.unit.amount_minor * line.quantity - shares
        assert line.total_minor >= line.unit.eco_minor * line.quantity
    for one in told.applied:
        assert sum(part for _i, part in one.shares) == one.amount_minor > 0
    assert sum(line.tax_minor for line in told.lines) + told.delivery_tax_minor == told.tax_minor
    assert told.total_minor == sum(row.gross_minor for row in told.vat)
    assert len(told.applied) + len(told.missed) == len(offers)
    shuffled.shuffle(offers)
    assert price(list(wants.items()), *offers, delivery=HOME) == told

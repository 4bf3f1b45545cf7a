"""Bought together by ALG-8, alike by shelf; never sold out, never just bought."""

from datetime import timedelta
from math import sqrt

import pytest
from django.db import connection

from catalog.models import Recommendation
from catalog.services import refresh_search
from inventory.models import StockLevel
from orders.recommendations import recommended, recommended_to
from orders.services.recommendations import compute, pairs_sql, parameters
from orders.tasks import compute_recommendations
from tests.factories import (
    NOON,
    BrandFactory,
    CategoryFactory,
    CustomerFactory,
    ProductFactory,
    StockLevelFactory,
    TillFactory,
    VariantFactory,
)
from tests.orders.flows import sold, stocked

pytestmark = pytest.mark.django_db
TOGETHER, SIMILAR = Recommendation.Kind


def pairs(rows, **changes):
    """(product, other) → (cosine, jaccard, parties) of (party, product, days ago)."""
    values = ", ".join(
        f"('{party}', {product}, %(at)s::timestamptz - interval '{days} days')"
        for party, product, days in rows
    )
    with connection.cursor() as cursor:
        cursor.execute(
            pairs_sql(f"SELECT * FROM (VALUES {values}) b (party, product_id, at)"),  # noqa: S608  numbers of this test
            parameters(NOON) | changes,
        )
        return {(a, b): tuple(rest) for a, b, *rest in cursor.fetchall()}


def test_the_figures_of_alg_8_a_hundred_fifty_twenty():
    only_a = [(f"p{n}", 1, 0) for n in range(80)]
    only_b = [(f"q{n}", 2, 0) for n in range(30)]
    both = [(f"r{n}", product, 0) for n in range(20) for product in (1, 2)]

    found = pairs(only_a + only_b + both)

    cosine, jaccard, parties = found[1, 2]
    assert (round(jaccard, 3), round(cosine, 3), parties) == (0.154, 0.283, 20)
    assert found[2, 1] == found[1, 2]


def test_a_pair_with_too_little_support_is_none():
    rows = [("p", 1, 0), ("p", 2, 0), ("q", 1, 0), ("q", 3, 0), ("r", 1, 0), ("r", 3, 0)]

    assert set(pairs(rows)) == {(1, 3), (3, 1)}


def test_an_old_purchase_weighs_half_after_a_half_life_and_no_figure_exceeds_one():
    rows = [("p", 1, 0), ("p", 2, 0), ("q", 1, 180), ("q", 2, 180), ("r", 1, 0), ("s", 2, 180)]

    cosine, jaccard, _n = pairs(rows)[1, 2]

    together, a, b = 1 + 0.5, 1 + 0.5 + 1, 1 + 0.5 + 0.5
    assert cosine == pytest.approx(together / sqrt(a * b))
    assert jaccard == pytest.approx(together / (a + b - together))


def test_of_a_party_with_very_many_products_the_newest_count():
    rows = [(party, product, product) for party in "pq" for product in range(1, 6)]

    assert set(pairs(rows, party_most=2)) == {(1, 2), (2, 1)}


def shelf_of(desk, count=4, **product):
    """Products of one shelf, stocked at the till's store."""
    category = CategoryFactory()
    found = []
    for number in range(count):
        variant = VariantFactory(
            product=ProductFactory(category=category, popularity=count - number, **product)
        )
        StockLevelFactory(variant=variant, location=desk.store.locations.get())
        found.append(variant)
    refresh_search()
    return found


def ids(*variants):
    return [variant.product_id for variant in variants]


def test_sales_of_all_channels_and_of_merged_people_make_pairs():
    desk = TillFactory()
    one, two, three = (stocked(desk.store) for _ in range(3))
    refresh_search()
    person = CustomerFactory()
    before_merge = CustomerFactory(merged_into=person)
    sold(desk, (one, 1), customer=person)
    sold(desk, (two, 1), customer=before_merge)  # one person bought both, in two sales
    sold(desk, (one, 1), (two, 1))  # and somebody unknown
    sold(desk, (one, 1), (three, 1))  # once is not enough

    compute(at=NOON + timedelta(minutes=1))

    row = Recommendation.objects.get(product=one.product, kind=TOGETHER)
    assert (row.other_id, row.rank) == (two.product_id, 1)
    assert row.score == pytest.approx(2 / sqrt(3 * 2), rel=1e-3)


def test_what_was_brought_back_makes_no_pair():
    desk = TillFactory()
    one, two = stocked(desk.store), stocked(desk.store)
    refresh_search()
    for _ in "ab":
        order = sold(desk, (one, 1), (two, 1))
        order.lines.filter(variant=two).update(returned=1)

    compute(at=NOON + timedelta(minutes=1))

    assert not Recommendation.objects.filter(kind=TOGETHER).exists()


def test_computing_again_is_the_same_and_two_at_once_are_one(time_machine):
    time_machine.move_to(NOON + timedelta(minutes=1), tick=False)
    desk = TillFactory()
    one, two = shelf_of(desk, 2)
    for _ in "ab":
        sold(desk, (one, 1), (two, 1))

    assert compute_recommendations() == 4  # both kinds, both directions
    assert compute_recommendations() == 4
    assert Recommendation.objects.count() == 4


def test_alike_are_those_of_the_shelf_with_brand_and_price_in_common():
    category, brand = CategoryFactory(), BrandFactory()
    near = VariantFactory(price=2000, product__category=category, product__brand=brand)
    same = VariantFactory(price=2100, product__category=category, product__brand=brand)
    dear = VariantFactory(price=9000, product__category=category)
    VariantFactory(price=2000)  # another shelf
    refresh_search()

    compute(at=NOON)

    rows = Recommendation.objects.filter(product=near.product, kind=SIMILAR)
    assert list(rows.values_list("other_id", flat=True)) == ids(same, dear)


def propose(products, **changes):
    told = {"kind": TOGETHER, "at": NOON, "limit": 10} | changes
    return recommended(ids(*products), **told)


def test_a_new_product_falls_back_on_the_best_sellers_of_its_shelf():
    best, second, third, new = shelf_of(TillFactory())

    assert propose([new]) == ids(best, second, third)
    assert propose([new], limit=1) == ids(best)


def test_what_is_sold_out_is_never_proposed():
    best, second, third, new = shelf_of(TillFactory())
    StockLevel.objects.filter(variant=best).update(reserved=10)
    StockLevel.objects.filter(variant=second).update(safety=10)  # kept back from the site

    assert propose([new]) == ids(third)


def test_a_till_proposes_what_is_on_its_own_shelves():
    desk, other = TillFactory(), TillFactory()
    best, second, third, new = shelf_of(desk)
    StockLevel.objects.filter(variant=second).update(safety=10)  # on the shelf all the same
    StockLevel.objects.filter(variant=third).delete()
    StockLevelFactory(variant=third, location=other.store.locations.get())

    assert propose([new], store_id=desk.store_id) == ids(best, second)


def test_what_the_person_just_bought_in_any_channel_is_not_proposed():
    desk = TillFactory()
    best, second, third, new = shelf_of(desk)
    person = CustomerFactory()
    sold(desk, (best, 1), customer=CustomerFactory(merged_into=person))

    assert propose([new], customer=person) == ids(second, third)
    assert propose([new], customer=CustomerFactory()) == ids(best, second, third)
    later = NOON + timedelta(days=61)
    assert propose([new], customer=person, at=later) == ids(best, second, third)


def test_what_lies_in_the_basket_is_not_proposed():
    best, second, third, new = shelf_of(TillFactory())

    assert propose([new, best]) == ids(second, third)
    assert propose([new], without=ids(second)) == ids(best, third)
    assert propose([]) == []


def test_what_goes_with_several_comes_first_in_one_statement(django_assert_num_queries):
    desk = TillFactory()
    a, b, with_one, with_both = (stocked(desk.store) for _ in range(4))
    refresh_search()
    for product, other, score in (
        (a, with_one, 0.5), (a, with_both, 0.3), (b, with_both, 0.3),
    ):  # fmt: skip
        Recommendation.objects.create(
            product=product.product, other=other.product, kind=TOGETHER, score=score,
            rank=int(10 - 10 * score),
        )  # fmt: skip

    with django_assert_num_queries(1):
        found = propose([a, b])

    assert found == ids(with_both, with_one)


def test_an_archived_product_is_not_proposed():
    best, second, third, new = shelf_of(TillFactory())
    best.product.status = "archived"
    best.product.save()

    assert propose([new]) == ids(second, third)


def test_a_person_gets_what_goes_with_all_they_bought_and_what_they_buy_again():
    desk = TillFactory()
    coffee, filters, kettle, other = (stocked(desk.store) for _ in range(4))
    refresh_search()
    person = CustomerFactory()
    sold(desk, (coffee, 1), customer=CustomerFactory(merged_into=person))
    for of, goes in ((coffee, filters), (other, kettle)):
        Recommendation.objects.create(
            product=of.product, other=goes.product, kind=TOGETHER, score=0.4, rank=1
        )

    just_after = recommended_to(person, at=NOON + timedelta(minutes=1), limit=10)
    later = recommended_to(person, at=NOON + timedelta(days=61), limit=10)

    assert just_after == ids(filters)
    assert later == ids(coffee, filters)
    assert recommended_to(CustomerFactory(), at=NOON, limit=10) == []

"""Prices of many articles at once: the rules of one, for each alone (PRC-1, VAT-11)."""

from datetime import timedelta

import pytest

from catalog.models import PriceList, Product, Variant
from catalog.services import default_price_list, set_price, set_prices
from omnishop.kernel.errors import Invalid
from tests.factories import LONG_AGO, NOON, VariantFactory

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def history(variant):
    return list(
        variant.prices.order_by("valid_from").values_list("amount_minor", "valid_from", "valid_to")
    )


def test_each_article_is_judged_alone():
    new, this_moment = VariantFactory(price__none=True), VariantFactory(price__none=True)
    lower, same, negative, planned = (VariantFactory(price=900) for _ in range(4))
    set_price(variant=planned, amount_minor=400, at=NOON + HOUR)
    set_price(variant=this_moment, amount_minor=100, at=NOON)
    wanted = {new: 1, lower: 800, same: 900, negative: -1, planned: 450, this_moment: 200}
    before = {variant: history(variant) for variant in (same, negative, planned, this_moment)}

    outcomes = set_prices({v.pk: amount for v, amount in wanted.items()}, at=NOON)

    assert {pk for pk, outcome in outcomes.items() if outcome is True} == {new.pk, lower.pk}
    assert outcomes[same.pk] is False
    refused = {pk for pk, outcome in outcomes.items() if isinstance(outcome, Invalid)}
    assert refused == {negative.pk, planned.pk, this_moment.pk}
    assert history(new) == [(1, NOON, None)]
    assert history(lower) == [(900, LONG_AGO, NOON), (800, NOON, None)]
    assert {variant: history(variant) for variant in before} == before


def test_the_list_of_a_customer_group_is_never_taken_for_everybodys():
    clubs = PriceList.objects.create(code="clubs", name="Clubs", group="clubs")
    variant = VariantFactory(price__none=True)

    set_prices({variant.pk: 800}, at=NOON)

    assert default_price_list() != clubs
    assert [(p.price_list, p.amount_minor) for p in variant.prices.all()] == [
        (default_price_list(), 800)
    ]


def test_lists_follow():
    variant = VariantFactory(price=900)

    set_prices({variant.pk: 800}, at=NOON)

    assert Product.objects.get(pk=variant.product_id).listed_prices == [800]


def test_many_cost_the_statements_of_one(django_assert_num_queries):
    price_list = default_price_list()
    variants = [VariantFactory(price=900) for _ in range(5)]

    for some in (variants[:1], variants[1:]):
        with django_assert_num_queries(7):  # with the savepoint of the test's transaction
            wanted = {variant.pk: 700 for variant in some}
            set_prices(wanted, at=NOON, price_list=price_list)


def test_an_article_that_is_gone_is_an_error_and_nothing_is_written():
    variant = VariantFactory(price=900)

    with pytest.raises(Variant.DoesNotExist):
        set_prices({variant.pk: 700, variant.pk + 1000: 700}, at=NOON)

    assert len(history(variant)) == 1

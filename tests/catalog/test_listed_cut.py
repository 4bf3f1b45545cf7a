"""How much a list takes a price to be cut is what its card shows (PRC-1, PRC-2)."""

from datetime import timedelta
from random import Random

import pytest
from django.utils import timezone

from catalog.book import prices
from catalog.models import Price
from catalog.services import default_price_list, refresh_listed, refresh_search, set_price
from tests.factories import VariantFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def cut(variant):
    variant.product.refresh_from_db()
    return variant.product.listed_cut_bp


def test_the_cut_is_of_the_lowest_price_of_thirty_days():
    """DOMAIN PRC-1: 20.00, then 18.00, then 20.00, cut to 15.00 is a cut from 18.00."""
    at = timezone.now()
    variant = VariantFactory(price__none=True)
    for amount, days in ((2000, 60), (1800, 12), (2000, 6), (1500, 1)):
        set_price(variant=variant, amount_minor=amount, at=at - days * DAY)

    assert cut(variant) == 1670


def test_no_cut_without_a_former_price_and_none_after_a_rise():
    at = timezone.now()
    variant = VariantFactory(price=2000)
    refresh_search()
    assert cut(variant) == 0

    set_price(variant=variant, amount_minor=2500, at=at - DAY)
    assert cut(variant) == 0


def test_a_product_has_its_biggest_cut():
    at = timezone.now()
    first = VariantFactory(price=2000)
    second = VariantFactory(price=2000, product=first.product)
    set_price(variant=first, amount_minor=1800, at=at - DAY)
    set_price(variant=second, amount_minor=1000, at=at - DAY)

    assert cut(first) == 5000


@pytest.mark.parametrize("seed", range(12))
def test_any_history_gives_what_the_price_itself_says(seed):
    draw = Random(seed)
    at = timezone.now()
    standard = default_price_list()
    variants = [VariantFactory(price__none=True) for _ in range(6)]
    for variant in variants:
        begun = at - draw.randint(20, 110) * DAY
        while begun < at:
            ended = begun + draw.choice((2, 9, 20, 40)) * DAY
            last = ended >= at
            Price.objects.create(
                variant=variant, price_list=standard, amount_minor=draw.choice((900, 1000, 1500)),
                valid_from=begun, valid_to=None if last else ended,
            )  # fmt: skip
            gap = draw.choice((0, 0, 0, 3)) * DAY  # not sold in between
            begun = ended + gap
    refresh_listed()

    shown = prices([variant.pk for variant in variants], at=at)
    assert {v.pk: cut(v) for v in variants} == {
        v.pk: shown[v.pk].cut_bp if v.pk in shown else 0 for v in variants
    }

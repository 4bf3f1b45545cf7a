"""Which price counts where and when (VAT-11, PRC-1)."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from catalog.book import prices
from catalog.models import Price, VatRate
from catalog.selectors import tax_rate
from catalog.services import default_price_list, set_price
from omnishop.kernel.errors import Invalid
from tests.factories import (
    LONG_AGO,
    NOON,
    PriceListFactory,
    ProductFactory,
    StoreFactory,
    TaxCategoryFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def variant(db):
    return VariantFactory(price=2000)


def listed(variant, amount, **scope):
    Price.objects.create(
        variant=variant,
        price_list=PriceListFactory(**scope),
        amount_minor=amount,
        valid_from=LONG_AGO,
    )


def amount(variant, *, at=NOON, **place):
    found = prices([variant.pk], at=at, **place)
    return found[variant.pk].amount_minor if found else None


def test_the_most_precise_list_wins(variant):
    store = StoreFactory()
    listed(variant, 1900, channel="till")
    listed(variant, 1800, store=store)
    listed(variant, 1700, store=store, channel="till")

    assert amount(variant) == 2000
    assert amount(variant, channel="till") == 1900
    assert amount(variant, channel="web", store_id=store.pk) == 1800
    assert amount(variant, channel="till", store_id=store.pk) == 1700
    assert amount(variant, channel="till", store_id=StoreFactory().pk) == 1900


def test_a_list_in_another_currency_is_no_price_here(variant):
    listed(variant, 100, currency="USD", channel="web")

    assert amount(variant) == 2000


def test_what_is_not_on_sale_has_no_price():
    archived = VariantFactory(product=ProductFactory(status="archived"))
    draft = VariantFactory(product=ProductFactory(status="draft"))
    inactive = VariantFactory(active=False)
    unpriced = VariantFactory(price__none=True)

    assert prices([v.pk for v in (archived, draft, inactive, unpriced)], at=NOON) == {}


def test_a_price_counts_from_its_first_instant_to_before_its_last(variant):
    Price.objects.update(valid_to=NOON)

    assert amount(variant, at=NOON - SECOND) == 2000
    assert amount(variant, at=NOON) is None
    assert amount(variant, at=LONG_AGO) == 2000
    assert amount(variant, at=LONG_AGO - SECOND) is None


def test_the_vat_rate_is_that_of_the_day_in_paris(variant):
    VatRate.objects.update(valid_to=date(2026, 11, 18))
    category = variant.product.tax_category
    VatRate.objects.create(category=category, tax_bp=2100, valid_from=date(2026, 11, 18))
    midnight = NOON.replace(hour=23, minute=0)  # in UTC: it is the 18th in Paris

    assert prices([variant.pk], at=midnight - SECOND)[variant.pk].tax_bp == 2000
    assert prices([variant.pk], at=midnight)[variant.pk].tax_bp == 2100
    assert tax_rate("standard", at=midnight) == 2100


def test_prices_of_any_number_of_articles_take_one_statement(django_assert_num_queries):
    ids = [variant.pk for variant in VariantFactory.create_batch(20)]

    with django_assert_num_queries(1):
        assert len(prices(ids, at=NOON)) == 20
    with django_assert_num_queries(0):
        assert prices([], at=NOON) == {}


def test_a_new_price_ends_the_old_one_which_stays_as_history(variant):
    assert set_price(variant=variant, amount_minor=1500, at=NOON)
    assert not set_price(variant=variant, amount_minor=1500, at=NOON + SECOND)

    assert amount(variant, at=NOON - SECOND) == 2000
    found = prices([variant.pk], at=NOON)[variant.pk]
    assert (found.amount_minor, found.reference_minor, found.cut_bp) == (1500, 2000, 2500)
    assert Price.objects.count() == 2


def test_prices_are_not_rewritten_nor_planned_over(variant):
    set_price(variant=variant, amount_minor=1500, at=NOON)

    for amount_minor, at in ((1400, NOON), (1400, NOON - SECOND), (-1, NOON + SECOND)):
        with pytest.raises(Invalid):
            set_price(variant=variant, amount_minor=amount_minor, at=at)

    assert amount(variant, at=NOON) == 1500


def test_the_database_refuses_two_prices_or_two_rates_at_a_time(variant):
    category = TaxCategoryFactory()
    for change in (
        lambda: Price.objects.create(
            variant=variant, price_list=default_price_list(), amount_minor=1, valid_from=NOON
        ),
        lambda: Price.objects.create(
            variant=variant,
            price_list=PriceListFactory(channel="till"),
            amount_minor=1,
            valid_from=NOON,
            valid_to=NOON,
        ),
        lambda: VatRate.objects.create(category=category, tax_bp=1, valid_from=date(2026, 1, 1)),
        lambda: PriceListFactory(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_a_product_is_sold_where_its_assortment_says_and_everywhere_without_one(variant):
    shop, other = StoreFactory(), StoreFactory()
    assert amount(variant) == amount(variant, channel="till", store_id=other.pk) == 2000

    variant.product.assortment.create(store=shop)
    assert amount(variant) is None
    assert amount(variant, channel="till", store_id=shop.pk) == 2000
    assert amount(variant, channel="till", store_id=other.pk) is None
    variant.product.assortment.create(channel="web")
    assert amount(variant) == 2000


def test_a_product_is_sold_between_its_days(variant):
    variant.product.sold_from, variant.product.sold_until = NOON, NOON + timedelta(days=1)
    variant.product.save()

    assert amount(variant, at=NOON - SECOND) is None
    assert amount(variant, at=NOON) == 2000
    assert amount(variant, at=NOON + timedelta(days=1)) is None


def test_a_group_has_its_price_where_that_is_lower_than_everybodys(variant):
    dear = VariantFactory(price=1000)
    club = PriceListFactory(group="club")
    for article, price in ((variant, 1500), (dear, 1200)):
        article.prices.create(price_list=club, amount_minor=price, valid_from=LONG_AGO)

    found = prices([variant.pk, dear.pk], at=NOON, groups=["club"])

    assert [(one.amount_minor, one.public_minor) for one in found.values()] == [
        (1500, 2000),
        (1000, None),
    ]
    assert amount(variant) == 2000
    assert amount(variant, groups=["staff"]) == 2000


@pytest.mark.parametrize(
    "content, measure, per_unit",
    [
        (250, "g", 8000),  # 20.00 for 250 g: 80.00 a kilogram
        (330, "ml", 6061),  # 60.606 a litre, to the nearest cent
        (3, "piece", 667),
        (1, "piece", None),
        (None, "", None),
    ],
)
def test_the_unit_price_is_per_kilogram_litre_metre_or_piece(variant, content, measure, per_unit):
    """PRC-3."""
    variant.content, variant.measure = content, measure
    variant.save()

    assert prices([variant.pk], at=NOON)[variant.pk].per_unit_minor == per_unit

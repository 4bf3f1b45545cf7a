"""Lists count, filter and sort by what each product keeps of its articles on sale now (ADR 7)."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override

from catalog.models import Attribute, AttributeValue, Price, Product
from catalog.search import search
from catalog.services import default_price_list, outdated_lists, refresh_search, set_price
from catalog.sheet import set_attributes
from catalog.tasks import refresh_lists
from tests.factories import ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def kept(product: Product) -> tuple[list[int], list[int]]:
    product.refresh_from_db()
    return product.listed_prices, product.listed_options


def test_prices_ascend_and_options_come_once():
    product = ProductFactory()
    size = Attribute.objects.create(code="taille", name="Taille")
    m, large = (AttributeValue.objects.create(attribute=size, code=c, name=c) for c in ("m", "l"))
    VariantFactory(product=product, price=3000).options.set([m])
    VariantFactory(product=product, price=2000).options.set([m, large])
    VariantFactory(product=product, price=2000).options.set([large])

    refresh_search([product.pk])

    assert kept(product) == ([2000, 3000], sorted([m.pk, large.pk]))


def test_an_article_off_sale_or_without_a_price_counts_for_nothing():
    product = ProductFactory()
    VariantFactory(product=product, price=3000, active=False)
    VariantFactory(product=product, price__none=True)

    refresh_search([product.pk])

    assert kept(product) == ([], [])


def test_a_new_price_is_kept_at_once():
    variant = VariantFactory(price=3000)

    set_price(variant=variant, amount_minor=2500, at=timezone.now() - DAY)

    assert kept(variant.product)[0] == [2500]
    assert outdated_lists() == []


def test_a_planned_price_is_kept_when_it_has_begun_and_not_before():
    at = timezone.now()
    variant = VariantFactory(price=3000)
    set_price(variant=variant, amount_minor=2500, at=at + DAY)
    assert kept(variant.product)[0] == [3000]
    assert refresh_lists() == 0

    Price.objects.filter(variant=variant, valid_to=at + DAY).update(valid_to=at - DAY)
    Price.objects.create(
        variant=variant, price_list=default_price_list(), amount_minor=1999,
        valid_from=at - DAY, valid_to=at + DAY / 2,
    )  # fmt: skip

    assert outdated_lists() == [variant.product_id]
    assert refresh_lists() == 1
    assert kept(variant.product)[0] == [1999]
    assert refresh_lists() == 0


def test_what_the_product_is_said_to_be_is_listed_beside_its_articles_options():
    product = ProductFactory()
    season = Attribute.objects.create(code="saison", name="Saison", name_fr="Saison")
    summer = season.values.create(code="ete", name_fr="Été", name_en="Summer")
    hidden = Attribute.objects.create(code="usage", name="Usage", filterable=False)
    walk = hidden.values.create(code="marche", name_fr="Marche")
    size = Attribute.objects.create(code="taille", name="Taille")
    m = size.values.create(code="m", name="M")
    VariantFactory(product=product).options.set([m])
    bare = VariantFactory(price__none=True).product

    for one in (product, bare):
        set_attributes(one, {"saison": "ete", "usage": "marche"})

    assert kept(product)[1] == sorted([summer.pk, m.pk])
    assert kept(bare)[1] == []
    assert walk.pk not in kept(product)[1]
    with override("en"):
        assert set(search("summer")) == {product, bare}


def test_yes_and_no_are_not_words_to_search_for():
    product = VariantFactory().product
    Attribute.objects.create(code="pliable", name_fr="Pliable", kind="boolean")

    set_attributes(product, {"pliable": True})

    assert product.attributes.count() == 1
    with override("fr"):
        assert not search("oui").filter(pk=product.pk).exists()

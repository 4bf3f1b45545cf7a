"""A product's articles as plain values."""

import pytest
from django.utils import translation

from catalog.articles import articles
from catalog.models import Attribute, AttributeValue
from tests.factories import ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db


def test_articles_come_in_their_order_with_their_choices_in_the_order_of_the_options(
    django_assert_num_queries,
):
    product = ProductFactory()
    colour = Attribute.objects.create(code="couleur", name="Couleur", position=1)
    size = Attribute.objects.create(code="taille", name="Taille", position=2)
    red = AttributeValue.objects.create(
        attribute=colour, code="rouge", name="Rouge", swatch="#aa0000"
    )
    small, large = (
        AttributeValue.objects.create(attribute=size, code=code, name=code.upper(), position=place)
        for place, code in enumerate("sl")
    )
    last = VariantFactory(product=product, sku="B", position=2)
    last.options.set([large, red])
    first = VariantFactory(product=product, sku="A", gtin="3017620422003", position=1)
    first.options.set([small, red])
    bare = VariantFactory(product=product, sku="C", position=3)
    VariantFactory(product=product, sku="D", active=False).options.set([red])
    VariantFactory(sku="E").options.set([red])

    with django_assert_num_queries(1):
        found = articles(product.pk)

    assert [
        (article.pk, article.sku, article.gtin, [choice.pk for choice in article.choices])
        for article in found
    ] == [
        (first.pk, "A", "3017620422003", [red.pk, small.pk]),
        (last.pk, "B", None, [red.pk, large.pk]),
        (bare.pk, "C", None, []),
    ]
    choice = found[0].choices[0]
    assert (choice.code, choice.name, choice.swatch) == ("rouge", "Rouge", "#aa0000")
    assert (choice.axis.code, choice.axis.name) == ("couleur", "Couleur")


def test_names_are_the_readers_or_those_of_the_other_language():
    attribute = Attribute.objects.create(code="taille", name_fr="Taille", name_en="Size")
    value = AttributeValue.objects.create(
        attribute=attribute, code="u", name_fr="Unique", name_en=""
    )
    variant = VariantFactory()
    variant.options.set([value])

    def names() -> tuple[str, str]:
        choice = articles(variant.product_id)[0].choices[0]
        return choice.axis.name, choice.name

    with translation.override("en"):
        assert names() == ("Size", "Unique")
    with translation.override("fr"):
        assert names() == ("Taille", "Unique")

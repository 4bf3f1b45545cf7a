"""Shoppers find what they mean, however they write it (UX L6); scanners find the article."""

import pytest
from django.utils.translation import override

from catalog.models import Variant
from catalog.search import search
from catalog.selectors import by_code
from catalog.services import refresh_search
from catalog.suggesting import suggestions
from tests.factories import BrandFactory, CategoryFactory, ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop(db):
    bags = CategoryFactory(name="Sacs à dos", name_fr="Sacs à dos", name_en="Backpacks")
    bag = ProductFactory(
        name="Sac à dos randonnée Alpée",
        name_fr="Sac à dos randonnée Alpée",
        name_en="Hiking backpack Alpée",
        category=bags,
        brand=BrandFactory(name="Névé"),
    )
    baby = ProductFactory(
        name="Gourde bébé", name_fr="Gourde bébé", name_en="Baby bottle", popularity=5
    )
    hidden = ProductFactory(name="Sac secret", name_fr="Sac secret", status="archived")
    VariantFactory(product=bag, sku="ALP-30-BLEU", gtin="4006381333931")
    VariantFactory(product=baby, sku="036000291452", gtin=None)
    VariantFactory(product=hidden, sku="SECRET")
    refresh_search()
    return {"bag": bag, "baby": baby}


@pytest.mark.parametrize(
    "words, found",
    [
        ("sac", "bag"),
        ("sacs", "bag"),
        ("randonnées", "bag"),
        ("RANDONNEE", "bag"),
        ("sac a dos alpee", "bag"),
        ("neve", "bag"),
        ("ALP-30-BLEU", "bag"),
        ("4006381333931", "bag"),
        ("bebe", "baby"),
        ("gourdes", "baby"),
        ("randonée alpe", "bag"),  # typos
        ("gourd", "baby"),
        ("alpéee", "bag"),
    ],
)
def test_words_are_found_by_stem_without_accents_and_with_typos(shop, words, found):
    assert list(search(words)) == [shop[found]]


@pytest.mark.parametrize("words", ["secret", "xyzzyx", "tondeuse", "", "   ", "'", '"', "-", "&|!"])
def test_what_is_not_sold_is_not_found(words):
    assert list(search(words)) == []


def test_english_words_are_found_on_the_english_site(shop):
    with override("en"):
        assert list(search("hikes")) == [shop["bag"]]
        assert list(search("bottles")) == [shop["baby"]]


@pytest.mark.parametrize("words", ["alpe", "gour", "sac"])
def test_something_is_proposed_while_the_shopper_types(words):
    assert len(suggestions(words)) == 1


@pytest.mark.parametrize("words", ["", "s", " g "])
def test_nothing_is_proposed_for_a_letter(words):
    assert suggestions(words) == []


@pytest.mark.parametrize(
    "code", ["ALP-30-BLEU", "alp-30-bleu", " ALP-30-BLEU ", "4006381333931", "04006381333931"]
)
def test_an_article_is_found_by_sku_and_gtin(code):
    assert by_code(code).sku == "ALP-30-BLEU"


@pytest.mark.parametrize("kept", ["036000291452", "0036000291452"])
@pytest.mark.parametrize("scanned", ["036000291452", "0036000291452"])
def test_a_upc_is_a_gtin_with_a_zero(kept, scanned):
    Variant.objects.filter(sku="036000291452").update(sku="US-1", gtin=kept)

    assert by_code(scanned).sku == "US-1"


@pytest.mark.parametrize("code", ["", " ", "4006381333932", "nothing", "1" * 200, "%"])
def test_an_unknown_code_is_nobodys(code):
    assert by_code(code) is None

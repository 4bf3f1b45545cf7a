"""A list says the same whichever way it is read, kept and sent."""

import gzip
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from catalog import search as catalog
from catalog.models import Attribute, Product
from catalog.services import refresh_search, set_price
from catalog.sheet import set_attributes
from omnishop.channels.storefront import listing_rows
from omnishop.channels.storefront.selection import BANDS, Selection
from tests.channels.storefront import small_shop
from tests.factories import ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    shop = small_shop()
    for number in range(5):
        product = ProductFactory(
            name=f"Cape {number}", category=shop.below, brand=shop.jacket.brand, popularity=number
        )
        for value, price in ((shop.m, 1000 * number + 900), (shop.large, 2400)):
            VariantFactory(product=product, price=price).options.set([value])
    VariantFactory(product=shop.jacket, price=100, active=False).options.set([shop.m])
    VariantFactory(product=ProductFactory(category=shop.below), price__none=True)
    refresh_search()
    return shop


def test_counts_by_product_and_by_article_are_the_same(shop):
    base = listing_rows.about(catalog.listed(Product.objects.on_sale()))

    by_product = listing_rows.facet_rows(base)
    by_article = listing_rows.narrowed_facet_rows(base, [], store_id=None, at=timezone.now())

    assert sorted(by_product) == sorted(row for row in by_article if row[0] != "here")
    assert {row[0]: row[3] for row in by_product}["total"] == 7


@pytest.mark.parametrize("sort", ["popularity", "price", "-price", "new"])
def test_a_choice_that_leaves_everything_changes_nothing(shop, sort):
    at = timezone.now()
    base = listing_rows.about(catalog.listed(Product.objects.on_sale()))
    every = Selection(sort=sort, bands=tuple(range(len(BANDS))))

    plain = listing_rows.page_rows(base, [], Selection(sort=sort), at=at)
    conditions = listing_rows.conditions_of(every, [], None, at)
    narrowed = listing_rows.page_rows(base, conditions, every, at=at)

    assert plain == narrowed
    assert len(plain) == 7


def test_a_new_price_is_on_the_card_in_its_band_and_in_its_place(client, shop):
    path = "/rayon/randonnee/?sort=price"
    before = client.get(path).content.decode()
    assert before.index("Tasse") > before.index("Cape 0")
    set_price(variant=shop.cup, amount_minor=555, at=timezone.now() - timedelta(minutes=1))
    cache.clear()

    after = client.get(path).content.decode()

    assert after.index("Tasse") < after.index("Cape 0")
    assert "5,55" in after
    assert "5,55" not in before


def test_a_kept_page_is_sent_compressed_to_those_who_read_that(client, shop):
    plain = client.get("/rayon/randonnee/")
    packed = client.get("/rayon/randonnee/", headers={"Accept-Encoding": "br, gzip"})

    assert "Content-Encoding" not in plain
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert "Accept-Encoding" in packed["Vary"]
    again = client.get("/rayon/randonnee/", headers={"If-None-Match": packed["ETag"]})
    assert again.status_code == 304


def test_an_attribute_of_the_product_is_a_filter_like_an_option(client, shop):
    season = Attribute.objects.create(code="saison", name_fr="Saison")
    for code in ("ete", "hiver"):
        season.values.create(code=code, name_fr=code.title())
    Attribute.objects.create(code="pliable", name_fr="Pliable", kind="boolean")
    set_attributes(shop.jacket, {"saison": ["ete", "hiver"], "pliable": True})
    set_attributes(shop.cup.product, {"saison": "ete", "pliable": False})
    base = listing_rows.about(catalog.listed(Product.objects.on_sale()))
    at = timezone.now()

    by_product = listing_rows.facet_rows(base)
    by_article = listing_rows.narrowed_facet_rows(base, [], store_id=None, at=at)
    assert sorted(by_product) == sorted(row for row in by_article if row[0] != "here")
    counts = {row[:2]: row[3] for row in by_product}
    assert (counts["o-saison", "ete"], counts["o-saison", "hiver"]) == (2, 1)
    assert (counts["o-pliable", "yes"], counts["o-pliable", "no"]) == (1, 1)

    winter = client.get("/rayon/randonnee/?o-saison=hiver&o-taille=m").content.decode()
    assert "Veste imperméable" in winter
    assert "Tasse émaillée" not in winter
    assert (
        "Veste imperméable"
        not in client.get("/rayon/randonnee/?o-saison=hiver&o-pliable=no")
        .content.decode()
        .partition('id="results"')[2]
    )

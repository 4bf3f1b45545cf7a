"""What search engines and shopping sites fetch: feeds, the map of the site, JSON-LD (STD-1)."""

import csv
import io
import json
import re
from xml.etree import ElementTree

import pytest
from django.urls import reverse

from catalog.models import Guide, Variant
from inventory import feeds
from tests.factories import NOON, StoreFactory, VariantFactory
from tests.orders.flows import stocked

pytestmark = pytest.mark.django_db
G = "{http://base.google.com/ns/1.0}"


@pytest.fixture
def shop(settings, tmp_path):
    private = settings.STORAGES["private"] | {"OPTIONS": {"location": tmp_path / "private"}}
    settings.STORAGES = settings.STORAGES | {"private": private}
    store = StoreFactory(code="lyon")
    had = stocked(store, on_hand=3, price=1999)
    Variant.objects.filter(pk=had.pk).update(sku="A&B <1>", gtin="4006381333931")
    own = stocked(store, on_hand=0)
    Variant.objects.filter(pk=own.pk).update(sku="OWN", gtin="2000000000015")
    VariantFactory(sku="DRAFT", product__status="draft")
    VariantFactory(sku="UNPRICED", price__none=True)
    return store


def test_the_feeds_tell_of_every_article_on_sale_and_each_store(shop, client):
    address = reverse("storefront:feed", args=["products.xml"])
    assert client.get(address).status_code == 404  # nothing was written yet

    assert feeds.build(at=NOON) == 2

    answer = client.get(address)
    items = {
        item.findtext(f"{G}id"): {child.tag.removeprefix(G): child.text for child in item}
        for item in ElementTree.fromstring(  # noqa: S314  our own
            b"".join(answer.streaming_content)
        ).iter("item")
    }
    assert set(items) == {"A&B <1>", "OWN"}
    assert items["A&B <1>"]["price"] == "19.99 EUR"
    assert items["A&B <1>"]["availability"] == "in_stock"
    assert items["A&B <1>"]["gtin"] == "4006381333931"
    assert "gtin" not in items["OWN"]  # a shop's own number is no GTIN (STD-1)
    assert items["OWN"]["identifier_exists"] == "no"
    assert items["OWN"]["availability"] == "out_of_stock"
    content = b"".join(
        client.get(reverse("storefront:feed", args=["stores.csv"])).streaming_content
    )
    assert list(csv.reader(io.StringIO(content.decode())))[1:] == [
        ["lyon", "A&B <1>", "3", "19.99 EUR", "in_stock"],
        ["lyon", "OWN", "0", "20.00 EUR", "out_of_stock"],
    ]


def test_an_unchanged_feed_is_not_sent_again(shop, client):
    feeds.build(at=NOON)
    address = reverse("storefront:feed", args=["products.xml"])
    tag = client.get(address)["ETag"]

    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
    assert client.get(reverse("storefront:feed", args=["secrets.txt"])).status_code == 404


def test_the_map_of_the_site_lists_what_shoppers_may_see(shop, client):
    Guide.objects.create(slug="choisir-sa-tente", title="Tentes", published=True)
    Guide.objects.create(slug="brouillon", title="Brouillon", published=False)
    index = client.get("/sitemap.xml").content.decode()
    assert len(re.findall("<loc>", index)) == 4
    products = client.get("/sitemap-products.xml").content.decode()
    slugs = set(Variant.objects.values_list("product__slug", flat=True))
    hidden = Variant.objects.get(sku="DRAFT").product.slug
    assert all(f"/produit/{slug}/" in products for slug in slugs - {hidden})
    assert f"/produit/{hidden}/" not in products
    assert f"/magasins/{shop.slug}/" in client.get("/sitemap-stores.xml").content.decode()
    assert "/en/" in products
    guides = client.get("/sitemap-guides.xml").content.decode()
    assert "/guides/choisir-sa-tente/" in guides
    assert "brouillon" not in guides
    assert b"Sitemap: " in client.get("/robots.txt").content


def test_the_page_tells_price_and_stock_to_machines_and_no_number_of_our_own(shop, client):
    own = Variant.objects.get(sku="OWN")
    page = client.get(reverse("storefront:product", args=[own.product.slug])).content.decode()
    about = json.loads(re.search(r'ld\+json">(.*?)</script>', page).group(1))

    [offer] = about["offers"]
    assert "gtin" not in offer
    assert (offer["price"], offer["availability"]) == ("20.00", "https://schema.org/OutOfStock")

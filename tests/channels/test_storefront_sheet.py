"""What a product's page tells: its sheet, its files, sets, relations; guides; unit prices."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.utils import timezone

from catalog import sheet
from catalog.models import (
    Attribute,
    BundleItem,
    Document,
    Guide,
    Picture,
    RelatedProduct,
    Video,
)
from catalog.services import refresh_search
from orders.models import BasketLine
from tests.channels.storefront import small_shop
from tests.factories import ProductFactory, StockLevelFactory, VariantFactory

pytestmark = pytest.mark.django_db
NNBSP, NBSP = "\u202f", "\u00a0"


@pytest.fixture
def shop():
    shop = small_shop()
    weight = {"code": "poids", "name_fr": "Poids", "name_en": "Weight", "kind": "number"}
    Attribute.objects.create(**weight, unit="g")
    sheet.set_attributes(shop.jacket, {"poids": 1250})
    return shop


def page(client, path):
    cache.clear()
    return client.get(path).content.decode()


def everything(shop):
    """A product with all that can be told of it, and a set it is in."""
    Video.objects.create(
        product=shop.jacket, title_fr="Entretien", title_en="Care",
        url="https://films.example/v/1", transcript_fr="On lave.\n\nOn sèche.",
    )  # fmt: skip
    Document.objects.create(
        product=shop.jacket, title="Notice", language="en",
        file=ContentFile(b"%PDF-1.7" + b"x" * 2040, name="notice.pdf"),
    )  # fmt: skip
    guide = Guide.objects.create(
        title_fr="Choisir sa veste", title_en="Choosing a jacket", slug="veste", published=True,
        summary_fr="En trois questions.", body_fr="Bonjour.\n\n## Pluie\n- une\n- <b>deux</b>",
    )  # fmt: skip
    guide.products.add(shop.jacket)
    RelatedProduct.objects.create(product=shop.jacket, other=shop.cup.product, kind="accessory")
    bundle = VariantFactory(
        product=ProductFactory(name="Lot pluie", slug="lot-pluie", category=shop.below),
        sku="LOT-1", price=9500,
    )  # fmt: skip
    BundleItem.objects.create(bundle=bundle, item=shop.jacket_m)
    BundleItem.objects.create(bundle=bundle, item=shop.cup, quantity=2)
    refresh_search()
    return bundle


def test_everything_is_told_in_eight_statements(client, shop, django_assert_max_num_queries):
    bundle = everything(shop)
    for number in range(20):
        RelatedProduct.objects.create(
            product=shop.jacket, other=VariantFactory().product, kind="alternative", position=number
        )
    client.cookies["store"] = "lyon"
    client.get("/produit/tasse/")  # the process remembers the house's offers from here on
    for path in ("/produit/veste/", "/produit/lot-pluie/", f"/stock/{bundle.pk}/"):
        cache.clear()
        with django_assert_max_num_queries(8):
            assert client.get(path).status_code == 200


def test_the_page_tells_the_sheet_the_files_and_what_goes_with_it(client, shop):
    everything(shop)
    french = page(client, "/produit/veste/")

    assert f"<dt>Poids</dt><dd>1{NNBSP}250{NNBSP}g</dd>" in french
    assert 'href="https://films.example/v/1" target="_blank" rel="noopener noreferrer"' in french
    assert "films.example" in french
    assert "<iframe" not in french
    assert "On sèche." in french
    assert (
        f"(PDF, 2{NNBSP}Ko, English)" in french
    )  # the document's language, as it is not the page's
    assert "Choisir sa veste" in french
    assert 'id="related-accessory"' in french
    assert "Lot pluie" in french
    english = page(client, "/en/produit/veste/")
    assert f"<dt>Weight</dt><dd>1,250{NNBSP}g</dd>" in english


def test_a_document_is_downloaded_and_never_run(client, shop):
    everything(shop)
    found = Document.objects.get()
    answer = client.get(f"/document/{found.pk}/")

    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="notice-veste-en.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert b"".join(answer.streaming_content).startswith(b"%PDF-1.7")
    shop.jacket.status = "archived"
    shop.jacket.save()
    assert client.get(f"/document/{found.pk}/").status_code == 404
    assert client.get("/document/99999/").status_code == 404


def test_a_set_shows_its_articles_what_is_saved_and_what_its_articles_allow(client, shop):
    everything(shop)
    found = page(client, "/produit/lot-pluie/")

    assert "Veste imperméable" in found
    assert "2 × Tasse émaillée" in found.replace(NNBSP, " ")
    assert "108,90" in found  # 84,90 and twice 12,00
    assert "13,90" in found
    assert 'name="variant"' in found
    client.cookies["store"] = "lyon"
    here = page(client, "/produit/lot-pluie/")
    assert "Lyon Part-Dieu" in here


def test_a_set_goes_into_the_basket_as_its_articles(client, shop):
    bundle = everything(shop)
    answer = client.post(
        "/panier/ajouter/", {"variant": bundle.pk, "quantity": 1},
        headers={"HX-Request": "true", "HX-Target": "added"},
    )  # fmt: skip

    assert answer.status_code == 200
    assert dict(BasketLine.objects.values_list("variant", "quantity")) == {
        shop.jacket_m.pk: 1,
        shop.cup.pk: 2,
    }
    assert "95,00" in page(client, "/panier/").replace(NBSP, " ")


def test_a_set_is_sold_out_when_one_of_its_articles_is(client, shop):
    bundle = everything(shop)
    BundleItem.objects.create(bundle=bundle, item=VariantFactory(), quantity=1)

    found = page(client, "/produit/lot-pluie/")

    assert 'id="add-button"' not in found


def test_a_product_not_yet_sold_says_from_when_and_cannot_be_bought(client, shop):
    soon = timezone.now() + timedelta(days=40)
    product = ProductFactory(
        name="Veste d’hiver", slug="hiver", category=shop.below, sold_from=soon
    )
    variant = VariantFactory(product=product)
    StockLevelFactory(variant=variant, location=shop.lyon.locations.get())

    found = page(client, "/produit/hiver/")

    assert str(timezone.localtime(soon).year) in found
    assert 'id="add-button"' not in found
    product.sold_from, product.sold_until = None, timezone.now() - timedelta(days=1)
    product.save()
    cache.clear()
    assert client.get("/produit/hiver/").status_code == 404


def test_the_unit_price_stands_on_card_page_and_basket_line(client, shop):
    shop.cup.content, shop.cup.measure = 375, "ml"
    shop.cup.save()
    wanted = f"32,00{NBSP}€{NNBSP}/{NNBSP}litre"

    def plain(text):
        return text.replace("&#8239;", NNBSP)

    assert wanted in plain(page(client, "/produit/tasse/"))
    assert wanted in plain(page(client, "/rayon/randonnee/"))
    client.post("/panier/ajouter/", {"variant": shop.cup.pk}, headers={"HX-Request": "true"})
    assert wanted in plain(page(client, "/panier/"))
    english = plain(page(client, "/en/produit/tasse/"))
    assert f"€32.00{NNBSP}/{NNBSP}litre" in english


def test_a_gtin_of_the_shops_own_is_not_told_to_search_engines(client, shop):
    assert "3017620422003" in page(client, "/produit/tasse/").partition("ld+json")[2]
    shop.cup.gtin = "2000000000015"
    shop.cup.save()
    assert "2000000000015" not in page(client, "/produit/tasse/").partition("ld+json")[2]


def test_guides_are_listed_and_read_and_only_when_published(client, shop):
    everything(shop)
    assert "Choisir sa veste" in page(client, "/guides/")
    found = page(client, "/guides/veste/")
    assert "Pluie</h2>" in found
    assert "&lt;b&gt;deux&lt;/b&gt;" in found
    assert "Veste imperméable" in found
    assert "Choosing a jacket" in page(client, "/en/guides/veste/")
    Guide.objects.update(published=False)
    cache.clear()
    assert client.get("/guides/veste/").status_code == 404
    assert "Choisir sa veste" not in page(client, "/guides/")


def test_a_pictures_words_follow_the_language(client, shop):
    Picture.objects.bulk_create(
        [
            Picture(product=shop.jacket, image="products/a.png", width=900, height=900,
                    alt_fr="Une veste", alt_en="A jacket")
        ]
    )  # fmt: skip
    assert 'alt="A jacket"' in page(client, "/en/produit/veste/")

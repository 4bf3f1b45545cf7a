"""Pages of the shop: each opens, in both languages, within its number of statements."""

from datetime import timedelta
from gzip import decompress

import pytest
from django.core.cache import cache
from django.utils import timezone

from catalog.services import refresh_search, set_price
from tests.channels.storefront import add, bank, order_now, small_shop, to_payment
from tests.factories import ProductFactory, StockLevelFactory, VariantFactory

pytestmark = pytest.mark.django_db

OPEN_PAGES = [
    "/",
    "/rayon/randonnee/",
    "/rayon/randonnee/?here=1&brand=alpee&price=2&price=3&o-taille=m&sort=-price",
    "/produit/veste/",
    "/recherche/?q=veste",
    "/recherche/?q=vesste",
    "/recherche/?q=zzzz",
    "/recherche/",
    "/magasins/",
    "/magasins/?place=69003",
    "/magasins/lyon/",
    "/panier/",
    "/renoncer/",
    "/mentions-legales/",
    "/conditions-de-vente/",
    "/donnees-personnelles/",
    "/contact/",
    "/bandeau/",
]


@pytest.mark.parametrize("prefix", ["", "/en"])
@pytest.mark.parametrize("path", OPEN_PAGES)
def test_every_open_page_opens_in_both_languages(client, prefix, path):
    small_shop()
    client.cookies["store"] = "lyon"

    response = client.get(prefix + path)

    assert response.status_code == 200
    assert "sessionid" not in response.cookies


def test_a_purchase_from_basket_to_collection_code(client):
    shop = small_shop()

    assert add(client, shop.jacket_m).status_code == 302
    assert "Veste imperméable" in client.get("/panier/").content.decode()
    page = to_payment(client, store=shop.lyon.pk)
    assert page.status_code == 200
    response = order_now(client, page)
    assert response.status_code == 302
    assert response["Location"].startswith("/paiement-test/")
    assert client.get(response["Location"]).status_code == 200
    response = bank(client)
    assert response.status_code == 302
    order = client.get(response["Location"]).content.decode()

    fulfilment = shop.lyon.fulfilments.get()
    assert f"{fulfilment.code[:3]} {fulfilment.code[3:]}" in order
    assert "data:image/svg+xml" in order


def test_a_kept_page_costs_no_statement(client, django_assert_num_queries):
    small_shop()
    for path in ["/", "/rayon/randonnee/", "/produit/veste/", "/recherche/?q=veste"]:
        client.get(path)

        with django_assert_num_queries(0):
            response = client.get(path)

        assert "csrftoken" not in response.cookies


def test_a_kept_page_is_packed_once_for_who_takes_it_packed(client):
    small_shop()
    plain = client.get("/")

    packed = client.get("/", headers={"accept-encoding": "gzip, br"})

    assert packed["Content-Encoding"] == "gzip"
    assert decompress(packed.content) == plain.content
    assert "Content-Encoding" not in plain
    assert "Accept-Encoding" in plain["Vary"]
    again = client.get("/", headers={"if-none-match": packed["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


FIRST_HITS = [
    ("/", 7),
    ("/rayon/randonnee/", 6),
    ("/rayon/randonnee/?here=1&o-taille=m", 6),
    ("/produit/veste/", 8),
    ("/recherche/?q=veste", 7),
    ("/recherche/?q=vesste", 9),
    ("/recherche/?q=veste&here=1&o-taille=m&brand=alpee&price=2&price=3", 7),
    ("/recherche/?q=zzzz", 8),
]


@pytest.mark.parametrize("path, count", FIRST_HITS)
def test_the_first_hit_takes_as_many_statements_whatever_the_number_of_rows(
    client, django_assert_num_queries, path, count
):
    shop = small_shop()
    client.cookies["store"] = "lyon"
    with django_assert_num_queries(count):
        assert client.get(path).status_code == 200
    for number in range(30):
        product = ProductFactory(
            name=f"Veste {number}", slug=f"veste-{number}", category=shop.below,
            brand=shop.jacket.brand,
        )  # fmt: skip
        variant = VariantFactory(product=product, price=8000)
        variant.options.set([shop.m])
        StockLevelFactory(variant=variant, location=shop.lyon.locations.get(), on_hand=1)
        set_price(variant=variant, amount_minor=7000, at=timezone.now() - timedelta(days=1))
        VariantFactory(product=shop.jacket, price=9000).options.set([shop.m])
    refresh_search()
    cache.clear()

    with django_assert_num_queries(count):
        assert client.get(path).status_code == 200

"""The page that a shelf label opens: this store's price, stock here, nearby and on the web."""

from datetime import timedelta

import pytest
import time_machine

from catalog.services import set_price
from tests.channels.storefront import small_shop
from tests.factories import NOON, OperationFactory, PriceListFactory, PromotionFactory

pytestmark = pytest.mark.django_db
CUP = "/p/3017620422003/"


@pytest.fixture
def shop():
    with time_machine.travel(NOON, tick=False):
        yield small_shop()


def words(response):
    return response.content.decode().replace("\xa0", " ").replace("\u202f", " ")


def test_the_label_of_a_store_shows_that_stores_price_and_stock(client, shop):
    own = PriceListFactory(store=shop.lyon, channel="till")
    set_price(variant=shop.cup, amount_minor=1100, at=NOON - timedelta(days=40), price_list=own)

    page = words(client.get(f"{CUP}?m={shop.lyon.code}"))

    assert "Prix à Lyon Part-Dieu" in page
    assert "11,00 €" in page
    assert "12,00 € sur le site" in page
    assert "En stock à Lyon Part-Dieu" in page
    assert "En stock, livré" in page


def test_an_offer_of_the_store_is_announced_as_its_till_takes_it_off(client, shop):
    operation = OperationFactory(code="soldes-lyon")
    operation.stores.add(shop.lyon)
    PromotionFactory(operation=operation, name="−20 % dès deux tasses").products.add(
        shop.cup.product
    )

    lyon, lille = (words(client.get(f"{CUP}?m={place.code}")) for place in (shop.lyon, shop.lille))

    assert "−20 % dès deux tasses" in lyon
    assert "/offres/soldes-lyon/" in lyon
    assert "−20 % dès deux tasses" not in lille


def test_without_a_store_it_shows_the_price_of_the_site(client, shop):
    page = words(client.get(CUP))

    assert "12,00 €" in page
    assert "sur le site" not in page


def test_sold_out_here_names_the_nearest_store_that_has_it(client, shop):
    page = words(client.get(f"/p/VESTE-M/?m={shop.lille.code}"))

    assert "Épuisé à Lille Centre" in page
    assert "En stock à Lyon Part-Dieu" in page
    assert "559 km" in page or " km" in page


def test_a_cut_shows_the_lowest_price_of_thirty_days(client, shop):
    for days, amount in ((12, 1000), (11, 1200), (1, 900)):
        set_price(variant=shop.cup, amount_minor=amount, at=NOON - timedelta(days=days))

    page = words(client.get(CUP))

    assert "Prix le plus bas des 30 derniers jours : 10,00 €" in page
    assert "−10 %" in page


def test_it_is_put_in_the_basket_without_an_account(client, shop):
    page = client.get(CUP).content.decode()
    assert f'name="variant" value="{shop.cup.pk}"' in page

    client.post("/panier/ajouter/", {"variant": shop.cup.pk, "quantity": 1})

    assert "Tasse émaillée" in client.get("/panier/").content.decode()


@pytest.mark.parametrize("code", ["0000000000000", "123", "%3Cscript%3E", "no%00thing"])
def test_an_unknown_code_is_a_page_with_a_search(client, shop, code):
    answer = client.get(f"/p/{code}/")

    assert answer.status_code == 404
    assert 'name="q"' in answer.content.decode()
    assert "<script>" not in answer.content.decode().split("<main")[1].split("</main")[0]


def test_an_article_taken_off_sale_is_not_found(client, shop):
    shop.cup.active = False
    shop.cup.save()

    assert client.get(CUP).status_code == 404


def test_the_first_hit_is_cheap_and_the_next_free(
    client, shop, django_assert_max_num_queries, django_assert_num_queries
):
    with django_assert_max_num_queries(12):
        client.get(f"{CUP}?m={shop.lyon.code}")
    with django_assert_num_queries(0):
        client.get(f"{CUP}?m={shop.lyon.code}")

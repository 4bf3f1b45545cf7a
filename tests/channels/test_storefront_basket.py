"""The basket at the shopper's door: statements, bad input, other people's baskets, sign-in."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import Product
from catalog.services import set_price
from orders.models import BasketLine
from orders.services.wanted import basket_link
from tests.channels.storefront import add, small_shop
from tests.factories import BasketLineFactory, CustomerFactory

pytestmark = pytest.mark.django_db

HTMX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "added"}
IN_BASKET = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "basket"}


def quantities():
    return dict(BasketLine.objects.values_list("variant__sku", "quantity"))


def test_adding_says_what_was_added_and_takes_few_statements(client, django_assert_max_num_queries):
    shop = small_shop()
    add(client, shop.cup)

    with django_assert_max_num_queries(12):
        response = add(client, shop.jacket_m, 2, **HTMX)

    words = response.content.decode().replace("\u00a0", " ")
    assert "Ajouté, 2 articles, 169,80 €" in words
    assert "basket-changed" in response["HX-Trigger"]
    assert quantities() == {"TASSE-1": 1, "VESTE-M": 2}


def test_the_first_article_begins_a_basket_within_the_same_statements(
    client, django_assert_max_num_queries
):
    shop = small_shop()

    with django_assert_max_num_queries(12):
        response = add(client, shop.jacket_m, 1, **HTMX)

    assert response.cookies["basket"]["httponly"]
    assert "sessionid" not in response.cookies


@pytest.mark.parametrize(
    "quantity, status",
    [("0", 422), ("-1", 422), ("1000000000", 422), ("0.1", 422), ("1e3", 422), ("", 422),
     ("²", 422), ("9" * 40, 422)],
)  # fmt: skip
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_quantity_that_no_line_can_have_is_refused_in_words(client, quantity, status, headers):
    shop = small_shop()
    add(client, shop.cup, 3)

    response = add(client, shop.jacket_m, quantity, **headers)

    assert response.status_code == status
    assert "Choisissez une quantité de 1 à 999" in response.content.decode()
    assert quantities() == {"TASSE-1": 3}


@pytest.mark.parametrize("variant", ["999999999", "x", "", "9" * 30])
def test_an_unknown_article_is_refused_and_nothing_is_begun(client, variant):
    small_shop()

    response = add(client, variant)

    assert response.status_code in (404, 409)
    assert "article" in response.content.decode()
    assert not BasketLine.objects.exists()


def test_too_much_on_top_of_what_is_there_keeps_what_is_there(client):
    shop = small_shop()
    add(client, shop.cup, 990)

    response = add(client, shop.cup, 10)

    assert response.status_code == 422
    assert quantities() == {"TASSE-1": 990}


def test_zero_and_remove_take_the_line_out_and_offer_to_put_it_back(client):
    shop = small_shop()
    add(client, shop.cup, 3)

    response = client.post(f"/panier/article/{shop.cup.pk}/retirer/", **IN_BASKET)

    assert quantities() == {}
    assert "Remettre" in response.content.decode()
    add(client, shop.cup, 3, **IN_BASKET)
    client.post(f"/panier/article/{shop.cup.pk}/", {"quantity": "0"})
    assert quantities() == {}


@pytest.mark.parametrize("quantity", ["-1", "1000000000", "0.1", ""])
def test_a_wrong_change_keeps_the_line_and_shows_the_basket(client, quantity):
    shop = small_shop()
    add(client, shop.cup, 3)

    response = client.post(f"/panier/article/{shop.cup.pk}/", {"quantity": quantity}, **IN_BASKET)

    assert response.status_code == 422
    assert "Tasse émaillée" in response.content.decode()
    assert quantities() == {"TASSE-1": 3}


def test_changing_an_article_that_is_not_there_says_so(client):
    shop = small_shop()

    response = client.post(f"/panier/article/{shop.cup.pk}/", {"quantity": "2"})

    assert response.status_code == 404
    assert "pas dans votre panier" in response.content.decode()


def test_a_line_gone_from_sale_stays_with_its_reason_and_can_be_removed(client):
    shop = small_shop()
    add(client, shop.cup)
    add(client, shop.jacket_m)
    Product.objects.filter(slug="tasse").update(status=Product.Status.ARCHIVED)

    page = client.get("/panier/").content.decode()

    assert "N'est plus en vente" in page.replace("&#x27;", "'")
    assert "/commander/" not in page
    assert quantities() == {"TASSE-1": 1, "VESTE-M": 1}
    client.post(f"/panier/article/{shop.cup.pk}/retirer/")
    assert "/commander/" in client.get("/panier/").content.decode()


def test_a_changed_price_is_told_once(client):
    shop = small_shop()
    add(client, shop.cup)
    set_price(variant=shop.cup, amount_minor=1500, at=timezone.now() - timedelta(seconds=1))

    first = client.get("/panier/").content.decode().replace("\u00a0", " ")
    second = client.get("/panier/").content.decode()

    assert "12,00 € avant, 15,00 € maintenant" in first
    assert "Le prix a changé" not in second


def test_more_than_there_is_is_shown_and_kept(client):
    shop = small_shop()
    add(client, shop.jacket_l, 5)

    page = client.get("/panier/").content.decode().replace("&#x27;", "'")

    assert "Il n'en reste que 2" in page
    assert quantities() == {"VESTE-L": 5}


def test_a_press_before_the_token_came_asks_in_the_place_of_the_page():
    """The whole page never lands in the small answer beside the button."""
    strict = Client(enforce_csrf_checks=True)

    asked = add(strict, small_shop().cup, **HTMX)

    assert (asked.headers["HX-Retarget"], asked.headers["HX-Reselect"]) == ("#main", "#main > *")
    assert not BasketLine.objects.exists()


def test_without_scripts_the_shopper_confirms_with_a_token():
    strict = Client(enforce_csrf_checks=True)
    shop = small_shop()

    asked = add(strict, shop.cup)

    assert asked.status_code == 200
    assert not BasketLine.objects.exists()
    token = asked.content.decode().split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    strict.post(
        "/panier/ajouter/",
        {"variant": shop.cup.pk, "quantity": 1, "csrfmiddlewaretoken": token},
    )
    assert quantities() == {"TASSE-1": 1}


def test_a_reminder_s_link_opens_the_basket_on_another_device(client):
    shop = small_shop()
    line = BasketLineFactory(basket__customer=CustomerFactory(), variant=shop.cup)

    client.get(f"/panier/reprendre/{basket_link(line.basket)}/")

    assert "Tasse émaillée" in client.get("/panier/").content.decode()
    assert Client().get("/panier/reprendre/forged/").status_code == 404


def test_a_forged_cookie_opens_nothing(client):
    shop = small_shop()
    line = BasketLineFactory(variant=shop.cup)
    client.cookies["basket"] = f"guest:{line.basket.token}"

    page = client.get("/panier/")

    assert page.status_code == 200
    assert "Tasse émaillée" not in page.content.decode()


@pytest.mark.parametrize(
    "path",
    ["/rayon/nope/", "/produit/nope/", "/magasins/nope/", "/stock/999/", "/commande/nope/",
     "/paiement/nope/retour/", "/paiement-test/nope/", "/preferences/nope/", "/p/123/"],
)  # fmt: skip
def test_what_does_not_exist_is_not_found(client, path):
    small_shop()

    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "query",
    ["?page=0", "?page=-1", "?page=x", "?page=99999999999", "?price=9&price=x", "?sort=nope",
     "?o-taille=nope", "?o-'=1", "?brand=%00", "?shelf=%25", "?here=1"],
)  # fmt: skip
def test_an_address_somebody_made_up_shows_a_page(client, query):
    small_shop()

    assert client.get(f"/rayon/randonnee/{query}").status_code == 200
    assert client.get(f"/recherche/{query}&q=veste%00").status_code in (200, 302)
    assert client.get(f"/produit/veste/{query}").status_code == 200

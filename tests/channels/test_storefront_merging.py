"""Sign-in with two baskets: a proposal on the basket page, a notice elsewhere (UX B4)."""

import pytest
from allauth.account.models import EmailAddress

from orders.models import Basket, Order
from orders.services.wanted import basket_link
from tests.channels.storefront import add, bank, order_now, small_shop, to_payment
from tests.factories import BasketLineFactory, CustomerFactory, UserFactory

pytestmark = pytest.mark.django_db

IN_BASKET = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "basket"}
SIGN_IN = {"login": "camille@example.org", "password": "correct horse battery"}


def member():
    user = UserFactory(email="camille@example.org")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return CustomerFactory(email="camille@example.org", user=user)


def sign_in(client):
    return client.post("/compte/login/", SIGN_IN)


def signed_in_with_two(client):
    """Camille left four cups; as a guest she put two jackets into a basket, and signed in."""
    shop = small_shop()
    shop.camille = member()
    shop.earlier = BasketLineFactory(
        basket__customer=shop.camille, variant=shop.cup, quantity=4
    ).basket
    add(client, shop.jacket_m, 2)
    sign_in(client)
    return shop


def held(shop):
    basket = Basket.objects.open().get(customer=shop.camille)
    return dict(basket.lines.values_list("variant__sku", "quantity"))


def words(response):
    return response.content.decode().replace("&#x27;", "'")


def test_nothing_joins_by_itself_and_the_basket_page_proposes(client):
    shop = signed_in_with_two(client)

    page = words(client.get("/panier/"))

    assert held(shop) == {"VESTE-M": 2}
    assert "De votre ancien panier" in page
    assert "Tasse émaillée" in page
    assert "rien n'est ajouté" in page


def test_each_article_says_what_would_come_of_it(client):
    shop = signed_in_with_two(client)
    BasketLineFactory(basket=shop.earlier, variant=shop.jacket_m, quantity=3)
    BasketLineFactory(basket=shop.earlier, variant=shop.jacket_l, quantity=5)

    page = words(client.get("/panier/"))

    assert "En stock</span>" in page
    assert (
        "Dans les deux paniers, 2 ici et 3 là-bas\u202f: le panier en contiendrait 3, pas la somme"
    ) in page
    assert "Il n'en reste que 2\u202f: la quantité serait de 2" in page


def test_a_guest_s_basket_is_the_person_s_and_is_hidden_after_signing_out(client):
    shop = small_shop()
    shop.camille = member()
    add(client, shop.jacket_m, 2)

    sign_in(client)

    assert held(shop) == {"VESTE-M": 2}
    assert "ancien panier" not in words(client.get("/panier/"))
    client.post("/compte/logout/")
    assert "Veste imperméable" not in words(client.get("/panier/"))


def test_elsewhere_a_notice_says_so_until_the_choice(client):
    signed_in_with_two(client)

    first, again = words(client.get("/bandeau/")), words(client.get("/bandeau/"))
    client.post("/panier/ancien/", {"answer": "none"})

    assert "Votre ancien panier contient aussi des articles" in first
    assert "Votre ancien panier contient aussi" not in again
    assert "1 article d'un ancien panier attend votre choix" in again
    assert "attend votre choix" not in words(client.get("/bandeau/"))


@pytest.mark.parametrize("headers", [{}, IN_BASKET])
def test_all_join_and_the_choice_can_be_taken_back(client, headers):
    shop = signed_in_with_two(client)

    response = client.post("/panier/ancien/", {"answer": "all"}, **headers)

    assert response.status_code == (200 if headers else 302)
    assert held(shop) == {"VESTE-M": 2, "TASSE-1": 4}
    assert "1 article de votre ancien panier a été ajouté" in words(client.get("/panier/"))
    client.post("/panier/ancien/annuler/", **headers)
    assert held(shop) == {"VESTE-M": 2}
    assert "De votre ancien panier" in words(client.get("/panier/"))


def test_the_ticked_join_and_none_ticked_is_told(client):
    shop = signed_in_with_two(client)

    nothing = client.post("/panier/ancien/", {"answer": "ticked"}, **IN_BASKET)
    wrong = client.post("/panier/ancien/", {"answer": "ticked", "variant": "x"}, **IN_BASKET)
    foreign = client.post(
        "/panier/ancien/", {"answer": "ticked", "variant": shop.jacket_l.pk}, **IN_BASKET
    )

    assert (nothing.status_code, wrong.status_code, foreign.status_code) == (422, 404, 404)
    assert "Cochez au moins un article" in words(nothing)
    assert held(shop) == {"VESTE-M": 2}
    client.post("/panier/ancien/", {"answer": "ticked", "variant": shop.cup.pk})
    assert held(shop) == {"VESTE-M": 2, "TASSE-1": 4}


def test_what_is_kept_for_later_joins_or_is_forgotten(client):
    shop = signed_in_with_two(client)
    client.post("/panier/ancien/", {"answer": "none"})
    assert "Gardé pour plus tard (1" in words(client.get("/panier/"))

    client.post(f"/panier/plus-tard/{shop.cup.pk}/")

    assert held(shop) == {"VESTE-M": 2, "TASSE-1": 4}
    client.post("/panier/ancien/annuler/")
    client.post("/panier/ancien/", {"answer": "none"})
    page = client.post(f"/panier/plus-tard/{shop.cup.pk}/", {"answer": "forget"}, **IN_BASKET)
    assert "Tasse" not in words(page)


def test_a_second_tab_repeats_without_doubling_and_another_choice_is_refused(client):
    shop = signed_in_with_two(client)
    client.post("/panier/ancien/", {"answer": "all"}, **IN_BASKET)

    same = client.post("/panier/ancien/", {"answer": "all"}, **IN_BASKET)
    other = client.post("/panier/ancien/", {"answer": "none"}, **IN_BASKET)

    assert (same.status_code, other.status_code) == (200, 409)
    assert "Ce choix a déjà été fait" in words(other)
    assert held(shop) == {"VESTE-M": 2, "TASSE-1": 4}


def test_ordering_needs_no_choice_and_the_proposal_stays(client):
    shop = signed_in_with_two(client)

    page = to_payment(client, store=shop.lyon.pk)
    order_now(client, page)
    bank(client)

    assert "ne fait pas partie de cette commande" in words(page)
    order = Order.objects.get()
    assert [(line.sku, line.quantity) for line in order.lines.filter(kind="product")] == [
        ("VESTE-M", 2)
    ]
    assert "De votre ancien panier" in words(client.get("/panier/"))
    client.post("/panier/ancien/", {"answer": "all"})
    assert held(shop) == {"TASSE-1": 4}


def test_a_guest_has_no_earlier_basket(client):
    small_shop()

    for path in ("ancien/", "ancien/annuler/", "plus-tard/1/"):
        assert client.post(f"/panier/{path}", {"answer": "all"}).status_code == 404


def test_a_reminder_s_link_to_a_waiting_basket_leads_to_the_proposal(client):
    shop = signed_in_with_two(client)
    link = f"/panier/reprendre/{basket_link(shop.earlier)}/"

    assert client.get(link)["Location"] == "/panier/"
    client.post("/compte/logout/")
    assert client.get(link)["Location"].startswith("/compte/login/?next=/panier/")


def test_the_basket_page_with_a_proposal_takes_a_constant_number_of_statements(
    client, django_assert_max_num_queries
):
    shop = signed_in_with_two(client)
    client.get("/panier/")
    BasketLineFactory(basket=shop.earlier, variant=shop.jacket_l, quantity=1)
    BasketLineFactory(basket=shop.earlier, variant=shop.jacket_m, quantity=3)

    with django_assert_max_num_queries(24):
        client.get("/panier/")

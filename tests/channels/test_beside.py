"""What goes with it: on the product's page, in the basket, at the till."""

import pytest
import time_machine
from django.test import Client

from catalog.models import Recommendation
from tests.channels.storefront import add, small_shop
from tests.channels.till_desk import HTMX
from tests.factories import NOON, CustomerFactory, TillFactory, UserFactory
from tests.orders.flows import sold

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    with time_machine.travel(NOON, tick=False):
        site = small_shop()
        goes_with(site.jacket_m, site.cup)
        yield site


def goes_with(variant, other):
    Recommendation.objects.create(
        product=variant.product, other=other.product, kind="together", score=0.5, rank=1
    )


def test_the_products_page_proposes_what_is_bought_with_it(
    client, site, django_assert_max_num_queries, django_assert_num_queries
):
    assert "/produit/veste/avec/" in client.get("/produit/veste/").content.decode()
    with django_assert_max_num_queries(8):
        part = client.get("/produit/veste/avec/").content.decode()

    assert "Souvent achetés ensemble" in part
    assert "Tasse émaillée" in part
    with django_assert_num_queries(0):
        client.get("/produit/veste/avec/")
    assert client.get("/produit/nichts/avec/").status_code == 404


def test_what_lies_in_the_basket_is_not_proposed_beside_a_product(client, site):
    add(client, site.cup)

    answer = client.get("/produit/veste/avec/")

    assert "Tasse" not in answer.content.decode()
    assert answer["Cache-Control"] == "no-store, private"


def test_what_somebody_just_bought_in_a_shop_is_not_proposed_to_them(site):
    user = UserFactory()
    sold(TillFactory(store=site.lyon), (site.cup, 1), customer=CustomerFactory(user=user))
    signed_in = Client()
    signed_in.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")

    assert "Tasse" not in signed_in.get("/produit/veste/avec/").content.decode()
    assert "Tasse" in Client().get("/produit/veste/avec/").content.decode()


def test_the_basket_proposes_what_is_not_in_it(client, site):
    assert client.get("/panier/avec/").content.decode().strip() == ""
    add(client, site.jacket_m)

    assert "/panier/avec/" in client.get("/panier/").content.decode()
    assert "Tasse émaillée" in client.get("/panier/avec/").content.decode()

    add(client, site.cup)
    assert "Tasse" not in client.get("/panier/avec/").content.decode()


def test_the_till_proposes_from_its_own_shelves_after_the_lines_are_shown(
    shop, django_assert_max_num_queries
):  # fmt: skip
    bought, here, gone = shop.article(), shop.article(price=1500), shop.article(on_hand=0)
    for variant in (here, gone):
        variant.product.listed_prices = [1500]
        variant.product.save()
        Recommendation.objects.create(
            product=bought.product, other=variant.product, kind="together", score=0.5,
            rank=variant.pk,
        )  # fmt: skip
    with django_assert_max_num_queries(12):
        page = shop.post("/till/scan/", {"code": bought.sku}, **HTMX).content.decode()
    assert here.product.name not in page
    assert 'hx-get="/till/beside/"' in page

    with django_assert_max_num_queries(10):
        part = shop.get("/till/beside/").content.decode()

    assert here.product.name in part
    assert gone.product.name not in part
    assert part.count('name="code"') == 1

"""Promotions at the till: codes by scan, names on line and receipt, why not, member offers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.models import Price, Variant
from customers.models import CustomerGroup, Identity
from orders.models import Basket, BasketLine
from tests.factories import (
    LONG_AGO,
    AccountFactory,
    CouponFactory,
    CustomerFactory,
    PriceListFactory,
    PromotionFactory,
)

pytestmark = pytest.mark.django_db

PARTIAL = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "sale"}


def text(response):
    return response.content.decode().replace("\u00a0", " ").replace("\u202f", " ")


@pytest.fixture
def desk(shop):
    """The till of the fixtures with one article of 20.00."""
    shop.article(price=2000, sku="TASSE")
    return shop.client


def scan(client, code):
    return client.post("/till/scan/", {"code": code}, **PARTIAL)


def test_a_scanned_code_is_taken_and_named_and_dropped(desk):
    CouponFactory(code="BIENVENUE10", promotion__name="Bienvenue")
    scan(desk, "TASSE")

    page = text(scan(desk, "bienvenue10"))

    assert "−2,00 € · Bienvenue" in page
    assert "18,00 €" in page
    assert Basket.objects.get().coupons == ["BIENVENUE10"]
    page = text(desk.post("/till/code/drop/", {"code": "BIENVENUE10"}, **PARTIAL))
    assert "20,00 €" in page
    assert "Bienvenue" not in page


def test_a_refused_code_says_why_and_an_unknown_one_is_no_article(desk):
    CouponFactory(code="VIEUX", valid_to=timezone.now() - timedelta(days=1))
    scan(desk, "TASSE")

    refused, unknown = scan(desk, "VIEUX"), scan(desk, "0000000000")

    assert refused.status_code == 409
    assert "a expiré" in text(refused)
    assert "Aucun article ne porte le code" in text(unknown)
    assert Basket.objects.get().coupons == []


def test_a_code_without_a_sale_asks_for_an_article_first(desk):
    CouponFactory(code="BIENVENUE10")

    assert "d’abord un article" in text(scan(desk, "BIENVENUE10")).replace("'", "’")
    assert not Basket.objects.exists()


def test_every_offer_says_why_it_gives_nothing(desk):
    PromotionFactory(name="Membres", members=True)
    PromotionFactory(name="Sur le site", operation__channels=["web"])
    PromotionFactory(name="Dix pour cent")
    scan(desk, "TASSE")

    page = text(desk.get("/till/offers/"))

    assert "Dix pour cent" in page
    assert "canal" in page
    assert "clients connus" in page


def test_free_delivery_is_near_only_where_something_is_sent(desk):
    PromotionFactory(name="Port offert", kind="free_delivery", percent_bp=None, min_minor=3000)
    near = "Plus que 10,00 € pour « Port offert »"

    assert near not in text(scan(desk, "TASSE"))
    BasketLine.objects.update(handover="delivery")
    assert near in text(desk.get("/till/"))


def test_group_prices_and_member_offers_count_once_the_customer_is_known(desk):
    group = CustomerGroup.objects.create(code="clubs", name="Clubs")
    clubs = PriceListFactory(group="clubs")
    Price.objects.create(
        variant=Variant.objects.get(sku="TASSE"), price_list=clubs, amount_minor=1500,
        valid_from=LONG_AGO,
    )  # fmt: skip
    PromotionFactory(name="Membres", members=True)
    person = CustomerFactory()
    person.groups.add(group)
    AccountFactory(customer=person)
    Identity.objects.create(customer=person, kind="card", value="2900000000018")
    before = text(scan(desk, "TASSE"))

    after = text(scan(desk, "2900000000018"))

    assert "20,00 €" in before
    assert "13,50 €" in after  # 15.00, then ten per cent
    assert "Membres" in after

"""The API: products, availability, loyalty; refusals that machines can read."""

from datetime import timedelta

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from catalog.models import Attribute, AttributeValue, Price, Product
from customers.services.identities import add_card
from inventory.models import StockLocation
from loyalty.services.corrections import correct
from tests.factories import (
    LONG_AGO,
    NOON,
    AccountFactory,
    BrandFactory,
    CategoryFactory,
    CustomerFactory,
    DeliveryMethodFactory,
    StockLevelFactory,
    StoreFactory,
    UserFactory,
    VariantFactory,
    WarehouseFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def tent():
    blue = AttributeValue.objects.create(
        attribute=Attribute.objects.create(code="colour", name="Couleur"), code="blue", name="Bleu"
    )
    variant = VariantFactory(
        sku="TENT-1",
        gtin="3017620422003",
        price=12990,
        product__slug="tente",
        product__name="Tente",
        product__brand=BrandFactory(slug="alpee", name="Alpée"),
        product__category=CategoryFactory(slug="camp"),
    )
    variant.options.add(blue)
    return variant


# --- Products -----------------------------------------------------------------------------------


def test_a_product_tells_its_articles_with_price_and_codes(client, tent):
    answer = client.get("/api/v1/products/tente/")
    assert answer.status_code == 200
    article = answer.json()["variants"][0]
    assert (article["sku"], article["gtin"]) == ("TENT-1", "3017620422003")
    assert article["options"] == [{"option": "Couleur", "value": "Bleu"}]
    assert article["price"]["amount_minor"] == 12990
    assert article["price"]["tax_bp"] == 2000


def test_a_cut_price_tells_its_reference(client, tent):
    now = timezone.now()
    Price.objects.filter(variant=tent).update(valid_to=now - timedelta(days=1))
    Price.objects.create(
        variant=tent,
        price_list=Price.objects.get(variant=tent).price_list,
        amount_minor=9990,
        valid_from=now - timedelta(days=1),
    )
    price = client.get("/api/v1/products/tente/").json()["variants"][0]["price"]
    assert (price["amount_minor"], price["reference_minor"]) == (9990, 12990)


def test_filters_and_pages(client, tent):
    other = VariantFactory(product__name="Gourde")
    child = CategoryFactory(slug="tentes", parent=tent.product.category)
    Product.objects.filter(pk=tent.product_id).update(category=child)
    for query, slugs in [
        ({}, {"tente", other.product.slug}),
        ({"category": "camp"}, {"tente"}),
        ({"category": "nothing"}, set()),
        ({"brand": "alpee"}, {"tente"}),
        ({"limit": 1}, {"tente"}),
        ({"limit": 1, "offset": 1}, {other.product.slug}),
        ({"limit": "x", "offset": "-1"}, {"tente", other.product.slug}),
    ]:
        found = client.get("/api/v1/products/", query).json()["results"]
        assert {row["slug"] for row in found} == slugs, query


def test_search_bears_a_typo_and_keeps_the_filters(client, tent):
    from catalog.services import refresh_search

    VariantFactory(product__name="Gourde")
    refresh_search()
    for words in ("tente", "alpee", "tentee"):
        found = client.get("/api/v1/products/", {"search": words, "brand": "alpee"})
        assert [row["slug"] for row in found.json()["results"]] == ["tente"]


@pytest.mark.parametrize("status", ["draft", "archived"])
def test_what_is_not_on_sale_is_not_there(client, tent, status):
    Product.objects.update(status=status)
    assert client.get("/api/v1/products/").json()["count"] == 0
    assert client.get("/api/v1/products/tente/").status_code == 404
    assert client.get("/api/v1/products/by-code/TENT-1/").status_code == 404
    assert client.get("/api/v1/availability/", {"sku": "TENT-1"}).status_code == 404


@pytest.mark.parametrize("code", ["TENT-1", "tent-1", "3017620422003", "03017620422003"])
def test_a_scanned_code_finds_its_product(client, tent, code):
    assert client.get(f"/api/v1/products/by-code/{code}/").json()["slug"] == "tente"


def test_the_list_takes_as_many_statements_for_one_as_for_twenty(
    client, tent, django_assert_max_num_queries
):
    with django_assert_max_num_queries(8):
        client.get("/api/v1/products/")
    for _each in range(20):
        VariantFactory(product__brand=BrandFactory()).options.add(*AttributeValue.objects.all())
    with django_assert_max_num_queries(8):
        assert client.get("/api/v1/products/").json()["count"] == 21


# --- Availability -------------------------------------------------------------------------------


def test_availability_of_a_list_in_every_store_and_for_delivery(
    client, tent, django_assert_max_num_queries
):
    here, there = StoreFactory(code="LYO"), StoreFactory(code="NAN")
    bottle = VariantFactory(sku="BOTTLE")
    StockLevelFactory(variant=tent, location=here.locations.get(), on_hand=2)
    StockLevelFactory(variant=bottle, location=there.locations.get(), on_hand=40)
    StockLevelFactory(variant=tent, location=WarehouseFactory(), on_hand=9)
    with django_assert_max_num_queries(4):
        answer = client.get("/api/v1/availability/", {"sku": ["TENT-1", "BOTTLE"]})
    first, second = answer.json()
    assert {row["store"]: (row["state"], row["units"]) for row in first["stores"]} == {
        "LYO": ("few", 2),
        "NAN": ("none", None),
    }
    assert first["delivery"]["state"] == "in_stock"
    assert {row["store"]: row["units"] for row in second["stores"]} == {"LYO": None, "NAN": None}
    assert second["delivery"]["state"] == "none"
    only = client.get("/api/v1/availability/", {"sku": "TENT-1", "store": "NAN"}).json()
    assert [row["store"] for row in only[0]["stores"]] == ["NAN"]
    assert StockLocation.objects.count() == 3


def test_each_article_is_there_now_by_a_day_or_not(client, tent, time_machine):
    time_machine.move_to(NOON, tick=False)
    here = StoreFactory(code="LYO")
    StockLevelFactory(variant=tent, location=here.locations.get(), on_hand=1)
    StockLevelFactory(variant=tent, location=WarehouseFactory(transfer_days=2), on_hand=2)
    DeliveryMethodFactory(working_days=3)

    def told(quantity):
        answer = client.get("/api/v1/availability/", {"sku": "TENT-1", "quantity": quantity})
        (row,) = answer.json()
        (store,) = row["stores"]
        sent = row["delivery"]
        return row["quantity"], store["status"], store["by"], sent["status"], sent["by"]

    # Tuesday noon: two working days to the store, three to the door.
    assert told(1) == (1, "now", None, "now", "2026-11-20")
    assert told(2) == (2, "later", "2026-11-19", "now", "2026-11-20")
    assert told(3) == (3, "later", "2026-11-19", "no", None)
    assert told(4) == (4, "no", None, "no", None)


def test_a_whole_basket_is_offered_as_at_checkout(
    client, tent, time_machine, django_assert_max_num_queries
):
    time_machine.move_to(NOON, tick=False)
    full, half = StoreFactory(code="LYO"), StoreFactory(code="NAN")
    bottle = VariantFactory(sku="BOTTLE")
    for store, units in ((full, 2), (half, 1)):
        StockLevelFactory(variant=tent, location=store.locations.get(), on_hand=units)
        StockLevelFactory(variant=bottle, location=store.locations.get(), on_hand=5)
    query = {"sku": ["TENT-1", "BOTTLE"], "quantity": [2, 1], "postcode": "44000"}

    with django_assert_max_num_queries(4):
        answer = client.get("/api/v1/availability/basket/", query).json()

    assert [(row["store"], row["status"], row["units"]) for row in answer["stores"]] == [
        ("LYO", "now", 3),
        ("NAN", "no", 2),
    ]
    assert answer["stores"][0]["wanted"] == 3
    assert answer["stores"][0]["ready_at"].startswith("2026-11-17T")
    assert answer["stores"][1]["ready_at"] is None
    assert answer["delivery"] == {"status": "no", "by": None}
    only = client.get("/api/v1/availability/basket/", query | {"store": "NAN"}).json()
    assert [row["store"] for row in only["stores"]] == ["NAN"]


@pytest.mark.parametrize(
    "query, status",
    [
        ({"sku": "TENT-1", "quantity": "0"}, 400),
        ({"sku": "TENT-1", "quantity": "1000"}, 400),
        ({"sku": "TENT-1", "quantity": "deux"}, 400),
        ({"sku": ["TENT-1", "TENT-1"], "quantity": ["1"]}, 400),
        ({}, 400),
        ({"sku": [f"S{n}" for n in range(51)]}, 400),
        ({"sku": "a\x00b"}, 400),
        ({"sku": "NOPE"}, 404),
        ({"sku": "TENT-1", "store": "NOPE"}, 404),
    ],
)
def test_odd_questions_get_an_answer_machines_can_read(client, tent, query, status):
    for address in ("/api/v1/availability/", "/api/v1/availability/basket/"):
        answer = client.get(address, query)
        assert answer.status_code == status
        assert answer.json()["errors"][0]["code"]


# --- Loyalty ------------------------------------------------------------------------------------


@pytest.fixture
def member():
    user = UserFactory()
    customer = CustomerFactory(user=user)
    AccountFactory(customer=customer)
    add_card(customer=customer, at=LONG_AGO)
    correct(
        customer_id=customer.pk, points=70, reason="Bienvenue", reference="R1", actor="user:1",
        at=timezone.now(),
    )  # fmt: skip
    return user


def test_a_member_reads_their_own_points_with_origin_and_expiry(client, member):
    other = AccountFactory()
    client.force_login(member)
    answer = client.get("/api/v1/me/loyalty/").json()
    assert (answer["spendable"], answer["pending"]) == (70, 0)
    assert answer["lots"][0]["origin"] == "Bienvenue"
    assert answer["value"] == {"amount_minor": 350, "currency": "EUR"}
    assert other.customer.number not in str(answer)


def test_points_are_for_the_member_alone(client):
    assert client.get("/api/v1/me/loyalty/").status_code in {401, 403}
    client.force_login(UserFactory())
    assert client.get("/api/v1/me/loyalty/").status_code == 403


# --- Refusals -----------------------------------------------------------------------------------

PATHS = [
    "/api/v1/products/", "/api/v1/products/tente/", "/api/v1/products/by-code/TENT-1/",
    "/api/v1/availability/?sku=TENT-1", "/api/v1/availability/basket/?sku=TENT-1",
    "/api/v1/me/loyalty/",
]  # fmt: skip
FIELDS = {
    "is_staff": True, "is_superuser": True, "price": 1, "amount_minor": 1, "status": "archived",
    "store": 1, "points": 9999, "balance": 9999, "spendable": 9999, "paid_at": "2026-01-01",
}  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_is_written_through_this_door(client, tent, member, path, method):
    """F-28: whatever fields a machine sends."""
    client.force_login(member)
    answer = getattr(client, method)(path, FIELDS, content_type="application/json")
    assert answer.status_code in {403, 405}
    member.refresh_from_db()
    tent.product.refresh_from_db()
    assert (member.is_staff, member.is_superuser) == (False, False)
    assert tent.product.status == "active"
    assert member.customer.loyalty.balance == 70
    assert Price.objects.get(variant=tent).amount_minor == 12990


def test_too_many_requests_are_told_when_to_come_back(client, tent, monkeypatch):
    from rest_framework.throttling import AnonRateThrottle

    monkeypatch.setattr(AnonRateThrottle, "THROTTLE_RATES", {"anon": "2/min"})
    answers = [client.get("/api/v1/products/tente/") for _each in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2]["Retry-After"]) > 0
    assert answers[2].json()["errors"][0]["code"] == "throttled"


def test_the_page_for_people_keeps_scripts_strict(client):
    page = client.get("/api/docs/")
    policy = page["Content-Security-Policy"]
    assert page.status_code == 200
    assert "script-src 'self';" in f"{policy};"
    script = client.get("/api/docs/", {"script": ""})
    assert "javascript" in script["Content-Type"]


# --- Against the schema -------------------------------------------------------------------------

schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", get_wsgi_application())


@pytest.fixture
def _one_connection():
    """Requests from outside Django's client would close the test's own connection."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.filterwarnings("default")
@pytest.mark.usefixtures("_one_connection", "tent")
@schema.parametrize()
@hypothesis.settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_breaks_the_api_and_every_answer_is_as_the_schema_says(case):
    case.call_and_validate(checks=(not_a_server_error, response_schema_conformance))

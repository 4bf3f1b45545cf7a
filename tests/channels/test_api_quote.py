"""The quote of the API: the same prices as everywhere, codes not guessed, people not named."""

import pytest
from django.core.cache import cache

from tests.factories import (
    CouponFactory,
    CustomerFactory,
    PromotionFactory,
    StaffFactory,
    StoreFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db

URL = "/api/v1/quote/"


@pytest.fixture(autouse=True)
def _fresh_throttle():
    cache.clear()


def ask(client, **body):
    return client.post(URL, body, content_type="application/json")


def test_a_basket_is_priced_with_what_applied_and_what_did_not(client, django_assert_num_queries):
    VariantFactory(sku="TASSE", price=2000)
    PromotionFactory(name="Dix pour cent")
    PromotionFactory(name="Dès 100", min_minor=10_000)
    CouponFactory(code="VIEUX", uses=1, used=1, promotion__name="Ancien")

    told = ask(client, lines=[{"sku": "TASSE", "quantity": 2}], codes=["vieux"])

    assert told.status_code == 200
    body = told.json()
    assert (body["undiscounted_minor"], body["total_minor"], body["tax_minor"]) == (4000, 3600, 600)
    assert [(one["name"], one["amount_minor"]) for one in body["applied"]] == [
        ("Dix pour cent", 400)
    ]
    assert {one["why"] for one in body["missed"]} == {"amount", "code_used_up"}
    with django_assert_num_queries(2):  # the articles, their prices
        ask(client, lines=[{"sku": "TASSE"}])


def test_a_customer_is_for_staff_alone(client):
    VariantFactory(sku="TASSE", price=2000)
    PromotionFactory(name="Première", first_order=True)
    person = CustomerFactory()

    assert ask(client, lines=[{"sku": "TASSE"}], customer=person.number).status_code == 403
    staff = StaffFactory()
    client.force_login(staff.user, backend="omnishop.network.backends.StaffBackend")
    told = ask(client, lines=[{"sku": "TASSE"}], customer=person.number)
    assert told.json()["total_minor"] == 1800


def test_a_store_has_its_own_operations(client):
    VariantFactory(sku="TASSE", price=2000)
    lyon, lille = StoreFactory(code="LYO"), StoreFactory(code="LIL")
    PromotionFactory(name="Ici").operation.stores.set([lyon])

    totals = [
        ask(client, lines=[{"sku": "TASSE"}], store=code).json()["total_minor"]
        for code in (lyon.code, lille.code, "")
    ]

    assert totals == [1800, 2000, 2000]


@pytest.mark.parametrize(
    "body, status",
    [
        ({}, 400),
        ({"lines": []}, 400),
        ({"lines": [{"sku": "TASSE", "quantity": 0}]}, 400),
        ({"lines": [{"sku": "TASSE"}, {"sku": "TASSE"}]}, 400),
        ({"lines": [{"sku": "RIEN"}]}, 404),
        ({"lines": [{"sku": "TASSE"}], "store": "RIEN"}, 404),
        ({"lines": [{"sku": "TASSE"}], "codes": ["X"] * 9}, 400),
    ],
)
def test_a_wrong_question_is_refused(client, body, status):
    VariantFactory(sku="TASSE", price=2000)
    assert ask(client, **body).status_code == status


def test_codes_are_not_guessed(client):
    VariantFactory(sku="TASSE", price=2000)
    answers = [
        ask(client, lines=[{"sku": "TASSE"}], codes=[f"X{n}"]).status_code for n in range(32)
    ]
    assert answers == [200] * 30 + [429] * 2

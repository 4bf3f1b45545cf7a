"""The service desk: does my shop take part, and why not (UX V3); who may ask."""

import pytest
from django.test import Client

from tests.factories import (
    CouponFactory,
    CustomerFactory,
    PromotionFactory,
    StaffFactory,
    StoreFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db

PAGE = "/care/participation/"


def text(response):
    return response.content.decode().replace("\u00a0", " ").replace("\u202f", " ")


@pytest.fixture
def desk(settings):
    settings.STAFF_MFA_REQUIRED = False
    client = Client()
    staff = StaffFactory(role="service", all_stores=True)
    client.force_login(staff.user, backend="omnishop.network.backends.StaffBackend")
    return client


def test_a_scanned_article_is_answered_with_reasons_and_the_nearest_participating_stores(
    desk, django_assert_max_num_queries
):
    lille = StoreFactory(code="LIL", name="Lille", latitude=50.63, longitude=3.06)
    lyon = StoreFactory(code="LYO", name="Lyon", latitude=45.76, longitude=4.85)
    annecy = StoreFactory(code="ANC", name="Annecy", latitude=45.9, longitude=6.12)
    tasse = VariantFactory(sku="TASSE", price=2000)
    local = PromotionFactory(name="Montagne −20 %", percent_bp=2000)
    local.operation.stores.set([lyon, annecy])
    PromotionFactory(name="Dix pour cent")
    PromotionFactory(name="Membres", members=True)

    here = text(desk.get(PAGE, {"words": "TASSE", "store": "LIL"}))
    with django_assert_max_num_queries(25):
        there = text(desk.get(PAGE, {"sku": tasse.sku, "quantity": "2", "store": "LYO"}))

    assert "Ce magasin ne participe pas." in here
    assert here.index("Lyon (") < here.index("Annecy (")  # nearest first, 558 and 594 km
    assert "18,00 €" in here
    assert "clients connus" in here
    assert "28,80 €" in there  # 2 × 20.00, then both
    assert lille.name in there


def test_a_known_customer_and_a_code_change_the_answer(desk):
    VariantFactory(sku="TASSE", price=2000)
    CouponFactory(code="BIENVENUE10", promotion__name="Bienvenue", promotion__first_order=True)
    person = CustomerFactory(last_name="Zebulon")

    found = text(desk.get(PAGE, {"sku": "TASSE", "who": "Zebul"}))
    answer = text(
        desk.get(PAGE, {"sku": "TASSE", "customer": person.number, "codes": "bienvenue10"})
    )

    assert f"customer={person.number}" in found
    assert "18,00 €" in answer
    assert "Bienvenue" in answer


@pytest.mark.parametrize(
    "query",
    [
        {"sku": ["TASSE"] * 40, "quantity": ["x", "-1", "99999"]},
        {"words": "\x00", "on": "2026-99-99", "customer": "x", "store": "x", "codes": "\x00"},
        {"words": "rien de tel", "on": "2030-01-01"},
    ],
)
def test_whatever_is_typed_is_no_error(desk, query):
    VariantFactory(sku="TASSE")
    assert desk.get(PAGE, query).status_code == 200


def test_it_is_for_service_and_managers(desk, settings):
    settings.STAFF_MFA_REQUIRED = False
    associate = StaffFactory(role="associate")
    client = Client()

    assert client.get(PAGE).status_code == 302
    client.force_login(associate.user, backend="omnishop.network.backends.StaffBackend")
    assert client.get(PAGE).status_code == 403
    assert desk.post(PAGE).status_code == 405

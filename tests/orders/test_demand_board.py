"""The board of what people wait for: counts for all staff, people for those allowed (P-8)."""

import pytest
import time_machine
from django.test import Client

from orders.models import StockAlert
from tests.factories import NOON, StaffFactory, StockLevelFactory, StoreFactory, VariantFactory

pytestmark = pytest.mark.django_db
BOARD = "/admin/orders/stockalert/demand/"


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False):
        yield


def staff(role, *stores, **fields):
    member = StaffFactory(role=role, stores=list(stores), **fields)
    client = Client()
    client.force_login(member.user, backend="omnishop.network.backends.StaffBackend")
    return client


def waits(variant, store, email):
    return StockAlert.objects.create(
        variant=variant, store=store, email=email, status="waiting", asked_at=NOON,
        confirmed_at=NOON, expires_at=NOON.replace(year=2027),
    )  # fmt: skip


def test_an_associate_sees_counts_of_their_store_and_nobodys_address():
    mine, other = StoreFactory(), StoreFactory()
    variant, elsewhere = VariantFactory(), VariantFactory()
    StockLevelFactory(variant=variant, location=mine.locations.get(), on_hand=0)
    for number in range(3):
        waits(variant, mine, f"p{number}@example.org")
    waits(elsewhere, other, "q@example.org")
    associate = staff("associate", mine)

    page = associate.get(BOARD).content.decode()

    assert variant.sku in page
    assert ">3<" in page
    assert elsewhere.sku not in page
    assert "p0@example.org" not in page
    assert associate.get("/admin/orders/stockalert/").status_code == 403
    assert Client().get(BOARD).status_code == 302


def test_a_manager_sees_the_people_of_their_store_and_of_no_other():
    mine, other = StoreFactory(), StoreFactory()
    variant = VariantFactory()
    waits(variant, mine, "mine@example.org")
    theirs = waits(variant, other, "theirs@example.org")
    manager = staff("store_manager", mine)

    page = manager.get("/admin/orders/stockalert/").content.decode()

    assert "mine@example.org" in page
    assert "theirs@example.org" not in page
    assert manager.get(f"/admin/orders/stockalert/{theirs.pk}/change/").status_code in (302, 404)

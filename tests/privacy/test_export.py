"""A person's copy: complete, over all records, theirs alone, gone after days (GDP-6)."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.core.files.storage import storages
from django.utils import timezone

from customers.models import Message
from omnishop.privacy.models import ExportRequest
from omnishop.privacy.services import clocks, exporting
from orders.models import Order
from tests.factories import NOON, CustomerFactory, StoreFactory
from tests.orders import flows
from tests.privacy.test_erasure import one_of_each

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _private(settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "private": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "private"},
        }
    }


def file_of(name):
    with storages["private"].open(name) as file:
        return file.read()


def made(who, at=NOON):
    request = exporting.ask(customer=who, source="account", actor="customer", at=at)
    assert exporting.make(request_id=request.pk, at=at)
    request.refresh_from_db()
    return request


def test_everything_of_all_records_is_in_the_copy_and_no_secret():
    who, (order, sold) = one_of_each()

    request = made(who)

    data = json.loads(file_of(request.json))
    text = json.dumps(data, ensure_ascii=False)
    tables = {section["table"] for section in data["data"]}
    assert {
        "customers.Customer", "customers.Identity", "customers.ConsentEvent", "customers.Message",
        "customers.Visit", "catalog.Review", "catalog.Question", "loyalty.PointsLot",
        "loyalty.PointsEntry", "orders.Order", "orders.OrderLine", "orders.Fulfilment",
        "orders.Payment", "orders.Basket", "orders.Withdrawal", "network.User",
    } <= tables  # fmt: skip
    assert order.number in text
    assert sold.number in text
    assert order.token not in text
    assert who.user.password not in text
    assert "Camille Martin" in text


def test_the_copy_can_be_read_on_paper():
    who, _orders = one_of_each()

    page = file_of(made(who).pdf)

    assert page.startswith(b"%PDF")
    assert len(page) > 3000


def test_what_went_to_an_address_that_was_not_proved_is_not_shown():
    store = StoreFactory()
    shop = flows.stocked(store)
    order = flows.paid(flows.Pickup(store_id=store.pk), (shop, 1))
    Order.objects.filter(pk=order.pk).update(customer=None)
    who = CustomerFactory(email="camille@example.org")
    assert order.number in json.dumps(exporting.everything(who.pk))

    who.identities.update(verified_at=None)

    assert order.number not in json.dumps(exporting.everything(who.pk))


def test_a_copy_is_fetched_by_its_link_noted_and_deleted_after_days(client):
    who, _orders = one_of_each()
    with time_machine.travel(NOON, tick=False):
        request = made(who)
        link = exporting.link(request)
        path = "/" + link.split("/", 3)[3]
        told = Message.objects.get(template="export_ready")
        assert told.context["copy"] == link
        page = client.get(path)
        assert page.status_code == 200
        assert page["Cache-Control"] == "no-store, private"
        assert client.get(f"{path}json/").status_code == 405  # nothing follows it by itself
        file = client.post(f"{path}json/")
        assert json.loads(b"".join(file.streaming_content))["customer"] == who.number
    request.refresh_from_db()
    assert (request.fetched, request.fetched_at) == (1, NOON)
    with time_machine.travel(NOON + timedelta(days=4), tick=False):
        assert client.get(path).status_code == 404
        assert client.post(f"{path}json/").status_code == 404
    stored = request.json
    clocks.run(at=NOON + timedelta(days=8), limit=10)

    request.refresh_from_db()
    assert (request.status, bool(request.json)) == ("deleted", False)
    assert not storages["private"].exists(stored)


def test_a_second_wish_before_the_first_is_made_is_the_same():
    who = CustomerFactory()

    first = exporting.ask(customer=who, source="account", actor="customer", at=NOON)
    assert exporting.ask(customer=who, source="staff", actor="user:1", at=NOON) == first
    assert exporting.make(request_id=first.pk, at=NOON)
    assert not exporting.make(request_id=first.pk, at=NOON)
    assert ExportRequest.objects.count() == 1
    assert mail.outbox == []
    assert timezone.is_aware(first.asked_at)

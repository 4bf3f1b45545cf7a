"""Staff see and do what their stores and roles allow (F-26); ledgers are read only."""

import json

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import reverse

from customers.models import Customer
from inventory.models import StockLevel, StockMovement
from omnishop.network.models import Store, Till
from orders.models import (
    Fulfilment,
    Order,
    OrderEvent,
    OrderLine,
    Payment,
    Receipt,
    Refund,
    Return,
)
from tests.back_office.registered import LEDGERS, url
from tests.factories import (
    StaffFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


OF_A_STORE = [
    Store, Till, StockLevel, StockMovement, Order, OrderLine, OrderEvent, Payment, Refund,
    Receipt, Return, Fulfilment,
]  # fmt: skip


def test_staff_of_a_see_nothing_of_b_in_any_list(client, a_and_b, subtests):
    a, b = a_and_b
    a.user.groups.add(Group.objects.get(name="Siège"))
    client.force_login(a.user)
    for model in OF_A_STORE:
        with subtests.test(model._meta.label):
            _sees_nothing_of(b, client, model)


def _sees_nothing_of(b, client, model):
    page = client.get(url(model))
    assert page.status_code == 200
    shown = {row.pk for row in page.context["cl"].result_list}
    theirs = {
        row.pk for row in admin.site._registry[model].get_queryset(_as(page.wsgi_request, b.user))
    }
    assert shown
    assert theirs
    assert not shown & theirs
    text = page.content.decode()
    assert b.sale.number not in text
    assert b.pickup.number not in text
    assert "Brest" not in text  # neither in rows, nor in the choices of filters
    for pk in theirs:
        assert client.get(url(model, "change", pk)).status_code == 302  # as for what is not there
    assert client.get(url(model, "change", 999_999)).status_code == 302


def _as(request, user):
    request.user = type(user).objects.get(pk=user.pk)
    return request


@pytest.mark.parametrize(
    "model, field, target",
    [("network", "till", "store"), ("customers", "customer", "home_store")],
)
def test_autocomplete_offers_own_stores_alone(client, a_and_b, model, field, target):
    a, _b = a_and_b
    head = Group.objects.get(name="Siège")
    a.user.groups.add(head)
    client.force_login(a.user)
    answer = client.get(
        reverse("admin:autocomplete"),
        {"app_label": model, "model_name": field, "field_name": target, "term": ""},
    )
    names = {row["text"] for row in json.loads(answer.content)["results"]}
    assert names == {"Annecy"}


def test_a_forged_store_in_a_form_is_refused(client, a_and_b):
    a, b = a_and_b
    a.user.groups.add(Group.objects.get(name="Siège"))
    client.force_login(a.user)
    answer = client.post(url(Till, "add"), {"store": b.store.pk, "number": 9, "active": "on"})
    assert answer.status_code == 200
    assert not Till.objects.filter(number=9).exists()


def test_filters_and_search_leak_no_count_of_the_other_store(client, a_and_b):
    a, b = a_and_b
    client.force_login(a.user)
    page = client.get(url(Order), {"store__id__exact": b.store.pk})
    assert page.context["cl"].result_count == 0
    assert client.get(url(Order), {"q": b.sale.number}).context["cl"].result_count == 0
    found = client.get(reverse("admin:search"), {"s": b.sale.number, "extended": 1})
    assert b.sale.number not in found.content.decode()


def test_actions_on_the_other_stores_rows_are_404(client, a_and_b):
    a, b = a_and_b
    client.force_login(a.user)
    before = b.level.on_hand
    for path in (
        reverse("admin:inventory_stocklevel_count", args=[b.level.pk]),
        reverse("admin:orders_order_cancel", args=[b.sale.pk]),
        reverse("admin:orders_fulfilment_ready", args=[b.pickup.fulfilments.get().pk]),
    ):
        assert client.post(path, {"counted": 0, "reason": "x", "key": "k"}).status_code == 404
    b.level.refresh_from_db()
    assert b.level.on_hand == before


def test_customers_are_everyones(client, a_and_b):
    a, _b = a_and_b
    client.force_login(a.user)
    numbers = {row.number for row in client.get(url(Customer)).context["cl"].result_list}
    assert numbers == set(Customer.objects.values_list("number", flat=True))


def test_a_role_brings_its_permissions_without_anything_to_keep_in_step():
    associate = StaffFactory(role="associate").user
    office_worker = StaffFactory(role="head_office").user
    shopper = UserFactory()
    assert associate.has_perm("orders.view_order")
    assert associate.has_perm("orders.change_fulfilment")
    assert not associate.has_perm("inventory.change_stocklevel")
    assert not associate.has_perm("network.view_user")
    assert office_worker.has_perm("catalog.change_product")
    assert not shopper.has_perm("orders.view_order")


def test_head_office_cannot_make_itself_superuser(client):
    worker = StaffFactory(role="head_office", all_stores=True).user
    client.force_login(worker)
    client.post(
        reverse("admin:network_user_change", args=[worker.pk]),
        {"email": worker.email, "is_active": "on", "is_staff": "on", "is_superuser": "on"},
    )
    worker.refresh_from_db()
    assert not worker.is_superuser


def test_ledgers_are_read_and_never_written(office, a_and_b, subtests):
    for model in LEDGERS:
        with subtests.test(model._meta.label):
            _is_read_only(office, model)


def _is_read_only(office, model):
    assert office.get(url(model, "add")).status_code == 403
    assert office.post(url(model, "add"), {}).status_code == 403
    row = model._default_manager.order_by("-pk").first()
    if row is None:
        return
    assert office.post(url(model, "change", row.pk), {"delta": "99"}).status_code == 403
    assert office.post(url(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    answer = office.post(
        url(model), {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    )
    assert answer.status_code in {302, 200, 403}
    assert model._default_manager.filter(pk=row.pk).exists()

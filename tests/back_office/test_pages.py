"""Every page of the back office opens and says what it is about."""

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse
from django.utils import translation

from customers.models import Message
from inventory.models import StockLevel
from loyalty.models import Account
from orders.models import (
    Order,
    OrderEvent,
)
from tests.back_office.registered import LEDGERS, OURS, REGISTERED, url
from tests.factories import (
    NOON,
)

pytestmark = pytest.mark.django_db


def test_every_list_form_and_search_opens(office, a_and_b, subtests):
    for model in REGISTERED:
        with subtests.test(model._meta.label):
            assert office.get(url(model)).status_code == 200
            assert office.get(url(model), {"q": "O-0000001 é 10%"}).status_code in {200, 302}
            first = model._default_manager.order_by("-pk").first()
            if first:
                assert office.get(url(model, "change", first.pk)).status_code == 200
            written_by_services = model in LEDGERS or model in {StockLevel, Account}
            adding = office.get(url(model, "add"))
            assert adding.status_code == (403 if written_by_services else 200)


def test_every_page_and_file_beside_a_list_opens(office, a_and_b, subtests):
    for model in REGISTERED:
        for page in admin.site._registry[model].actions_list:
            with subtests.test(model._meta.label, page=page):
                assert office.get(url(model, page)).status_code in {200, 302}


def test_every_model_of_the_house_has_a_page():
    within_their_owners_page = {
        *("catalog.Assortment", "catalog.BundleItem", "catalog.Document", "catalog.ImportRow"),
        *("catalog.Picture", "catalog.PictureSource", "catalog.ProductAttribute"),
        *("catalog.RelatedProduct", "catalog.VariableArticle", "catalog.Video"),
        *("catalog.ImportDifference", "catalog.ImportMapping", "customers.CustomerFileRow"),
        "catalog.SearchWord",
        *("inventory.CountLine", "inventory.PurchaseOrderLine", "inventory.StoreLocation"),
        *("inventory.TransferLine", "orders.BasketLine", "orders.ReturnLine"),
        *("orders.DiscountShare", "catalog.BookVersion"),  # the latter is a token, not a thing
        # The service desk and the reports have pages of their own for these.
        *("customers.Case", "customers.CaseAttachment", "customers.CaseEntry", "customers.Visit"),
        *("orders.Segment", "orders.SegmentExport", "orders.SegmentSnapshot"),
        *("orders.SnapshotMember", "orders.GroupChange", "orders.CustomerValue"),
        # Hashes, carriers' keys, and what becomes a consent once its sale is paid.
        *("customers.MatchKey", "customers.ImportedCustomer", "customers.SaleNotice"),
        "customers.ReceivedStop",
    }
    missing = {
        model._meta.label
        for label in OURS - {"django_celery_beat"}
        for model in apps.get_app_config(label).get_models()
        if model not in admin.site._registry
    }
    assert missing == within_their_owners_page


def test_the_first_page_and_the_palette_open(office, a_and_b):
    a, _b = a_and_b
    page = office.get(reverse("admin:index"))
    assert page.status_code == 200
    found = office.get(reverse("admin:search"), {"s": a.sale.number, "extended": 1})
    assert a.sale.number in found.content.decode()
    assert "unsafe-eval" in page["Content-Security-Policy"]


def test_the_shop_keeps_the_strict_policy(client):
    page = client.get("/api/schema/")
    assert "unsafe" not in page["Content-Security-Policy"]


def test_a_mail_is_shown_as_its_reader_sees_it_and_can_run_nothing(office, a_and_b):
    message = Message.objects.filter(template="order_placed").first()
    body = office.get(reverse("admin:customers_message_body", args=[message.pk]))
    policy = body["Content-Security-Policy"]
    assert body.status_code == 200
    assert "sandbox" in policy
    assert "unsafe-eval" not in policy
    assert body["X-Frame-Options"] == "SAMEORIGIN"


def test_a_field_without_words_of_its_own_is_named_in_the_readers_language():
    with translation.override("fr"):
        told = [
            str(OrderEvent._meta.get_field("order").verbose_name),
            str(StockLevel._meta.get_field("variant").verbose_name),
        ]

    assert told == ["commande", "article"]
    assert OrderEvent._meta.get_field("order").deconstruct()[3].get("verbose_name") is None


def test_what_happened_to_an_order_is_told_in_words(office, a_and_b):
    made = Order.objects.first()
    OrderEvent.objects.create(order=made, kind="no_show", actor="task", at=NOON)

    page = office.get(reverse("admin:orders_orderevent_changelist")).content.decode()

    assert "non retirée" in page
    assert "no_show" not in page


@pytest.mark.parametrize("key", ["abc", "1.5", "\x00"])
def test_a_form_is_not_filled_with_a_key_that_no_row_can_have(office, a_and_b, key):
    page = office.get(reverse("admin:catalog_promotion_add"), {"operation": key})

    assert page.status_code == 200
    assert page.context["adminform"].form.initial.get("operation") is None


def test_a_question_says_what_it_is_about_and_its_two_buttons_differ(client, a_and_b):
    """ "Cancel" beside "Cancel" would be a press in the dark."""
    a, _b = a_and_b
    client.force_login(a.user)

    page = client.get(reverse("admin:orders_order_cancel", args=[a.pickup.pk])).content.decode()

    assert re.search(r"<h2[^>]*>Annuler le reste de cette commande</h2>", page)
    assert len(re.findall(r">\s*Annuler\s*<", page)) == 1
    assert re.search(r">\s*Revenir sans rien faire\s*</a>", page)

"""Packs with a label of the scale on the till's pages (STD-1, UX T3, T7)."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog import gs1
from catalog.models import VariableArticle, VariableCode
from customers.models import Message
from customers.services.messages import send
from orders.models import Basket, Order
from tests.channels.till_desk import HTMX, Shop, statements
from tests.factories import NOON

SCAN = "/till/scan/"
LINE = "/till/line/"
PRICED = gs1.Layout("21", 5, 4, "price", 2, value_checked=True)
WEIGHED = gs1.Layout("28", 5, 5, "weight", 3)


def priced(minor: int) -> str:
    return gs1.encode("12345", minor, PRICED)


def paid(shop: Shop, total: int) -> Order:
    """The sale under way, paid by card at the total on the screen."""
    assert shop.post("/till/pay/", {"total": total}).status_code == 302
    order = Order.objects.get()
    shop.post(f"/till/pay/{order.pk}/tender/", {"method": "card", "amount": "", "key": "k"})
    return order


@pytest.fixture
def cheese(shop: Shop) -> Any:
    """An article whose packs are labelled with their price."""
    variant = shop.article(price=1850, sku="COMTE", product__name="Comté")
    code = VariableCode.objects.create(
        prefix="21", name="Prix", item_digits=5, value_digits=4, value_checked=True
    )
    VariableArticle.objects.create(code=code, item_number="12345", variant=variant)
    return variant


def test_a_labelled_pack_is_a_line_of_its_own_with_its_own_price(shop, cheese):
    shop.post(SCAN, {"code": "COMTE"}, **HTMX)
    answer = shop.post(SCAN, {"code": priced(2875)}, **HTMX)

    body = answer.content.decode()
    assert answer.status_code == 200
    assert f'id="row-{cheese.pk}"' in body
    assert f'class="sale-row is-added" id="row-{cheese.pk}-{priced(2875)}"' in body
    assert body.count("is-added") == 1
    assert "28,75\u00a0€" in body
    assert "47,25\u00a0€" in body  # with the one at 18.50
    assert f'href="/till/void/{cheese.pk}/?label={priced(2875)}"' in body
    assert f'href="/till/order/{cheese.pk}/?' not in body  # a pack leaves now
    assert body.count("data-row-order") == 1


def test_a_label_read_badly_is_said_and_nothing_is_sold(shop, cheese):
    code = priced(2875)
    wrong = code[:7] + str((int(code[7]) + 1) % 10) + code[8:12]

    answer = shop.post(SCAN, {"code": wrong + gs1.ean.calc_check_digit(wrong)}, **HTMX)

    assert (answer.status_code, answer.headers["X-Refusal"]) == (409, "weighed")
    assert "mal lue" in answer.content.decode()
    assert not Basket.objects.filter(lines__isnull=False).exists()


def test_a_scanned_label_takes_six_statements(shop, cheese):
    taken = []
    for minor in (2875, 315, 499, 315):
        with CaptureQueriesContext(connection) as queries:
            answer = shop.post(SCAN, {"code": priced(minor)}, **HTMX)
        assert answer.status_code == 200
        taken.append(len(statements(queries)))

    assert taken == [8, 6, 6, 6]


def test_more_of_a_pack_is_set_on_its_line_and_fewer_are_approved(shop, cheese):
    label = priced(2875)
    shop.post(SCAN, {"code": label}, **HTMX)
    shop.post(SCAN, {"code": "COMTE"}, **HTMX)
    asked = {"variant_id": cheese.pk, "label": label}

    shop.post(LINE, asked | {"quantity": 3}, **HTMX)
    fewer = shop.post(LINE, asked | {"quantity": 1}, **HTMX)

    page = f"/till/void/{cheese.pk}/?left=1&label={label}"
    assert fewer.headers["HX-Redirect"] == page
    assert "Comté" in shop.get(page).content.decode()
    shop.post(page, shop.approved())
    basket = Basket.objects.get()
    assert sorted(basket.lines.values_list("label", "quantity")) == [("", 1), (label, 1)]
    shop.post(f"/till/void/{cheese.pk}/?label={label}", shop.approved())
    assert list(basket.lines.values_list("label", "quantity")) == [("", 1)]
    assert shop.get(f"/till/void/{cheese.pk}/?label={label}").status_code == 404


def test_a_discount_is_given_on_the_pack_alone(shop, cheese):
    label = priced(315)
    shop.post(SCAN, {"code": label}, **HTMX)
    shop.post(SCAN, {"code": "COMTE"}, **HTMX)
    page = f"/till/discount/{cheese.pk}/?label={label}"

    assert "3,15\u00a0€" in shop.get(page).content.decode()
    assert shop.post(page, shop.approved(amount="3,16")).status_code == 422
    assert shop.post(page, shop.approved(amount="1")).status_code == 302

    lines = Basket.objects.get().lines
    assert sorted(lines.values_list("label", "discount_minor")) == [("", 0), (label, 100)]


def test_a_pack_is_paid_and_stands_on_the_receipt(shop, cheese):
    shop.post(SCAN, {"code": priced(2875)}, **HTMX)
    shop.post(SCAN, {"code": priced(315)}, **HTMX)

    order = paid(shop, 3190)

    body = shop.get(f"/till/receipt/{order.receipts.get().pk}/").content.decode()
    assert "1 × 28,75\u00a0€" in body
    assert "1 × 3,15\u00a0€" in body
    assert "31,90\u00a0€" in body


@pytest.fixture
def nuts(shop: Shop) -> Any:
    """An article that is priced by the kilogram, and a scale that prints weights."""
    variant = shop.article(
        price=1290, sku="MELANGE", product__name="Mélange", content=1000, measure="g"
    )
    code = VariableCode.objects.create(prefix="28", name="Poids", carries="weight", decimals=3)
    VariableArticle.objects.create(code=code, item_number="00042", variant=variant)
    return variant


def test_weight_and_price_per_kilogram_stand_wherever_the_pack_does(shop, nuts, mailoutbox):
    said = "0,482\u00a0kg × 12,90\u00a0€/kg"
    label = gs1.encode("00042", 482, WEIGHED)

    sold = shop.post(SCAN, {"code": label}, **HTMX).content.decode()

    assert said in sold
    assert "6,22\u00a0€" in sold
    assert said in shop.get(f"/till/void/{nuts.pk}/?label={label}").content.decode()
    assert said in shop.get(f"/till/discount/{nuts.pk}/?label={label}").content.decode()
    order = paid(shop, 622)
    receipt = order.receipts.get()
    assert said in shop.get(f"/till/receipt/{receipt.pk}/").content.decode()
    shop.post(f"/till/receipt/{receipt.pk}/send/", {"email": "camille@example.org"})
    send(message_id=Message.objects.get(template="receipt").pk, at=NOON)
    (mail,) = mailoutbox
    assert said in mail.body
    assert said in str(mail.alternatives[0][0]).replace("&nbsp;", "\u00a0")
    page = shop.client.get(reverse("storefront:order", args=[order.token])).content.decode()
    assert page.count(said) == 2  # the line, and its receipt
    back = shop.get(f"/till/return/{order.token}/").content.decode()
    assert said in back


def test_a_scanned_weight_takes_six_statements(shop, nuts):
    taken = []
    for grams in (482, 250, 482):
        with CaptureQueriesContext(connection) as queries:
            answer = shop.post(SCAN, {"code": gs1.encode("00042", grams, WEIGHED)}, **HTMX)
        assert answer.status_code == 200
        taken.append(len(statements(queries)))

    assert taken == [8, 6, 6]


def test_a_weight_of_what_is_not_priced_by_the_kilogram_says_so(shop, nuts):
    nuts.content = 250
    nuts.save()

    answer = shop.post(SCAN, {"code": gs1.encode("00042", 482, WEIGHED)}, **HTMX)

    assert (answer.status_code, answer.headers["X-Refusal"]) == (409, "weighed")
    assert "482 g" in answer.content.decode()
    assert not Basket.objects.exists()

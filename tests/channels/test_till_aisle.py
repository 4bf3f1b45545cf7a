"""Ordering at the till what the shop lacks: the line, for whom and where to, then payment (T5)."""

import pytest
from django.test import Client
from django.urls import reverse

from orders.models import Fulfilment, Order, Receipt, Refund
from orders.services import baskets, fulfilments
from tests.factories import (
    NOON,
    CustomerFactory,
    DeliveryMethodFactory,
    StockLevelFactory,
    StoreFactory,
    VariantFactory,
    WarehouseFactory,
)

ADDRESS = {"line1": "1 rue Haute", "postcode": "69001", "city": "Lyon"}
WHO = {"name": "Camille Martin", "email": "camille@example.org", "phone": ""}


@pytest.fixture
def warehouse(shop):
    return WarehouseFactory(transfer_days=2)


@pytest.fixture
def method(shop):
    return DeliveryMethodFactory(price_minor=490)


def elsewhere(place, on_hand=5, **fields):
    variant = VariantFactory(**fields)
    StockLevelFactory(variant=variant, location=place, on_hand=on_hand)
    return variant


def ordered(shop, variant, handover="delivery"):
    return shop.post(reverse("till:order_line", args=[variant.pk]), {"handover": handover})


def asked(shop, method, /, **changes):
    data = WHO | ADDRESS | {"method": method.pk, f"total-{method.pk}": 4490}
    return shop.post("/till/order/", data | changes)


def test_the_line_says_what_is_here_and_from_where_and_by_when_else(shop, warehouse, method):
    article = elsewhere(warehouse)
    shop.sale(article)

    sale = shop.get("/till/").content.decode()
    page = shop.get(reverse("till:order_line", args=[article.pk])).content.decode()

    assert f'href="/till/order/{article.pk}/"' in sale
    assert "0 ici" in page
    assert "4,90\u00a0€" in page
    assert "Ce magasin" in page
    assert "apporté sur place" in page
    assert "disabled" not in page


def test_what_can_be_had_nowhere_can_only_leave_now(shop, method):
    article = shop.article(on_hand=0)
    shop.sale(article)

    page = shop.get(reverse("till:order_line", args=[article.pk])).content.decode()

    assert page.count("disabled") == 2


def test_a_choice_that_is_none_and_a_line_that_is_not_there_are_refused(shop):
    article = shop.article()
    basket = shop.sale(article)

    assert ordered(shop, article, "by_drone").status_code == 422
    assert ordered(shop, VariantFactory()).status_code == 404
    assert basket.lines.get().handover == "take_away"


def test_a_sale_with_an_ordered_line_asks_for_whom_before_payment(shop, warehouse, method):
    here, sent = shop.article(price=2000), elsewhere(warehouse)
    shop.sale(here, sent)
    ordered(shop, sent)

    pay = shop.post("/till/pay/", {"total": "4000"})
    page = shop.get("/till/order/").content.decode()
    done = asked(shop, method)

    order = Order.objects.get()
    assert pay.headers["Location"] == "/till/order/"
    assert "44,90\u00a0€" in page
    assert done.headers["Location"] == reverse("till:payment", args=[order.pk])
    payment = shop.get(done.headers["Location"]).content.decode()
    assert payment.index("À emporter") < payment.index(here.product.name)
    assert payment.index("Commandé, livré") < payment.index(sent.product.name)
    assert "1 rue Haute" in payment
    assert shop.get("/till/order/").headers["Location"] == done.headers["Location"]


def test_the_receipt_page_shows_the_code_of_what_is_collected_later(shop, warehouse):
    here, kept = shop.article(), elsewhere(warehouse)
    shop.sale(here, kept)
    ordered(shop, kept, "pickup")
    shop.post("/till/order/", WHO | {"store": shop.store.pk, "total": 4000})
    order = Order.objects.get()

    paid = shop.post(reverse("till:tender", args=[order.pk]), {"key": "k", "method": "card"})

    receipt = Receipt.objects.get()
    assert paid.headers["Location"] == reverse("till:receipt", args=[receipt.pk])
    page = shop.get(paid.headers["Location"]).content.decode()
    assert f"code {order.fulfilments.get(kind='pickup').code}" in page
    assert receipt.total_minor == 4000
    theirs = Client().get(reverse("storefront:order", args=[order.token])).content.decode()
    assert f"Retrait à {shop.store.name}" in theirs  # the link of the mail


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"email": "", "phone": ""},
        {"email": "camille"},
        {"postcode": "6900"},
        {"line1": ""},
        {"method": "x"},
        {"method": "999999"},
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(shop, warehouse, method, changes):
    sent = elsewhere(warehouse)
    shop.sale(shop.article(), sent)
    ordered(shop, sent)

    page = asked(shop, method, **changes)

    assert page.status_code in (404, 422)
    assert "Lyon" in page.content.decode()
    assert not Order.objects.exists()


def test_a_total_that_changed_is_shown_again(shop, warehouse, method):
    sent = elsewhere(warehouse)
    shop.sale(shop.article(), sent)
    ordered(shop, sent)

    assert asked(shop, method, **{f"total-{method.pk}": 4000}).status_code == 409
    assert not Order.objects.exists()


def test_what_is_gone_is_named(shop, warehouse, method):
    sent = elsewhere(warehouse, on_hand=1, product__name="Tente Aubrac")
    basket = shop.sale(shop.article(), sent)
    ordered(shop, sent)
    baskets.set_quantity(basket_id=basket.pk, variant_id=sent.pk, quantity=2, at=NOON)

    page = asked(shop, method)

    assert page.status_code == 409
    assert "Tente Aubrac" in page.content.decode()


def test_a_known_customer_is_not_asked_twice(shop, warehouse, method):
    person = CustomerFactory(email="zoe@example.org", phone="+33639981234")
    sent = elsewhere(warehouse)
    shop.sale(sent, customer=person)
    ordered(shop, sent)

    page = shop.get("/till/order/").content.decode()

    assert 'value="zoe@example.org"' in page
    assert 'value="+33639981234"' in page


def test_without_an_ordered_line_there_is_nothing_to_ask(shop):
    shop.sale(shop.article())

    assert shop.get("/till/order/").headers["Location"] == "/till/"


def test_cash_of_what_was_cancelled_is_given_out_at_the_till_once(shop):
    other = StoreFactory()
    kept = elsewhere(other.locations.get())
    shop.sale(kept)
    ordered(shop, kept, "pickup")
    shop.post("/till/order/", WHO | {"store": other.pk, "total": 2000})
    order = Order.objects.get()
    shop.post(reverse("till:tender", args=[order.pk]), {"key": "k", "method": "cash"})
    waiting = Fulfilment.objects.get(kind="pickup")
    fulfilments.cancel(fulfilment_id=waiting.pk, reason="too late", actor="user:1", at=NOON)

    found = shop.get("/till/return/", {"number": order.number})
    page = shop.get(found.headers["Location"]).content.decode()
    given = shop.post(reverse("till:return_cash", args=[order.token]))
    again = shop.post(reverse("till:return_cash", args=[order.token]))

    assert "Espèces à rendre" in page
    assert "20,00\u00a0€" in page
    receipt = Receipt.objects.get(total_minor=-2000)
    assert given.headers["Location"] == reverse("till:receipt", args=[receipt.pk])
    assert (again.status_code, Refund.objects.get().status) == (422, "settled")

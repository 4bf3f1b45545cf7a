"""Payment and returns at the till: tenders, receipts, repeats, refusals (UX T10 to T13)."""

import pytest
from django.urls import reverse

from customers.models import Message
from loyalty import selectors as loyalty
from loyalty.services.corrections import correct
from orders.models import Basket, Channel, Order, Payment, Receipt, Refund, Return
from orders.services import baskets, till
from tests.factories import (
    NOON,
    AccountFactory,
    BasketFactory,
    BasketLineFactory,
    CustomerFactory,
    TillFactory,
)


def pay(shop, order, **data):
    data = {"key": "k", "method": "cash", "amount": ""} | data
    return shop.post(reverse("till:tender", args=[order.pk]), data)


def opened(shop, *articles, customer=None):
    shop.sale(*articles, customer=customer)
    shop.post("/till/pay/")
    return Order.objects.get()


def finished(shop, price=2000, **kwargs):
    order = opened(shop, shop.article(price=price), **kwargs)
    pay(shop, order, method="card")
    order.refresh_from_db()
    return order


def member(points):
    account = AccountFactory(customer=CustomerFactory())
    correct(
        customer_id=account.customer_id,
        points=points,
        reason="gift",
        reference="G",
        actor="u",
        at=NOON,
    )
    return account


# --- Payment ------------------------------------------------------------------------------------


def test_the_sale_is_paid_at_the_total_on_the_screen_or_shown_again(shop):
    basket = shop.sale(shop.article(price=2000))

    assert shop.post("/till/pay/", {"total": "1999"}).status_code == 409
    assert not Order.objects.exists()
    first = shop.post("/till/pay/", {"total": "2000"})
    again = shop.post("/till/pay/", {"total": "2000"})

    order = Order.objects.get()
    assert first.headers["Location"] == again.headers["Location"]
    assert first.headers["Location"] == reverse("till:payment", args=[order.pk])
    assert order.basket == basket


def test_an_empty_sale_is_not_paid(shop):
    assert shop.post("/till/pay/").status_code == 422
    shop.sale()
    assert shop.post("/till/pay/").status_code == 422
    assert not Order.objects.exists()


def test_cash_and_card_pay_together_and_change_is_shown(shop):
    order = opened(shop, shop.article(price=4990))

    first = pay(shop, order, method="card", amount="30", key="a")
    page = shop.get(first.headers["Location"]).content.decode()
    last = pay(shop, order, method="", note="5000", key="b")
    receipt = Receipt.objects.get()

    assert 'id="left">19,90\u00a0€' in page
    assert last.headers["Location"] == reverse("till:receipt", args=[receipt.pk])
    shown = shop.get(last.headers["Location"]).content.decode()
    assert 'id="change">30,10\u00a0€' in shown
    assert dict(order.payments.values_list("method", "captured_minor")) == {
        "terminal": 3000,
        "cash": 1990,
    }
    order.refresh_from_db()
    assert order.status == Order.Status.FULFILLED


def test_a_tender_sent_twice_is_taken_once(shop):
    order = opened(shop, shop.article(price=4990))

    for _ in range(2):
        pay(shop, order, amount="10", key="part")
    for _ in range(2):
        last = pay(shop, order, method="card", key="rest")

    assert list(order.payments.values_list("captured_minor", flat=True)) == [1000, 3990]
    assert last.headers["Location"] == reverse("till:receipt", args=[Receipt.objects.get().pk])
    assert Receipt.objects.count() == 1


def test_a_refused_card_leaves_the_other_tender(shop):
    order = opened(shop, shop.article(price=3013))
    pay(shop, order, amount="20", key="cash")

    refused = pay(shop, order, method="card", amount="5,13", key="card")

    assert refused.status_code == 409
    assert 'id="left">10,13\u00a0€' in refused.content.decode()
    assert order.payments.get(method="cash").captured_minor == 2000
    assert order.payments.get(method="terminal").captured_minor == 0
    assert not Receipt.objects.exists()


@pytest.mark.parametrize(
    "data",
    [
        {"amount": "-1"},
        {"amount": "0,001"},
        {"amount": "ten"},
        {"amount": "0"},
        {"note": "-500"},
        {"note": "1000000000000"},
        {"method": "cheque"},
        {"key": ""},
        {"method": "card", "amount": "20,01"},
        {"method": "points"},
    ],
)
def test_an_impossible_tender_takes_nothing(shop, data):
    order = opened(shop, shop.article(price=2000))

    assert pay(shop, order, **data).status_code == 422
    assert not order.payments.exists()


def test_cash_stops_at_what_the_law_allows(shop):
    order = opened(shop, shop.article(price=150_000))

    assert pay(shop, order).status_code == 422
    assert pay(shop, order, amount="1000").status_code == 302


def test_points_pay_a_part_once(shop):
    account = member(500)
    order = opened(shop, shop.article(price=5000), customer=account.customer)

    for _ in range(2):
        assert pay(shop, order, method="points", key="p").status_code == 302
    assert pay(shop, order, method="points", key="other").status_code == 422

    assert loyalty.balance(account.customer, at=NOON).spendable == 0
    assert order.payments.get().captured_minor == 500 * account.programme.point_value_minor


def test_cancelling_gives_each_tender_back_and_says_so(shop):
    account = member(500)
    order = opened(shop, shop.article(price=5000), customer=account.customer)
    pay(shop, order, amount="20", key="cash")
    pay(shop, order, method="points", key="points")
    url = reverse("till:cancel_payment", args=[order.pk])

    assert shop.post(url).headers["Location"] == "/till/"
    page = shop.get("/till/").content.decode()
    assert shop.post(url).status_code == 409  # twice gives nothing more

    order.refresh_from_db()
    assert order.status == Order.Status.CANCELLED
    assert "20,00\u00a0€" in page
    assert Refund.objects.count() == 2
    assert loyalty.balance(account.customer, at=NOON).spendable == 500
    assert Basket.objects.get().status == Basket.Status.OPEN


def test_a_paid_sale_is_not_cancelled(shop):
    order = finished(shop)

    answer = shop.post(reverse("till:cancel_payment", args=[order.pk]))

    assert answer.headers["Location"] == reverse("till:receipt", args=[Receipt.objects.get().pk])
    assert not Refund.objects.exists()


def test_finishing_with_something_left_is_refused_and_twice_is_once(shop):
    order = opened(shop, shop.article(price=2000))
    url = reverse("till:finish", args=[order.pk])
    assert shop.post(url).status_code == 422
    till.take_cash(order_id=order.pk, till=shop.till, tendered_minor=2000, key="x", at=NOON)

    first, again = shop.post(url), shop.post(url)

    assert first.headers["Location"] == again.headers["Location"]
    assert Receipt.objects.count() == 1


def test_a_gift_of_a_whole_line_is_finished_without_a_tender(shop):
    article = shop.article(price=2000)
    basket = shop.sale(article)
    baskets.discount(
        basket_id=basket.pk, variant_id=article.pk, amount_minor=2000, reason="gift", at=NOON
    )
    url = shop.post("/till/pay/").headers["Location"]

    assert reverse("till:finish", args=[Order.objects.get().pk]) in shop.get(url).content.decode()
    assert shop.post(reverse("till:finish", args=[Order.objects.get().pk])).status_code == 302
    assert Receipt.objects.get().total_minor == 0


def test_a_web_basket_finished_at_the_till_is_ordered(shop):
    person = CustomerFactory()
    basket = BasketFactory(customer=person)
    BasketLineFactory(basket=basket, variant=shop.article())
    shop.post("/till/customers/identify/", {"customer_id": person.pk})
    shop.post(reverse("till:open_basket", args=[basket.pk]))

    shop.post("/till/pay/")
    pay(shop, Order.objects.get(), method="card")

    basket.refresh_from_db()
    order = Order.objects.get()
    assert basket.status == Basket.Status.ORDERED
    assert (order.basket, order.channel, order.customer) == (basket, Channel.TILL, person)


# --- Receipt ------------------------------------------------------------------------------------


def test_the_receipt_goes_to_the_address_once_and_is_no_consent(shop):
    finished(shop)
    receipt = Receipt.objects.get()
    url = reverse("till:send_receipt", args=[receipt.pk])

    assert shop.post(url, {"email": "no address"}).status_code == 422
    assert shop.post(url, {"email": ""}).status_code == 422
    for _ in range(2):
        assert shop.post(url, {"email": "Camille@Example.org"}).status_code == 302

    assert Message.objects.get().to == "camille@example.org"
    assert shop.get("/till/receipt/last/").headers["Location"] == reverse(
        "till:receipt", args=[receipt.pk]
    )


def test_another_stores_receipt_is_not_there(shop):
    finished(shop)
    receipt = Receipt.objects.get()
    shop.till = TillFactory()
    shop.staff.stores.set([shop.till.store])
    shop.client = shop.sign_in(shop.staff, shop.till)

    assert shop.get(reverse("till:receipt", args=[receipt.pk])).status_code == 404
    url = reverse("till:send_receipt", args=[receipt.pk])
    assert shop.post(url, {"email": "a@example.org"}).status_code == 404
    assert shop.get("/till/receipt/last/").status_code == 404
    assert not Message.objects.exists()


# --- Return -------------------------------------------------------------------------------------


def asked(order, units=1, **kwargs):
    line = order.lines.get()
    return {f"line_{line.pk}": units, "reason": "too small", "disposition": "sellable"} | kwargs


def test_a_return_is_found_by_receipt_or_order_number_from_any_store(shop):
    order = finished(shop)
    place = reverse("till:return_order", args=[order.token])
    receipt = Receipt.objects.get()

    for number in (receipt.number, receipt.number.lower(), order.number):
        assert shop.get("/till/return/", {"number": number}).headers["Location"] == place
    unknown = shop.get("/till/return/", {"number": "O-9999999"})
    assert unknown.status_code == 404
    assert "O-9999999" in unknown.content.decode()
    for odd in ("S-1", "--", "a-b-c", "X-99999999-1"):
        assert shop.get("/till/return/", {"number": odd}).status_code == 404


def test_a_return_says_what_it_refunds_before_it_does_and_is_done_once(shop):
    account = member(0 + 10)
    order = finished(shop, price=2000, customer=account.customer)
    place = reverse("till:return_order", args=[order.token])
    assert shop.get(place).status_code == 200

    told = shop.get(place, asked(order)).content.decode()
    assert "20,00\u00a0€" in told
    assert not Return.objects.exists()
    for _ in range(2):
        done = shop.post(
            reverse("till:return_confirm", args=[order.token]), asked(order, key="one")
        )

    assert Return.objects.get().total_minor == 2000
    assert done.headers["Location"] == reverse(
        "till:receipt", args=[Receipt.objects.get(total_minor=-2000).pk]
    )
    assert "20,00\u00a0€" in shop.get(done.headers["Location"]).content.decode()
    assert "Return" not in shop.get(place).headers.get("Location", "")


@pytest.mark.parametrize(
    "change",
    [{"units": 0}, {"units": 2}, {"units": "-1"}, {"units": "0.5"}, {"units": "9" * 12},
     {"reason": ""}, {"disposition": "eaten"}],
)  # fmt: skip
def test_an_impossible_return_writes_nothing(shop, change):
    order = finished(shop)

    assert shop.get(reverse("till:return_order", args=[order.token]), asked(order, **change)
        ).status_code == 422  # fmt: skip
    answer = shop.post(
        reverse("till:return_confirm", args=[order.token]), asked(order, **change, key="one")
    )

    assert answer.status_code == 422
    assert not Return.objects.exists()
    assert shop.get(reverse("till:return_order", args=["x" * 22])).status_code == 404


def test_the_customers_own_purchases_are_offered(shop):
    person = CustomerFactory()
    order = finished(shop, customer=person)
    assert order.number not in shop.get("/till/return/").content.decode()

    shop.post("/till/customers/identify/", {"customer_id": person.pk})

    assert order.number in shop.get("/till/return/").content.decode()
    assert Payment.objects.count() == 1

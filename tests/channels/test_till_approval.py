"""Voids and discounts at the till: a reason and the PIN of somebody entitled (UX T7)."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from omnishop.network.services import PIN_TRIES, set_pin
from orders.models import Approval
from tests.channels.till_desk import HTMX, PIN
from tests.factories import NOON, CustomerFactory, StaffFactory, StoreFactory, VariantFactory

LINE = "/till/line/"
EMPTY = "/till/empty/"


def void(article, left=None):
    url = reverse("till:void", args=[article.pk])
    return url if left is None else f"{url}?left={left}"


def discount(article):
    return reverse("till:discount", args=[article.pk])


def lines(basket):
    return dict(basket.lines.values_list("variant_id", "quantity"))


def answers():
    return list(Approval.objects.order_by("pk").values_list("act", "answer"))


# --- What needs it ------------------------------------------------------------------------------


@pytest.mark.parametrize("quantity", [0, 2])
def test_units_that_were_scanned_do_not_go_without_an_approval(shop, quantity):
    article = shop.article()
    basket = shop.sale(article)
    basket.lines.update(quantity=3)

    swapped = shop.post(LINE, {"variant_id": article.pk, "quantity": quantity}, **HTMX)
    plain = shop.post(LINE, {"variant_id": article.pk, "quantity": quantity})

    assert swapped.headers["HX-Redirect"] == void(article, quantity)
    assert plain.headers["Location"] == void(article, quantity)
    assert lines(basket) == {article.pk: 3}
    assert not Approval.objects.exists()


def test_more_units_need_nobody(shop):
    article = shop.article()
    basket = shop.sale(article)

    assert shop.post(LINE, {"variant_id": article.pk, "quantity": 3}, **HTMX).status_code == 200
    assert lines(basket) == {article.pk: 3}
    assert not Approval.objects.exists()


def test_a_line_is_voided_once_by_who_may_and_the_row_says_all(shop):
    article = shop.article(price=2000, sku="VESTE-M", product__name="Veste")
    basket = shop.sale(article)

    assert shop.get(void(article)).status_code == 200
    assert shop.post(void(article), shop.approved()).headers["Location"] == "/till/"
    assert shop.post(void(article), shop.approved()).status_code == 404  # it is gone

    assert lines(basket) == {}
    row = Approval.objects.get()
    assert (row.act, row.answer, row.what) == ("void_line", "granted", "1 × Veste, VESTE-M")
    assert (row.amount_minor, row.reason, row.at) == (2000, "erreur de scan", NOON)
    assert (row.asked_by, row.approver) == (shop.staff.user, shop.manager.user)
    assert (row.till, row.basket) == (shop.till, basket)


def test_a_part_of_a_line_is_taken_off(shop):
    article = shop.article(price=2000)
    basket = shop.sale(article)
    basket.lines.update(quantity=5)

    assert shop.post(void(article, 2), shop.approved()).status_code == 302

    assert lines(basket) == {article.pk: 2}
    assert Approval.objects.values_list("act", "amount_minor").get() == ("void_units", 6000)


def test_voiding_the_sale_empties_it_and_forgets_the_customer(shop):
    basket = shop.sale(
        shop.article(price=2000), shop.article(price=500), customer=CustomerFactory()
    )

    assert shop.post(EMPTY, {"reason": "départ"}).status_code == 422
    assert basket.lines.count() == 2
    for _ in range(2):
        assert shop.post(EMPTY, shop.approved()).status_code == 302

    basket.refresh_from_db()
    assert (basket.lines.count(), basket.customer) == (0, None)
    assert Approval.objects.values_list("act", "amount_minor").get() == ("void_sale", 2500)


def test_a_discount_needs_reason_pin_and_no_more_than_the_price(shop):
    article = shop.article(price=2000)
    basket = shop.sale(article)
    url = discount(article)

    assert shop.get(url).status_code == 200
    for wrong in ({"amount": "5,00", "reason": " "}, {"amount": "20,01"}, {"amount": "beaucoup"}):
        assert shop.post(url, shop.approved(**wrong)).status_code == 422
    assert shop.post(url, shop.approved(amount="5,00", pin="")).status_code == 422
    assert basket.lines.get().discount_minor == 0
    assert not Approval.objects.exists()
    for _ in range(2):
        assert shop.post(url, shop.approved(amount="5,50 €")).status_code == 302
    line = basket.lines.get()
    assert (line.discount_minor, line.discount_reason) == (550, "erreur de scan")
    assert answers() == [("discount", "granted")]
    assert shop.post(url, {"amount": "0"}).status_code == 302  # taking it away needs nobody
    assert basket.lines.get().discount_minor == 0
    assert shop.get(discount(VariantFactory())).status_code == 404


# --- Who may ------------------------------------------------------------------------------------


def test_five_wrong_pins_lock_it_for_a_quarter_of_an_hour(shop):
    article = shop.article()
    basket = shop.sale(article)

    for _ in range(PIN_TRIES):
        assert shop.post(void(article), shop.approved(pin="1111")).status_code == 409
    locked = shop.post(void(article), shop.approved())

    assert locked.headers["X-Refusal"] == "pin_locked"
    assert lines(basket) == {article.pk: 1}
    assert answers() == 4 * [("void_line", "wrong_pin")] + 2 * [("void_line", "pin_locked")]
    with time_machine.travel(NOON + timedelta(minutes=15, seconds=1), tick=False):
        assert shop.post(void(article), shop.approved()).status_code == 302
    assert lines(basket) == {}


def test_a_right_pin_forgets_the_wrong_ones(shop):
    article = shop.article()
    shop.sale(article)
    for _ in range(PIN_TRIES - 1):
        shop.post(void(article), shop.approved(pin="1111"))

    shop.post(void(article), shop.approved())

    shop.manager.refresh_from_db()
    assert (shop.manager.pin_failures, shop.manager.pin_locked_until) == (0, None)


@pytest.mark.parametrize("who", ["associate", "elsewhere", "gone", "nobody"])
def test_who_is_not_entitled_here_approves_nothing(shop, who):
    article = shop.article()
    basket = shop.sale(article)
    member = {
        "associate": lambda: shop.staff,
        "elsewhere": lambda: StaffFactory(role="store_manager", stores=[StoreFactory()]),
        "gone": lambda: StaffFactory(
            role="store_manager", stores=[shop.store], user__is_active=False
        ),
        "nobody": lambda: None,
    }[who]()
    if member:
        set_pin(member=member, pin=PIN)

    answer = shop.post(void(article), shop.approved(approver=member.pk if member else ""))

    assert answer.status_code in (409, 422)
    assert lines(basket) == {article.pk: 1}
    assert not Approval.objects.filter(answer="granted").exists()


def test_the_manager_approves_with_the_own_pin_too(shop):
    article = shop.article()
    shop.sale(article)
    shop.client = shop.sign_in(shop.manager, shop.till)

    assert f'value="{shop.manager.pk}" selected' in shop.get(void(article)).content.decode()
    assert shop.post(void(article), shop.approved()).status_code == 302
    assert Approval.objects.get().asked_by == Approval.objects.get().approver


# --- One's own PIN ------------------------------------------------------------------------------


def new_pin(**fields):
    return {"password": "correct horse", "pin": "8264", "again": "8264"} | fields


def test_a_pin_is_set_by_who_knows_the_password(shop):
    shop.manager.user.set_password("correct horse")
    shop.manager.user.save()
    shop.client = shop.sign_in(shop.manager, shop.till)
    article = shop.article()
    shop.sale(article)

    for wrong in (
        {"password": "battery staple"},
        {"again": "8265"},
        *({"pin": pin, "again": pin} for pin in ("82", "1111", "1234", "82a4", "٨٢٦٤")),
    ):
        assert shop.post("/till/pin/", new_pin(**wrong)).status_code == 422
    assert shop.post("/till/pin/", new_pin()).status_code == 302

    assert shop.post(void(article), shop.approved(pin=PIN)).status_code == 409
    assert shop.post(void(article), shop.approved(pin="8264")).status_code == 302
    shop.manager.refresh_from_db()
    assert "8264" not in shop.manager.pin


def test_an_associate_has_no_pin_to_set(shop):
    page = shop.post("/till/pin/", new_pin())

    assert 'name="pin"' not in page.content.decode()
    shop.staff.refresh_from_db()
    assert shop.staff.pin == ""

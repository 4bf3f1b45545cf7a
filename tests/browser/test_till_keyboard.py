"""The till by keyboard and scanner alone (UX T1, T2, script 5), without a mouse."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import expect

from omnishop.channels.till.access import SESSION_KEY
from omnishop.network.services import set_pin
from orders.models import BasketLine, Order, Receipt
from orders.services import baskets
from tests.factories import NOON, StaffFactory, StockLevelFactory, TillFactory, VariantFactory

pytestmark = pytest.mark.django_db(transaction=True)

AZERTY = dict(zip("1234567890", "&é\"'(-è_çà", strict=True))
TYPE_AS_QWERTY_SCANNER_ON_AZERTY = """(keys) => {
  const target = document.activeElement ?? document.body
  const how = { bubbles: true, cancelable: true }
  for (const [key, code] of keys)
    target.dispatchEvent(new KeyboardEvent('keydown', { key, code, ...how }))
}"""


@pytest.fixture
def till() -> Any:
    return TillFactory(number=1)


@pytest.fixture
def at_till(open_page: Callable[..., Any], live_server: Any, till: Any) -> Callable[..., Any]:
    """A page of an associate at the till."""

    def open_one(**size: Any) -> Any:
        staff = StaffFactory(stores=[till.store])
        client = Client()
        client.force_login(staff.user, backend="omnishop.network.backends.StaffBackend")
        session = client.session
        session[SESSION_KEY] = till.pk
        session.save()
        page = open_page(**({"width": 1440, "height": 900} | size))
        page.context.add_cookies(
            [{"name": "sessionid", "value": client.cookies["sessionid"].value,
              "url": live_server.url}]
        )  # fmt: skip
        return page

    return open_one


def article(till: Any, **fields: Any) -> Any:
    variant = VariantFactory(**fields)
    StockLevelFactory(variant=variant, location=till.store.locations.get())
    return variant


def scan(page: Any, digits: str) -> None:
    keys = [[AZERTY[digit], f"Digit{digit}"] for digit in digits] + [["Enter", "Enter"]]
    page.evaluate(TYPE_AS_QWERTY_SCANNER_ON_AZERTY, keys)


def test_a_qwerty_scanner_works_on_an_azerty_till_whatever_has_focus(at_till, till):
    article(till, gtin="3017620422003", product__name="Gourde")
    page = at_till()
    page.goto("/till/")

    scan(page, "3017620422003")
    page.locator("#lines").get_by_text("Gourde").wait_for()
    page.locator("#who").focus()
    scan(page, "3017620422003")
    expect(page.locator("#lines .qty input")).to_have_value("2")
    assert page.locator("#who").input_value() == ""
    page.locator("[data-key=F4]").focus()  # its Enter would put the sale aside
    scan(page, "3017620422003")
    expect(page.locator("#lines .qty input")).to_have_value("3")
    assert BasketLine.objects.get().quantity == 3
    assert BasketLine.objects.get().basket.held_label == ""


def test_an_unknown_code_is_shown_and_the_next_scan_goes_on(at_till, till):
    article(till, gtin="3017620422003", product__name="Gourde")
    page = at_till()
    page.goto("/till/")

    scan(page, "4006381333931")
    page.locator("#refusal").wait_for()
    assert "4006381333931" in page.locator("#refusal").inner_text()
    scan(page, "3017620422003")
    page.locator("#lines").get_by_text("Gourde").wait_for()
    assert page.locator("#refusal").count() == 0


@pytest.mark.parametrize("code, total", [("3017620422003", "40,00"), ("4006381333931", None)])
def test_pay_pressed_before_the_scan_is_answered_waits_for_it(at_till, till, code, total):
    """What was scanned last is paid too; what was refused is read before anything is paid."""
    article(till, price=2000, gtin="3017620422003", product__name="Gourde")
    page = at_till()
    page.goto("/till/")
    scan(page, "3017620422003")
    page.locator("#lines").get_by_text("Gourde").wait_for()
    held: list[Any] = []
    page.route("**/till/scan/", lambda route: held.append(route))

    with page.expect_request("**/till/scan/"):
        scan(page, code)
    page.keyboard.press("F9")
    assert page.evaluate("location.pathname") == "/till/"
    held[0].continue_()

    if total:
        expect(page.locator("#tender")).to_be_visible()
        assert total in page.locator("main").inner_text()
    else:
        expect(page.locator("#refusal")).to_contain_text(code)
        expect(page.locator("#pay")).to_be_enabled()
        assert Order.objects.count() == 0


def test_fast_typing_is_not_lost(at_till):
    page = at_till()
    page.goto("/till/")

    page.locator("#who").focus()
    page.keyboard.type("ros")  # faster than any hand, but no Enter: three letters are no scan
    expect(page.locator("#who")).to_have_value("ros")


def test_the_set_up_page_learns_the_scanner(at_till):
    page = at_till()
    page.goto("/till/setup/")

    scan(page, page.locator("#scanner-test").get_attribute("data-test-code"))

    page.locator("#scanner-test[data-result=good]").wait_for()


def test_cash_and_card_after_ten_scans_take_at_most_35_keys(at_till, till):
    """F9, the cash, the rest by card, no receipt, and a new sale is open."""
    basket = baskets.start(at=NOON, channel="till", till=till)
    for _ in range(10):
        baskets.add(basket_id=basket.pk, variant_id=article(till).pk, quantity=1, at=NOON)
    page = at_till()
    page.goto("/till/")
    pressed = 0

    def press(*keys: str) -> None:
        nonlocal pressed
        for key in keys:
            pressed += 1
            page.keyboard.press(key)
            page.wait_for_timeout(60)  # a hand, not a scanner

    press("F9")
    page.wait_for_url("**/pay/*/")
    press("5", "0", "Tab", "Tab", "Enter")  # amount, past the card's button, cash
    expect(page.locator("#left")).to_contain_text("150,00")
    expect(page.locator("input:focus")).to_have_count(1)
    press("Enter")  # the card takes the rest
    page.wait_for_url("**/receipt/*/")
    press("Enter")  # no receipt
    page.wait_for_url("**/till/")

    order = Order.objects.get()
    assert order.status == Order.Status.FULFILLED
    assert dict(order.payments.values_list("method", "captured_minor")) == {
        "cash": 5000,
        "terminal": 15000,
    }
    assert Receipt.objects.count() == 1
    assert pressed <= 35
    assert page.locator("#total").inner_text().startswith("0,00")


def test_lines_are_chosen_voided_and_shortcuts_listed_by_keyboard(at_till, till):
    set_pin(member=StaffFactory(role="store_manager", stores=[till.store]), pin="2580")
    basket = baskets.start(at=NOON, channel="till", till=till)
    for name in ("Gourde", "Lampe"):
        one = article(till, product__name=name)
        baskets.add(basket_id=basket.pk, variant_id=one.pk, quantity=1, at=NOON)
    page = at_till()
    page.goto("/till/")

    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(60)
    page.keyboard.press("Delete")
    page.wait_for_url("**/void/*/")
    page.keyboard.type("erreur de scan", delay=60)
    page.keyboard.press("Tab")  # who approves it: the shop has one manager
    page.keyboard.press("Tab")
    page.keyboard.type("2580", delay=60)
    page.keyboard.press("Enter")
    page.wait_for_url("**/till/")
    expect(page.locator("[data-line]")).to_have_count(1)
    assert basket.lines.get().variant.product.name == "Lampe"
    page.keyboard.press("F8")
    page.wait_for_url("**/return/")
    page.keyboard.press("Escape")
    page.wait_for_url("**/till/")
    page.locator("#sale-title").evaluate("it => { it.tabIndex = -1; it.focus() }")
    page.keyboard.press("?")
    page.locator("#shortcuts[open]").wait_for()


@pytest.mark.parametrize(
    "path",
    [
        "",
        "held/",
        "customers/new/",
        "return/",
        "setup/",
        "choose/",
        "pin/",
        "empty/",
        "void/1/",
        "no/such/page/",
    ],
)
def test_pages_are_accessible_and_fit_a_phone(at_till, till, axe, no_sideways_scroll, path):
    basket = baskets.start(at=NOON, channel="till", till=till)
    one = article(till)
    baskets.add(basket_id=basket.pk, variant_id=one.pk, quantity=1, at=NOON)
    page = at_till(width=320, height=720)
    page.goto(f"/till/{path.replace('1', str(one.pk))}")
    page.wait_for_load_state("networkidle")

    axe(page)
    no_sideways_scroll(page)

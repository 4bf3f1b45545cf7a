"""Alerts and wish lists by keyboard: sold out → told when it is back; heart → list → shared."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from customers.models import Customer, Message
from inventory.models import StockLevel
from omnishop.channels.till.access import SESSION_KEY
from orders.models import StockAlert, WishItem, WishList
from orders.services import baskets, wishes
from tests.browser.test_shopper_keyboard import heard, tab_to
from tests.channels.storefront import small_shop
from tests.factories import (
    NOON,
    CustomerFactory,
    StaffFactory,
    StockLevelFactory,
    TillFactory,
    UserFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop() -> SimpleNamespace:
    return small_shop()


def sign_in(page: Page, url: str) -> Customer:
    user = UserFactory()
    person: Customer = CustomerFactory.create(user=user, first_name="Camille")
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": url}])
    return person


def test_sold_out_then_an_alert_by_keyboard(
    shop: Any, desktop_page: Page, phone_page: Page, axe: Any, no_sideways_scroll: Any
) -> None:
    StockLevel.objects.update(on_hand=0)
    page = desktop_page
    page.goto("/produit/veste/?sku=VESTE-M")
    axe(page)
    tab_to(page, page.locator("#alert-open"))
    page.keyboard.press("Enter")
    expect(page.locator("#alert-title")).to_be_focused()
    email = page.locator("#alert").get_by_label("Adresse e-mail")
    expect(email).to_be_visible()
    tab_to(page, page.locator("#alert-send"))
    page.keyboard.press("Enter")
    expect(page.locator("#alert [data-error-summary]")).to_be_focused()
    tab_to(page, page.locator("#alert").get_by_label("Adresse e-mail"))
    page.keyboard.type("lea@example.org")
    page.keyboard.press("Enter")
    expect(page.locator("#alert [data-focus]")).to_be_focused()
    heard(page, "le lien dans votre mail")
    axe(page)

    phone_page.goto(Message.objects.get().context["link"].replace(settings.SITE_URL, ""))
    axe(phone_page)
    no_sideways_scroll(phone_page)
    tab_to(phone_page, phone_page.get_by_role("button", name="Confirmer mon alerte"))
    phone_page.keyboard.press("Enter")
    expect(phone_page.locator("h1")).to_have_text("Votre alerte est en place")
    assert StockAlert.objects.get().status == "waiting"


def test_heart_then_list_then_shared_by_keyboard(
    shop: Any,
    desktop_page: Page,
    phone_page: Page,
    live_server: Any,
    axe: Any,
    no_sideways_scroll: Any,
) -> None:
    page = desktop_page
    sign_in(page, live_server.url)
    page.goto("/rayon/randonnee/")
    heart = page.locator('[data-wish="tasse"]')
    expect(page.locator("[data-wished]")).to_be_attached()
    axe(page)
    tab_to(page, heart)
    page.keyboard.press("Enter")
    expect(heart).to_have_class(re.compile("is-wished"))
    heard(page, "Dans vos envies")
    expect(heart).to_have_attribute("aria-label", re.compile("retirer"))
    page.goto("/produit/tasse/")
    heart = page.locator("#heart")
    expect(heart).to_have_class(re.compile("is-wished"))

    page.goto("/mon-compte/envies/")
    axe(page)
    tab_to(page, page.get_by_role("button", name="Créer un lien"))
    page.keyboard.press("Enter")
    expect(page.locator("#share-link")).to_be_visible()
    link = page.locator("#share-link").input_value()
    axe(page)

    phone_page.goto(link)
    expect(phone_page.locator("h1")).to_have_text("Mes envies")
    axe(phone_page)
    no_sideways_scroll(phone_page)
    tab_to(phone_page, phone_page.get_by_role("button", name=re.compile("Je l’achète")))
    phone_page.keyboard.press("Enter")
    expect(phone_page.get_by_text("1 en cours d’achat")).to_be_visible()
    assert WishItem.objects.get().taken == 1
    assert WishList.objects.get().shown_name == "Camille"


def test_the_till_adds_a_wish_by_keyboard_and_staff_see_what_people_wait_for(
    open_page: Any, live_server: Any, axe: Any
) -> None:
    till, person = TillFactory.create(number=1), CustomerFactory.create()
    wish, gone = (VariantFactory.create(product__name=name) for name in ("Gourde", "Tente"))
    place = till.store.locations.get()
    for variant, units in ((wish, 3), (gone, 0)):
        StockLevelFactory(variant=variant, location=place, on_hand=units)
        wishes.add(customer=person, product_id=variant.product_id, variant_id=variant.pk, at=NOON)
    basket = baskets.start(at=NOON, channel="till", till=till)
    baskets.identify(basket_id=basket.pk, customer=person)
    StockAlert.objects.create(
        variant=gone, store=till.store, email="lea@example.org", status="waiting", asked_at=NOON,
        confirmed_at=NOON, expires_at=NOON.replace(year=2099),
    )  # fmt: skip
    staff, client = StaffFactory.create(stores=[till.store]), Client()
    client.force_login(staff.user, backend="omnishop.network.backends.StaffBackend")
    session = client.session
    session[SESSION_KEY] = till.pk
    session.save()
    page = open_page(width=1440, height=900)
    value = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": value, "url": live_server.url}])

    page.goto("/till/")
    tab_to(page, page.locator("#wishes summary"))
    page.keyboard.press("Enter")
    axe(page)
    tab_to(page, page.locator("#wishes").get_by_role("button", name=re.compile("Gourde")))
    page.keyboard.press("Enter")
    expect(page.locator("#lines")).to_contain_text("Gourde")

    page.goto("/admin/orders/stockalert/demand/")
    expect(page.locator("tbody tr")).to_have_count(1)
    axe(page)

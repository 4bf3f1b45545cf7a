"""The desk in the browser: a case through three channels, an order by telephone (issue 5)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from catalog.services import refresh_search
from customers.models import Case, Message
from omnishop.network.models import User
from orders.models import Order
from tests.factories import (
    CustomerFactory,
    ProductFactory,
    StaffFactory,
    StockLevelFactory,
    StoreFactory,
    UserFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 390, "height": 844, "phone": True}
DESK = {"width": 1440, "height": 900}


@pytest.fixture
def signed_in(open_page: Callable[..., Page], live_server: Any) -> Callable[..., Page]:
    """A page of somebody who is signed in."""

    def open_one(user: User, **size: Any) -> Page:
        client = Client()
        client.force_login(user, backend="omnishop.network.backends.StaffBackend")
        page = open_page(**size)
        cookie = client.cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        return page

    return open_one


def test_a_case_goes_from_the_site_to_the_telephone_to_the_shop(signed_in, axe, no_sideways_scroll):
    store = StoreFactory(name="Lyon Part-Dieu", opening_hours="24/7")
    camille = CustomerFactory(
        email="camille@example.org", user=UserFactory(email="camille@example.org"),
        first_name="Camille", last_name="Zebulon",
    )  # fmt: skip
    agent = StaffFactory(role="service", all_stores=True, user__first_name="Sofia").user
    seller = StaffFactory(role="associate", stores=[store], user__first_name="Léo").user

    # On the site.
    phone = signed_in(camille.user, **PHONE)
    phone.goto("/contact/")
    axe(phone)
    phone.get_by_label("Objet").fill("Réchaud qui fuit")
    phone.get_by_label("Votre message").fill("Il fuit au raccord.")
    phone.get_by_role("button", name="Envoyer").click()
    expect(phone.locator("h1")).to_have_text("Réchaud qui fuit")
    axe(phone)
    no_sideways_scroll(phone)
    case = Case.objects.get()

    # By telephone: found by name with the keyboard alone, noted, handed to the shop.
    desk = signed_in(agent, **DESK)
    desk.goto("/care/")
    axe(desk)
    expect(desk.locator("#q")).to_be_focused()
    desk.keyboard.type("Zebul")
    expect(desk.get_by_role("option")).to_have_count(1)
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    expect(desk.locator("h1")).to_have_text("Camille Zebulon")
    axe(desk)
    desk.get_by_role("region", name="Demandes").get_by_role("link").click()
    expect(desk.locator("h1")).to_have_text("Réchaud qui fuit")
    desk.get_by_label("De quoi il s’agit").select_option("phone")
    desk.get_by_role("textbox", name="Ce qui a été dit").fill(
        "Appelée : ne plus l’utiliser, venir à Lyon."
    )
    desk.get_by_role("button", name="Noter").click()
    expect(desk.get_by_text("ne plus l’utiliser")).to_have_count(1)
    axe(desk)
    desk.get_by_text("Objet, priorité, équipe").click()
    desk.get_by_role("combobox", name="Équipe").select_option(label="Lyon Part-Dieu")
    desk.get_by_role("button", name="Enregistrer").click()
    expect(desk.get_by_text("Priorité ou équipe modifiée")).to_be_visible()

    # What is written comes to the customer's open page by itself.
    expect(phone.get_by_text("ne plus l’utiliser")).to_be_visible(timeout=30_000)

    # In the shop.
    shop = signed_in(seller, **DESK)
    shop.goto("/care/")
    shop.get_by_role("link", name="Réchaud qui fuit").click()
    shop.get_by_label("De quoi il s’agit").select_option("shop")
    shop.get_by_role("textbox", name="Ce qui a été dit").fill("Échangé contre un neuf.")
    shop.get_by_label("Ensuite").last.select_option("solved")
    shop.get_by_role("button", name="Noter").click()
    expect(shop.get_by_text("Marquée comme résolue")).to_be_visible()

    # The customer sees all of it, once, and only one mail was written: the receipt.
    phone.goto("/mon-compte/activite/")
    axe(phone)
    no_sideways_scroll(phone)
    for words in ("Il fuit au raccord.", "ne plus l’utiliser", "Échangé contre un neuf."):
        expect(phone.locator("#timeline").get_by_text(words)).to_have_count(1)
    phone.get_by_role("link", name="Réchaud qui fuit").first.click()
    for words in ("Il fuit au raccord.", "ne plus l’utiliser", "Échangé contre un neuf."):
        expect(phone.locator("#case").get_by_text(words)).to_have_count(1)
    expect(phone.get_by_text("Priorité ou équipe modifiée")).to_have_count(0)
    case.refresh_from_db()
    assert (case.status, case.number) == ("solved", Case.objects.get().number)
    assert list(Message.objects.values_list("template", flat=True)) == ["case_received"]


def test_an_order_by_telephone_with_the_keyboard_alone(signed_in, axe, no_sideways_scroll):
    """Searched, added, reserved in a store; it stands on the person's own page."""
    store = StoreFactory(name="Lyon Part-Dieu", opening_hours="24/7")
    camille = CustomerFactory(
        email="camille@example.org", user=UserFactory(email="camille@example.org"),
        first_name="Camille", last_name="Zebulon",
    )  # fmt: skip
    article = VariantFactory(price=2000, product=ProductFactory(name="Gourde inox"))
    StockLevelFactory(variant=article, location=store.locations.get(), on_hand=9)
    refresh_search()
    agent = StaffFactory(role="service", all_stores=True).user

    desk = signed_in(agent, **DESK)
    desk.goto(f"/care/person/{camille.number}/")
    to(desk, "link", "Commande par téléphone")
    expect(desk.locator("#words")).to_be_focused()
    axe(desk)
    desk.keyboard.type("gourde")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("button", name="Ajouter Gourde inox")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Panier (1 article)")).to_be_visible()
    desk.keyboard.press("Enter")  # the focus stayed
    expect(desk.get_by_role("heading", name="Panier (2 articles)")).to_be_visible()
    expect(desk.locator("#total")).to_have_text("40,00\u00a0€")
    axe(desk)
    to(desk, "button", "Voir ce que cela fait")
    expect(desk.locator("#does")).to_be_focused()
    expect(desk.locator("#total")).to_have_text("40,00\u00a0€")
    assert not Order.objects.exists()
    axe(desk)
    small = signed_in(agent, **PHONE)
    for page in ("?words=gourde", f"reserve/?store={store.pk}"):
        small.goto(f"/care/person/{camille.number}/basket/{page}")
        axe(small)
        no_sideways_scroll(small)
    to(desk, "button", "Réserver")
    expect(desk.locator("h1")).to_have_text("Commande par téléphone")
    order = Order.objects.get()
    expect(desk.get_by_text(f"Commande {order.number} passée")).to_be_visible()

    phone = signed_in(camille.user, **PHONE)
    phone.goto("/mon-compte/")
    expect(phone.get_by_text(order.number).first).to_be_visible()


def to(page: Page, role: Any, name: str) -> None:
    """Go with Tab to a control by its name, and press Enter there."""
    wanted = page.get_by_role(role, name=name, exact=True)
    for _ in range(60):
        if wanted.evaluate("element => element === document.activeElement"):
            page.keyboard.press("Enter")
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Not reached with Tab: {name}")

"""The shopper's scripts by keyboard alone (UX §3, 1 to 4): what is heard, where the focus is."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from omnishop.network.models import Store
from orders.models import Order, Withdrawal
from tests.channels.storefront import small_shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop() -> SimpleNamespace:
    found = small_shop()
    Store.objects.update(opening_hours="24/7")
    return found


def tab_to(page: Page, target: Locator, *, most: int = 80) -> None:
    """Press Tab until the element has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab does not reach {target} within {most} presses")


def heard(page: Page, words: str | re.Pattern[str]) -> None:
    expect(page.locator("#live")).to_contain_text(words)


def test_find(shop: Any, desktop_page: Page, axe: Any) -> None:
    page = desktop_page
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_attribute("href", "#main")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()

    page.goto("/")
    tab_to(page, page.locator("#q"))
    page.keyboard.type("vest")
    expect(page.locator("#q-1")).to_be_visible()
    page.keyboard.press("ArrowDown")
    heard(page, "uggestion 1 sur 2")  # the shelf, then its jacket
    page.keyboard.press("ArrowDown")
    heard(page, "uggestion 2 sur 2")
    expect(page.locator("#q")).to_be_focused()
    axe(page)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/produit/veste/"))

    page.goto("/rayon/randonnee/")
    expect(page.locator("#count")).to_have_text("2 articles")
    facet = page.get_by_role("checkbox", name=re.compile("^M "))
    tab_to(page, facet)
    page.keyboard.press("Space")
    expect(page.locator("#count")).to_have_text("1 article")
    heard(page, "1 article")
    expect(page.get_by_role("checkbox", name=re.compile("^M "))).to_be_focused()


def test_pick_up(shop: Any, desktop_page: Page, axe: Any) -> None:
    page = desktop_page
    page.goto("/produit/veste/")
    tab_to(page, page.get_by_role("radio", name="M"))
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="L", exact=True)).to_be_checked()
    heard(page, re.compile("Veste imperméable, L.* 89,90.*[Éé]puisé"))
    page.keyboard.press("ArrowLeft")
    heard(page, re.compile("Veste imperméable, M.* 84,90.*En stock"))
    expect(page.get_by_role("radio", name="M", exact=True)).to_be_focused()

    opener = page.locator("#open-stock")
    tab_to(page, opener)
    page.keyboard.press("Enter")
    expect(page.locator("#stock-title")).to_be_focused()
    expect(page.locator("#stock-body")).to_contain_text("Lyon Part-Dieu")
    axe(page)
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()

    tab_to(page, page.locator("#add-button"))
    page.keyboard.press("Enter")
    heard(page, re.compile("Ajouté, 1 article, 84,90"))
    expect(page.locator("#add-button")).to_be_focused()

    page.goto("/commander/contact/")
    tab_to(page, page.locator("#id_name"))
    page.keyboard.type("Camille Martin")
    page.keyboard.press("Tab")
    page.keyboard.type("camille@example.org")
    page.keyboard.press("Enter")
    store = page.locator(f"#store-{shop.lyon.pk}")
    tab_to(page, store)
    expect(store).to_be_checked()
    label = page.locator(f"label[for=store-{shop.lyon.pk}]")
    expect(label).to_contain_text(re.compile("Tout prêt .* à partir de"))


def test_pay(shop: Any, desktop_page: Page, axe: Any) -> None:
    page = desktop_page
    page.goto("/produit/tasse/")
    tab_to(page, page.locator("#add-button"))
    page.keyboard.press("Enter")
    heard(page, "Ajouté")
    page.goto("/commander/contact/")
    tab_to(page, page.locator("#id_name"))
    page.keyboard.type("Camille Martin")
    page.keyboard.press("Tab")
    page.keyboard.type("camille@example")
    page.keyboard.press("Enter")

    expect(page.locator("[data-error-summary]")).to_be_focused()
    expect(page).to_have_title(re.compile("^Erreur"))
    axe(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    field = page.locator("#id_email")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#id_email_error")).to_be_visible()
    assert "id_email_error" in (field.get_attribute("aria-describedby") or "")
    page.keyboard.press("End")
    page.keyboard.type(".org")
    page.keyboard.press("Enter")

    tab_to(page, page.locator("#go-pickup"))
    page.keyboard.press("Enter")
    tab_to(page, page.locator("#order-button"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Accepter", exact=True))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/commande/"))
    expect(page.locator("h1")).to_be_focused()
    expect(page.locator("h1")).to_contain_text(Order.objects.get().number)


def test_a_message_on_leaving_a_field_does_not_make_the_press_miss(
    shop: Any, phone_page: Page
) -> None:
    page = phone_page
    page.goto("/produit/tasse/")
    page.locator("#add-button").click()
    expect(page.locator("#added")).to_contain_text("Ajouté")
    page.goto("/commander/contact/")
    page.locator("#id_email").fill("nope")
    page.locator("form[data-check] button[type=submit]").click()

    expect(page.locator("[data-error-summary]")).to_be_focused()


def test_withdraw_as_a_guest(shop: Any, desktop_page: Page, axe: Any) -> None:
    page = desktop_page
    page.goto("/")
    link = page.get_by_role("contentinfo").get_by_role("link", name="Renoncer au contrat ici")
    tab_to(page, link)
    page.keyboard.press("Enter")
    tab_to(page, page.locator("#id_name"))
    for words in ("Camille Martin", "camille@example.org", "O-0001042"):
        page.keyboard.type(words)
        page.keyboard.press("Tab")
    tab_to(page, page.locator("main form button[type=submit]"))
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Confirmer la rétractation")
    axe(page)
    assert not Withdrawal.objects.exists()
    tab_to(page, page.locator("main form button[value=confirm]"))
    page.keyboard.press("Enter")

    expect(page.locator("h1")).to_have_text("Rétractation reçue")
    expect(page.locator("h1")).to_be_focused()
    expect(page.locator("main")).to_contain_text(Withdrawal.objects.get().reference)

"""Counting on a phone while the shop sells, and the office's pages of it (issue 3)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import expect

from inventory import services
from inventory.models import StockLevel
from inventory.services import Demand, counts
from omnishop.channels.till.access import SESSION_KEY
from tests.factories import NOON, StaffFactory, StockLevelFactory, TillFactory, VariantFactory
from tests.office_world import sell

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def till() -> Any:
    return TillFactory(number=1)


@pytest.fixture
def jacket(till: Any) -> Any:
    """Five blue jackets, by the book, on shelf B4."""
    variant = VariantFactory(sku="VESTE-M", gtin="3017620422003", product__name="Veste bleue")
    level = StockLevelFactory(variant=variant, location=till.store.locations.get(), on_hand=5)
    StockLevel.objects.filter(pk=level.pk).update(shelf="B4")
    return level


@pytest.fixture
def as_staff(open_page: Callable[..., Any], live_server: Any, till: Any) -> Callable[..., Any]:
    """A page of a member of staff of the shop, at its till."""

    def open_one(role: str, **options: Any) -> Any:
        client = Client()
        user = StaffFactory(role=role, stores=[till.store]).user
        client.force_login(user, backend="omnishop.network.backends.StaffBackend")
        session = client.session
        session[SESSION_KEY] = till.pk
        session.save()
        page = open_page(**({"width": 390, "height": 844} | options))
        page.context.add_cookies(
            [{"name": "sessionid", "value": session.session_key, "url": live_server.url}]
        )
        return page

    return open_one


def scan(page: Any, code: str) -> None:
    """As a scanner types: fast, whatever has focus."""
    page.evaluate(
        """(keys) => keys.forEach((key) => {
          const how = { key, code: `Digit${key}`, bubbles: true, cancelable: true }
          const target = document.activeElement ?? document.body
          target.dispatchEvent(new KeyboardEvent('keydown', how))
        })""",
        [*code, "Enter"],
    )


def test_count_while_a_sale_happens(as_staff, axe, no_sideways_scroll, till, jacket):
    """Counted four, one sold meanwhile, approved: three are on the book."""
    manager = as_staff("store_manager", phone=True)
    manager.goto("/till/count/")
    axe(manager)
    manager.get_by_role("button", name="Commencer à compter").click()
    address = manager.url.removesuffix("/")
    page = as_staff("associate", phone=True)
    page.goto(address + "/")
    expect(page.locator("#count")).to_contain_text("B4")
    figure = page.locator(".count-figure")
    for number in range(1, 5):
        scan(page, "3017620422003")
        expect(figure).to_contain_text(f"{number} compté")
    expect(page.locator("#count-progress")).to_be_visible()
    scan(page, "4000000000000")
    expect(page.locator("#refusal")).to_contain_text("4000000000000")
    scan(page, "3017620422003")
    expect(figure).to_contain_text("5 comptées")
    page.locator("#undo").click()
    expect(page.locator("#count")).to_contain_text("4 comptées")
    axe(page)
    no_sideways_scroll(page)
    page.set_viewport_size({"width": 320, "height": 640})
    no_sideways_scroll(page)
    line = counts.CountLine.objects.get()
    assert (line.counted, line.book, line.difference) == (4, 5, -1)

    sell(till, jacket.variant)
    page.get_by_role("button", name="Remettre le comptage").click()
    expect(page.locator("#count")).to_contain_text("Comptage remis")

    desk = as_staff("store_manager", width=1440, height=900)
    desk.goto(f"/admin/inventory/stockcount/{line.count_id}/review/")
    desk.get_by_role("button", name="Tout valider").click()
    expect(desk.locator("body")).to_contain_text("validé")
    jacket.refresh_from_db()
    assert jacket.on_hand == 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_the_office_pages_are_clean_and_fit(as_staff, axe, till, jacket, scheme, width):
    place = jacket.location_id
    sold = Demand(1, jacket.variant_id, place, 2)
    services.sell([sold], document="T-9", at=NOON, actor="user:1")
    services.reserve([sold], document="O-0000007", at=NOON, expires_at=NOON)
    count = counts.begin(location_id=place, kind="rolling", at=NOON, actor="user:0")
    counts.scan(count_id=count.pk, code="VESTE-M", counted=1, at=NOON, actor="user:0")
    counts.submit(count_id=count.pk, at=NOON, actor="user:0")
    page = as_staff("store_manager", width=width, height=900, color_scheme=scheme)
    for address in (
        f"stocklevel/{jacket.pk}/why/",
        f"stocklevel/{jacket.pk}/count/",
        f"stockcount/{count.pk}/review/",
    ):
        page.goto(f"/admin/inventory/{address}")
        page.wait_for_function("!document.documentElement.hasAttribute('x-cloak')")
        axe(page)
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width

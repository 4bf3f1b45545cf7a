"""The back office and the reports in a browser: no violation, no policy broken, both themes."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from inventory.models import StockMovement
from inventory.services import purchasing
from inventory.services.purchasing import Item
from tests.factories import (
    NOON,
    CampaignFactory,
    StaffFactory,
    StoreFactory,
    SupplierArticleFactory,
    VariantFactory,
)
from tests.office_world import open_shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def signed_in(open_page, live_server):
    """A page of head office, signed in."""
    open_shop("Annecy")
    user = StaffFactory(role="head_office", all_stores=True).user
    client = Client()
    client.force_login(user)
    cookie = client.cookies["sessionid"].value

    def open_one(**options: Any) -> Any:
        page = open_page(**options)
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        return page

    return open_one


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_the_report_is_clean_and_fits(signed_in, axe, no_sideways_scroll, scheme, width):
    with time_machine.travel(NOON):
        page = signed_in(width=width, height=900, color_scheme=scheme)
        page.goto("/reports/sales/?period=7&compare=before")
        axe(page)
        no_sideways_scroll(page)
        page.set_viewport_size({"width": 320, "height": 700})
        no_sideways_scroll(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_first_page_of_the_back_office_is_clean(signed_in, axe, scheme):
    page = signed_in(width=1440, height=900, color_scheme=scheme)
    page.goto("/admin/")
    page.wait_for_function("!document.documentElement.hasAttribute('x-cloak')")
    axe(page)


def test_control_k_finds_an_order(signed_in):
    page = signed_in(width=1440, height=900)
    page.goto("/admin/")
    page.wait_for_function("!document.documentElement.hasAttribute('x-cloak')")
    page.keyboard.press("Control+k")
    page.locator("#search-input-command").press_sequentially("Camille")
    page.locator("#command-results-list a").first.wait_for()


LEARNT_SLOW = """localStorage.setItem('till.scanner', JSON.stringify({ gap: 5000 }))"""
"""The keys below are real ones, pressed by a machine that may be busy: no pause ends a burst."""


def test_a_delivery_is_received_by_scanner_with_a_difference(signed_in, axe, no_sideways_scroll):
    """A scan adds one, whatever has focus; the difference is said at once and stays awaited."""
    article = SupplierArticleFactory(variant__sku="TENT", variant__gtin="9520000000011")
    lamp = VariantFactory(sku="LAMP-1")
    order = purchasing.write(
        supplier_id=article.supplier_id,
        location_id=StoreFactory().locations.get().pk,
        items=[Item(article.variant_id, 3)],
        at=NOON,
        actor="user:1",
    )
    purchasing.order(order_id=order.pk, at=NOON, actor="user:1")
    page = signed_in(width=390, height=844)
    page.add_init_script(LEARNT_SLOW)
    page.goto(f"/admin/inventory/purchaseorder/{order.pk}/receive/")
    page.wait_for_function("!document.documentElement.hasAttribute('x-cloak')")
    units = page.locator(f"#id_units-{article.variant_id}")
    damaged = page.locator(f"#id_damaged-{article.variant_id}")
    row = page.locator("tr[data-sku=TENT]")
    assert row.locator("[data-difference]").inner_text() == "il manque 3"

    damaged.focus()
    for _scan in range(2):
        page.keyboard.type("9520000000011")
        page.keyboard.press("Enter")
    assert (units.input_value(), damaged.input_value()) == ("2", "")
    assert row.locator("[data-difference]").inner_text() == "il manque 1"
    page.locator("#scan").fill("LAMP-1")
    page.keyboard.press("Enter")
    assert "LAMP-1" in page.locator("[data-said]").inner_text()
    assert page.locator("#id_code-1").input_value() == "LAMP-1"
    axe(page)
    no_sideways_scroll(page)

    damaged.fill("1")
    receive = page.get_by_role("button", name="Réceptionner cette livraison")
    receive.click()
    page.get_by_text("pas sur cette commande").wait_for()
    assert not StockMovement.objects.filter(document__startswith=order.number).exists()
    page.get_by_label("Nous gardons ces articles").check()
    receive.click()
    page.get_by_text("3 unités reçues").first.wait_for()

    found = order.lines.values_list("variant__sku", "quantity", "received", "damaged")
    assert sorted(found) == [("LAMP-1", 0, 1, 0), ("TENT", 3, 2, 1)]
    order.refresh_from_db()
    assert order.status == "ordered"
    assert lamp.levels.get().on_hand == 1


def test_what_a_campaign_did_and_says_fits_a_phone(signed_in, axe, no_sideways_scroll):
    campaign = CampaignFactory(steps=[timedelta(hours=2)])
    page = signed_in(width=390, height=844)
    for door in ("board", "try"):
        page.goto(f"/admin/orders/campaign/{campaign.pk}/{door}/")
        page.wait_for_function("!document.documentElement.hasAttribute('x-cloak')")
        axe(page)
        no_sideways_scroll(page)

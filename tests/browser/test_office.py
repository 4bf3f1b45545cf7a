"""The back office and the reports in a browser: no violation, no policy broken, both themes."""

from typing import Any

import pytest
import time_machine
from django.test import Client

from tests.factories import NOON, StaffFactory
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

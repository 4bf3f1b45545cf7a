"""A segment is made in the browser: the count follows the rules, and axe finds nothing."""

import pytest
from django.test import Client
from playwright.sync_api import expect

from orders.models import Segment
from tests.factories import CustomerFactory, StaffFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page_of_head_office(open_page, live_server):
    user = StaffFactory(role="head_office", all_stores=True, user__is_superuser=True).user
    client = Client()
    client.force_login(user)

    def open_one(**options):
        page = open_page(**options)
        cookie = client.cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        return page

    return open_one


def test_the_count_follows_the_rules_and_the_segment_is_kept(
    page_of_head_office, axe, no_sideways_scroll
):
    CustomerFactory(language="en")
    CustomerFactory.create_batch(2)
    page = page_of_head_office(width=1440, height=900)
    page.goto("/reports/segments/new/")
    expect(page.locator("#people")).to_have_text("3 personnes")

    page.get_by_role("button", name="Condition", exact=True).click()
    page.locator(".rule select[name=kind-r\\.0]").select_option("language")
    page.get_by_label("Anglais").check()
    expect(page.locator("#people")).to_have_text("1 personne")
    page.locator("#mode-r").select_option("none")
    expect(page.locator("#people")).to_have_text("2 personnes")
    axe(page)
    page.set_viewport_size({"width": 320, "height": 700})
    no_sideways_scroll(page)

    page.get_by_label("Nom", exact=True).fill("Francophones")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Francophones")
    assert Segment.objects.get().rules == {"not": {"any": [{"is": "language", "in": ["en"]}]}}


def test_a_segment_is_made_without_scripts(page_of_head_office):
    CustomerFactory(language="en")
    page = page_of_head_office(width=390, height=844, java_script_enabled=False)
    page.goto("/reports/segments/new/")
    page.get_by_role("button", name="Condition", exact=True).click()
    page.locator(".rule select[name=kind-r\\.0]").select_option("never_bought")
    page.get_by_role("button", name="Choisir", exact=True).click()
    expect(page.locator("#people")).to_have_text("1 personne")
    page.get_by_label("Nom", exact=True).fill("Jamais")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Jamais")

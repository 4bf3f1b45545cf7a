"""Preferences by link, and being forgotten, in the browser (A5, F-33)."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from customers.links import preferences_link
from customers.models import Identity, Message
from customers.models.consent import QUESTIONS
from customers.services import messages
from customers.services.consents import may_be_sent_marketing, record_consent
from omnishop.network.models import User
from omnishop.privacy.models import ErasureRequest
from omnishop.privacy.services import erasing
from tests.factories import CustomerFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_preferences_by_link_without_javascript(open_page, axe, no_sideways_scroll):
    person = CustomerFactory(email="camille@example.org")
    record_consent(customer=person, granted=True, source="till", actor="user:1", at=timezone.now())
    page: Page = open_page(width=320, height=700, phone=True, java_script_enabled=False)

    page.goto(f"/preferences/{preferences_link(person)}/")

    assert page.locator("main li").count() == len(QUESTIONS)
    expect(page.get_by_text("c•••@example.org")).to_be_visible()
    page.get_by_role("button", name="Retirer").click()
    expect(page.locator("main [role=status]")).to_be_visible()
    assert not may_be_sent_marketing(person.pk, at=timezone.now())
    page.get_by_role("button", name="Accepter").first.click()
    page.get_by_role("button", name="Tout refuser").click()
    assert not may_be_sent_marketing(person.pk, "email", at=timezone.now())


def test_the_preference_page_is_accessible(open_page, axe, no_sideways_scroll):
    person = CustomerFactory(email="camille@example.org")
    for width in (320, 1440):
        page = open_page(width=width, height=800)
        page.goto(f"/preferences/{preferences_link(person)}/")
        axe(page)
        no_sideways_scroll(page)
        page.goto("/preferences/")
        axe(page)
        page.goto("/donnees-personnelles/")
        axe(page)
        no_sideways_scroll(page)


def test_a_person_is_forgotten(desktop_page, axe):
    user = UserFactory(email="camille@example.org")
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    person = CustomerFactory(user=user, email="camille@example.org", last_name="Durand")
    page: Page = desktop_page

    page.goto("/compte/login/?next=/mon-compte/profil/")
    page.fill("[name=login]", "camille@example.org")
    page.fill("[name=password]", "correct horse battery")
    page.locator("main form button[type=submit]").first.click()
    page.get_by_role("link", name="Mes données").click()
    axe(page)
    page.get_by_role("link", name="Voir ce qui serait effacé").click()
    page.fill("main [name=password]", "correct horse battery")  # once more: it is for good
    axe(page)
    page.locator("main form button[type=submit]").first.click()
    expect(page.get_by_role("heading", name="Ce qui disparaît")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Effacer définitivement").click()
    expect(page.get_by_role("heading", name="en cours d’effacement")).to_be_visible()
    axe(page)

    at = timezone.now()
    for pk in Message.objects.due(at).values_list("pk", flat=True):
        messages.send(message_id=pk, at=at)
    erasing.go_on(request_id=ErasureRequest.objects.get().pk, at=at)

    assert ErasureRequest.objects.get().status == "done"
    assert not User.objects.filter(pk=user.pk).exists()
    assert not Identity.objects.exists()
    person.refresh_from_db()
    assert person.last_name == ""
    page.goto("/mon-compte/")
    assert "/compte/login/" in page.url

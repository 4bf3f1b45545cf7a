"""Sold out: told when it is back, where one waits for it (UX P5, G2, F-25)."""

import re

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from customers.models import Message
from inventory.models import StockLevel
from orders.models import StockAlert
from tests.channels.storefront import small_shop
from tests.factories import NOON, CustomerFactory, UserFactory

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def site():
    with time_machine.travel(NOON, tick=False):
        yield small_shop()


@pytest.fixture
def member(site):
    user = UserFactory(email="camille@example.org")
    person = CustomerFactory(user=user, email="camille@example.org")
    client = Client()
    client.force_login(user, backend=BACKEND)
    client.person = person
    return client


def gone(variant):
    StockLevel.objects.filter(variant=variant).update(on_hand=0)
    cache.clear()


def press(client, variant, place="delivery", email="guest@example.org", **extra):
    return client.post(f"/prevenez-moi/{variant.pk}/", {"place": place, "email": email}, **extra)


def test_the_page_of_a_sold_out_article_offers_an_alert_and_no_basket(client, site):
    assert "Prévenez-moi" not in client.get("/produit/veste/?sku=VESTE-M").content.decode()
    gone(site.jacket_m)

    page = client.get("/produit/veste/?sku=VESTE-M").content.decode()

    assert f"/prevenez-moi/{site.jacket_m.pk}/?place=delivery" in page
    assert 'id="add-button"' not in page
    assert 'href="#beside"' in page


def test_an_article_that_my_store_lacks_is_waited_for_there_and_may_still_be_ordered(client, site):
    client.cookies["store"] = "lille"

    page = client.get("/produit/veste/?sku=VESTE-M").content.decode()

    assert "Épuisé à Lille Centre" in page
    assert "En stock à Lyon Part-Dieu" in page
    assert f"/prevenez-moi/{site.jacket_m.pk}/?place=lille" in page
    assert 'id="add-button"' in page


def test_the_cached_page_costs_no_statement_for_it(client, site, django_assert_num_queries):
    gone(site.jacket_m)
    client.get("/produit/veste/?sku=VESTE-M")
    with django_assert_num_queries(0):
        client.get("/produit/veste/?sku=VESTE-M")


def test_the_form_says_what_it_is_and_names_the_places_that_lack_it(client, site):
    page = client.get(f"/prevenez-moi/{site.jacket_m.pk}/?place=lille").content.decode()

    assert "ce n’est pas un accord pour de la publicité" in page
    assert re.findall(r'<option value="([^"]*)"', page) == ["lille"]
    assert client.get("/prevenez-moi/999999/").status_code == 404


def test_a_guest_without_scripts_confirms_by_mail_and_ends_by_the_same_link(client, site):
    gone(site.jacket_m)

    answer = press(client, site.jacket_m)

    assert "guest@example.org" in answer.content.decode()
    assert answer["Cache-Control"] == "no-store, private"
    alert = StockAlert.objects.get()
    link = Message.objects.get().context["link"]
    assert link.endswith(f"/alerte/{alert.token}/")
    page = client.get(f"/alerte/{alert.token}/").content.decode()
    assert "Confirmer mon alerte" in page
    alert.refresh_from_db()
    assert alert.status == "asked"  # reading changes nothing

    client.post(f"/alerte/{alert.token}/", {"confirm": "1"})
    alert.refresh_from_db()
    assert (alert.status, alert.store) == ("waiting", None)

    client.post(f"/alerte/{alert.token}/", {"stop": "1"})
    alert.refresh_from_db()
    assert (alert.status, alert.reason) == ("ended", "stopped")
    assert client.get("/alerte/nichts/").status_code == 404


def test_the_answer_does_not_tell_who_is_known(client, site):
    gone(site.jacket_m)
    CustomerFactory(email="known@example.org")
    press(client, site.jacket_m, email="waits@example.org")
    StockAlert.objects.update(status="waiting", confirmed_at=NOON)

    answers = {
        press(client, site.jacket_m, email=email).content.decode().replace(email, "X")
        for email in ("known@example.org", "nobody@example.org", "waits@example.org")
    }
    assert len({re.sub(r'value="[^"]{64}"', "", answer) for answer in answers}) == 1


def test_a_signed_in_person_finds_their_address_and_is_on_the_list_at_once(member, site):
    gone(site.jacket_m)

    form = member.get(f"/prevenez-moi/{site.jacket_m.pk}/").content.decode()
    assert 'value="camille@example.org"' in form
    answer = press(member, site.jacket_m, email="camille@example.org").content.decode()

    assert "C’est noté" in answer
    assert StockAlert.objects.get().customer == member.person
    assert not Message.objects.exists()
    mine = member.get("/mon-compte/alertes/").content.decode()
    assert "VESTE-M" in mine


def test_another_persons_alert_does_not_exist_for_me(member, site):
    gone(site.jacket_m)
    press(Client(), site.jacket_m)
    theirs = StockAlert.objects.get()

    assert "VESTE-M" not in member.get("/mon-compte/alertes/").content.decode()
    assert member.post(f"/mon-compte/alertes/{theirs.pk}/arreter/").status_code == 404
    assert Client().get("/mon-compte/alertes/").status_code == 302
    theirs.refresh_from_db()
    assert theirs.status == "asked"


def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_written(client, site):
    gone(site.jacket_m)

    assert press(client, site.jacket_m, email="no address").status_code == 422
    assert press(client, site.jacket_m, place="").status_code == 422
    back = press(client, site.cup)
    assert back.status_code == 422  # it is in stock there

    assert not StockAlert.objects.exists()


def test_too_many_from_one_place_are_stopped(client, site):
    gone(site.jacket_m)

    for _ in range(12):
        press(client, site.jacket_m)
    answer = press(client, site.jacket_m, email="other@example.org")

    assert answer.status_code == 422
    assert not StockAlert.objects.filter(email="other@example.org").exists()


def test_scripts_get_the_part_of_the_dialog_alone(client, site):
    gone(site.jacket_m)
    htmx = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "alert-body"}

    form = client.get(f"/prevenez-moi/{site.jacket_m.pk}/", **htmx).content.decode()
    answer = press(client, site.jacket_m, **htmx).content.decode()

    assert "<html" not in form + answer
    assert "data-focus" in answer

"""The preference page: by link alone, complete, and as easy to leave as to join (A5)."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from customers.links import preferences_link, unsubscribe_headers
from customers.models import ConsentEvent, Message
from customers.models.consent import QUESTIONS
from customers.services.consents import may_be_sent_marketing, record_consent
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db


def agreed(**more):
    person = CustomerFactory(email="camille.martin@example.org", last_name="Martinet")
    record_consent(
        customer=person, granted=True, source="till", actor="user:1", at=timezone.now(), **more
    )
    return person


def test_the_page_asks_each_question_and_shows_no_more_than_a_masked_address(client):
    person = agreed()

    page = client.get(f"/preferences/{preferences_link(person)}/")

    text = page.content.decode()
    for purpose, channel in QUESTIONS:
        assert f'value="{purpose}-{channel}"' in text
    assert "c•••@example.org" in text
    assert "camille.martin" not in text
    assert "Martinet" not in text
    assert page["Cache-Control"] == "no-store, private"


def test_the_page_costs_a_constant_number_of_statements(client, django_assert_max_num_queries):
    link = f"/preferences/{preferences_link(agreed())}/"
    client.get(link)

    with django_assert_max_num_queries(6):
        client.get(link)


def test_one_press_stops_everything(client):
    person = agreed()

    page = client.post(
        f"/preferences/{preferences_link(person)}/", {"consent": "all", "answer": "no"}
    )

    assert "C’est enregistré" in page.content.decode() or page.status_code == 200
    assert not may_be_sent_marketing(person.pk, at=timezone.now())


def test_the_stop_button_of_a_mail_program_needs_no_page_and_no_token():
    person = agreed()
    headers = unsubscribe_headers(person)
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = "/" + headers["List-Unsubscribe"].strip("<>").split("/", 3)[3]

    strict = Client(enforce_csrf_checks=True)
    assert strict.get(path).status_code == 200
    assert may_be_sent_marketing(person.pk, at=timezone.now())  # reading stops nothing
    for _again in range(2):
        assert strict.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200

    assert not may_be_sent_marketing(person.pk, at=timezone.now())
    assert ConsentEvent.objects.filter(source="list-unsubscribe").count() == 1


def test_an_old_link_asks_where_to_send_a_new_one(client):
    person = agreed()
    link = f"/preferences/{preferences_link(person)}/"
    with time_machine.travel(timezone.now() + timedelta(days=366), tick=False):
        page = client.get(link)
        assert page.status_code == 404
        assert 'name="email"' in page.content.decode()

        known = client.post("/preferences/", {"email": "Camille.Martin@example.org"})
        unknown = client.post("/preferences/", {"email": "nobody@example.org"})

    assert known.content == unknown.content
    sent = Message.objects.get()
    assert (sent.template, sent.to) == ("preferences_link", "camille.martin@example.org")
    new = sent.context["preferences"].split("/preferences/")[1]
    with time_machine.travel(timezone.now() + timedelta(days=367), tick=False):
        assert client.get(f"/preferences/{new}").status_code == 200


def test_what_is_no_address_is_told(client):
    assert client.post("/preferences/", {"email": "nobody"}).status_code == 422

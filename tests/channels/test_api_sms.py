"""STOP by SMS: the provider's door, what counts once, what tells nothing."""

from datetime import timedelta

import pytest

from customers.models import ConsentEvent, ReceivedStop
from customers.services import stops
from customers.services.consents import may_be_sent_marketing, record_consent
from customers.services.merging import merge
from tests.factories import LONG_AGO, NOON, CustomerFactory
from tests.inventory.test_races import at_once

pytestmark = pytest.mark.django_db
DOOR = "/api/sms/"
PHONE = "+33639981234"
KNOWN = {"Authorization": "Bearer known to the provider"}


@pytest.fixture(autouse=True)
def _now(settings, time_machine):
    settings.SMS_SECRET = "known to the provider"
    time_machine.move_to(NOON, tick=False)


def agreed(at=LONG_AGO, **facts):
    person = CustomerFactory(**facts)
    for channel in ("sms", "email"):
        agree(person, at=at, channel=channel)
    return person


def agree(person, *, at, channel="sms"):
    record_consent(
        customer=person, granted=True, source="account", actor="customer", at=at, channel=channel
    )


def write(client, text="STOP", reference="1", sender=PHONE, **more):
    data = {"id": reference, "sender": sender, "text": text}
    return client.post(DOOR, data, content_type="application/json", **({"headers": KNOWN} | more))


def may(person):
    return [
        may_be_sent_marketing(person.pk, one, at=NOON + timedelta(1)) for one in ("sms", "email")
    ]


@pytest.mark.parametrize("text", ["STOP", " stop\n", "S t o p", "Stop\u00a0"])
@pytest.mark.parametrize("sender", [PHONE, "33639981234", "06 39 98 12 34"])
def test_stop_ends_offers_by_sms_alone(client, text, sender):
    person = agreed(phone=PHONE)

    answer = write(client, text=text, sender=sender)

    assert (answer.status_code, answer.json()) == (200, {"outcome": "received"})
    assert may(person) == [False, True]
    event = ConsentEvent.objects.get(granted=False)
    assert (event.channel, event.source, event.actor, event.at) == ("sms", "sms", "customer", NOON)


def test_it_counts_for_all_records_of_the_person(client):
    person, other = agreed(), agreed(phone=PHONE)
    merge(source_id=other.pk, target_id=person.pk, reason="x", by="u", at=LONG_AGO)

    write(client)

    assert may(person) == [False, True]


def test_a_repeat_does_nothing_even_after_a_new_yes(client):
    person = agreed(phone=PHONE)
    write(client)
    agree(person, at=NOON + timedelta(hours=1))

    again = write(client)

    assert (again.status_code, again.json()) == (200, {"outcome": "received"})
    assert may(person) == [True, True]
    assert ReceivedStop.objects.count() == 1
    write(client, reference="2")
    assert ConsentEvent.objects.filter(channel="sms", granted=False).count() == 2


@pytest.mark.parametrize(
    "text, sender",
    [
        ("STOP", "+33600000000"),
        ("STOP", "36111"),
        ("STOP", "Bank"),
        ("Stop it", PHONE),
        ("", PHONE),
    ],
)
def test_unknown_numbers_and_other_texts_are_answered_alike_and_change_nothing(
    client, text, sender, caplog
):
    person = agreed(phone=PHONE)

    answer = write(client, text=text, sender=sender)

    assert (answer.status_code, answer.json()) == (200, {"outcome": "received"})
    assert may(person) == [True, True]
    assert sender not in caplog.text


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer other"}])
def test_without_the_secret_there_is_no_door(client, settings, headers):
    person = agreed(phone=PHONE)

    assert write(client, headers=headers).status_code == 404
    settings.SMS_SECRET = ""
    assert write(client, headers={"Authorization": "Bearer "}).status_code == 404
    assert may(person) == [True, True]


def test_what_is_no_sms_is_refused(client):
    assert write(client, reference="x" * 101).status_code == 400
    assert (
        client.post(DOOR, b"{", content_type="application/json", headers=KNOWN).status_code == 400
    )
    assert not ReceivedStop.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_brought_twice_at_once_it_counts_once():
    person = agreed(phone=PHONE)

    answers = at_once(
        [lambda: stops.receive(reference="1", sender=PHONE, text="STOP", at=NOON)] * 4
    )

    assert answers == [None] * 4
    assert ReceivedStop.objects.count() == 1
    assert ConsentEvent.objects.filter(granted=False).count() == 1
    assert may(person) == [False, True]

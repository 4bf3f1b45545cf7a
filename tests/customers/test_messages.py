"""Messages: once per key, sent once, never lost, never without consent (DESIGN 3.7)."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection

from customers import tasks
from customers.models import Message
from customers.services import messages
from customers.services.consents import record_consent
from customers.services.messages import queue_message, send
from orders.invariants import violations
from tests.factories import NOON, CustomerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _templates(settings):
    """Two templates of the test's own, in memory."""
    engine = settings.TEMPLATES[0]
    options = {k: v for k, v in engine["OPTIONS"].items() if k != "loaders"}
    options["loaders"] = [
        (
            "django.template.loaders.locmem.Loader",
            {
                "messages/test.subject.txt": "Commande {{ number }}\n",
                "messages/test.txt": "Bonjour {{ name|safe }}",
                "messages/test.html": "<style>p{color:red}</style><p>Bonjour {{ name }}</p>",
            },
        )
    ]
    settings.TEMPLATES = [engine | {"APP_DIRS": False, "OPTIONS": options}]


def queue(key="k", **changes):
    return queue_message(
        **{
            "key": key,
            "template": "test",
            "to": "camille@example.org",
            "language": "fr",
            "context": {"number": "O-1", "name": "<Camille>"},
            "at": NOON,
        }
        | changes
    )


def only():
    return Message.objects.get()


def test_a_message_is_written_once_per_key():
    queue()
    queue(to="other@example.org")
    queue(key="other", to="")

    assert only().to == "camille@example.org"


def test_a_message_is_sent_once_with_text_and_html():
    queue()

    assert send(message_id=only().pk, at=NOON)
    assert not send(message_id=only().pk, at=NOON)

    (sent,) = mail.outbox
    assert (sent.subject, sent.body, sent.to) == (
        "Commande O-1",
        "Bonjour <Camille>",
        ["camille@example.org"],
    )
    html = sent.alternatives[0][0]
    assert "&lt;Camille&gt;" in html
    assert 'style="color: red' in html
    assert sent.extra_headers["Message-ID"] == f"<message-{only().pk}@omnishop>"
    assert (only().status, only().sent_at, only().subject) == ("sent", NOON, "Commande O-1")


def test_a_message_waits_for_its_time():
    queue(due_at=NOON + timedelta(hours=1))

    assert not send(message_id=only().pk, at=NOON)
    assert send(message_id=only().pk, at=NOON + timedelta(hours=1))


class Broken(EmailBackend):
    def send_messages(self, messages):
        raise ConnectionError


def test_a_service_message_that_cannot_leave_is_tried_again_later_and_not_at_once(settings):
    queue()
    working = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.Broken"

    assert not send(message_id=only().pk, at=NOON)

    assert (only().status, only().attempts, only().reason) == ("queued", 1, "ConnectionError")
    assert not send(message_id=only().pk, at=NOON + timedelta(seconds=59))
    assert only().attempts == 1
    settings.EMAIL_BACKEND = working
    assert send(message_id=only().pk, at=NOON + timedelta(minutes=1))
    assert (len(mail.outbox), only().reason) == (1, "")


def test_a_mail_server_that_is_down_for_hours_loses_no_service_message(settings):
    queue()
    settings.EMAIL_BACKEND = f"{__name__}.Broken"
    at = NOON
    while at < NOON + timedelta(hours=4):
        send(message_id=only().pk, at=at)
        at += timedelta(minutes=1)

    assert only().status == "queued"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert send(message_id=only().pk, at=NOON + timedelta(hours=9))


def test_a_message_that_never_leaves_is_given_up_and_says_why(settings):
    queue(template="missing")
    at = NOON
    for _ in range(20):
        send(message_id=only().pk, at=at)
        at += timedelta(days=1)

    assert (only().status, only().reason) == ("failed", "TemplateDoesNotExist")
    assert only().attempts == messages.MAX_ATTEMPTS


def marketing(customer):
    queue(purpose="marketing", customer_id=customer.pk if customer else None)
    return only().pk


@pytest.mark.parametrize("answers", [[], [True, False]], ids=["never asked", "withdrawn"])
def test_marketing_without_a_standing_consent_stays_here(answers):
    customer = CustomerFactory()
    for days, granted in enumerate(answers):
        record_consent(
            customer=customer,
            granted=granted,
            source="account",
            actor="customer",
            at=NOON - timedelta(days=9 - days),
        )

    assert not send(message_id=marketing(customer), at=NOON)

    assert (only().status, only().reason, mail.outbox) == ("withheld", "no_consent", [])
    assert not send(message_id=only().pk, at=NOON)


def test_marketing_to_nobody_in_particular_stays_here():
    assert not send(message_id=marketing(None), at=NOON)
    assert only().status == "withheld"


def test_marketing_names_the_stop_button_of_mail_programs_and_service_does_not():
    """RFC 8058: one POST."""
    customer = CustomerFactory()
    record_consent(customer=customer, granted=True, source="account", actor="customer", at=NOON)
    queue(key="order", headers={"In-Reply-To": "<a@b>"}, customer_id=customer.pk)
    queue(key="offer", purpose="marketing", customer_id=customer.pk)

    for message in Message.objects.order_by("pk"):
        assert send(message_id=message.pk, at=NOON)

    service, offer = mail.outbox
    assert service.extra_headers["In-Reply-To"] == "<a@b>"
    assert "List-Unsubscribe" not in service.extra_headers
    assert "/preferences/stop/" in offer.extra_headers["List-Unsubscribe"]
    assert offer.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_marketing_with_consent_leaves_and_is_never_repeated_after_a_crash(settings):
    customer = CustomerFactory()
    record_consent(customer=customer, granted=True, source="account", actor="customer", at=NOON)
    pk = marketing(customer)
    settings.EMAIL_BACKEND = f"{__name__}.Broken"

    with pytest.raises(ConnectionError):
        send(message_id=pk, at=NOON)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    assert not send(message_id=pk, at=NOON)
    assert (only().status, mail.outbox) == ("sent", [])
    assert violations(at=NOON, rules=["MSG-2"]) == []


def test_three_deliveries_of_the_task_send_one_mail():
    queue()

    assert [tasks.send_due_messages() for _ in range(3)] == [1, 0, 0]
    assert len(mail.outbox) == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_workers_send_one_mail():
    queue()
    pk, barrier, sent = only().pk, Barrier(6), []

    def work():
        try:
            barrier.wait()
            sent.append(send(message_id=pk, at=NOON))
        finally:
            connection.close()

    threads = [Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(sent) == [False] * 5 + [True]
    assert len(mail.outbox) == 1

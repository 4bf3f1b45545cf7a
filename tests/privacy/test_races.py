"""Two at once: one request, one answer; nothing leaves after a no (INVARIANTS F-32)."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.core import mail
from django.db import connection

from customers.models import ConsentEvent, Message
from customers.services import messages
from customers.services.consents import record_consent, stop_everything
from customers.services.messages import queue_message
from omnishop.privacy.models import ErasureRequest
from omnishop.privacy.services import erasing
from tests.factories import LONG_AGO, NOON, CustomerFactory

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def at_once(*jobs):
    barrier, answers = Barrier(len(jobs)), []

    def run(job):
        try:
            barrier.wait()
            answers.append(job())
        finally:
            connection.close()

    threads = [Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_two_presses_are_one_answer():
    who = CustomerFactory()

    def press():
        return record_consent(
            customer=who, granted=True, source="account", actor="customer", at=NOON
        )

    answers = at_once(*[press] * 6)

    assert ConsentEvent.objects.count() == 1
    assert sum(answer is not None for answer in answers) == 1


def test_two_wishes_to_be_forgotten_are_one_request_done_once():
    who = CustomerFactory(email="camille@example.org")

    def ask():
        return erasing.ask(customer=who, source="account", actor="c", at=NOON, tell=False).pk

    assert len(set(at_once(*[ask] * 4))) == 1
    request = ErasureRequest.objects.get()

    done = at_once(*[lambda: erasing.go_on(request_id=request.pk, at=NOON)] * 4)

    assert sorted(done) == [False, False, False, True]
    request.refresh_from_db()
    assert request.result["customers.Identity"] == 1


def test_nothing_of_a_campaign_leaves_after_the_answer_no():
    people = CustomerFactory.create_batch(6)
    for number, who in enumerate(people):
        record_consent(customer=who, granted=True, source="account", actor="c", at=LONG_AGO)
        queue_message(
            key=f"news:{number}", template="basket_reminder", to=f"p{number}@example.org",
            language="fr", context={"lines": []}, at=NOON, purpose=Message.Purpose.MARKETING,
            customer_id=who.pk,
        )  # fmt: skip
    later = NOON + timedelta(seconds=10)
    keys = list(Message.objects.order_by("pk").values_list("pk", flat=True))
    for pk in keys[:2]:
        messages.send(message_id=pk, at=later)

    at_once(
        *[
            lambda who=who: stop_everything(
                customer=who, source="preferences", actor="customer", at=later
            )
            for who in people[2:]
        ]
    )
    for pk in keys[2:]:
        messages.send(message_id=pk, at=later + timedelta(seconds=1))

    assert {one.to[0] for one in mail.outbox} == {"p0@example.org", "p1@example.org"}
    assert Message.objects.filter(status="sent").count() == 2

"""The board of all messages: sent or not, and why; each number opens its rows (UX R2)."""

from datetime import timedelta
from itertools import count

import pytest
from django.urls import reverse

from customers.message_board import board
from customers.models import Message
from tests.factories import NOON, UserFactory

pytestmark = pytest.mark.django_db
NUMBERS = count()


def message(template="order_ready", *, ago=1, **facts):
    at = NOON - timedelta(days=ago)
    sent_at = at if facts.get("status") == "sent" else None
    return Message.objects.create(
        key=f"b{next(NUMBERS)}", template=template, to="c@example.org", language="fr",
        queued_at=at, due_at=at, sent_at=sent_at, **({"purpose": "service"} | facts),
    )  # fmt: skip


@pytest.fixture
def told(db):
    message(status="sent", clicked_at=NOON)
    message(status="sent")
    message(reason="ConnectionRefusedError", attempts=2)
    message(status="failed", reason="TimeoutError", attempts=10)
    message(status="withheld", reason="erased")
    message(status="sent", ago=40)
    message("order_ready", channel="sms", status="sent")
    message("campaign", purpose="marketing", status="withheld", reason="no_consent")
    message("campaign", purpose="marketing", status="sent", reason="unsure: TimeoutError")


def test_each_message_is_counted_once_with_what_became_of_it(told, django_assert_num_queries):
    with django_assert_num_queries(1):
        mail, sms, letter = board(Message.objects.all(), days=30, at=NOON)

    assert (mail.template, mail.channel, mail.written) == ("order_ready", "email", 5)
    assert (mail.sent, mail.clicked, mail.waiting, mail.tried, mail.unsure) == (2, 1, 1, 1, 0)
    assert (mail.withheld, mail.failed) == ({"erased": 1}, {"TimeoutError": 1})
    assert (sms.channel, sms.written, sms.sent) == ("sms", 1, 1)
    assert (letter.purpose, letter.withheld) == ("marketing", {"no_consent": 1})
    assert (letter.sent, letter.unsure) == (1, 1)
    assert board(Message.objects.all(), days=90, at=NOON)[0].written == 6


def test_the_page_says_why_and_each_number_opens_its_messages(client, told, time_machine):
    time_machine.move_to(NOON, tick=False)
    client.force_login(UserFactory(is_staff=True, is_superuser=True))

    html = client.get(reverse("admin:customers_message_board"), {"days": "7"}).content.decode()

    for words in ("la personne a été effacée", "TimeoutError", "1 en nouvel essai"):
        assert words in html
    links = [
        part.split('"')[0].replace("&amp;", "&")
        for part in html.split('href="')
        if "message/?template__exact=order_ready&amp;channel__exact=email" in part.split('"')[0]
    ]
    sizes = [len(client.get(link).context["cl"].result_list) for link in links]
    assert sizes == [5, 1, 2, 0, 1, 1]  # written, waiting, sent, arrived, withheld, failed


def test_staff_without_the_right_see_no_board(client):
    client.force_login(UserFactory(is_staff=True))

    assert client.get(reverse("admin:customers_message_board")).status_code in (302, 403)

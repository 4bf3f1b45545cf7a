"""What did not arrive: told by who carries it, and nothing more sent there until it works again."""

import json
from base64 import b64encode
from datetime import timedelta

import pytest
from anymail.backends.test import EmailBackend
from anymail.message import AnymailRecipientStatus
from django.core import mail
from django.urls import reverse

from customers.links import preferences_link
from customers.message_board import board
from customers.models import ConsentEvent, Identity, Message
from customers.services import arrivals
from customers.services.consents import may_be_sent_marketing
from customers.services.marketing import address
from customers.services.merging import merge
from customers.services.messages import queue_message, send
from orders.models import Relaunch
from orders.services import campaigns, planning
from tests.factories import LONG_AGO, NOON, CampaignFactory, CustomerFactory, UserFactory
from tests.inventory.test_races import at_once
from tests.orders.campaigning import HOUR, agreeing, answer, run

pytestmark = pytest.mark.django_db
SECRET = "postmark:only we know"
KNOWN = {"Authorization": f"Basic {b64encode(SECRET.encode()).decode()}"}
DOOR = "/api/mail/events/postmark/"
LATER = NOON + HOUR
PHONE = "+33639981234"


@pytest.fixture(autouse=True)
def _provider(settings, time_machine):
    """A provider's back end, as django-anymail's own tests have it: it gives its key back."""
    settings.ANYMAIL = settings.ANYMAIL | {"WEBHOOK_SECRET": SECRET}
    settings.EMAIL_BACKEND = "anymail.backends.test.EmailBackend"
    settings.SMS_SECRET = "known to the provider"
    time_machine.move_to(NOON, tick=False)


@pytest.fixture
def camille(db):
    return CustomerFactory(email="camille@example.org")


def queue(key="k", to="camille@example.org", *, at=NOON, **facts):
    return queue_message(
        **{
            "key": key, "template": "preferences_link", "to": to, "language": "fr", "at": at,
            "context": {"preferences": "https://shop.example/p/"},
        }
        | facts
    )  # fmt: skip


def sent(key="k", **facts):
    queue(key, **facts)
    message = Message.objects.get(key=key)
    assert send(message_id=message.pk, at=NOON)
    message.refresh_from_db()
    return message


def tell(client, message_id, record="Bounce", kind="HardBounce", *, headers=KNOWN, **facts):
    """What Postmark posts."""
    body = {
        "RecordType": record, "Type": kind, "MessageID": message_id,
        "Email": "camille@example.org", "Recipient": "camille@example.org",
        "BouncedAt": "2026-11-17T12:00:00Z", "DeliveredAt": "2026-11-17T12:00:00Z",
        "Description": "The mailbox does not exist.",
    } | facts  # fmt: skip
    return client.post(DOOR, json.dumps(body), content_type="application/json", headers=headers)


def key_of(value="camille@example.org"):
    return Identity.objects.values_list("unreachable_since", flat=True).get(value=value)


def state(key):
    return Message.objects.values_list("status", "reason").get(key=key)


def test_a_mail_that_arrived_says_so_with_its_time(client, camille):
    message = sent()
    assert message.carrier_id

    assert tell(client, message.carrier_id, "Delivery").status_code == 200

    message.refresh_from_db()
    assert (message.status, message.arrival) == ("sent", "delivered")
    assert message.arrival_at.isoformat() == "2026-11-17T12:00:00+00:00"
    assert key_of() is None


def test_after_a_hard_bounce_no_mail_leaves_and_each_one_says_why(client, camille):
    """Service messages too: not sent, and not lost in silence."""
    message = sent()
    tell(client, message.carrier_id)
    message.refresh_from_db()
    assert (message.arrival, message.arrival_note) == ("bounced", "The mailbox does not exist.")
    assert key_of() is not None
    answer(camille, True, at=LONG_AGO)
    queue("order", customer_id=camille.pk)
    queue("offer", customer_id=camille.pk, purpose="marketing")

    for one in Message.objects.filter(status="queued"):
        assert not send(message_id=one.pk, at=LATER)

    assert [state("order"), state("offer")] == [("withheld", "bounces")] * 2
    assert address(camille, "email") == ""
    assert may_be_sent_marketing(camille.pk, at=LATER)  # a bounce is no answer


def test_a_complaint_is_a_no_to_offers_too(client, camille):
    answer(camille, True, at=LONG_AGO)

    tell(client, sent().carrier_id, "SpamComplaint", "SpamComplaint")

    assert key_of() is None  # what the law wants written still leaves
    event = ConsentEvent.objects.order_by("pk").last()
    assert (event.granted, event.channel, event.source) == (False, "email", "complaint")
    queue("offer", customer_id=camille.pk, purpose="marketing")
    assert not send(message_id=Message.objects.get(key="offer").pk, at=LATER)
    assert state("offer") == ("withheld", "no_consent")
    assert sent("receipt").status == "sent"


@pytest.mark.parametrize("kind", ["Blocked", "DMARCPolicy", "VirusNotification"])
def test_what_was_refused_this_once_says_so_and_the_address_stays_good(client, camille, kind):
    message = sent()

    tell(client, message.carrier_id, kind=kind)

    message.refresh_from_db()
    assert (message.arrival, key_of()) == ("bounced", None)
    assert sent("next").status == "sent"


class Refusing(EmailBackend):
    """Its service keeps a list of addresses that it no longer writes to."""

    def build_message_payload(self, message, defaults):
        said = AnymailRecipientStatus(message_id=None, status="rejected")
        message.anymail_test_response = {"recipient_status": {message.to[0]: said}}
        return super().build_message_payload(message, defaults)


def test_what_the_service_refuses_at_once_is_not_sent_nor_tried_again(settings, camille):
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    queue()

    assert not send(message_id=Message.objects.get().pk, at=NOON)

    assert state("k") == ("withheld", "bounces")


@pytest.mark.parametrize("kind", ["Transient", "AutoResponder", "DnsError"])
def test_what_is_only_late_changes_nothing(client, camille, kind):
    message = sent()

    assert tell(client, message.carrier_id, kind=kind).status_code == 200

    message.refresh_from_db()
    assert (message.arrival, message.arrival_at, key_of()) == ("", None, None)


def test_words_of_the_carrier_in_any_order_and_twice_end_alike(client, camille):
    message = sent()
    for _turn in range(2):
        tell(client, message.carrier_id)
        tell(client, message.carrier_id, "Delivery")  # the server took it, then sent it back

    message.refresh_from_db()
    assert message.arrival == "bounced"


def test_a_repeated_bounce_does_not_undo_that_the_address_works_again(client, camille):
    message = sent()
    tell(client, message.carrier_id)
    arrivals.works_again(customer=camille, identity_id=camille.identities.get().pk, at=LATER)

    tell(client, message.carrier_id)

    assert key_of() is None


def test_a_bounce_of_a_mail_we_do_not_know_is_still_a_fact_of_the_address(client, camille):
    assert tell(client, "unknown", Email="Camille@Example.org").status_code == 200
    assert tell(client, "other", Email="nobody@example.org").status_code == 200

    assert key_of() is not None
    assert not Message.objects.exists()


def test_another_address_of_the_person_is_used_instead(client, camille):
    other = CustomerFactory(email="second@example.org")
    merge(source_id=other.pk, target_id=camille.pk, reason="x", by="u", at=LONG_AGO)
    tell(client, "unknown")

    assert address(camille, "email") == "second@example.org"


def test_once_the_address_works_what_was_held_back_lately_leaves(client, camille):
    tell(client, "unknown")
    queue("old", at=NOON - timedelta(days=3), customer_id=camille.pk)
    queue("new", customer_id=camille.pk)
    queue("offer", customer_id=camille.pk, purpose="marketing")
    for one in Message.objects.all():
        send(message_id=one.pk, at=NOON)

    freed = arrivals.works_again(
        customer=camille, identity_id=camille.identities.get().pk, at=LATER
    )

    assert (freed, key_of()) == (1, None)
    for one in Message.objects.filter(status="queued"):
        assert send(message_id=one.pk, at=LATER)
    assert state("new") == ("sent", "")
    assert state("old") == state("offer") == ("withheld", "bounces")


# --- The provider's door ------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic b3RoZXI6b3RoZXI="}])
def test_without_the_secret_there_is_no_door(client, settings, camille, headers):
    assert tell(client, "x", headers=headers).status_code == 404
    assert client.post("/api/mail/events/nobody/", headers=KNOWN).status_code == 404
    settings.ANYMAIL = {}
    assert tell(client, "x").status_code == 404
    assert key_of() is None


def test_what_no_provider_would_say_is_refused(client):
    for body in ("{", "[]", "1"):
        answered = client.post(DOOR, body, content_type="application/json", headers=KNOWN)
        assert answered.status_code == 400
    assert client.head(DOOR, headers=KNOWN).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_bounce_told_four_times_at_once_is_one(client):
    customer = CustomerFactory(email="camille@example.org")
    answer(customer, True, at=LONG_AGO)
    message = sent()

    told = at_once(
        [
            lambda: arrivals.record(
                what="complained", at=NOON, channel="email", carrier_id=message.carrier_id
            )
        ]
        * 4
    )

    assert sorted(told) == [False, False, False, True]
    assert ConsentEvent.objects.filter(granted=False).count() == 1


# --- SMS ----------------------------------------------------------------------------------------


def report(client, reference, outcome, **more):
    return client.post(
        "/api/sms/reports/",
        {"reference": reference, "outcome": outcome},
        content_type="application/json",
        headers={"Authorization": "Bearer known to the provider"} | more,
    )


def sms():
    return Message.objects.create(
        key="sms", template="campaign", channel="sms", to=PHONE, language="fr", purpose="service",
        queued_at=NOON, due_at=NOON, status="sent", sent_at=NOON,
    )  # fmt: skip


@pytest.mark.parametrize(
    "outcome, arrival, works",
    [
        ("delivered", "delivered", True),
        ("failed", "bounced", True),
        ("unreachable", "bounced", False),
    ],
)
def test_delivery_reports_of_sms_come_in_the_same_way(client, outcome, arrival, works):
    person = CustomerFactory(phone=PHONE)
    message = sms()

    answered = report(client, f"message-{message.pk}", outcome)

    assert (answered.status_code, answered.json()) == (200, {"outcome": "received"})
    message.refresh_from_db()
    assert (message.arrival, message.arrival_at) == (arrival, NOON)
    assert (key_of(PHONE) is None) == works
    assert address(person, "sms") == (PHONE if works else "")


def test_a_report_of_nothing_is_answered_alike_and_without_the_secret_there_is_no_door(client):
    CustomerFactory(email="camille@example.org")
    mailed = sent()  # a mail's number is no SMS's

    for reference in (f"message-{mailed.pk}", "message-999999"):
        assert report(client, reference, "unreachable").json() == {"outcome": "received"}
    assert report(client, "message-x", "delivered").status_code == 400
    assert report(client, "message-1", "delivered", Authorization="Bearer x").status_code == 404
    mailed.refresh_from_db()
    assert (mailed.arrival, key_of()) == ("", None)


# --- Boards -------------------------------------------------------------------------------------


def test_a_known_person_without_an_address_stands_on_the_board(camille):
    for channel in ("email", "sms", "push"):
        assert queue(channel, to="", channel=channel, customer_id=camille.pk) is None
    queue("nobody", to="")

    found = {one.channel: one.withheld for one in board(Message.objects.all(), days=7, at=LATER)}

    assert found == {
        "email": {"no_address": 1}, "sms": {"no_number": 1}, "push": {"no_device": 1},
    }  # fmt: skip
    assert Message.objects.count() == 3


def test_the_board_tells_arrived_came_back_and_reported(client, camille, time_machine):
    for number, (record, kind) in enumerate(
        [("Delivery", ""), ("Bounce", "HardBounce"), ("SpamComplaint", "SpamComplaint"), ("", "")]
    ):
        message = sent(f"m{number}", to=f"p{number}@example.org")
        tell(client, message.carrier_id, record, kind)

    (figures,) = board(Message.objects.all(), days=7, at=LATER)

    assert (figures.sent, figures.arrived, figures.bounced, figures.complained) == (4, 1, 1, 1)
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    html = client.get(reverse("admin:customers_message_board")).content.decode()
    assert "1 revenu" in html
    link = reverse("admin:customers_message_changelist") + "?arrival__exact=bounced"
    assert [one.to for one in client.get(link).context["cl"].result_list] == ["p1@example.org"]


def test_a_campaign_says_that_the_address_bounces(client):
    bad, good = agreeing(email="camille@example.org"), agreeing(email="good@example.org")
    none = agreeing()
    campaign = CampaignFactory(
        kind="newsletter", starts_at=NOON - HOUR, activated_at=NOON - HOUR, holdout_percent=0
    )
    tell(client, "unknown")
    assert campaigns.forecast(campaign, at=NOON).no_address == 2
    planning.sweep(at=NOON)

    run()

    assert set(Relaunch.objects.values_list("customer", "status", "reason")) == {
        (bad.pk, "withheld", "bounces"),
        (good.pk, "sent", ""),
        (none.pk, "withheld", "no_address"),
    }
    assert [one.to for one in mail.outbox] == [["good@example.org"]]


# --- Put right ----------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["link", "account"])
def test_the_person_sees_it_and_puts_it_right(client, way):
    user = UserFactory()
    person = CustomerFactory(email="camille@example.org", user=user)
    other = CustomerFactory(email="other@example.org")
    tell(client, "unknown")
    tell(client, "second", Email="other@example.org")
    link = [preferences_link(person)] if way == "link" else []
    page = reverse("storefront:preferences", args=link) if link else reverse("storefront:profile")
    if not link:
        client.force_login(user)
    shown = client.get(page).content.decode()
    assert "Nos messages à c•••@example.org reviennent" in shown
    assert "o•••@example.org" not in shown

    act = reverse("storefront:works_again", args=link)
    theirs = other.identities.get().pk
    assert client.post(act, {"key": theirs}).status_code == 302
    assert client.post(act, {"key": "x"}).status_code == 404
    assert client.post(act, {"key": person.identities.get().pk}).url == page

    assert key_of() is None
    assert key_of("other@example.org") is not None
    assert "reviennent" not in client.get(page).content.decode()


def test_nobody_puts_it_right_without_sign_in_or_link(client, camille):
    tell(client, "unknown")
    key = camille.identities.get().pk

    assert client.post(reverse("storefront:works_again"), {"key": key}).status_code == 302
    forged = reverse("storefront:works_again", args=["forged"])
    assert client.post(forged, {"key": key}).status_code == 404

    assert key_of() is not None


def test_staff_see_it_on_the_persons_page_and_put_it_right(client, camille, settings):
    settings.STAFF_MFA_REQUIRED = False
    tell(client, sent(customer_id=camille.pk).carrier_id)
    queue("next", customer_id=camille.pk)
    send(message_id=Message.objects.get(key="next").pk, at=LATER)
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    page = reverse("care:person", args=[camille.number])
    shown = client.get(page).content.decode()
    assert "Nos messages reviennent" in shown
    assert ">revenu<" in shown  # in the list of all contacts
    assert "non envoyés · l’adresse ne répond plus" in shown
    act = reverse("care:works_again", args=[camille.number])

    assert client.post(act, {"key": "x"}).status_code == 404
    assert client.post(act, {"key": camille.identities.get().pk}).url == page

    assert key_of() is None
    assert "reviennent" not in client.get(page).content.decode()
    client.force_login(UserFactory())
    assert client.post(act, {"key": 1}).status_code == 403

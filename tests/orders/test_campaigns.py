"""Campaigns: counted before they are on, guarded at sending, compared, credited (FIELD 38–41)."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from customers.models import ContactRule, Customer, Message, PushDevice
from customers.services.marketing import held_out
from customers.services.merging import merge
from omnishop.kernel.errors import Refusal
from orders.invariants import violations
from orders.models import Campaign, Order, Relaunch
from orders.services import (
    campaigns,
    planning,
    returns,
)
from tests.factories import (
    LONG_AGO,
    NOON,
    CampaignFactory,
    CouponFactory,
    CustomerFactory,
    StockLevelFactory,
    StoreFactory,
    TillFactory,
    VariantFactory,
)
from tests.orders.campaigning import DAY, HOUR, LEFT, SECOND, agreeing, answer, left, log, run
from tests.orders.flows import sold, stocked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("invariants")]


@pytest.fixture(autouse=True)
def _carried_nowhere(settings, tmp_path):
    settings.SMS_FILE_PATH, settings.PUSH_FILE_PATH = tmp_path, tmp_path


@pytest.fixture
def desk(db):
    return TillFactory()


@pytest.fixture
def article(desk):
    return stocked(desk.store)


@pytest.fixture
def camille(db):
    return agreeing(email="camille@example.org", first_name="Camille")


# --- Baskets --------------------------------------------------------------------------------------


def test_every_task_delivered_three_times_sends_one_message(camille, article):
    CampaignFactory(steps=[2 * HOUR])
    left(article, customer=camille)

    run()
    run(NOON + HOUR)

    assert len(mail.outbox) == 1
    assert log() == [("sent", "")]


def test_another_size_of_what_was_bought_is_not_named(camille, desk, article):
    CampaignFactory(steps=[2 * HOUR])
    sibling = VariantFactory(product=article.product)
    left(article, customer=camille)
    StockLevelFactory(variant=sibling, location=desk.store.locations.get(), on_hand=5)
    sold(desk, (sibling, 1), customer=camille, at=NOON - SECOND)

    run()

    assert log() == [("withheld", "bought")]
    assert Relaunch.objects.get().dropped == [article.sku]


@pytest.mark.parametrize("record", ["own", "merged before", "merged after"])
def test_the_rule_finds_a_message_that_names_what_was_bought(camille, desk, article, record):
    """MSG-1 for another size of it, in the shop; what was not known then is no fault."""
    CampaignFactory(steps=[2 * HOUR])
    left(article, customer=camille)
    run()
    sibling, buyer = VariantFactory(product=article.product), camille
    StockLevelFactory(variant=sibling, location=desk.store.locations.get(), on_hand=5)
    if record != "own":
        buyer = CustomerFactory()
    order = sold(desk, (sibling, 1), customer=buyer, at=NOON - SECOND)
    if record != "own":
        merged_at = NOON - HOUR if record == "merged before" else NOON + HOUR
        merge(source_id=buyer.pk, target_id=camille.pk, reason="same", by="u", at=merged_at)

    found = violations(at=NOON, rules=["MSG-1"])

    rows = [(Relaunch.objects.get().pk, sibling.sku, order.number)]
    assert [list(one.rows) for one in found] == ([] if record == "merged after" else [rows])
    Order.objects.update(placed_at=NOON + SECOND)  # after the message: nothing was known
    assert violations(at=NOON, rules=["MSG-1"]) == []


def test_what_was_bought_and_brought_back_is_not_offered_again(camille, desk, article):
    """They have tried it: decided so, and the order stays a sale whatever comes back."""
    CampaignFactory(steps=[2 * HOUR])
    left(article, customer=camille)
    order = sold(desk, (article, 1), customer=camille, at=NOON - HOUR)
    line = order.lines.get()
    returns.take_back(
        order_id=order.pk, units={line.pk: 1}, disposition="sellable", till=desk,
        reason="too small", actor="user:1", at=NOON - SECOND,
    )  # fmt: skip

    run()

    assert log() == [("withheld", "bought")]


def test_steps_follow_each_other_and_never_leave_together(camille, article):
    CampaignFactory(steps=[2 * HOUR, 24 * HOUR])
    left(article, customer=camille, at=NOON - 26 * HOUR)

    run()  # both are due: the worker was away
    assert [row.status for row in Relaunch.objects.order_by("step")] == ["sent", "scheduled"]

    run(NOON + 22 * HOUR - SECOND)
    assert len(mail.outbox) == 1
    run(NOON + 22 * HOUR)
    assert len(mail.outbox) == 2


def test_switching_on_counts_and_leaves_old_baskets_alone(camille, article):
    """FIELD 40: months-old baskets are not written to, nor three steps at once."""
    campaign = CampaignFactory(
        status="draft", activated_at=None, activated_count=None, steps=[2 * HOUR, 24 * HOUR]
    )
    left(article, customer=camille, at=NOON - 60 * DAY)
    left(article, customer=CustomerFactory(email="b@example.org"), at=NOON - 3 * HOUR)
    left(article, customer=camille, at=NOON - 3 * DAY)

    shown = campaigns.forecast(campaign, at=NOON)
    assert (shown.planned, shown.no_consent, shown.sent) == (1, 1, 0)
    assert not Relaunch.objects.exists()

    campaigns.activate(campaign_id=campaign.pk, shown=1, by="user:1", at=NOON)
    run(NOON + SECOND)
    assert log() == [("withheld", "no_consent")]


def test_a_campaign_is_not_switched_on_with_another_count_than_was_shown(camille, article):
    campaign = CampaignFactory(status="draft", activated_count=None, steps=[2 * HOUR])
    left(article, customer=camille)

    with pytest.raises(Refusal):
        campaigns.activate(campaign_id=campaign.pk, shown=0, by="user:1", at=NOON)

    assert Campaign.objects.get(pk=campaign.pk).status == "draft"


def test_a_paused_campaign_waits_and_an_ended_one_says_so(camille, article):
    campaign = CampaignFactory(steps=[2 * HOUR])
    left(article, customer=camille)
    planning.schedule(at=NOON)
    campaigns.pause(campaign_id=campaign.pk)

    run()
    assert (log(), mail.outbox) == ([("scheduled", "")], [])

    campaigns.finish(campaign_id=campaign.pk, at=NOON)
    assert log() == [("withheld", "ended")]


def test_a_code_is_not_shown_to_who_has_just_paid_the_full_price(camille, desk, article):
    other = stocked(desk.store)
    CouponFactory(code="RETOUR10")
    CampaignFactory(steps=[{"delay": 2 * HOUR, "coupon": "retour10"}])
    left(article, other, customer=camille)
    sold(desk, (article, 1), customer=camille, at=LEFT - DAY)  # before the basket: wanted again

    run()

    (message,) = Message.objects.filter(purpose="marketing")
    assert message.context["coupon"] == ""
    assert len(message.context["lines"]) == 2

    left(other, customer=agreeing(email="b@example.org"), at=NOON - HOUR)
    run(NOON + HOUR + SECOND)
    assert Relaunch.objects.order_by("-pk")[0].coupon == "RETOUR10"
    assert "RETOUR10" in mail.outbox[1].body


# --- The guard ------------------------------------------------------------------------------------


class Broken(EmailBackend):
    def send_messages(self, messages):
        raise ConnectionResetError


def test_f31_a_server_that_takes_a_mail_and_fails_gets_it_once(camille, article, settings):
    CampaignFactory(steps=[2 * HOUR])
    left(article, customer=camille)
    settings.EMAIL_BACKEND = f"{__name__}.Broken"
    run()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    run()

    message = Message.objects.get(purpose="marketing")
    assert (message.status, message.reason) == ("sent", "unsure: ConnectionResetError")
    assert mail.outbox == []


def test_f32_who_withdraws_while_the_others_leave_gets_nothing(monkeypatch):
    people = [agreeing(email=f"p{number}@example.org") for number in range(6)]
    CampaignFactory(kind="newsletter", starts_at=NOON - HOUR, steps=[timedelta()])
    sent, send = [], EmailBackend.send_messages

    def third_withdraws(self, mails):
        sent.extend(mails)
        if len(sent) == 3:
            for person in people:
                answer(person, False, at=timezone.now())
        return send(self, mails)

    monkeypatch.setattr(EmailBackend, "send_messages", third_withdraws)
    run(tick=True)

    assert len(mail.outbox) == 3
    assert log().count(("withheld", "no_consent")) == 3


def test_messages_of_every_channel_count_to_the_number_of_a_person(article):
    twin = CustomerFactory(phone="+33639980001")
    person = agreeing("email", "sms", email="a@example.org")
    answer(twin, True, at=LONG_AGO, channel="sms")
    Customer.objects.filter(pk=twin.pk).update(merged_into=person, merged_at=LONG_AGO)
    for kind, channel in (("newsletter", "sms"), ("birthday", "push"), ("win_back", "email")):
        campaign = CampaignFactory(kind=kind, steps=[{"channel": channel}])
        Relaunch.objects.create(
            campaign_step=campaign.steps.get(), step=1, document=f"{kind}:1", customer=person,
            since=NOON - HOUR, due_at=NOON - HOUR,
        )  # fmt: skip
    ContactRule.objects.create(channel="email", most=1)

    run()

    assert log() == [("sent", ""), ("withheld", "no_address"), ("withheld", "cap")]


@pytest.mark.parametrize(
    "channel, at, later",
    [
        ("email", "2026-11-17T21:30:00+01:00", "2026-11-18T08:00:00+01:00"),
        ("sms", "2026-11-14T20:30:00+01:00", "2026-11-16T08:00:00+01:00"),  # over Sunday
        ("sms", "2026-12-24T20:00:00+01:00", "2026-12-26T08:00:00+01:00"),  # over Christmas
        ("email", "2026-11-15T12:00:00+01:00", None),  # a Sunday
    ],
)
def test_nobody_is_disturbed_at_night_nor_by_sms_on_a_sunday(
    channel, at, later, settings, tmp_path
):
    settings.SMS_FILE_PATH = tmp_path
    at = datetime.fromisoformat(at)
    agreeing(channel, email="a@example.org", phone="+33639980001")
    CampaignFactory(kind="newsletter", starts_at=at - HOUR, steps=[{"channel": channel}])

    run(at)

    row = Relaunch.objects.get()
    if later is None:
        assert row.status == "sent"
        return
    assert (row.status, row.due_at) == ("scheduled", datetime.fromisoformat(later))
    run(row.due_at - SECOND)
    assert Relaunch.objects.get().status == "scheduled"
    run(row.due_at)
    assert Relaunch.objects.get().status == "sent"


def test_hours_are_those_of_the_store_a_person_belongs_to(camille):
    camille.home_store = StoreFactory(timezone="Indian/Reunion")  # three hours ahead in November
    camille.save()
    CampaignFactory(kind="newsletter", starts_at=NOON - HOUR, steps=[timedelta()])

    run(NOON + 6 * HOUR + 30 * timedelta(minutes=1))  # 18:30 in Paris, 21:30 there

    assert (log(), mail.outbox) == ([("scheduled", "")], [])
    Relaunch.objects.all().delete()


def test_an_sms_names_the_way_to_refuse_and_goes_to_a_telephone(settings, tmp_path):
    settings.SMS_FILE_PATH = tmp_path
    agreeing("sms", phone="+33639980001", first_name="Zoé")
    CampaignFactory(
        kind="newsletter",
        starts_at=NOON - HOUR,
        steps=[{"channel": "sms", "body_fr": "Soldes dès demain, {name}", "body": "x"}],
    )

    run()

    (file,) = Path(tmp_path).iterdir()
    text = file.read_text()
    assert text.startswith("To: +33639980001\nFrom: GrandAir\n")
    assert "Soldes dès demain, Zoé" in text
    assert "STOP" in text
    message = Message.objects.get()
    assert (message.channel, message.to, message.segments) == ("sms", "+33639980001", 1)


def test_a_notification_reaches_each_device_of_the_person(settings, tmp_path):
    settings.PUSH_FILE_PATH = tmp_path
    person = agreeing("push")
    for number in (1, 2):
        PushDevice.objects.create(
            customer=person, endpoint=f"https://push.example/{number}", created_at=NOON
        )
    PushDevice.objects.create(
        customer=CustomerFactory(), endpoint="https://push.example/3", created_at=NOON
    )
    CampaignFactory(kind="newsletter", starts_at=NOON - HOUR, steps=[{"channel": "push"}])

    run()

    assert len(list(Path(tmp_path).iterdir())) == 2
    assert Message.objects.count() == 1


def test_a_person_held_out_gets_nothing_at_any_step_and_is_recorded(article):
    campaign = CampaignFactory(steps=[2 * HOUR, 24 * HOUR], holdout_percent=50)
    people = [agreeing(email=f"p{number}@example.org") for number in range(20)]
    out = {one.pk for one in people if held_out(one.pk, of=f"campaign:{campaign.pk}", percent=50)}
    assert 0 < len(out) < 20
    for one in people:
        left(article, customer=one, at=NOON - 2 * HOUR - SECOND)

    run()
    run(NOON + 22 * HOUR)

    held = Relaunch.objects.filter(status="held_out")
    assert set(held.values_list("customer", flat=True)) == out
    assert held.count() == 2 * len(out)
    assert len(mail.outbox) == 2 * (20 - len(out))

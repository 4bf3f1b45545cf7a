"""Campaigns: counted before they are on, guarded at sending, compared, credited (FIELD 38–41)."""

from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from customers.models import ContactRule, Customer, Message, PushDevice
from customers.services import marketing
from customers.services.consents import record_consent
from customers.services.marketing import held_out
from customers.services.merging import merge
from loyalty.models import PointsLot
from omnishop.kernel.errors import Refusal
from orders import tasks
from orders.invariants import violations
from orders.models import Attribution, Basket, Campaign, Order, Relaunch, Segment
from orders.services import (
    attribution,
    campaigns,
    checkout,
    planning,
    relaunch,
    returns,
    segments,
)
from tests.factories import (
    LONG_AGO,
    NOON,
    AccountFactory,
    BasketFactory,
    BasketLineFactory,
    CampaignFactory,
    CouponFactory,
    CustomerFactory,
    SegmentFactory,
    StockLevelFactory,
    StoreFactory,
    TillFactory,
    VariantFactory,
)
from tests.inventory.test_races import at_once
from tests.orders.flows import collected, paid, sold, stocked
from tests.orders.test_faults import Killed, killed_at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("invariants")]
HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
LEFT = NOON - 3 * HOUR


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


def agreeing(*channels, **facts):
    customer = CustomerFactory(**facts)
    for channel in channels or ("email",):
        answer(customer, True, at=LONG_AGO, channel=channel)
    return customer


def answer(customer, granted, at=NOON, channel="email"):
    record_consent(
        customer=customer, granted=granted, source="account", actor="customer", at=at,
        channel=channel,
    )  # fmt: skip


def left(*variants, customer, at=LEFT, **facts):
    basket = BasketFactory(customer=customer, created_at=at, changed_at=at, **facts)
    for variant in variants:
        BasketLineFactory(basket=basket, variant=variant)
    return basket


def run(at=NOON, *, tick=False):
    """What the real tasks do at that instant, each of them three times (FIELD §4.3)."""
    with time_machine.travel(at, tick=tick):
        for task in (tasks.schedule_relaunches, tasks.plan_campaigns, tasks.send_due_relaunches):
            for _turn in range(3):
                task()


def log():
    return [(row.status, row.reason) for row in Relaunch.objects.order_by("pk")]


# --- Baskets -------------------------------------------------------------------------------------


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


# --- The guard -----------------------------------------------------------------------------------


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
@pytest.mark.usefixtures("_no_invariants")
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


@pytest.fixture
def _no_invariants():
    """These run at times of their own."""


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
        customer=person, endpoint="https://push.example/3", created_at=NOON, gone_at=NOON
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


# --- Races ---------------------------------------------------------------------------------------


@contextmanager
def meanwhile(work):
    """A transaction of another connection, held open until it is told to commit."""
    written, go_on = Event(), Event()

    def act():
        try:
            with transaction.atomic():
                work()
                written.set()
                assert go_on.wait(20)
        finally:
            connection.close()

    thread = Thread(target=act)
    thread.start()
    assert written.wait(20)
    thread.commit = go_on.set
    try:
        yield thread
    finally:
        go_on.set()
        thread.join()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_f31_a_purchase_that_commits_while_it_is_decided_wins(monkeypatch):
    desk = TillFactory()
    article, camille = stocked(desk.store), agreeing(email="camille@example.org")
    CampaignFactory(steps=[2 * HOUR])
    left(article, customer=camille)
    planning.schedule(at=NOON)
    (pk,) = relaunch.due(NOON)
    lock = marketing.lock

    with meanwhile(lambda: sold(desk, (article, 1), customer=camille, at=NOON - SECOND)) as buyer:

        def commits_first(customer_id):
            buyer.commit()
            buyer.join()
            return lock(customer_id)

        monkeypatch.setattr(marketing, "lock", commits_first)
        assert not relaunch.send(relaunch_id=pk, at=NOON)

    assert log() == [("withheld", "bought")]
    assert mail.outbox == []


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_f31_a_purchase_cannot_commit_between_the_decision_and_the_mark(monkeypatch):
    """Fails without the lock on the person's records."""
    desk = TillFactory()
    article, camille = stocked(desk.store), agreeing(email="camille@example.org")
    CampaignFactory(steps=[2 * HOUR])
    left(article, customer=camille)
    planning.schedule(at=NOON)
    (pk,) = relaunch.due(NOON)
    wish_of, waited = relaunch.wish_of, []

    with meanwhile(lambda: sold(desk, (article, 1), customer=camille, at=NOON + SECOND)) as buyer:

        def tries_to_commit(*args, **facts):
            wish = wish_of(*args, **facts)
            buyer.commit()
            buyer.join(1)
            waited.append(buyer.is_alive())
            return wish

        monkeypatch.setattr(relaunch, "wish_of", tries_to_commit)
        assert relaunch.send(relaunch_id=pk, at=NOON)

    assert waited == [True]
    assert Order.objects.filter(status="fulfilled").count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_basket_in_somebodys_hands_is_looked_at_again_later():
    article = stocked(StoreFactory())
    CampaignFactory(steps=[2 * HOUR])
    basket = left(article, customer=agreeing(email="camille@example.org"))
    planning.schedule(at=NOON)
    (pk,) = relaunch.due(NOON)

    with meanwhile(lambda: Basket.objects.filter(pk=basket.pk).update(status="ordered")):
        assert not relaunch.send(relaunch_id=pk, at=NOON)
        assert log() == [("scheduled", "")]

    assert not relaunch.send(relaunch_id=pk, at=NOON + timedelta(minutes=1))
    assert log() == [("withheld", "bought")]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_six_workers_send_one_message():
    article = stocked(StoreFactory())
    CampaignFactory(steps=[2 * HOUR])
    left(article, customer=agreeing(email="camille@example.org"))
    planning.schedule(at=NOON)
    (pk,) = relaunch.due(NOON)

    sent = at_once([lambda: relaunch.send(relaunch_id=pk, at=NOON)] * 6)

    assert sorted(map(bool, sent)) == [False] * 5 + [True]
    assert len(mail.outbox) == 1


# --- Kinds ---------------------------------------------------------------------------------------


def test_a_review_is_asked_for_days_after_the_hand_over_once_and_not_if_given(camille, desk):
    article = stocked(desk.store)
    order = collected(
        paid(checkout.Pickup(desk.store.pk), (article, 1), customer=camille, at=NOON - 6 * DAY),
        at=NOON - 5 * DAY,
    )
    Message.objects.filter(purpose="service").delete()
    CampaignFactory(kind="review", steps=[5 * DAY])

    run(NOON - SECOND)
    assert log() == []
    run(NOON + SECOND)

    assert log() == [("sent", "")]
    assert Relaunch.objects.get().document == order.number
    assert Message.objects.get(purpose="marketing").context["target"].endswith("/avis/1/")


def test_points_about_to_expire_are_told_once_and_not_when_they_are_spent(camille):
    account = AccountFactory(customer=camille)
    lot = PointsLot.objects.create(
        account=account, document="T-1", line=1, origin="x", channel="till", points=120,
        remaining=120, earned_at=LONG_AGO, available_at=LONG_AGO, expires_at=NOON + 29 * DAY,
    )  # fmt: skip
    CampaignFactory(kind="points", lead_days=30, steps=[timedelta()])

    run()

    assert log() == [("sent", "")]
    assert "120 points" in mail.outbox[0].subject
    Relaunch.objects.all().delete()
    PointsLot.objects.filter(pk=lot.pk).delete()


@pytest.mark.parametrize(
    "born, today, told",
    [
        (date(1990, 11, 17), NOON, True),
        (date(1990, 11, 18), NOON, False),
        (date(1992, 2, 29), NOON.replace(month=2, day=28), True),  # 2026 has no 29th
        (date(1992, 2, 29), NOON.replace(year=2028, month=2, day=28), False),
        (date(1992, 2, 29), NOON.replace(year=2028, month=2, day=29), True),
    ],
)
@pytest.mark.usefixtures("_no_invariants")
def test_a_birthday_is_wished_on_the_day_also_of_29_february(camille, born, today, told):
    camille.birth_date = born
    camille.save()
    CampaignFactory(kind="birthday", activated_at=today - HOUR, catch_up_hours=3, steps=[])

    run(today)

    assert log() == ([("sent", "")] if told else [])


def test_who_did_not_buy_for_long_is_written_to_unless_they_bought_under_another_record(
    camille, desk, article
):
    gone = agreeing(email="gone@example.org")
    twin = CustomerFactory(merged_into=camille, merged_at=LONG_AGO)
    for person in (camille, gone):
        sold(desk, (article, 1), customer=person, at=NOON - 180 * DAY)
    sold(desk, (article, 1), customer=twin, at=NOON - 3 * DAY)
    CampaignFactory(kind="win_back", steps=[180 * DAY - HOUR])

    run()

    assert [row.customer for row in Relaunch.objects.all()] == [gone]
    assert log() == [("sent", "")]


def test_what_is_noticed_is_planned_once_for_the_audience_of_a_campaign_that_is_on(camille):
    store = StoreFactory()
    customer = CustomerFactory(home_store=store)
    noticed = [planning.Noticed(one.pk, f"wishes:{one.pk}:1") for one in (camille, customer)]

    def plan():
        return campaigns.plan(kind="price_drop", noticed=noticed, at=NOON)

    assert plan() == set()
    campaign = CampaignFactory(kind="price_drop", home_store=store, steps=[HOUR])
    assert [plan(), plan()] == [{customer.pk}, set()]
    assert Relaunch.objects.get().due_at == NOON + HOUR
    campaigns.pause(campaign_id=campaign.pk)
    assert campaigns.plan(kind="price_drop", noticed=noticed, at=NOON) == set()


@pytest.mark.parametrize("rule, chosen", [("bought_days", "buyer"), ("not_bought_days", "other")])
def test_a_letter_goes_to_its_audience(desk, article, rule, chosen):
    people = {name: agreeing(email=f"{name}@example.org") for name in ("buyer", "other")}
    sold(desk, (article, 1), customer=people["buyer"], at=NOON - DAY)
    CampaignFactory(kind="newsletter", starts_at=NOON - HOUR, steps=[timedelta()], **{rule: 30})

    run()

    assert [each.to for each in mail.outbox] == [[f"{chosen}@example.org"]]


# --- Clicks and sales ----------------------------------------------------------------------------


def test_a_link_opens_the_basket_on_any_device_and_counts_once(camille, article, client):
    CampaignFactory(steps=[2 * HOUR])
    basket = left(article, customer=camille)
    run()
    code = Relaunch.objects.get().code

    with time_machine.travel(NOON + HOUR):
        first = client.get(reverse("storefront:from_message", args=[code]))
        client.get(reverse("storefront:from_message", args=[code]))

    assert first.status_code == 302
    assert "/panier/reprendre/" in first["Location"]
    clicked = Message.objects.get().clicked_at
    assert NOON + HOUR <= clicked < NOON + HOUR + timedelta(seconds=30)
    assert client.get(reverse("storefront:from_message", args=["x" * 16])).status_code == 404
    assert campaigns.opened(code, at=NOON + 61 * DAY) == ""
    assert basket.status == "open"


def test_a_sale_in_any_channel_goes_to_the_last_message_that_touched_the_person(
    camille, desk, article
):
    CampaignFactory(kind="newsletter", starts_at=NOON - 3 * HOUR, steps=[timedelta()])
    CampaignFactory(steps=[2 * HOUR])
    run(NOON - 2 * HOUR)
    other = stocked(desk.store)
    left(other, customer=camille, at=NOON - 2 * HOUR - timedelta(minutes=30))
    run()
    letter, basket = Relaunch.objects.order_by("decided_at")
    Message.objects.filter(pk=letter.message_id).update(clicked_at=NOON + HOUR)
    till_sale = sold(desk, (article, 1), customer=camille, at=NOON + 2 * HOUR)
    before = sold(desk, (article, 1), customer=camille, at=NOON - 4 * HOUR)
    guest = paid(checkout.Pickup(desk.store.pk), (article, 1), at=NOON + 30 * SECOND)
    late = sold(desk, (article, 1), customer=camille, at=NOON + 9 * DAY)

    with time_machine.travel(NOON + 9 * DAY):
        assert [tasks.attribute_sales() for _turn in range(3)] == [2, 0, 0]

    found = {row.order: (row.relaunch, row.touch) for row in Attribution.objects.all()}
    assert found == {till_sale: (letter, "click"), guest: (basket, "sent")}
    assert before not in found
    assert late not in found
    assert attribution.attribute(at=NOON) == 0


# --- Killed workers ------------------------------------------------------------------------------


def test_f1_a_worker_killed_at_any_statement_never_sends_twice(camille, article):
    """Planned, decided and delivered once, wherever it was cut; at worst the one mail is lost."""
    CampaignFactory(steps=[2 * HOUR])
    left(article, customer=camille)
    planning.schedule(at=NOON)
    (pk,) = relaunch.due(NOON)
    cut = 0
    while log() == [("scheduled", "")]:
        assert (mail.outbox, Message.objects.count()) == ([], 0), cut
        with killed_at(cut), suppress(Killed):
            relaunch.send(relaunch_id=pk, at=NOON)
        cut += 1
    assert cut > 15  # each statement of the decision was the last one once
    run()
    run()

    assert log() == [("sent", "")]
    assert Message.objects.count() == 1
    assert len(mail.outbox) <= 1  # cut after the mark: lost, not repeated


# --- For the people of a segment -----------------------------------------------------------------


def english(**facts):
    return agreeing(language="en", **facts)


@pytest.fixture
def segment(db):
    return SegmentFactory(rules={"is": "language", "in": ["en"]})


def letter_to(segment, **facts):
    return CampaignFactory(
        kind="newsletter", starts_at=NOON - HOUR, activated_at=NOON - HOUR, segment=segment, **facts
    )


def test_a_campaign_of_a_segment_is_counted_and_planned_for_its_people_alone(segment, camille):
    draft = letter_to(segment, status="draft")
    chosen = english(email="amy@example.org")
    assert campaigns.forecast(draft, at=NOON).planned == segments.size(segment, at=NOON) == 1

    campaigns.activate(campaign_id=draft.pk, shown=1, by="user:1", at=NOON)
    run()

    assert [message.to for message in mail.outbox] == [["amy@example.org"]]
    assert list(Relaunch.objects.values_list("customer", "status")) == [(chosen.pk, "sent")]


def test_who_leaves_the_segment_before_sending_gets_nothing_and_the_log_says_why(segment):
    letter_to(segment)
    leaves, stays = english(email="a@example.org"), english(email="b@example.org")
    planning.sweep(at=NOON)
    Customer.objects.filter(pk=leaves.pk).update(language="fr")

    run()

    assert [message.to for message in mail.outbox] == [["b@example.org"]]
    assert set(Relaunch.objects.values_list("customer", "status", "reason")) == {
        (leaves.pk, "withheld", "left"),
        (stays.pk, "sent", ""),
    }


def test_rules_of_every_family_stand_in_the_statement_that_plans(desk, article):
    rules = {"all": [
        {"is": "orders", "op": "at_least", "count": 1}, {"is": "postcode", "in": ["69"]},
        {"not": {"is": "category", "in": ["x"], "days": 30}},
        {"is": "amount", "op": "at_least", "amount": 1},
        {"any": [{"is": "expected_next", "op": "due", "days": 9}, {"is": "consent",
                                                                  "channel": "email"}]},
    ]}  # fmt: skip
    letter_to(SegmentFactory(rules=rules))
    buyer, _other = (agreeing(email=f"{n}@example.org", postcode="69003") for n in range(2))
    profile(buyer, True, at=LONG_AGO)
    sold(desk, (article, 1), customer=buyer, at=NOON - DAY)

    run()

    assert list(Relaunch.objects.values_list("customer", "status")) == [(buyer.pk, "sent")]


def test_what_is_noticed_is_planned_for_people_of_the_segment(segment, camille):
    CampaignFactory(kind="price_drop", segment=segment)
    chosen = english(email="amy@example.org")
    noticed = [planning.Noticed(one.pk, f"wishes:{one.pk}") for one in (camille, chosen)]

    assert campaigns.plan(kind="price_drop", noticed=noticed, at=NOON) == {chosen.pk}


def test_a_segment_that_a_campaign_writes_to_stays(segment):
    letter_to(segment)

    with pytest.raises(Refusal):
        segments.remove(segment_id=segment.pk)

    assert Segment.objects.filter(pk=segment.pk).exists()


def test_baskets_left_behind_have_no_segment(segment):
    with pytest.raises(IntegrityError), transaction.atomic():
        CampaignFactory(segment=segment)


BUYERS = {"is": "orders", "op": "at_least", "count": 1}


def test_purchases_choose_only_people_who_agreed_to_that(desk, article):
    """Also when they take it back between planning and sending, and through the segment's group."""
    by_segment, by_group = (SegmentFactory(rules=BUYERS) for _ in range(2))
    letter_to(by_segment)
    letter_to(None, group=segments.link_group(segment_id=by_group.pk, at=NOON))
    people = [agreeing(email=f"{name}@example.org") for name in ("yes", "later_no", "silent")]
    for person in people:
        sold(desk, (article, 1), customer=person, at=NOON - DAY)
    for person in people[:2]:
        profile(person, True, at=LONG_AGO)
    segments.fill_group(segment_id=by_group.pk, at=NOON)
    planning.sweep(at=NOON)
    assert Relaunch.objects.count() == 4
    profile(people[1], False)

    run()

    assert [message.to for message in mail.outbox] == [["yes@example.org"]] * 2
    assert set(Relaunch.objects.values_list("customer", "status", "reason")) == {
        (people[0].pk, "sent", ""),
        (people[1].pk, "withheld", "not_profiled"),
    }


def profile(customer, granted, at=NOON):
    record_consent(
        customer=customer, granted=granted, source="account", actor="customer", at=at,
        purpose="profiling", channel="all",
    )  # fmt: skip

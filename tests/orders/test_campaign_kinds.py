"""What a campaign may be about, and what its messages bring in (FIELD 38–41)."""

from datetime import date, timedelta

import pytest
import time_machine
from django.core import mail
from django.urls import reverse

from customers.models import Message
from loyalty.models import PointsLot
from orders import tasks
from orders.models import Attribution, Relaunch
from orders.services import (
    attribution,
    campaigns,
    planning,
)
from orders.services.ways import Pickup
from tests.factories import (
    LONG_AGO,
    NOON,
    AccountFactory,
    CampaignFactory,
    CustomerFactory,
    StoreFactory,
    TillFactory,
)
from tests.orders.campaigning import DAY, HOUR, SECOND, agreeing, left, log, profile, run
from tests.orders.flows import collected, paid, sold, stocked

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


# --- Kinds ----------------------------------------------------------------------------------------


def test_a_review_is_asked_for_days_after_the_hand_over_once_and_not_if_given(camille, desk):
    article = stocked(desk.store)
    order = collected(
        paid(Pickup(desk.store.pk), (article, 1), customer=camille, at=NOON - 6 * DAY),
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
        profile(person, True, at=LONG_AGO)
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
    for person in people.values():
        profile(person, True, at=LONG_AGO)
    sold(desk, (article, 1), customer=people["buyer"], at=NOON - DAY)
    CampaignFactory(kind="newsletter", starts_at=NOON - HOUR, steps=[timedelta()], **{rule: 30})

    run()

    assert [each.to for each in mail.outbox] == [[f"{chosen}@example.org"]]


# --- Clicks and sales -----------------------------------------------------------------------------


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
    guest = paid(Pickup(desk.store.pk), (article, 1), at=NOON + 30 * SECOND)
    late = sold(desk, (article, 1), customer=camille, at=NOON + 9 * DAY)

    with time_machine.travel(NOON + 9 * DAY):
        assert [tasks.attribute_sales() for _turn in range(3)] == [2, 0, 0]

    found = {row.order: (row.relaunch, row.touch) for row in Attribution.objects.all()}
    assert found == {till_sale: (letter, "click"), guest: (basket, "sent")}
    assert before not in found
    assert late not in found
    assert attribution.attribute(at=NOON) == 0

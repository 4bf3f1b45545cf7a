"""Campaigns for the people of a segment, asked again when a message leaves."""

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from customers.models import Customer
from omnishop.kernel.errors import Refusal
from orders.models import Relaunch, Segment
from orders.services import (
    campaigns,
    planning,
    segments,
)
from tests.factories import (
    LONG_AGO,
    NOON,
    CampaignFactory,
    SegmentFactory,
    TillFactory,
)
from tests.orders.campaigning import DAY, HOUR, agreeing, profile, run
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


OWN = [
    {"kind": "newsletter", "starts_at": NOON - HOUR, "bought_days": 30},
    {"kind": "newsletter", "starts_at": NOON - HOUR, "not_bought_days": 1},
    {"kind": "win_back", "steps": [2 * DAY - HOUR]},
]


@pytest.mark.parametrize("facts", OWN, ids=["bought", "not bought", "not seen"])
def test_a_campaigns_own_conditions_on_purchases_follow_the_same_rule(desk, article, facts):
    """Agreeing to offers is not agreeing to be chosen by what one buys; silence is a no."""
    CampaignFactory(activated_at=NOON - HOUR, **facts)
    people = [agreeing(email=f"{name}@example.org") for name in ("yes", "later_no", "silent")]
    for person in people:
        sold(desk, (article, 1), customer=person, at=NOON - 2 * DAY)
    for person in people[:2]:
        profile(person, True, at=LONG_AGO)
    planning.schedule(at=NOON)
    planning.sweep(at=NOON)
    assert set(Relaunch.objects.values_list("customer", flat=True)) == {
        person.pk for person in people[:2]
    }
    profile(people[1], False)

    run()

    assert [message.to for message in mail.outbox] == [["yes@example.org"]]
    assert set(Relaunch.objects.values_list("customer", "status", "reason")) == {
        (people[0].pk, "sent", ""),
        (people[1].pk, "withheld", "not_profiled"),
    }


@pytest.mark.parametrize("facts", [{}, {"home_store": True}], ids=["everybody", "a store's"])
def test_what_people_told_us_chooses_them_without_that_agreement(desk, camille, facts):
    if facts:
        Customer.objects.filter(pk=camille.pk).update(home_store=desk.store)
        facts = {"home_store": desk.store}
    CampaignFactory(kind="newsletter", starts_at=NOON - HOUR, activated_at=NOON - HOUR, **facts)

    run()

    assert [message.to for message in mail.outbox] == [["camille@example.org"]]

"""Gifts between members and corrections by staff: limits, second persons, no secrets told."""

from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum

from customers.services.identities import add_card
from loyalty import statements
from loyalty.liability import breakage, kept, liability, table
from loyalty.models import (
    Correction,
    CorrectionLimit,
    EarnRule,
    PointsEntry,
    PointsGift,
    PointsLot,
    Tier,
)
from loyalty.services import events, gifts, points
from loyalty.services.corrections import SecondPerson, correct, decide
from loyalty.services.gifts import GiftLimit
from loyalty.services.points import Earning, NotEnoughPoints
from loyalty.tasks import reward_events
from omnishop.kernel.csv_tables import csv_lines
from omnishop.kernel.errors import Invalid, NotFound, Refusal
from orders.invariants import violations
from tests.factories import NOON, AccountFactory, CustomerFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _ledger_holds(db):
    yield
    assert violations(at=NOON, rules=["LOY-1", "LOY-6", "LOY-7"]) == []


def member(count=0, **kwargs):
    account = AccountFactory(**kwargs)
    account.card = add_card(customer=account.customer, at=NOON)
    if count:
        fix(account, count, f"start{account.pk}", at=NOON - 30 * DAY)
    return account


def fix(account, count, reference="K", at=NOON, **kwargs):
    return correct(
        customer_id=account.customer_id, points=count, reason="why", reference=reference, at=at,
        **{"actor": "user:1"} | kwargs,
    )  # fmt: skip


def send(account, to, count=50, number="G1", at=NOON):
    return gifts.send(
        customer_id=account.customer_id, to=to, points=count, number=number,
        channel="web", actor="u", at=at,
    )  # fmt: skip


def balance(account):
    account.refresh_from_db()
    return account.balance


def test_points_given_arrive_when_they_are_accepted_with_the_expiry_they_had():
    giver, receiver = member(200), member()
    expiry = PointsLot.objects.get().expires_at

    gift = send(giver, receiver.card)
    assert (balance(giver), balance(receiver)) == (150, 0)
    gifts.accept(customer_id=receiver.customer_id, gift_id=gift.pk, at=NOON + DAY)
    gifts.accept(customer_id=receiver.customer_id, gift_id=gift.pk, at=NOON + DAY)

    assert balance(receiver) == 50
    assert PointsLot.objects.get(account=receiver).expires_at == expiry


def test_nobody_and_somebody_who_does_not_accept_are_told_alike():
    giver, receiver = member(200), member()

    known = send(giver, receiver.card, number="G1")
    unknown = send(giver, "nobody@example.org", number="G2")

    assert (known.status, known.points, known.expires_at) == (
        unknown.status,
        unknown.points,
        unknown.expires_at,
    )
    late = known.expires_at
    assert gifts.give_back(gift_id=known.pk, actor="task", at=late - DAY) is False
    for gift in (known, unknown):
        assert gifts.give_back(gift_id=gift.pk, actor="task", at=late)
        assert not gifts.give_back(gift_id=gift.pk, actor="task", at=late)
    assert (balance(giver), balance(receiver)) == (200, 0)
    assert PointsLot.objects.get().remaining == 200
    with pytest.raises(Refusal):
        gifts.accept(customer_id=receiver.customer_id, gift_id=known.pk, at=late)


def test_a_gift_is_accepted_by_its_receiver_alone():
    giver, receiver, other = member(200), member(), member()
    gift = send(giver, receiver.card)

    with pytest.raises(NotFound):
        gifts.accept(customer_id=other.customer_id, gift_id=gift.pk, at=NOON)

    assert balance(other) == 0


def test_gifts_have_limits_and_a_repeat_gives_once():
    giver, receiver = member(3000), member()

    with pytest.raises(GiftLimit):
        send(giver, receiver.card, 501)
    send(giver, receiver.card, 500, "G1")
    assert send(giver, receiver.card, 500, "G1").points == 500
    send(giver, receiver.card, 500, "G2")
    with pytest.raises(GiftLimit):
        send(giver, receiver.card, 1, "G3")
    with pytest.raises(Invalid):
        send(giver, giver.card, 1, "G4")
    with pytest.raises(Invalid):
        send(giver, " ", 1, "G5")

    assert balance(giver) == 2000
    assert PointsGift.objects.count() == 2


def test_staff_take_points_too_but_never_more_than_there_are():
    account = member(100)

    fix(account, -30, "K1")
    fix(account, -30, "K1")
    with pytest.raises(NotEnoughPoints):
        fix(account, -71, "K2")

    assert balance(account) == 70
    assert list(Correction.objects.order_by("pk").values_list("points", flat=True)) == [100, -30]


@pytest.mark.parametrize("points_, reason", [(0, "why"), (5, " ")])
def test_a_correction_has_points_and_a_reason(points_, reason):
    with pytest.raises(Invalid):
        correct(
            customer_id=member().customer_id, points=points_, reason=reason,
            reference="K", actor="u", at=NOON,
        )  # fmt: skip


def test_above_the_limit_of_a_role_a_second_person_decides():
    CorrectionLimit.objects.update_or_create(role="associate", defaults={"each": 50, "day": 80})
    account = member()

    assert fix(account, 50, "K1", role="associate").status == "done"
    assert fix(account, 51, "K2", role="associate").status == "waiting"  # at once
    assert fix(account, 31, "K3", role="associate").status == "waiting"  # in a day
    assert fix(account, 30, "K4", role="associate").status == "done"
    assert fix(account, 50, "K5", role="associate", at=NOON + DAY).status == "done"
    assert balance(account) == 130

    waiting = Correction.objects.get(reference="K2")
    with pytest.raises(SecondPerson):
        decide(correction_id=waiting.pk, approved=True, actor="user:1", at=NOON)
    assert decide(correction_id=waiting.pk, approved=True, actor="user:2", at=NOON).status == "done"
    with pytest.raises(SecondPerson):
        decide(correction_id=waiting.pk, approved=False, actor="user:2", at=NOON)
    refused = Correction.objects.get(reference="K3")
    decide(correction_id=refused.pk, approved=False, actor="user:2", at=NOON)

    assert balance(account) == 181


def test_the_database_keeps_gifts_and_corrections_honest():
    giver, receiver = member(200), member()
    send(giver, receiver.card)
    for change in (
        lambda: PointsGift.objects.update(receiver=giver),
        lambda: PointsGift.objects.update(points=0),
        lambda: PointsGift.objects.update(status="accepted", receiver=None),
        lambda: Correction.objects.update(points=0),
        lambda: Correction.objects.update(decided_by="user:1"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_an_event_is_rewarded_once_and_can_be_spent_at_once():
    account = member()
    EarnRule.objects.create(
        programme=account.programme, name="Avis", event="review", points=10, channels=["web"]
    )

    def reward(**kwargs):
        return events.reward(
            customer_id=account.customer_id, actor="u", at=NOON,
            **{"event": "review", "channel": "web", "reference": "7"} | kwargs,
        )  # fmt: skip

    assert (reward(), reward()) == (10, 0)
    assert reward(event="birthday") == 0
    assert reward(channel="till", reference="8") == 0
    lot = PointsLot.objects.get()
    assert (lot.points, lot.available_at, lot.origin) == (10, NOON, "Avis")


def test_birthdays_first_visits_and_friends_are_found_once(time_machine):
    from tests.factories import UserFactory

    time_machine.move_to(NOON, tick=False)
    account = member(customer=CustomerFactory(birth_date=date(1990, 11, 17), user=UserFactory()))
    friend = member(referred_by=account, customer=CustomerFactory(birth_date=date(1990, 11, 20)))
    programme = account.programme
    for event, count in (("birthday", 50), ("first_visit", 20), ("referral", 100)):
        EarnRule.objects.create(programme=programme, name=event, event=event, points=count)

    reward_events()
    assert balance(account) == 70
    points.earn(
        [Earning(1, 9, "x", amount_minor=900)], customer_id=friend.customer_id,
        document="O", channel="web", actor="u", at=NOON - 20 * DAY,
    )  # fmt: skip
    other = CustomerFactory()
    account.customer.merged_into = other
    account.customer.user = None
    account.customer.save()

    assert (reward_events(), reward_events()) == (1, 0)
    assert (balance(account), balance(friend)) == (170, 9)


def test_a_statement_adds_up_to_the_ledger_month_by_month():
    account, other = member(400), member(10)
    points.earn(
        [Earning(1, 90, "x")], customer_id=account.customer_id, document="O-1",
        channel="web", actor="u", at=NOON - 70 * DAY,
    )  # fmt: skip
    points.spend(
        customer_id=account.customer_id, points=120, document="S",
        channel="web", actor="u", at=NOON - 20 * DAY,
    )  # fmt: skip
    points.restore(document="S", points=20, channel="web", actor="u", at=NOON - 10 * DAY)
    points.take_back(
        document="O-1", line=1, points=90, reference="O-1-R1", channel="web", actor="u", at=NOON
    )
    other.customer.merged_into = account.customer
    other.customer.save()
    person = account.customer_id

    found = [statements.statement(person, month) for month in statements.months(person, NOON)][::-1]

    assert found[0].opening == 0
    for before, after in pairwise(found):
        assert before.closing == after.opening
    for one in found:
        moved = one.earned + one.received + one.spent + one.taken_back + one.repaid + one.expired
        assert one.opening + moved == one.closing
        assert sum(entry.delta for entry in one.entries) == one.closing - one.opening
    ledger = PointsEntry.objects.filter(lot__isnull=False).aggregate(sum=Sum("delta"))["sum"]
    assert found[-1].closing == ledger == balance(account) + balance(other)
    assert (found[-1].month, found[-1].spent, found[-1].taken_back) == (date(2026, 11, 1), 20, -90)
    assert statements.statement(person, date(2026, 10, 1)).spent == -120


def test_what_is_kept_is_measured_at_each_age_that_lots_have_lived_through():
    # Both lived a month, in which a fifth was spent; one lived another, and lost half of its rest.
    shares = kept([(2, -1, 60), (1, -1, 40), (2, 0, -20), (2, 1, -20), (1, 5, -1)])

    assert shares == {0: Fraction(4, 5), 1: Fraction(1, 2)}
    assert breakage(shares, 0, 2) == Fraction(2, 5)
    assert breakage(shares, 1, 2) == Fraction(1, 2)
    assert breakage(shares, 0, 3) == 0  # nobody lived that long: counted as spent
    assert kept([]) == {}


def test_the_liability_is_told_by_tier_and_month_and_files_bear_formulas():
    account = member(100)
    tier = Tier.objects.create(
        programme=account.programme, code="a", name="=HYPERLINK(1)", entry=1, keep=1
    )
    points.earn(
        [Earning(1, 20, "x")], customer_id=account.customer_id, document="O",
        channel="web", actor="u", at=NOON,
    )  # fmt: skip

    found = liability(NOON)

    assert (found.points, found.value_minor, found.expected_minor) == (120, 600, 600)
    assert {row.tier for row in found.rows} == {tier.name}
    assert [row.points for row in found.rows] == [100, 20]
    line = list(csv_lines(*table(found)))[1]
    assert line.strip().split(";")[1:] == ["'=HYPERLINK(1)", "100", "5.00", "5.00"]


def test_what_expired_before_lowers_what_is_expected():
    old, young = member(), member(100)
    points.earn(
        [Earning(1, 100, "x")], customer_id=old.customer_id, document="O",
        channel="web", actor="u", at=NOON - 500 * DAY,
    )  # fmt: skip
    points.spend(
        customer_id=old.customer_id, points=75, document="S",
        channel="web", actor="u", at=NOON - 300 * DAY,
    )  # fmt: skip
    points.expire(account_id=old.pk, at=NOON)

    found = liability(NOON)

    # The old lot lost three quarters at seven months, nothing before and nothing after.
    assert (found.points, found.value_minor, found.expected_minor) == (100, 500, 375)
    assert young.pk

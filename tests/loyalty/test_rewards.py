"""Rewards, offers, vouchers: spent and issued together, once, within their limits."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from catalog.models import Coupon, Promotion
from catalog.offers import Why
from loyalty.models import Account, PointsLot, Reward, RewardIssue, Tier
from loyalty.services import points, rewards
from loyalty.services.corrections import correct
from loyalty.services.points import NotEnoughPoints
from loyalty.services.rewards import NoReward
from omnishop.kernel.errors import Invalid, NotFound
from orders import books
from orders.invariants import violations
from tests.factories import (
    NOON,
    AccountFactory,
    CustomerFactory,
    PromotionFactory,
    RewardFactory,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _ledger_holds(db):
    yield
    assert violations(at=NOON, rules=["LOY-1", "LOY-4", "LOY-5"]) == []


@pytest.fixture
def account(db):
    account = AccountFactory()
    correct(
        customer_id=account.customer_id, points=300, reason="start", reference="start",
        actor="u", at=NOON - 30 * DAY,
    )  # fmt: skip
    return account


def voucher(**kwargs):
    return RewardFactory(
        kind="voucher",
        promotion=PromotionFactory(kind=Promotion.Kind.AMOUNT, amount_minor=500, by_coupon=True),
        **kwargs,
    )


def redeem(account, reward, reference="R1", at=NOON):
    return rewards.redeem(
        customer_id=account.customer_id, reward_id=reward.pk, reference=reference,
        channel="web", actor="u", at=at,
    )  # fmt: skip


def left(account):
    return Account.objects.get(pk=account.pk).balance


def test_a_reward_costs_its_points_and_is_a_code_of_the_member_s_own(account):
    issue = redeem(account, voucher(cost=100, valid_days=30))

    assert left(account) == 200
    coupon = issue.coupon
    assert (coupon.uses, coupon.holder) == (1, account.customer.number)
    assert coupon.valid_to == NOON + 30 * DAY
    state = books.shopper(customer_id=account.customer_id, codes=[coupon.code], at=NOON).codes[0]
    assert state.refused is None
    other = CustomerFactory()
    state = books.shopper(customer_id=other.pk, codes=[coupon.code], at=NOON).codes[0]
    assert state.refused == Why.CODE_OF_OTHER


def test_a_code_goes_with_its_holder_through_a_merge(account):
    coupon = redeem(account, voucher(cost=100)).coupon
    live = CustomerFactory()
    account.customer.merged_into = live
    account.customer.save()

    shopper = books.shopper(customer_id=live.pk, codes=[coupon.code], at=NOON)

    assert shopper.codes[0].refused is None
    assert shopper.member


def test_the_same_press_twice_is_one_reward(account):
    reward = RewardFactory(cost=100)

    assert redeem(account, reward) == redeem(account, reward)

    assert left(account) == 200
    assert Reward.objects.get().issued == 1


def test_without_the_points_nothing_is_had(account):
    with pytest.raises(NotEnoughPoints), transaction.atomic():
        redeem(account, voucher(cost=301))

    assert not RewardIssue.objects.exists()
    assert not Coupon.objects.exists()
    assert left(account) == 300


def test_cancelled_its_points_go_back_to_their_very_lot_and_its_code_is_dead(account):
    issue = redeem(account, voucher(cost=100))
    (lot,) = PointsLot.objects.all()
    assert lot.remaining == 200

    rewards.cancel(issue_id=issue.pk, actor="user:1", at=NOON)
    rewards.cancel(issue_id=issue.pk, actor="user:1", at=NOON)

    lot.refresh_from_db()
    assert lot.remaining == 300
    assert Reward.objects.get().issued == 0
    state = books.shopper(customer_id=account.customer_id, codes=[issue.coupon.code], at=NOON)
    assert state.codes[0].refused is not None


def test_a_code_that_was_used_is_not_cancelled(account):
    from catalog import coupons

    issue = redeem(account, voucher(cost=100))
    coupons.redeem(
        coupon_ids=[issue.coupon_id], document="O-1", person=account.customer.number, at=NOON
    )

    with pytest.raises(NoReward):
        rewards.cancel(issue_id=issue.pk, actor="user:1", at=NOON)

    assert left(account) == 200


def test_the_limit_per_person_counts_over_merged_records_and_a_cancelled_one_may_be_had_again(
    account,
):
    reward = RewardFactory(cost=10, per_person=1)
    first = redeem(account, reward, "R1")
    other = AccountFactory()
    other.customer.merged_into = account.customer
    other.customer.save()

    with pytest.raises(NoReward), transaction.atomic():
        redeem(other, reward, "R2")
    rewards.cancel(issue_id=first.pk, actor="u", at=NOON)

    assert redeem(other, reward, "R3").nth == 1


def test_a_reward_of_a_tier_is_for_that_tier(account):
    tier = Tier.objects.create(
        programme=account.programme, code="gold", name="Gold", entry=0, keep=0
    )
    reward = RewardFactory(cost=10, tiers=["gold"])
    with pytest.raises(NoReward):
        redeem(account, reward)

    points.earn(
        [points.Earning(1, 1, "x")], customer_id=account.customer_id, document="O",
        channel="web", actor="u", at=NOON,
    )  # fmt: skip

    account.refresh_from_db()
    assert account.tier == tier
    assert redeem(account, reward).status == "issued"
    assert books.shopper(customer_id=account.customer_id, codes=[], at=NOON).tier == "gold"


@pytest.mark.parametrize(
    "fields", [{"active": False}, {"cost": None}, {"ends_at": NOON}, {"starts_at": NOON + DAY}]
)
def test_a_reward_that_is_not_on_offer_cannot_be_had(account, fields):
    with pytest.raises(NoReward):
        redeem(account, RewardFactory(**{"cost": 10} | fields))

    assert left(account) == 300


def test_an_offer_is_activated_once_by_its_member_alone(account):
    reward = voucher(cost=None, stock=5)
    other = AccountFactory()

    def offer():
        return rewards.offer(
            reward_id=reward.pk, customer_ids=[account.customer_id], reason="Merci",
            reference="C1", until=NOON + DAY, actor="u", at=NOON,
        )  # fmt: skip

    assert (offer(), offer()) == (1, 0)
    issue = RewardIssue.objects.get()
    with pytest.raises(NotFound):
        rewards.activate(customer_id=other.customer_id, issue_id=issue.pk, at=NOON)
    with pytest.raises(NoReward), transaction.atomic():
        rewards.activate(customer_id=account.customer_id, issue_id=issue.pk, at=NOON + DAY)

    first = rewards.activate(customer_id=account.customer_id, issue_id=issue.pk, at=NOON)
    again = rewards.activate(customer_id=account.customer_id, issue_id=issue.pk, at=NOON)

    assert first.coupon == again.coupon
    assert (left(account), Coupon.objects.count()) == (300, 1)


def test_a_voucher_is_given_once_per_reference_and_joins_who_is_no_member():
    person = CustomerFactory()

    def give(reference, amount=1000):
        return rewards.give_voucher(
            customer=person, amount_minor=amount, reason="Retard de livraison",
            reference=reference, actor="user:1", at=NOON,
        )  # fmt: skip

    first = give("CASE-1")
    assert give("CASE-1") == first
    second = give("CASE-2")

    assert first.coupon.promotion == second.coupon.promotion
    assert first.coupon.promotion.amount_minor == 1000
    assert first.coupon.holder == person.number
    assert RewardIssue.objects.count() == 2
    assert not person.consents.exists()
    with pytest.raises(Invalid):
        give("CASE-3", amount=0)


def test_the_database_keeps_stock_and_limits(account):
    reward = RewardFactory(cost=1, stock=1, per_person=1)
    redeem(account, reward)

    def twice():
        RewardIssue.objects.create(
            account=account, reward=reward, status="issued", name="x", nth=1, reference="R9",
            actor="u", at=NOON, issued_at=NOON, expires_at=NOON,
        )  # fmt: skip

    for change in (
        lambda: Reward.objects.update(issued=2),
        lambda: Reward.objects.update(kind="voucher"),
        lambda: RewardIssue.objects.update(issued_at=None),
        twice,
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()

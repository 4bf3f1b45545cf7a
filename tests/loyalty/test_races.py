"""Two tills cannot spend the same points: the account row decides (FIELD 25, 30)."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from customers.services.identities import add_card
from loyalty.models import Account, PointsEntry
from loyalty.services import gifts, rewards
from loyalty.services import points as services
from loyalty.services.corrections import correct
from loyalty.services.points import NotEnoughPoints
from tests.factories import NOON, AccountFactory, RewardFactory

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("invariants"),
]


def at_once(*jobs):
    barrier, answers = Barrier(len(jobs)), []

    def run(job):
        try:
            barrier.wait()
            answers.append(job())
        except NotEnoughPoints:
            answers.append("refused")
        finally:
            connection.close()

    threads = [Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def member(points, *, customer=None):
    account = AccountFactory(**({"customer": customer} if customer else {}))
    correct(
        customer_id=account.customer_id,
        points=points,
        reason="gift",
        reference=f"G{account.pk}",
        actor="u",
        at=NOON,
    )
    return account


def spend(account, points, document):
    return services.spend(
        customer_id=account.customer_id,
        points=points,
        document=document,
        channel="till",
        actor="u",
        at=NOON,
    )


def test_ten_tills_spend_the_same_points_once():
    account = member(100)

    answers = at_once(*[lambda n=n: spend(account, 60, f"O-{n}") for n in range(10)])

    assert sorted(answers, key=str) == [60] + ["refused"] * 9
    account.refresh_from_db()
    assert account.balance == 40


def test_one_document_sent_ten_times_spends_once():
    account = member(100)

    answers = at_once(*[lambda: spend(account, 10, "O-1")] * 10)

    assert answers == [10] * 10
    account.refresh_from_db()
    assert account.balance == 90
    assert PointsEntry.objects.filter(kind="spend").count() == 1


def test_site_and_till_spend_the_points_of_two_merged_accounts_once():
    site, till = member(100), member(100)
    till.customer.merged_into = site.customer
    till.customer.save()

    answers = at_once(*[lambda n=n: spend((site, till)[n % 2], 70, f"O-{n}") for n in range(20)])

    assert sorted(answers, key=str) == [70, 70] + ["refused"] * 18
    assert sorted(Account.objects.values_list("balance", flat=True)) == [0, 60]


def test_members_who_give_each_other_points_do_not_wait_for_each_other_for_ever():
    first, second = member(500), member(500)
    cards = [add_card(customer=one.customer, at=NOON) for one in (first, second)]

    def give(n):
        giver, card = ((first, cards[1]), (second, cards[0]))[n % 2]
        gift = gifts.send(
            customer_id=giver.customer_id, to=card, points=50, number=f"G-{n}",
            channel="web", actor="u", at=NOON,
        )  # fmt: skip
        gifts.accept(customer_id=gift.receiver.customer_id, gift_id=gift.pk, at=NOON)
        return gift.status

    assert at_once(*[lambda n=n: give(n) for n in range(8)]) == ["waiting"] * 8
    assert list(Account.objects.values_list("balance", flat=True)) == [500, 500]


def test_the_last_reward_is_one_member_s_and_nobody_pays_for_none():
    reward = RewardFactory(cost=40, stock=3, per_person=1)
    members = [member(100) for _n in range(8)]

    def redeem(account):
        try:
            issue = rewards.redeem(
                customer_id=account.customer_id, reward_id=reward.pk,
                reference=f"R-{account.pk}", channel="web", actor="u", at=NOON,
            )  # fmt: skip
        except rewards.NoReward:
            return "none"
        return issue.status

    answers = at_once(*[lambda one=one: redeem(one) for one in members])

    assert sorted(answers) == ["issued"] * 3 + ["none"] * 5
    assert sorted(Account.objects.values_list("balance", flat=True)) == [60] * 3 + [100] * 5

"""One person, several records: one number, every lot, nothing moved (CUS-1, P-6, P-10)."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from customers.models import Identity
from customers.selectors import by_identity
from loyalty import selectors
from loyalty.models import Account, PointsEntry, PointsGift, PointsLot, Tier, TierChange
from loyalty.services import gifts, points
from loyalty.services.corrections import correct
from loyalty.services.points import Earning, NotEnoughPoints
from omnishop.kernel.errors import Refusal
from orders.invariants import violations
from tests.factories import LONG_AGO, NOON, AccountFactory, CustomerFactory, ProgrammeFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
WHO = {"channel": "web", "actor": "test"}
RULES = ["LOY-1", "LOY-3", "LOY-4", "LOY-5", "LOY-6", "LOY-7"]


@pytest.fixture(autouse=True)
def _ledger_holds(db):
    yield
    assert violations(at=NOON, rules=RULES) == []


def merge(source, target):
    source.merged_into = target
    source.save(update_fields=["merged_into"])


def unmerge(source):
    merge(source, None)


def earn(customer, document, *counts, at=NOON - 60 * DAY):
    lines = [Earning(line, each, f"{document} {line}") for line, each in enumerate(counts, 1)]
    return points.earn(lines, customer_id=customer.pk, document=document, at=at, **WHO)


def spend(customer, count, document="S", at=NOON):
    return points.spend(customer_id=customer.pk, points=count, document=document, at=at, **WHO)


def take_back(document, count, reference, at=NOON):
    return points.take_back(
        document=document, line=1, points=count, reference=reference, at=at, **WHO
    )


def owed(account):
    account.refresh_from_db()
    return account.balance, account.debt


def left():
    return dict(PointsLot.objects.values_list("document", "remaining"))


@pytest.fixture
def pair():
    """Two accounts of two records; the second is then merged into the first."""
    kept, merged = AccountFactory(), AccountFactory(joined_at=LONG_AGO - DAY)
    earn(kept.customer, "A", 10, at=NOON - 40 * DAY)
    earn(merged.customer, "B", 20, at=NOON - 60 * DAY)
    merge(merged.customer, kept.customer)
    return kept, merged


def test_a_person_has_one_number_and_every_lot_of_their_records(pair):
    kept, merged = pair

    for record in (kept.customer, merged.customer):
        found = selectors.balance(record, at=NOON)
        assert found.spendable == 30
        assert [lot.document for lot in found.lots] == ["B", "A"]
        assert found.account == kept


def test_points_of_all_records_are_spent_first_expiring_first(pair):
    kept, merged = pair

    assert spend(kept.customer, 25) == 25

    assert left() == {"B": 0, "A": 5}
    assert (owed(kept), owed(merged)) == ((5, 0), (0, 0))
    with pytest.raises(NotEnoughPoints) as refused:
        spend(merged.customer, 6, "S2")
    assert refused.value.available == 5


def test_an_order_of_the_merged_record_spends_and_earns_on_the_same_purse(pair):
    kept, merged = pair

    earn(merged.customer, "C", 7, at=NOON)

    assert PointsLot.objects.get(document="C").account == kept
    assert spend(merged.customer, 30) == 30


def test_without_an_account_of_the_live_record_the_oldest_earns():
    live = CustomerFactory()
    young, old = AccountFactory(joined_at=NOON), AccountFactory(joined_at=LONG_AGO)
    merge(young.customer, live)
    merge(old.customer, live)

    earn(live, "A", 5)

    assert PointsLot.objects.get().account == old
    assert points.join(customer=live, at=NOON) == old
    assert Account.objects.count() == 2


def test_points_go_back_to_the_very_lots_in_whatever_account(pair):
    kept, merged = pair
    spend(kept.customer, 25)
    unmerge(merged.customer)

    assert points.restore(document="S", at=NOON, **WHO) == 25
    assert points.restore(document="S", at=NOON, **WHO) == 0

    assert left() == {"B": 20, "A": 10}
    assert (owed(kept), owed(merged)) == ((10, 0), (20, 0))


def test_a_debt_of_any_record_counts_and_is_repaid_first():
    kept, merged = AccountFactory(), AccountFactory()
    earn(merged.customer, "B", 20)
    spend(merged.customer, 20)
    take_back("B", 20, "B-R1")
    assert owed(merged) == (0, 20)
    earn(kept.customer, "A", 30)
    merge(merged.customer, kept.customer)

    assert selectors.balance(kept.customer, at=NOON).spendable == 10
    assert selectors.balance(kept.customer, at=NOON).debt == 20
    with pytest.raises(NotEnoughPoints):
        spend(kept.customer, 11, "S2")
    assert spend(kept.customer, 10, "S2") == 10

    assert (owed(kept), owed(merged)) == ((0, 0), (0, 0))


def test_an_earning_repays_the_debt_of_another_record(pair):
    kept, merged = pair
    spend(kept.customer, 30)
    take_back("B", 20, "B-R1")
    assert owed(merged) == (0, 20)

    earn(kept.customer, "C", 15, at=NOON)
    assert (owed(kept), owed(merged)) == ((0, 0), (0, 5))
    earn(kept.customer, "D", 15, at=NOON)
    assert (owed(kept), owed(merged)) == ((10, 0), (0, 0))


def test_bought_earned_and_returned_leaves_nothing_whichever_record_bought(pair):
    """FIELD 24, 25: the points are spent under one record, the goods come back under another."""
    kept, merged = pair
    before = selectors.balance(kept.customer, at=NOON).spendable
    earn(merged.customer, "C", 50)
    spend(kept.customer, 50)

    assert take_back("C", 50, "C-R1") == 50
    assert take_back("C", 50, "C-R2") == 0

    assert selectors.balance(kept.customer, at=NOON).spendable == 0
    points.restore(document="S", at=NOON, **WHO)
    assert selectors.balance(kept.customer, at=NOON).spendable == before


def test_the_same_sale_replayed_earns_once_even_after_a_merge():
    till, site = AccountFactory(), AccountFactory()
    assert earn(till.customer, "O-1", 10, 5) == 15
    merge(till.customer, site.customer)

    assert earn(till.customer, "O-1", 10, 5) == 0
    assert earn(site.customer, "O-1", 10, 5) == 0

    assert PointsLot.objects.aggregate(sum=Sum("points"))["sum"] == 15


def test_merging_and_un_merging_leaves_each_account_as_it_was(pair):
    kept, merged = pair
    unmerge(merged.customer)

    assert selectors.balance(kept.customer, at=NOON).spendable == 10
    assert selectors.balance(merged.customer, at=NOON).spendable == 20


def test_either_card_finds_the_person(pair):
    """FIELD 27."""
    kept, _merged = pair
    cards = [points.add_card(customer=one.customer, at=NOON) for one in pair]

    assert len(set(cards)) == 2
    assert {by_identity(Identity.Kind.CARD, card) for card in cards} == {kept.customer}


class Everything(RuleBasedStateMachine):
    """Three records that earn, spend, return, give, are corrected, merged and parted."""

    WHO = st.integers(0, 2)
    COUNT = st.integers(1, 60)
    DOCUMENT = st.sampled_from("ABC")

    @initialize()
    def begin(self):
        self.block = transaction.atomic()
        self.block.__enter__()
        self.at, self.serial = NOON, 0
        programme = ProgrammeFactory()
        for code, entry, keep in (("base", 0, 0), ("silver", 40, 20), ("gold", 90, 60)):
            Tier.objects.create(programme=programme, code=code, name=code, entry=entry, keep=keep)
        self.accounts = [AccountFactory(programme=programme) for _n in range(3)]
        self.people = [account.customer for account in self.accounts]
        self.cards = [points.add_card(customer=one, at=NOON) for one in self.people]

    def teardown(self):
        if hasattr(self, "block"):
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)

    def number(self, prefix):
        self.serial += 1
        return f"{prefix}{self.serial}"

    @rule(who=WHO, document=DOCUMENT, first=COUNT, second=COUNT)
    def earn(self, who, document, first, second):
        earn(self.people[who], f"{document}{who}", first, second, at=self.at)

    @rule(who=WHO, document=DOCUMENT, count=COUNT)
    def spend(self, who, document, count):
        with suppress(Refusal):
            spend(self.people[who], count, f"S{document}", at=self.at)

    @rule(document=DOCUMENT, count=st.one_of(st.none(), COUNT))
    def restore(self, document, count):
        points.restore(document=f"S{document}", points=count, at=self.at, **WHO)

    @rule(who=WHO, document=DOCUMENT, count=COUNT, repeat=st.booleans())
    def take_back(self, who, document, count, repeat):
        self.serial += not repeat
        reference = f"{document}{who}-R{self.serial}"
        take_back(f"{document}{who}", count, reference, at=self.at)

    @rule(who=WHO, count=st.integers(-40, 40).filter(bool), repeat=st.booleans())
    def correct(self, who, count, repeat):
        self.serial += not repeat
        with suppress(Refusal):
            correct(
                customer_id=self.people[who].pk, points=count, reason="why",
                reference=f"K{self.serial}", actor="user:1", at=self.at,
            )  # fmt: skip

    @rule(who=WHO, to=WHO, count=COUNT)
    def give(self, who, to, count):
        with suppress(Refusal):
            gifts.send(
                customer_id=self.people[who].pk, to=self.cards[to], points=count,
                number=self.number("G"), at=self.at, **WHO,
            )  # fmt: skip

    @rule(accepted=st.booleans())
    def answer(self, accepted):
        for gift in PointsGift.objects.filter(status="waiting"):
            if accepted and gift.receiver:
                with suppress(Refusal):
                    gifts.accept(customer_id=gift.receiver.customer_id, gift_id=gift.pk, at=self.at)
            gifts.give_back(gift_id=gift.pk, actor="task", at=self.at)

    @rule(source=WHO, into=WHO)
    def merge(self, source, into):
        for one in self.people:
            one.refresh_from_db()
        here, there = self.people[source], self.people[into]
        if source != into and not here.merged_into and not there.merged_into:
            for one in self.people:
                if one.merged_into == here:
                    merge(one, there)
            before = self.purses()
            merge(here, there)
            assert self.purses() == before

    @rule(who=WHO)
    def unmerge(self, who):
        before = self.purses()
        unmerge(self.people[who])
        assert self.purses() == before

    def purses(self):
        return list(Account.objects.order_by("pk").values_list("balance", "debt"))

    @rule(days=st.sampled_from([1, 14, 200, 400]))
    def wait(self, days):
        self.at += timedelta(days=days)

    @rule(who=WHO)
    def expire(self, who):
        points.expire(account_id=self.accounts[who].pk, at=self.at)

    @invariant()
    def everything_holds(self):
        if not hasattr(self, "at"):
            return
        assert violations(at=self.at, rules=RULES) == []
        for person in self.people:
            assert selectors.balance(person, at=self.at).spendable >= 0

    @invariant()
    def what_is_left_is_what_came_less_what_went(self):
        if hasattr(self, "at"):
            moved = PointsEntry.objects.aggregate(sum=Sum("delta"))["sum"] or 0
            held = Account.objects.aggregate(sum=Sum("balance"), debt=Sum("debt"))
            assert moved == held["sum"] - held["debt"]


def test_any_sequence_over_merged_records_keeps_every_account_right():
    run_state_machine_as_test(
        Everything,
        settings=settings(
            max_examples=10,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_return_of_everything_restores_the_earlier_tier_and_balance():
    programme = ProgrammeFactory()
    for code, entry in (("base", 0), ("silver", 40)):
        Tier.objects.create(programme=programme, code=code, name=code, entry=entry, keep=entry)
    account = AccountFactory(programme=programme)
    earn(account.customer, "A", 10, at=NOON)
    account.refresh_from_db()
    assert account.tier.code == "base"

    earn(account.customer, "B", 60, at=NOON)
    account.refresh_from_db()
    assert account.tier.code == "silver"
    take_back("B", 60, "B-R1")

    account.refresh_from_db()
    assert (account.tier.code, account.balance, account.debt) == ("base", 10, 0)
    changes = TierChange.objects.order_by("pk").values_list("before", "after", "counted")
    assert list(changes) == [("", "base", 10), ("base", "silver", 70), ("silver", "base", 10)]

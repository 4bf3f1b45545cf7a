"""Points: earned once, spent first-expiring-first, given back to their lots (ALG-9, P-6)."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from loyalty import selectors
from loyalty.models import Account, PointsEntry, PointsLot, Programme
from loyalty.services import points as services
from loyalty.services.corrections import correct
from loyalty.services.points import Earning, NotEnoughPoints
from omnishop.kernel.errors import Invalid, Refusal
from orders.invariants import violations
from tests.factories import NOON, AccountFactory, CustomerFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
WHO = {"channel": "web", "actor": "test"}


@pytest.fixture
def account(db):
    return AccountFactory()


@pytest.fixture(autouse=True)
def _ledger_holds(db):
    yield
    assert violations(at=NOON, rules=["LOY-1"]) == []


def earn(account, document, *points, at=NOON):
    earnings = [Earning(line, each, f"line {line}") for line, each in enumerate(points, start=1)]
    return services.earn(earnings, customer_id=account.customer_id, document=document, at=at, **WHO)


def spend(account, points, document="S", at=NOON):
    return services.spend(
        customer_id=account.customer_id, points=points, document=document, at=at, **WHO
    )


def restore(account, document="S", points=None, at=NOON):
    return services.restore(document=document, points=points, at=at, **WHO)


def take_back(account, document, points, reference, line=1, at=NOON):
    return services.take_back(
        document=document,
        line=line,
        points=points,
        reference=reference,
        at=at,
        **WHO,
    )


def left(account):
    return dict(PointsLot.objects.filter(account=account).values_list("document", "remaining"))


def owed(account):
    account.refresh_from_db()
    return account.balance, account.debt


def test_points_wait_until_the_return_period_is_over(account):
    earn(account, "A", 30)

    now = selectors.balance(account.customer, at=NOON)
    last = selectors.balance(account.customer, at=NOON + 14 * DAY - timedelta(seconds=1))
    then = selectors.balance(account.customer, at=NOON + 14 * DAY)

    assert (now.spendable, now.pending) == (0, 30)
    assert (last.spendable, last.pending) == (0, 30)
    assert (then.spendable, then.pending, then.value_minor) == (30, 0, 150)
    with pytest.raises(NotEnoughPoints):
        spend(account, 1)


def test_earning_twice_for_a_document_earns_once_and_a_new_line_still_earns(account):
    assert earn(account, "A", 30) == 30
    assert earn(account, "A", 30) == 0
    assert earn(account, "A", 30, 5) == 5
    assert owed(account) == (35, 0)


def test_what_expires_first_is_spent_first(account):
    earn(account, "new", 10, at=NOON - 30 * DAY)
    earn(account, "old", 10, at=NOON - 60 * DAY)
    earn(account, "pending", 10)

    assert spend(account, 15) == 15

    assert left(account) == {"old": 0, "new": 5, "pending": 10}
    assert list(
        PointsEntry.objects.filter(kind="spend")
        .order_by("pk")
        .values_list("lot__document", "delta")
    ) == [("old", -10), ("new", -5)]


def test_more_than_there_is_spends_nothing(account):
    earn(account, "A", 10, at=NOON - 30 * DAY)

    with pytest.raises(NotEnoughPoints) as refused:
        spend(account, 11)

    assert refused.value.available == 10
    assert owed(account) == (10, 0)
    assert not PointsEntry.objects.filter(kind="spend").exists()


@pytest.mark.parametrize("points", [0, -1])
def test_spending_nothing_is_refused(account, points):
    with pytest.raises(Invalid):
        spend(account, points)


def test_spending_twice_for_a_document_spends_once(account):
    earn(account, "A", 10, at=NOON - 30 * DAY)

    assert spend(account, 4) == 4
    assert spend(account, 4) == 4

    assert owed(account) == (6, 0)


def test_spent_points_go_back_to_the_very_lots(account):
    earn(account, "new", 10, at=NOON - 30 * DAY)
    earn(account, "old", 10, at=NOON - 60 * DAY)
    spend(account, 15)

    assert restore(account, points=3) == 3
    assert left(account) == {"old": 0, "new": 8}  # the latest to expire first
    assert restore(account) == 12
    assert restore(account) == 0

    assert left(account) == {"old": 10, "new": 10}
    assert spend(account, 20) == 20  # the same document may try again


def test_no_more_is_restored_than_was_spent(account):
    earn(account, "A", 10, at=NOON - 30 * DAY)
    spend(account, 4)

    assert restore(account, points=100) == 4
    assert left(account) == {"A": 10}


def test_expired_points_cannot_be_spent_and_are_written_off_once(account):
    expiry = NOON + 14 * DAY
    expiry = expiry.replace(year=expiry.year + 1)
    earn(account, "A", 10)

    assert selectors.balance(account.customer, at=expiry - DAY).spendable == 10
    assert selectors.balance(account.customer, at=expiry).spendable == 0
    with pytest.raises(NotEnoughPoints):
        spend(account, 1, at=expiry)
    assert services.expire(account_id=account.pk, at=expiry - DAY) == 0
    assert services.expire(account_id=account.pk, at=expiry) == 10
    assert services.expire(account_id=account.pk, at=expiry) == 0
    assert owed(account) == (0, 0)


def test_points_restored_to_an_expired_lot_expire_with_it(account):
    earn(account, "A", 10)
    expiry = PointsLot.objects.get().expires_at
    spend(account, 10, at=expiry - DAY)

    restore(account, at=expiry + DAY)

    assert selectors.balance(account.customer, at=expiry + DAY).spendable == 0
    assert services.expire(account_id=account.pk, at=expiry + DAY) == 10


def test_a_return_takes_the_points_of_its_own_lot_even_while_they_wait(account):
    earn(account, "other", 10, at=NOON - 30 * DAY)
    earn(account, "A", 10)

    assert take_back(account, "A", 4, "A-R1") == 4
    assert take_back(account, "A", 4, "A-R1") == 0

    assert left(account) == {"other": 10, "A": 6}
    assert selectors.taken_back(document="A", line=1) == 4


def test_what_was_spent_already_is_taken_from_other_lots_then_owed(account):
    earn(account, "A", 10, at=NOON - 60 * DAY)
    earn(account, "B", 3, at=NOON - 30 * DAY)
    spend(account, 10)

    assert take_back(account, "A", 10, "A-R1") == 10

    assert left(account) == {"A": 0, "B": 0}
    assert owed(account) == (0, 7)
    assert selectors.taken_back(document="A", line=1) == 10


def test_a_debt_is_repaid_by_the_next_earning(account):
    earn(account, "A", 10, at=NOON - 60 * DAY)
    spend(account, 10)
    take_back(account, "A", 10, "A-R1")

    assert earn(account, "B", 4, 3) == 7
    assert owed(account) == (0, 3)
    earn(account, "C", 5)
    assert owed(account) == (2, 0)
    assert take_back(account, "A", 10, "A-R1") == 0


def test_points_given_back_repay_a_debt_before_they_can_be_spent(account):
    """Buy, spend what it earned, return both: nothing is left over (FIELD 24)."""
    earn(account, "A", 10, at=NOON - 60 * DAY)
    spend(account, 10, "B")
    take_back(account, "A", 10, "A-R1")
    assert owed(account) == (0, 10)

    restore(account, "B")

    assert owed(account) == (0, 0)
    assert selectors.balance(account.customer, at=NOON).spendable == 0


def test_staff_give_points_once_per_reference(account):
    def give():
        return correct(
            customer_id=account.customer_id,
            points=5,
            reason="sorry",
            reference="R",
            actor="u",
            at=NOON,
        )

    assert give() == give()
    assert selectors.balance(account.customer, at=NOON).spendable == 5


def test_joining_twice_is_joining_once_and_gives_a_card():
    customer = CustomerFactory()

    first = services.join(customer=customer, at=NOON)

    assert services.join(customer=customer, at=NOON) == first
    assert customer.identities.filter(kind="card").count() == 1
    assert not customer.consents.exists()  # GDP-8


def test_the_database_keeps_balances_and_lots_at_or_above_zero(account):
    earn(account, "A", 10)
    for change in (
        lambda: Account.objects.update(balance=-1),
        lambda: Account.objects.update(debt=-1),
        lambda: PointsLot.objects.update(remaining=-1),
        lambda: PointsLot.objects.update(remaining=11),
        lambda: PointsLot.objects.update(expires_at=NOON),
        lambda: Programme.objects.create(name="second"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


class Points(RuleBasedStateMachine):
    """Documents earn, spend and come back while time passes."""

    DOCUMENTS = st.sampled_from("ABCD")
    POINTS = st.integers(1, 40)

    @initialize()
    def join(self):
        self.block = transaction.atomic()
        self.block.__enter__()
        self.at = NOON
        self.account = AccountFactory()
        self.returns = 0

    def teardown(self):
        if hasattr(self, "block"):
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)

    @rule(document=DOCUMENTS, first=POINTS, second=POINTS)
    def earn(self, document, first, second):
        earn(self.account, document, first, second, at=self.at)

    @rule(document=DOCUMENTS, points=POINTS)
    def spend(self, document, points):
        with suppress(Refusal):
            spend(self.account, points, f"S{document}", at=self.at)

    @rule(document=DOCUMENTS, points=st.one_of(st.none(), POINTS))
    def restore(self, document, points):
        restore(self.account, f"S{document}", points, at=self.at)

    @rule(document=DOCUMENTS, line=st.integers(1, 2), repeat=st.booleans())
    def take_back(self, document, line, repeat):
        lot = PointsLot.objects.filter(document=document, line=line).first()
        if lot is None:
            return
        taken = selectors.taken_back(document=document, line=line)
        self.returns += not repeat
        share = (lot.points - taken + 1) // 2
        take_back(
            self.account, document, share, f"{document}-R{self.returns}", line=line, at=self.at
        )

    @rule(days=st.sampled_from([1, 14, 200, 400]))
    def wait(self, days):
        self.at += timedelta(days=days)

    @rule()
    def expire(self):
        services.expire(account_id=self.account.pk, at=self.at)

    @invariant()
    def the_ledger_holds(self):
        if hasattr(self, "at"):
            assert violations(at=self.at, rules=["LOY-1"]) == []
            spent_too_late = PointsEntry.objects.filter(kind="spend").exclude(
                at__lt=F("lot__expires_at"), at__gte=F("lot__available_at")
            )
            assert not spent_too_late.exists()

    @invariant()
    def no_line_gives_back_more_than_it_earned(self):
        if hasattr(self, "at"):
            for lot in PointsLot.objects.all():
                taken = selectors.taken_back(document=lot.document, line=lot.line)
                assert 0 <= taken <= lot.points


def test_any_sequence_keeps_lots_ledger_and_balance_together():
    run_state_machine_as_test(
        Points,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )

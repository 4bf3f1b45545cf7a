"""Two records become one person and two again (P-10, CUS-1, ALG-11, DESIGN 3.5)."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from psycopg import sql

from customers import selectors
from customers.models import Customer, CustomerMerge, DuplicateCandidate
from customers.services.consents import record_consent
from customers.services.identities import add_card, create_customer, verify_email
from customers.services.merging import CannotMerge, keep_apart, merge, unmerge
from loyalty.services.corrections import correct
from loyalty.services.points import join
from omnishop.kernel.errors import NotFound
from orders.models import Order
from tests.factories import NOON, BasketFactory, CustomerFactory, TillFactory, UserFactory
from tests.orders.flows import sold, stocked

LATER = NOON + timedelta(hours=1)
JOURNALS = {"customers_customermerge", "customers_duplicatecandidate"}


def everything():
    """Every row of every table of ours, as the database writes it."""
    rows = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            table = model._meta.db_table
            if model._meta.managed and table not in JOURNALS:
                cursor.execute(
                    sql.SQL("SELECT t::text FROM {} t ORDER BY 1").format(sql.Identifier(table))
                )
                rows[table] = [row for (row,) in cursor.fetchall()]
    return rows


def bought(person, at=NOON):
    """What the person takes away from a shop."""
    till = TillFactory()
    return sold(till, (stocked(till.store), 1), customer=person, at=at)


def rich(**keys):
    """A person with a card, points, a consent, a basket and an order."""
    person = create_customer(first_name="Camille", last_name="Martin", **keys)
    join(customer=person, at=NOON)
    correct(
        customer_id=person.pk,
        points=40,
        reason="gift",
        reference=f"G-{person.pk}",
        actor="u",
        at=NOON,
    )
    record_consent(customer=person, granted=True, source="test", actor="u", at=NOON)
    BasketFactory(customer=person)
    bought(person)
    return person


def merged(source, target, **changes):
    said = {"reason": "same card", "by": "nadia", "at": NOON} | changes
    return merge(source_id=source.pk, target_id=target.pk, **said)


@pytest.mark.django_db
@pytest.mark.usefixtures("invariants")
def test_a_merge_undone_restores_every_row_of_the_database():
    """P-10, byte for byte; and what was there is untouched where orders came in between."""
    source, target = rich(email="a@example.org"), rich(email="b@example.org")
    CustomerFactory(merged_into=source, merged_at=NOON - timedelta(days=3))
    before = everything()

    done = merged(source, target)
    unmerge(merge_id=done.pk, by="nadia", at=LATER)

    assert everything() == before

    done = merged(source, target)
    order = bought(target, at=LATER)
    unmerge(merge_id=done.pk, by="nadia", at=LATER)

    for table in ("customers_customer", "customers_identity", "customers_consentevent"):
        assert everything()[table] == before[table]
    assert set(before["orders_order"]) < set(everything()["orders_order"])
    assert set(before["loyalty_pointslot"]) <= set(everything()["loyalty_pointslot"])
    assert list(Order.objects.of(source)) == list(Order.objects.filter(customer=source))
    assert order in Order.objects.of(target)


@pytest.mark.django_db
@pytest.mark.usefixtures("invariants")
def test_a_merge_moves_pointers_alone_and_every_read_finds_the_person():
    source, target = rich(email="a@example.org"), rich(phone="0639981234")
    older = CustomerFactory(merged_into=source)
    before = everything()

    merged(source, target)

    after = everything()
    assert [table for table in after if after[table] != before[table]] == ["customers_customer"]
    assert set(selectors.records(target.pk)) == {source, target, older}
    assert selectors.by_identity("email", "a@example.org") == target
    assert Order.objects.of(target).count() == 2
    assert add_card(customer=target, at=NOON) == source.identities.get(kind="card").value


@pytest.mark.django_db
def test_a_merge_is_refused_with_itself_and_with_a_record_that_is_merged_already():
    first, second, third = (CustomerFactory() for _ in range(3))
    merged(first, second)

    for source, target in ((second, second), (first, third), (third, first)):
        with pytest.raises(CannotMerge):
            merged(source, target)
    with pytest.raises(NotFound):
        merge(source_id=0, target_id=third.pk, reason="x", by="nadia", at=NOON)
    assert CustomerMerge.objects.count() == 1


@pytest.mark.django_db
def test_the_later_merge_is_undone_first():
    first, second, third = (CustomerFactory() for _ in range(3))
    early = merged(first, second)
    late = merged(second, third)

    with pytest.raises(CannotMerge, match=second.number):
        unmerge(merge_id=early.pk, by="nadia", at=LATER)

    unmerge(merge_id=late.pk, by="nadia", at=LATER)
    first.refresh_from_db()
    assert (first.merged_into, first.merged_at) == (second, NOON)
    unmerge(merge_id=early.pk, by="nadia", at=LATER)
    again = unmerge(merge_id=early.pk, by="someone else", at=LATER + timedelta(hours=1))
    first.refresh_from_db()
    assert (first.merged_into, first.merged_at) == (None, None)
    assert (again.undone_by, again.undone_at) == ("nadia", LATER)


@pytest.mark.django_db
def test_a_proved_address_writes_a_merge_that_staff_can_undo():
    """Without a proof nothing is linked (ALG-11)."""
    user = UserFactory(email="camille@example.org")
    own = CustomerFactory(user=user)
    guest = create_customer(email="camille@example.com")
    assert CustomerMerge.objects.count() == 0

    verify_email(user=user, email="camille@example.com", at=NOON)

    done = CustomerMerge.objects.get()
    assert (done.source, done.target, done.by) == (guest, own, "sign-in")
    assert "@" not in done.reason


@pytest.mark.django_db
def test_a_decision_of_staff_settles_the_proposal():
    first, second, third = (CustomerFactory() for _ in range(3))
    same, other = (
        DuplicateCandidate.objects.create(
            first=first, second=record, score_bp=9000, evidence=[], found_at=NOON
        )
        for record in (second, third)
    )

    keep_apart(candidate_id=other.pk, by="nadia", at=NOON)
    done = merged(second, first)

    for candidate in (same, other):
        candidate.refresh_from_db()
    assert (same.status, other.status) == ("merged", "different")
    unmerge(merge_id=done.pk, by="nadia", at=LATER)
    same.refresh_from_db()
    assert same.status == "different"


@pytest.mark.django_db
def test_the_database_refuses_a_pointer_to_a_merged_record():
    """CUS-1, whoever writes it."""
    first, second, third = (CustomerFactory() for _ in range(3))
    Customer.objects.filter(pk=first.pk).update(merged_into=second)

    for source, target in ((third, first), (second, third)):
        with pytest.raises(IntegrityError, match="not a live record"), transaction.atomic():
            Customer.objects.filter(pk=source.pk).update(merged_into=target)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("bare", [False, True])
def test_of_crossing_merges_one_stands(bare):
    """By the service, and by the trigger alone: A → B and B → C never leave A behind B."""
    for _round in range(8):
        first, second, third = (CustomerFactory() for _ in range(3))
        pairs = [(first, second), (second, third), (third, first), (second, first)]
        barrier, outcomes = Barrier(len(pairs)), []

        def run(source, target, barrier=barrier, outcomes=outcomes):
            try:
                barrier.wait()
                if bare:
                    Customer.objects.filter(pk=source.pk).update(merged_into=target)
                else:
                    merged(source, target)
                outcomes.append("merged")
            except Exception as refused:
                outcomes.append(type(refused).__name__)
            finally:
                connection.close()

        threads = [Thread(target=run, args=pair) for pair in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert "merged" in outcomes
        beyond = Customer.objects.filter(merged_into__merged_into__isnull=False)
        assert not beyond.exists()

"""Promises: a whole basket or nothing, in a constant number of statements (DESIGN 3.2)."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from inventory import services
from inventory.errors import InsufficientStock
from inventory.models import Reservation, StockLevel, StockMovement
from inventory.services import Demand
from orders.invariants import violations
from tests.factories import NOON, StockLevelFactory, StockLocationFactory, VariantFactory

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)
STOCK = ["STK-1", "STK-2"]


@pytest.fixture(autouse=True)
def _books_agree(db):
    yield
    assert violations(at=NOON, rules=STOCK) == []


@pytest.fixture
def level(db):
    return StockLevelFactory(on_hand=5)


def demand(level, quantity, line=1):
    return Demand(line, level.variant_id, level.location_id, quantity)


def reserve(*demands, document="O-1", at=NOON, expires_at=LATER, online=True):
    with transaction.atomic():
        return services.reserve(
            demands, document=document, at=at, expires_at=expires_at, online=online
        )


def book(level):
    level.refresh_from_db()
    return level.on_hand, level.reserved, level.available


def status(document="O-1"):
    rows = Reservation.objects.filter(document=document).order_by("line", "pk")
    return list(rows.values_list("line", "quantity", "status"))


def test_units_are_held(level):
    (hold,) = reserve(demand(level, 3))

    assert (hold.quantity, hold.status, hold.expires_at) == (3, "held", LATER)
    assert book(level) == (5, 3, 2)
    assert [hold.quantity for hold in services.held(document="O-1")] == [3]


def test_a_repeat_returns_the_same_holds(level):
    first = reserve(demand(level, 3))

    assert reserve(demand(level, 3)) == first
    assert book(level) == (5, 3, 2)


def test_more_than_available_holds_nothing(level):
    other = StockLevelFactory(on_hand=1)

    with pytest.raises(InsufficientStock) as refused:
        reserve(demand(level, 1), demand(other, 2, line=2))

    (missing,) = refused.value.missing
    assert (missing.variant_id, missing.wanted, missing.available) == (other.variant_id, 2, 1)
    assert book(level) == (5, 0, 5)
    assert not Reservation.objects.exists()


def test_two_lines_of_one_article_are_summed_before_they_are_checked(level):
    with pytest.raises(InsufficientStock):
        reserve(demand(level, 3), demand(level, 3, line=2))

    assert len(reserve(demand(level, 3), demand(level, 2, line=2))) == 2
    assert book(level) == (5, 5, 0)


def test_what_is_not_kept_there_cannot_be_held(level):
    nowhere = Demand(1, VariantFactory().pk, level.location_id, 1)

    with pytest.raises(InsufficientStock) as refused:
        reserve(nowhere)

    assert refused.value.missing[0].available == 0
    assert StockLevel.objects.count() == 1


def test_safety_stock_is_kept_back_online_but_not_at_the_till(level):
    StockLevel.objects.update(safety=2)

    with pytest.raises(InsufficientStock) as refused:
        reserve(demand(level, 4))
    assert refused.value.missing[0].available == 3
    reserve(demand(level, 4), online=False)

    assert book(level) == (5, 4, 1)


def test_overdue_holds_are_free_in_the_statement_that_needs_them(level):
    reserve(demand(level, 5), document="late", expires_at=NOON)

    reserve(demand(level, 5), at=NOON)

    assert status("late") == [(1, 5, "expired")]
    assert status() == [(1, 5, "held")]
    assert book(level) == (5, 5, 0)


def test_a_hold_that_runs_for_another_second_is_not_free(level):
    reserve(demand(level, 5), document="late", expires_at=NOON + timedelta(seconds=1))

    with pytest.raises(InsufficientStock):
        reserve(demand(level, 1), at=NOON)
    assert status("late") == [(1, 5, "held")]


def test_the_number_of_statements_does_not_depend_on_the_number_of_lines(
    django_assert_num_queries,
):
    for document, count in (("one", 1), ("twenty", 20)):
        levels = StockLevelFactory.create_batch(count)
        demands = [demand(level, 1, line) for line, level in enumerate(levels, start=1)]
        with django_assert_num_queries(4):  # in a transaction, as every caller
            services.reserve(demands, document=document, at=NOON, expires_at=LATER)
        units = dict.fromkeys(range(1, count + 1), 1)
        with django_assert_num_queries(6):
            services.fulfil(document=document, at=NOON, actor="u", units=units)


def test_released_units_are_free_again_once(level):
    reserve(demand(level, 3))

    assert services.release(document="O-1", at=NOON) == 3
    assert services.release(document="O-1", at=NOON) == 0

    assert book(level) == (5, 0, 5)
    assert status() == [(1, 3, "released")]


def test_a_part_of_a_line_is_released_and_the_rest_stays_held(level):
    other = StockLevelFactory()
    reserve(demand(level, 3), demand(other, 2, line=2))

    assert services.release(document="O-1", at=NOON, keep={1: 1}) == 2
    assert services.release(document="O-1", at=NOON, keep={1: 1}) == 0

    assert (book(level), book(other)) == ((5, 1, 4), (10, 2, 8))
    assert status() == [(1, 1, "held"), (1, 2, "released"), (2, 2, "held")]


def test_held_units_leave_once(level):
    reserve(demand(level, 3))

    assert services.fulfil(document="O-1", at=NOON, actor="u", units={1: 3}) == {1: 3}
    assert services.fulfil(document="O-1", at=NOON, actor="u", units={1: 3}) == {}

    assert book(level) == (2, 0, 2)
    assert StockMovement.objects.get(kind="sale").delta == -3


def test_a_hold_is_fulfilled_even_when_nothing_is_free(level):
    """FIELD 5, 15: the hold is consumed, free stock is not tested again."""
    reserve(demand(level, 5))
    StockLevel.objects.update(safety=5)

    assert services.fulfil(document="O-1", at=NOON, actor="u", units={1: 5}) == {1: 5}
    assert book(level) == (0, 0, 0)


def test_units_leave_first_from_where_they_are_wanted(level):
    there = StockLevelFactory(variant=level.variant, location=StockLocationFactory(), on_hand=5)
    reserve(demand(level, 2), demand(there, 2))

    services.fulfil(document="O-1", at=NOON, actor="u", units={1: 3}, location_id=there.location_id)

    assert (book(there), book(level)) == ((3, 0, 3), (4, 1, 3))


def test_units_that_were_not_found_become_a_shortage_and_leave_the_book(level):
    reserve(demand(level, 3))

    assert services.shorten(document="O-1", line=1, quantity=2, at=NOON, actor="u") == 2

    assert book(level) == (3, 1, 2)
    assert status() == [(1, 1, "held"), (1, 2, "short")]
    assert StockMovement.objects.get(kind="adjustment").delta == -2
    assert services.settle(document="O-1", at=NOON) == 1
    assert services.settle(document="O-1", at=NOON) == 0


def test_a_hold_is_extended_while_there_is_one(level):
    reserve(demand(level, 1))

    assert services.extend(document="O-1", expires_at=None, at=NOON)
    assert Reservation.objects.get().expires_at is None
    assert not services.extend(document="O-2", expires_at=LATER, at=NOON)


def test_what_is_held_grows_all_or_nothing(level):
    reserve(demand(level, 3))

    with pytest.raises(InsufficientStock), transaction.atomic():
        services.hold_more([demand(level, 3)], document="O-1", at=NOON, expires_at=LATER)
    services.hold_more([demand(level, 2)], document="O-1", at=NOON, expires_at=LATER)

    assert status() == [(1, 5, "held")]
    assert book(level) == (5, 5, 0)


def test_only_overdue_holds_are_ended(level):
    reserve(demand(level, 2))

    assert services.expire_overdue(document="O-1", at=LATER - timedelta(seconds=1)) == 0
    assert services.expire_overdue(document="O-1", at=LATER) == 2
    assert book(level) == (5, 0, 5)


def test_the_database_refuses_what_cannot_be(level):
    reserve(demand(level, 1))
    for change in (
        lambda: StockLevel.objects.update(reserved=-1),
        lambda: StockLevel.objects.update(reserved=6),
        lambda: StockLevel.objects.update(on_hand=0),
        lambda: Reservation.objects.update(quantity=0),
        lambda: Reservation.objects.update(status="released"),
        lambda: Reservation.objects.update(closed_at=NOON),
        lambda: StockLevel.objects.create(variant=level.variant, location=level.location),
        lambda: Reservation.objects.create(
            variant=level.variant,
            location=level.location,
            document="O-1",
            line=1,
            quantity=1,
            created_at=NOON,
        ),
        lambda: StockMovement.objects.create(
            variant=level.variant,
            location=level.location,
            kind="sale",
            delta=0,
            document="x",
            at=NOON,
            idempotency_key="x",
        ),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()

"""Counting while the shop sells: blind, to approve, nothing lost and nothing twice (issue 3)."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction

from inventory import services
from inventory.counts import approves_own, found, left_to_count, since, to_count
from inventory.models import CountLine, Reservation, StockCount, StockLevel, StockMovement
from inventory.services import Demand, counts
from omnishop.kernel.errors import Invalid, NotFound, Refusal
from orders.invariants import violations
from tests.factories import (
    NOON,
    CategoryFactory,
    ProductFactory,
    StaffFactory,
    StockLevelFactory,
    StockLocationFactory,
    UserFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)
EVENING = NOON + timedelta(hours=6)


@pytest.fixture(autouse=True)
def _books_agree(db):
    yield
    assert violations(at=NOON, rules=["STK-1", "STK-2"]) == []


@pytest.fixture
def place(db):
    return StockLocationFactory()


def shelf(place, on_hand=5, sku="VESTE-M", popularity=0, **fields):
    product = ProductFactory(popularity=popularity, **fields)
    variant = VariantFactory(sku=sku, product=product)
    return StockLevelFactory(variant=variant, location=place, on_hand=on_hand)


def begin(place, kind="rolling", at=NOON, **chosen):
    return counts.begin(location_id=place.pk, kind=kind, at=at, actor="user:1", **chosen)


def scan(count, code="VESTE-M", at=NOON, **how):
    return counts.scan(count_id=count.pk, code=code, at=at, actor="user:1", **how)


def submit(count, at=LATER, **how):
    return counts.submit(count_id=count.pk, at=at, actor="user:1", **how)


def approve(count, at=EVENING, actor="user:2", **how):
    return counts.approve(count_id=count.pk, at=at, actor=actor, **how)


def sell(level, units=1, at=NOON + timedelta(minutes=10), document="T-1"):
    demand = Demand(1, level.variant_id, level.location_id, units)
    services.sell([demand], document=document, at=at, actor="u")


def skus(lines):
    return [line.variant.sku for line in lines]


def on_hand(level):
    return StockLevel.objects.get(pk=level.pk).on_hand


# --- What is listed ----------------------------------------------------------------------------


def test_a_rolling_count_lists_gaps_then_the_longest_uncounted_then_best_sellers(place):
    for sku, popularity in (("SLOW", 1), ("BEST", 90), ("SEEN", 500), ("OLD", 400), ("GAP", 0)):
        shelf(place, sku=sku, popularity=popularity)
    for sku, at in (("OLD", NOON - timedelta(days=40)), ("SEEN", NOON - timedelta(days=2))):
        done = begin(place, at=at, variant_ids=[_variant(sku).pk])
        scan(done, sku, at=at, counted=5)
        submit(done, at=at)
        approve(done, at=at)
    sell(StockLevel.objects.get(variant__sku="GAP"), units=7, at=NOON - timedelta(hours=1))

    count = begin(place, articles=4)

    listed = list(count.lines.select_related("variant").order_by("pk"))
    assert skus(listed) == ["GAP", "BEST", "SLOW", "OLD"]
    assert [line.gap for line in listed] == [True, False, False, False]


def _variant(sku):
    return StockLevel.objects.get(variant__sku=sku).variant


def test_a_gap_is_listed_until_its_article_was_counted_or_corrected(place):
    counted, corrected = shelf(place, sku="A", on_hand=1), shelf(place, sku="B", on_hand=1)
    shelf(place, sku="C", on_hand=1)
    for level in StockLevel.objects.order_by("pk"):
        sell(level, units=2, document=f"T-{level.pk}")
    assert [one.gap for one in to_count(place.pk)] == [True, True, True]

    count = begin(place, at=LATER, variant_ids=[counted.variant_id])
    scan(count, "A", at=LATER, counted=0)
    submit(count, at=LATER)
    assert [one.gap for one in to_count(place.pk)] == [True, True, True]  # not approved yet
    approve(count)
    services.adjust(
        variant_id=corrected.variant_id,
        location_id=place.pk,
        counted=4,
        document="BY-HAND",
        reason="found",
        at=EVENING,
        actor="u",
    )

    gaps = {one.variant_id for one in to_count(place.pk) if one.gap}
    assert gaps == {_variant("C").pk}


def test_two_rolling_counts_at_once_list_different_articles(place):
    shelf(place, sku="A"), shelf(place, sku="B")

    first, second = begin(place, articles=1), begin(place, articles=1)

    assert {first.lines.get().variant.sku, second.lines.get().variant.sku} == {"A", "B"}
    with pytest.raises(Refusal):
        begin(place)
    assert StockCount.objects.count() == 2


def test_a_full_count_lists_every_level_of_its_place_or_category_and_no_other(place):
    tents = CategoryFactory()
    shelf(place, sku="TENT", category=CategoryFactory(parent=tents))
    shelf(place, sku="CUP", on_hand=0)
    shelf(StockLocationFactory(), sku="ELSEWHERE")

    assert set(skus(begin(place, "full").lines.select_related("variant"))) == {"TENT", "CUP"}
    with pytest.raises(Refusal):
        begin(place, "full")
    StockCount.objects.update(status="cancelled")
    assert skus(begin(place, "full", category_id=tents.pk).lines.all()) == ["TENT"]


def test_begin_refuses_what_is_not_there(place):
    for bad in ({"kind": "weekly"}, {"category_id": 0}):
        with pytest.raises(Refusal):
            begin(place, **bad)
    with pytest.raises(NotFound):
        counts.begin(location_id=0, kind="full", at=NOON, actor="u")
    assert not StockCount.objects.exists()


# --- Scanning ----------------------------------------------------------------------------------


def test_a_sale_between_scan_and_approval_changes_nothing_of_the_difference(place):
    level = shelf(place, on_hand=5)
    count = begin(place)
    for _unit in range(4):
        scan(count)
    sell(level)
    submit(count)

    line = count.lines.get()
    assert (line.counted, line.book, line.difference) == (4, 5, -1)
    assert on_hand(level) == 4
    assert approve(count) == 1

    assert on_hand(level) == 3  # four were there, one was sold since
    movement = StockMovement.objects.get(kind="count")
    assert (movement.delta, movement.document, movement.line) == (-1, count.number, line.pk)
    count.refresh_from_db()
    assert (count.status, count.closed_by) == ("approved", "user:2")


def test_a_sale_between_two_scans_is_in_the_book_of_the_last(place):
    level = shelf(place, on_hand=5)
    count = begin(place)
    scan(count)
    sell(level)
    scan(count, at=LATER, counted=4)

    line = count.lines.get()
    assert (line.counted, line.book, line.difference) == (4, 4, 0)


def test_what_a_till_put_right_since_the_count_is_not_put_right_twice(place):
    """Two found where the book had none, then one is sold: the till books a gap of one itself."""
    level = shelf(place, on_hand=0)
    count = begin(place)
    scan(count, counted=2)
    sell(level, units=1)
    submit(count)
    approve(count)

    assert on_hand(level) == 1
    assert StockMovement.objects.get(kind="count_gap").delta == 1
    assert StockMovement.objects.get(kind="count").delta == 1


def test_a_scan_finds_by_sku_and_gtin_and_an_unlisted_article_joins(place):
    shelf(place)
    other = VariantFactory(sku="GOURDE", gtin="3017620422003")
    count = begin(place)

    assert scan(count, "veste-m").joined is False
    result = scan(count, "3017620422003", quantity=3)

    assert (result.joined, result.added, result.line.counted, result.line.book) == (True, 3, 3, 0)
    assert StockLevel.objects.get(variant=other, location=place).on_hand == 0


@pytest.mark.parametrize("code", ["", "4000000000000", "é'\"", "x" * 500])
def test_an_unknown_code_is_refused_and_the_count_stays(place, code):
    shelf(place)
    count = begin(place)
    scan(count)

    with pytest.raises(NotFound):
        scan(count, code)

    assert count.lines.get().counted == 1


@pytest.mark.parametrize(
    "how", [{"quantity": 0}, {"quantity": -3}, {"counted": -1}, {"counted": 10**9}]
)
def test_an_impossible_quantity_is_refused(place, how):
    shelf(place)
    count = begin(place)

    with pytest.raises(Invalid):
        scan(count, **how)

    assert count.lines.get().counted is None


def test_a_scan_can_be_taken_back_once(place):
    shelf(place)
    count = begin(place)
    scan(count)
    second = scan(count, counted=9)

    def undo(units):
        counts.undo(
            count_id=count.pk, line_id=second.line.pk, units=units, at=LATER, actor="user:1"
        )
        return count.lines.get().counted

    assert undo(second.added) == 1
    assert undo(1) is None
    with pytest.raises(Refusal):
        undo(1)
    assert count.lines.get().book is None


# --- Handing in --------------------------------------------------------------------------------


def test_what_was_not_scanned_is_none_only_when_the_counter_says_so(place):
    shelf(place, sku="A"), shelf(place, sku="B")
    count = begin(place, "full")
    scan(count, "A", counted=5)
    submit(count)
    approve(count)
    assert on_hand(StockLevel.objects.get(variant__sku="B")) == 5

    again = begin(place, "full", at=EVENING)
    scan(again, "A", at=EVENING, counted=5)
    submit(again, at=EVENING, rest_is_zero=True)
    approve(again, at=EVENING + timedelta(hours=1))

    assert on_hand(StockLevel.objects.get(variant__sku="A")) == 5
    assert on_hand(StockLevel.objects.get(variant__sku="B")) == 0


def test_an_empty_count_cannot_be_handed_in_and_a_rolling_one_has_no_rest(place):
    shelf(place)
    count = begin(place)

    with pytest.raises(Invalid):
        submit(count)
    with pytest.raises(Invalid):
        submit(count, rest_is_zero=True)

    count.refresh_from_db()
    assert count.status == "counting"


def test_after_handing_in_nothing_is_counted_any_more(place):
    shelf(place)
    count = begin(place)
    scan(count)
    assert submit(count).submitted_at == LATER
    assert submit(count, at=EVENING).submitted_at == LATER  # a repeat

    with pytest.raises(Refusal):
        scan(count)
    assert count.lines.get().counted == 1


# --- Deciding ----------------------------------------------------------------------------------


def test_who_counted_does_not_approve_unless_they_have_all_rights(place):
    level = shelf(place)
    count = begin(place)
    scan(count, counted=3)
    submit(count)

    with pytest.raises(Refusal):
        approve(count, actor="user:1")
    assert on_hand(level) == 5
    approve(count, actor="user:1", own=True)
    assert on_hand(level) == 3


def test_head_office_and_administrators_alone_approve_their_own_counts(db):
    assert approves_own(UserFactory(is_staff=True, is_superuser=True))
    assert approves_own(StaffFactory(role="head_office", all_stores=True).user)
    assert not approves_own(StaffFactory(role="store_manager").user)
    assert not approves_own(UserFactory())
    assert not approves_own(AnonymousUser())


def test_lines_are_approved_one_by_one_and_once(place):
    a, b = shelf(place, sku="A"), shelf(place, sku="B")
    count = begin(place)
    scan(count, "A", counted=3)
    scan(count, "B", counted=6)
    submit(count)
    one = count.lines.get(variant__sku="A").pk

    assert approve(count, line_ids=[one]) == 1
    assert approve(count, line_ids=[one]) == 0
    count.refresh_from_db()
    assert (on_hand(a), on_hand(b), count.status) == (3, 5, "submitted")
    assert approve(count) == 1
    assert approve(count) == 0
    count.refresh_from_db()
    assert (on_hand(a), on_hand(b), count.status) == (3, 6, "approved")


def test_a_line_is_counted_again_while_the_others_are_approved(place):
    a, b = shelf(place, sku="A"), shelf(place, sku="B")
    count = begin(place)
    scan(count, "A", counted=3)
    scan(count, "B", counted=1)
    submit(count)
    doubtful = count.lines.get(variant__sku="B")

    assert counts.recount(count_id=count.pk, line_ids=[doubtful.pk], at=LATER, actor="u") == 1
    assert skus(left_to_count(count)) == ["B"]
    scan(count, "B", at=LATER + timedelta(minutes=5), counted=5)
    assert approve(count) == 1  # A alone: B is not handed in again
    assert on_hand(a) == 3
    submit(count, at=LATER + timedelta(minutes=9))
    approve(count)

    count.refresh_from_db()
    assert (on_hand(b), count.status) == (5, "approved")
    with pytest.raises(Refusal):
        counts.recount(count_id=count.pk, line_ids=[doubtful.pk], at=EVENING, actor="u")


def test_a_shortfall_turns_the_youngest_hold_into_a_shortage(place):
    level = shelf(place, on_hand=5)
    for document, minutes in (("O-1", 0), ("O-2", 1)):
        services.reserve(
            [Demand(1, level.variant_id, place.pk, 2)],
            document=document,
            at=NOON + timedelta(minutes=minutes),
            expires_at=None,
        )
    count = begin(place)
    scan(count, counted=3)
    submit(count)
    approve(count)

    holds = Reservation.objects.order_by("document", "status")
    assert [(h.document, h.status, h.quantity) for h in holds] == [
        ("O-1", "held", 2),
        ("O-2", "held", 1),
        ("O-2", "short", 1),
    ]


def test_what_cannot_be_is_refused_whole(place):
    """Damaged goods alone exceed what was counted: nothing of the count is approved."""
    good, damaged = shelf(place, sku="A"), shelf(place, sku="B", on_hand=2)
    services.change_status(
        variant_id=damaged.variant_id,
        location_id=place.pk,
        quantity=2,
        was="sellable",
        becomes="damaged",
        document="D-1",
        reason="torn",
        at=NOON,
        actor="u",
    )
    count = begin(place)
    scan(count, "A", counted=4)
    scan(count, "B", counted=1)
    submit(count)

    with pytest.raises(Refusal, match=r"^B\W"), transaction.atomic():
        approve(count)

    assert (on_hand(good), on_hand(damaged)) == (5, 2)
    assert not CountLine.objects.filter(decision="approved").exists()


def test_a_cancelled_count_changes_nothing_and_stays_cancelled(place):
    level = shelf(place)
    count = begin(place)
    scan(count, counted=1)
    submit(count)

    counts.cancel(count_id=count.pk, at=LATER, actor="user:2")
    counts.cancel(count_id=count.pk, at=EVENING, actor="user:3")

    count.refresh_from_db()
    assert (count.status, count.closed_by, on_hand(level)) == ("cancelled", "user:2", 5)
    with pytest.raises(Refusal):
        approve(count)
    with pytest.raises(NotFound):
        counts.cancel(count_id=0, at=NOON, actor="u")


def test_differences_are_listed_gap_first_then_by_value_in_few_statements(
    place, django_assert_num_queries
):
    for sku in ("CHEAP", "DEAR", "SAME"):
        shelf(place, sku=sku)
    gap = shelf(place, sku="GAP", on_hand=1)
    sell(gap, units=2, at=NOON - timedelta(hours=2))
    count = begin(place)
    for sku, counted in (("CHEAP", 1), ("DEAR", 3), ("SAME", 5), ("GAP", 0)):
        scan(count, sku, counted=counted)
    sell(StockLevel.objects.get(variant__sku="SAME"), units=2, document="T-9")

    with django_assert_num_queries(4):
        rows = found(count, at=LATER)

    assert skus(row.line for row in rows) == ["GAP", "CHEAP", "DEAR", "SAME"]
    assert [row.value_minor for row in rows] == [0, -8000, -4000, 0]
    assert [row.since.sold for row in rows] == [0, 0, 0, 2]
    assert since([]) == {}

"""Goods that come and go: every change is a movement, once (INVARIANTS §2 c, FIELD 8)."""

from datetime import timedelta

import pytest
from django.db import transaction

from inventory import services
from inventory.models import Reservation, StockLevel, StockMovement
from inventory.services import Demand
from omnishop.kernel.errors import Refusal
from orders.invariants import violations
from tests.factories import (
    NOON,
    StockLevelFactory,
    StockLocationFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _books_agree(db):
    yield
    assert violations(at=NOON, rules=["STK-1", "STK-2"]) == []


@pytest.fixture
def level(db):
    return StockLevelFactory(on_hand=5)


def demand(level, quantity, line=1):
    return Demand(line, level.variant_id, level.location_id, quantity)


def hold(level, quantity, document, minutes=0, expires_at=LATER):
    services.reserve(
        [demand(level, quantity)],
        document=document,
        at=NOON + timedelta(minutes=minutes),
        expires_at=expires_at,
    )


def sell(*demands, document="T-1", at=NOON):
    return services.sell(demands, document=document, at=at, actor="u")


def adjust(level, counted, document="C-1"):
    with transaction.atomic():
        return services.adjust(
            variant_id=level.variant_id,
            location_id=level.location_id,
            counted=counted,
            document=document,
            reason="count",
            at=NOON,
            actor="u",
        )


def book(level):
    level.refresh_from_db()
    return level.on_hand, level.reserved


def short():
    rows = Reservation.objects.filter(status="short").order_by("document")
    return list(rows.values_list("document", "quantity"))


@pytest.mark.parametrize("job", [services.receive, services.put_back])
def test_goods_arrive_once_even_where_there_were_none(job):
    variant, place = VariantFactory(), StockLocationFactory()
    demands = [Demand(1, variant.pk, place.pk, 4), Demand(2, variant.pk, place.pk, 1)]

    assert job(demands, document="D-1", at=NOON, actor="u")
    assert not job(demands, document="D-1", at=NOON, actor="u")

    assert StockLevel.objects.get().on_hand == 5


def test_a_sale_takes_what_is_there_once(level):
    assert sell(demand(level, 2), demand(level, 1, line=2))
    assert not sell(demand(level, 2), demand(level, 1, line=2))

    assert book(level) == (2, 0)
    assert not StockMovement.objects.filter(kind="count_gap").exists()


def test_a_sale_is_never_refused_and_what_the_book_lacked_is_a_gap_to_review(level):
    sell(demand(level, 7))

    assert book(level) == (0, 0)
    gap = StockMovement.objects.get(kind="count_gap")
    assert (gap.delta, gap.document) == (2, "T-1")


def test_an_article_the_shop_never_had_is_sold_all_the_same():
    variant, place = VariantFactory(), StockLocationFactory()

    sell(Demand(1, variant.pk, place.pk, 1))

    assert StockLevel.objects.get().on_hand == 0


def test_a_sale_eats_the_youngest_promise_first_and_no_more_than_it_needs(level):
    hold(level, 2, "old", minutes=-20)
    hold(level, 2, "young", minutes=-10)

    sell(demand(level, 2))  # one is free

    assert short() == [("young", 1)]
    assert book(level) == (3, 3)


def test_a_sale_does_not_eat_what_was_set_aside(level):
    hold(level, 2, "old", minutes=-20)
    hold(level, 3, "picked", minutes=-10)
    services.mark_picked(document="picked", line=1, at=NOON)

    sell(demand(level, 4))

    assert short() == [("old", 2)]
    assert book(level) == (3, 3)  # the picked ones are still there
    assert StockMovement.objects.get(kind="count_gap").delta == 2


def test_a_sale_takes_overdue_holds_before_live_ones(level):
    hold(level, 2, "live", minutes=-10)
    hold(level, 3, "late", minutes=-20, expires_at=NOON)

    sell(demand(level, 3))

    assert short() == []
    assert Reservation.objects.get(document="late").status == "expired"
    assert book(level) == (2, 2)


@pytest.mark.parametrize("counted, delta", [(7, 2), (5, 0), (0, -5)])
def test_a_count_sets_the_book_and_keeps_the_difference(level, counted, delta):
    assert adjust(level, counted) == delta
    assert adjust(level, counted) == 0

    assert book(level) == (counted, 0)


def test_a_count_below_the_promise_makes_the_youngest_a_shortage(level):
    hold(level, 2, "old", minutes=-20)
    hold(level, 2, "young", minutes=-10)

    assert adjust(level, 3) == -2

    assert short() == [("young", 1)]
    assert book(level) == (3, 3)


def test_a_count_below_what_is_set_aside_is_refused(level):
    hold(level, 3, "picked")
    services.mark_picked(document="picked", line=1, at=NOON)

    with pytest.raises(Refusal):
        adjust(level, 2)
    with pytest.raises(Refusal):
        adjust(level, -1)

    assert book(level) == (5, 3)
    assert not StockMovement.objects.filter(kind="adjustment").exists()


def test_a_shortfall_ends_overdue_holds_before_it_eats_live_ones(level):
    """What nobody will collect any more is free (ALG-2): the live order keeps its units."""
    hold(level, 2, "O-LATE", expires_at=NOON + timedelta(minutes=5))
    hold(level, 2, "O-LIVE", minutes=1, expires_at=None)

    with transaction.atomic():
        services.adjust(
            variant_id=level.variant_id,
            location_id=level.location_id,
            counted=2,
            document="C-1",
            reason="count",
            at=LATER,
            actor="u",
        )

    held = Reservation.objects.order_by("document").values_list("document", "status", "quantity")
    assert list(held) == [("O-LATE", "expired", 2), ("O-LIVE", "held", 2)]

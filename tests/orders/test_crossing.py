"""Goods taken off one place and held at another: two that cross never wait for each other (F-6)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError

from inventory import services as inventory
from inventory.models import StockLevel
from omnishop.kernel import transactions
from orders.invariants import RULES, violations
from orders.models import Fulfilment, Shortage
from orders.services import fulfilments, parcels, picking
from orders.services.ways import Delivery
from tests.factories import (
    NOON,
    DeliveryMethodFactory,
    LegalEntityFactory,
    StockLevelFactory,
    WarehouseFactory,
)
from tests.inventory.test_races import at_once
from tests.orders.flows import HOME, paid, stocked

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
KEPT = set(RULES) - {"OUT-1"}  # messages are not sent here


def one_try(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is tried again: a deadlock would be seen."""
    monkeypatch.setattr(transactions, "TRIES", 1)


def parcel_from(place: Any, other: Any, variant: Any, way: Delivery) -> Fulfilment:
    """A parcel of that place, whatever place would be asked first."""
    one = paid(way, (variant, 1)).fulfilments.get()
    if one.location_id != place.pk:
        parcels.source_again(fulfilment_id=one.pk, location_id=place.pk, actor="u", at=NOON)
        one = one.order.fulfilments.open().get()
    return one


def jobs(ending: str) -> list[Callable[[], Any]]:
    LegalEntityFactory()
    first, second = WarehouseFactory(priority=1), WarehouseFactory(priority=2)
    variant = stocked(first, on_hand=40)
    StockLevelFactory(variant=variant, location=second, on_hand=40)
    way = Delivery(DeliveryMethodFactory().pk, HOME)

    def job(n: int) -> Callable[[], Any]:
        here, there = (first, second) if n % 2 else (second, first)
        if n % 5 == 4:  # a basket that holds some at both places
            demands = [
                inventory.Demand(line, variant.pk, place.pk, 1)
                for line, place in enumerate((here, there), start=1)
            ]
            return lambda: inventory.reserve(demands, document=f"B-{n}", at=NOON, expires_at=None)
        one = parcel_from(here, there, variant, way)
        line = one.lines.get().line_id
        if ending == "not_found":
            return lambda: picking.not_found(
                fulfilment_id=one.pk, line_id=line, quantity=1, actor=f"user:{n}", at=NOON
            )
        return lambda: parcels.source_again(fulfilment_id=one.pk, actor=f"user:{n}", at=NOON)

    return [job(n) for n in range(20)]


@pytest.mark.parametrize("ending", ["not_found", "source_again"])
def test_twenty_that_cross_end_without_a_deadlock(monkeypatch, ending):
    """Fails without `lock_articles` in `not_found` and `move_parcel`."""
    work = jobs(ending)
    one_try(monkeypatch)

    outcomes = at_once(work)

    assert not [one for one in outcomes if isinstance(one, Exception)]
    assert not Shortage.objects.exists()
    # 16 parcels and 4 baskets of two; a unit not found is written off where it was to be.
    assert sum(StockLevel.objects.values_list("reserved", flat=True)) == 16 + 8
    gone = 16 if ending == "not_found" else 0
    assert sum(StockLevel.objects.values_list("on_hand", flat=True)) == 80 - gone
    # STK-4 knows no basket's hold by the names of this test.
    assert violations(at=NOON, rules=KEPT - {"STK-4"}) == []


def test_the_doors_services_are_tried_again_when_locks_cross(monkeypatch):
    """Hand-over, ship, pick, cancel… once more, the whole of it, and once in effect (F-6)."""
    LegalEntityFactory()
    way = Delivery(DeliveryMethodFactory().pk, HOME)
    one = paid(way, (stocked(WarehouseFactory()), 1)).fulfilments.get()
    real, calls = inventory.fulfil, []

    class Crossed(Exception):
        sqlstate = "40P01"

    def crossed(**named: Any) -> dict[int, int]:
        calls.append(1)
        if len(calls) == 1:
            raise OperationalError("deadlock detected") from Crossed()
        return real(**named)

    monkeypatch.setattr(fulfilments.inventory, "fulfil", crossed)

    sent = parcels.ship(fulfilment_id=one.pk, tracking="1Z", actor="u", at=NOON)

    assert (sent.status, len(calls)) == (Fulfilment.Status.SHIPPED, 2)
    assert sent.order.events.filter(kind="shipped").count() == 1
    assert violations(at=NOON, rules=KEPT) == []

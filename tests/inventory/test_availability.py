"""What can be had, where and when: one answer for every door (FIELD 13, 22, ALG-1, ALG-2)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from inventory import services
from inventory.availability import Status, Way, stock
from inventory.models import PurchaseOrder, PurchaseOrderLine, Supplier
from inventory.services import Demand
from tests.factories import (
    NOON,
    StockLevelFactory,
    StockLocationFactory,
    StoreFactory,
    VariantFactory,
    WarehouseFactory,
)

pytestmark = pytest.mark.django_db
TUESDAY_MORNING = datetime(2026, 11, 17, 9, 0, tzinfo=UTC)  # ten o'clock in Paris


def hold(level, quantity, document, expires_at):
    services.reserve(
        [Demand(1, level.variant_id, level.location_id, quantity)],
        document=document,
        at=NOON,
        expires_at=expires_at,
    )


def order_from_supplier(variant, location, quantity, day):
    supplier = Supplier.objects.create(code=f"s{variant.pk}", name="Toile & Cie")
    order = PurchaseOrder.objects.create(
        number=f"P-{variant.pk}",
        supplier=supplier,
        location=location,
        status=PurchaseOrder.Status.ORDERED,
        expected_on=day,
        created_at=NOON,
        created_by="user:1",
    )
    PurchaseOrderLine.objects.create(
        order=order, position=1, variant=variant, quantity=quantity, cost_minor=100
    )


def test_what_can_be_had_is_told_without_safety_and_with_overdue_holds():
    store, warehouse = StoreFactory(), WarehouseFactory()
    shelf = StockLevelFactory(location=store.locations.get(), on_hand=5, safety=1)
    StockLevelFactory(variant=shelf.variant, location=warehouse, on_hand=3)
    hold(shelf, 2, "live", NOON + timedelta(hours=1))
    hold(shelf, 2, "late", NOON)
    variant, place = shelf.variant_id, shelf.location_id

    assert stock([variant], at=NOON).free[variant] == {place: 2, warehouse.pk: 3}
    assert stock([variant], at=NOON, online=False).free[variant][place] == 3
    before = NOON - timedelta(seconds=1)
    assert stock([variant], at=before).free[variant][place] == 0
    assert stock([variant], at=NOON).by_store(variant) == {store.pk: 2}
    assert stock([variant], at=NOON).to_ship(variant) == 3


def test_the_safety_stock_of_a_location_counts_for_every_article():
    store = StoreFactory()
    place = store.locations.get()
    place.safety = 2
    place.save()
    low, high = (StockLevelFactory(location=place, on_hand=5, safety=s) for s in (1, 4))

    found = stock([low.variant_id, high.variant_id], at=NOON)

    assert found.in_store(low.variant_id, store.pk) == 3
    assert found.in_store(high.variant_id, store.pk) == 1


def test_goods_that_are_damaged_inspected_or_shown_cannot_be_had():
    store = StoreFactory()
    shelf = StockLevelFactory(location=store.locations.get(), on_hand=5)
    services.change_status(
        variant_id=shelf.variant_id,
        location_id=shelf.location_id,
        quantity=4,
        was="sellable",
        becomes="display",
        document="S-1",
        reason="window",
        at=NOON,
        actor="user:1",
    )

    found = stock([shelf.variant_id], at=NOON, online=False)

    assert found.in_store(shelf.variant_id, store.pk) == 1


def test_places_that_are_closed_have_nothing():
    store = StoreFactory()
    place = store.locations.get()
    shelf = StockLevelFactory(location=place)
    place.active = False
    place.save()

    assert stock([shelf.variant_id], at=NOON).by_store(shelf.variant_id) == {}


def test_a_place_switched_off_for_pick_up_sells_at_its_till_alone():
    store = StoreFactory()
    place = store.locations.get()
    place.offers_pickup = False
    place.save()
    shelf = StockLevelFactory(location=place, on_hand=3)
    one = {shelf.variant_id: 1}

    online = stock(one, at=NOON).answer(one, Way.PICKUP, store_id=store.pk)
    till = stock(one, at=NOON, online=False).answer(one, Way.TAKE_AWAY, store_id=store.pk)

    assert (online.lines[0].status, till.lines[0].status) == (Status.NO, Status.NOW)


def test_shops_that_share_a_stock_both_have_it():
    place = StockLocationFactory()
    stores = {StoreFactory(location=place).pk, StoreFactory(location=place).pk}
    shelf = StockLevelFactory(location=place, on_hand=4)

    assert stock([shelf.variant_id], at=NOON).by_store(shelf.variant_id) == dict.fromkeys(stores, 4)


def test_what_a_store_lacks_is_brought_by_a_day_from_where_it_is():
    """Ordered on Tuesday at ten, two working days on the way."""
    store, warehouse = StoreFactory(), WarehouseFactory(transfer_days=2)
    here = StockLevelFactory(location=store.locations.get(), on_hand=1)
    StockLevelFactory(variant=here.variant, location=warehouse, on_hand=3)
    wanted = {here.variant_id: 4}

    free = stock(wanted, at=TUESDAY_MORNING)
    line = free.answer(wanted, Way.PICKUP, store_id=store.pk).lines[0]

    assert (line.status, line.now, line.by) == (Status.LATER, 1, date(2026, 11, 19))
    more = free.answer({here.variant_id: 5}, Way.PICKUP, store_id=store.pk)
    assert more.lines[0].status == Status.NO
    assert not more.can_be_ordered


def test_what_a_supplier_will_bring_has_a_day_but_cannot_be_ordered_yet():
    store, warehouse = StoreFactory(), WarehouseFactory(transfer_days=1)
    variant = VariantFactory()
    StockLevelFactory(variant=variant, location=warehouse, on_hand=0)
    order_from_supplier(variant, warehouse, 10, date(2026, 11, 20))
    wanted = {variant.pk: 2}

    free = stock(wanted, at=TUESDAY_MORNING)
    sent = free.answer(wanted, Way.DELIVERY)
    collected = free.answer(wanted, Way.PICKUP, store_id=store.pk)

    assert (sent.lines[0].status, sent.lines[0].by) == (Status.AWAITED, date(2026, 11, 20))
    assert collected.lines[0].by == date(2026, 11, 23)  # the Monday after that Friday
    assert not sent.can_be_ordered


def test_it_takes_one_statement_however_many_articles(django_assert_num_queries):
    ids = [level.variant_id for level in StockLevelFactory.create_batch(20)]

    with django_assert_num_queries(1):
        found = stock(ids, at=NOON)
        found.answer(dict.fromkeys(ids, 1), Way.DELIVERY)
    with django_assert_num_queries(0):
        stock([], at=NOON)

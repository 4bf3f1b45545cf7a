"""What is missing is found elsewhere, else the shopper chooses (FIELD 13, 19, 21, UX E2, K7)."""

from datetime import UTC, datetime, timedelta

import pytest

from customers.models import Message
from inventory.errors import InsufficientStock
from inventory.models import Transfer
from inventory.services import transfers
from omnishop.kernel.errors import Invalid, NotFound, Refusal
from orders.invariants import violations
from orders.models import Fulfilment, Order, Refund, Shortage
from orders.services import checkout, losses, parcels, picking, pickup, returns, shortages
from orders.services.contacts import Contact
from orders.services.ways import Delivery, Pickup
from tests.factories import (
    NOON,
    DeliveryMethodFactory,
    LegalEntityFactory,
    StockLevelFactory,
    StockLocationFactory,
    StoreFactory,
    WarehouseFactory,
)
from tests.orders.flows import HOME, collected, filled, level, paid, placed, stocked

pytestmark = pytest.mark.django_db
RULES = ["STK-1", "STK-2", "STK-4", "STK-5", "STK-7", "ORD-1", "ORD-2", "PAY-1", "PAY-2"]


@pytest.fixture(autouse=True)
def _nothing_is_lost(db):
    yield
    assert violations(at=NOON, rules=RULES) == []


@pytest.fixture
def store(db):
    return StoreFactory()


@pytest.fixture
def warehouse(db):
    LegalEntityFactory()
    return WarehouseFactory(transfer_days=1)


def not_found(order, quantity=1):
    return picking.not_found(
        fulfilment_id=order.fulfilments.open().first().pk,
        line_id=order.lines.filter(kind="product").get().pk,
        quantity=quantity,
        actor="user:1",
        at=NOON,
    )


def reload(order):
    return Order.objects.get(pk=order.pk)


# Brought to the store


def test_a_pick_up_whose_goods_are_elsewhere_is_brought_and_promised_for_then(store, warehouse):
    variant = stocked(store, on_hand=1)
    StockLevelFactory(variant=variant, location=warehouse, on_hand=5)

    order = paid(Pickup(store.pk), (variant, 3))

    assert level(variant, store.locations.get()) == (1, 1)
    assert level(variant, warehouse) == (5, 2)
    transfer = Transfer.objects.get()
    assert list(transfer.lines.values_list("quantity", "document")) == [(2, order.number)]
    fulfilment = order.fulfilments.get()
    assert fulfilment.promised_at == transfer.expected_at
    assert fulfilment.promised_at.date() > NOON.date()


def test_it_cannot_be_ready_before_the_transfer_has_come(store, warehouse):
    variant = stocked(store, on_hand=1)
    StockLevelFactory(variant=variant, location=warehouse, on_hand=5)
    order = paid(Pickup(store.pk), (variant, 2))
    fulfilment = order.fulfilments.get()

    picking.pick(fulfilment_id=fulfilment.pk, code=variant.sku, actor="user:1", at=NOON)
    with pytest.raises(Invalid):
        picking.pick(fulfilment_id=fulfilment.pk, code=variant.sku, actor="user:1", at=NOON)
    with pytest.raises(Invalid):
        picking.pick_all(fulfilment_id=fulfilment.pk, actor="user:1", at=NOON)
    transfer = Transfer.objects.get()
    transfers.send(transfer_id=transfer.pk, units={}, at=NOON, actor="user:2")
    transfers.receive(transfer_id=transfer.pk, units={}, at=NOON, actor="user:3")

    assert collected(order).status == Order.Status.FULFILLED
    assert level(variant) == (4, 0)


def test_an_unpaid_order_asks_nobody_to_send_anything(store, warehouse):
    variant = stocked(warehouse)

    placed(Pickup(store.pk), (variant, 1))

    assert not Transfer.objects.exists()
    assert level(variant, warehouse) == (10, 1)


def test_cancelling_on_the_way_leaves_the_goods_for_the_shelf(store, warehouse):
    variant = stocked(warehouse)
    order = paid(Pickup(store.pk), (variant, 2))
    transfer = Transfer.objects.get()
    transfers.send(transfer_id=transfer.pk, units={}, at=NOON, actor="user:2")

    returns.cancel(
        order_id=order.pk, units={order.lines.get().pk: 2}, reason="asked", actor="u", at=NOON
    )
    transfers.receive(transfer_id=transfer.pk, units={}, at=NOON, actor="user:3")

    assert level(variant, store.locations.get()) == (2, 0)
    assert reload(order).status == Order.Status.CANCELLED


def test_what_got_lost_on_the_way_is_asked_for_again(store, warehouse):
    variant = stocked(warehouse)
    order = paid(Pickup(store.pk), (variant, 2))
    transfer = Transfer.objects.get()
    transfers.send(transfer_id=transfer.pk, units={}, at=NOON, actor="user:2")
    transfers.receive(transfer_id=transfer.pk, units={1: 1}, at=NOON, actor="user:3")

    assert losses.settle(document=order.number, at=NOON)

    second = Transfer.objects.exclude(pk=transfer.pk).get()
    assert list(second.lines.values_list("quantity", "document")) == [(1, order.number)]
    assert not Shortage.objects.exists()


# Found elsewhere


def test_what_the_shop_does_not_find_is_brought_and_the_shopper_told(store, warehouse):
    variant = stocked(store, on_hand=2)
    StockLevelFactory(variant=variant, location=warehouse, on_hand=5)
    order = paid(Pickup(store.pk), (variant, 2))

    not_found(order)

    assert Transfer.objects.get().lines.get().quantity == 1
    assert not Shortage.objects.exists()
    assert Message.objects.filter(template="order_delayed").count() == 1
    item = order.fulfilments.get().lines.get()
    assert (item.quantity, item.missing) == (2, 0)


def parcel(variant, quantity):
    method = DeliveryMethodFactory()
    return paid(Delivery(method.pk, HOME), (variant, quantity))


def test_what_one_place_does_not_find_is_sent_by_another(warehouse):
    other = WarehouseFactory(priority=200)
    variant = stocked(warehouse, on_hand=2)
    StockLevelFactory(variant=variant, location=other, on_hand=5)
    order = parcel(variant, 2)

    not_found(order)

    units = order.fulfilments.open().values_list("location", "lines__quantity")
    assert set(units) == {(warehouse.pk, 1), (other.pk, 1)}
    assert not Shortage.objects.exists()
    assert not Refund.objects.exists()


def test_staff_have_a_parcel_sent_from_elsewhere(warehouse):
    other = WarehouseFactory(priority=200)
    variant = stocked(warehouse, on_hand=5)
    StockLevelFactory(variant=variant, location=other, on_hand=5)
    order = parcel(variant, 2)
    first = order.fulfilments.get()

    assert parcels.source_again(fulfilment_id=first.pk, actor="user:1", at=NOON)

    first.refresh_from_db()
    assert first.status == Fulfilment.Status.CANCELLED
    assert (level(variant, warehouse), level(variant, other)) == ((5, 0), (5, 2))


def test_a_parcel_that_nobody_else_has_stays_where_it_is(warehouse):
    variant = stocked(warehouse, on_hand=5)
    order = parcel(variant, 2)

    assert not parcels.source_again(
        fulfilment_id=order.fulfilments.get().pk, actor="user:1", at=NOON
    )

    assert level(variant, warehouse) == (5, 2)


# Asked


@pytest.fixture
def missing(store):
    """An order that lacks one of two units, and its open question."""
    variant = stocked(store, on_hand=2)
    order = paid(Pickup(store.pk), (variant, 2))
    not_found(order)
    return order.shortages.get()


def test_what_is_nowhere_is_asked_about_by_a_link(missing):
    message = Message.objects.get(template="shortage")

    assert missing.token in message.context["link"]
    assert not Refund.objects.exists()
    assert missing.order.fulfilments.get().lines.get().quantity == 1


def test_the_money_goes_back_when_asked_once(missing):
    shortages.refund(token=missing.token, actor="customer", at=NOON)

    assert Refund.objects.get().amount_minor == 2000
    with pytest.raises(Refusal):
        shortages.refund(token=missing.token, actor="customer", at=NOON)
    with pytest.raises(Refusal):
        shortages.deliver(token=missing.token, address=HOME, actor="customer", at=NOON)
    assert Refund.objects.count() == 1


def test_another_store_hands_it_over(missing):
    other = StoreFactory()
    StockLevelFactory(variant=missing.line.variant, location=other.locations.get(), on_hand=1)

    fulfilment = shortages.collect_elsewhere(
        token=missing.token, store_id=other.pk, actor="customer", at=NOON
    )

    assert fulfilment.store == other
    assert level(missing.line.variant, other.locations.get()) == (1, 1)
    assert not Refund.objects.exists()


def test_it_is_delivered_free_of_charge(missing, warehouse):
    StockLevelFactory(variant=missing.line.variant, location=warehouse, on_hand=1)

    (sent,) = shortages.deliver(token=missing.token, address=HOME, actor="customer", at=NOON)

    assert (sent.location, sent.address["city"]) == (warehouse, "Lyon")
    assert missing.order.lines.filter(kind="delivery").count() == 0


def test_a_choice_that_is_gone_meanwhile_is_refused_and_the_question_stays(missing):
    other = StoreFactory()

    with pytest.raises(InsufficientStock):
        shortages.collect_elsewhere(
            token=missing.token, store_id=other.pk, actor="customer", at=NOON
        )
    with pytest.raises(Invalid):
        shortages.deliver(token=missing.token, address={}, actor="customer", at=NOON)
    with pytest.raises(NotFound):
        shortages.refund(token="another", actor="customer", at=NOON)

    assert Shortage.objects.open().count() == 1


def test_cancelling_the_order_answers_the_question(missing):
    order = missing.order
    returns.cancel(
        order_id=order.pk, units={missing.line_id: 2}, reason="asked", actor="u", at=NOON
    )

    missing.refresh_from_db()
    assert missing.status == Shortage.Status.REFUND
    assert Refund.objects.get().amount_minor == 4000


# Where parcels come from


def test_full_and_closed_places_are_skipped_and_the_reasons_kept(warehouse):
    full = WarehouseFactory(priority=0, parcel_capacity=1)
    shut = StoreFactory(opening_hours="off", location=StockLocationFactory(ships=True, priority=2))
    variant = stocked(full)
    for place in (shut.locations.get(), warehouse):
        StockLevelFactory(variant=variant, location=place, on_hand=5)
    first = parcel(variant, 1)
    second = parcel(variant, 1)

    assert first.fulfilments.get().location == full
    assert second.fulfilments.get().location == warehouse
    assert {
        (row["location"], row["why"]) for row in second.fulfilments.get().sourcing["skipped"]
    } == {(full.pk, "saturated"), (shut.locations.get().pk, "closed")}


def test_the_nearest_place_sends(warehouse):
    near = WarehouseFactory(latitude=45.75, longitude=4.85)  # Lyon, as the address
    far = WarehouseFactory(latitude=48.85, longitude=2.35, priority=1)
    warehouse.latitude, warehouse.longitude = 43.3, 5.4
    warehouse.save()
    variant = stocked(far)
    for place in (near, warehouse):
        StockLevelFactory(variant=variant, location=place, on_hand=5)

    assert parcel(variant, 1).fulfilments.get().location == near


def test_a_delivery_is_promised_for_a_day_after_the_cut_off(warehouse):
    """Tuesday: before two o'clock it leaves the same day, after it the next; two working days."""
    variant = stocked(warehouse)
    method = DeliveryMethodFactory(working_days=2)
    way = Delivery(method.pk, HOME)
    morning = datetime(2026, 11, 17, 9, 0, tzinfo=UTC)
    promised = []
    for at in (morning, morning + timedelta(hours=5)):
        order = checkout.place(
            basket_id=filled((variant, 1)).pk,
            request=checkout.Request(
                contact=Contact("Camille Martin", "camille@example.org"), way=way
            ),
            at=at,
        )
        promised.append(order.fulfilments.get().promised_at.date().isoformat())

    assert promised == ["2026-11-19", "2026-11-20"]


# Claims, reminders


def test_two_pickers_never_have_the_same_order(store):
    order = paid(Pickup(store.pk), (stocked(store), 1))
    one = order.fulfilments.get()
    picking.claim(fulfilment_id=one.pk, actor="user:1", at=NOON)
    picking.claim(fulfilment_id=one.pk, actor="user:1", at=NOON)

    with pytest.raises(Refusal):
        picking.claim(fulfilment_id=one.pk, actor="user:2", at=NOON)
    later = NOON + picking.PICKING_TIME
    assert picking.claim(fulfilment_id=one.pk, actor="user:2", at=later).picker == "user:2"


def test_a_ready_order_is_reminded_of_once_for_each_day(store):
    order = paid(Pickup(store.pk), (stocked(store), 1))
    one = order.fulfilments.get()
    assert not pickup.remind(fulfilment_id=one.pk, days=1, at=NOON)
    picking.pick_all(fulfilment_id=one.pk, actor="user:1", at=NOON)
    pickup.ready(fulfilment_id=one.pk, actor="user:1", at=NOON, shelf="R12")

    for days in (1, 1, 3):
        pickup.remind(fulfilment_id=one.pk, days=days, at=NOON + timedelta(days=days))

    assert Message.objects.filter(template="pickup_reminder").count() == 2
    one.refresh_from_db()
    assert one.shelf == "R12"


def test_an_order_that_is_ready_late_is_kept_the_whole_time(store):
    order = paid(Pickup(store.pk), (stocked(store), 1))
    one = order.fulfilments.get()
    before = one.hold_until
    late = one.promised_at + timedelta(days=2)
    picking.pick_all(fulfilment_id=one.pk, actor="user:1", at=late)

    pickup.ready(fulfilment_id=one.pk, actor="user:1", at=late)

    one.refresh_from_db()
    assert one.hold_until > before

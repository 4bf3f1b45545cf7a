"""One line in two parcels, or in two stock rooms: each unit leaves once, from where it lies."""

import pytest

from inventory.models import Reservation, StockMovement
from loyalty import selectors as loyalty
from omnishop.kernel.errors import Refusal
from orders.models import Fulfilment, Order, Refund
from orders.services import (
    fulfilments,
    parcels,
    picking,
    pickup,
    returns,
    shortages,
    unpaid,
)
from orders.services.ways import Delivery, Pickup
from tests.factories import (
    NOON,
    AccountFactory,
    CustomerFactory,
    DeliveryMethodFactory,
    LegalEntityFactory,
    StockLevelFactory,
    StockLocationFactory,
    StoreFactory,
    TillFactory,
    WarehouseFactory,
)
from tests.orders.flows import HOME, captured, level, paid, placed, stocked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("invariants")]


def split(customer=None, price=2000):
    """Three units of one article, two from the first warehouse and one from the second."""
    LegalEntityFactory()
    first, second = WarehouseFactory(), WarehouseFactory(priority=2)
    variant = stocked(first, on_hand=2, price=price)
    StockLevelFactory(variant=variant, location=second, on_hand=2)
    way = Delivery(DeliveryMethodFactory(price_minor=0).pk, HOME)
    order = paid(way, (variant, 3), customer=customer)
    return order, variant, first, second


def ship(fulfilment):
    parcels.ship(fulfilment_id=fulfilment.pk, tracking="1Z", actor="user:1", at=NOON)


def test_an_order_that_one_place_cannot_send_is_split_over_the_fewest():
    order, variant, first, second = split()

    assert list(order.fulfilments.values_list("location", "lines__quantity")) == [
        (first.pk, 2),
        (second.pk, 1),
    ]
    assert level(variant, first) == (2, 2)
    assert level(variant, second) == (2, 1)


def test_each_parcel_takes_its_own_units():
    order, variant, first, second = split()
    one, two = order.fulfilments.order_by("pk")

    ship(two)

    assert level(variant, first) == (2, 2)
    assert level(variant, second) == (1, 0)
    assert Order.objects.get(pk=order.pk).status == Order.Status.PLACED
    ship(one)
    ship(one)
    assert level(variant) == (1, 0)
    assert order.lines.get(kind="product").fulfilled == 3
    assert Order.objects.get(pk=order.pk).status == Order.Status.FULFILLED
    assert not StockMovement.objects.filter(kind="count_gap").exists()


def test_a_cancelled_parcel_frees_and_refunds_just_its_units():
    order, variant, first, second = split()
    one, two = order.fulfilments.order_by("pk")

    fulfilments.cancel(fulfilment_id=one.pk, reason="lost", actor="user:1", at=NOON)

    line = order.lines.get(kind="product")
    assert (line.cancelled, line.pending) == (2, 1)
    assert Refund.objects.get().amount_minor == 4000
    assert level(variant, first) == (2, 0)
    assert level(variant, second) == (2, 1)
    ship(two)
    assert level(variant, second) == (1, 0)


def test_a_parcel_cancelled_after_another_left_takes_back_the_points_of_its_units():
    customer = CustomerFactory(email="camille@example.org")
    AccountFactory(customer=customer)
    order, _variant, _first, _second = split(customer=customer, price=1001)
    one, two = order.fulfilments.order_by("pk")
    ship(one)
    assert loyalty.balance(customer, at=NOON).pending == 30

    fulfilments.cancel(fulfilment_id=two.pk, reason="lost", actor="user:1", at=NOON)

    assert loyalty.balance(customer, at=NOON).pending == 20
    assert Order.objects.get(pk=order.pk).status == Order.Status.FULFILLED
    returns.take_back(
        order_id=order.pk,
        units={order.lines.get(kind="product").pk: 2},
        disposition="damaged",
        till=TillFactory(),
        reason="too small",
        actor="user:1",
        at=NOON,
    )
    assert loyalty.balance(customer, at=NOON).pending == 0
    assert sum(Refund.objects.values_list("amount_minor", flat=True)) == 3003


def test_what_one_parcel_lacks_does_not_touch_the_other():
    order, variant, first, second = split()
    two = order.fulfilments.get(location=second)

    picking.not_found(
        fulfilment_id=two.pk,
        line_id=order.lines.get(kind="product").pk,
        quantity=1,
        actor="user:1",
        at=NOON,
    )

    assert level(variant, first) == (2, 2)
    assert level(variant, second) == (1, 0)  # written off there
    two.refresh_from_db()
    assert two.status == Fulfilment.Status.CANCELLED
    ship(order.fulfilments.get(location=first))
    assert Order.objects.get(pk=order.pk).status == Order.Status.PLACED  # the shopper is asked
    shortages.refund(token=order.shortages.get().token, actor="customer", at=NOON)
    assert Order.objects.get(pk=order.pk).status == Order.Status.FULFILLED


def test_units_cancelled_by_line_leave_the_desks_list():
    store = StoreFactory()
    variant = stocked(store)
    order = paid(Pickup(store.pk), (variant, 3))
    fulfilment = order.fulfilments.get()
    line = order.lines.get()

    returns.cancel(order_id=order.pk, units={line.pk: 1}, reason="asked", actor="u", at=NOON)

    assert fulfilment.lines.get().quantity == 2
    assert level(variant) == (10, 2)
    picking.pick_all(fulfilment_id=fulfilment.pk, actor="u", at=NOON)
    pickup.hand_over(
        fulfilment_id=fulfilment.pk, code=fulfilment.code, handed_to="", actor="u", at=NOON
    )
    assert level(variant) == (8, 0)
    assert Order.objects.get(pk=order.pk).status == Order.Status.FULFILLED


def test_a_pickup_whose_every_unit_was_cancelled_is_no_longer_on_the_list():
    store = StoreFactory()
    order = paid(Pickup(store.pk), (stocked(store), 1))
    fulfilment = order.fulfilments.get()

    returns.cancel(
        order_id=order.pk, units={order.lines.get().pk: 1}, reason="asked", actor="u", at=NOON
    )

    fulfilment.refresh_from_db()
    assert fulfilment.status == Fulfilment.Status.CANCELLED
    with pytest.raises(Refusal):
        pickup.hand_over(
            fulfilment_id=fulfilment.pk, code=fulfilment.code, handed_to="", actor="u", at=NOON
        )


def two_rooms():
    """A store whose floor has one unit and whose stock room has two."""
    store = StoreFactory()
    room = StockLocationFactory()
    store.store_locations.create(location=room, rank=2)
    floor = store.store_locations.get(rank=1).location
    variant = stocked(floor, on_hand=1)
    StockLevelFactory(variant=variant, location=room, on_hand=2)
    return store, floor, room, variant


def test_a_pickup_from_two_rooms_of_a_store_is_one_pickup():
    store, floor, room, variant = two_rooms()
    order = paid(Pickup(store.pk), (variant, 3))
    fulfilment = order.fulfilments.get()
    assert level(variant) == (3, 3)

    returns.cancel(
        order_id=order.pk,
        units={order.lines.get().pk: 1},
        reason="asked",
        location_id=floor.pk,
        actor="u",
        at=NOON,
    )

    assert level(variant, floor) == (1, 0)
    assert level(variant, room) == (2, 2)
    pickup.hand_over(
        fulfilment_id=fulfilment.pk, code=fulfilment.code, handed_to="", actor="u", at=NOON
    )
    assert level(variant, floor) == (1, 0)
    assert level(variant, room) == (0, 0)


def test_a_payment_after_the_hold_ran_out_finds_the_goods_in_the_other_room():
    store, _floor, _room, variant = two_rooms()
    order = placed(Pickup(store.pk), (variant, 3))
    Reservation.objects.filter(document=order.number).update(expires_at=NOON)
    # Somebody else's checkout frees the overdue holds, and goes away again.
    other = placed(Pickup(store.pk), (variant, 3))
    unpaid.abandon(order_id=other.pk, actor="customer", at=NOON)

    order = captured(order)

    assert order.status == Order.Status.PLACED
    assert level(variant) == (3, 3)

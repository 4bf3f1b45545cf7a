"""Goods on their way: held, sent, received, nothing lost in between (STK-4, STK-5, STK-7)."""

from datetime import timedelta

import pytest

from inventory import services
from inventory.errors import InsufficientStock
from inventory.models import Reservation, StockMovement, Transfer
from inventory.services import Demand, transfers
from inventory.services.transfers import Ask
from omnishop.kernel.errors import Invalid, Refusal
from orders.invariants import violations
from tests.factories import NOON, StockLevelFactory, StoreFactory, WarehouseFactory
from tests.orders.flows import level

pytestmark = pytest.mark.django_db
TOMORROW = NOON + timedelta(days=1)


@pytest.fixture(autouse=True)
def _books_agree(db):
    yield
    assert violations(at=NOON, rules=["STK-1", "STK-2", "STK-7"]) == []


@pytest.fixture
def places(db):
    return WarehouseFactory(), StoreFactory().locations.get()


def ask(places, *asks):
    source, destination = places
    return transfers.request(
        asks,
        source_id=source.pk,
        destination_id=destination.pk,
        expected_at=TOMORROW,
        reason=Transfer.Reason.SHOP,
        at=NOON,
        actor="user:1",
    )


def send(transfer, **units):
    return transfers.send(
        transfer_id=transfer.pk,
        units={int(key[1:]): count for key, count in units.items()},
        at=NOON,
        actor="user:2",
    )


def receive(transfer, **units):
    return transfers.receive(
        transfer_id=transfer.pk,
        units={int(key[1:]): count for key, count in units.items()},
        at=TOMORROW,
        actor="user:3",
    )


def test_goods_are_held_sent_and_received(places):
    shelf = StockLevelFactory(location=places[0], on_hand=10)

    transfer = ask(places, Ask(shelf.variant_id, 4))
    assert level(shelf.variant, places[0]) == (10, 4)
    send(transfer)
    assert (level(shelf.variant, places[0]), level(shelf.variant, places[1])) == ((6, 0), (0, 0))
    receive(transfer)

    assert (level(shelf.variant, places[0]), level(shelf.variant, places[1])) == ((6, 0), (4, 0))
    moves = StockMovement.objects.filter(document=transfer.number).values_list("kind", "delta")
    assert set(moves) == {("transfer_out", -4), ("transfer_in", 4)}


def test_a_repeat_of_each_step_does_nothing(places):
    shelf = StockLevelFactory(location=places[0], on_hand=10)
    transfer = ask(places, Ask(shelf.variant_id, 4))

    for _each in range(2):
        send(transfer)
    for _each in range(2):
        receive(transfer)

    assert level(shelf.variant) == (10, 0)


def test_more_than_there_is_cannot_be_asked_for(places):
    shelf = StockLevelFactory(location=places[0], on_hand=3)

    with pytest.raises(InsufficientStock):
        ask(places, Ask(shelf.variant_id, 4))

    assert level(shelf.variant) == (3, 0)


@pytest.mark.parametrize("quantity", [0, -1])
def test_nothing_or_less_cannot_be_asked_for(places, quantity):
    shelf = StockLevelFactory(location=places[0])

    with pytest.raises(Invalid):
        ask(places, Ask(shelf.variant_id, quantity))

    assert not Transfer.objects.exists()


def test_what_is_not_sent_is_free_again_and_what_got_lost_is_on_no_book(places):
    shelf = StockLevelFactory(location=places[0], on_hand=10)
    transfer = ask(places, Ask(shelf.variant_id, 4))

    send(transfer, p1=3)
    receive(transfer, p1=2)

    assert level(shelf.variant, places[0]) == (7, 0)
    assert level(shelf.variant, places[1]) == (2, 0)
    assert list(transfer.lines.values_list("quantity", "sent", "received")) == [(4, 3, 2)]


def test_more_than_asked_is_not_sent_and_more_than_sent_is_not_received(places):
    shelf = StockLevelFactory(location=places[0], on_hand=10)
    transfer = ask(places, Ask(shelf.variant_id, 2))

    with pytest.raises(Invalid):
        send(transfer, p1=3)
    with pytest.raises(Invalid):
        send(transfer, p2=1)
    send(transfer, p1=1)
    with pytest.raises(Invalid):
        receive(transfer, p1=2)

    assert level(shelf.variant, places[0]) == (9, 0)


def test_sending_nothing_calls_it_off(places):
    shelf = StockLevelFactory(location=places[0], on_hand=2)

    transfer = send(ask(places, Ask(shelf.variant_id, 2)), p1=0)

    assert transfer.status == Transfer.Status.CANCELLED
    assert level(shelf.variant, places[0]) == (2, 0)


def test_a_cancelled_transfer_frees_its_goods_and_cannot_be_sent(places):
    shelf = StockLevelFactory(location=places[0], on_hand=2)
    transfer = ask(places, Ask(shelf.variant_id, 2))

    transfers.cancel(transfer_id=transfer.pk, at=NOON, actor="user:1")

    assert level(shelf.variant, places[0]) == (2, 0)
    with pytest.raises(Refusal):
        send(transfer)


def held_for(document, shelf, quantity):
    services.reserve(
        [Demand(1, shelf.variant_id, shelf.location_id, quantity)],
        document=document,
        at=NOON,
        expires_at=None,
    )


def test_an_order_s_hold_travels_with_its_goods(places):
    shelf = StockLevelFactory(location=places[0], on_hand=5)
    held_for("O-1", shelf, 3)
    transfer = ask(places, Ask(shelf.variant_id, 3, "O-1", 1))
    assert level(shelf.variant, places[0]) == (5, 3)  # held once, by the order

    send(transfer)
    assert transfers.in_transit(document="O-1") == {1: 3}
    receive(transfer)

    assert level(shelf.variant, places[1]) == (3, 3)
    hold = Reservation.objects.held().get()
    assert (hold.document, hold.line, hold.quantity, hold.picked) == ("O-1", 1, 3, True)


def test_what_an_order_s_transfer_lost_is_its_shortage(places):
    shelf = StockLevelFactory(location=places[0], on_hand=5)
    held_for("O-1", shelf, 3)
    transfer = ask(places, Ask(shelf.variant_id, 3, "O-1", 1))

    send(transfer, p1=2)
    receive(transfer, p1=1)

    short = Reservation.objects.filter(status="short", settled_at__isnull=True)
    assert sorted(short.values_list("location", "quantity")) == sorted(
        [(places[0].pk, 1), (places[1].pk, 1)]
    )
    assert level(shelf.variant, places[0]) == (2, 0)  # the one not found is written off


def test_an_order_that_wants_less_takes_it_off_the_transfer_before_it_leaves(places):
    shelf = StockLevelFactory(location=places[0], on_hand=5)
    held_for("O-1", shelf, 3)
    transfer = ask(places, Ask(shelf.variant_id, 3, "O-1", 1))

    services.release(document="O-1", at=NOON, keep={1: 1})
    transfers.refit(transfers.lock_for("O-1"), document="O-1", wanted={1: 1})

    assert transfer.lines.get().quantity == 1
    services.release(document="O-1", at=NOON, keep={1: 0})
    transfers.refit(transfers.lock_for("O-1"), document="O-1", wanted={1: 0})
    transfer.refresh_from_db()
    assert (transfer.status, transfer.lines.count()) == ("cancelled", 0)


def test_what_an_order_no_longer_wants_on_the_way_arrives_for_the_shelf(places):
    shelf = StockLevelFactory(location=places[0], on_hand=5)
    held_for("O-1", shelf, 3)
    transfer = send(ask(places, Ask(shelf.variant_id, 3, "O-1", 1)))

    transfers.refit(transfers.lock_for("O-1"), document="O-1", wanted={1: 1})
    receive(transfer)

    assert level(shelf.variant, places[1]) == (3, 1)

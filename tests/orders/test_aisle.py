"""The endless aisle: one sale at a till, of which a part leaves and a part is ordered."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection

from customers.models import Message
from inventory.models import Reservation, Transfer
from loyalty.models import PointsLot
from omnishop.kernel.errors import Invalid
from orders.errors import CannotBeOrdered, PriceChanged
from orders.invariants import violations
from orders.models import Basket, BasketLine, Order, OrderLine, Receipt, Refund
from orders.services import aisle, baskets, fulfilments, parcels, picking, pickup, returns, till
from orders.services.contacts import Contact
from orders.services.ways import Delivery, Pickup
from orders.tasks import expire_unpaid, send_due_refunds
from tests.factories import (
    NOON,
    AccountFactory,
    DeliveryMethodFactory,
    StockLevelFactory,
    StoreFactory,
    TaxCategoryFactory,
    TillFactory,
    VariantFactory,
    WarehouseFactory,
)
from tests.orders.flows import HOME, contact, level, stocked

pytestmark = pytest.mark.django_db

TAKE_AWAY, DELIVERY, PICKUP = (
    BasketLine.Handover.TAKE_AWAY,
    BasketLine.Handover.DELIVERY,
    BasketLine.Handover.PICKUP,
)


@pytest.fixture
def desk():
    return TillFactory()


@pytest.fixture
def warehouse():
    return WarehouseFactory(transfer_days=2)


@pytest.fixture
def method():
    return DeliveryMethodFactory(price_minor=490, free_from_minor=6000)


def basket_of(desk, *wanted, customer=None):
    """A sale with lines of (article, units, how it is handed over)."""
    basket = baskets.start(at=NOON, channel="till", till=desk)
    for variant, units, handover in wanted:
        baskets.add(basket_id=basket.pk, variant_id=variant.pk, quantity=units, at=NOON)
        baskets.hand_over_by(basket_id=basket.pk, variant_id=variant.pk, handover=handover, at=NOON)
    baskets.identify(basket_id=basket.pk, customer=customer)
    return basket


def opened(desk, basket, *, total=None, who=None, at=NOON, **ways):
    return till.open_order(
        basket_id=basket.pk,
        till=desk,
        expected_total_minor=total,
        actor="user:1",
        at=at,
        ordering=aisle.Ordering(who or contact(), **ways),
    )


def paid(desk, order, *, card=0, at=NOON):
    if card:
        till.take_card(
            order_id=order.pk, till=desk, amount_minor=card, key=f"{order.number}c", at=at
        )
    if order.total_minor > card:
        till.take_cash(
            order_id=order.pk,
            till=desk,
            tendered_minor=order.total_minor - card,
            key=order.number,
            at=at,
        )
    till.finish(order_id=order.pk, till=desk, actor="user:1", at=at)
    return Order.objects.get(pk=order.pk)


def test_one_article_leaves_and_another_is_sent_home_in_one_order(
    desk, warehouse, method, invariants
):
    here = stocked(desk.store, on_hand=3, price=3590)
    book = VariantFactory(price=1290, product__tax_category=TaxCategoryFactory(code="book"))
    StockLevelFactory(variant=book, location=warehouse, on_hand=5)
    account = AccountFactory(programme__points_per_unit=1)
    basket = basket_of(desk, (here, 1, TAKE_AWAY), (book, 2, DELIVERY), customer=account.customer)

    order = opened(desk, basket, total=3590 + 2580 + 490, delivery=Delivery(method.pk, HOME))

    assert (level(here), level(book)) == ((3, 0), (5, 2))  # what leaves now is not held
    order = paid(desk, order)
    lines = list(order.lines.order_by("position"))
    # 20 % on 40.80: 6.80; 5.5 % on 25.80: 1.345 → 1.35 (VAT-3, half up)
    assert (order.total_minor, order.tax_minor) == (6660, 680 + 135)
    assert [(line.kind, line.total_minor, line.fulfilled, line.pending) for line in lines] == [
        ("product", 3590, 1, 0),
        ("product", 2580, 0, 2),
        ("delivery", 490, 0, 1),
    ]
    assert {line.contract_place for line in lines} == {OrderLine.ContractPlace.STORE}
    assert [line.collecting_store for line in lines] == [desk.store, None, None]
    assert [line.location_id for line in lines[:2]] == [
        desk.store.locations.get().pk,
        warehouse.pk,
    ]
    assert (order.status, order.channel, order.store) == ("placed", "till", desk.store)
    assert (level(here), level(book)) == ((2, 0), (5, 2))
    assert {(one.kind, one.status, one.confirmed) for one in order.fulfilments.all()} == {
        ("takeaway", "handed_over", True),
        ("shipment", "waiting", True),
    }
    assert PointsLot.objects.get().line == 1  # the rest earns when it leaves
    receipt = Receipt.objects.get()
    paper = json.loads(receipt.payload)
    assert (receipt.total_minor, [line["total"] for line in paper["lines"]]) == (
        6660,
        [3590, 2580, 490],
    )
    assert [(row["tax_bp"], row["tax"]) for row in paper["vat"]] == [(2000, 680), (550, 135)]
    message = Message.objects.get(template="order_placed")
    assert (message.to, message.context["kind"]) == ("camille@example.org", "shipment")

    parcel = order.fulfilments.get(kind="shipment")
    picking.pick_all(fulfilment_id=parcel.pk, actor="user:2", at=NOON)
    parcels.ship(fulfilment_id=parcel.pk, tracking="6A1", actor="user:2", at=NOON)

    order.refresh_from_db()
    assert (order.status, level(book)) == ("fulfilled", (3, 0))
    assert set(PointsLot.objects.values_list("line", flat=True)) == {1, 2}
    assert Message.objects.get(template="order_shipped").context["tracking"] == "6A1"


def test_what_is_collected_in_another_shop_waits_there_with_its_code(desk, invariants):
    other = StoreFactory()
    here, there = stocked(desk.store), stocked(other, price=4500)
    basket = basket_of(desk, (here, 1, TAKE_AWAY), (there, 1, PICKUP))

    order = paid(desk, opened(desk, basket, pickup=Pickup(other.pk)))

    waiting = order.fulfilments.get(kind="pickup")
    assert (waiting.store, waiting.confirmed, waiting.status) == (other, True, "waiting")
    assert order.lines.get(position=2).collecting_store == other
    assert waiting.hold_until == Reservation.objects.get().expires_at
    assert Message.objects.get(template="order_placed").context["code"] == waiting.code
    picking.pick_all(fulfilment_id=waiting.pk, actor="user:2", at=NOON)
    pickup.ready(fulfilment_id=waiting.pk, actor="user:2", at=NOON)
    pickup.hand_over(
        fulfilment_id=waiting.pk, code=waiting.code, handed_to="", actor="user:2", at=NOON
    )
    order.refresh_from_db()
    assert (order.status, level(there)) == ("fulfilled", (9, 0))


def test_what_this_shop_lacks_is_asked_for_once_it_is_paid(desk, warehouse, invariants):
    article = stocked(warehouse, on_hand=2)
    basket = basket_of(desk, (article, 2, PICKUP))

    order = opened(desk, basket, pickup=Pickup(desk.store.pk))
    assert not Transfer.objects.exists()
    order = paid(desk, order)

    transfer = Transfer.objects.get()
    assert (transfer.source, transfer.destination) == (warehouse, desk.store.locations.get())
    assert (transfer.lines.get().quantity, level(article)) == (2, (2, 2))
    assert order.fulfilments.get().promised_at.date() > NOON.date()
    assert order.status == "placed"  # nothing left now


def test_a_parcel_and_a_pickup_of_one_sale_are_held_each_for_its_own_time(
    desk, warehouse, method, invariants
):
    sent, kept = stocked(warehouse), stocked(desk.store)
    basket = basket_of(desk, (sent, 1, DELIVERY), (kept, 1, PICKUP))

    order = paid(
        desk,
        opened(desk, basket, delivery=Delivery(method.pk, HOME), pickup=Pickup(desk.store.pk)),
    )
    waiting = order.fulfilments.get(kind="pickup")
    later = NOON + timedelta(days=9)
    pickup.extend(fulfilment_id=waiting.pk, until=later, actor="user:1", at=NOON)

    assert dict(Reservation.objects.values_list("variant", "expires_at")) == {
        sent.pk: None,
        kept.pk: later,
    }
    assert not Transfer.objects.exists()  # what is sent home is not asked of the warehouse
    assert Message.objects.filter(template="order_placed").count() == 1


def test_a_refused_card_leaves_everything_held_and_a_cancelled_sale_frees_it(
    desk, warehouse, method, invariants
):
    here, sent = stocked(desk.store), stocked(warehouse, price=1500)
    basket = basket_of(desk, (here, 1, TAKE_AWAY), (sent, 1, DELIVERY))
    order = opened(desk, basket, delivery=Delivery(method.pk, HOME))
    total = 2000 + 1500 + 490
    till.take_cash(order_id=order.pk, till=desk, tendered_minor=total - 1413, key="a", at=NOON)

    refused = till.take_card(order_id=order.pk, till=desk, amount_minor=1413, key="b", at=NOON)
    with pytest.raises(Invalid):
        till.finish(order_id=order.pk, till=desk, actor="user:1", at=NOON)

    assert (refused.status, level(sent)) == ("refused", (10, 1))
    till.cancel(order_id=order.pk, till=desk, actor="user:1", at=NOON)
    order.refresh_from_db()
    assert (order.status, level(here), level(sent)) == ("cancelled", (10, 0), (10, 0))
    assert not Receipt.objects.exists()
    assert not Message.objects.exists()
    assert Basket.objects.get().status == "open"
    again = opened(desk, basket, delivery=Delivery(method.pk, HOME))
    assert again.pk != order.pk


def test_what_cannot_be_ordered_is_named_and_nothing_is_written(desk, warehouse, method):
    here, rare = stocked(desk.store), stocked(warehouse, on_hand=1)
    basket = basket_of(desk, (here, 1, TAKE_AWAY), (rare, 2, DELIVERY))

    with pytest.raises(CannotBeOrdered) as refused:
        opened(desk, basket, delivery=Delivery(method.pk, HOME))

    assert f"{rare.product.name} (1" in refused.value.message
    assert not Order.objects.exists()
    assert not Reservation.objects.exists()


@pytest.mark.parametrize(
    "who, ways",
    [
        (Contact(" ", "a@example.org"), {"delivery": HOME}),
        (Contact("Camille", ""), {"delivery": HOME}),
        (Contact("Camille", "not an address"), {"delivery": HOME}),
        (Contact("Camille", "", phone="06 39 98 12 34"), {"delivery": HOME | {"postcode": ""}}),
        (Contact("Camille", "a@example.org"), {}),
    ],
)
def test_an_order_needs_a_name_a_way_to_be_reached_and_an_address(
    desk, warehouse, method, who, ways
):
    basket = basket_of(desk, (stocked(warehouse), 1, DELIVERY))

    with pytest.raises(Invalid):
        opened(
            desk,
            basket,
            who=who,
            **{name: Delivery(method.pk, address) for name, address in ways.items()},
        )

    assert not Order.objects.exists()


def test_the_delivery_is_in_the_total_that_was_shown(desk, warehouse, method):
    basket = basket_of(desk, (stocked(warehouse), 1, DELIVERY))

    with pytest.raises(PriceChanged) as changed:
        opened(desk, basket, total=2000, delivery=Delivery(method.pk, HOME))

    assert changed.value.total_minor == 2490


def test_a_slow_payment_lets_the_goods_go_and_takes_them_anew(
    desk, warehouse, method, time_machine
):
    article = stocked(warehouse, on_hand=1)
    order = opened(
        desk, basket_of(desk, (article, 1, DELIVERY)), delivery=Delivery(method.pk, HOME)
    )
    later = NOON + timedelta(minutes=16)
    time_machine.move_to(later, tick=False)

    expire_unpaid()

    order.refresh_from_db()
    assert (order.status, level(article)) == ("awaiting_payment", (1, 0))
    order = paid(desk, order, at=later)
    assert (order.status, level(article)) == ("placed", (1, 1))
    assert violations(at=later) == []


def test_goods_gone_while_the_customer_paid_stop_the_sale_and_the_money_goes_back(
    desk, warehouse, method, time_machine
):
    article = stocked(warehouse, on_hand=1)
    first = opened(
        desk, basket_of(desk, (article, 1, DELIVERY)), delivery=Delivery(method.pk, HOME)
    )
    later = NOON + timedelta(minutes=16)
    time_machine.move_to(later, tick=False)
    expire_unpaid()
    other = TillFactory()
    opened(
        other,
        basket_of(other, (article, 1, DELIVERY)),
        delivery=Delivery(method.pk, HOME),
        at=later,
    )

    with pytest.raises(CannotBeOrdered):
        paid(desk, first, at=later)

    first.refresh_from_db()
    assert (first.status, Receipt.objects.count(), level(article)) == (
        "awaiting_payment",
        0,
        (1, 1),
    )
    till.cancel(order_id=first.pk, till=desk, actor="user:1", at=later)
    assert Refund.objects.get().amount_minor == 2490


def test_cash_of_a_pickup_nobody_came_for_waits_at_the_till_and_the_card_is_refunded(
    desk, time_machine
):
    other = StoreFactory()
    here, there = stocked(desk.store, price=1000), stocked(other, price=4500)
    basket = basket_of(desk, (here, 1, TAKE_AWAY), (there, 1, PICKUP))
    order = paid(desk, opened(desk, basket, pickup=Pickup(other.pk)), card=3000)
    waiting = order.fulfilments.get(kind="pickup")
    late = waiting.hold_until + timedelta(minutes=1)
    time_machine.move_to(late, tick=False)

    pickup.expire(fulfilment_id=waiting.pk, at=late)
    send_due_refunds()

    order.refresh_from_db()
    assert (order.status, level(here), level(there)) == ("fulfilled", (9, 0), (10, 0))
    assert set(Refund.objects.values_list("payment__method", "amount_minor", "status")) == {
        ("terminal", 3000, "settled"),
        ("cash", 1500, "due"),
    }
    queues = [row[0] for one in violations(at=late + timedelta(hours=1)) for row in one.rows]
    assert set(queues) == {"message"}  # cash that waits is no queue that stands still
    receipt = returns.hand_out_cash(order_id=order.pk, till=desk, actor="user:1", at=late)
    assert (receipt.total_minor, Refund.objects.filter(status="due").count()) == (-4500, 0)
    with pytest.raises(Invalid):
        returns.hand_out_cash(order_id=order.pk, till=desk, actor="user:1", at=late)
    assert Receipt.objects.count() == 2
    assert {one.rule for one in violations(at=late)} <= {"OUT-1"}


def test_the_delivery_is_given_back_with_the_last_article_it_brings(
    desk, warehouse, method, invariants
):
    here, sent = stocked(desk.store), stocked(warehouse)
    basket = basket_of(desk, (here, 1, TAKE_AWAY), (sent, 1, DELIVERY))
    order = opened(desk, basket, delivery=Delivery(method.pk, HOME))
    order = paid(desk, order, card=order.total_minor)

    fulfilments.cancel(
        fulfilment_id=order.fulfilments.get(kind="shipment").pk,
        reason="broken",
        actor="user:1",
        at=NOON,
    )

    order.refresh_from_db()
    assert Refund.objects.get().amount_minor == 2490
    assert (order.status, order.returns.get().total_minor) == ("fulfilled", 2490)


def test_what_left_and_what_was_sent_come_back_at_any_till(desk, warehouse, method, invariants):
    here, sent = stocked(desk.store), stocked(warehouse)
    basket = basket_of(desk, (here, 1, TAKE_AWAY), (sent, 1, DELIVERY))
    order = paid(desk, opened(desk, basket, delivery=Delivery(method.pk, HOME)))
    parcel = order.fulfilments.get(kind="shipment")
    picking.pick_all(fulfilment_id=parcel.pk, actor="user:2", at=NOON)
    parcels.ship(fulfilment_id=parcel.pk, tracking="6A1", actor="user:2", at=NOON)

    document = returns.take_back(
        order_id=order.pk,
        units={order.lines.get(position=2).pk: 1},
        disposition="sellable",
        till=desk,
        reason="too small",
        actor="user:1",
        at=NOON,
    )

    assert document.total_minor == 2490
    assert level(sent, desk.store.locations.get()) == (1, 0)


def test_an_item_not_on_the_shelf_of_the_pickup_is_brought_and_the_parcel_is_left_alone(
    desk, warehouse, method, invariants
):
    kept, sent = stocked(desk.store, on_hand=1), stocked(warehouse)
    StockLevelFactory(variant=kept, location=warehouse, on_hand=1)
    basket = basket_of(desk, (kept, 1, PICKUP), (sent, 1, DELIVERY))
    order = paid(
        desk,
        opened(desk, basket, delivery=Delivery(method.pk, HOME), pickup=Pickup(desk.store.pk)),
    )
    waiting = order.fulfilments.get(kind="pickup")

    picking.not_found(
        fulfilment_id=waiting.pk,
        line_id=order.lines.get(position=1).pk,
        quantity=1,
        actor="user:1",
        at=NOON,
    )

    assert list(Transfer.objects.get().lines.values_list("variant", "quantity")) == [(kept.pk, 1)]
    assert level(sent) == (10, 1)


@pytest.mark.django_db(transaction=True)
def test_two_tills_order_the_last_one_at_once_and_one_gets_it():
    warehouse, method = WarehouseFactory(), DeliveryMethodFactory()
    article = stocked(warehouse, on_hand=1)
    desks = [TillFactory(), TillFactory()]
    sales = [(desk, basket_of(desk, (article, 1, DELIVERY))) for desk in desks]
    both, outcomes = threading.Barrier(2), []

    def order(desk, basket):
        try:
            both.wait()
            opened(desk, basket, delivery=Delivery(method.pk, HOME))
            outcomes.append("held")
        except CannotBeOrdered:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=order, args=sale) for sale in sales]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["held", "refused"]
    assert (Order.objects.count(), level(article)) == (1, (1, 1))

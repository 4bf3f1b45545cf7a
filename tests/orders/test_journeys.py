"""The main job through the services: buy, collect, return, in every channel."""

from datetime import timedelta

import pytest

from customers.models import Message
from inventory.models import Reservation, StockLevel
from loyalty import selectors as loyalty
from orders.models import Basket, Fulfilment, Order, Payment, Receipt, Refund
from orders.providers import Outcome
from orders.services import (
    baskets,
    checkout,
    losses,
    payments,
    picking,
    pickup,
    receipts,
    returns,
    scanning,
    shortages,
    till,
)
from orders.services.contacts import Contact
from orders.services.ways import Pickup
from tests.factories import (
    NOON,
    AccountFactory,
    BasketFactory,
    BasketLineFactory,
    CustomerFactory,
    StockLevelFactory,
    StoreFactory,
    TillFactory,
    VariantFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("invariants")]


def contact(**kwargs):
    return Contact(**{"name": "Camille Martin", "email": "camille@example.org"} | kwargs)


def stocked(store, on_hand=10, price=2000):
    variant = VariantFactory(price=price)
    level = StockLevelFactory(variant=variant, location=store.locations.get(), on_hand=on_hand)
    return variant, level


def test_a_paid_pickup_is_held_prepared_handed_over_and_earns_points():
    customer = CustomerFactory(email="camille@example.org")
    AccountFactory(customer=customer)
    store = StoreFactory()
    variant, level = stocked(store)
    basket = BasketFactory(customer=customer)
    BasketLineFactory(basket=basket, variant=variant, quantity=2)

    order = checkout.place(
        basket_id=basket.pk,
        request=checkout.Request(
            contact=contact(), way=Pickup(store.pk), expected_total_minor=4000
        ),
        at=NOON,
    )
    payment = order.payments.get()
    payments.apply(reference=payment.reference, outcome=Outcome("captured", 4000), at=NOON)

    order.refresh_from_db()
    level.refresh_from_db()
    fulfilment = order.fulfilments.get()
    assert (order.status, order.tax_minor) == (Order.Status.PLACED, 667)
    assert (level.on_hand, level.reserved) == (10, 2)
    assert fulfilment.hold_until.astimezone(store.zone).hour == 19
    assert Reservation.objects.get().expires_at == fulfilment.hold_until
    assert Basket.objects.get(pk=basket.pk).status == Basket.Status.ORDERED

    picking.pick_all(fulfilment_id=fulfilment.pk, actor="user:1", at=NOON)
    pickup.ready(fulfilment_id=fulfilment.pk, actor="user:1", at=NOON)
    pickup.hand_over(
        fulfilment_id=fulfilment.pk, code=fulfilment.code, handed_to="", actor="user:1", at=NOON
    )

    order.refresh_from_db()
    level.refresh_from_db()
    balance = loyalty.balance(customer, at=NOON)
    assert order.status == Order.Status.FULFILLED
    assert (level.on_hand, level.reserved) == (8, 0)
    assert (balance.spendable, balance.pending) == (0, 40)
    assert loyalty.balance(customer, at=NOON + timedelta(days=15)).spendable == 40
    assert list(Message.objects.order_by("pk").values_list("template", flat=True)) == [
        "order_placed",
        "order_ready",
        "order_handed_over",
    ]


def test_a_till_sale_takes_two_tenders_gives_change_and_a_chained_receipt():
    customer = CustomerFactory()
    AccountFactory(customer=customer)
    desk = TillFactory()
    variant, level = stocked(desk.store, price=4990)
    basket = baskets.start(at=NOON, channel="till", till=desk)
    scanning.scan(till=desk, code=variant.sku, at=NOON)
    baskets.identify(basket_id=basket.pk, customer=customer)

    order = till.open_order(
        basket_id=basket.pk, till=desk, expected_total_minor=4990, actor="user:1", at=NOON
    )
    till.take_card(order_id=order.pk, till=desk, amount_minor=3000, key="k1", at=NOON)
    cash = till.take_cash(order_id=order.pk, till=desk, tendered_minor=2000, key="k2", at=NOON)
    receipt = till.finish(order_id=order.pk, till=desk, actor="user:1", at=NOON)
    again = till.finish(order_id=order.pk, till=desk, actor="user:1", at=NOON)

    level.refresh_from_db()
    order.refresh_from_db()
    assert (cash.captured_minor, cash.tendered_minor) == (1990, 2000)
    assert receipt == again
    assert Receipt.objects.count() == 1
    assert receipts.verify(receipt)
    assert (receipt.sequence, receipt.total_minor) == (1, 4990)
    assert order.status == Order.Status.FULFILLED
    assert level.on_hand == 9
    assert loyalty.balance(customer, at=NOON).pending == 49


def test_a_return_at_the_till_gives_back_money_points_and_stock_of_just_that_unit():
    customer = CustomerFactory()
    AccountFactory(customer=customer)
    desk = TillFactory()
    variant, level = stocked(desk.store, price=1001)
    basket = baskets.start(at=NOON, channel="till", till=desk)
    baskets.add(basket_id=basket.pk, variant_id=variant.pk, quantity=3, at=NOON)
    baskets.identify(basket_id=basket.pk, customer=customer)
    order = till.open_order(
        basket_id=basket.pk, till=desk, expected_total_minor=None, actor="user:1", at=NOON
    )
    till.take_cash(order_id=order.pk, till=desk, tendered_minor=5000, key="k2", at=NOON)
    till.finish(order_id=order.pk, till=desk, actor="user:1", at=NOON)

    returns.take_back(
        order_id=order.pk,
        units={order.lines.get().pk: 1},
        disposition="sellable",
        till=desk,
        reason="too small",
        actor="user:1",
        at=NOON,
    )

    level.refresh_from_db()
    assert level.on_hand == 8
    assert Refund.objects.get().amount_minor == 1001
    assert Receipt.objects.order_by("-sequence").first().total_minor == -1001
    assert loyalty.balance(customer, at=NOON).pending == 20  # of 30


def test_a_pickup_nobody_came_for_gives_back_stock_and_money():
    store = StoreFactory()
    variant, level = stocked(store)
    basket = BasketFactory()
    BasketLineFactory(basket=basket, variant=variant)
    order = checkout.place(
        basket_id=basket.pk,
        request=checkout.Request(contact=contact(), way=Pickup(store.pk)),
        at=NOON,
    )
    payments.apply(
        reference=order.payments.get().reference, outcome=Outcome("captured", 2000), at=NOON
    )
    fulfilment = order.fulfilments.get()

    early = fulfilment.hold_until - timedelta(seconds=1)
    assert not pickup.expire(fulfilment_id=fulfilment.pk, at=early)
    assert pickup.expire(fulfilment_id=fulfilment.pk, at=fulfilment.hold_until)

    level.refresh_from_db()
    order.refresh_from_db()
    assert (level.on_hand, level.reserved) == (10, 0)
    assert order.status == Order.Status.CANCELLED
    assert Refund.objects.get().amount_minor == 2000
    assert Payment.objects.get().refunded_minor == 2000
    assert Fulfilment.objects.get().status == Fulfilment.Status.NO_SHOW


def test_a_till_sale_eats_the_youngest_hold_and_the_web_order_is_refunded():
    desk = TillFactory()
    variant, level = stocked(desk.store, on_hand=1)
    basket = BasketFactory()
    BasketLineFactory(basket=basket, variant=variant)
    order = checkout.place(
        basket_id=basket.pk,
        request=checkout.Request(contact=contact(), way=Pickup(desk.store.pk)),
        at=NOON,
    )
    payments.apply(
        reference=order.payments.get().reference, outcome=Outcome("captured", 2000), at=NOON
    )
    sale = baskets.start(at=NOON, channel="till", till=desk)
    baskets.add(basket_id=sale.pk, variant_id=variant.pk, quantity=1, at=NOON)
    sold = till.open_order(
        basket_id=sale.pk, till=desk, expected_total_minor=None, actor="u", at=NOON
    )
    till.take_cash(order_id=sold.pk, till=desk, tendered_minor=2000, key="k", at=NOON)
    till.finish(order_id=sold.pk, till=desk, actor="u", at=NOON)

    assert losses.settle(document=order.number, at=NOON)
    assert not losses.settle(document=order.number, at=NOON)
    shortages.refund(token=order.shortages.get().token, actor="customer", at=NOON)

    order.refresh_from_db()
    assert StockLevel.objects.get(pk=level.pk).on_hand == 0
    assert order.status == Order.Status.CANCELLED
    assert Refund.objects.get().amount_minor == 2000
    assert Message.objects.filter(template__startswith="shortage").count() == 1

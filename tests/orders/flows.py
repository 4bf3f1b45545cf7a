"""Steps that tests about orders begin with; each is one use of the services, at noon."""

from datetime import datetime

from catalog.models import Variant
from customers.models import Customer
from inventory.models import StockLevel, StockLocation
from omnishop.network.models import Store, Till
from orders.models import Basket, Fulfilment, Order
from orders.providers import Outcome
from orders.services import baskets, checkout, payments, picking, pickup, till
from orders.services.contacts import Contact
from orders.services.ways import Delivery, Pickup
from tests.factories import (
    NOON,
    BasketFactory,
    BasketLineFactory,
    StockLevelFactory,
    VariantFactory,
)

HOME = {"line1": "1 rue Haute", "postcode": "69001", "city": "Lyon"}


def contact(**changes: str) -> Contact:
    return Contact(**{"name": "Camille Martin", "email": "camille@example.org"} | changes)


def stocked(store: Store | StockLocation, on_hand: int = 10, price: int = 2000) -> Variant:
    """An article with that many units at the store, or at the location."""
    variant = VariantFactory.create(price=price)
    location = store if isinstance(store, StockLocation) else store.locations.get()
    StockLevelFactory(variant=variant, location=location, on_hand=on_hand)
    return variant


def filled(*wanted: tuple[Variant, int], customer: Customer | None = None) -> Basket:
    basket = BasketFactory.create(customer=customer)
    for variant, quantity in wanted:
        BasketLineFactory(basket=basket, variant=variant, quantity=quantity)
    return basket


def placed(
    way: Pickup | Delivery,
    *wanted: tuple[Variant, int],
    customer: Customer | None = None,
    at: datetime = NOON,
    pay_in_store: bool = False,
    points: int = 0,
) -> Order:
    """An order on the site that awaits its payment, or is reserved to be paid in the store."""
    return checkout.place(
        basket_id=filled(*wanted, customer=customer).pk,
        request=checkout.Request(
            contact=contact(), way=way, pay_in_store=pay_in_store, points=points
        ),
        at=at,
    )


def captured(order: Order, at: datetime = NOON) -> Order:
    """The order once its open card payment was captured."""
    payment = order.payments.get(method="card", status="pending")
    payments.apply(
        reference=payment.reference, outcome=Outcome("captured", payment.amount_minor), at=at
    )
    return Order.objects.get(pk=order.pk)


def paid(
    way: Pickup | Delivery,
    *wanted: tuple[Variant, int],
    customer: Customer | None = None,
    at: datetime = NOON,
    points: int = 0,
) -> Order:
    return captured(placed(way, *wanted, customer=customer, at=at, points=points), at)


def collected(order: Order, at: datetime = NOON) -> Order:
    """The order once its pick-up was prepared and handed over."""
    fulfilment = order.fulfilments.get()
    picking.pick_all(fulfilment_id=fulfilment.pk, actor="user:1", at=at)
    pickup.ready(fulfilment_id=fulfilment.pk, actor="user:1", at=at)
    pickup.hand_over(
        fulfilment_id=fulfilment.pk, code=fulfilment.code, handed_to="", actor="user:1", at=at
    )
    return Order.objects.get(pk=order.pk)


def opened(
    desk: Till, *wanted: tuple[Variant, int], customer: Customer | None = None, at: datetime = NOON
) -> Order:
    """A sale at a till that is to be paid."""
    basket = baskets.start(at=at, channel="till", till=desk)
    for variant, quantity in wanted:
        baskets.add(basket_id=basket.pk, variant_id=variant.pk, quantity=quantity, at=at)
    baskets.identify(basket_id=basket.pk, customer=customer)
    return till.open_order(
        basket_id=basket.pk, till=desk, expected_total_minor=None, actor="user:1", at=at
    )


def sold(
    desk: Till, *wanted: tuple[Variant, int], customer: Customer | None = None, at: datetime = NOON
) -> Order:
    """A sale at a till, paid in cash."""
    order = opened(desk, *wanted, customer=customer, at=at)
    till.take_cash(
        order_id=order.pk, till=desk, tendered_minor=order.total_minor, key=order.number, at=at
    )
    till.finish(order_id=order.pk, till=desk, actor="user:1", at=at)
    return Order.objects.get(pk=order.pk)


def level(variant: Variant, location: StockLocation | None = None) -> tuple[int, int]:
    """On hand and reserved, over all locations or at one."""
    levels = StockLevel.objects.filter(variant=variant)
    if location:
        levels = levels.filter(location=location)
    rows = list(levels.values_list("on_hand", "reserved"))
    return sum(row[0] for row in rows), sum(row[1] for row in rows)


def pickup_of(order: Order) -> Fulfilment:
    return order.fulfilments.get()

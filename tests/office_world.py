"""Two stores with a till sale, a pick-up, a return and a mail each, through the services."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalog.models import Variant
from inventory.models import StockLevel
from omnishop.network.models import Store, Till, User
from orders.models import Basket, Order
from orders.providers import Outcome
from orders.services import baskets, checkout, payments, returns, till
from orders.services.contacts import Contact
from orders.services.ways import Pickup
from tests.factories import (
    NOON,
    AccountFactory,
    BasketFactory,
    BasketLineFactory,
    CustomerFactory,
    StaffFactory,
    StockLevelFactory,
    TillFactory,
    VariantFactory,
)


@dataclass
class Shop:
    """A store with what happened in it, and a member of staff who works there alone."""

    store: Store
    till: Till
    variant: Variant
    level: StockLevel
    sale: Order
    pickup: Order
    basket: Basket
    user: User


def sell(desk: Till, variant: Variant, *, quantity: int = 1, at: datetime = NOON,
         customer: Any = None) -> Order:  # fmt: skip
    """A till sale paid in cash."""
    basket = baskets.start(at=at, channel="till", till=desk)
    baskets.add(basket_id=basket.pk, variant_id=variant.pk, quantity=quantity, at=at)
    if customer:
        baskets.identify(basket_id=basket.pk, customer=customer)
    order = till.open_order(
        basket_id=basket.pk, till=desk, expected_total_minor=None, actor="user:1", at=at
    )
    till.take_cash(
        order_id=order.pk, till=desk, tendered_minor=order.total_minor, key=f"k{order.pk}", at=at
    )
    till.finish(order_id=order.pk, till=desk, actor="user:1", at=at)
    order.refresh_from_db()
    return order


def buy_online(store: Store, variant: Variant, *, quantity: int = 1, at: datetime = NOON,
               email: str = "camille@example.org") -> Order:  # fmt: skip
    """A paid order of the site, to be collected at a store."""
    basket = BasketFactory(created_at=at, changed_at=at)
    BasketLineFactory(basket=basket, variant=variant, quantity=quantity, added_at=at)
    order = checkout.place(
        basket_id=basket.pk,
        request=checkout.Request(
            contact=Contact(name="Camille Martin", email=email),
            way=Pickup(store.pk),
        ),
        at=at,
    )
    payments.apply(
        reference=order.payments.get().reference,
        outcome=Outcome("captured", order.total_minor),
        at=at,
    )
    order.refresh_from_db()
    return order


def open_shop(name: str, *, role: str = "store_manager", at: datetime = NOON) -> Shop:
    """A shop in which things have happened."""
    desk = TillFactory(store__name=name)
    variant = VariantFactory(product__name=f"Tente {name}", price=2000)
    level = StockLevelFactory(variant=variant, location=desk.store.locations.get(), on_hand=50)
    customer = CustomerFactory(last_name=f"Client{name}")
    AccountFactory(customer=customer)
    sale = sell(desk, variant, quantity=2, at=at, customer=customer)
    returns.take_back(
        order_id=sale.pk,
        units={sale.lines.get().pk: 1},
        disposition="sellable",
        till=desk,
        reason="too small",
        actor="user:1",
        at=at,
    )
    pickup = buy_online(desk.store, variant, at=at, email=f"{name.lower()}@example.org")
    level.refresh_from_db()
    staff = StaffFactory(role=role, stores=[desk.store], user__email=f"staff-{name.lower()}@x.fr")
    return Shop(
        store=desk.store,
        till=desk,
        variant=variant,
        level=level,
        sale=sale,
        pickup=pickup,
        basket=baskets.start(at=at, channel="till", till=desk),
        user=staff.user,
    )

"""A till with someone at it, and what lies around it."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from customers.models import Customer
from omnishop.channels.till.access import SESSION_KEY
from omnishop.network.models import Store, Till
from omnishop.network.services import set_pin
from orders.models import Basket, Fulfilment, Order
from orders.providers import Outcome
from orders.services import baskets, checkout, payments
from orders.services.contacts import Contact
from orders.services.ways import Pickup
from tests.factories import (
    NOON,
    BasketFactory,
    BasketLineFactory,
    StaffFactory,
    StockLevelFactory,
    TillFactory,
    VariantFactory,
)

PIN = "2580"
HTMX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "sale"}


class Shop:
    """One store's till, an associate signed in at it, and the clock at noon."""

    def __init__(self) -> None:
        self.till: Till = TillFactory.create(number=1)
        self.store: Store = self.till.store
        self.staff = StaffFactory(stores=[self.store])
        self.client = self.sign_in(self.staff, self.till)
        self.manager = StaffFactory(role="store_manager", stores=[self.store])
        set_pin(member=self.manager, pin=PIN)

    def sign_in(self, staff: Any, till: Till | None) -> Client:
        client = Client()
        client.force_login(staff.user, backend="omnishop.network.backends.StaffBackend")
        if till:
            session = client.session
            session[SESSION_KEY] = till.pk
            session.save()
        return client

    def post(self, url: str, data: dict[str, Any] | None = None, **extra: Any) -> Any:
        return self.client.post(url, data or {}, **extra)

    def approved(self, **fields: Any) -> dict[str, Any]:
        """What the form of an act asks for that needs somebody entitled."""
        return {"reason": "erreur de scan", "approver": self.manager.pk, "pin": PIN} | fields

    def get(self, url: str, data: dict[str, Any] | None = None, **extra: Any) -> Any:
        return self.client.get(url, data or {}, **extra)

    def article(self, price: int = 2000, on_hand: int = 10, **fields: Any) -> Any:
        variant = VariantFactory(price=price, **fields)
        StockLevelFactory(variant=variant, location=self.store.locations.get(), on_hand=on_hand)
        return variant

    def sale(self, *articles: Any, customer: Customer | None = None) -> Basket:
        basket = baskets.start(at=NOON, channel="till", till=self.till)
        for article in articles:
            baskets.add(basket_id=basket.pk, variant_id=article.pk, quantity=1, at=NOON)
        baskets.identify(basket_id=basket.pk, customer=customer)
        return basket

    def pickup(
        self, *, store: Store | None = None, paid: bool = True, quantity: int = 1, price: int = 2000
    ) -> Fulfilment:
        """A pick-up ordered on the site, at this store unless another is named."""
        place = store or self.store
        variant = VariantFactory(price=price)
        StockLevelFactory(variant=variant, location=place.locations.get())
        basket = BasketFactory()
        BasketLineFactory(basket=basket, variant=variant, quantity=quantity)
        order = checkout.place(
            basket_id=basket.pk,
            request=checkout.Request(
                contact=Contact("Camille Martin", "camille@example.org", phone="06 39 98 12 34"),
                way=Pickup(place.pk),
                pay_in_store=not paid,
            ),
            at=NOON - timedelta(minutes=5),
        )
        if paid:
            payments.apply(
                reference=order.payments.get().reference,
                outcome=Outcome("captured", order.total_minor),
                at=NOON - timedelta(minutes=4),
            )
        return Order.objects.get(pk=order.pk).fulfilments.get()


@pytest.fixture
def shop(db: None) -> Any:
    with time_machine.travel(NOON, tick=False):
        yield Shop()


def statements(queries: Any) -> list[str]:
    """What was asked of the database, without savepoints."""
    return [one["sql"] for one in queries if "SAVEPOINT" not in one["sql"]]

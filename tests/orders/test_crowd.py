"""P-1 with threads: six people do anything at once, and everything still holds."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import OperationalError

from inventory import services as inventory
from inventory.models import Reservation, StockLocation, Transfer
from inventory.services import counts, transfers
from omnishop.kernel.errors import Refusal
from orders.invariants import RULES, violations
from orders.models import Fulfilment, Order, OrderLine, Payment, Shortage
from orders.providers import Outcome
from orders.services import (
    checkout,
    losses,
    parcels,
    payments,
    picking,
    pickup,
    returns,
    shortages,
    till,
    unpaid,
)
from orders.services.ways import Delivery, Pickup
from tests.factories import (
    NOON,
    DeliveryMethodFactory,
    StockLevelFactory,
    StoreFactory,
    TillFactory,
    VariantFactory,
    WarehouseFactory,
)
from tests.inventory.test_races import at_once
from tests.orders.flows import HOME, contact, filled, opened

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
STEPS = 25
WHO = {"actor": "user:1", "at": NOON}


class Crowd:
    """Two stores, two warehouses, three articles; what anybody may do with them."""

    def __init__(self) -> None:
        self.stores = [StoreFactory(), StoreFactory()]
        WarehouseFactory(transfer_days=1)
        WarehouseFactory(priority=2)
        self.places = list(StockLocation.objects.order_by("pk"))
        self.articles = [VariantFactory(price=price) for price in (1001, 299, 2000)]
        for place in self.places:
            for article in self.articles:
                StockLevelFactory(variant=article, location=place, on_hand=4)
        self.tills = [TillFactory(store=store) for store in self.stores for _ in range(3)]
        self.delivery = DeliveryMethodFactory(price_minor=490)
        self.ended: list[OperationalError] = []

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """A refusal is an answer; so is a transaction that PostgreSQL ended, wholly undone."""
        try:
            yield
        except Refusal:
            pass
        except OperationalError as error:
            if "deadlock" not in str(error):
                raise
            self.ended.append(error)

    def person(self, number: int, seed: int) -> Callable[[], int]:
        draw = random.Random(6 * seed + number)
        deeds = [self.buy, self.buy, self.pay, self.sell, self.count, self.prepare]
        deeds += [self.hand_over, self.miss, self.move, self.move, self.tasks, self.answer]
        deeds += [self.bring_back, self.scan, self.give_up]

        def live() -> int:
            for step in range(STEPS):
                with self.allowed():
                    draw.choice(deeds)(draw, number, f"{number}-{step}")
            return number

        return live

    def any(self, draw, rows):
        found = list(rows[:50])
        return draw.choice(found) if found else None

    def buy(self, draw, number, name):
        wanted = [(article, draw.randint(1, 3)) for article in draw.sample(self.articles, 2)]
        way = draw.choice(
            [
                Delivery(self.delivery.pk, HOME),
                *(Pickup(store.pk) for store in self.stores),
            ]
        )
        in_store = isinstance(way, Pickup) and draw.random() < 0.3
        request = checkout.Request(contact=contact(), way=way, pay_in_store=in_store)
        checkout.place(basket_id=filled(*wanted).pk, request=request, at=NOON)

    def pay(self, draw, number, name):
        if payment := self.any(draw, Payment.objects.filter(method="card", status="pending")):
            payments.apply(
                reference=payment.reference,
                outcome=Outcome("captured", payment.amount_minor),
                at=NOON,
            )

    def give_up(self, draw, number, name):
        if order := self.any(draw, Order.objects.filter(status="awaiting_payment")):
            unpaid.abandon(order_id=order.pk, **WHO)

    def sell(self, draw, number, name):
        desk = self.tills[number]
        order = opened(desk, (draw.choice(self.articles), draw.randint(1, 2)))
        till.take_cash(order_id=order.pk, till=desk, tendered_minor=10_000, key=name, at=NOON)
        till.finish(order_id=order.pk, till=desk, **WHO)

    def count(self, draw, number, name):
        inventory.adjust(
            variant_id=draw.choice(self.articles).pk,
            location_id=draw.choice(self.places).pk,
            counted=draw.randint(0, 5),
            document=f"C-{name}",
            reason="count",
            **WHO,
        )

    def scan(self, draw, number, name):
        place = draw.choice(self.places).pk
        count = counts.begin(location_id=place, kind="rolling", articles=1, **WHO)
        for article in self.articles:
            counts.scan(count_id=count.pk, code=article.sku, **WHO)
        counts.submit(count_id=count.pk, **WHO)
        counts.approve(count_id=count.pk, at=NOON, actor="user:2")

    def prepare(self, draw, number, name):
        if fulfilment := self.any(draw, Fulfilment.objects.open().filter(confirmed=True)):
            picking.pick_all(fulfilment_id=fulfilment.pk, **WHO)
            pickup.ready(fulfilment_id=fulfilment.pk, **WHO)

    def hand_over(self, draw, number, name):
        if fulfilment := self.any(draw, Fulfilment.objects.open().filter(confirmed=True)):
            if fulfilment.kind == Fulfilment.Kind.SHIPMENT:
                parcels.ship(fulfilment_id=fulfilment.pk, tracking="1Z", **WHO)
            else:
                pickup.hand_over(
                    fulfilment_id=fulfilment.pk, code=fulfilment.code, handed_to="", **WHO
                )

    def miss(self, draw, number, name):
        if fulfilment := self.any(draw, Fulfilment.objects.open().filter(confirmed=True)):
            line = fulfilment.lines.order_by("pk").first()
            if line:
                picking.not_found(
                    fulfilment_id=fulfilment.pk, line_id=line.line_id, quantity=1, **WHO
                )

    def move(self, draw, number, name):
        transfer = self.any(draw, Transfer.objects.filter(status__in=["requested", "sent"]))
        if transfer is None or draw.random() < 0.3:
            source, destination = draw.sample(self.places, 2)
            asks = [transfers.Ask(article.pk, 1) for article in draw.sample(self.articles, 2)]
            transfers.request(
                asks,
                source_id=source.pk,
                destination_id=destination.pk,
                expected_at=NOON + timedelta(days=1),
                reason=Transfer.Reason.SHOP,
                **WHO,
            )
        elif transfer.status == Transfer.Status.SENT:
            transfers.receive(transfer_id=transfer.pk, units={}, **WHO)
        elif draw.random() < 0.2:
            transfers.cancel(transfer_id=transfer.pk, **WHO)
        else:
            transfers.send(transfer_id=transfer.pk, units={}, **WHO)

    def answer(self, draw, number, name):
        if shortage := self.any(draw, Shortage.objects.open()):
            said = {"token": shortage.token, "actor": "customer", "at": NOON}
            if draw.random() < 0.5:
                shortages.deliver(address=HOME, **said)
            else:
                shortages.refund(**said)

    def bring_back(self, draw, number, name):
        if line := self.any(draw, OrderLine.objects.filter(kind="product", fulfilled__gt=0)):
            returns.take_back(
                order_id=line.order_id,
                units={line.pk: 1},
                disposition="sellable",
                till=self.tills[number],
                reason="too small",
                **WHO,
            )

    def tasks(self, draw=None, number=0, name=""):
        lost = Reservation.objects.filter(status__in=["short", "expired"], settled_at__isnull=True)
        for document in sorted(set(lost.values_list("document", flat=True))):
            losses.settle(document=document, at=NOON)


@pytest.mark.parametrize("seed", [0, 1])
def test_six_people_who_do_anything_at_once_keep_the_invariants(seed):
    """Fails without the row lock of `levels.lock`, and without `Order.objects.locked`."""
    shop = Crowd()

    answers = at_once([shop.person(n, seed) for n in range(6)])

    assert answers == list(range(6))
    shop.tasks()
    assert violations(at=NOON, rules=set(RULES) - {"OUT-1"}) == []
    assert Order.objects.values("status").distinct().count() > 1  # much was done, in many ways
    assert len(shop.ended) <= 3, shop.ended

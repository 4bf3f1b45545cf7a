"""Any sequence of what shoppers, staff, tills and tasks do keeps every invariant (P-1)."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Greatest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from customers.models import Message
from inventory import services as inventory
from inventory.models import Reservation
from loyalty.services import points as loyalty
from loyalty.services.corrections import correct
from omnishop.kernel.errors import Refusal
from orders.invariants import RULES, violations
from orders.models import Fulfilment, Order, OrderLine, Payment, Refund
from orders.providers import Outcome
from orders.services import (
    checkout,
    fulfilments,
    losses,
    parcels,
    payments,
    picking,
    pickup,
    returns,
    till,
    unpaid,
)
from orders.services.ways import Delivery, Pickup
from tests.factories import (
    NOON,
    AccountFactory,
    CustomerFactory,
    DeliveryMethodFactory,
    StockLocationFactory,
    StoreFactory,
    TillFactory,
    VariantFactory,
    WarehouseFactory,
)
from tests.orders.flows import HOME, contact, filled, opened

TIMED = {"OUT-1", "STK-3"}  # what tasks tidy: looked at once they have run
ANY = st.integers(0, 999)
UNITS = st.integers(1, 3)

# What left the shelves for a line is what the line says was handed over.
LEFT = """
    SELECT o.number, l.position, l.fulfilled, coalesce(m.left_for_it, 0)
      FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
      LEFT JOIN LATERAL (
        SELECT -sum(delta) AS left_for_it FROM inventory_stockmovement
         WHERE kind = 'sale' AND line = l.position
           AND (document = o.number OR document LIKE o.number || '-F%%')) m ON true
     WHERE l.kind = 'product' AND l.fulfilled <> coalesce(m.left_for_it, 0)
"""
# Nobody keeps points for what they brought back or never got (FIELD 24).
EARNED = """
    SELECT o.number, lot.line, lot.points, coalesce(sum(e.delta), 0)
      FROM loyalty_pointslot lot
      JOIN orders_order o ON o.number = lot.document
      JOIN orders_orderline l ON l.order_id = o.id AND l.position = lot.line
      LEFT JOIN loyalty_pointsentry e ON e.kind IN ('reverse', 'debt')
       AND e.document LIKE o.number || '-R%%'
       AND e.idempotency_key LIKE 'reverse:%%:' || lot.line || ':%%'
     WHERE l.quantity = l.cancelled + l.returned
     GROUP BY o.number, lot.id HAVING lot.points + coalesce(sum(e.delta), 0) <> 0
"""


class Shop(RuleBasedStateMachine):
    """Two stores, one of them with a stock room, and a warehouse; two articles, one member."""

    @initialize()
    def open_shop(self):
        self.block = transaction.atomic()
        self.block.__enter__()
        self.now = NOON
        self.serial = 0
        self.fresh = False  # whether the tasks have just run
        self.stores = [StoreFactory(), StoreFactory()]
        room = StockLocationFactory()
        self.stores[0].store_locations.create(location=room, rank=2)
        self.places = [
            *(store.locations.order_by("pk").first() for store in self.stores),
            room,
            WarehouseFactory(),
            WarehouseFactory(priority=2),
        ]
        self.tills = [TillFactory(store=store) for store in self.stores]
        self.articles = [VariantFactory(price=1001), VariantFactory(price=299)]
        self.delivery = DeliveryMethodFactory(price_minor=490, free_from_minor=2500)
        self.member = CustomerFactory(email="camille@example.org")
        self.account = AccountFactory(customer=self.member)
        correct(
            customer_id=self.member.pk,
            points=500,
            reason="welcome",
            reference="gift",
            actor="user:1",
            at=self.now,
        )
        for place in self.places:
            self.receive(0, self.places.index(place), 2)
            self.receive(1, self.places.index(place), 1)

    def teardown(self):
        if hasattr(self, "block"):
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)

    def number(self):
        self.serial += 1
        return f"D-{self.serial}"

    def pick(self, rows, n):
        found = list(rows.order_by("pk"))
        return found[n % len(found)] if found else None

    # --- Goods -----------------------------------------------------------------------------------

    @rule(article=ANY, place=ANY, units=UNITS)
    def receive(self, article, place, units):
        demand = inventory.Demand(
            0, self.articles[article % 2].pk, self.places[place % len(self.places)].pk, units
        )
        inventory.receive([demand], document=self.number(), at=self.now, actor="user:1")

    @rule(article=ANY, place=ANY, counted=st.integers(0, 4))
    def count(self, article, place, counted):
        with suppress(Refusal):
            inventory.adjust(
                variant_id=self.articles[article % 2].pk,
                location_id=self.places[place % len(self.places)].pk,
                counted=counted,
                document=self.number(),
                reason="count",
                at=self.now,
                actor="user:1",
            )

    # --- Site ------------------------------------------------------------------------------------

    @rule(
        first=st.integers(0, 3),
        second=st.integers(0, 3),
        way=st.integers(0, 2),
        in_store=st.booleans(),
        points=st.sampled_from([0, 0, 3, 400]),
    )
    def place(self, first, second, way, in_store, points):
        wanted = [(self.articles[0], first), (self.articles[1], second)]
        basket = filled(*[(v, units) for v, units in wanted if units], customer=self.member)
        self.place_basket(basket.pk, way, in_store=in_store, points=points)

    @rule(n=ANY, way=st.integers(0, 2), in_store=st.booleans())
    def place_again(self, n, way, in_store):
        if order := self.pick(Order.objects.filter(basket__isnull=False, channel="web"), n):
            self.place_basket(order.basket_id, way, in_store=in_store, points=0)

    def place_basket(self, basket_id, way, *, in_store, points):
        chosen = Delivery(self.delivery.pk, HOME) if way == 2 else Pickup(self.stores[way].pk)
        request = checkout.Request(
            contact=contact(),
            way=chosen,
            pay_in_store=in_store and way != 2,
            points=points if not in_store else 0,
        )
        with suppress(Refusal):
            order = checkout.place(basket_id=basket_id, request=request, at=self.now)
            payments.confirm_if_paid(order_id=order.pk, at=self.now)

    @rule(n=ANY, wanted=st.sampled_from(["captured", "captured", "captured", "refused"]))
    def provider_answers(self, n, wanted):
        payment = self.pick(Payment.objects.filter(method="card"), n)
        if payment:
            payments.apply(
                reference=payment.reference,
                outcome=Outcome(wanted, payment.amount_minor),
                at=self.now,
            )

    @rule(n=ANY)
    def pay_again(self, n):
        if order := self.pick(Order.objects.all(), n):
            with suppress(Refusal):
                payments.retry(order_id=order.pk, at=self.now)

    @rule(n=ANY)
    def abandon(self, n):
        if order := self.pick(Order.objects.filter(status="awaiting_payment"), n):
            unpaid.abandon(order_id=order.pk, actor="customer", at=self.now)

    # --- Desk ------------------------------------------------------------------------------------

    @rule(n=ANY, missing=st.integers(0, 2))
    def prepare(self, n, missing):
        if fulfilment := self.pick(Fulfilment.objects.open(), n):
            with suppress(Refusal):
                if missing:
                    picking.not_found(
                        fulfilment_id=fulfilment.pk,
                        line_id=fulfilment.lines.order_by("pk")[0].line_id,
                        quantity=missing,
                        actor="user:1",
                        at=self.now,
                    )
                else:
                    picking.pick_all(fulfilment_id=fulfilment.pk, actor="user:1", at=self.now)
                    pickup.ready(fulfilment_id=fulfilment.pk, actor="user:1", at=self.now)

    @rule(n=ANY)
    def goods_leave(self, n):
        if fulfilment := self.pick(Fulfilment.objects.filter(confirmed=True), n):
            with suppress(Refusal):
                if fulfilment.kind == Fulfilment.Kind.SHIPMENT:
                    parcels.ship(
                        fulfilment_id=fulfilment.pk, tracking="1Z", actor="user:1", at=self.now
                    )
                else:
                    pickup.hand_over(
                        fulfilment_id=fulfilment.pk,
                        code=fulfilment.code,
                        handed_to="",
                        actor="user:1",
                        at=self.now,
                    )

    @rule(n=ANY)
    def cancel_fulfilment(self, n):
        if fulfilment := self.pick(Fulfilment.objects.open().filter(confirmed=True), n):
            with suppress(Refusal):
                fulfilments.cancel(
                    fulfilment_id=fulfilment.pk, reason="asked", actor="user:1", at=self.now
                )

    @rule(n=ANY)
    def extend(self, n):
        if fulfilment := self.pick(Fulfilment.objects.open().filter(kind="pickup"), n):
            with suppress(Refusal):
                pickup.extend(
                    fulfilment_id=fulfilment.pk,
                    until=self.now + timedelta(days=2),
                    actor="user:1",
                    at=self.now,
                )

    @rule(n=ANY, units=UNITS)
    def cancel_units(self, n, units):
        lines = OrderLine.objects.filter(order__status="placed", kind="product")
        if line := self.pick(lines.filter(quantity__gt=F("fulfilled") + F("cancelled")), n):
            with suppress(Refusal):
                returns.cancel(
                    order_id=line.order_id,
                    units={line.pk: units},
                    reason="asked",
                    actor="user:1",
                    at=self.now,
                )

    # --- Till ------------------------------------------------------------------------------------

    @rule(desk=st.integers(0, 1), article=ANY, units=UNITS, member=st.booleans(), cash=ANY)
    def sell(self, desk, article, units, member, cash):
        desk = self.tills[desk]
        order = opened(
            desk,
            (self.articles[article % 2], units),
            customer=self.member if member else None,
            at=self.now,
        )
        self.pay_at_till(order, desk, cash)

    @rule(n=ANY, desk=st.integers(0, 1), cash=ANY)
    def pay_reservation(self, n, desk, cash):
        orders = Order.objects.filter(status="placed", paid_at__isnull=True)
        if order := self.pick(orders, n):
            with suppress(Refusal):
                till.bring_to_till(order_id=order.pk, till=self.tills[desk], at=self.now)
                self.pay_at_till(order, self.tills[desk], cash)

    @rule(n=ANY, desk=st.integers(0, 1), cash=ANY)
    def begin_to_pay_reservation_and_stop(self, n, desk, cash):
        orders = Order.objects.filter(status="placed", paid_at__isnull=True)
        if order := self.pick(orders, n):
            with suppress(Refusal):
                desk = self.tills[desk]
                till.bring_to_till(order_id=order.pk, till=desk, at=self.now)
                till.take_cash(
                    order_id=order.pk,
                    till=desk,
                    tendered_minor=cash + 1,
                    key=self.number(),
                    at=self.now,
                )
                if cash % 2:
                    till.cancel(order_id=order.pk, till=desk, actor="user:1", at=self.now)

    def pay_at_till(self, order, desk, cash):
        with suppress(Refusal):
            till.take_cash(
                order_id=order.pk,
                till=desk,
                tendered_minor=cash + 1,
                key=self.number(),
                at=self.now,
            )
        with suppress(Refusal):
            left = payments.due(Order.objects.get(pk=order.pk))
            till.take_card(
                order_id=order.pk, till=desk, amount_minor=left, key=self.number(), at=self.now
            )
        with suppress(Refusal):
            till.finish(order_id=order.pk, till=desk, actor="user:1", at=self.now)

    @rule(n=ANY, units=UNITS, desk=st.integers(0, 1), sellable=st.booleans())
    def bring_back(self, n, units, desk, sellable):
        lines = OrderLine.objects.filter(kind="product", fulfilled__gt=F("returned"))
        if line := self.pick(lines, n):
            with suppress(Refusal):
                returns.take_back(
                    order_id=line.order_id,
                    units={line.pk: units},
                    disposition="sellable" if sellable else "damaged",
                    till=self.tills[desk],
                    reason="too small",
                    actor="user:1",
                    at=self.now,
                )

    # --- Time ------------------------------------------------------------------------------------

    @rule(minutes=st.sampled_from([1, 14, 20, 60 * 24, 60 * 24 * 5]))
    def wait(self, minutes):
        self.now += timedelta(minutes=minutes)

    @rule()
    def tasks_run(self):
        overdue = Order.objects.filter(status="awaiting_payment", hold_expires_at__lte=self.now)
        for order in overdue.order_by("pk"):
            unpaid.abandon(order_id=order.pk, actor="task", at=self.now)
        for fulfilment in Fulfilment.objects.overdue(self.now).order_by("pk"):
            pickup.expire(fulfilment_id=fulfilment.pk, at=self.now)
        lost = Reservation.objects.filter(status__in=["short", "expired"], settled_at__isnull=True)
        for document in sorted(set(lost.values_list("document", flat=True))):
            losses.settle(document=document, at=self.now)
        loyalty.expire(account_id=self.account.pk, at=self.now)
        Refund.objects.update(status="settled", settled_at=self.now)
        Message.objects.filter(status="queued").update(
            status="sent", sent_at=Greatest(F("due_at"), self.now)
        )
        self.fresh = True

    # --- What must hold --------------------------------------------------------------------------

    @invariant()
    def everything_holds(self):
        if not hasattr(self, "now"):
            return
        rules = [name for name in RULES if self.fresh or name not in TIMED]
        self.fresh = False
        assert violations(at=self.now, rules=rules) == []

    @invariant()
    def what_left_is_what_was_handed_over(self):
        if hasattr(self, "now"):
            with connection.cursor() as cursor:
                cursor.execute(LEFT, [])
                assert cursor.fetchall() == []
                cursor.execute(EARNED, [])
                assert cursor.fetchall() == []

    @invariant()
    def an_order_is_open_as_long_as_a_desk_has_something_to_do(self):
        if hasattr(self, "now"):
            stuck = Order.objects.filter(status="placed").exclude(
                fulfilments__status__in=Fulfilment.OPEN
            )
            assert list(stuck) == []
            closed = Order.objects.filter(status__in=["fulfilled", "cancelled"])
            assert not Fulfilment.objects.open().filter(order__in=closed).exists()


@pytest.mark.django_db
def test_any_sequence_of_sales_payments_returns_and_counts_keeps_the_invariants():
    run_state_machine_as_test(
        Shop,
        settings=settings(
            max_examples=25,
            stateful_step_count=15,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )

"""P-1 again, with goods that move between places, are missing, damaged and counted."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from inventory import services as inventory
from inventory.models import CountLine, StockCount, StockLocation, Transfer
from inventory.services import counts, transfers
from omnishop.kernel.errors import Refusal
from orders.models import Fulfilment, Shortage
from orders.services import parcels, payments, shortages
from tests.orders.flows import HOME, filled
from tests.orders.test_machine import ANY, UNITS, Shop

# Every unit a paid line still owes is held, on its way, asked about, or in a question that a task
# has yet to put: lost holds that were not settled.
OWED = """
    SELECT o.number, l.position, l.quantity - l.fulfilled - l.cancelled AS owed, h.held, t.coming,
           s.asked, x.lost
      FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
      CROSS JOIN LATERAL (SELECT coalesce(sum(quantity), 0) AS held FROM inventory_reservation
        WHERE status = 'held' AND document = o.number AND line = l.position) h
      CROSS JOIN LATERAL (SELECT coalesce(sum(quantity), 0) AS lost FROM inventory_reservation
        WHERE status IN ('short', 'expired') AND settled_at IS NULL
          AND document = o.number AND line = l.position) x
      CROSS JOIN LATERAL (SELECT coalesce(sum(n.sent), 0) AS coming FROM inventory_transferline n
        JOIN inventory_transfer r ON r.id = n.transfer_id AND r.status = 'sent'
        WHERE n.document = o.number AND n.document_line = l.position) t
      CROSS JOIN LATERAL (SELECT coalesce(sum(quantity), 0) AS asked FROM orders_shortage
        WHERE status = 'open' AND line_id = l.id) s
     WHERE l.kind = 'product' AND o.status = 'placed' AND o.paid_at IS NOT NULL
       AND o.channel = 'web'
       AND (l.quantity - l.fulfilled - l.cancelled > h.held + t.coming + s.asked + x.lost
            OR l.quantity - l.fulfilled - l.cancelled < h.held + t.coming + s.asked)
"""


class Network(Shop):
    """The same two stores and two warehouses; one warehouse and one store send to stores."""

    @initialize()
    def open_shop(self):
        super().open_shop()
        sends = [self.places[1].pk, self.places[3].pk]
        StockLocation.objects.filter(pk__in=sends).update(transfer_days=1)

    # --- Between places --------------------------------------------------------------------------

    @rule(article=ANY, source=ANY, destination=ANY, units=UNITS)
    def ask_for_goods(self, article, source, destination, units):
        with suppress(Refusal):
            transfers.request(
                [transfers.Ask(self.articles[article % 2].pk, units)],
                source_id=self.places[source % len(self.places)].pk,
                destination_id=self.places[destination % len(self.places)].pk,
                expected_at=self.now + timedelta(days=1),
                reason=Transfer.Reason.SHOP,
                at=self.now,
                actor="user:1",
            )

    @rule(first=st.integers(1, 4), paid=st.booleans())
    def collect_what_is_elsewhere(self, first, paid):
        """More than the store has on its shelves, so that some has to be brought."""
        basket = filled((self.articles[0], first + 2), customer=self.member)
        self.place_basket(basket.pk, 0, in_store=not paid, points=0)
        order = basket.orders.first()
        if order and paid:
            for payment in order.payments.filter(status="pending"):
                payments.apply(
                    reference=payment.reference,
                    outcome=payments.Outcome("captured", payment.amount_minor),
                    at=self.now,
                )

    @rule(n=ANY, fewer=st.sampled_from([0, 0, 1, 9]))
    def send(self, n, fewer):
        if transfer := self.pick(Transfer.objects.filter(status="requested"), n):
            units = {line.position: max(0, line.quantity - fewer) for line in transfer.lines.all()}
            with suppress(Refusal):
                transfers.send(transfer_id=transfer.pk, units=units, at=self.now, actor="user:1")

    @rule(n=ANY, fewer=st.sampled_from([0, 0, 1, 9]))
    def goods_arrive(self, n, fewer):
        if transfer := self.pick(Transfer.objects.filter(status="sent"), n):
            units = {line.position: max(0, line.sent - fewer) for line in transfer.lines.all()}
            with suppress(Refusal):
                transfers.receive(transfer_id=transfer.pk, units=units, at=self.now, actor="user:1")

    @rule(n=ANY)
    def call_off(self, n):
        if transfer := self.pick(Transfer.objects.all(), n):
            with suppress(Refusal):
                transfers.cancel(transfer_id=transfer.pk, at=self.now, actor="user:1")

    # --- What is missing -------------------------------------------------------------------------

    @rule(n=ANY, choice=st.sampled_from(["store", "delivery", "refund"]), desk=st.integers(0, 1))
    def shopper_chooses(self, n, choice, desk):
        if shortage := self.pick(Shortage.objects.all(), n):
            said = {"token": shortage.token, "actor": "customer", "at": self.now}
            with suppress(Refusal):
                if choice == "store":
                    shortages.collect_elsewhere(store_id=self.stores[desk].pk, **said)
                elif choice == "delivery":
                    shortages.deliver(address=HOME, **said)
                else:
                    shortages.refund(**said)

    @rule(n=ANY)
    def nobody_answers(self, n):
        if shortage := self.pick(Shortage.objects.all(), n):
            shortages.expire(shortage_id=shortage.pk, at=self.now)

    @rule(n=ANY, elsewhere=st.one_of(st.none(), st.integers(0, 4)))
    def staff_source_again(self, n, elsewhere):
        if parcel := self.pick(Fulfilment.objects.filter(kind="shipment", confirmed=True), n):
            with suppress(Refusal):
                parcels.source_again(
                    fulfilment_id=parcel.pk,
                    location_id=None if elsewhere is None else self.places[elsewhere].pk,
                    actor="user:1",
                    at=self.now,
                )

    @rule(n=ANY)
    def carrier_brings(self, n):
        if parcel := self.pick(Fulfilment.objects.filter(status="shipped"), n):
            parcels.delivered(fulfilment_id=parcel.pk, actor="task", at=self.now)

    @rule(
        article=ANY,
        place=ANY,
        units=UNITS,
        was=st.sampled_from(["sellable", "damaged", "display"]),
        becomes=st.sampled_from(["sellable", "damaged", "inspection"]),
    )
    def change_of_status(self, article, place, units, was, becomes):
        with suppress(Refusal):
            inventory.change_status(
                variant_id=self.articles[article % 2].pk,
                location_id=self.places[place % len(self.places)].pk,
                quantity=units,
                was=was,
                becomes=becomes,
                document=self.number(),
                reason="seen",
                at=self.now,
                actor="user:1",
            )

    # --- Counts ----------------------------------------------------------------------------------

    @rule(place=ANY, full=st.booleans())
    def begin_count(self, place, full):
        with suppress(Refusal):
            counts.begin(
                location_id=self.places[place % len(self.places)].pk,
                kind="full" if full else "rolling",
                at=self.now,
                actor="user:2",
            )

    @rule(n=ANY, article=ANY, found=st.one_of(st.none(), st.integers(0, 4)))
    def scan(self, n, article, found):
        if count := self.pick(StockCount.objects.filter(status="counting"), n):
            with suppress(Refusal):
                counts.scan(
                    count_id=count.pk,
                    code=self.articles[article % 2].sku,
                    counted=found,
                    at=self.now,
                    actor="user:2",
                )

    @rule(n=ANY)
    def take_scan_back(self, n):
        if line := self.pick(CountLine.objects.filter(counted__gt=0), n):
            with suppress(Refusal):
                counts.undo(
                    count_id=line.count_id, line_id=line.pk, units=1, at=self.now, actor="user:2"
                )

    @rule(n=ANY, again=st.booleans())
    def decide_count(self, n, again):
        """Hand in, send one line back or not, approve: a sale may have come in between."""
        open_ones = StockCount.objects.filter(status__in=["counting", "submitted"])
        if count := self.pick(open_ones, n):
            with suppress(Refusal):
                counts.submit(
                    count_id=count.pk, at=self.now, actor="user:2", rest_is_zero=n % 5 == 0
                )
            with suppress(Refusal):
                if again and (line := count.lines.order_by("pk").first()):
                    counts.recount(
                        count_id=count.pk, line_ids=[line.pk], at=self.now, actor="user:1"
                    )
            with suppress(Refusal):
                counts.approve(count_id=count.pk, at=self.now, actor="user:1")

    @rule(n=ANY)
    def drop_count(self, n):
        if count := self.pick(StockCount.objects.all(), n):
            with suppress(Refusal):
                counts.cancel(count_id=count.pk, at=self.now, actor="user:1")

    # --- What must hold besides -------------------------------------------------------------------

    @invariant()
    def every_unit_that_is_owed_is_somewhere(self):
        if hasattr(self, "now"):
            with connection.cursor() as cursor:
                cursor.execute(OWED, [])
                assert cursor.fetchall() == []

    @invariant()
    def nothing_on_the_way_is_more_than_what_was_sent(self):
        if hasattr(self, "now"):
            lines = Transfer.objects.filter(status__in=["sent", "received"])
            assert not lines.filter(lines__sent__gt=F("lines__quantity")).exists()
            assert not lines.filter(lines__received__gt=F("lines__sent")).exists()


@pytest.mark.django_db
def test_any_sequence_with_transfers_shortages_and_counts_keeps_the_invariants():
    run_state_machine_as_test(
        Network,
        settings=settings(
            max_examples=20,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )

"""What was promised first is kept and measured, whatever is said later (FIELD 19, UX R4)."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.html import escape

from omnishop.kernel.templatetags.omnishop import stamp
from omnishop.reports.exceptions import promises
from orders.models import Fulfilment
from orders.services import fulfilments, parcels, picking, shortages
from orders.services.ways import Delivery, Pickup
from tests.factories import (
    NOON,
    DeliveryMethodFactory,
    LegalEntityFactory,
    StaffFactory,
    StockLevelFactory,
    StoreFactory,
    WarehouseFactory,
)
from tests.orders.flows import HOME, paid, stocked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("invariants")]


@pytest.fixture
def store():
    return StoreFactory(name="Annecy")


@pytest.fixture
def warehouse(store):
    return WarehouseFactory(transfer_days=1)


def lost(one):
    item = one.lines.get()
    picking.not_found(
        fulfilment_id=one.pk, line_id=item.line_id, quantity=1, actor="user:1", at=NOON
    )
    one.refresh_from_db()
    return one


def delayed(store, warehouse):
    """A pick-up whose unit is not on the shelf: it comes from the warehouse, a day later."""
    variant = stocked(store, on_hand=1)
    StockLevelFactory(variant=variant, location=warehouse, on_hand=5)
    return lost(paid(Pickup(store.pk), (variant, 1)).fulfilments.get())


def kept(store, at):
    head = StaffFactory(role="head_office", all_stores=True).user
    row = {row.place: row for row in promises(head, at)}[store]
    return row.pickups_kept, row.pickups, row.parcels_kept, row.parcels


def test_a_delay_keeps_the_first_promise(store, warehouse):
    variant = stocked(store, on_hand=1)
    StockLevelFactory(variant=variant, location=warehouse, on_hand=5)
    one = paid(Pickup(store.pk), (variant, 1)).fulfilments.get()
    first = one.promised_at
    assert (one.first_promised_at, one.delayed) == (first, False)

    lost(one)

    assert (one.first_promised_at, one.delayed) == (first, True)
    assert one.promised_at.date() > first.date()


def test_what_is_ready_by_the_second_promise_alone_was_not_kept(store, warehouse):
    one = delayed(store, warehouse)
    Fulfilment.objects.filter(pk=one.pk).update(
        status="ready", ready_at=one.promised_at - timedelta(minutes=1)
    )

    assert kept("Annecy", one.promised_at + timedelta(days=1)) == (0, 1, 0, 0)


def test_what_the_shopper_had_to_be_asked_about_was_not_kept(store):
    one = lost(paid(Pickup(store.pk), (stocked(store, on_hand=1), 1)).fulfilments.get())
    called_off = paid(Pickup(store.pk), (stocked(store), 1)).fulfilments.get()
    fulfilments.cancel(fulfilment_id=called_off.pk, reason="asked", actor="u", at=NOON)
    shortages.refund(token=one.order.shortages.get().token, actor="customer", at=NOON)

    assert one.status == Fulfilment.Status.CANCELLED
    assert one.order.shortages.get().fulfilment == one
    assert kept("Annecy", NOON + timedelta(days=2)) == (0, 1, 0, 0)


def test_a_parcel_moved_to_another_place_keeps_the_first_promise():
    LegalEntityFactory()
    first, second = WarehouseFactory(), WarehouseFactory(priority=200)
    variant = stocked(first)
    StockLevelFactory(variant=variant, location=second, on_hand=5)
    way = Delivery(DeliveryMethodFactory().pk, HOME)
    order = paid(way, (variant, 1))
    one = order.fulfilments.get()

    parcels.source_again(fulfilment_id=one.pk, actor="user:1", at=NOON)

    other = order.fulfilments.open().get()
    assert (other.location, other.first_promised_at) == (second, one.promised_at)


def test_the_shopper_reads_both_promises(client, store, warehouse):
    one = delayed(store, warehouse)
    page = reverse("storefront:order", args=[one.order.token])
    first, now = (stamp(at, store.timezone) for at in (one.first_promised_at, one.promised_at))

    with time_machine.travel(NOON, tick=False):
        words = client.get(page).content.decode()

    assert escape(f"Promis {first}, maintenant {now}") in words
    Fulfilment.objects.filter(pk=one.pk).update(first_promised_at=one.promised_at)
    with time_machine.travel(NOON, tick=False):
        assert "maintenant" not in client.get(page).content.decode()


def test_the_back_office_shows_both_promises(client, store, warehouse):
    one = delayed(store, warehouse)
    client.force_login(StaffFactory(role="store_manager", stores=[store]).user)

    detail = client.get(reverse("admin:orders_fulfilment_change", args=[one.pk]))
    with time_machine.travel(one.promised_at + timedelta(hours=1), tick=False):
        board = client.get("/admin/exceptions/")

    assert detail.context["adminform"].form.instance.first_promised_at == one.first_promised_at
    assert "first_promised_at" in str(detail.context["adminform"].fieldsets)
    (row,) = next(kind.rows for kind in board.context["kinds"] if kind.key == "late")
    assert stamp(one.first_promised_at, store.timezone) in row.when
    assert stamp(one.promised_at, store.timezone) in row.when


def test_a_promise_has_its_first_promise(store):
    one = paid(Pickup(store.pk), (stocked(store), 1)).fulfilments.get()

    with pytest.raises(IntegrityError, match="fulfilment_first_promise"), transaction.atomic():
        Fulfilment.objects.filter(pk=one.pk).update(first_promised_at=None)

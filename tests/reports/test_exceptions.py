"""The exceptions board: each kind, whose it is, its one action; promises kept (UX R4)."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from inventory import services
from inventory.models import StockLevel, StockLocation, Transfer
from inventory.services import Demand, transfers
from omnishop.reports.exceptions import promises
from orders.models import Fulfilment, Order, Payment, Refund
from orders.services import fulfilments, parcels, picking, pickup, returns
from orders.services.ways import Delivery, Pickup
from tests.factories import (
    NOON,
    DeliveryMethodFactory,
    StaffFactory,
    StockLevelFactory,
    StoreFactory,
    UserFactory,
    VariantFactory,
    WarehouseFactory,
)
from tests.orders.flows import HOME, paid, placed, stocked

pytestmark = pytest.mark.django_db
BOARD = "/admin/exceptions/"


@pytest.fixture
def store():
    return StoreFactory(name="Annecy")


@pytest.fixture
def office(client):
    client.force_login(UserFactory(email="root@x.fr", is_staff=True, is_superuser=True))
    return client


def manager_of(client, *stores):
    client.force_login(StaffFactory(role="store_manager", stores=list(stores)).user)
    return client


def shown(client, at=NOON):
    with time_machine.travel(at, tick=False):
        page = client.get(BOARD)
    assert page.status_code == 200
    return {kind.key: kind.rows for kind in page.context["kinds"]}


def gap(store, sku="VESTE"):
    level = StockLevelFactory(
        variant=VariantFactory(sku=sku), location=store.locations.get(), on_hand=0
    )
    services.sell(
        [Demand(1, level.variant_id, level.location_id, 2)],
        document=f"T-{sku}", at=NOON, actor="u",
    )  # fmt: skip
    return level


def shortage(store):
    order = paid(Pickup(store.pk), (stocked(store, on_hand=1), 1))
    one = order.fulfilments.get()
    line = order.lines.get()
    picking.not_found(fulfilment_id=one.pk, line_id=line.pk, quantity=1, actor="u", at=NOON)
    return order.shortages.get()


def test_without_exceptions_it_says_so(office):
    assert shown(office) == {}
    assert "Rien ne vous attend" in office.get(BOARD).content.decode()


def test_a_late_pickup_is_there_until_it_is_ready(office, store):
    one = paid(Pickup(store.pk), (stocked(store), 1)).fulfilments.get()
    later = one.promised_at + timedelta(minutes=1)

    assert "late" not in shown(office, one.promised_at - timedelta(minutes=1))
    row = shown(office, later)["late"][0]
    assert (row.where, row.url) == (
        "Annecy",
        reverse("admin:orders_fulfilment_change", args=[one.pk]),
    )
    picking.pick_all(fulfilment_id=one.pk, actor="u", at=NOON)
    pickup.ready(fulfilment_id=one.pk, actor="u", at=NOON)
    assert "late" not in shown(office, later)


def test_a_parcel_is_late_once_its_day_at_the_door_has_come(office, store):
    variant = stocked(WarehouseFactory(name="Entrepôt"))
    way = Delivery(DeliveryMethodFactory(working_days=2).pk, HOME)
    one = paid(way, (variant, 1)).fulfilments.get()
    day = one.promised_at

    assert "parcels" not in shown(office, day - timedelta(days=1))
    assert [row.where for row in shown(office, day - timedelta(hours=9))["parcels"]] == ["Entrepôt"]
    parcels.ship(fulfilment_id=one.pk, tracking="6A", carrier="DPD", actor="u", at=NOON)
    assert "parcels" not in shown(office, day)


def test_an_open_shortage_is_there_until_it_is_answered(office, store):
    one = shortage(store)

    row = shown(office)["shortages"][0]

    assert row.url == reverse("admin:orders_order_change", args=[one.order_id])
    type(one).objects.update(status="refund", closed_at=NOON)
    assert "shortages" not in shown(office)


def test_who_has_a_telephone_alone_is_called_and_the_choice_noted(office, store):
    one = shortage(store)
    Order.objects.filter(pk=one.order_id).update(email="", phone="+33612345678")

    row = shown(office)["shortages"][0]

    assert "06 12 34 56 78" in row.what.replace("\u00a0", " ")
    assert row.label.startswith("Appeler")
    assert row.url == reverse("storefront:shortage", args=[one.token])
    office.post(row.url, {"choice": "refund"})
    event = one.order.events.get(kind="shortage_refund")
    assert event.actor.startswith("user:")
    assert "shortages" not in shown(office)


def test_the_first_page_counts_the_shortages_of_the_board(client, store):
    other = StoreFactory(name="Brest")
    shortage(store), shortage(store), shortage(other)
    manager_of(client, store)

    with time_machine.travel(NOON, tick=False):
        tiles = {row["title"]: row for row in client.get("/admin/").context["exceptions"]}

    tile = tiles["Articles manquants"]
    assert tile["count"] == len(shown(client)["shortages"]) == 2
    assert tile["url"].endswith("/shortage/?status__exact=open")


def test_a_late_transfer_is_sent_then_received(office, store):
    source = WarehouseFactory()
    level = StockLevelFactory(location=source)
    one = transfers.request(
        [transfers.Ask(level.variant_id, 1)],
        source_id=source.pk,
        destination_id=store.locations.get().pk,
        expected_at=NOON + timedelta(days=1),
        reason=Transfer.Reason.SHOP,
        at=NOON,
        actor="u",
    )
    late = NOON + timedelta(days=2)
    assert "transfers" not in shown(office)
    assert "/send/" in shown(office, late)["transfers"][0].url

    transfers.send(transfer_id=one.pk, units={}, at=NOON, actor="u")
    row = shown(office, late)["transfers"][0]

    assert row.url == reverse("admin:inventory_transfer_receive", args=[one.pk])
    office.post(row.url, {"units-1": 1, "key": "k"})
    assert Transfer.objects.get().status == "received"
    assert "transfers" not in shown(office, late)


def test_a_count_gap_is_there_until_the_article_is_counted(office, store):
    level = gap(store)

    row = shown(office)["gaps"][0]

    assert ("VESTE" in row.what, row.where) == (True, "Annecy")
    assert row.url == reverse("admin:inventory_stocklevel_count", args=[level.pk])
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        office.post(row.url, {"counted": 1, "reason": "counted", "key": "k"})
    assert StockLevel.objects.get(pk=level.pk).on_hand == 1
    assert "gaps" not in shown(office, NOON + timedelta(hours=2))


def test_a_stuck_payment_is_asked_about_from_the_board(office, store):
    order = placed(Pickup(store.pk), (stocked(store), 1))
    payment = order.payments.get()
    assert "payments" not in shown(office, NOON + timedelta(minutes=14))

    row = shown(office, NOON + timedelta(minutes=16))["payments"][0]
    answer = office.post(BOARD, {"do": row.do, "pk": row.pk})

    assert (row.do, row.pk) == ("payment", payment.pk)
    assert answer.headers["Location"] == BOARD
    payment.refresh_from_db()
    assert (payment.status, bool(payment.checked_at)) == (Payment.Status.PENDING, True)


def test_a_refund_that_is_not_sent_is_sent_again_once(office, store):
    order = paid(Pickup(store.pk), (stocked(store), 1))
    returns.cancel(
        order_id=order.pk, units={order.lines.get().pk: 1}, reason="asked", actor="u", at=NOON
    )
    assert "refunds" not in shown(office, NOON + timedelta(minutes=59))

    row = shown(office, NOON + timedelta(minutes=61))["refunds"][0]
    refund = Refund.objects.get()

    assert (row.do, row.pk) == ("refund", refund.pk)
    assert office.post(BOARD, {"do": "refund", "pk": refund.pk}).status_code == 302


@pytest.mark.parametrize(
    "data", [{}, {"do": "payment"}, {"do": "drop", "pk": 1}, {"do": "refund", "pk": "9" * 30}]
)
def test_a_forged_request_does_nothing(office, data):
    assert office.post(BOARD, data).status_code == 404


def test_staff_see_the_exceptions_of_their_stores_alone(client, store):
    other = StoreFactory(name="Brest")
    gap(store, "MIENNE"), gap(other, "AUTRE")
    shortage(store), shortage(other)
    payment = placed(Pickup(other.pk), (stocked(other), 1)).payments.get()
    late = NOON + timedelta(hours=8)

    rows = shown(manager_of(client, store), late)

    assert {row.where for found in rows.values() for row in found} == {"Annecy"}
    assert {key: len(found) for key, found in rows.items()} == {"gaps": 1, "shortages": 1}
    assert client.post(BOARD, {"do": "payment", "pk": payment.pk}).status_code == 404


def test_shoppers_do_not_get_in(client):
    client.force_login(UserFactory())

    assert client.get(BOARD).status_code == 302


def test_promises_kept_are_counted_by_place(store):
    head = StaffFactory(role="head_office", all_stores=True).user
    on_time, late, gone = (
        paid(Pickup(store.pk), (stocked(store), 1)).fulfilments.get() for _ in range(3)
    )
    for one, minutes in ((on_time, -1), (late, 1)):
        when = one.promised_at + timedelta(minutes=minutes)
        picking.pick_all(fulfilment_id=one.pk, actor="u", at=when)
        pickup.ready(fulfilment_id=one.pk, actor="u", at=when)
    fulfilments.cancel(fulfilment_id=gone.pk, reason="asked", actor="u", at=NOON)
    warehouse = WarehouseFactory(name="Entrepôt")
    way = Delivery(DeliveryMethodFactory(working_days=2).pk, HOME)
    first, second = (paid(way, (stocked(warehouse), 1)).fulfilments.get() for _ in range(2))
    parcels.ship(fulfilment_id=first.pk, tracking="1", actor="u", at=NOON)
    parcels.ship(fulfilment_id=second.pk, tracking="2", actor="u", at=second.promised_at)

    rows = {row.place: row for row in promises(head, NOON + timedelta(days=5))}

    assert (rows["Annecy"].pickups_kept, rows["Annecy"].pickups) == (1, 2)
    assert (rows["Annecy"].pickup_share, rows["Annecy"].parcel_share) == (50, None)
    assert (rows["Entrepôt"].parcels_kept, rows["Entrepôt"].parcels) == (1, 2)
    assert promises(head, NOON + timedelta(days=60)) == []


@pytest.mark.parametrize("count", [1, 6])
def test_the_board_takes_as_many_statements_whatever_there_is(
    client, store, count, django_assert_max_num_queries
):
    for number in range(count):
        gap(store, f"SKU-{number}X"), shortage(store)
        paid(Pickup(store.pk), (stocked(store), 1))
    manager_of(client, store)

    with (
        time_machine.travel(NOON + timedelta(days=1), tick=False),
        django_assert_max_num_queries(26),
    ):
        page = client.get(BOARD)
    assert len(page.context["kinds"]) >= 3
    assert Fulfilment.objects.count() == 2 * count
    assert StockLocation.objects.count() == 1

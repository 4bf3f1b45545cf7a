"""The page "Why 3?": every figure explains itself, and the books are checked (FIELD 4)."""

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse

from inventory import services
from inventory.availability import stock
from inventory.models import (
    PurchaseOrder,
    PurchaseOrderLine,
    Reservation,
    StockLevel,
    StockMovement,
    Supplier,
    Transfer,
)
from inventory.services import Demand, counts, transfers
from inventory.why import ledger, why, would_be_short
from tests.factories import (
    NOON,
    StaffFactory,
    StockLevelFactory,
    StoreFactory,
    UserFactory,
    WarehouseFactory,
)

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def store(db):
    return StoreFactory()


@pytest.fixture
def level(store):
    level = StockLevelFactory(location=store.locations.get(), on_hand=12, variant__sku="VESTE-M")
    StockLevel.objects.filter(pk=level.pk).update(safety=2)
    return StockLevel.objects.select_related("location", "variant").get(pk=level.pk)


def status(level, units, becomes, document):
    services.change_status(
        variant_id=level.variant_id,
        location_id=level.location_id,
        quantity=units,
        was="sellable",
        becomes=becomes,
        document=document,
        reason="torn",
        at=NOON,
        actor="user:1",
    )


def hold(level, units, document, minutes=0, expires_at=None):
    services.reserve(
        [Demand(1, level.variant_id, level.location_id, units)],
        document=document,
        at=NOON + timedelta(minutes=minutes),
        expires_at=expires_at,
        online=False,
    )


@pytest.fixture
def busy(level):
    """Two damaged, one shown; four held of which one overdue; on its way: three and ten."""
    status(level, 2, "damaged", "D-1")
    status(level, 1, "display", "D-2")
    hold(level, 3, "O-0000001", minutes=1)
    hold(level, 1, "B-9", expires_at=NOON + timedelta(minutes=5))
    source = StockLevelFactory(variant=level.variant, location=WarehouseFactory(name="Dépôt"))
    sent = transfers.request(
        [transfers.Ask(level.variant_id, 3)],
        source_id=source.location_id,
        destination_id=level.location_id,
        expected_at=NOON + timedelta(days=2),
        reason=Transfer.Reason.SHOP,
        at=NOON,
        actor="u",
    )
    transfers.send(transfer_id=sent.pk, units={}, at=NOON, actor="u")
    order = PurchaseOrder.objects.create(
        number="P-7",
        supplier=Supplier.objects.create(code="alp", name="Alpinest"),
        location=level.location,
        status="ordered",
        expected_on=date(2026, 11, 24),
        created_at=NOON,
        created_by="u",
        ordered_at=NOON,
    )
    PurchaseOrderLine.objects.create(
        order=order, position=1, variant=level.variant, quantity=12, received=2, cost_minor=900
    )
    level.refresh_from_db()
    return level


def test_the_sum_is_what_every_channel_says(busy):
    found = why(busy, at=LATER)

    assert (busy.on_hand, busy.unsellable, busy.reserved) == (12, 3, 4)
    assert found.by_status == {"sellable": 9, "damaged": 2, "display": 1}
    assert (found.held, found.overdue, found.safety) == (4, 1, 2)
    assert (found.in_store, found.online) == (6, 4)
    assert (found.in_transit, found.promised) == (3, 10)
    here = (busy.variant_id, busy.location_id)
    for online, said in ((False, found.in_store), (True, found.online)):
        shown = stock([here[0]], at=LATER, online=online).free
        assert shown[here[0]][here[1]] == said
    assert all(check.agrees for check in found.checks)


def test_the_larger_safety_counts(level):
    level.location.safety = 5

    assert why(level, at=NOON).safety == 5


def test_the_ledger_has_the_balance_after_each_row_and_answers_for_a_day(level):
    sale = Demand(1, level.variant_id, level.location_id, 5)
    services.sell([sale], document="T-1", at=NOON - timedelta(days=3), actor="u")
    services.receive([sale], document="L-1", at=NOON - timedelta(days=1), actor="u")
    level.refresh_from_db()

    rows, older = ledger(level, page=1)

    assert [(row.delta, row.balance) for row in rows] == [(5, 12), (-5, 7), (12, 12)]
    assert older is False
    then = [why(level, at=NOON, on=date(2026, 11, day)).on_hand_then for day in (13, 14, 15, 16)]
    assert then == [12, 7, 7, 12]
    assert why(level, at=NOON).on_hand_then is None


def test_a_day_ends_at_midnight_of_the_place(level):
    """23:30 in Paris on the 14th is 22:30 UTC."""
    sale = Demand(1, level.variant_id, level.location_id, 5)
    late = NOON.replace(day=14, hour=22, minute=30)
    services.sell([sale], document="T-1", at=late, actor="u")

    assert why(level, at=NOON, on=date(2026, 11, 13)).on_hand_then == 12
    assert why(level, at=NOON, on=date(2026, 11, 14)).on_hand_then == 7


def test_a_lie_in_the_books_is_red(busy):
    StockLevel.objects.filter(pk=busy.pk).update(on_hand=11, reserved=2)
    Reservation.objects.filter(document="B-9").delete()
    busy.refresh_from_db()

    checks = {one.name: one for one in why(busy, at=LATER).checks}

    assert [checks[name].agrees for name in ("ledger", "holds", "statuses")] == [False, False, True]
    assert (checks["ledger"].summed, checks["ledger"].kept) == (12, 11)


@pytest.mark.parametrize("counted", [3, 4, 5, 6, 7, 12])
def test_the_preview_names_exactly_what_becomes_short(busy, counted):
    hold(busy, 1, "O-2", minutes=9)
    busy.refresh_from_db()
    said = {one.document: one.units for one in would_be_short(busy, counted=counted, at=LATER)}

    services.adjust(
        variant_id=busy.variant_id,
        location_id=busy.location_id,
        counted=counted,
        document="C-1",
        reason="count",
        at=LATER,
        actor="u",
    )

    short = Reservation.objects.filter(status="short")
    assert {one.document: one.quantity for one in short} == said


# --- The page -----------------------------------------------------------------------------------


@pytest.fixture
def manager(client, store):
    client.force_login(StaffFactory(role="store_manager", stores=[store]).user)
    return client


def page(level, name="why"):
    return reverse(f"admin:inventory_stocklevel_{name}", args=[level.pk])


def test_the_page_says_all_of_it_in_few_statements(manager, busy, django_assert_max_num_queries):
    with time_machine.travel(LATER):
        manager.get(page(busy))
        with django_assert_max_num_queries(24):
            answer = manager.get(page(busy), {"on": "2026-11-17"})
    text = answer.content.decode()
    assert answer.status_code == 200
    for words in ("O-0000001", "Alpinest", "P-7", "Dépôt", "VESTE-M"):
        assert words in text
    assert answer.context["why"].on_hand_then == 12
    for number in range(30):
        hold(busy, 1, f"O-9{number}") if number < 4 else None
        services.receive(
            [Demand(1, busy.variant_id, busy.location_id, 1)],
            document=f"L-{number}",
            at=NOON,
            actor=f"user:{number}",
        )
    with time_machine.travel(LATER), django_assert_max_num_queries(24):
        manager.get(page(busy))


@pytest.mark.parametrize("query", ["?on=yesterday", "?page=0", "?page=x", "?page=99999999999"])
def test_a_wrong_day_or_page_is_no_error_page(manager, busy, query):
    assert manager.get(page(busy) + query).status_code == 422


def test_another_stores_level_is_not_there(client, busy):
    client.force_login(StaffFactory(role="store_manager", stores=[StoreFactory()]).user)

    for name in ("why", "count", "status"):
        assert client.get(page(busy, name)).status_code == 404


def test_an_associate_reads_and_does_not_correct(client, store, busy):
    client.force_login(StaffFactory(stores=[store]).user)

    assert client.get(page(busy)).status_code == 200
    assert client.post(
        page(busy, "count"), {"counted": 0, "reason": "x", "key": "k"}
    ).status_code in {302, 403}
    assert not StockMovement.objects.filter(kind="adjustment").exists()


def test_a_correction_names_what_becomes_short_before_it_does_anything(manager, busy):
    data = {"counted": 5, "reason": "count", "key": "k1"}
    with time_machine.travel(LATER):
        warned = manager.post(page(busy, "count"), data)
        assert (warned.status_code, "O-0000001 (1)" in warned.content.decode()) == (409, True)
        assert not StockMovement.objects.filter(kind="adjustment").exists()

        done = manager.post(page(busy, "count"), data | {"short": "on"})
        manager.post(page(busy, "count"), data | {"short": "on"})

    assert done.status_code == 302
    assert StockMovement.objects.get(kind="adjustment").delta == -7
    assert Reservation.objects.get(status="short").quantity == 1


def test_goods_change_status_from_the_page_once(manager, busy):
    data = {"quantity": 2, "was": "damaged", "becomes": "sellable", "reason": "mended", "key": "k"}

    assert manager.post(page(busy, "status"), data).status_code == 302
    assert manager.post(page(busy, "status"), data).status_code == 302
    refused = manager.post(page(busy, "status"), data | {"key": "j"})

    assert refused.status_code == 409
    busy.refresh_from_db()
    assert busy.unsellable == 1


# --- Counts in the back office ------------------------------------------------------------------


@pytest.fixture
def handed_in(level):
    count = counts.begin(location_id=level.location_id, kind="rolling", at=NOON, actor="user:0")
    counts.scan(count_id=count.pk, code="VESTE-M", counted=9, at=NOON, actor="user:0")
    counts.submit(count_id=count.pk, at=NOON, actor="user:0")
    return count


def review(count):
    return reverse("admin:inventory_stockcount_review", args=[count.pk])


def test_differences_are_shown_and_approved(manager, level, handed_in):
    listed = manager.get(reverse("admin:inventory_stockcount_changelist"))
    assert handed_in.number in listed.content.decode()
    shown = manager.get(review(handed_in))
    assert [row.difference for row, _level, _who in shown.context["rows"]] == [-3]

    assert manager.post(review(handed_in), {"do": "approve_all"}).status_code == 302
    assert manager.post(review(handed_in), {"do": "approve_all"}).status_code == 302

    level.refresh_from_db()
    handed_in.refresh_from_db()
    assert (level.on_hand, handed_in.status) == (9, "approved")


def test_lines_are_sent_back_and_counts_called_off(manager, level, handed_in):
    line = handed_in.lines.get()
    assert manager.post(review(handed_in), {"do": "recount"}).status_code == 409
    assert manager.post(review(handed_in), {"do": "approve", "line": "x"}).status_code == 409
    assert manager.post(review(handed_in), {"do": "recount", "line": line.pk}).status_code == 302
    line.refresh_from_db()
    assert (line.counted, line.decision) == (None, "recount")

    assert manager.post(review(handed_in), {"do": "cancel"}).status_code == 302
    handed_in.refresh_from_db()
    level.refresh_from_db()
    assert (handed_in.status, level.on_hand) == ("cancelled", 12)


def test_who_counted_and_associates_do_not_approve(client, store, level, handed_in):
    counter = StaffFactory(role="store_manager", stores=[store]).user
    handed_in.lines.update(counted_by=f"user:{counter.pk}")
    for user in (counter, StaffFactory(stores=[store]).user):
        client.force_login(user)
        assert client.post(review(handed_in), {"do": "approve_all"}).status_code == 409
    level.refresh_from_db()
    assert level.on_hand == 12

    head = UserFactory(is_staff=True, is_superuser=True)
    handed_in.lines.update(counted_by=f"user:{head.pk}")
    client.force_login(head)
    assert client.post(review(handed_in), {"do": "approve_all"}).status_code == 302


def test_another_stores_count_is_not_there(client, handed_in):
    client.force_login(StaffFactory(role="store_manager", stores=[StoreFactory()]).user)

    assert client.get(review(handed_in)).status_code == 404
    assert client.post(review(handed_in), {"do": "cancel"}).status_code == 404

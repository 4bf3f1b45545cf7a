"""What should be ordered for a place, and what a buyer makes of it."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django_celery_beat.models import PeriodicTask

from inventory import services, tasks
from inventory.errors import InsufficientStock
from inventory.models import Proposal, PurchaseOrder, StockLevel, StockMovement, Transfer
from inventory.services import Demand, proposals, purchasing, transfers
from inventory.services.purchasing import Item
from omnishop.kernel.errors import NotFound, Refusal
from tests.factories import (
    NOON,
    StockLevelFactory,
    StockLocationFactory,
    SupplierArticleFactory,
    WarehouseFactory,
)
from tests.inventory.test_races import at_once

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def place(db):
    return StockLocationFactory(name="Lyon")


@pytest.fixture
def article(db):
    """Bought from a supplier in packs of 12, delivered in 9 ± 2 days."""
    return SupplierArticleFactory(pack=12)


@pytest.fixture
def variant(article, place):
    """Ten a day for ninety days, 1,000 received: 100 are left."""
    return steady(article.variant, place)


def steady(variant, place, *, units=10, received=1000, days=90):
    StockLevelFactory(variant=variant, location=place, on_hand=received)
    for ago in range(1, days + 1):
        sell(variant, place, units, ago)
    return variant


def sell(variant, place, units, ago):
    services.sell(
        [Demand(1, variant.pk, place.pk, units)],
        document=f"T-{variant.pk}-{place.pk}-{ago}",
        at=NOON - ago * DAY,
        actor="till",
    )


def propose(place, at=NOON):
    return proposals.propose(location_id=place.pk, at=at)


def proposed(status="open"):
    return list(Proposal.objects.filter(status=status).order_by("pk"))


def test_the_figures_of_a_steady_seller(place, article, variant):
    """Ten a day exactly: σd 0, so SS = 1.645 × 10 × 2 = 32.9 and the point is 90 + 32.9."""
    assert propose(place) == 1

    (proposal,) = proposed()
    assert proposal.figures == {
        "demand": 10.0, "spread": 0.0, "method": "mean", "lead_days": 9, "lead_days_spread": 2,
        "safety": 33, "point": 123, "free": 100, "coming": 0, "pack": 12,
    }  # fmt: skip
    # up to 123 + 7 × 10 = 193: 93 units, eight packs of 12
    assert (proposal.quantity, proposal.supplier) == (96, article.supplier)


def test_today_and_what_lies_before_ninety_days_do_not_count(place, article):
    variant = article.variant
    StockLevelFactory(variant=variant, location=place, on_hand=500)
    for ago in (0, 91):
        sell(variant, place, 50, ago)
    assert propose(place) == 0


def test_what_came_back_did_not_sell(place, article):
    variant = article.variant
    StockLevelFactory(variant=variant, location=place, on_hand=2)
    sell(variant, place, 2, 20)
    assert propose(place) == 1
    services.put_back(
        [Demand(1, variant.pk, place.pk, 2)], document="R-1", at=NOON - 10 * DAY, actor="till"
    )
    assert propose(place) == 0


def test_reserved_and_unsellable_units_are_not_free(place, variant):
    demand = [Demand(1, variant.pk, place.pk, 30)]
    services.reserve(demand, document="O-1", at=NOON, expires_at=None)
    propose(place)
    assert proposed()[0].figures["free"] == 70


@pytest.mark.parametrize("status, units", [("draft", 20), ("ordered", 20), ("cancelled", 0)])
def test_what_is_on_an_order_is_coming(place, article, variant, status, units):
    order = purchasing.write(
        supplier_id=article.supplier_id,
        location_id=place.pk,
        items=[Item(variant.pk, 20)],
        at=NOON,
        actor="u",
    )
    if status == "ordered":
        purchasing.order(order_id=order.pk, at=NOON, actor="u")
    if status == "cancelled":
        purchasing.cancel(order_id=order.pk, at=NOON, actor="u")
    propose(place)
    assert proposed()[0].figures["coming"] == units


def test_a_received_part_is_no_longer_coming(place, article, variant):
    order = purchasing.write(
        supplier_id=article.supplier_id,
        location_id=place.pk,
        items=[Item(variant.pk, 20)],
        at=NOON,
        actor="u",
    )
    purchasing.order(order_id=order.pk, at=NOON, actor="u")
    purchasing.receive(order_id=order.pk, delivery=1, units={variant.pk: 15}, at=NOON, actor="u")
    propose(place)
    figures = proposed()[0].figures
    assert (figures["free"], figures["coming"]) == (115, 5)


def test_a_transfer_for_the_shelf_is_coming_one_for_a_shopper_is_not(place, variant):
    warehouse = StockLevelFactory(variant=variant, on_hand=100).location
    services.reserve(
        [Demand(1, variant.pk, warehouse.pk, 3)], document="O-9", at=NOON, expires_at=None
    )
    transfers.request(
        [transfers.Ask(variant.pk, 8), transfers.Ask(variant.pk, 3, "O-9", 1)],
        source_id=warehouse.pk,
        destination_id=place.pk,
        expected_at=NOON + DAY,
        reason=Transfer.Reason.SHOP,
        at=NOON,
        actor="u",
    )
    propose(place)
    assert proposed()[0].figures["coming"] == 8


def test_without_a_usual_supplier_or_off_sale_nothing_is_proposed(place, article, variant):
    article.preferred = False
    article.save()
    assert propose(place) == 0
    article.preferred = True
    article.save()
    variant.product.status = "archived"
    variant.product.save()
    assert propose(place) == 0


def test_a_repeat_changes_nothing_and_new_figures_refresh_in_place(place, variant):
    propose(place)
    propose(place)
    (first,) = proposed()
    sell(variant, place, 40, 0)
    propose(place, NOON + timedelta(hours=1))

    (refreshed,) = proposed()
    assert refreshed.pk == first.pk
    assert (first.quantity, refreshed.quantity) == (96, 144)
    assert refreshed.computed_at == NOON + timedelta(hours=1)


def test_a_proposal_that_is_not_needed_any_more_is_gone(place, variant):
    propose(place)
    services.receive([Demand(1, variant.pk, place.pk, 200)], document="X-1", at=NOON, actor="u")
    assert propose(place) == 0
    assert not Proposal.objects.exists()


def test_a_place_that_closed_proposes_nothing(place, variant):
    propose(place)
    place.active = False
    place.save()
    assert propose(place) == 0
    assert not proposed()


# --- From the warehouse -------------------------------------------------------------------------


@pytest.fixture
def warehouse(variant):
    """It reaches shops in two days, and has 60 of which 10 are never promised."""
    place = WarehouseFactory(transfer_days=2, safety=10)
    StockLevelFactory(variant=variant, location=place, on_hand=60)
    return place


def on_shelf(variant, place, units):
    StockLevel.objects.filter(variant=variant, location=place).update(on_hand=units)
    StockMovement.objects.create(
        variant=variant, location=place, kind="adjustment", delta=units - 100, document="A-1",
        at=NOON - DAY, idempotency_key="a-1",
    )  # fmt: skip


def test_a_shop_gets_what_its_warehouse_has(place, variant, warehouse):
    """Ten a day, two days' way: the point is 20, filled up to 90; 85 are lacking, 50 are there."""
    on_shelf(variant, place, 5)
    propose(place)

    (one,) = proposed()

    assert (one.source, one.supplier, one.quantity) == (warehouse, None, 50)
    assert (one.figures["point"], one.figures["lead_days"], one.figures["pack"]) == (20, 2, 1)


def test_with_nothing_free_in_the_warehouse_the_supplier_is_asked(place, article, warehouse):
    StockLevel.objects.filter(location=warehouse).update(reserved=50)
    propose(place)

    (one,) = proposed()

    assert (one.source, one.supplier, one.quantity) == (None, article.supplier, 96)


@pytest.mark.parametrize("change", [{"transfer_days": None}, {"active": False}, {"kind": "store"}])
def test_a_place_that_supplies_no_shop_is_not_asked(place, article, warehouse, change):
    type(warehouse).objects.filter(pk=warehouse.pk).update(**change)
    propose(place)

    assert proposed()[0].supplier == article.supplier


def test_what_nobody_sells_us_any_more_still_comes_from_the_warehouse(
    place, article, variant, warehouse
):
    article.delete()
    on_shelf(variant, place, 5)

    assert propose(place) == 1
    assert proposed()[0].source == warehouse


def test_an_accepted_one_is_a_transfer_that_holds_the_goods(place, article, variant, warehouse):
    on_shelf(variant, place, 5)
    propose(place)

    (transfer,) = proposals.accept([proposed()[0].pk], at=NOON, actor="user:7")

    assert (transfer.source, transfer.destination, transfer.reason) == (warehouse, place, "refill")
    assert list(transfer.lines.values_list("variant", "quantity")) == [(variant.pk, 50)]
    assert StockLevel.objects.get(location=warehouse).reserved == 50
    assert transfer.expected_at.date() > NOON.date()
    (one,) = proposed("accepted")
    assert (one.transfer, one.order) == (transfer, None)
    assert not PurchaseOrder.objects.exists()
    propose(place)
    (rest,) = proposed()  # what the warehouse does not have is bought
    assert (rest.source, rest.supplier) == (None, article.supplier)
    assert (rest.figures["free"], rest.figures["coming"]) == (5, 50)


def test_what_the_warehouse_lost_meanwhile_is_refused_and_nothing_asked(place, variant, warehouse):
    on_shelf(variant, place, 5)
    propose(place)
    StockLevel.objects.filter(location=warehouse).update(unsellable=55)

    with pytest.raises(InsufficientStock), transaction.atomic():
        proposals.accept([proposed()[0].pk], at=NOON, actor="u")

    assert not Transfer.objects.exists()
    assert len(proposed()) == 1


def test_what_a_warehouse_sends_to_shops_is_its_demand(place, article, warehouse, variant):
    for ago in range(1, 4):
        StockMovement.objects.create(
            variant=variant, location=warehouse, kind="transfer_out", delta=-90,
            document=f"T-{ago}", at=NOON - ago * DAY, idempotency_key=f"out-{ago}",
        )  # fmt: skip

    assert propose(warehouse) == 1
    assert proposed()[0].supplier == article.supplier


def test_a_proposal_is_from_a_supplier_or_a_warehouse(place, article, warehouse):
    both = {"supplier": article.supplier, "source": warehouse}
    for somewhere in ({}, both):
        with pytest.raises(IntegrityError, match="proposal_from"), transaction.atomic():
            Proposal.objects.create(
                variant=article.variant, location=place, quantity=1, computed_at=NOON, **somewhere
            )


# --- The buyer ----------------------------------------------------------------------------------


def test_accepted_proposals_become_one_draft_per_supplier_and_place(place, article, variant):
    elsewhere = StockLocationFactory()
    second = SupplierArticleFactory(supplier=article.supplier, pack=1).variant
    other = SupplierArticleFactory()
    for one in (second, other.variant):
        steady(one, place)
    steady(variant, elsewhere)
    propose(place)
    propose(elsewhere)

    orders = proposals.accept([one.pk for one in proposed()], at=NOON, actor="user:7")

    assert [(order.supplier, order.location_id, order.status) for order in orders] == [
        (article.supplier, place.pk, "draft"),
        (article.supplier, elsewhere.pk, "draft"),
        (other.supplier, place.pk, "draft"),
    ]
    assert dict(orders[0].lines.values_list("variant", "quantity")) == {
        variant.pk: 96, second.pk: 93,
    }  # fmt: skip
    accepted = proposed("accepted")
    assert len(accepted) == 4
    assert {one.decided_by for one in accepted} == {"user:7"}
    assert propose(place) == propose(elsewhere) == 0  # it is coming


def test_a_draft_that_is_there_takes_more(place, article, variant):
    draft = purchasing.write(
        supplier_id=article.supplier_id,
        location_id=place.pk,
        items=[Item(variant.pk, 12)],
        at=NOON,
        actor="u",
    )
    propose(place)
    (order,) = proposals.accept([one.pk for one in proposed()], at=NOON, actor="u")

    assert order.pk == draft.pk
    assert PurchaseOrder.objects.count() == 1
    assert order.lines.get().quantity == 12 + 84


def test_a_proposal_is_decided_on_once(place, variant):
    propose(place)
    ids = [one.pk for one in proposed()]
    proposals.accept(ids, at=NOON, actor="u")
    for decide in (proposals.accept, proposals.dismiss):
        with pytest.raises(Refusal):
            decide(ids, at=NOON, actor="u")
    with pytest.raises(NotFound):
        proposals.accept([], at=NOON, actor="u")
    assert PurchaseOrder.objects.get().lines.get().quantity == 96


def test_a_dismissed_proposal_stays_away_for_fourteen_days(place, variant):
    propose(place)
    assert proposals.dismiss([one.pk for one in proposed()], at=NOON, actor="u") == 1
    assert propose(place) == 0
    assert propose(place, NOON + 13 * DAY) == 0
    assert propose(place, NOON + 14 * DAY) == 1


def test_a_dismissed_proposal_comes_back_when_the_demand_changes(place, variant):
    propose(place)
    proposals.dismiss([one.pk for one in proposed()], at=NOON, actor="u")
    StockMovement.objects.create(
        variant=variant, location=place, kind="sale", delta=-300, document="T-rush",
        at=NOON - 2 * DAY, idempotency_key="rush",
    )  # fmt: skip
    assert propose(place) == 1  # 13.3 a day instead of 10


# --- The task -----------------------------------------------------------------------------------


def test_the_night_proposes_for_every_place(place, article, variant, time_machine):
    time_machine.move_to(NOON)
    other = StockLocationFactory()
    steady(variant, other)

    assert tasks.propose_replenishment() == 2
    assert {one.location_id for one in proposed()} == {place.pk, other.pk}


def test_the_task_runs_every_night():
    """What the migration writes, written again: race tests empty every table."""
    migration = import_module("inventory.migrations.0007_replenishment_schedule").Migration
    migration.operations[-1].code(apps, None)

    task = PeriodicTask.objects.get(name="inventory.propose_replenishment")
    assert (task.task, task.crontab.hour, task.crontab.minute) == (task.name, "2", "30")


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_nights_at_once_make_one_proposal(place, variant):
    answers = at_once([lambda: propose(place)] * 4)

    assert answers == [1, 1, 1, 1]
    assert len(proposed()) == 1


@pytest.mark.parametrize("articles", [1, 20])
def test_a_place_takes_the_same_statements_whatever_it_sells(
    place, articles, django_assert_num_queries
):
    for _ in range(articles):
        variant = SupplierArticleFactory().variant
        StockLevelFactory(variant=variant, location=place, on_hand=5)
        sell(variant, place, 5, 3)
    propose(place)
    with django_assert_num_queries(6):
        assert propose(place) == articles

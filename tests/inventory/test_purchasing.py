"""Goods ordered and received with differences, each delivery once."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.utils.translation import override

from inventory.models import PurchaseOrder, StockLevel, StockMovement
from inventory.services import purchasing
from inventory.services.purchasing import Item
from omnishop.kernel.errors import Invalid, NotFound, Refusal
from orders.invariants import violations
from tests.factories import (
    NOON,
    StockLocationFactory,
    SupplierArticleFactory,
    SupplierFactory,
    VariantFactory,
)
from tests.inventory.test_races import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english():
    with override("en"):
        yield


@pytest.fixture
def supplier(db):
    return SupplierFactory()


@pytest.fixture
def place(db):
    return StockLocationFactory()


@pytest.fixture
def tent(supplier):
    return SupplierArticleFactory(supplier=supplier, variant__sku="TENT", cost_minor=4200).variant


@pytest.fixture
def stove(supplier):
    return SupplierArticleFactory(supplier=supplier, variant__sku="STOVE", cost_minor=1800).variant


@pytest.fixture
def ordered(supplier, place, tent, stove):
    """Ten tents and four stoves, ordered."""
    return placed(supplier, place, (tent, 10), (stove, 4))


def placed(supplier, place, *units):
    order = purchasing.write(
        supplier_id=supplier.pk,
        location_id=place.pk,
        items=[Item(variant.pk, quantity) for variant, quantity in units],
        at=NOON,
        actor="user:1",
    )
    return purchasing.order(order_id=order.pk, at=NOON, actor="user:1")


def receive(order, units, damaged=(), *, delivery=1, unexpected=False):
    return purchasing.receive(
        order_id=order.pk,
        delivery=delivery,
        units={variant.pk: count for variant, count in units},
        damaged={variant.pk: count for variant, count in damaged},
        unexpected=unexpected,
        at=NOON,
        actor="user:1",
    )


def lines(order):
    """SKU → ordered, received, damaged, awaited."""
    return {
        line.variant.sku: (line.quantity, line.received, line.damaged, line.awaited)
        for line in order.lines.select_related("variant")
    }


def on_hand(variant, place):
    level = StockLevel.objects.filter(variant=variant, location=place).first()
    return (level.on_hand, level.unsellable, level.available) if level else None


def sound():
    return violations(at=NOON, rules=["STK-1", "STK-2", "PUR-1"]) == []


# --- Drafts -------------------------------------------------------------------------------------


def test_a_draft_takes_the_suppliers_costs_and_awaits_nothing(supplier, place, tent, stove):
    order = purchasing.write(
        supplier_id=supplier.pk,
        location_id=place.pk,
        items=[Item(tent.pk, 10), Item(stove.pk, 4, cost_minor=1500)],
        at=NOON,
        actor="user:1",
    )

    assert order.number.startswith("P-")
    assert (order.status, order.expected_on) == ("draft", None)
    found = order.lines.values_list("position", "variant", "quantity", "cost_minor")
    assert list(found) == [(1, tent.pk, 10, 4200), (2, stove.pk, 4, 1500)]


def test_lines_are_put_changed_and_removed_while_it_is_a_draft(supplier, place, tent, stove):
    order = purchasing.write(supplier_id=supplier.pk, location_id=place.pk, at=NOON, actor="u")
    for quantity in (3, 5, 5):
        purchasing.put_line(order_id=order.pk, item=Item(tent.pk, quantity))
    purchasing.put_line(order_id=order.pk, item=Item(stove.pk, 1, cost_minor=1))
    purchasing.put_line(order_id=order.pk, item=Item(stove.pk, 2))
    assert list(order.lines.values_list("quantity", "cost_minor")) == [(5, 4200), (2, 1)]

    for _press in range(2):
        purchasing.remove_line(order_id=order.pk, variant_id=stove.pk)
    assert lines(order) == {"TENT": (5, 0, 0, 5)}


@pytest.mark.parametrize("quantity, cost", [(0, None), (-1, None), (10**9, None), (1, -1)])
def test_an_impossible_line_is_refused(supplier, place, tent, quantity, cost):
    order = purchasing.write(supplier_id=supplier.pk, location_id=place.pk, at=NOON, actor="u")
    with pytest.raises(Invalid):
        purchasing.put_line(order_id=order.pk, item=Item(tent.pk, quantity, cost))
    assert not order.lines.exists()


def test_an_ordered_order_is_not_edited(ordered, tent):
    with pytest.raises(Refusal, match=ordered.number):
        purchasing.put_line(order_id=ordered.pk, item=Item(tent.pk, 99))
    with pytest.raises(Refusal):
        purchasing.remove_line(order_id=ordered.pk, variant_id=tent.pk)
    assert lines(ordered)["TENT"] == (10, 0, 0, 10)


def test_a_supplier_or_place_that_is_closed_gets_no_order(supplier, place):
    supplier.active = False
    supplier.save()
    with pytest.raises(Refusal, match=supplier.name):
        purchasing.write(supplier_id=supplier.pk, location_id=place.pk, at=NOON, actor="u")
    with pytest.raises(NotFound):
        purchasing.write(supplier_id=0, location_id=place.pk, at=NOON, actor="u")
    assert not PurchaseOrder.objects.exists()


# --- Ordering -----------------------------------------------------------------------------------


def test_an_order_is_awaited_after_the_suppliers_usual_days(ordered):
    assert (ordered.status, ordered.expected_on, ordered.ordered_at) == (
        "ordered", date(2026, 11, 26), NOON,
    )  # fmt: skip


def test_an_empty_order_or_a_date_that_is_over_is_refused(supplier, place, tent):
    order = purchasing.write(supplier_id=supplier.pk, location_id=place.pk, at=NOON, actor="u")
    with pytest.raises(Refusal, match="empty"):
        purchasing.order(order_id=order.pk, at=NOON, actor="u")
    purchasing.put_line(order_id=order.pk, item=Item(tent.pk, 1))
    yesterday = date(2026, 11, 16)
    with pytest.raises(Invalid):
        purchasing.order(order_id=order.pk, expected_on=yesterday, at=NOON, actor="u")
    order.refresh_from_db()
    assert order.status == "draft"

    purchasing.order(order_id=order.pk, expected_on=date(2026, 11, 17), at=NOON, actor="u")
    with pytest.raises(Refusal):  # twice
        purchasing.order(order_id=order.pk, at=NOON, actor="u")


def test_the_supplier_announces_another_date(ordered):
    purchasing.expect(order_id=ordered.pk, expected_on=date(2026, 12, 4), at=NOON)
    ordered.refresh_from_db()
    assert ordered.expected_on == date(2026, 12, 4)
    with pytest.raises(Invalid):
        purchasing.expect(order_id=ordered.pk, expected_on=date(2026, 11, 1), at=NOON)


# --- Receiving ----------------------------------------------------------------------------------


def test_everything_arrives_and_the_order_is_received(ordered, tent, stove, place):
    order = receive(ordered, [(tent, 10), (stove, 4)])

    assert (order.status, order.closed_at) == ("received", NOON)
    assert on_hand(tent, place) == (10, 0, 10)
    documents = StockMovement.objects.values_list("document", "kind", "delta", "actor")
    assert set(documents) == {
        (f"{ordered.number}-D1", "receipt", 10, "user:1"),
        (f"{ordered.number}-D1", "receipt", 4, "user:1"),
    }
    assert sound()


def test_a_delivery_with_differences(ordered, tent, stove, place):
    """Missing stays awaited, more is taken in, damaged is on hand but not for sale."""
    receive(ordered, [(tent, 7), (stove, 6)], [(tent, 2)])

    ordered.refresh_from_db()
    assert ordered.status == "ordered"
    assert lines(ordered) == {"TENT": (10, 7, 2, 3), "STOVE": (4, 6, 0, 0)}
    assert on_hand(tent, place) == (7, 2, 5)
    assert on_hand(stove, place) == (6, 0, 6)
    statuses = StockMovement.objects.filter(variant=tent).values_list("status", "delta")
    assert set(statuses) == {("sellable", 5), ("damaged", 2)}
    assert sound()


def test_the_rest_arrives_later(ordered, tent, stove, place):
    receive(ordered, [(tent, 7), (stove, 4)])
    receive(ordered, [(tent, 3)], delivery=2)

    ordered.refresh_from_db()
    assert ordered.status == "received"
    assert on_hand(tent, place) == (10, 0, 10)
    assert StockMovement.objects.filter(document=f"{ordered.number}-D2").count() == 1
    assert sound()


def test_the_same_delivery_twice_is_booked_once(ordered, tent, stove, place):
    for _press in range(3):
        receive(ordered, [(tent, 10), (stove, 4)], [(tent, 1)])  # the last ends the order

    assert on_hand(tent, place) == (10, 1, 9)
    assert StockMovement.objects.count() == 3
    assert sound()


def test_two_people_with_the_same_page_do_not_both_book(ordered, tent, place):
    receive(ordered, [(tent, 7)])
    with pytest.raises(Refusal, match="received meanwhile"):
        receive(ordered, [(tent, 6)])
    with pytest.raises(Refusal, match="received meanwhile"):
        receive(ordered, [(tent, 7)], [(tent, 1)])
    assert on_hand(tent, place) == (7, 0, 7)


def refused(ordered, error, words, units, damaged=(), **options):
    """Nothing is written by a refused delivery."""
    with pytest.raises(error, match=words):
        receive(ordered, units, damaged, **options)
    assert not StockMovement.objects.exists()
    assert all(line.received == line.damaged == 0 for line in ordered.lines.all())


def test_slips_of_the_keyboard_are_refused(ordered, tent, stove):
    refused(ordered, Invalid, "Nothing was entered", [])
    refused(ordered, Invalid, "Nothing was entered", [(tent, 0), (stove, 0)])
    refused(ordered, Invalid, "never negative", [(tent, -1)])
    refused(ordered, Invalid, "never negative", [(tent, 1)], [(tent, -1)])
    refused(ordered, Invalid, "More units are damaged", [(tent, 1)], [(tent, 2)])
    refused(ordered, Invalid, "More units are damaged", [(tent, 1)], [(stove, 1)])
    refused(ordered, Invalid, "TENT: 101 units are more than ten times the 10", [(tent, 101)])
    refused(ordered, Invalid, "not the next one", [(tent, 1)], delivery=2)
    refused(ordered, Invalid, "not the next one", [(tent, 1)], delivery=0)


def test_ten_times_counts_what_came_before(ordered, tent):
    receive(ordered, [(tent, 60)])
    with pytest.raises(Invalid, match="ten times"):
        receive(ordered, [(tent, 41)], delivery=2)
    receive(ordered, [(tent, 40)], delivery=2)
    assert lines(ordered)["TENT"] == (10, 100, 0, 0)


def test_an_article_nobody_ordered_needs_an_explicit_choice(ordered, tent, supplier, place):
    lamp = VariantFactory(sku="LAMP")
    refused(ordered, Refusal, "LAMP: not on this order", [(tent, 1), (lamp, 2)])

    receive(ordered, [(tent, 1), (lamp, 2)], [(lamp, 1)], unexpected=True)

    assert lines(ordered)["LAMP"] == (0, 2, 1, 0)
    assert on_hand(lamp, place) == (2, 1, 1)
    receive(ordered, [(lamp, 1)], delivery=2)  # now it is on the order
    assert lines(ordered)["LAMP"] == (0, 3, 1, 0)
    assert sound()


def test_an_article_that_does_not_exist_is_refused(ordered):
    with pytest.raises(NotFound):
        purchasing.receive(
            order_id=ordered.pk, delivery=1, units={0: 1}, unexpected=True, at=NOON, actor="u"
        )


@pytest.mark.parametrize("status", ["draft", "cancelled", "received"])
def test_only_an_ordered_order_receives(ordered, tent, status):
    PurchaseOrder.objects.filter(pk=ordered.pk).update(status=status)
    refused(ordered, Refusal, ordered.number, [(tent, 1)])


# --- The end ------------------------------------------------------------------------------------


def test_closing_awaits_nothing_any_more(ordered, tent):
    with pytest.raises(Refusal, match="cancel the order"):
        purchasing.close(order_id=ordered.pk, at=NOON, actor="u")
    receive(ordered, [(tent, 7)])
    purchasing.close(order_id=ordered.pk, at=NOON, actor="u")

    ordered.refresh_from_db()
    assert (ordered.status, ordered.closed_at) == ("received", NOON)
    with pytest.raises(Refusal):
        receive(ordered, [(tent, 3)], delivery=2)


def test_an_order_is_cancelled_until_goods_came(ordered, supplier, place, tent):
    receive(ordered, [(tent, 1)])
    with pytest.raises(Refusal, match="close the order"):
        purchasing.cancel(order_id=ordered.pk, at=NOON, actor="u")
    other = placed(supplier, place, (tent, 1))
    purchasing.cancel(order_id=other.pk, at=NOON, actor="u")
    other.refresh_from_db()
    assert other.status == "cancelled"
    with pytest.raises(NotFound):
        purchasing.cancel(order_id=0, at=NOON, actor="u")


# --- What the database holds --------------------------------------------------------------------


def test_a_line_was_ordered_or_received(ordered, tent):
    line = ordered.lines.get(variant=tent)
    line.quantity = 0
    with pytest.raises(IntegrityError), transaction.atomic():
        line.save()


def test_pur_1_sees_lines_that_their_deliveries_do_not_explain(ordered, tent):
    receive(ordered, [(tent, 7)], [(tent, 2)])
    assert sound()
    for change in ({"received": 8}, {"damaged": 1}):
        with transaction.atomic():
            ordered.lines.filter(variant=tent).update(**change)
            broken = violations(at=NOON, rules=["PUR-1"])
            assert [row[:2] for row in broken[0].rows] == [(ordered.number, tent.pk)]
            transaction.set_rollback(True)
    with transaction.atomic():
        ordered.lines.filter(variant=tent).delete()
        assert violations(at=NOON, rules=["PUR-1"])
        transaction.set_rollback(True)


# --- At once ------------------------------------------------------------------------------------


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_the_same_delivery_by_many_at_once_is_booked_once(ordered, tent, stove, place):
    answers = at_once([lambda: receive(ordered, [(tent, 10), (stove, 4)], [(tent, 1)])] * 8)

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert on_hand(tent, place) == (10, 1, 9)
    assert StockMovement.objects.count() == 3
    assert sound()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_people_who_receive_at_once_book_one_delivery(ordered, tent, place):
    answers = at_once([lambda n=n: receive(ordered, [(tent, n)]) for n in (6, 7)])

    assert sorted(type(answer).__name__ for answer in answers) == ["PurchaseOrder", "Refusal"]
    assert on_hand(tent, place)[0] in {6, 7}
    assert sound()


# --- Speed --------------------------------------------------------------------------------------


@pytest.mark.parametrize("articles", [1, 30])
def test_a_delivery_takes_the_same_statements_whatever_its_size(
    supplier, place, articles, django_assert_num_queries
):
    units = [(VariantFactory(), 5) for _ in range(articles)]
    order = placed(supplier, place, *units)
    with django_assert_num_queries(11):
        receive(order, units)

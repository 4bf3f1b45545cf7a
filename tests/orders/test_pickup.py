"""The pick-up desk: codes, what is missing, who comes too late (UX K, F-16, F-27, FIELD 9–20)."""

import json
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from customers.models import Message
from inventory.models import Reservation, StockMovement
from loyalty.services.corrections import correct
from omnishop.kernel.errors import Invalid, NotFound, Refusal
from orders.errors import IllegalMove, NotPaid, WrongCode
from orders.models import Fulfilment, FulfilmentLine, Order, Receipt, Refund, Return
from orders.services import (
    fulfilments,
    parcels,
    payments,
    picking,
    pickup,
    shortages,
    till,
)
from orders.services.ways import Delivery, Pickup
from tests.factories import (
    NOON,
    AccountFactory,
    CustomerFactory,
    DeliveryMethodFactory,
    LegalEntityFactory,
    StoreFactory,
    TillFactory,
    WarehouseFactory,
)
from tests.orders.flows import HOME, collected, level, paid, pickup_of, placed, stocked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("invariants")]


@pytest.fixture
def store(db):
    return StoreFactory()


def hand_over(fulfilment, code=None, at=NOON):
    return pickup.hand_over(
        fulfilment_id=fulfilment.pk,
        code=fulfilment.code if code is None else code,
        handed_to="",
        actor="user:1",
        at=at,
    )


def wrong(fulfilment):
    return f"{(int(fulfilment.code) + 1) % 1_000_000:06d}"


def test_wrong_codes_are_counted_and_the_sixth_try_is_refused_even_if_it_is_right(store):
    variant = stocked(store)
    fulfilment = pickup_of(paid(Pickup(store.pk), (variant, 1)))

    for left in (4, 3, 2, 1, 0):
        with pytest.raises(WrongCode) as refused:
            hand_over(fulfilment, wrong(fulfilment))
        assert refused.value.tries_left == left
    with pytest.raises(WrongCode):
        hand_over(fulfilment)
    with pytest.raises(WrongCode):
        hand_over(fulfilment, fulfilment.qr)

    fulfilment.refresh_from_db()
    assert (fulfilment.code_tries, fulfilment.status) == (5, Fulfilment.Status.WAITING)
    assert level(variant) == (10, 1)
    pickup.hand_over_known(
        fulfilment_id=fulfilment.pk, handed_to="Camille Martin", actor="user:1", at=NOON
    )
    fulfilment.refresh_from_db()
    assert fulfilment.handed_to == "Camille Martin"


def test_a_document_must_be_named(store):
    fulfilment = pickup_of(paid(Pickup(store.pk), (stocked(store), 1)))

    with pytest.raises(Invalid):
        pickup.hand_over_known(fulfilment_id=fulfilment.pk, handed_to=" ", actor="u", at=NOON)


@pytest.mark.parametrize("code", ["", "abc", "12345", "é" * 6, "0" * 7, "x" * 500])
def test_what_is_no_code_is_a_wrong_code(store, code):
    fulfilment = pickup_of(paid(Pickup(store.pk), (stocked(store), 1)))

    with pytest.raises(WrongCode):
        hand_over(fulfilment, code)


def test_the_qr_is_the_pickups_own(store):
    variant = stocked(store)
    mine = pickup_of(paid(Pickup(store.pk), (variant, 1)))
    other = pickup_of(paid(Pickup(store.pk), (variant, 1)))

    with pytest.raises(WrongCode):
        hand_over(mine, other.qr)
    assert hand_over(mine, mine.qr).status == Fulfilment.Status.HANDED_OVER
    assert Fulfilment.id_from_qr(mine.qr + "x") is None


def test_a_repeated_hand_over_gives_the_goods_once(store):
    variant = stocked(store)
    fulfilment = pickup_of(paid(Pickup(store.pk), (variant, 2)))

    hand_over(fulfilment)
    hand_over(fulfilment)

    assert level(variant) == (8, 0)
    assert Message.objects.filter(template="order_handed_over").count() == 1


def test_goods_that_are_not_paid_stay(store):
    variant = stocked(store)
    awaiting = pickup_of(placed(Pickup(store.pk), (variant, 1)))
    reserved = pickup_of(placed(Pickup(store.pk), (variant, 1), pay_in_store=True))

    for fulfilment in (awaiting, reserved):
        with pytest.raises(NotPaid):
            hand_over(fulfilment)
    with pytest.raises(NotPaid):
        pickup.ready(
            fulfilment_id=_picked(awaiting).pk,
            actor="u",
            at=NOON,
        )

    assert level(variant) == (10, 2)
    assert pickup.ready(fulfilment_id=_picked(reserved).pk, actor="u", at=NOON)


def _picked(fulfilment):
    for item in fulfilment.lines.all():
        FulfilmentLine.objects.filter(pk=item.pk).update(picked=item.quantity)
    return fulfilment


def test_there_is_no_such_pickup():
    with pytest.raises(NotFound):
        pickup.ready(fulfilment_id=0, actor="u", at=NOON)


def test_units_are_picked_one_by_one_and_an_article_of_another_order_is_refused(store):
    first, second, stranger = stocked(store), stocked(store), stocked(store)
    fulfilment = pickup_of(paid(Pickup(store.pk), (first, 2), (second, 1)))

    def scan(code):
        return picking.pick(fulfilment_id=fulfilment.pk, code=code, actor="u", at=NOON)

    scan(first.sku)
    with pytest.raises(Invalid, match=second.sku):
        scan(stranger.sku)
    with pytest.raises(Invalid):
        pickup.ready(fulfilment_id=fulfilment.pk, actor="u", at=NOON)
    assert not Reservation.objects.filter(picked=True).exists()
    scan(first.sku)
    assert Reservation.objects.get(picked=True).variant == first
    with pytest.raises(Invalid):
        scan(first.sku)
    scan(second.sku)

    fulfilment.refresh_from_db()
    assert fulfilment.status == Fulfilment.Status.PICKED
    assert (
        pickup.ready(fulfilment_id=fulfilment.pk, actor="u", at=NOON).status
        == Fulfilment.Status.READY
    )
    pickup.ready(fulfilment_id=fulfilment.pk, actor="u", at=NOON)
    assert Message.objects.filter(template="order_ready").count() == 1


def test_what_is_not_found_is_refunded_when_asked_and_the_rest_gets_ready(store):
    first, second = stocked(store, price=1001), stocked(store, price=500)
    order = paid(Pickup(store.pk), (first, 3), (second, 1))
    fulfilment = pickup_of(order)
    line = order.lines.get(variant=first)

    with pytest.raises(Invalid):
        _not_found(fulfilment, line, 4)
    _not_found(fulfilment, line, 2)

    assert level(first) == (8, 1)
    assert StockMovement.objects.get(kind="adjustment").delta == -2
    assert not Refund.objects.exists()
    shortages.refund(token=order.shortages.get().token, actor="customer", at=NOON)
    assert Refund.objects.get().amount_minor == 2002
    picking.pick_all(fulfilment_id=fulfilment.pk, actor="u", at=NOON)
    pickup.ready(fulfilment_id=fulfilment.pk, actor="u", at=NOON)
    hand_over(fulfilment)
    order.refresh_from_db()
    line.refresh_from_db()
    assert (line.fulfilled, line.cancelled) == (1, 2)
    assert order.status == Order.Status.FULFILLED
    assert level(first) == (7, 0)


def _not_found(fulfilment, line, quantity):
    return picking.not_found(
        fulfilment_id=fulfilment.pk, line_id=line.pk, quantity=quantity, actor="u", at=NOON
    )


def test_when_nothing_is_found_and_nobody_answers_the_order_is_cancelled_and_refunded(store):
    variant = stocked(store, on_hand=1)
    order = paid(Pickup(store.pk), (variant, 1))

    fulfilment = _not_found(pickup_of(order), order.lines.get(), 1)
    assert not shortages.expire(shortage_id=order.shortages.get().pk, at=NOON)
    late = NOON + shortages.ANSWER_TIME
    assert shortages.expire(shortage_id=order.shortages.get().pk, at=late)
    assert not shortages.expire(shortage_id=order.shortages.get().pk, at=late)

    order.refresh_from_db()
    assert (order.status, fulfilment.status) == ("cancelled", "cancelled")
    assert Refund.objects.get().amount_minor == order.total_minor
    assert level(variant) == (0, 0)


def test_a_reservation_of_which_a_part_is_missing_costs_what_is_left(store):
    """FIELD 9, 14: the till asks for the goods that are there, not for those that are not."""
    desk = TillFactory(store=store)
    variant = stocked(store, price=2000)
    order = placed(Pickup(store.pk), (variant, 2), pay_in_store=True)
    fulfilment = pickup_of(order)
    _not_found(fulfilment, order.lines.get(), 1)
    till.bring_to_till(order_id=order.pk, till=desk, at=NOON)
    order.refresh_from_db()

    assert payments.due(order) == 2000
    cash = till.take_cash(order_id=order.pk, till=desk, tendered_minor=5000, key="k", at=NOON)
    receipt = till.finish(order_id=order.pk, till=desk, actor="u", at=NOON)
    hand_over(fulfilment)

    assert cash.captured_minor == 2000
    assert receipt.total_minor == 2000
    payload = json.loads(receipt.payload)
    assert [(line["quantity"], line["total"]) for line in payload["lines"]] == [(1, 2000)]
    assert payload["vat"] == [{"gross": 2000, "tax": 333, "tax_bp": 2000}]
    document = Return.objects.get()
    assert (document.counts, document.total_minor) == (True, 2000)  # reports: 4000 − 2000
    assert Order.objects.get(pk=order.pk).status == Order.Status.FULFILLED


def test_points_pay_no_more_than_what_is_left_of_a_reservation(store):
    desk = TillFactory(store=store)
    account = AccountFactory(customer=CustomerFactory())
    correct(
        customer_id=account.customer_id, points=800, reason="g", reference="g", actor="u", at=NOON
    )
    order = placed(
        Pickup(store.pk),
        (stocked(store, price=2000), 2),
        customer=account.customer,
        pay_in_store=True,
    )
    _not_found(pickup_of(order), order.lines.get(), 1)
    till.bring_to_till(order_id=order.pk, till=desk, at=NOON)

    paid_so = till.take_points(order_id=order.pk, till=desk, points=800, key="p", at=NOON)
    receipt = till.finish(order_id=order.pk, till=desk, actor="u", at=NOON)

    assert paid_so == receipt.total_minor == 2000
    account.refresh_from_db()
    assert account.balance == 400


def test_a_reservation_is_paid_at_the_till_and_handed_over_there(store):
    desk = TillFactory(store=store)
    variant = stocked(store)
    order = placed(Pickup(store.pk), (variant, 1), pay_in_store=True)
    till.bring_to_till(order_id=order.pk, till=desk, at=NOON)
    till.take_cash(order_id=order.pk, till=desk, tendered_minor=2000, key="k", at=NOON)
    till.finish(order_id=order.pk, till=desk, actor="u", at=NOON)

    assert level(variant) == (10, 1)  # paid, not yet handed over
    hand_over(pickup_of(order))

    assert level(variant) == (9, 0)
    assert Receipt.objects.count() == 1
    with pytest.raises(IllegalMove):
        till.bring_to_till(order_id=order.pk, till=desk, at=NOON)


def test_cancelling_gives_everything_back_once(store):
    variant = stocked(store)
    order = paid(Pickup(store.pk), (variant, 2))
    fulfilment = pickup_of(order)

    fulfilments.cancel(fulfilment_id=fulfilment.pk, reason="asked", actor="u", at=NOON)
    with pytest.raises(IllegalMove):
        fulfilments.cancel(fulfilment_id=fulfilment.pk, reason="asked", actor="u", at=NOON)
    with pytest.raises(IllegalMove):
        hand_over(fulfilment)

    assert level(variant) == (10, 0)
    assert Refund.objects.get().amount_minor == 4000
    assert Order.objects.get(pk=order.pk).status == Order.Status.CANCELLED


def test_extending_keeps_the_goods_longer(store):
    variant = stocked(store)
    fulfilment = pickup_of(paid(Pickup(store.pk), (variant, 1)))
    until = fulfilment.hold_until + timedelta(days=2)

    with pytest.raises(Invalid):
        pickup.extend(fulfilment_id=fulfilment.pk, until=NOON, actor="u", at=NOON)
    pickup.extend(fulfilment_id=fulfilment.pk, until=until, actor="u", at=NOON)

    assert Reservation.objects.get().expires_at == until
    assert not pickup.expire(fulfilment_id=fulfilment.pk, at=fulfilment.hold_until)
    assert pickup.expire(fulfilment_id=fulfilment.pk, at=until)
    assert not pickup.expire(fulfilment_id=fulfilment.pk, at=until)
    with pytest.raises(IllegalMove):
        pickup.extend(fulfilment_id=fulfilment.pk, until=until, actor="u", at=NOON)


def test_who_comes_an_hour_late_still_gets_the_goods_if_nobody_took_them(store):
    fulfilment = pickup_of(paid(Pickup(store.pk), (stocked(store), 1)))

    late = fulfilment.hold_until + timedelta(hours=1)

    assert hand_over(fulfilment, at=late).status == Fulfilment.Status.HANDED_OVER
    assert not pickup.expire(fulfilment_id=fulfilment.pk, at=late)


def test_parcels_are_shipped_not_handed_over():
    LegalEntityFactory()
    warehouse = WarehouseFactory()
    variant = stocked(warehouse)
    way = Delivery(DeliveryMethodFactory().pk, HOME)
    order = paid(way, (variant, 1))
    fulfilment = order.fulfilments.get()

    with pytest.raises(IllegalMove):
        pickup.ready(fulfilment_id=fulfilment.pk, actor="u", at=NOON)
    for _ in range(2):
        parcels.ship(fulfilment_id=fulfilment.pk, tracking=" 1Z ", actor="u", at=NOON)

    order.refresh_from_db()
    fulfilment.refresh_from_db()
    assert (order.status, fulfilment.tracking) == (Order.Status.FULFILLED, "1Z")
    assert level(variant) == (9, 0)
    assert order.lines.get(kind="delivery").fulfilled == 1
    assert Message.objects.get(template="order_shipped").context["tracking"] == "1Z"


def test_a_pickup_is_not_shipped(store):
    fulfilment = pickup_of(paid(Pickup(store.pk), (stocked(store), 1)))

    with pytest.raises(IllegalMove):
        parcels.ship(fulfilment_id=fulfilment.pk, tracking="1Z", actor="u", at=NOON)


def test_a_collected_order_is_done(store):
    order = collected(paid(Pickup(store.pk), (stocked(store), 1)))

    with pytest.raises(IllegalMove):
        fulfilments.cancel(fulfilment_id=pickup_of(order).pk, reason="x", actor="u", at=NOON)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(3))
def test_expiry_and_hand_over_at_the_same_moment_have_one_winner(_round):
    store = StoreFactory()
    variant = stocked(store)
    order = paid(Pickup(store.pk), (variant, 1))
    fulfilment = pickup_of(order)
    barrier, won = Barrier(2), []

    def run(name, job):
        try:
            barrier.wait()
            if job():
                won.append(name)
        except Refusal:
            pass
        finally:
            connection.close()

    late = fulfilment.hold_until
    threads = [
        Thread(target=run, args=("desk", lambda: hand_over(fulfilment, at=late))),
        Thread(
            target=run, args=("task", lambda: pickup.expire(fulfilment_id=fulfilment.pk, at=late))
        ),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    order.refresh_from_db()
    assert len(won) == 1
    assert (order.status, level(variant), Refund.objects.count()) == (
        ("fulfilled", (9, 0), 0) if won == ["desk"] else ("cancelled", (10, 0), 1)
    )

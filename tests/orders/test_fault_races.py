"""Faults of INVARIANTS §3 with real connections and threads: cut, crossed, crowded."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import translation

from catalog.models import Product
from catalog.services import set_price
from customers.models import Message
from inventory.errors import InsufficientStock
from inventory.models import Reservation, StockMovement
from orders.invariants import RULES, violations
from orders.models import Order, OrderLine, Payment, Receipt, Refund, Shortage
from orders.providers import Outcome
from orders.services import checkout, losses, payments, till, unpaid
from orders.services.ways import Pickup
from tests.catalog.loading import FIXTURE, load
from tests.factories import (
    NOON,
    StoreFactory,
    TaxCategoryFactory,
    TillFactory,
)
from tests.inventory.test_races import at_once
from tests.orders.flows import contact, filled, level, opened, paid, placed, stocked

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
KEPT = set(RULES) - {"OUT-1"}  # messages are not sent here


def request_for(store, **changes):
    return checkout.Request(contact=contact(**changes), way=Pickup(store.pk))


def cut() -> None:
    """End this connection on the server, as a failing network or server does."""
    pid = connection.connection.info.backend_pid
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    finally:
        other.close()


@contextmanager
def commit_cut(monkeypatch: pytest.MonkeyPatch, *, committed: bool) -> Iterator[None]:
    """The connection goes while COMMIT is sent: before it is done, or before its answer is back."""
    commit = connection._commit

    def cut_off() -> None:
        if committed:
            commit()
        cut()
        raise OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "_commit", cut_off)
        with pytest.raises(OperationalError):
            yield
    connection.close()


# --- F-4: the connection is cut ------------------------------------------------------------------


@pytest.mark.parametrize("committed", [False, True])
def test_f4_an_order_whose_commit_is_cut_is_there_once_when_it_is_sent_again(
    monkeypatch, committed
):
    """Cut just before COMMIT reached the server, or after it did and before its answer came back.

    Fails without the fingerprint that `checkout.place` looks for: the second answer is then
    BasketClosed or another order.
    """
    store = StoreFactory()
    article = stocked(store)
    basket, request = filled((article, 2)), request_for(store)

    with commit_cut(monkeypatch, committed=committed):
        checkout.place(basket_id=basket.pk, request=request, at=NOON)

    assert Order.objects.count() == int(committed)
    assert level(article) == (10, 2 if committed else 0)
    again = checkout.place(basket_id=basket.pk, request=request, at=NOON)
    assert list(Order.objects.values_list("pk", flat=True)) == [again.pk]
    assert Payment.objects.count() == 1
    assert level(article) == (10, 2)
    assert violations(at=NOON, rules=KEPT) == []


@pytest.mark.parametrize("committed", [False, True])
def test_f4_a_payment_whose_commit_is_cut_is_applied_once_when_it_comes_again(
    monkeypatch, committed
):
    store = StoreFactory()
    article = stocked(store)
    order = placed(Pickup(store.pk), (article, 1))
    payment = order.payments.get()
    outcome = Outcome("captured", payment.amount_minor)

    with commit_cut(monkeypatch, committed=committed):
        payments.apply(reference=payment.reference, outcome=outcome, at=NOON)
    payments.apply(reference=payment.reference, outcome=outcome, at=NOON)

    order.refresh_from_db()
    assert (order.status, payments.due(order)) == ("placed", 0)
    assert Message.objects.filter(template="order_placed").count() == 1
    assert order.events.filter(kind="paid").count() == 1
    assert violations(at=NOON, rules=KEPT) == []


@pytest.mark.parametrize("committed", [False, True])
def test_f4_money_taken_at_a_till_is_taken_once_when_its_key_comes_again(monkeypatch, committed):
    desk = TillFactory()
    order = opened(desk, (stocked(desk.store), 1))

    def take():
        till.take_cash(order_id=order.pk, till=desk, tendered_minor=2000, key="k", at=NOON)

    with commit_cut(monkeypatch, committed=committed):
        take()
    take()
    till.finish(order_id=order.pk, till=desk, actor="user:1", at=NOON)

    assert Payment.objects.filter(order=order).count() == 1
    assert Receipt.objects.count() == 1
    assert violations(at=NOON, rules=KEPT) == []


def test_f4_a_connection_cut_in_the_middle_leaves_nothing_and_the_same_request_works():
    store = StoreFactory()
    article = stocked(store)
    basket, request, cuts = filled((article, 1)), request_for(store), 0

    for step in range(4, 40, 4):
        sent = 0

        def count(execute: Callable[..., Any], *args: Any, step: int = step) -> Any:
            nonlocal sent
            sent += 1
            if sent == step:
                cut()
            return execute(*args)

        try:
            with connection.execute_wrapper(count):
                checkout.place(basket_id=basket.pk, request=request, at=NOON)
        except OperationalError:
            cuts += 1
            connection.close()
            assert not Order.objects.exists()
            assert level(article) == (10, 0)
        else:
            break

    assert cuts >= 3
    assert Order.objects.count() == 1
    assert level(article) == (10, 1)


# --- F-6: locks that cross -----------------------------------------------------------------------


def test_f6_baskets_in_opposite_order_never_deadlock():
    """Whole checkouts, twenty at once, half of them with their articles the other way round.

    Fails, with deadlocks, when `levels.lock` does not order the rows it locks.
    """
    store = StoreFactory()
    articles = [stocked(store, on_hand=100) for _ in range(5)]

    def buy(n: int) -> Callable[[], Order]:
        turned = articles if n % 2 else articles[::-1]
        basket = filled(*[(article, 1) for article in turned])
        return lambda: checkout.place(basket_id=basket.pk, request=request_for(store), at=NOON)

    for _round in range(2):
        answers = at_once([buy(n) for n in range(20)])
        assert [one for one in answers if not isinstance(one, Order)] == []

    assert {level(article) for article in articles} == {(100, 40)}
    assert violations(at=NOON, rules=KEPT) == []


# --- F-10, F-13, F-14, F-16: races of the trade --------------------------------------------------


@pytest.mark.parametrize("stock_left", [1, 0])
def test_f10_a_web_hook_after_the_hold_ran_out_confirms_or_gives_all_back(stock_left):
    """Stock free: held anew and confirmed. Stock gone: refunded in full, the shopper told, once."""
    store = StoreFactory()
    article = stocked(store, on_hand=1)
    order = placed(Pickup(store.pk), (article, 1))
    late = NOON + timedelta(minutes=20)
    if not stock_left:
        paid(Pickup(store.pk), (article, 1), at=late)
    payment = order.payments.get()
    outcome = Outcome("captured", payment.amount_minor)

    at_once([lambda: payments.apply(reference=payment.reference, outcome=outcome, at=late)] * 20)

    order.refresh_from_db()
    refunds = list(Refund.objects.values_list("amount_minor", flat=True))
    told = Message.objects.filter(template="order_sold_out").count()
    assert (order.status, refunds, told) == (
        ("placed", [], 0) if stock_left else ("cancelled", [2000], 1)
    )
    assert level(article) == (1, 1)
    assert violations(at=late, rules=KEPT) == []


def test_f13_prices_changed_together_are_never_mixed_within_an_order():
    """A list of prices changes in one go while shoppers buy: an order has the old or the new.

    Fails when each line reads its price in a statement of its own.
    """
    store = StoreFactory()
    articles = [stocked(store, on_hand=1000, price=1000) for _ in range(5)]
    changed = Event()

    def change() -> None:
        for turn in range(6):
            at = NOON - timedelta(minutes=30 - turn)
            with transaction.atomic():
                for article in random.sample(articles, 5):
                    set_price(variant=article, amount_minor=1100 + 100 * turn, at=at)
        changed.set()

    def buy(n: int) -> Callable[[], int]:
        baskets = [filled(*[(article, 1) for article in articles]) for _ in range(8)]

        def orders() -> int:
            for basket in baskets:
                checkout.place(basket_id=basket.pk, request=request_for(store), at=NOON)
            return len(baskets)

        return orders

    answers = at_once([change, *[buy(n) for n in range(5)]])

    assert [one for one in answers if isinstance(one, Exception)] == []
    assert changed.is_set()
    for order in Order.objects.all():
        assert len(set(order.lines.values_list("unit_minor", flat=True))) == 1
    assert OrderLine.objects.values("unit_minor").distinct().count() > 1


def test_f14_two_tills_sell_the_last_piece_that_the_site_promised():
    """Both sales stand, the book stays at nothing, one gap is counted, the shopper is asked."""
    store = StoreFactory()
    article = stocked(store, on_hand=1)
    promised = paid(Pickup(store.pk), (article, 1))
    desks = [TillFactory(store=store) for _ in range(2)]
    sales = [opened(desk, (article, 1)) for desk in desks]

    def sell(desk, sale):
        def both() -> Receipt:
            till.take_cash(
                order_id=sale.pk, till=desk, tendered_minor=2000, key=sale.number, at=NOON
            )
            return till.finish(order_id=sale.pk, till=desk, actor="user:1", at=NOON)

        return both

    answers = at_once([sell(desk, sale) for desk, sale in zip(desks, sales, strict=True)])

    assert [type(one) for one in answers] == [Receipt, Receipt]
    assert level(article) == (0, 0)
    gaps = StockMovement.objects.filter(kind=StockMovement.Kind.COUNT_GAP)
    assert [gap.delta for gap in gaps] == [1]
    at_once([lambda: losses.settle(document=promised.number, at=NOON)] * 6)
    assert [one.quantity for one in Shortage.objects.open()] == [1]
    assert Message.objects.filter(template="shortage").count() == 1
    assert violations(at=NOON, rules=KEPT) == []


@pytest.mark.parametrize("_round", range(5))
def test_f16_the_end_of_a_hold_and_its_payment_have_one_winner(_round):
    """Paid: the order stands, with its goods. Ended first: the money goes back (F-10)."""
    store = StoreFactory()
    article = stocked(store, on_hand=1)
    order = placed(Pickup(store.pk), (article, 1))
    payment, late = order.payments.get(), NOON + timedelta(minutes=15)
    outcome = Outcome("captured", payment.amount_minor)

    answers = at_once(
        [
            lambda: payments.apply(reference=payment.reference, outcome=outcome, at=late),
            lambda: unpaid.abandon(order_id=order.pk, actor="task", at=late),
        ]
    )

    order.refresh_from_db()
    ended = answers[1]
    assert (order.status, level(article), Refund.objects.count()) == (
        ("cancelled", (1, 0), 1) if ended else ("placed", (1, 1), 0)
    )
    assert violations(at=late, rules=KEPT) == []


# --- F-15: flash sale ----------------------------------------------------------------------------


def test_f15_five_hundred_buyers_of_fifty_units_and_a_neighbour_who_buys_something_else():
    """Exactly fifty get one, the others are told so; another article sells all the while.

    Fails without the row lock (see `test_without_the_lock_units_are_lost`).
    """
    store = StoreFactory()
    hot, other = stocked(store, on_hand=50), stocked(store, on_hand=20)
    baskets = [filled((hot, 1)) for _ in range(500)]
    others = [filled((other, 1)) for _ in range(20)]

    def buy(some: list[Any]) -> Callable[[], list[Any]]:
        def all_of_them() -> list[Any]:
            answers: list[Any] = []
            for basket in some:
                try:
                    answers.append(
                        checkout.place(basket_id=basket.pk, request=request_for(store), at=NOON)
                    )
                except Exception as error:
                    answers.append(error)
            return answers

        return all_of_them

    *crowd, neighbour = at_once([buy(baskets[n::24]) for n in range(24)] + [buy(others)])

    answers = [answer for some in crowd for answer in some]
    refused = [answer for answer in answers if isinstance(answer, InsufficientStock)]
    assert len([answer for answer in answers if isinstance(answer, Order)]) == 50
    assert len(refused) == 450
    assert {(one.missing[0].variant_id, one.missing[0].available) for one in refused} == {
        (hot.pk, 0)
    }
    assert [type(answer) for answer in neighbour] == [Order] * 20
    assert level(hot) == (50, 50)
    assert level(other) == (20, 20)
    assert Reservation.objects.held().count() == 70
    assert violations(at=NOON, rules=KEPT) == []


# --- F-22: started twice -------------------------------------------------------------------------


def test_f22_an_import_started_twice_runs_once(settings, tmp_path):
    """Fails without `locks.alone`: both would write, and the second break on the first's rows."""
    settings.VAR_DIR = tmp_path / "var"
    TaxCategoryFactory()

    def start() -> tuple[str, int]:
        with translation.override("en"):
            return load(FIXTURE)

    answers = at_once([start] * 2)

    assert sorted(status for _said, status in answers) == [0, 2]
    assert sum("Another catalogue import is running" in said for said, _status in answers) == 1
    assert Product.objects.exists()

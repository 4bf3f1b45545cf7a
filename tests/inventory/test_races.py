"""Sixty buyers, ten units, on the site and at the till at once (issue 5, FIELD 1, F-14).

The rules are in the database; these tests run real threads against it. Without the row lock
(`inventory.services.levels.LOCK`) they fail: `test_without_the_lock_units_are_lost` shows it.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections

from inventory.errors import InsufficientStock
from inventory.models import Reservation, StockLevel, StockMovement
from inventory.services import Demand, counts, levels, reserve, sell
from omnishop.network.models import Till
from orders.invariants import violations
from orders.models import Order, Receipt
from orders.services import baskets, checkout, till
from orders.services.contacts import Contact
from orders.services.ways import Pickup
from tests.factories import (
    NOON,
    BasketFactory,
    BasketLineFactory,
    StockLevelFactory,
    StoreFactory,
    TillFactory,
    VariantFactory,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def at_once(jobs: list[Callable[[], Any]]) -> list[Any]:
    """Run the jobs in as many threads, released together; what each gave or raised."""
    barrier = Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=60)
            return job()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


@pytest.fixture
def shelf() -> StockLevel:
    """Ten units of one article in one shop."""
    store = StoreFactory()
    return StockLevelFactory.create(
        variant=VariantFactory(price=2000), location=store.locations.get(), on_hand=10
    )


def web_buyer(shelf: StockLevel, n: int) -> Callable[[], Order]:
    store = shelf.location.stores.get()
    basket = BasketFactory()
    BasketLineFactory(basket=basket, variant=shelf.variant)
    request = checkout.Request(
        contact=Contact(name=f"Buyer {n}", email=f"buyer{n}@example.org"),
        way=Pickup(store.pk),
        pay_in_store=True,
    )
    return lambda: checkout.place(basket_id=basket.pk, request=request, at=NOON)


def till_buyer(shelf: StockLevel, desk: Till, n: int) -> Callable[[], Receipt]:
    basket = baskets.start(at=NOON, channel="till", till=desk)
    baskets.add(basket_id=basket.pk, variant_id=shelf.variant_id, quantity=1, at=NOON)

    def buy() -> Receipt:
        order = till.open_order(
            basket_id=basket.pk, till=desk, expected_total_minor=2000, actor=f"user:{n}", at=NOON
        )
        till.take_cash(order_id=order.pk, till=desk, tendered_minor=2000, key=f"cash{n}", at=NOON)
        return till.finish(order_id=order.pk, till=desk, actor=f"user:{n}", at=NOON)

    return buy


@pytest.mark.parametrize("at_the_till", [0, 4, 20])
def test_sixty_buyers_of_ten_units_on_the_site_and_at_the_till(
    shelf: StockLevel, at_the_till: int
) -> None:
    """Every till sale stands, the site sells what the tills leave, nothing is lost or doubled."""
    desks = TillFactory.create_batch(2, store=shelf.location.stores.get())
    jobs: list[Callable[[], Any]] = [till_buyer(shelf, desks[n % 2], n) for n in range(at_the_till)]
    jobs += [web_buyer(shelf, n) for n in range(at_the_till, 60)]

    answers = at_once(jobs)

    receipts = [answer for answer in answers if isinstance(answer, Receipt)]
    orders = [answer for answer in answers if isinstance(answer, Order)]
    refused = [answer for answer in answers if isinstance(answer, InsufficientStock)]
    assert len(receipts) == at_the_till
    assert len(receipts) + len(orders) + len(refused) == 60, answers
    shelf.refresh_from_db()
    left_for_the_site = max(0, 10 - at_the_till)
    assert (shelf.on_hand, shelf.reserved) == (left_for_the_site, left_for_the_site)
    assert Reservation.objects.held().count() == left_for_the_site
    shortages = Reservation.objects.filter(status=Reservation.Status.SHORT).count()
    assert len(orders) == left_for_the_site + shortages
    gaps = StockMovement.objects.filter(kind=StockMovement.Kind.COUNT_GAP)
    assert sum(gap.delta for gap in gaps) == max(0, at_the_till - 10)
    assert violations(at=NOON) == []


def test_baskets_of_three_articles_in_any_order_never_deadlock() -> None:
    store = StoreFactory()
    location = store.locations.get()
    shelves = [StockLevelFactory(location=location, on_hand=100) for _ in range(3)]

    def basket(n: int) -> Callable[[], Any]:
        order = shelves[n % 3 :] + shelves[: n % 3]
        demands = [
            Demand(line, level.variant_id, location.pk, 1) for line, level in enumerate(order)
        ]
        return lambda: reserve(demands, document=f"O-{n}", at=NOON, expires_at=None)

    answers = at_once([basket(n) for n in range(40)])

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert set(StockLevel.objects.values_list("reserved", flat=True)) == {40}


def test_two_tabs_make_one_order(shelf: StockLevel) -> None:
    """F-12: the same basket, pressed twenty times at once."""
    buy = web_buyer(shelf, 1)

    answers = at_once([buy] * 20)

    assert len({answer.pk for answer in answers}) == 1
    assert Order.objects.count() == 1
    shelf.refresh_from_db()
    assert shelf.reserved == 1


def test_without_the_lock_units_are_lost(
    shelf: StockLevel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The companion: the same sixty buyers with the row lock taken out break the rules."""
    monkeypatch.setattr(levels, "LOCK", "")
    location_id = shelf.location_id

    def hold(n: int) -> Callable[[], Any]:
        demand = Demand(1, shelf.variant_id, location_id, 1)
        return lambda: reserve([demand], document=f"X-{n}", at=NOON, expires_at=None)

    for attempt in range(20):
        at_once([hold(attempt * 60 + n) for n in range(60)])
        if violations(at=NOON, rules=["STK-2"]):
            return
    pytest.fail("Sixty unlocked buyers never collided; the race test proves nothing here.")


def test_two_phones_count_one_article_while_a_till_sells_and_lose_nothing():
    """Twelve scans of one unit, three sales: every scan counts, the book agrees."""
    level = StockLevelFactory(on_hand=10)
    count = counts.begin(location_id=level.location_id, kind="rolling", at=NOON, actor="user:1")

    def scan(phone: int) -> Callable[[], Any]:
        return lambda: counts.scan(
            count_id=count.pk, code=level.variant.sku, at=NOON, actor=f"user:{phone}"
        )

    def sale(n: int) -> Callable[[], Any]:
        demand = Demand(1, level.variant_id, level.location_id, 1)
        return lambda: sell([demand], document=f"T-{n}", at=NOON, actor="u")

    given = at_once([scan(n % 2) for n in range(12)] + [sale(n) for n in range(3)])

    assert not [one for one in given if isinstance(one, Exception)]
    line = count.lines.get()
    level.refresh_from_db()
    assert line.counted == 12
    assert sorted(one.line.counted for one in given[:12]) == list(range(1, 13))
    assert level.on_hand == 7
    assert line.book in {7, 8, 9, 10}  # as it stood at the last scan
    assert violations(at=NOON, rules=["STK-1", "STK-2"]) == []

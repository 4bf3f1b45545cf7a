"""Reserving and placing, beside the same SQL in a bare psycopg loop (the floor S)."""

import itertools
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from django.db import connection, connections, transaction
from django.utils import timezone

from benchmarks import pgbench
from benchmarks.measure import Result, compare, result
from benchmarks.pgbench import Statement
from catalog.models import Variant
from inventory.models import StockLevel, StockLocation
from inventory.services import Demand, reserve
from omnishop.network.models import Store
from orders.models import Basket, BasketLine
from orders.services import checkout
from orders.services.contacts import Contact
from orders.services.ways import Pickup

LINES = 5
CLIENTS = 4


def _connect() -> psycopg.Connection[Any]:
    params = connection.get_connection_params()
    keep = {
        key: params[key] for key in ("host", "port", "user", "password", "dbname") if key in params
    }
    return psycopg.connect(**keep)


@contextmanager
def _recorded() -> Iterator[list[Statement]]:
    """The statements Django sends meanwhile, with their parameters."""
    seen: list[Statement] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield seen


def _spread(job: Callable[[int], int]) -> float:
    """Run the job in a few threads at once; steps per second."""
    start = time.perf_counter()

    def run(client: int) -> int:
        try:
            return job(client)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(CLIENTS) as pool:
        steps = sum(pool.map(run, range(CLIENTS)))
    return steps / (time.perf_counter() - start)


def _demands(pool: Sequence[int], location_id: int, hot: bool, draw: random.Random) -> list[Demand]:
    chosen = [pool[0]] if hot else draw.sample(pool[1:], LINES)
    return [Demand(n, variant_id, location_id, 1) for n, variant_id in enumerate(chosen)]


_documents = itertools.count()


@dataclass(frozen=True, slots=True)
class Rates:
    """Measurements of the bare loop, of the service and of pgbench, each on baskets of its own."""

    bare: Callable[[], float]
    service: Callable[[], float]
    pgbench: Callable[[], float | None]  # µs a basket


def _reserve_rates(hot: bool, baskets: int) -> Rates:
    location = StockLocation.objects.order_by("pk").first()
    pool = list(Variant.objects.order_by("pk").values_list("pk", flat=True)[:2000])
    if location is None or len(pool) < 100:
        raise RuntimeError("Seed the benchmark database first.")
    StockLevel.objects.bulk_create(
        [StockLevel(variant_id=pk, location=location) for pk in pool], ignore_conflicts=True
    )
    StockLevel.objects.filter(location=location, variant_id__in=pool).update(on_hand=10_000_000)

    def prepared(client: int) -> list[tuple[str, list[Demand]]]:
        draw = random.Random(client)
        return [
            (f"B-{next(_documents)}", _demands(pool, location.pk, hot, draw))
            for _ in range(baskets)
        ]

    def recorded() -> list[list[list[Statement]]]:
        at = timezone.now()
        scripts: list[list[list[Statement]]] = []
        for client in range(CLIENTS):
            script = []
            for document, demands in prepared(client):
                with _recorded() as seen, transaction.atomic():
                    reserve(demands, document=document, at=at, expires_at=None)
                    transaction.set_rollback(True)
                script.append([s for s in seen if not s[0].startswith(("SAVEPOINT", "RELEASE"))])
            scripts.append(script)
        return scripts

    def bare() -> float:
        scripts = recorded()

        def job(client: int) -> int:
            with _connect() as bare_connection, bare_connection.cursor() as cursor:
                for statements in scripts[client]:
                    for sql, params in statements:
                        cursor.execute(sql, params)
                    bare_connection.commit()
            return len(scripts[client])

        return _spread(job)

    def service() -> float:
        at = timezone.now()
        work = [prepared(client) for client in range(CLIENTS)]

        def job(client: int) -> int:
            for document, demands in work[client]:
                reserve(demands, document=document, at=at, expires_at=None)
            return len(work[client])

        return _spread(job)

    def alone() -> float | None:
        with _connect() as binding:
            scripts = [pgbench.script(one, binding) for one in recorded()]
        return pgbench.microseconds(scripts, baskets=baskets)

    return Rates(bare, service, alone)


def reserve_entries(name: str) -> Result:
    """How many times longer than the bare loop (wanted ≤ 2.5)."""
    rates = _reserve_rates(name == "reserve_hot", baskets=60)

    def inverse(rate: Callable[[], float]) -> Callable[[], float]:
        return lambda: 1e6 / rate()  # microseconds a basket

    found = compare(
        name,
        floor="S: the same SQL in a bare psycopg loop",
        measure_floor=inverse(rates.bare),
        measure=inverse(rates.service),
        at_most=2.5,
        unit=" µs",
    )
    turns = [turn for _turn in range(5) if (turn := rates.pgbench()) is not None]
    said = f"pgbench {statistics.median(turns):.0f} µs" if turns else "there is no pgbench here"
    return replace(found, note=f"{found.note}, {said}")


def hot_share() -> Result:
    """What one hot article keeps of the uniform rate (wanted ≥ 0.5), one line against one line."""
    hot, uniform = (_reserve_rates(one, baskets=60).service for one in (True, False))
    return compare(
        "reserve_hot_share",
        floor="uniform baskets",
        measure_floor=uniform,
        measure=hot,
        at_least=0.5,
    )


def place_order() -> Result:
    """Place a 5-line pick-up order, beside its own statements in a bare loop; both rolled back."""
    store = Store.objects.filter(offers_pickup=True).order_by("pk").first()
    if store is None:
        raise RuntimeError("Seed the benchmark database first.")
    location = store.locations.order_by("pk").first()
    pool = list(
        Variant.objects.filter(active=True, product__status="active", prices__isnull=False)
        .order_by("pk")
        .values_list("pk", flat=True)
        .distinct()[:500]
    )
    StockLevel.objects.bulk_create(
        [StockLevel(variant_id=pk, location=location) for pk in pool], ignore_conflicts=True
    )
    StockLevel.objects.filter(location=location, variant_id__in=pool).update(on_hand=10_000_000)
    at = timezone.now()
    draw = random.Random(7)
    request = checkout.Request(
        contact=Contact(name="Camille Martin", email="camille@example.org"),
        way=Pickup(store.pk),
    )

    def basket() -> int:
        made = Basket.objects.create(created_at=at, changed_at=at)
        BasketLine.objects.bulk_create(
            BasketLine(basket=made, variant_id=pk, quantity=1, seen_unit_minor=100, added_at=at)
            for pk in draw.sample(pool, LINES)
        )
        return made.pk

    def place(basket_id: int) -> None:
        with transaction.atomic():
            checkout.place(basket_id=basket_id, request=request, at=at)
            transaction.set_rollback(True)

    ratios, statements = [], 0
    for _turn in range(7):
        ids = [basket() for _ in range(20)]
        scripts = []
        for basket_id in ids:
            with _recorded() as seen:
                place(basket_id)
            scripts.append([s for s in seen if not s[0].startswith(("SAVEPOINT", "RELEASE"))])
            statements = len(scripts[-1])
        start = time.perf_counter()
        for basket_id in ids:
            place(basket_id)
        mine = time.perf_counter() - start
        with _connect() as bare_connection, bare_connection.cursor() as cursor:
            start = time.perf_counter()
            for script in scripts:
                for sql, params in script:
                    cursor.execute(sql, params)
                bare_connection.rollback()
            bare = time.perf_counter() - start
        ratios.append(mine / bare)
    return result(
        "place_order",
        "S: the same SQL in a bare psycopg loop",
        ratios[1:],
        at_most=8,
        note=f"{statements} statements for {LINES} lines",
    )

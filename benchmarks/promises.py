"""Availability and sourcing over fifty shops, beside the same SQL in a bare psycopg loop."""

import random
import time
from collections.abc import Callable

from django.utils import timezone

from benchmarks.measure import Result, compare
from benchmarks.pgbench import Statement
from benchmarks.stock import _connect, _recorded
from catalog.models import Variant
from inventory.availability import Way, stock
from inventory.models import StockLevel, StockLocation, StoreLocation
from omnishop.network.models import Store
from omnishop.network.places import distance_km
from orders.sourcing import Candidate, Wanted, choose

LINES = 10
SHOPS = 50
BASKETS = 40
LYON = (45.76, 4.84)


def _network() -> list[int]:
    """Fifty shops that ship, and articles that each of them has some of; the articles' keys."""
    store = Store.objects.filter(offers_pickup=True).order_by("pk").first()
    place = StockLocation.objects.filter(stores=store).order_by("pk").first()
    pool = list(Variant.objects.order_by("-pk").values_list("pk", flat=True)[:200])
    if store is None or place is None or len(pool) < 200:
        raise RuntimeError("Seed the benchmark database first.")
    draw = random.Random(7)
    for number in range(StockLocation.objects.filter(active=True).count(), SHOPS):
        place.pk, place.code, place.name, place.ships = None, f"B-{number}", f"B {number}", True
        place.latitude, place.longitude = draw.uniform(43, 50), draw.uniform(-1, 7)
        place.save(force_insert=True)
        store.pk, store.code, store.name, store.slug = (
            None,
            f"B-{number}",
            f"B {number}",
            f"b-{number}",
        )
        store.save(force_insert=True)
        StoreLocation.objects.create(store=store, location=place)
    StockLevel.objects.bulk_create(
        [
            StockLevel(variant_id=variant, location_id=location, on_hand=draw.choice([0, 0, 1, 3]))
            for variant in pool
            for location in StockLocation.objects.values_list("pk", flat=True)
        ],
        ignore_conflicts=True,
        batch_size=5000,
    )
    return pool


def _baskets(pool: list[int]) -> list[dict[int, int]]:
    draw = random.Random(11)
    return [dict.fromkeys(draw.sample(pool, LINES), 1) for _ in range(BASKETS)]


def _bare(baskets: list[dict[int, int]]) -> Callable[[], float]:
    """Microseconds a basket, for the rows alone."""
    at = timezone.now()
    script: list[Statement] = []
    for units in baskets:
        with _recorded() as seen:
            stock(units, at=at)
        script += seen

    def measure() -> float:
        with _connect() as connection, connection.cursor() as cursor:
            start = time.perf_counter()
            for sql, params in script:
                cursor.execute(sql, params)
                cursor.fetchall()
            return 1e6 * (time.perf_counter() - start) / len(baskets)

    return measure


def availability() -> Result:
    """What every shop can do for a basket of ten lines (wanted ≤ 2.5 of the rows alone)."""
    baskets = _baskets(_network())
    stores = list(Store.objects.values_list("pk", flat=True)[:SHOPS])
    at = timezone.now()

    def measure() -> float:
        start = time.perf_counter()
        for units in baskets:
            free = stock(units, at=at)
            for store in stores:
                free.answer(units, Way.PICKUP, store_id=store)
        return 1e6 * (time.perf_counter() - start) / len(baskets)

    return compare(
        "availability",
        floor="S: the same SQL in a bare psycopg loop",
        measure_floor=_bare(baskets),
        measure=measure,
        at_most=2.5,
        unit=" µs",
    )


def sourcing() -> Result:
    """The choice among fifty shops for ten lines, beside reading their rows (wanted ≤ 2.5)."""
    baskets = _baskets(_network())
    at = timezone.now()
    cases = []
    for units in baskets:
        free = stock(units, at=at)
        candidates = [
            Candidate(
                place.id,
                place.priority,
                distance_km(LYON, (place.latitude, place.longitude))
                if place.latitude is not None and place.longitude is not None
                else None,
            )
            for place in free.places.values()
        ]
        wanted = [Wanted(line, key, 1) for line, key in enumerate(units, start=1)]
        cases.append((wanted, free.free, candidates))

    def measure() -> float:
        start = time.perf_counter()
        for wanted, free, candidates in cases:
            choose(wanted, free, candidates)
        return 1e6 * (time.perf_counter() - start) / len(cases)

    return compare(
        "sourcing",
        floor="S: the same rows read in a bare psycopg loop",
        measure_floor=_bare(baskets),
        measure=measure,
        at_most=2.5,
        unit=" µs",
    )

"""The price of ten lines with 200 live promotions, beside the bare statement that it asks."""

import random
import time
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from benchmarks.measure import Result, result
from benchmarks.stock import _connect, _recorded
from catalog.book import price_book
from catalog.models import Category, Operation, Promotion, Variant
from catalog.offers import Shopper
from catalog.pricing import Want, quote

LINES = 10
PROMOTIONS = 200
BASKETS = 40
Kind = Promotion.Kind


def _promotions(at: datetime) -> None:
    """Offers of every kind, some for each shelf; of a shelf half exclude each other."""
    operation = Operation.objects.create(
        code="bench", name="Bench", status="approved", starts_at=at, ends_at=at + timedelta(days=1)
    )
    shelves = list(Category.objects.order_by("path"))
    rules: list[dict[str, object]] = [
        {"kind": Kind.PERCENT, "percent_bp": 500},
        {"kind": Kind.UNIT_AMOUNT, "amount_minor": 50},
        {"kind": Kind.BUY_GET, "buy_units": 2, "get_units": 1, "percent_bp": 10_000},
        {"kind": Kind.TIERED, "tiers": [[2, 500], [4, 1000]]},
        {"kind": Kind.AMOUNT, "amount_minor": 500, "min_minor": 20_000},
        {"kind": Kind.FREE_DELIVERY, "min_minor": 4000},
    ]
    for number in range(PROMOTIONS):
        made = Promotion.objects.create(
            operation=operation, name=f"Offre {number}", priority=number,
            stacking_group=f"shelf-{number % len(shelves)}" if number % 2 else "",
            **rules[number % len(rules)],
        )  # fmt: skip
        made.categories.add(shelves[number % len(shelves)])


def quote_ratio() -> Result:
    """Read the book and price the basket, beside the book's own statement in a bare loop."""
    pool = list(
        Variant.objects.filter(active=True, product__status="active", prices__isnull=False)
        .order_by("pk")
        .values_list("pk", flat=True)
        .distinct()[:5000]
    )
    draw = random.Random(7)
    ratios, per_basket, given = [], 0.0, 0
    with transaction.atomic():
        at = timezone.now()
        _promotions(at - timedelta(minutes=1))
        baskets = [draw.sample(pool, LINES) for _n in range(BASKETS)]

        def price(ids: list[int]) -> int:
            book = price_book(ids, at=at, shopper=Shopper())
            return len(quote([Want(pk, 2) for pk in ids if pk in book], book).applied)

        price(baskets[0])  # the offers are remembered from here on
        scripts = []
        for ids in baskets:
            with _recorded() as seen:
                price(ids)
            scripts.append(list(seen))
        for _turn in range(7):
            start = time.perf_counter()
            given = sum(price(ids) for ids in baskets)
            mine = time.perf_counter() - start
            per_basket = mine / BASKETS * 1000
            with _connect() as bare, bare.cursor() as cursor:
                start = time.perf_counter()
                for script in scripts:
                    for sql, params in script:
                        cursor.execute(sql, params)
                        cursor.fetchall()
                ratios.append(mine / (time.perf_counter() - start))
        transaction.set_rollback(True)
    return result(
        "quote",
        "S: the same SQL in a bare psycopg loop",
        ratios[1:],
        at_most=8,
        note=(
            f"{len(scripts[0])} statement for {LINES} lines and {PROMOTIONS} promotions, "
            f"{per_basket:.1f} ms a basket, {given / BASKETS:.1f} applied"
        ),
    )

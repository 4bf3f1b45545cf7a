"""Segments over a million people, and how well the next purchase is expected.

`segment_count`: the count of a segment of seven conditions of all families, beside a bare
`SELECT count(*)` of the same people, turn by turn. `expected_next`: the last purchase of each
customer of a real history is kept back; the interval that the shop would have expected beside the
house's median for everybody, by their mean error in days (ALG-7's holdout).
"""

import csv
import itertools
import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from benchmarks import people
from benchmarks.filling import BASE, apart, filling, spread
from benchmarks.measure import Result, compare
from benchmarks.scale import FIRST

FILE = BASE.parent / "shared/data/sales/online_retail_France.csv"
ORDERS = 1_500_000
WANTED = 60  # times the bare scan: one pass over the sales of everybody, and the joins
RULES: dict[str, Any] = {
    "all": [
        {"is": "language", "in": ["fr"]},
        {"is": "orders", "op": "at_least", "count": 2},
        {"is": "last_order", "op": "longer", "days": 60},
        {"is": "amount", "op": "at_least", "amount": 5000, "days": 730},
        {"is": "consent", "channel": "email"},
        {
            "any": [
                {"is": "birthday", "in": ["3", "4"]},
                {"not": {"is": "last_visit", "op": "within", "days": 30}},
            ]
        },
    ]
}


def fill(orders: int = ORDERS) -> None:
    """A million people with sales in three years (half of the people have most), and answers."""
    from django.db import connection

    from orders.models import Order

    people.fill()
    if Order.objects.filter(pk__gte=FIRST).exists():
        return
    # Who buys: a number that is small more often than not, without two equal runs of chance.
    buyer = f"{FIRST} + (power((n * 7919 % 1000003) / 1000003.0, 2) * {people.PEOPLE - 1})::int"
    day = "(current_date - (n * 31 % 1095)::int)"
    with connection.cursor() as django_cursor:
        cursor = django_cursor.cursor
        with filling(cursor, "orders_order", "customers_consentevent"):
            changes = {
                "id": f"{FIRST} + n",
                "number": "'G' || n",
                "token": "'segments-' || n",
                "basket_id": "NULL",
                "till_id": "NULL",
                "status": "'fulfilled'",
                "customer_id": buyer,
                "total_minor": "1000 + n * 37 % 20000",
                "tax_minor": "0",
                "sold_on": day,
                "placed_at": day,
                "paid_at": day,
                "hold_expires_at": "NULL",
                "source_key": "'segments:' || n",
            }
            sales = f"generate_series(0::bigint, {orders - 1}) n"
            spread(cursor, "orders_order", sales, changes, where="channel = 'web'")
            answers = {
                "id": f"{FIRST} + n",
                "customer_id": f"{FIRST} + n * 2",
                "channel": "'email'",
                "granted": "n % 3 > 0",
            }
            half = f"generate_series(0::bigint, {people.PEOPLE // 2 - 1}) n"
            spread(cursor, "customers_consentevent", half, answers)
        cursor.execute("VACUUM ANALYZE customers_customer")


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure() -> None:
    """In a process whose database is the million's."""
    import django

    django.setup()
    from django.db import connection

    from customers.models import Customer
    from orders.services import segments, values

    fill()
    at = datetime.now(UTC)
    took = _seconds(lambda: values.compute(at=at))

    def scan() -> float:
        return 1000 * _seconds(Customer.objects.live().count)

    def counted() -> float:
        return 1000 * _seconds(lambda: segments.count(RULES, at=at))

    line = compare(
        "segment_count",
        floor="SELECT count(*)",
        measure_floor=scan,
        measure=counted,
        at_most=WANTED,
        unit=" ms",
    )
    note = (
        f"{line.note}; {segments.count(RULES, at=at).people} of {Customer.objects.count()} people; "
        f"everybody's values anew in {took:.0f} s"
    )
    if "--plan" in sys.argv:
        from orders.segments import compiling
        from orders.segments.rules import read

        asked = compiling.counts(read(RULES), at=at)
        with connection.cursor() as cursor:
            cursor.execute(segments.MEMORY.replace("LOCAL ", ""))
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {asked.sql}", asked.parameters)
            print("\n".join(row[0] for row in cursor.fetchall()))
    print(json.dumps({"ratio": line.ratio, "low": line.low, "high": line.high, "note": note}))


def segment_count(url: str) -> Result:
    """A count of seven conditions beside a bare count of the same people."""
    said = apart("benchmarks.segmenting", url)
    return Result(
        "segment_count",
        "SELECT count(*)",
        **said | {"runs": 5, "wanted": f"≤ {WANTED}", "met": said["ratio"] <= WANTED},
    )


# --- The next purchase ---------------------------------------------------------------------------


def _days() -> dict[str, list[date]]:
    """Customer → the days on which they bought."""
    found: dict[str, set[date]] = defaultdict(set)
    with FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["CustomerID"] and int(row["Quantity"]) > 0:
                found[row["CustomerID"]].add(date.fromisoformat(row["InvoiceDate"][:10]))
    return {customer: sorted(days) for customer, days in found.items()}


def expected_next() -> Result:
    """The mean error of the expected interval, beside that of one interval for everybody."""
    name, floor, wanted = "expected_next", "one interval for all", "≤ 1"
    if not FILE.exists():
        note = f"skipped: {FILE.name} is not in ../shared/data/sales"
        return Result(name, floor, 0, 0, 0, 0, wanted, met=False, note=note)
    from django.db import connection

    from orders.services.values import intervals_sql

    every = _days()
    known = {who: days[:-1] if len(days) > 1 else days for who, days in every.items()}
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE bench_days (person text, day date)")
        rows = [(who, day) for who, days in known.items() for day in days]
        cursor.executemany("INSERT INTO bench_days VALUES (%s, %s)", rows)
        cursor.execute(intervals_sql("SELECT person, day FROM bench_days"))
        interval = dict(cursor.fetchall())
        cursor.execute("DROP TABLE bench_days")
    gaps = {who: [(b - a).days for a, b in itertools.pairwise(d)] for who, d in known.items()}
    house = statistics.median(statistics.median(own) for own in gaps.values() if own)
    tested = {who: (days[-1] - days[-2]).days for who, days in every.items() if len(days) > 1}
    theirs = {who: abs(house - days) for who, days in tested.items()}
    ours = {who: abs(interval[who] - days) for who, days in tested.items()}
    often = [who for who in tested if len(known[who]) > 1]
    ratio = statistics.mean(ours.values()) / statistics.mean(theirs.values())
    some = statistics.mean(ours[w] for w in often) / statistics.mean(theirs[w] for w in often)
    note = (
        f"mean error in days: floor {statistics.mean(theirs.values()):.1f}, here "
        f"{statistics.mean(ours.values()):.1f} ({len(tested)} customers); with an interval of "
        f"their own ({len(often)}) ratio {some:.3f}"
    )
    best = round(ratio, 4)
    return Result(name, floor, best, best, best, 1, wanted, met=ratio <= 1, note=note)


if __name__ == "__main__":
    measure()

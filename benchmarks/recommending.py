"""How often a recommendation is bought: the last purchase of each customer of a real history.

Every customer's last invoice is kept back. From the other invoices the pairs are computed by the
statement that the shop runs, and for each customer ten products are drawn from what goes with
their earlier purchases, none of them bought before. A hit is one of the ten in the invoice kept
back. The floor draws the ten products that most customers bought, with the same rule.
Customers with one invoice, or whose last one holds nothing new, say nothing and are left out.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db import connection

from benchmarks.measure import Result
from orders.services.recommendations import pairs_sql, parameters

NAME = "recommend_hit_at_10"
FILE = Path(__file__).resolve().parents[2] / "shared/data/sales/online_retail_France.csv"
TEN = 10
ZONE = ZoneInfo("Europe/London")  # the shop of the data set
Invoice = tuple[datetime, frozenset[str]]


def _invoices() -> dict[str, list[Invoice]]:
    """Customer → their invoices in order; no cancellations, no postage, nobody unknown."""
    bought: dict[tuple[str, str], tuple[datetime, set[str]]] = {}
    with FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            customer, code = row["CustomerID"], row["StockCode"]
            if not customer or int(row["Quantity"]) <= 0 or not code[:5].isdigit():
                continue
            at = datetime.fromisoformat(row["InvoiceDate"]).replace(tzinfo=ZONE)
            bought.setdefault((customer, row["InvoiceNo"]), (at, set()))[1].add(code)
    found: dict[str, list[Invoice]] = defaultdict(list)
    for (customer, _number), (at, codes) in bought.items():
        found[customer].append((at, frozenset(codes)))
    return {
        customer: sorted(invoices, key=lambda one: one[0]) for customer, invoices in found.items()
    }


def _similar(history: dict[str, list[Invoice]]) -> dict[str, dict[str, float]]:
    """Product → what goes with it and how much, by the shop's own statement."""
    codes = sorted({code for invoices in history.values() for _at, own in invoices for code in own})
    number = {code: position for position, code in enumerate(codes)}
    latest: dict[tuple[str, str], datetime] = {}
    for customer, invoices in history.items():
        for at, own in invoices:
            latest |= {(customer, code): at for code in own}
    end = max(latest.values())
    found: dict[str, dict[str, float]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE bench_bought (party text, product_id int, at timestamptz)"
        )
        cursor.executemany(
            "INSERT INTO bench_bought VALUES (%s, %s, %s)",
            [(customer, number[code], at) for (customer, code), at in latest.items()],
        )
        cursor.execute("ANALYZE bench_bought")
        cursor.execute(pairs_sql("SELECT * FROM bench_bought"), parameters(end))
        for product, other, cosine, _jaccard, _parties in cursor.fetchall():
            found[codes[product]][codes[other]] = cosine
        cursor.execute("DROP TABLE bench_bought")
    return found


def _best(scores: dict[str, float], without: Iterable[str]) -> set[str]:
    """The ten with the highest score; equal ones by their code."""
    left = (code for code in scores if code not in set(without))
    return set(sorted(left, key=lambda code: (-scores[code], code))[:TEN])


def hit_at_10() -> Result:
    """The share of customers who bought one of ten, beside that of the ten most bought."""
    wanted = "> 1"
    if not FILE.exists():
        note = f"skipped: {FILE.name} is not in ../shared/data/sales"
        return Result(NAME, "most popular", 0, 0, 0, 0, wanted, met=False, note=note)
    every = _invoices()
    history = {
        customer: invoices[:-1] if len(invoices) > 1 else invoices
        for customer, invoices in every.items()
    }
    similar = _similar(history)
    popular: Counter[str] = Counter()
    for invoices in history.values():
        popular.update({code for _at, own in invoices for code in own})
    ours = theirs = customers = 0
    for invoices in every.values():
        before = {code for _at, own in invoices[:-1] for code in own}
        last = invoices[-1][1] - before
        if not before or not last:
            continue
        scores: Counter[str] = Counter()
        for code in before:
            scores.update(similar[code])
        customers += 1
        ours += bool(last & _best(scores, before))
        theirs += bool(last & _best(popular, before))
    ratio = round(ours / theirs, 4)
    note = (
        f"floor {theirs / customers:.3f} ({theirs} of {customers} customers), "
        f"here {ours / customers:.3f} ({ours})"
    )
    return Result(NAME, "most popular", ratio, ratio, ratio, 1, wanted, met=ratio > 1, note=note)

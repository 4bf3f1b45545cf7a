"""How often a recommendation is bought: the last purchase of each customer of a real history.

Every customer's last invoice is kept back. From the other invoices the pairs are computed by the
statement that the shop runs, the best `KEPT` of each product are kept as there, and for each
customer ten products are drawn as `recommended_to` draws them: what goes with all they bought, and
that itself, but nothing that they bought in the 60 days before. A hit is one of the ten in the
invoice kept back. The floor draws the ten products that most customers bought. Customers with
one invoice say nothing and are left out. The note tells the same without the rule of 60 days, and
for products that the customer never bought before, where the floor leaves those out too.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db import connection

from benchmarks.measure import Result
from orders.recommendations import JUST_BOUGHT
from orders.services.recommendations import KEPT, pairs_sql, parameters

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
    ranked: dict[str, list[tuple[float, int, str]]] = defaultdict(list)
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
        for product, other, cosine, _jaccard, parties in cursor.fetchall():
            ranked[codes[product]].append((cosine, parties, codes[other]))
        cursor.execute("DROP TABLE bench_bought")
    return defaultdict(
        dict,
        {
            product: {other: cosine for cosine, _n, other in sorted(found, reverse=True)[:KEPT]}
            for product, found in ranked.items()
        },
    )


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
    hits: Counter[str] = Counter()
    for invoices in every.values():
        if len(invoices) < 2:
            continue
        last_at, last = invoices[-1]
        before = {code for _at, own in invoices[:-1] for code in own}
        just = {code for at, own in invoices[:-1] if at > last_at - JUST_BOUGHT for code in own}
        scores: Counter[str] = Counter(dict.fromkeys(before, 1.0))
        for code in before:
            scores.update(similar[code])
        hits["customers"] += 1
        hits["ours"] += bool(last & _best(scores, just))
        hits["theirs"] += bool(last & _best(popular, ()))
        hits["ours, again"] += bool(last & _best(scores, ()))
        if last - before:
            hits["some new"] += 1
            hits["ours, new"] += bool(last & _best(scores, before))
            hits["theirs, new"] += bool(last & _best(popular, before))
    ratio = round(hits["ours"] / hits["theirs"], 4)
    of, some = hits["customers"], hits["some new"]
    note = (
        f"floor {hits['theirs'] / of:.3f} ({hits['theirs']} of {of} customers), "
        f"here {hits['ours'] / of:.3f}; "
        f"without the rule of 60 days {hits['ours, again'] / of:.3f}; "
        f"never bought before: floor {hits['theirs, new'] / some:.3f}, "
        f"here {hits['ours, new'] / some:.3f} (of {some})"
    )
    return Result(NAME, "most popular", ratio, ratio, ratio, 1, wanted, met=ratio > 1, note=note)

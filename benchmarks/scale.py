"""The same statements on large tables: `python tools/with_database.py python -m benchmarks.scale`.

Fills a database of its own by COPY (100,000 variants at 50 locations: 5 million levels; 1 million
orders), then explains every statement of what shoppers, staff and tasks do most. It fails when a
plan reads a large table from one end to the other.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

FIRST = 10_000_000  # key of the first row that is made here
LARGE = 20_000  # rows from which on a table is not to be read as a whole
CHUNK = 20_000  # rows
EXPLAINED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "(")
Changes = dict[str, object]


@dataclass(frozen=True, slots=True)
class Plans:
    """One action: what it sent, how long it took, which large tables it read as a whole."""

    name: str
    statements: int
    milliseconds: float
    whole: tuple[str, ...]


# --- Filling -------------------------------------------------------------------------------------


def _text(value: object) -> str:
    """A value in COPY's text format."""
    if value is None:
        return r"\N"
    escaped = str(value).replace("\\", "\\\\").replace("\t", "\\t")
    return escaped.replace("\n", "\\n").replace("\r", "\\r")


def multiply(cursor: Any, table: str, rows: Iterable[Changes], *, where: str = "true") -> int:
    """Copy one row of a table again and again, each time with changes; how many it made."""
    cursor.execute(
        """SELECT column_name FROM information_schema.columns
            WHERE table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position""",
        [table],
    )
    columns = [row[0] for row in cursor.fetchall()]
    listed = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join(f'"{column}"::text' for column in columns)
    cursor.execute(f"SELECT {values} FROM {table} WHERE {where} ORDER BY id LIMIT 1")
    template = dict(zip(columns, map(_text, cursor.fetchone()), strict=True))
    made, chunk = 0, []
    with cursor.copy(f"COPY {table} ({listed}) FROM STDIN") as copy:
        for changes in rows:
            row = template | {key: _text(value) for key, value in changes.items()}
            chunk.append("\t".join(row.values()))
            made += 1
            if len(chunk) == CHUNK:
                copy.write("\n".join(chunk) + "\n")
                chunk.clear()
        if chunk:
            copy.write("\n".join(chunk) + "\n")
    cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
    return made


def fill(*, variants: int, locations: int, orders: int) -> None:
    """Add to the demonstration until there are that many; what is there is not made twice."""
    from django.db import connection
    from django.utils import timezone

    from catalog.models import Variant
    from inventory.models import StockLevel, StockLocation
    from orders.models import Order

    _more_shops(locations)
    places = list(StockLocation.objects.order_by("pk").values_list("pk", flat=True)[:locations])
    made = Variant.objects.filter(sku__startswith="SCALE-").count()
    more = range(made, made + (variants - Variant.objects.count() + 3) // 4 * 4)  # whole products
    made_orders = Order.objects.filter(number__startswith="S0").count()
    more_orders = range(made_orders, made_orders + orders - Order.objects.count())
    now = timezone.now()
    with connection.cursor() as django_cursor:
        cursor = django_cursor.cursor
        cursor.execute("SET session_replication_role = replica")  # no key is checked row by row
        if more:
            multiply(
                cursor,
                "catalog_product",
                (
                    {"id": FIRST + n, "slug": f"scale-{n}", "source_key": f"scale:{n}"}
                    for n in more[::4]
                ),
            )
            multiply(
                cursor,
                "catalog_variant",
                (
                    {
                        "id": FIRST + n,
                        "product_id": FIRST + n - n % 4,
                        "sku": f"SCALE-{n}",
                        "gtin": None,
                        "position": n % 4,
                    }
                    for n in more
                ),
            )
            multiply(
                cursor,
                "catalog_price",
                ({"id": FIRST + n, "variant_id": FIRST + n} for n in more),
                where="valid_to IS NULL",
            )
            base = (
                StockLevel.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
            ) + 1
            print(f"{len(more):>10,} variants", flush=True)
            levels = multiply(
                cursor,
                "inventory_stocklevel",
                (
                    {
                        "id": base + (n - made) * len(places) + index,
                        "variant_id": FIRST + n,
                        "location_id": place,
                        "on_hand": (n + index) % 7,
                        "reserved": 0,
                        "unsellable": 0,
                    }
                    for n in more
                    for index, place in enumerate(places)
                ),
            )
            print(f"{levels:>10,} levels", flush=True)
        if more_orders:
            _more_orders(cursor, more_orders, variants=made + len(more), now=now)
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("ANALYZE")


def _more_orders(cursor: Any, more: range, *, variants: int, now: Any) -> None:
    def placed(n: int) -> Any:
        return now - timedelta(seconds=90 * n + 60)  # a million in three years

    multiply(
        cursor,
        "orders_order",
        (
            {
                "id": FIRST + n,
                "number": f"S{n:09d}",
                "token": f"scale-{n}",
                "basket_id": None,
                "till_id": None,
                "status": "fulfilled",
                "email": f"shopper{n % 250_000}@example.org",
                "placed_at": placed(n),
                "paid_at": placed(n),
                "sold_on": placed(n).date(),
                "hold_expires_at": None,
                "source_key": f"scale:{n}",
            }
            for n in more
        ),
        where="channel = 'web'",
    )
    print(f"{len(more):>10,} orders", flush=True)
    multiply(
        cursor,
        "orders_orderline",
        (
            {
                "id": FIRST + n,
                "order_id": FIRST + n,
                "position": 1,
                "variant_id": FIRST + n % variants,
            }
            for n in more
        ),
        where="kind = 'product' AND fulfilled = quantity AND variant_id IS NOT NULL",
    )
    multiply(
        cursor,
        "orders_fulfilment",
        (
            {"id": FIRST + n, "order_id": FIRST + n, "status": "handed_over", "hold_until": None}
            for n in more
        ),
        where="kind = 'pickup'",
    )
    multiply(
        cursor,
        "orders_fulfilmentline",
        ({"id": FIRST + n, "fulfilment_id": FIRST + n, "line_id": FIRST + n} for n in more),
    )
    print(f"{len(more):>10,} lines, fulfilments and their lines", flush=True)


def _more_shops(locations: int) -> None:
    from inventory.models import StockLocation, StoreLocation
    from omnishop.network.models import Store

    store = Store.objects.filter(offers_pickup=True).order_by("pk").first()
    place = StockLocation.objects.filter(stores=store).order_by("pk").first()
    if store is None or place is None:
        raise RuntimeError("The demonstration has no store that offers pick-up.")
    for number in range(StockLocation.objects.count(), locations):
        place.pk, place.code, place.name = None, f"SCALE-{number}", f"Shop {number}"
        place.save(force_insert=True)
        store.pk, store.code, store.name = None, f"SCALE-{number}", f"Shop {number}"
        store.slug, store.latitude = f"scale-{number}", 43.0 + number / 8
        store.save(force_insert=True)
        StoreLocation.objects.create(store=store, location=place)


# --- Plans ---------------------------------------------------------------------------------------


def _whole(plan: Any, large: frozenset[str]) -> Iterator[str]:
    if plan.get("Node Type") == "Seq Scan" and plan.get("Relation Name") in large:
        yield plan["Relation Name"]
    for below in plan.get("Plans", ()):
        yield from _whole(below, large)


@contextmanager
def explained(large: frozenset[str]) -> Iterator[list[list[str]]]:
    """Every statement sent meanwhile: the large tables that its plan reads as a whole."""
    from django.db import connection

    found: list[list[str]] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().upper().startswith(EXPLAINED):
            with connection.connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
                (plans,) = cursor.fetchone()
            found.append([name for plan in plans for name in _whole(plan["Plan"], large)])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield found


def actions() -> dict[str, Callable[[], object]]:
    """What shoppers, staff and tasks do most, each on articles and orders of the large tables."""
    from django.utils import timezone

    from catalog.models import Variant
    from inventory import services as inventory
    from inventory.availability import around, stock
    from inventory.models import StockLevel
    from omnishop.network.models import Store
    from orders import offers, tasks
    from orders.models import Basket, BasketLine, Fulfilment, Order
    from orders.services import checkout
    from orders.services.contacts import Contact
    from orders.services.ways import Pickup
    from orders.sourcing import Wanted

    at = timezone.now()
    chosen = list(
        Variant.objects.filter(sku__startswith="SCALE-")
        .order_by("pk")
        .values_list("pk", flat=True)[400:4400:400]
    )
    store = Store.objects.filter(code__startswith="SCALE-").order_by("pk")[0]
    place = store.locations.get()
    StockLevel.objects.filter(variant__in=chosen, location=place).update(on_hand=1000)
    wanted = [Wanted(line, variant, 1) for line, variant in enumerate(chosen, start=1)]

    def order() -> None:
        basket = Basket.objects.create(created_at=at, changed_at=at)
        for variant in chosen[:5]:
            BasketLine.objects.create(
                basket=basket, variant_id=variant, quantity=1, seen_unit_minor=1, added_at=at
            )
        contact = Contact(name="Camille Martin", email="camille@example.org")
        request = checkout.Request(contact=contact, way=Pickup(store.pk))
        checkout.place(basket_id=basket.pk, request=request, at=at)

    demands = [inventory.Demand(want.line, want.variant_id, place.pk, 1) for want in wanted[:5]]
    return {
        "availability of 10 lines everywhere": lambda: stock(chosen, at=at),
        "what a till says of 10 articles": lambda: around(chosen, store_id=store.pk, at=at),
        "every shop's offer for 10 lines": lambda: offers.pickup_offers(wanted, at=at),
        "sourcing a delivery of 10 lines": lambda: offers.for_delivery(wanted, at=at),
        "reserving 5 lines": lambda: inventory.reserve(
            demands, document="SCALE", at=at, expires_at=at + timedelta(minutes=15)
        ),
        "selling 5 lines at a till": lambda: inventory.sell(
            demands, document="SCALE-T", at=at, actor="user:1"
        ),
        "placing an order of 5 lines": order,
        "an order by its number": lambda: Order.objects.get(number="S000000042").lines.count(),
        "the orders of an e-mail": lambda: list(Order.objects.filter(email="shopper7@example.org")),
        "the desk's list": lambda: list(Fulfilment.objects.open().filter(store=store)),
        "task: pick-ups not collected": tasks.expire_pickups,
        "task: pick-ups to remind of": tasks.remind_pickups,
        "task: orders not paid": tasks.expire_unpaid,
        "task: lost holds": tasks.settle_shortages,
        "task: questions not answered": tasks.expire_shortages,
        "task: refunds to send": tasks.send_due_refunds,
    }


def run() -> list[Plans]:
    """Each action once explained and five times timed, all rolled back."""
    from django.db import connection, transaction

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples >= %s", [LARGE]
        )
        large = frozenset(row[0] for row in cursor.fetchall())
    results = []
    for name, act in actions().items():
        with transaction.atomic():
            with explained(large) as found:
                act()
            transaction.set_rollback(True)
        times = []
        for _turn in range(5):
            with transaction.atomic():
                start = time.perf_counter()
                act()
                times.append(1000 * (time.perf_counter() - start))
                transaction.set_rollback(True)
        whole = tuple(sorted({table for tables in found for table in tables}))
        results.append(Plans(name, len(found), round(statistics.median(times), 1), whole))
    return results


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.scale", description=__doc__)
    parser.add_argument("--variants", type=int, default=100_000)
    parser.add_argument("--locations", type=int, default=50)
    parser.add_argument("--orders", type=int, default=1_000_000)
    options = parser.parse_args()
    from benchmarks.__main__ import BASE, VAR, own_database

    os.environ["DATABASE_URL"] = own_database("omnishop_scale")
    os.environ["DJANGO_SETTINGS_MODULE"] = "omnishop.settings"
    for command in (["migrate", "-v", "0"], ["seed_demo"]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=BASE, check=True)

    import django

    django.setup()
    start = time.perf_counter()
    fill(variants=options.variants, locations=options.locations, orders=options.orders)
    print(f"filled in {time.perf_counter() - start:.0f} s\n", flush=True)
    results = run()
    print(f"{'action':<38}{'statements':>11}{'ms':>8}  read as a whole")
    for one in results:
        print(
            f"{one.name:<38}{one.statements:>11}{one.milliseconds:>8}  "
            f"{', '.join(one.whole) or '—'}"
        )
    VAR.joinpath("scale.json").write_text(json.dumps([asdict(one) for one in results], indent=2))
    return int(any(one.whole for one in results))


if __name__ == "__main__":
    sys.exit(main())

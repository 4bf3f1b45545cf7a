"""Shelves, search and suggestions over 100,000 variants, over HTTP beside the floor F.

A database of its own: the demonstration's shelves, copied by the database itself under invented
names until there are as many. `python -m benchmarks.finding` fills it, then says how the most
usual statements are planned.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote

from benchmarks import load
from benchmarks.measure import Result, compare
from benchmarks.servers import served

VARIANTS = 100_000
STEP = 1_000_000  # between the keys of a row and of its next copy
NAMES = ("facets", "search", "suggest")
SEARCHES = (
    *("sac à dos", "tente", "gourde inox", "chaussures rando 42", "velo", "lampe frontale"),
    *("doudoune femme noir", "alpée", "casque enfant rouge", "chausures de marche"),
)  # one in ten has a typo
BEGINNINGS = ("sa", "ten", "gour", "chaus", "velo r", "lampe fr", "alp", "doudoune fe", "chausu")
# A name that nothing else has: two to three syllables for each copy of each product.
INVENTED = """(SELECT initcap(string_agg((ARRAY['ba','co','du','fe','ga','li','mo','na','pi','ro',
 'sa','te','vu','zi','cra','plo','tri','gle','bru','fli'])[1 + mod(t.id * 7 + c * (11 + k * 13)
 + k * c * c, 20)], '')) FROM generate_series(0, 1 + mod(t.id + c, 2)) k)"""


def _copies(cursor: Any, table: str, copies: int, **changes: str) -> None:
    """Copy every row of a table; `t` is the row, `c` counts its copies."""
    cursor.execute(
        """SELECT column_name FROM information_schema.columns
            WHERE table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position""",
        [table],
    )
    columns = [row[0] for row in cursor.fetchall()]
    values = [changes.get(column, f't."{column}"') for column in columns]
    listed = ", ".join(f'"{column}"' for column in columns)
    cursor.execute(
        f"INSERT INTO {table} ({listed}) SELECT {', '.join(values)}"
        f" FROM {table} t, generate_series(1, {copies}) c WHERE t.id < {STEP}"
    )


def fill() -> None:
    """Fill the database once; seconds, as the rows never leave it."""
    from datetime import date

    from django.db import connection, transaction
    from django.utils.translation import override

    from catalog.models import Product, Variant
    from catalog.services import refresh_search
    from omnishop.demo import content, house, searches, shelves
    from omnishop.demo.days import Days

    if Variant.objects.count() >= VARIANTS:
        return
    with transaction.atomic(), override("fr"):
        shelves.fill(house.build(), Days(date(2026, 11, 22)), scale=1)
        for product in content.products():
            Product.objects.filter(slug=product.slug).update(popularity=product.popularity)
        searches.fill_synonyms()
        copies = -(-VARIANTS // Variant.objects.count()) - 1
        key = f"t.id + c * {STEP}"
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            _copies(
                cursor,
                "catalog_product",
                copies,
                id=key,
                slug="t.slug || '-' || c",
                name=f"t.name || ' ' || {INVENTED}",
                name_fr=f"t.name_fr || ' ' || {INVENTED}",
                name_en=f"t.name_en || ' ' || {INVENTED}",
                popularity="mod(t.popularity * 31 + c * 17, 100)",
                created_at="t.created_at + c * interval '1 hour'",
            )
            of_product = f"t.product_id + c * {STEP}"
            of_variant = f"t.variant_id + c * {STEP}"
            _copies(cursor, "catalog_picture", copies, id=key, product_id=of_product)
            _copies(
                cursor,
                "catalog_variant",
                copies,
                id=key,
                product_id=of_product,
                sku="t.sku || '-' || c",
                gtin="NULL",
            )
            _copies(cursor, "catalog_variant_options", copies, id=key, variant_id=of_variant)
            _copies(
                cursor,
                "catalog_price",
                copies,
                id=key,
                variant_id=of_variant,
                amount_minor="t.amount_minor * (60 + mod(c * 7, 80)) / 100",
            )
            cursor.execute("ANALYZE")  # the planner takes the tables for small otherwise
        refresh_search()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM FULL ANALYZE catalog_product")
        cursor.execute("VACUUM ANALYZE")


def run(names: list[str], *, url: str, seconds: float, note: Callable[[Result], None]) -> None:
    """The entries, each noted as soon as it is measured."""
    from omnishop.demo import content

    environment = {
        "DATABASE_URL": url,
        "DATABASE_MAX_AGE": "60",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
    }
    subprocess.run(
        [sys.executable, "-m", "benchmarks.finding"], env=os.environ | environment, check=True
    )
    paths = {
        "facets": [f"/rayon/{one.slug}/" for one in content.categories() if not one.parent]
        + [f"/rayon/{one.slug}/" for one in content.categories() if one.parent],
        "search": [f"/recherche/?q={quote(words)}" for words in SEARCHES],
        "suggest": [f"/recherche/suggestions/?q={quote(words)}" for words in BEGINNINGS],
    }
    with (
        served("benchmarks.floor.wsgi:application", **environment) as (floor_port, _floor),
        served("omnishop.wsgi:application", **environment) as (port, _master),
    ):
        bare = load.repeat([load.get("/")])
        for name in names:
            scenario = load.fresh(paths[name])
            note(
                compare(
                    name,
                    floor=load.FLOOR,
                    at_least=0.2,
                    measure_floor=lambda: load.rate(floor_port, bare, seconds),
                    measure=partial(load.rate, port, scenario, seconds),
                )
            )


def main() -> None:
    import django
    from django.core.management import call_command

    os.environ["DJANGO_SETTINGS_MODULE"] = "omnishop.settings"
    django.setup()
    call_command("migrate", verbosity=0)
    fill()


if __name__ == "__main__":
    main()

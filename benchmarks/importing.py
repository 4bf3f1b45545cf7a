"""`import_rows`: rows a second through `import_catalog`, beside a bare COPY of the same rows."""

import csv
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import psycopg

from benchmarks.measure import Result, compare

BASE = Path(__file__).resolve().parents[1]
ROWS = 3_000
HEADER = ["Handle", "Title", "Vendor", "Type", "Variant SKU", "Variant Price", "Status"]


def _file(folder: Path) -> Path:
    """A product export of as many products with one article each."""
    path = folder / "products.csv"
    with path.open("w", newline="", encoding="utf-8") as target:
        writer = csv.writer(target)
        writer.writerow(HEADER)
        for n in range(ROWS):
            price = f"{10 + n % 90}.90"
            brand = f"Brand {n % 40}"
            writer.writerow(
                [f"article-{n}", f"Article {n}", brand, "Bench", f"B-{n}", price, "active"]
            )
    return path


def import_rows(url: str) -> Result:
    """In a database of its own, emptied before each turn; the command's whole time counts, its
    start too. Each turn reads the file twice: new, then unchanged.
    """
    environment = os.environ | {"DATABASE_URL": url}

    def manage(*arguments: str) -> None:
        subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=BASE,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    manage("migrate", "-v", "0")
    with tempfile.TemporaryDirectory() as folder, psycopg.connect(url, autocommit=True) as db:
        path = _file(Path(folder))
        rows = list(csv.reader(path.open(encoding="utf-8")))[1:]
        db.execute(
            """
            INSERT INTO catalog_taxcategory (code, name) VALUES ('standard', 'Standard')
            ON CONFLICT DO NOTHING
            """
        )
        db.execute(f"CREATE TEMP TABLE bare ({', '.join(f'c{n} text' for n in range(7))})")

        def floor() -> float:
            db.execute("TRUNCATE bare")
            began = time.perf_counter()
            with db.cursor() as cursor, cursor.copy("COPY bare FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return ROWS / (time.perf_counter() - began)

        unchanged: list[float] = []

        def read() -> float:
            began = time.perf_counter()
            manage("import_catalog", str(path), "--format", "shopify")
            return ROWS / (time.perf_counter() - began)

        def ours() -> float:
            db.execute("TRUNCATE catalog_product, catalog_importrun CASCADE")
            new = read()
            unchanged.append(read())
            return new

        found = compare(
            "import_rows",
            floor="COPY of the same rows",
            measure_floor=floor,
            measure=ours,
            at_least=0,
            runs=3,
        )
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    again = statistics.median(unchanged)
    return replace(found, note=f"{found.note}, {again:.0f}/s unchanged, peak {peak} MiB")

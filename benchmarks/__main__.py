"""`make bench`: every entry beside its floor in one run; a table, and `var/bench.json`."""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg

if TYPE_CHECKING:
    from benchmarks.measure import Result

BASE = Path(__file__).resolve().parents[1]
VAR = Path(os.environ.get("VAR_DIR") or BASE / "var")
SCALE = 30  # × 170 products of the demonstration: about 5,000
NAMES = (
    "listing_cached",
    "product_cached",
    "listing",
    "product",
    "facets",
    "search",
    "suggest",
    "search_hit_at_5",
    "basket_add",
    "purchase",
    "place_order",
    "till_scan",
    "reserve_uniform",
    "reserve_hot",
    "reserve_hot_share",
    "availability",
    "sourcing",
    "quote",
    "import_rows",
    "recommend_hit_at_10",
    "matching_precision",
    "matching_recall",
    "customer_search",
    "segment_count",
    "expected_next",
    "relaunch_sweep",
    "points_spend",
    "memory_mib",
)


def own_database(name: str = "omnishop_bench") -> str:
    """The address of a database of the benchmarks' own, made when it is not there."""
    from omnishop import embedded

    if url := os.environ.get("BENCH_DATABASE_URL"):
        return url
    home = embedded.database(VAR)
    with psycopg.connect(
        host=home["HOST"], port=home["PORT"], user=home["USER"], dbname="postgres", autocommit=True
    ) as admin:
        known = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if not known.fetchone():
            admin.execute(f"CREATE DATABASE {name}")
    host = quote(str(home["HOST"]), safe="")
    return f"postgres://{home['USER']}@{host}:{home['PORT']}/{name}"


def seed() -> None:
    """Migrate and fill the database; the second time this takes seconds."""
    for command in (["migrate", "-v", "0"], ["seed_demo", "--scale", str(SCALE)]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=BASE, check=True)
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "-v", "0"], cwd=BASE, check=True
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--only", choices=NAMES, help="run one entry")
    parser.add_argument("--seconds", type=float, default=3.0, help="of load per turn")
    options = parser.parse_args()
    os.environ["DATABASE_URL"] = own_database()
    os.environ["DJANGO_SETTINGS_MODULE"] = "omnishop.settings"
    seed()

    import django

    django.setup()
    from benchmarks import (
        finding,
        importing,
        matching,
        pages,
        people,
        points,
        promises,
        quoting,
        recommending,
        relaunching,
        search_quality,
        segmenting,
        stock,
    )

    entries: dict[str, Callable[[], Result]] = {
        "place_order": stock.place_order,
        "reserve_uniform": lambda: stock.reserve_entries("reserve_uniform"),
        "reserve_hot": lambda: stock.reserve_entries("reserve_hot"),
        "reserve_hot_share": stock.hot_share,
        "availability": promises.availability,
        "sourcing": promises.sourcing,
        "quote": quoting.quote_ratio,
        "import_rows": lambda: importing.import_rows(own_database("omnishop_imports")),
        "relaunch_sweep": lambda: relaunching.relaunch_sweep(own_database("omnishop_relaunch")),
        "points_spend": points.points_spend,
        "search_hit_at_5": search_quality.search_hit_at_5,
        "recommend_hit_at_10": recommending.hit_at_10,
        "customer_search": lambda: people.customer_search(own_database("omnishop_people")),
        "segment_count": lambda: segmenting.segment_count(own_database("omnishop_people")),
        "expected_next": segmenting.expected_next,
        "matching_precision": lambda: matching.matching_entry("matching_precision"),
        "matching_recall": lambda: matching.matching_entry("matching_recall"),
    }
    chosen = [options.only] if options.only else list(NAMES)
    results: list[Result] = []

    def note(line: "Result") -> None:
        results.append(line)
        _print(line)

    print(f"\n{'entry':<18}{'ratio':>9}{'low':>9}{'high':>9}{'runs':>6}  {'wanted':<8}{'':<9}floor")
    large = [name for name in chosen if name in finding.NAMES]
    by_http = [name for name in chosen if name not in entries and name not in large]
    if by_http:
        pages.run(by_http, seconds=options.seconds, note=note)
    if large:
        url = own_database("omnishop_catalogue")
        finding.run(large, url=url, seconds=options.seconds, note=note)
    for name in chosen:
        if name in entries:
            note(entries[name]())
    VAR.joinpath("bench.json").write_text(
        json.dumps([asdict(line) for line in results], indent=2, ensure_ascii=False)
    )
    return 0


def _print(line: "Result") -> None:
    met = "met" if line.met else "NOT MET"
    print(
        f"{line.name:<18}{line.ratio:>9.3f}{line.low:>9.3f}{line.high:>9.3f}{line.runs:>6}  "
        f"{line.wanted:<8}{met:<9}{line.floor}; {line.note}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())

"""How well search finds: French queries as shoppers type them, with what they should find.

`search_queries.csv` was written before search was tuned. A query is a hit when one of its products
is among the first five of the demonstration's own, its copies in larger catalogues left out.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import override

from benchmarks.measure import Result, result
from catalog.models import Product
from catalog.search import search
from catalog.selectors import by_code
from omnishop.demo import content

QUERIES = Path(__file__).with_name("search_queries.csv")
FIRST = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, and what came of it."""

    kind: str
    query: str
    expected: tuple[str, ...]  # slugs
    found: tuple[str, ...]

    @property
    def hit(self) -> bool:
        return not set(self.expected).isdisjoint(self.found)


def _find(query: str, own: list[str]) -> tuple[str, ...]:
    if variant := by_code(query):
        return (variant.product.slug,)
    found = search(query).filter(slug__in=own).values_list("slug", flat=True)
    return tuple(found[:FIRST])


def ask() -> list[Asked]:
    """Every query, asked on the French site."""
    own = [product.slug for product in content.products()]
    with QUERIES.open(encoding="utf-8") as file, override("fr"):
        return [
            Asked(
                row["kind"],
                row["query"],
                tuple(row["expected"].split()),
                _find(row["query"], own),
            )
            for row in csv.DictReader(file)
        ]


def search_hit_at_5() -> Result:
    """The share of queries that are hits (wanted ≥ 0.9)."""
    if not Product.objects.exists():
        raise RuntimeError("Seed the benchmark database first.")
    asked = ask()
    missed = [one.query for one in asked if not one.hit]
    share = 1 - len(missed) / len(asked)
    note = f"{len(asked)} queries; missed: {', '.join(missed) or 'none'}"
    return result("search_hit_at_5", "share of queries", [share], at_least=0.9, note=note)

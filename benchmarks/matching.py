"""Likely duplicates among 1,000 real records with errors, beside the labels that came with them."""

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path

from benchmarks.measure import Result
from customers.matching import Traits, compare, keys
from customers.services.matching import CROWD

RECORDS = Path(__file__).resolve().parents[2] / "shared/data/matching/fake_1000.csv"


@dataclass(frozen=True, slots=True)
class Figures:
    """Pairs that are one person, pairs proposed, and both."""

    records: int
    same: int
    proposed: int
    right: int

    @property
    def precision(self) -> float:
        return self.right / self.proposed

    @property
    def recall(self) -> float:
        return self.right / self.same


def figures() -> Figures:
    """The proposals of `customers.matching` for the file, as the service would find them.

    Its town stands in for the postcode, cut to that column's length.
    """
    with RECORDS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    traits = [
        Traits(
            first_name=row["first_name"],
            last_name=row["surname"],
            birth_date=date.fromisoformat(row["dob"]) if row["dob"] else None,
            postcode=row["city"][:10],
            emails=(row["email"],) if row["email"] else (),
        )
        for row in rows
    ]
    sharing: dict[int, list[int]] = defaultdict(list)
    people: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        people[row["cluster"]].append(number)
        for key in keys(traits[number]):
            sharing[key].append(number)
    pairs = {
        pair for group in sharing.values() if len(group) <= CROWD for pair in combinations(group, 2)
    }
    same = {pair for group in people.values() for pair in combinations(group, 2)}
    proposed = {
        (one, other) for one, other in pairs if compare(traits[one], traits[other]).is_proposed
    }
    return Figures(len(rows), len(same), len(proposed), len(same & proposed))


def matching_entry(name: str) -> Result:
    """`matching_precision` or `matching_recall`: a share of pairs, of 1."""
    wanted = {"matching_precision": 0.99, "matching_recall": 0.75}[name]
    if not RECORDS.exists():
        note = f"skipped: {RECORDS.name} is not in ../shared/data/matching"
        return Result(name, "labels", 0, 0, 0, 0, f">= {wanted}", met=False, note=note)
    found = figures()
    share = round(found.precision if name == "matching_precision" else found.recall, 4)
    note = f"{found.right} of {found.proposed} proposals right, of {found.same} pairs"
    return Result(name, "labels", share, share, share, 1, f">= {wanted}", share >= wanted, note)

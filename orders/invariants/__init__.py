"""What must always be true, as queries that return no row when all is well (INVARIANTS §2).

Run by `manage.py check_invariants`: after race and journey tests, nightly, after a restore.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from orders.invariants import catalog, orders, people, points, stock

SHOWN = 20  # rows of a violation


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that does not hold, with the first rows that break it."""

    rule: str
    meaning: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


# Rule → what it means, and the query; each module has those of its part of the trade.
RULES: dict[str, tuple[str, str]] = {
    **stock.RULES,
    **orders.RULES,
    **points.RULES,
    **catalog.RULES,
    **people.RULES,
}


def violations(*, at: datetime, rules: list[str] | None = None) -> list[Violation]:
    """The rules that do not hold, of all or of some."""
    found = []
    with connection.cursor() as cursor:
        for rule in rules or RULES:
            meaning, sql = RULES[rule]
            limited = f"SELECT * FROM ({sql}) broken LIMIT {SHOWN}"  # noqa: S608  rules of this module
            cursor.execute(limited, {"at": at})
            if rows := cursor.fetchall():
                columns = tuple(column.name for column in cursor.description)
                found.append(Violation(rule, meaning, columns, tuple(rows)))
    return found

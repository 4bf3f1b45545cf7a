"""How conditions become one statement: what they join and the parameters they bring."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from orders.purchases import SALES

Parameters = tuple[Any, ...]

# A record belongs to its live record (CUS-1): `r` is the record a row was written for.
PERSON = "coalesce(r.merged_into_id, r.id)"


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of SQL with its parameters in order."""

    sql: str
    parameters: Parameters = ()

    def named(self, prefix: str) -> tuple[str, dict[str, Any]]:
        """The same with named parameters, to stand in a statement that has others."""
        named = {f"{prefix}{n}": value for n, value in enumerate(self.parameters)}
        names = iter(named)
        return re.sub("%s", lambda _place: f"%({next(names)})s", self.sql), named


@dataclass
class Statement:
    """The live people as `p`, their values of last night as `v`, and what conditions joined.

    What is joined has one row a person at the most, so that no condition repeats anybody, and
    every test is true or false, never unknown, so that "not" is the exact opposite.
    """

    at: datetime
    today: date
    _joins: list[Part] = field(default_factory=list)
    _sums: list[Part] = field(default_factory=list)

    def joined(self, sql: str, *parameters: Any) -> str:
        """The name under which a query of (person, …) is joined; the same one is joined once."""
        return f"j{_place(self._joins, Part(sql, parameters))}"

    def found(self, sql: str, *parameters: Any) -> Part:
        """Whether the person is among those of a query of (person)."""
        # Inside `coalesce` the join stays an outer one: everybody is read once and hashed, instead
        # of being looked up one by one where the planner expects few of them.
        return Part(f"coalesce({self.joined(sql, *parameters)}.person IS NOT NULL, false)")

    def bought(self, sql: str, *parameters: Any) -> str:
        """An aggregate over the person's sales, as a column; all are read in one pass."""
        return f"b.a{_place(self._sums, Part(sql, parameters))}"

    def people(self, test: Part, *, what: str = "p.id") -> Part:
        """The statement of the people who meet a test."""
        joins: list[Part] = []
        if self._sums:
            columns = ", ".join(f"{part.sql} AS a{n}" for n, part in enumerate(self._sums))
            inside = f"SELECT s.person, {columns} FROM ({SALES}) s GROUP BY s.person"  # noqa: S608  texts of ours
            joins.append(Part(f"LEFT JOIN ({inside}) b ON b.person = p.id",
                              _together(self._sums)))  # fmt: skip
        if "v." in test.sql:
            joins.append(Part("LEFT JOIN orders_customervalue v ON v.customer_id = p.id"))
        joins += [
            Part(f"LEFT JOIN ({part.sql}) j{n} ON j{n}.person = p.id", part.parameters)
            for n, part in enumerate(self._joins)
        ]
        lines = "\n".join(part.sql for part in joins)
        return Part(
            f"SELECT {what} FROM customers_customer p\n{lines}\n"  # noqa: S608  texts of ours
            f"WHERE p.merged_into_id IS NULL AND ({test.sql})",
            (*_together(joins), *test.parameters),
        )


def _place(parts: list[Part], part: Part) -> int:
    """Where it stands among them; it is added when it does not."""
    if part not in parts:
        parts.append(part)
    return parts.index(part)


def _together(parts: Sequence[Part]) -> Parameters:
    return tuple(value for part in parts for value in part.parameters)


def both(word: str, parts: Sequence[Part], *, empty: str) -> Part:
    """Tests joined by AND or OR."""
    if not parts:
        return Part(empty)
    return Part("(" + f" {word} ".join(part.sql for part in parts) + ")", _together(parts))

"""The rule language of segments, as data.

A rule is `{"all": [rule, …]}`, `{"any": [rule, …]}`, `{"not": rule}` or a condition
`{"is": "last_order", "op": "longer", "days": 180}`. Everybody meets an empty "all", nobody an
empty "any". What a condition takes is told by `orders.segments.conditions.KINDS`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from omnishop.kernel.errors import Invalid
from orders.segments.conditions import KINDS
from orders.segments.fields import Values

DEEPEST = 5  # groups inside each other
MOST = 40  # conditions

Rules = Mapping[str, Any]
EVERYBODY: Rules = {"all": []}


@dataclass(frozen=True, slots=True)
class Condition:
    """One checked condition."""

    kind: str
    values: Values


@dataclass(frozen=True, slots=True)
class All:
    """Met by who meets every one of its rules."""

    rules: tuple["Rule", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Met by who meets at least one of its rules."""

    rules: tuple["Rule", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Met by who does not meet its rule."""

    rule: "Rule"


Rule = All | AnyOf | Not | Condition


class WrongRule(Invalid):
    """A rule that cannot be read; `path` says which: "0.1" is the second of the first group."""

    code = "wrong_rule"

    def __init__(self, message: str, path: str) -> None:
        super().__init__(message, path=path)
        self.path = path


def read(data: object, *, path: str = "", depth: int = 0) -> Rule:
    """The checked rule of data that came from anywhere. Raises WrongRule at the first fault."""
    if depth == 0 and sum(1 for _one in _conditions(data, DEEPEST + 1)) > MOST:
        raise WrongRule(_("These are too many conditions: %(most)s at the most.") % {"most": MOST},
                        path)  # fmt: skip
    if depth > DEEPEST:
        raise WrongRule(_("Groups are too deep inside each other."), path)
    if not isinstance(data, Mapping):
        raise WrongRule(_("This is no rule."), path)
    below = f"{path}." if path else ""
    if set(data) == {"all"} or set(data) == {"any"}:
        ((word, inside),) = data.items()
        if not isinstance(inside, list):
            raise WrongRule(_("This is no rule."), path)
        rules = tuple(
            read(one, path=f"{below}{position}", depth=depth + 1)
            for position, one in enumerate(inside)
        )
        return All(rules) if word == "all" else AnyOf(rules)
    if set(data) == {"not"}:
        return Not(read(data["not"], path=path, depth=depth + 1))
    kind = KINDS.get(str(data.get("is")))
    if kind is None:
        raise WrongRule(_("There is no such condition."), path)
    try:
        return Condition(kind.name, kind.read({k: v for k, v in data.items() if k != "is"}))
    except ValueError as error:
        words = _("%(condition)s: %(fault)s") % {"condition": kind.label, "fault": error}
        raise WrongRule(words, path) from error


def write(rule: Rule) -> dict[str, Any]:
    """The rule as data, as it is kept."""
    match rule:
        case All(rules):
            return {"all": [write(one) for one in rules]}
        case AnyOf(rules):
            return {"any": [write(one) for one in rules]}
        case Not(inner):
            return {"not": write(inner)}
        case Condition(kind, values):
            return {"is": kind, **values}


def _conditions(data: object, depth: int) -> Iterator[object]:
    if not isinstance(data, Mapping) or depth < 0:
        return
    if "is" in data:
        yield data
    for word in ("all", "any"):
        if isinstance(inside := data.get(word), list):
            for one in inside:
                yield from _conditions(one, depth - 1)
    yield from _conditions(data.get("not"), depth - 1)

"""A segment's rules as a form: groups and conditions numbered by where they stand ("0.1").

The form holds the whole tree, also while it is half filled: each press of a button sends it and
gets it back with a condition more or less. `Draft` is that tree; `orders.segments.rules` reads it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from orders.segments.conditions import FAMILIES, KINDS
from orders.segments.fields import Choice, Codes, Field, Number
from orders.segments.rules import DEEPEST, MOST, All, AnyOf, Condition, Not, Rule

MODES = {
    "all": _("all of these"),
    "any": _("at least one of these"),
    "none": _("none of these"),
    "not_all": _("not all of these"),
}
FIRST = "last_order"  # what a new condition begins as
FIRST_VALUES = {"op": "within", "days": "90"}
ROOT = "r"
_PATH = re.compile(r"r(\.\d{1,2}){0,5}")


@dataclass
class Draft:
    """A group (`kind` is empty) or a condition, with its values as they were typed."""

    mode: str = "all"
    items: list["Draft"] = field(default_factory=list)
    kind: str = ""
    values: dict[str, Any] = field(default_factory=dict)

    def at(self, path: str) -> "Draft | None":
        """The part that stands there."""
        found = self
        for position in path.split(".")[1:]:
            if not position.isdigit() or int(position) >= len(found.items):
                return None
            found = found.items[int(position)]
        return found

    def data(self) -> dict[str, Any]:
        """The rule language's form of it; values that are none stay text, and are refused there."""
        if self.kind:
            fields = KINDS[self.kind].fields
            typed = {one.name: _value(one, self.values.get(one.name)) for one in fields}
            return {"is": self.kind, **{k: v for k, v in typed.items() if v is not None}}
        inside = [one.data() for one in self.items]
        if self.mode in ("all", "any"):
            return {self.mode: inside}
        return {"not": {"any" if self.mode == "none" else "all": inside}}


def from_rule(rule: Rule) -> Draft:
    """The form of a rule that was kept."""
    match rule:
        case Condition(kind, values):
            shown = {one.name: _shown(one, values.get(one.name)) for one in KINDS[kind].fields}
            return Draft(kind=kind, values=shown)
        case All(rules):
            return Draft("all", [from_rule(one) for one in rules])
        case AnyOf(rules):
            return Draft("any", [from_rule(one) for one in rules])
        case Not(All(rules)):
            return Draft("not_all", [from_rule(one) for one in rules])
        case Not(AnyOf(rules)):
            return Draft("none", [from_rule(one) for one in rules])
        case Not(Not(inner)):
            return from_rule(inner)
        case Not(inner):
            return Draft("none", [from_rule(inner)])


def root_of(rule: Rule) -> Draft:
    """The form's outermost group."""
    draft = from_rule(rule)
    return Draft("all", [draft]) if draft.kind else draft


def from_form(data: QueryDict) -> Draft:
    """The tree that a form sent; what makes no sense in it is left out."""
    root = Draft(_mode(data, ROOT))
    found: dict[str, Draft] = {ROOT: root}
    for path in data.getlist("node")[: 4 * MOST]:
        parent = found.get(path.rpartition(".")[0])
        if not _PATH.fullmatch(path) or path in found or parent is None or parent.kind:
            continue
        kind = data.get(f"kind-{path}", "")
        if kind in KINDS:
            values = {
                one.name: _typed(data, f"{path}-{one.name}", one) for one in KINDS[kind].fields
            }
            found[path] = Draft(kind=kind, values=values)
        else:
            found[path] = Draft(_mode(data, path))
        parent.items.append(found[path])
    return root


def change(draft: Draft, order: str) -> None:
    """Do what a button says: "add:r.1", "group:r", "remove:r.0.2"; others do nothing."""
    what, _colon, path = order.partition(":")
    target = draft.at(path) if _PATH.fullmatch(path) else None
    if target is None:
        return
    if what == "remove" and path != ROOT:
        parent = draft.at(path.rpartition(".")[0])
        if parent:
            parent.items.remove(target)
    elif what == "add" and not target.kind:
        target.items.append(Draft(kind=FIRST, values=dict(FIRST_VALUES)))
    elif what == "group" and not target.kind and path.count(".") < DEEPEST - 2:
        target.items.append(Draft("any", [Draft(kind=FIRST, values=dict(FIRST_VALUES))]))


def _mode(data: QueryDict, path: str) -> str:
    mode = data.get(f"mode-{path}", "")
    return mode if mode in MODES else "all"


def _typed(data: QueryDict, name: str, one: Field) -> Any:
    if isinstance(one, Codes):
        if one.source == "text":
            return re.split(r"[\s,;]+", data.get(name, "").strip()) if data.get(name) else []
        return data.getlist(name)
    return data.get(name, "").strip()


def _value(one: Field, typed: Any) -> Any:
    if isinstance(one, Codes):
        return typed or []
    text = str(typed or "").replace("\u202f", "").replace("\u00a0", "").replace(" ", "")
    if not isinstance(one, Number):
        return text or (isinstance(one, Choice) and one.choices[0][0]) or None
    if not text:
        return None
    try:
        number = Decimal(text.replace(",", "."))
        number = number * 100 if one.money else number
        return int(number) if number == int(number) else text
    except (InvalidOperation, ValueError, OverflowError):
        return text


def _shown(one: Field, value: Any) -> Any:
    if value is None:
        return [] if isinstance(one, Codes) else ""
    if isinstance(one, Number) and one.money:
        return f"{Decimal(value) / 100:.2f}".removesuffix(".00").replace(".", ",")
    return value if isinstance(value, list) else str(value)


# --- What the page shows -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Control:
    """One input of a condition."""

    name: str
    kind: str  # "select", "boxes", "text", "number"
    label: str
    value: Any
    choices: tuple[tuple[str, str], ...]
    words: str
    unit: str


def kinds() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every kind of condition by family, for the select."""
    return [
        (str(label), [(one.name, str(one.label)) for one in KINDS.values() if one.family == family])
        for family, label in FAMILIES.items()
    ]


def shown(draft: Draft, sources: Mapping[str, list[tuple[str, str]]], path: str = ROOT) -> Any:
    """The tree as the template draws it."""
    place: dict[str, Any] = {"path": path, "id": path.replace(".", "-"), "depth": path.count(".")}
    if not draft.kind:
        return place | {
            "mode": draft.mode,
            "modes": list(MODES.items()),
            "deeper": path.count(".") < DEEPEST - 2,
            "items_": [
                shown(one, sources, f"{path}.{position}")
                for position, one in enumerate(draft.items)
            ],
        }
    kind = KINDS[draft.kind]
    return place | {
        "kind": kind.name,
        "label": kind.label,
        "controls": [
            _control(one, f"{path}-{one.name}", draft.values.get(one.name), sources)
            for one in kind.fields
        ],
    }


LABELS = {
    "in": _("Which ones"),
    "op": _("How"),
    "days": _("Days"),
    "channel": _("Channel"),
    "count": _("How many"),
    "amount": _("Amount in euros"),
    "percent": _("Per cent"),
}


def _control(one: Field, name: str, value: Any, sources: Mapping[str, Any]) -> Control:
    label = str(LABELS[one.name])
    if isinstance(one, Codes) and one.source == "text":
        text = ", ".join(value) if isinstance(value, list) else ""
        return Control(name, "text", str(_("Which ones, parted by commas")), text, (), "", "")
    if isinstance(one, Codes):
        choices = tuple((str(code), str(text)) for code, text in one.choices or sources[one.source])
        return Control(name, "boxes", label, value or [], choices, "", "")
    if isinstance(one, Choice):
        choices = tuple((str(code), str(text)) for code, text in one.choices)
        return Control(name, "select", label, value or "", choices, str(one.words), "")
    if isinstance(one, Number):
        unit = "€" if one.money else str(one.unit)
        kind = "text" if one.money else "number"
        return Control(name, kind, label, value or "", (), str(one.words), unit)
    raise TypeError(one)

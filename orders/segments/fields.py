"""What the conditions of segments take: checked values, whoever wrote them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

Values = dict[str, Any]
MOST_CODES = 300
LONGEST_CODE = 64
LONGEST = 20_000  # days
# Words between a condition and its figure.
AT_LEAST = ("at_least", gettext_lazy("at least"))
AT_MOST = ("at_most", gettext_lazy("at the most"))
WITHIN = ("within", gettext_lazy("in the last"))
LONGER = ("longer", gettext_lazy("longer ago than"))


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a condition. `read` gives it checked, or raises ValueError with words."""

    name: str

    def read(self, value: object) -> Any:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Codes(Field):
    """One or several of `source`: codes of stores, groups, categories …, or `choices`."""

    source: str = ""
    choices: tuple[tuple[str, Any], ...] = ()
    words: Any = ""

    def read(self, value: object) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise ValueError(_("choose at least one."))
        found = sorted({one.strip() for one in value if one.strip()})
        if not found:
            raise ValueError(_("choose at least one."))
        known = {code for code, _label in self.choices}
        if len(found) > MOST_CODES or any(
            len(one) > LONGEST_CODE or "\x00" in one or (known and one not in known)
            for one in found
        ):
            raise ValueError(_("there is no such choice."))
        return found


@dataclass(frozen=True, slots=True)
class Choice(Field):
    """One of some words. Where `optional`, nothing chosen is kept as nothing."""

    choices: tuple[tuple[str, Any], ...] = ()
    optional: bool = False
    words: Any = ""

    def read(self, value: object) -> str | None:
        if value in (None, "") and self.optional:
            return None
        if value not in {code for code, _label in self.choices}:
            raise ValueError(_("there is no such choice."))
        return str(value)


@dataclass(frozen=True, slots=True)
class Number(Field):
    """A whole number; money in minor units."""

    low: int = 0
    high: int = LONGEST
    optional: bool = False
    unit: Any = ""
    words: Any = ""
    money: bool = False

    def read(self, value: object) -> int | None:
        if value in (None, "") and self.optional:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(_("a number is missing."))
        if not self.low <= value <= self.high:
            raise ValueError(
                _("give a number from %(low)s to %(high)s.") % {"low": self.low, "high": self.high}
            )
        return value


OP = Choice("op", (AT_LEAST, AT_MOST))
AGO = Choice("op", (WITHIN, LONGER))
AGO_DAYS = Number("days", low=1, unit=gettext_lazy("days"))
WINDOW = Number(
    "days", low=1, optional=True, unit=gettext_lazy("days"), words=gettext_lazy("in the last")
)


def yes_no(yes: Any, no: Any) -> Choice:
    """Two opposite answers in words."""
    return Choice("op", (("yes", yes), ("no", no)))


def in_words(field: Field, value: Any, names: Mapping[str, str] | None = None) -> str:
    """A value as a reader understands it; nothing for nothing."""
    if value is None:
        return ""
    if isinstance(field, Codes):
        labels = {code: str(label) for code, label in field.choices} | dict(names or {})
        return ", ".join(labels.get(code, code) for code in value)
    if isinstance(field, Choice):
        label = next((str(label) for code, label in field.choices if code == value), str(value))
        return f"{field.words} {label}".strip() if field.words else label
    if isinstance(field, Number):
        return " ".join(str(part) for part in (field.words, value, field.unit) if str(part))
    return str(value)


def check(fields: Sequence[Field], data: Mapping[str, object]) -> Values:
    """The values of a condition, in the order of its fields, without those left open."""
    if unknown := set(data) - {field.name for field in fields}:
        raise ValueError(_("it takes no %(name)s.") % {"name": ", ".join(sorted(unknown))})
    found = {field.name: field.read(data.get(field.name)) for field in fields}
    return {name: value for name, value in found.items() if value is not None}

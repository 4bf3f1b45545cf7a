"""A data file read entry by entry: what is missing, misspelt or unknown is refused by name."""

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from omnishop.demo.shapes import Text

DATA = Path(__file__).parent / "data"
T = TypeVar("T")
WordT = TypeVar("WordT", bound=str)


class ContentError(ValueError):
    """A data file lacks a field, misspells one or gives it the wrong type."""


class Entry:
    """One table of a file, read field by field."""

    def __init__(self, where: str, fields: Mapping[str, Any]) -> None:
        self._where = where
        self._left = dict(fields)

    def __contains__(self, key: str) -> bool:
        return key in self._left

    def take(self, key: str, kind: type[T]) -> T:
        value = self._left.pop(key, None)
        if value is None:
            raise ContentError(f"{self._where}: {key} is missing")
        if not isinstance(value, kind) or isinstance(value, bool):
            raise ContentError(f"{self._where}: {key} is {value!r}, not {kind.__name__}")
        return value

    def text(self, key: str) -> str:
        return self.take(key, str)

    def number(self, key: str) -> int:
        return self.take(key, int)

    def texts(self, key: str) -> tuple[str, ...]:
        found = self.take(key, list)
        for value in found:
            if not isinstance(value, str):
                raise ContentError(f"{self._where}: {key} holds {value!r}, not str")
        return tuple(found)

    def both(self, key: str) -> Text:
        """The fields `key_fr` and `key_en`."""
        return Text(fr=self.text(f"{key}_fr"), en=self.text(f"{key}_en"))

    def name(self) -> Text:
        """The fields `fr` and `en`."""
        return Text(fr=self.text("fr"), en=self.text("en"))

    def one_of(self, key: str, allowed: tuple[WordT, ...]) -> WordT:
        found = self.text(key)
        for value in allowed:
            if value == found:
                return value
        raise ContentError(f"{self._where}: {key} is {found!r}, not in {', '.join(allowed)}")

    def child(self, key: str, build: "Callable[[Entry], T]") -> T:
        return built(Entry(f"{self._where} {key}", self.take(key, dict)), build)

    def children(self, key: str, build: "Callable[[Entry], T]") -> tuple[T, ...]:
        tables = self.take(key, list)
        return tuple(
            built(Entry(f"{self._where} {key} {position}", table), build)
            for position, table in enumerate(tables, start=1)
        )

    def finish(self) -> None:
        """Refuse a field nobody asked for: it is a misspelling."""
        if self._left:
            raise ContentError(f"{self._where}: unknown {', '.join(sorted(self._left))}")


def built(entry: Entry, build: Callable[[Entry], T]) -> T:
    made = build(entry)
    entry.finish()
    return made


def each(name: str, key: str, build: Callable[[Entry], T]) -> tuple[T, ...]:
    return Entry(name, {key: load(name).get(key)}).children(key, build)


@cache
def load(name: str) -> dict[str, Any]:
    with (DATA / name).open("rb") as file:
        try:
            return tomllib.load(file)
        except tomllib.TOMLDecodeError as error:
            raise ContentError(f"{name}: {error}") from error

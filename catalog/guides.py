"""Guides: how the text of one is read, and which are shown where."""

from dataclasses import dataclass
from typing import Literal

from django.db.models import QuerySet

from catalog.models import Guide


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a text: a heading, a paragraph, a list."""

    kind: Literal["heading", "paragraph", "list"]
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return " ".join(self.lines)


def blocks(body: str) -> list[Block]:
    """The parts of a plain text: empty lines part paragraphs, "## " begins a heading, "- " the
    items of a list. Nothing else means anything: templates escape every word.
    """
    found: list[Block] = []
    for part in body.replace("\r\n", "\n").split("\n\n"):
        lines: list[str] = []
        items: list[str] = []
        for line in filter(None, map(str.strip, part.split("\n"))):
            if line.startswith("## "):
                _end(found, lines, items)
                found.append(Block("heading", (line[3:].strip(),)))
            elif line.startswith("- "):
                _end(found, lines, [])
                items.append(line[2:].strip())
            else:
                _end(found, [], items)
                lines.append(line)
        _end(found, lines, items)
    return found


def _end(found: list[Block], lines: list[str], items: list[str]) -> None:
    """Close the paragraph or list being read."""
    if lines:
        found.append(Block("paragraph", tuple(lines)))
        lines.clear()
    if items:
        found.append(Block("list", tuple(items)))
        items.clear()


def published() -> QuerySet[Guide]:
    """The guides that shoppers may read, the newest first."""
    return Guide.objects.filter(published=True)

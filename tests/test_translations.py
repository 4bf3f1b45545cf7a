"""Everything a person reads has its French: no English word slips into a French page."""

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.translation.template import templatize

APPS = ("omnishop", "customers", "catalog", "inventory", "loyalty", "orders")
CALLS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
IN_TEMPLATE = re.compile(
    r"""\b(?:_|gettext|ngettext|pgettext|npgettext)\(\s*u?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""",
    re.S,
)


def catalogues() -> list[Catalog]:
    """Our French catalogues, and Django's own."""
    files = sorted((settings.BASE_DIR / "locale").glob("*/fr/LC_MESSAGES/django.po"))
    root = Path(django.__file__).parent
    files += [root / "conf/locale/fr/LC_MESSAGES/django.po"]
    files += root.glob("contrib/*/locale/fr/LC_MESSAGES/django.po")
    return [read_po(io.BytesIO(path.read_bytes()), ignore_obsolete=True) for path in files]


def in_python(path: Path) -> Iterator[str]:
    """The texts of the translating calls of a module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            texts = [
                argument.value
                for argument in node.args
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            ]
            if name in CALLS and texts:
                yield texts[1] if name.startswith("pgettext") else texts[0]


def in_template(path: Path) -> Iterator[str]:
    """The texts of a template's translation tags."""
    for found in IN_TEMPLATE.finditer(templatize(path.read_text(), origin=str(path))):
        yield ast.literal_eval(found[1])


def used() -> dict[str, str]:
    """Every text of the house, and a place where it stands."""
    found: dict[str, str] = {}
    for app in APPS:
        for path in (settings.BASE_DIR / app).rglob("*.py"):
            if "migrations" not in path.parts:
                found |= dict.fromkeys(in_python(path), str(path.relative_to(settings.BASE_DIR)))
    for path in (settings.BASE_DIR / "templates").rglob("*.*"):
        if path.suffix in {".html", ".txt"}:
            found |= dict.fromkeys(in_template(path), str(path.relative_to(settings.BASE_DIR)))
    return {text: place for text, place in found.items() if text.strip()}


@pytest.mark.parametrize("needle", ["Skip to content", "The basket is empty."])
def test_the_search_for_texts_finds_templates_and_modules(needle: str) -> None:
    assert needle in used()


def test_every_text_has_its_french() -> None:
    french = catalogues()

    known = {
        message.id if isinstance(message.id, str) else message.id[0]
        for catalogue in french
        for message in catalogue
        if message.string and any(message.string) and not message.fuzzy
    }
    missing = {text: place for text, place in used().items() if text not in known}
    assert missing == {}, "\n".join(f"{place}: {text!r}" for text, place in missing.items())

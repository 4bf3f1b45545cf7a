"""Everything a person reads has its French: no English word slips into a French page."""

import ast
import io
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import django
import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.translation.template import templatize

Text = tuple[str, str]  # its context ("" without one) and the English

APPS = ("omnishop", "customers", "catalog", "inventory", "loyalty", "orders")
CALL = re.compile(r"_t?|n?p?gettext(_lazy)?")
STRING = r"""u?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
IN_TEMPLATE = re.compile(
    rf"\b(?:(?P<plain>_|n?gettext)\({STRING}|(?P<context>n?pgettext)\({STRING},\s*{STRING})", re.S
)


def ours() -> list[Catalog]:
    """Our French catalogues."""
    files = sorted((settings.BASE_DIR / "locale").glob("*/fr/LC_MESSAGES/django.po"))
    return [read_po(io.BytesIO(path.read_bytes()), ignore_obsolete=True) for path in files]


def djangos() -> list[Catalog]:
    """Django's own, compiled: its French knows another number of plurals than ours."""
    root = Path(django.__file__).parent
    files = [root / "conf/locale/fr/LC_MESSAGES/django.mo"]
    files += root.glob("contrib/*/locale/fr/LC_MESSAGES/django.mo")
    return [read_mo(io.BytesIO(path.read_bytes())) for path in files]


def translated() -> set[Text]:
    """The texts that have all forms of their French."""
    return {
        (message.context or "", message.id if isinstance(message.id, str) else message.id[0])
        for catalogue in ours() + djangos()
        for message in catalogue
        if message.id and message.string and all(message.string) and not message.fuzzy
    }


def in_python(source: str) -> Iterator[Text]:
    """The texts of the translating calls of a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            texts = [
                argument.value
                for argument in node.args
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            ]
            if CALL.fullmatch(name) and texts:
                yield (texts[0], texts[1]) if "pgettext" in name else ("", texts[0])


def in_template(source: str) -> Iterator[Text]:
    """The texts of a template's translation tags."""
    for found in IN_TEMPLATE.finditer(templatize(source)):
        strings = [ast.literal_eval(text) for text in found.groups() if text and text[0] in "\"'"]
        yield (strings[0], strings[1]) if found["context"] else ("", strings[0])


@cache
def used() -> dict[Text, str]:
    """Every text of the house, and a place where it stands."""
    found: dict[Text, str] = {}
    for app in APPS:
        for path in (settings.BASE_DIR / app).rglob("*.py"):
            if "migrations" not in path.parts and "gettext" in (source := path.read_text()):
                place = str(path.relative_to(settings.BASE_DIR))
                found |= dict.fromkeys(in_python(source), place)
    for path in (settings.BASE_DIR / "templates").rglob("*.*"):
        if path.suffix in {".html", ".txt"}:
            place = str(path.relative_to(settings.BASE_DIR))
            found |= dict.fromkeys(in_template(path.read_text()), place)
    return {text: place for text, place in found.items() if text[1].strip()}


@pytest.mark.parametrize(
    "source, texts",
    [
        ('{% translate "Pay" %}', {("", "Pay")}),
        ('{% translate "Pay" context "till" %}', {("till", "Pay")}),
        ('{{ word|default:_("None") }}', {("", "None")}),
        (
            "{% blocktranslate count n=n %}One{% plural %}{{ n }} of them{% endblocktranslate %}",
            {("", "One")},
        ),
        (
            "{% blocktranslate context 'a' count n=n %}One{% plural %}Two{% endblocktranslate %}",
            {("a", "One")},
        ),
    ],
)
def test_the_texts_of_a_template_are_found(source: str, texts: set[Text]) -> None:
    assert set(in_template(source)) == texts


@pytest.mark.parametrize(
    "source, texts",
    [
        ('_("Pay")', {("", "Pay")}),
        ('ngettext("One", "Two", n)', {("", "One")}),
        ('pgettext_lazy("till", "Pay")', {("till", "Pay")}),
        ('npgettext("till", "One", "Two", n)', {("till", "One")}),
        ('print("Pay")', set()),
    ],
)
def test_the_texts_of_a_module_are_found(source: str, texts: set[Text]) -> None:
    assert set(in_python(source)) == texts


@pytest.mark.parametrize("text", [("", "Skip to content"), ("", "The basket is empty.")])
def test_templates_and_modules_are_searched(text: Text) -> None:
    assert text in used()


def test_every_text_has_its_french() -> None:
    known = translated()

    missing = sorted(
        f"{place}: {text!r}" + (f" (context {context!r})" if context else "")
        for (context, text), place in used().items()
        if (context, text) not in known
    )

    if missing:
        pytest.fail(f"{len(missing)} texts have no French:\n" + "\n".join(missing), pytrace=False)


def test_a_text_has_one_french() -> None:
    """Of two areas the first would win, and whoever mends the other sees no change."""
    said: dict[Text, set[str]] = {}
    for catalogue in ours():
        for message in catalogue:
            if isinstance(message.id, str) and message.id:
                french = said.setdefault((message.context or "", message.id), set())
                french.add(str(message.string))

    assert [text for text, french in said.items() if len(french) > 1] == []

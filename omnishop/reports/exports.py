"""Figures for spreadsheets: numbers as the reader's own spreadsheet adds them up."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from babel.numbers import get_currency_precision
from django.http import StreamingHttpResponse
from django.utils.translation import get_language

from omnishop.kernel.csv_tables import csv_file, csv_lines, like_formula


def cell(value: object) -> str:
    """A cell: text that starts like a formula gets an apostrophe; numbers stay numbers."""
    if isinstance(value, int | Decimal):
        text = format(value, "f") if isinstance(value, Decimal) else str(value)
        return text.replace(".", ",") if french() else text
    text = str(value)
    return f"'{text}" if like_formula(text) else text


def amount(minor: int, currency: str) -> Decimal:
    """Minor units as the number that a spreadsheet adds up."""
    return Decimal(minor).scaleb(-get_currency_precision(currency))


def french() -> bool:
    """Whether the reader's spreadsheet takes a comma for decimals and a semicolon for cells."""
    return (get_language() or "fr").startswith("fr")


def table(
    file_name: str, header: Sequence[object], rows: Iterable[Sequence[object]]
) -> StreamingHttpResponse:
    """A CSV file with BOM; `;` and decimal comma in French."""
    said = [[cell(value) for value in row] for row in rows]  # now: in the reader's language
    lines = csv_lines([*map(cell, header)], said, separator=";" if french() else ",")
    return csv_file(lines, file_name)

"""Tables for spreadsheets. A text that a spreadsheet would run as a formula is quoted (F-24)."""

import csv
from collections.abc import Iterable, Sequence
from decimal import Decimal
from io import StringIO

from babel.numbers import get_currency_precision
from django.http import HttpResponse
from django.utils.translation import get_language

BOM = "\ufeff"  # without it French spreadsheets read UTF-8 as Latin-1
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def cell(value: object) -> str:
    """A cell: text that starts like a formula gets an apostrophe; numbers stay numbers."""
    if isinstance(value, int | Decimal):
        text = format(value, "f") if isinstance(value, Decimal) else str(value)
        return text.replace(".", ",") if french() else text
    text = str(value)
    return f"'{text}" if text.lstrip(" \u00a0").startswith(FORMULA_STARTS) else text


def amount(minor: int, currency: str) -> Decimal:
    """Minor units as the number that a spreadsheet adds up."""
    return Decimal(minor).scaleb(-get_currency_precision(currency))


def french() -> bool:
    """Whether the reader's spreadsheet takes a comma for decimals and a semicolon for cells."""
    return (get_language() or "fr").startswith("fr")


def table(
    file_name: str, header: Sequence[object], rows: Iterable[Sequence[object]]
) -> HttpResponse:
    """A CSV file with BOM; `;` and decimal comma in French."""
    out = StringIO()
    writer = csv.writer(out, delimiter=";" if french() else ",", lineterminator="\r\n")
    writer.writerow([cell(value) for value in header])
    writer.writerows([cell(value) for value in row] for row in rows)
    response = HttpResponse(BOM + out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    response["Cache-Control"] = "no-store"
    return response

"""Cells of other shops' files, read exactly or refused with the reason in words."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from babel.numbers import get_currency_precision
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from stdnum import ean

from catalog.gs1 import in_store
from catalog.models.product import check_gtin
from omnishop.kernel.csv_files import Row

MAX_MINOR = 2**31 - 1  # what a price column holds
MAX_GRAMS = 2**31 - 1
YES, NO = {"true", "yes", "1", "vrai", "oui"}, {"false", "no", "0", "faux", "non", ""}
_NUMBER = r"\d{1,12}(?:[.,]\d{1,12})?"


class Refuse(Exception):
    """This row cannot be taken."""

    def __init__(self, column: str, value: str, reason: str) -> None:
        self.column, self.value, self.reason = column, value, reason
        super().__init__(reason)


def text(row: Row, column: str) -> str:
    """A cell without the blanks around it; "" where there is none."""
    return row.cells.get(column, "").strip()


def short(row: Row, column: str, limit: int) -> str:
    """A cell of one line's text, refused where the catalogue cannot keep it whole."""
    found = text(row, column)
    if len(found) > limit:
        raise Refuse(column, found, _("Longer than %(limit)d characters.") % {"limit": limit})
    return found


def flag(row: Row, column: str) -> bool:
    """Yes or no; blank is no."""
    word = text(row, column)
    if word.lower() in YES:
        return True
    if word.lower() in NO:
        return False
    raise Refuse(column, word, _("Neither true nor false."))


def parts(cell: str, sign: str = ",") -> list[str]:
    """The pieces of "a, b"; a sign that belongs to a piece has a backslash before it."""
    return [piece for piece in re.split(rf"(?<!\\){re.escape(sign)}", cell) if piece.strip()]


def bare(piece: str) -> str:
    """A piece without its backslashes and the blanks around it."""
    return re.sub(r"\\([,>/|=:])", r"\1", piece).strip()


def way(found: str, column: str, *, sign: str = ">") -> tuple[str, ...]:
    """The shelves of "Clothing > Shoes", from the top; blank is ()."""
    names = tuple(bare(piece) for piece in parts(found, sign))
    if long := next((name for name in names if len(name) > 80), None):
        raise Refuse(column, long, _("Longer than %(limit)d characters.") % {"limit": 80})
    return names


def deepest(ways: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """The longest way, the first of them: a product lies on one shelf."""
    return max(ways, key=len, default=())


def gtin(row: Row, column: str) -> str | None:
    """The barcode when it is a GTIN (STD-1). What a spreadsheet has damaged is never guessed."""
    if column not in row.cells:
        return None
    found = text(row, column)
    code = ean.compact(found.removeprefix("'"))
    if not code:
        return ""
    if re.fullmatch(r"\d+(?:[.,]\d+)?[eE]\+?\d+", code):
        raise Refuse(
            column,
            found,
            _(
                "A spreadsheet turned this barcode into a rounded number, its digits are lost:"
                " export it again with the column as text."
            ),
        )
    if re.fullmatch(r"\d{1,7}|\d{9,11}", code):
        raise Refuse(column, found, _lost_zeros(code))
    try:
        check_gtin(code)
    except ValidationError as error:
        raise Refuse(column, found, error.messages[0]) from error
    if in_store(code):
        raise Refuse(
            column,
            found,
            _(
                "This number is for use inside a shop (prefix 02 or 20 to 29), it is not a GTIN:"
                " leave the cell empty."
            ),
        )
    return str(code)


def _lost_zeros(code: str) -> str:
    """What became of a code that is too short, and whether zeros would make it whole."""
    said = _(
        "A barcode has 8, 12, 13 or 14 digits: a spreadsheet may have dropped its leading"
        " zeros. Export it again with the column as text."
    )
    for length in (8, 12, 13):
        full = code.zfill(length)
        if len(full) == length and ean.is_valid(full):
            return said + " " + _("With them it would be %(code)s.") % {"code": full}
    return said + " " + _("Even with them its check digit would be wrong.")


def price(row: Row, column: str) -> int:
    """A price in minor units, exactly; 1 234,50 and 1234.50 are the same."""
    minor = _minor(row, column)
    if minor != int(minor):
        raise Refuse(
            column,
            text(row, column),
            _("More decimals than %(currency)s has; prices are not rounded here.")
            % {"currency": settings.CURRENCY},
        )
    return int(minor)


def price_without_tax(row: Row, column: str) -> Decimal:
    """A price before tax in minor units, not rounded yet."""
    return _minor(row, column)


def _minor(row: Row, column: str) -> Decimal:
    found = text(row, column)
    if not found:
        raise Refuse(column, "", _("The price is missing."))
    digits = re.sub(r"\s*(?:€|EUR)$|^€\s*", "", found)
    digits = re.sub(r"(?<=\d)[ \u00a0\u202f](?=\d{3}(?!\d))", "", digits)
    if not re.fullmatch(_NUMBER, digits, re.ASCII):
        raise Refuse(column, found, _("Not a price. Examples: 12.50 or 12,50"))
    minor = Decimal(digits.replace(",", ".")).scaleb(get_currency_precision(settings.CURRENCY))
    if minor > MAX_MINOR:
        raise Refuse(column, found, _("This price is too high to be one."))
    return minor


def grams(row: Row, column: str, *, per_unit: int = 1) -> int | None:
    """The weight in whole grams, half up; `per_unit` is 1000 where the file counts kilograms."""
    if column not in row.cells:
        return None
    found = text(row, column)
    if not found:
        return 0
    if not re.fullmatch(_NUMBER, found, re.ASCII):
        reason = (
            _("Not a weight. Example: 0.250")
            if per_unit > 1
            else _("Not a weight in grams. Example: 250")
        )
        raise Refuse(column, found, reason)
    weight = int(Decimal(found.replace(",", ".")) * per_unit + Decimal("0.5"))
    if weight > MAX_GRAMS:
        raise Refuse(column, found, _("This weight is too high to be one."))
    return weight


def address(row: Row, column: str) -> str:
    """The web address in a cell, or nothing."""
    return web_address(text(row, column), column)


def web_address(url: str, column: str) -> str:
    """The address, found to be one of the web."""
    if len(url) > 500:
        raise Refuse(column, url, _("Longer than %(limit)d characters.") % {"limit": 500})
    if url and not re.fullmatch(r"https?://[^\s<>\"]+", url):
        raise Refuse(column, url, _("Not a web address. Example: https://shop.example/1.jpg"))
    return url


def day(row: Row, column: str) -> date | None:
    """The date in a cell: 2026-11-22, with a time or without, 22/11/2026, 11/22/26."""
    found = text(row, column)
    if not found:
        return None
    for pattern in ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%y", "%m/%d/%Y"):
        try:
            return datetime.strptime(found.split(" ")[0].split(",")[0], pattern).date()  # noqa: DTZ007  a day alone
        except ValueError:
            continue
    raise Refuse(column, found, _("Not a date. Example: 2026-11-22"))

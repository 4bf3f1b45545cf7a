"""Shopify's product export: one row a variant or picture, the product's texts on its first row.

Columns: help.shopify.com, "Using CSV files to import and export products". Prices are taken
as what consumers pay, tax included (VAT-2). An article without a SKU gets one made of the
handle and its options, the same at every reading: T-SHIRT-M-BLUE.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from babel.numbers import get_currency_precision
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from stdnum import ean

from catalog.imports.records import Notes, PictureRecord, ProductRecord, Refused, VariantRecord
from catalog.imports.text import code_of, plain
from catalog.models import Product
from catalog.models.product import check_gtin
from omnishop.kernel.csv_files import Row

NAME = "shopify"
REQUIRED = ("Handle", "Title", "Variant Price")
MAX_ROWS = 5000  # of one product; Shopify allows 2,048 variants and 250 pictures
MAX_MINOR = 2**31 - 1  # what a price column holds
MAX_GRAMS = 2**31 - 1

READ = {
    *("Handle", "Title", "Body (HTML)", "Vendor", "Type", "Published", "Status", "Gift Card"),
    *(f"Option{n} {part}" for n in (1, 2, 3) for part in ("Name", "Value")),
    *("Variant SKU", "Variant Barcode", "Variant Grams", "Variant Price", "Variant Image"),
    *("Variant Inventory Qty", "Variant Compare At Price", "Variant Taxable"),
    *("Image Src", "Image Position", "Image Alt Text"),
}
STATUSES = {
    "active": Product.Status.ACTIVE,
    "draft": Product.Status.DRAFT,
    "archived": Product.Status.ARCHIVED,
    "unlisted": Product.Status.DRAFT,
}
YES, NO = {"true", "yes", "1", "vrai", "oui"}, {"false", "no", "0", "faux", "non", ""}

STOCK = gettext_noop(
    "units of stock in the file: stock is not imported, receive it at its location"
)
COMPARE_AT = gettext_noop(
    "former prices: not imported, the reference price comes from what was really charged"
)
UNTAXED = gettext_noop("articles marked as not taxable: check their tax category")


class _Refuse(Exception):
    """This row cannot be taken."""

    def __init__(self, column: str, value: str, reason: str) -> None:
        self.column, self.value, self.reason = column, value, reason
        super().__init__(reason)


@dataclass(slots=True)
class Parser:
    """Reads rows into products; `notes` counts what the catalogue does not take."""

    notes: Notes = field(default_factory=Notes)

    def products(self, rows: Iterable[Row]) -> Iterator[ProductRecord]:
        """The products of the file in order. A product's rows follow each other."""
        seen: set[str] = set()
        for handle, group in _by_handle(rows):
            record = self._product(handle, group)
            if handle and handle in seen:
                _refuse_all(
                    record,
                    group,
                    "Handle",
                    handle,
                    _("Rows of this product stand apart from its first ones: sort by Handle."),
                )
            seen.add(handle)
            yield record

    def _product(self, handle: str, group: list[Row]) -> ProductRecord:
        first = group[0]
        record = ProductRecord(
            source_key=_source_key(handle), key=handle, row=first.number, rows=len(group)
        )
        try:
            names = self._texts(record, handle, first)
        except _Refuse as refuse:
            record.refused.append(
                Refused(first.number, handle, refuse.column, refuse.value, refuse.reason)
            )
            for row in group[1:]:
                record.refused.append(
                    Refused(
                        row.number,
                        handle,
                        "Handle",
                        handle,
                        _("The first row of this product, %(row)d, was refused.")
                        % {"row": first.number},
                    )
                )
            return record
        skus: dict[str, int] = {}
        combinations: dict[tuple[tuple[str, str], ...], int] = {}
        for row in group:
            try:
                self._row(record, row, names, skus, combinations)
            except _Refuse as refuse:
                record.refused.append(
                    Refused(row.number, handle, refuse.column, refuse.value, refuse.reason)
                )
        return record

    def _texts(self, record: ProductRecord, handle: str, row: Row) -> list[str]:
        """Fill in what belongs to the product; gives the names of its options."""
        if row.problem:
            raise _Refuse("", "", row.problem)
        if not handle:
            raise _Refuse("Handle", "", _("The handle is missing."))
        record.name = _short(row, "Title", 160)
        if not record.name:
            raise _Refuse("Title", "", _("The name is missing."))
        if _flag(row, "Gift Card"):
            raise _Refuse("Gift Card", "true", _("Gift cards are not articles of the catalogue."))
        if "Body (HTML)" in row.cells:
            record.description = plain(row.cells["Body (HTML)"])
        record.brand = _short(row, "Vendor", 80) if "Vendor" in row.cells else None
        record.category = _short(row, "Type", 80) if "Type" in row.cells else None
        record.status = _status(row)
        names = []
        for n in (1, 2, 3):
            if name := _short(row, f"Option{n} Name", 40):
                names.append(name)
            else:
                break
        if names == ["Title"] and row.cells.get("Option1 Value", "").strip() in {
            "Default Title",
            "",
        }:
            names = []
        return names

    def _row(
        self,
        record: ProductRecord,
        row: Row,
        names: list[str],
        skus: dict[str, int],
        combinations: dict[tuple[tuple[str, str], ...], int],
    ) -> None:
        """Add the variant and the picture of a row to its product, or neither."""
        if row.problem:
            raise _Refuse("", "", row.problem)
        cells = row.cells
        variant = None
        if row.number == record.row or any(
            cells.get(name, "").strip()
            for name in ("Variant Price", "Variant SKU", "Option1 Value", "Variant Barcode")
        ):
            variant = _variant(record.key, row, names)
            if variant.sku in skus:
                raise _Refuse(
                    "Variant SKU",
                    variant.sku,
                    _("The same SKU as on row %(row)d.") % {"row": skus[variant.sku]},
                )
            if variant.options in combinations:
                raise _Refuse(
                    "Option1 Value",
                    ", ".join(value for _name, value in variant.options),
                    _("The same options as on row %(row)d.")
                    % {"row": combinations[variant.options]},
                )
        pictures = _pictures(row, variant)
        if variant:
            skus[variant.sku] = combinations[variant.options] = row.number
            record.variants.append(variant)
            self._note(row)
        known = {(picture.url, picture.sku) for picture in record.pictures}
        record.pictures += [p for p in pictures if (p.url, p.sku) not in known]
        self.notes.columns.update(
            name for name, value in cells.items() if name and name not in READ and value.strip()
        )

    def _note(self, row: Row) -> None:
        counts, cells = self.notes.counts, row.cells
        if re.fullmatch(r"[1-9]\d*", units := cells.get("Variant Inventory Qty", "").strip()):
            counts[STOCK] += int(units)
        if cells.get("Variant Compare At Price", "").strip():
            counts[COMPARE_AT] += 1
        if cells.get("Variant Taxable", "true").strip().lower() in NO - {""}:
            counts[UNTAXED] += 1


def _by_handle(rows: Iterable[Row]) -> Iterator[tuple[str, list[Row]]]:
    """Rows of one handle that follow each other; a row without a handle stands alone."""
    handle, group = "", list[Row]()
    for row in rows:
        own = row.cells.get("Handle", "").strip()
        if group and own and own == handle and len(group) < MAX_ROWS:
            group.append(row)
            continue
        if group:
            yield handle, group
        handle, group = own, [row]
    if group:
        yield handle, group


def _refuse_all(
    record: ProductRecord, group: list[Row], column: str, value: str, reason: str
) -> None:
    record.variants, record.pictures = [], []
    record.refused = [Refused(row.number, record.key, column, value, reason) for row in group]


def _source_key(handle: str) -> str:
    key = f"{NAME}:{handle}"
    return key if len(key) <= 120 else f"{NAME}:{code_of(handle, 100)}"


# --- Cells --------------------------------------------------------------------------------------


def _short(row: Row, column: str, limit: int) -> str:
    """A cell of one line's text, refused where the catalogue cannot keep it whole."""
    text = row.cells.get(column, "").strip()
    if len(text) > limit:
        raise _Refuse(column, text, _("Longer than %(limit)d characters.") % {"limit": limit})
    return text


def _flag(row: Row, column: str) -> bool:
    word = row.cells.get(column, "").strip()
    if word.lower() in YES:
        return True
    if word.lower() in NO:
        return False
    raise _Refuse(column, word, _("Neither true nor false."))


def _status(row: Row) -> str | None:
    """Shown on the shop's site only when active and published."""
    if not {"Status", "Published"} & set(row.cells):
        return None
    word = row.cells.get("Status", "").strip().lower() or "active"
    if word not in STATUSES:
        raise _Refuse("Status", word, _("Neither active, draft nor archived."))
    status = STATUSES[word]
    published = row.cells.get("Published", "").strip() == "" or _flag(row, "Published")
    if status == Product.Status.ACTIVE and not published:
        return Product.Status.DRAFT
    return status


def _variant(handle: str, row: Row, names: list[str]) -> VariantRecord:
    options = []
    for n, name in enumerate(names, 1):
        value = _short(row, f"Option{n} Value", 60)
        if not value:
            raise _Refuse(
                f"Option{n} Value",
                "",
                _("The value of the option %(name)s is missing.") % {"name": name},
            )
        options.append((name, value))
    for n in range(len(names) + 1, 4):
        value = row.cells.get(f"Option{n} Value", "").strip()
        if value and (n, value) != (1, "Default Title"):
            raise _Refuse(f"Option{n} Value", value, _("This option has no name on the first row."))
    sku = _short(row, "Variant SKU", 64)
    if not sku:
        sku = code_of(" ".join([handle, *(value for _name, value in options)]), 64).upper()
    return VariantRecord(
        row=row.number,
        sku=sku,
        gtin=_gtin(row),
        options=tuple(options),
        price_minor=_price(row),
        weight_g=_grams(row),
    )


def _gtin(row: Row) -> str | None:
    """The barcode when it is a GTIN (STD-1). What a spreadsheet has damaged is never guessed."""
    if "Variant Barcode" not in row.cells:
        return None
    text = row.cells.get("Variant Barcode", "").strip()
    code = ean.compact(text.removeprefix("'"))
    if not code:
        return ""
    if re.fullmatch(r"\d+(?:[.,]\d+)?[eE]\+?\d+", code):
        raise _Refuse(
            "Variant Barcode",
            text,
            _(
                "A spreadsheet turned this barcode into a rounded number, its digits are lost:"
                " export it again with the column as text."
            ),
        )
    if re.fullmatch(r"\d{6,7}|\d{9,11}", code):
        raise _Refuse(
            "Variant Barcode",
            text,
            _(
                "A barcode has 8, 12, 13 or 14 digits: a spreadsheet may have dropped its leading"
                " zeros. Export it again with the column as text."
            ),
        )
    try:
        check_gtin(code)
    except ValidationError as error:
        raise _Refuse("Variant Barcode", text, error.messages[0]) from error
    return str(code)


def _price(row: Row) -> int:
    """A price in minor units, exactly; 1 234,50 and 1234.50 are the same."""
    text = row.cells.get("Variant Price", "").strip()
    if not text:
        raise _Refuse("Variant Price", "", _("The price is missing."))
    bare = re.sub(r"(?<=\d)[ \u00a0\u202f](?=\d{3}(?!\d))", "", text)
    if not re.fullmatch(r"\d{1,12}(?:[.,]\d{1,12})?", bare, re.ASCII):
        raise _Refuse("Variant Price", text, _("Not a price. Examples: 12.50 or 12,50"))
    digits = get_currency_precision(settings.CURRENCY)
    minor = Decimal(bare.replace(",", ".")).scaleb(digits)
    if minor != int(minor):
        raise _Refuse(
            "Variant Price",
            text,
            _("More decimals than %(currency)s has; prices are not rounded here.")
            % {"currency": settings.CURRENCY},
        )
    if minor > MAX_MINOR:
        raise _Refuse("Variant Price", text, _("This price is too high to be one."))
    return int(minor)


def _grams(row: Row) -> int | None:
    """The weight in whole grams, half up."""
    if "Variant Grams" not in row.cells:
        return None
    text = row.cells.get("Variant Grams", "").strip()
    if not text:
        return 0
    if not re.fullmatch(r"\d{1,12}(?:[.,]\d{1,12})?", text, re.ASCII):
        raise _Refuse("Variant Grams", text, _("Not a weight in grams. Example: 250"))
    grams = int(Decimal(text.replace(",", ".")) + Decimal("0.5"))
    if grams > MAX_GRAMS:
        raise _Refuse("Variant Grams", text, _("This weight is too high to be one."))
    return grams


def _pictures(row: Row, variant: VariantRecord | None) -> list[PictureRecord]:
    """The row's picture, and that of its variant."""
    found = []
    if url := _address(row, "Image Src"):
        place = row.cells.get("Image Position", "").strip()
        if place and not re.fullmatch(r"\d{1,4}", place, re.ASCII):
            raise _Refuse("Image Position", place, _("Not a place in an order. Example: 1"))
        found.append(PictureRecord(url, _short(row, "Image Alt Text", 160), int(place or 0)))
    if variant and (url := _address(row, "Variant Image")):
        found.append(PictureRecord(url, "", 0, sku=variant.sku))
    return found


def _address(row: Row, column: str) -> str:
    url = _short(row, column, 500)
    if url and not re.fullmatch(r"https?://[^\s<>\"]+", url):
        raise _Refuse(column, url, _("Not a web address. Example: https://shop.example/1.jpg"))
    return url

"""Shopify's product export: one row a variant or picture, the product's texts on its first row.

Columns: help.shopify.com, "Using CSV files to import and export products". Prices are taken
as what consumers pay, tax included (VAT-2). An article without a SKU gets one made of the
handle and its options, the same at every reading: T-SHIRT-M-BLUE.
"""

import re
from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from catalog.imports.cells import NO, Refuse, address, flag, grams, gtin, price, short, text, way
from catalog.imports.reader import COMPARE_AT, MAX_ROWS, STOCK, UNTAXED, Group, Reader, made_sku
from catalog.imports.records import PictureRecord, ProductRecord, VariantRecord
from catalog.imports.text import plain
from catalog.models import Product
from omnishop.kernel.csv_files import Row

NAME = "shopify"
REQUIRED = ("Handle", "Title", "Variant Price")

STATUSES = {
    "active": Product.Status.ACTIVE,
    "draft": Product.Status.DRAFT,
    "archived": Product.Status.ARCHIVED,
    "unlisted": Product.Status.DRAFT,
}


class ShopifyReader(Reader):
    """A product's rows follow each other; options have their names on the first one."""

    name = NAME
    key_column = "Handle"
    sku_column = "Variant SKU"
    option_column = "Option1 Value"
    by_sku = False  # by its handle
    known = frozenset(
        {
            *("Handle", "Title", "Body (HTML)", "Vendor", "Type", "Published", "Status"),
            *(f"Option{n} {part}" for n in (1, 2, 3) for part in ("Name", "Value")),
            *("Variant SKU", "Variant Barcode", "Variant Grams", "Variant Price"),
            *("Variant Inventory Qty", "Variant Compare At Price", "Variant Taxable"),
            *("Variant Image", "Image Src", "Image Position", "Image Alt Text", "Gift Card"),
        }
    )

    def products(self, rows: Iterable[Row]) -> Iterator[ProductRecord]:
        seen: set[str] = set()
        for handle, group in _by_handle(rows):
            record = self.product(handle, group)
            if handle and handle in seen:
                self.refuse_all(
                    record,
                    group,
                    handle,
                    _("Rows of this product stand apart from its first ones: sort by Handle."),
                )
            seen.add(handle)
            yield record

    def texts(self, group: Group, first: Row) -> None:
        record = group.record
        if not record.key:
            raise Refuse("Handle", "", _("The handle is missing."))
        record.name = short(first, "Title", 160)
        if not record.name:
            raise Refuse("Title", "", _("The name is missing."))
        if flag(first, "Gift Card"):
            raise Refuse("Gift Card", "true", _("Gift cards are not articles of the catalogue."))
        if "Body (HTML)" in first.cells:
            record.description = plain(first.cells["Body (HTML)"])
        record.brand = short(first, "Vendor", 80) if "Vendor" in first.cells else None
        if "Type" in first.cells:
            record.category = way(text(first, "Type"), "Type")
        record.status = _status(first)
        for n in (1, 2, 3):
            if not (name := short(first, f"Option{n} Name", 40)):
                break
            group.option_names.append(name)
        default = text(first, "Option1 Value") in {"Default Title", ""}
        if group.option_names == ["Title"] and default:
            group.option_names = []

    def row(self, group: Group, row: Row) -> tuple[VariantRecord | None, list[PictureRecord]]:
        variant = None
        speaks = ("Variant Price", "Variant SKU", "Option1 Value", "Variant Barcode")
        if row.number == group.record.row or any(text(row, column) for column in speaks):
            variant = _variant(group, row)
        return variant, _pictures(row, variant)

    def count(self, row: Row) -> None:
        counts = self.notes.counts
        if re.fullmatch(r"[1-9]\d*", units := text(row, "Variant Inventory Qty")):
            counts[STOCK] += int(units)
        if text(row, "Variant Compare At Price"):
            counts[COMPARE_AT] += 1
        if row.cells.get("Variant Taxable", "true").strip().lower() in NO - {""}:
            counts[UNTAXED] += 1


def _by_handle(rows: Iterable[Row]) -> Iterator[tuple[str, list[Row]]]:
    """Rows of one handle that follow each other; a row without a handle stands alone."""
    handle, group = "", list[Row]()
    for row in rows:
        own = text(row, "Handle")
        if group and own and own == handle and len(group) < MAX_ROWS:
            group.append(row)
            continue
        if group:
            yield handle, group
        handle, group = own, [row]
    if group:
        yield handle, group


def _status(row: Row) -> str | None:
    """Shown on the shop's site only when active and published."""
    if not {"Status", "Published"} & set(row.cells):
        return None
    word = text(row, "Status").lower() or "active"
    if word not in STATUSES:
        raise Refuse("Status", word, _("Neither active, draft nor archived."))
    status = STATUSES[word]
    published = text(row, "Published") == "" or flag(row, "Published")
    if status == Product.Status.ACTIVE and not published:
        return Product.Status.DRAFT
    return status


def _variant(group: Group, row: Row) -> VariantRecord:
    options = []
    for n, name in enumerate(group.option_names, 1):
        value = short(row, f"Option{n} Value", 60)
        if not value:
            raise Refuse(
                f"Option{n} Value",
                "",
                _("The value of the option %(name)s is missing.") % {"name": name},
            )
        options.append((name, value))
    for n in range(len(group.option_names) + 1, 4):
        value = text(row, f"Option{n} Value")
        if value and (n, value) != (1, "Default Title"):
            raise Refuse(f"Option{n} Value", value, _("This option has no name on the first row."))
    sku = short(row, "Variant SKU", 64)
    return VariantRecord(
        row=row.number,
        sku=sku or made_sku(group.record.key, *(value for _name, value in options)),
        gtin=gtin(row, "Variant Barcode"),
        options=tuple(options),
        price_minor=price(row, "Variant Price"),
        weight_g=grams(row, "Variant Grams"),
    )


def _pictures(row: Row, variant: VariantRecord | None) -> list[PictureRecord]:
    """The row's picture, and that of its variant."""
    found = []
    if url := address(row, "Image Src"):
        place = text(row, "Image Position")
        if place and not re.fullmatch(r"\d{1,4}", place, re.ASCII):
            raise Refuse("Image Position", place, _("Not a place in an order. Example: 1"))
        found.append(PictureRecord(url, short(row, "Image Alt Text", 160), int(place or 0)))
    if variant and (url := address(row, "Variant Image")):
        found.append(PictureRecord(url, sku=variant.sku))
    return found

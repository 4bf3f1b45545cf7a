"""PrestaShop's product file, and its combinations: `;` between columns, a row a product.

Columns: the sample files of PrestaShop's import page, and its back office's own export. Rows
that have an attribute are the combinations of the product whose id or reference they carry;
PrestaShop keeps them in a file of their own, here both kinds may stand in one. A price without
tax gets today's VAT of the tax category (VAT-2).
"""

import re
from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _

from catalog.imports.cells import (
    Refuse,
    bare,
    deepest,
    flag,
    grams,
    gtin,
    parts,
    price,
    price_without_tax,
    short,
    text,
    way,
    web_address,
)
from catalog.imports.reader import (
    COMPARE_AT,
    STOCK,
    WITHOUT_TAX,
    Group,
    Place,
    Reader,
    gathered,
    made_sku,
)
from catalog.imports.records import HIDDEN, PictureRecord, ProductRecord, VariantRecord
from catalog.imports.text import plain
from catalog.models import Product
from omnishop.kernel.csv_files import Row

NAME = "prestashop"
REQUIRED = (
    ("Name",),
    ("ID", "Reference"),
    ("Price tax excluded", "Price tax included"),
)
# Headings of the sample files, of older versions, of the back office in French.
ALIASES = {
    **dict.fromkeys(("Product ID", "ID produit", "Product ID*", "ID du produit"), "ID"),
    **dict.fromkeys(("Active (0/1)", "Actif (0/1)", "Status", "État", "Statut"), "Active"),
    **dict.fromkeys(("Name*", "Name *", "Nom", "Nom*", "Nom *"), "Name"),
    **dict.fromkeys(
        ("Categories (x,y,z...)", "Catégories (x,y,z...)", "Category", "Catégorie"), "Categories"
    ),
    **dict.fromkeys(
        (
            *("Price tax excl.", "Price (tax excl.)", "Price tax excl", "Prix HT"),
            *("Price tax excluded", "Prix (HT)", "Prix (hors taxe)"),
        ),
        "Price tax excluded",
    ),
    **dict.fromkeys(
        ("Price tax incl.", "Price (tax incl.)", "Price tax incl", "Prix TTC", "Prix (TTC)"),
        "Price tax included",
    ),
    **dict.fromkeys(("Reference #", "Référence", "Référence n°"), "Reference"),
    **dict.fromkeys(("Brand", "Marque", "Fabricant"), "Manufacturer"),
    "EAN-13": "EAN13",
    **dict.fromkeys(("Weight (kg)", "Poids"), "Weight"),
    "Quantité": "Quantity",
    **dict.fromkeys(("Short description", "Résumé", "Récapitulatif"), "Summary"),
    **dict.fromkeys(("Image URLs (x,y,z...)", "URL des images (x,y,z...)", "Images"), "Image URLs"),
    **dict.fromkeys(("Image alt texts (x,y,z...)", "Image alt text (x,y,z...)"), "Image alt texts"),
    **dict.fromkeys(
        ("Attribute (Name:Type:Position)*", "Attribute (Name:Type:Position)"), "Attribute"
    ),
    **dict.fromkeys(("Value (Value:Position)*", "Value (Value:Position)"), "Value"),
    "Product Reference": "Product reference",
}


class PrestaReader(Reader):
    """Combinations follow their product or stand in a part of their own."""

    name = NAME
    key_column = "ID"
    sku_column = "Reference"
    option_column = "Value"
    known = frozenset(
        {
            *("ID", "Active", "Name", "Categories", "Price tax excluded", "Price tax included"),
            *("Reference", "EAN13", "UPC", "Weight", "Quantity", "Summary", "Description"),
            *("Manufacturer", "Image URLs", "Image alt texts", "Attribute", "Value"),
            *("Product reference", "On sale (0/1)", "Discount amount", "Discount percent"),
        }
    )

    def products(self, rows: Iterable[Row]) -> Iterator[ProductRecord]:
        for group in gathered(rows, _place):
            group.sort(key=lambda row: (_combination(row), row.number))
            first = group[0]
            key = text(first, "ID") or text(first, "Reference") or text(first, "Name")
            yield self.product(key, group)

    def texts(self, group: Group, first: Row) -> None:
        record = group.record
        if _combination(first):
            raise Refuse("ID", record.key, _("The product of this combination is not there."))
        record.name = short(first, "Name", 160)
        if not record.name:
            raise Refuse("Name", "", _("The name is missing."))
        if {"Description", "Summary"} & set(first.cells):
            long = plain(first.cells.get("Description", ""))
            record.description = long or plain(first.cells.get("Summary", ""))
        record.brand = short(first, "Manufacturer", 80) if "Manufacturer" in first.cells else None
        if "Categories" in first.cells:
            ways = [_way(part) for part in parts(text(first, "Categories"))]
            record.category = deepest(ways)
        if "Active" in first.cells:
            record.status = Product.Status.ACTIVE if flag(first, "Active") else HIDDEN

    def row(self, group: Group, row: Row) -> tuple[VariantRecord | None, list[PictureRecord]]:
        if row is group.rows[0] and len(group.rows) > 1:
            if _combination(group.rows[1]):
                return None, _pictures(row)
        elif row is not group.rows[0] and not _combination(row):
            raise Refuse(
                "ID",
                group.record.key,
                _("The same product as on row %(row)d.") % {"row": group.rows[0].number},
            )
        options = _options(row) if _combination(row) else ()
        sku = short(row, "Reference", 64) or made_sku(
            group.record.key, *(value for _name, value in options)
        )
        variant = VariantRecord(
            row=row.number,
            sku=sku,
            gtin=gtin(row, "EAN13") or gtin(row, "UPC") or _none_of(row),
            options=options,
            price_minor=self._price(row),
            weight_g=grams(row, "Weight", per_unit=1000),
        )
        return variant, _pictures(row, sku if options else "")

    def count(self, row: Row) -> None:
        counts = self.notes.counts
        if re.fullmatch(r"[1-9]\d*", units := text(row, "Quantity")):
            counts[STOCK] += int(units)
        if text(row, "Discount amount") or text(row, "Discount percent"):
            counts[COMPARE_AT] += 1
        if not text(row, "Price tax included"):
            counts[WITHOUT_TAX] += 1

    def _price(self, row: Row) -> int:
        """What consumers pay; rounded once, where the file says it without tax."""
        if text(row, "Price tax included") or "Price tax excluded" not in row.cells:
            return price(row, "Price tax included")
        net = price_without_tax(row, "Price tax excluded")
        gross = net * (10_000 + self.around.tax_bp) / Decimal(10_000)
        return int(gross.quantize(Decimal(1), ROUND_HALF_UP))


def _combination(row: Row) -> bool:
    return bool(text(row, "Attribute"))


def _place(row: Row) -> Place:
    """The group of a row: the product's id, its reference where there is none."""
    own = text(row, "ID")
    if _combination(row):
        parent = text(row, "Product reference")
        return (f"id:{own}" if own else f"ref:{parent}" if parent else "", [])
    reference = text(row, "Reference")
    ref = f"id:{own}" if own else f"ref:{reference}" if reference else ""
    return ref, [f"ref:{reference}"] if reference else []


def _options(row: Row) -> tuple[tuple[str, str], ...]:
    """The options of "Size:select:0, Colour:color:1" and "S:0, Blue:1"."""
    names = [bare(parts(part, ":")[0]) for part in parts(text(row, "Attribute"))]
    values = [_value(part) for part in parts(text(row, "Value"))]
    if len(names) != len(values) or not all(names) or not all(values):
        raise Refuse("Value", text(row, "Value"), _("Not one value for each attribute."))
    long = next((v for v in values if len(v) > 60), None) or next(
        (n for n in names if len(n) > 40), None
    )
    if long:
        raise Refuse("Value", long, _("Longer than %(limit)d characters.") % {"limit": 60})
    return tuple(zip(names, values, strict=True))


def _value(part: str) -> str:
    name, sign, place = part.strip().rpartition(":")
    return bare(name if sign and place.strip().isdigit() else part)


def _none_of(row: Row) -> str | None:
    return "" if {"EAN13", "UPC"} & set(row.cells) else None


def _way(part: str) -> tuple[str, ...]:
    names = way(part, "Categories", sign="/")
    return names[1:] if names[:1] in {("Home",), ("Accueil",)} and len(names) > 1 else names


def _pictures(row: Row, sku: str = "") -> list[PictureRecord]:
    urls = re.split(r"\s*,\s*(?=https?://)", text(row, "Image URLs"))
    return [PictureRecord(web_address(url, "Image URLs"), sku=sku) for url in urls if url]

"""WooCommerce's product export: a row a product, and a row a variation that names its parent.

Columns: woocommerce.com, "Product CSV Import Schema"; a shop in French exports French ones.
Prices are taken as what consumers pay, tax included. A sale price that is in force now is the
price; the regular one never becomes a former price (PRC-1).
"""

import re
from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from catalog.imports.cells import (
    Refuse,
    bare,
    day,
    deepest,
    grams,
    gtin,
    parts,
    price,
    short,
    text,
    way,
    web_address,
)
from catalog.imports.reader import (
    COMPARE_AT,
    STOCK,
    UNTAXED,
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

NAME = "woocommerce"
REQUIRED = ("Type", "SKU", "Name", "Regular price")
ATTRIBUTES = 20  # columns "Attribute 1 name" and on that are read
GTIN = "GTIN, UPC, EAN, or ISBN"
# What the headings are in a shop in French, and older or other spellings.
ALIASES = {
    "UGS": "SKU",
    "GTIN, UPC, EAN ou ISBN": GTIN,
    "GTIN, UPC, EAN, ou ISBN": GTIN,
    "Nom": "Name",
    "Publié": "Published",
    "Description courte": "Short description",
    "Date de début de promo": "Date sale price starts",
    "Date de fin de promo": "Date sale price ends",
    "État de la TVA": "Tax status",
    "Poids (kg)": "Weight (kg)",
    "Poids (g)": "Weight (g)",
    "Tarif promo": "Sale price",
    "Tarif régulier": "Regular price",
    "Catégories": "Categories",
    "Marques": "Brands",
    **{f"Nom de l’attribut {n}": f"Attribute {n} name" for n in range(1, ATTRIBUTES + 1)},
    **{f"Valeur(s) de l’attribut {n}": f"Attribute {n} value(s)" for n in range(1, ATTRIBUTES + 1)},
}


class WooReader(Reader):
    """Variations may stand far from their product: an export is sorted by id."""

    name = NAME
    key_column = "ID"
    sku_column = "SKU"
    option_column = "Attribute 1 value(s)"
    known = frozenset(
        {
            *("ID", "Type", "SKU", GTIN, "Name", "Published", "Short description", "Description"),
            *("Date sale price starts", "Date sale price ends", "Tax status", "Stock"),
            *("Weight (kg)", "Weight (g)", "Sale price", "Regular price", "Categories", "Brands"),
            *("Images", "Parent", "Position"),
            *(f"Attribute {n} {part}" for n in range(1, ATTRIBUTES + 1)
              for part in ("name", "value(s)")),
        }
    )  # fmt: skip

    def products(self, rows: Iterable[Row]) -> Iterator[ProductRecord]:
        for group in gathered(rows, _place):
            # The product itself first, wherever it stood.
            group.sort(key=lambda row: ("variation" in _types(row), row.number))
            key = text(group[0], "ID") or text(group[0], "SKU") or text(group[0], "Name")
            yield self.product(key, group)

    def texts(self, group: Group, first: Row) -> None:
        record, kinds = group.record, _types(first)
        if "variation" in kinds:
            raise Refuse(
                "Parent", text(first, "Parent"), _("The product of this variation is not there.")
            )
        if not kinds & {"simple", "variable"}:
            raise Refuse(
                "Type",
                text(first, "Type"),
                _("Only products that have articles of their own are imported."),
            )
        record.name = short(first, "Name", 160)
        if not record.name:
            raise Refuse("Name", "", _("The name is missing."))
        if {"Description", "Short description"} & set(first.cells):
            long = plain(first.cells.get("Description", ""))
            record.description = long or plain(first.cells.get("Short description", ""))
        record.brand = short(first, "Brands", 80) if "Brands" in first.cells else None
        if "Categories" in first.cells:
            ways = [way(part, "Categories") for part in parts(text(first, "Categories"))]
            record.category = deepest(ways)
        if "Published" in first.cells:
            record.status = _status(first)

    def row(self, group: Group, row: Row) -> tuple[VariantRecord | None, list[PictureRecord]]:
        kinds = _types(row)
        if "variable" in kinds:
            return None, _pictures(row)
        options = _options(row) if "variation" in kinds else ()
        if "variation" in kinds and not options:
            raise Refuse("Attribute 1 name", "", _("This variation has no attribute."))
        sku = short(row, "SKU", 64) or made_sku(
            group.record.key, *(value for _name, value in options)
        )
        weight = "Weight (kg)" if "Weight (kg)" in row.cells else "Weight (g)"
        variant = VariantRecord(
            row=row.number,
            sku=sku,
            gtin=gtin(row, GTIN),
            options=options,
            price_minor=price(row, self._price_column(row)),
            weight_g=grams(row, weight, per_unit=1000 if weight == "Weight (kg)" else 1),
        )
        return variant, _pictures(row, sku if "variation" in kinds else "")

    def count(self, row: Row) -> None:
        counts = self.notes.counts
        if re.fullmatch(r"[1-9]\d*", units := text(row, "Stock")):
            counts[STOCK] += int(units)
        if text(row, "Sale price") and text(row, "Regular price"):
            counts[COMPARE_AT] += 1
        if text(row, "Tax status") == "none":
            counts[UNTAXED] += 1

    def _price_column(self, row: Row) -> str:
        """The sale price counts while it is in force."""
        if not text(row, "Sale price"):
            return "Regular price"
        today = self.around.at.date()
        starts, ends = day(row, "Date sale price starts"), day(row, "Date sale price ends")
        running = (starts is None or starts <= today) and (ends is None or today <= ends)
        return "Sale price" if running else "Regular price"


def _place(row: Row) -> Place:
    """The group of a row: the product's id, its SKU where there is none."""
    own, sku = text(row, "ID"), text(row, "SKU")
    if "variation" in _types(row):
        parent = text(row, "Parent")
        return (parent if parent.startswith("id:") else f"sku:{parent}" if parent else "", [])
    ref = f"id:{own}" if own else f"sku:{sku}" if sku else ""
    return ref, [f"sku:{sku}"] if sku and "variable" in _types(row) else []


def _types(row: Row) -> set[str]:
    return {part.strip().lower() for part in text(row, "Type").split(",")}


def _status(row: Row) -> str:
    word = text(row, "Published")
    if word not in {"1", "0", "-1"}:
        raise Refuse("Published", word, _("Neither 1 (published), 0 (private) nor -1 (draft)."))
    return Product.Status.ACTIVE if word == "1" else HIDDEN


def _options(row: Row) -> tuple[tuple[str, str], ...]:
    found = []
    for n in range(1, ATTRIBUTES + 1):
        name = short(row, f"Attribute {n} name", 40)
        value = short(row, f"Attribute {n} value(s)", 200)
        if name and value:
            values = [bare(part) for part in parts(value)]
            if len(values) != 1 or len(values[0]) > 60:
                raise Refuse(
                    f"Attribute {n} value(s)", value, _("A variation has one value of each.")
                )
            found.append((name, values[0]))
    return tuple(found)


def _pictures(row: Row, sku: str = "") -> list[PictureRecord]:
    # A comma inside an address stays: the next address begins with http.
    urls = re.split(r"\s*,\s*(?=https?://)", text(row, "Images"))
    return [PictureRecord(web_address(url, "Images"), sku=sku) for url in urls if url]

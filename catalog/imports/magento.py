"""Magento 2's product export: a row an article, and a row for the product that they vary.

Columns: Adobe Commerce user guide, "Product attributes" of data transfer. A configurable product
lists its articles in `configurable_variations`; rows with a `store_view_code` are translations.
A special price that is in force now is the price; the other never becomes a former price (PRC-1).
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
    OTHER_LANGUAGE,
    STOCK,
    Circumstances,
    Group,
    Place,
    Reader,
    gathered,
)
from catalog.imports.records import HIDDEN, PictureRecord, ProductRecord, VariantRecord
from catalog.imports.text import plain
from catalog.models import Product
from omnishop.kernel.csv_files import Row

NAME = "magento"
REQUIRED = ("sku", "product_type", "name", "price")
ALIASES: dict[str, str] = {}
ROOT = "Default Category"
NO_PICTURE = {"", "no_selection"}


class MagentoReader(Reader):
    """Articles stand anywhere; their product says which are its own."""

    name = NAME
    key_column = "sku"
    sku_column = "sku"
    option_column = "configurable_variations"
    known = frozenset(
        {
            *("sku", "store_view_code", "product_type", "categories", "name", "description"),
            *("short_description", "weight", "product_online", "price", "special_price"),
            *("special_price_from_date", "special_price_to_date", "base_image"),
            *("base_image_label", "additional_images", "additional_image_labels", "qty"),
            *("additional_attributes", "configurable_variations", "configurable_variation_labels"),
            *("gtin", "attribute_set_code", "product_websites", "visibility"),
        }
    )

    def __init__(self, around: Circumstances) -> None:
        super().__init__(around)
        self._variations: dict[str, tuple[tuple[str, str], ...]] = {}
        self._inherited: dict[str, str] = {}

    def products(self, rows: Iterable[Row]) -> Iterator[ProductRecord]:
        for group in gathered(self._own_view(rows), _place):
            # The product itself first, wherever it stood.
            group.sort(key=lambda row: (text(row, "product_type") != "configurable", row.number))
            yield self.product(text(group[0], "sku"), group)

    def _own_view(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Rows of the shop's own texts; those of other store views are counted."""
        for row in rows:
            if not row.problem and text(row, "store_view_code"):
                self.notes.counts[OTHER_LANGUAGE] += 1
            else:
                yield row

    def texts(self, group: Group, first: Row) -> None:
        record, kind = group.record, text(first, "product_type")
        if not record.key:
            raise Refuse("sku", "", _("The SKU is missing."))
        if kind not in {"simple", "virtual", "configurable"}:
            raise Refuse(
                "product_type",
                kind,
                _("Only products that have articles of their own are imported."),
            )
        record.name = short(first, "name", 160)
        if not record.name:
            raise Refuse("name", "", _("The name is missing."))
        if {"description", "short_description"} & set(first.cells):
            long = plain(first.cells.get("description", ""))
            record.description = long or plain(first.cells.get("short_description", ""))
        more = pairs(first.cells.get("additional_attributes", ""))
        if "additional_attributes" in first.cells:
            record.brand = more.get("manufacturer") or more.get("brand")
            if record.brand and len(record.brand) > 80:
                raise Refuse("additional_attributes", record.brand, _too_long(80))
        if "categories" in first.cells:
            ways = [_way(part) for part in parts(text(first, "categories"))]
            record.category = deepest(ways)
        if "product_online" in first.cells:
            record.status = _status(first)
        self._variations = _variations(first) if kind == "configurable" else {}
        labels = pairs(first.cells.get("configurable_variation_labels", ""))
        self._variations = {
            sku: tuple((labels.get(name) or name, value) for name, value in options)
            for sku, options in self._variations.items()
        }

    def row(self, group: Group, row: Row) -> tuple[VariantRecord | None, list[PictureRecord]]:
        configurable = text(group.rows[0], "product_type") == "configurable"
        if configurable and row is group.rows[0]:
            if not self._variations:
                raise Refuse(self.option_column, "", _("This product has no articles."))
            return None, _pictures(row)
        sku = short(row, "sku", 64)
        options = self._variations.get(sku, ())
        if configurable and not options:
            raise Refuse("sku", sku, _("The same SKU stands twice in the file."))
        if not configurable and row is not group.rows[0]:
            raise Refuse(
                "sku",
                sku,
                _("The same SKU as on row %(row)d.") % {"row": group.rows[0].number},
            )
        variant = VariantRecord(
            row=row.number,
            sku=sku,
            gtin=_gtin(row),
            options=options,
            price_minor=price(row, self._price_column(row)),
            weight_g=grams(row, "weight", per_unit=1000),
        )
        return variant, _pictures(row, sku if configurable else "")

    def count(self, row: Row) -> None:
        if re.fullmatch(r"0*[1-9]\d*(\.0*)?", units := text(row, "qty")):
            self.notes.counts[STOCK] += int(float(units))
        if text(row, "special_price"):
            self.notes.counts[COMPARE_AT] += 1

    def _price_column(self, row: Row) -> str:
        """The special price counts while it is in force."""
        if not text(row, "special_price"):
            return "price"
        today = self.around.at.date()
        starts, ends = day(row, "special_price_from_date"), day(row, "special_price_to_date")
        running = (starts is None or starts <= today) and (ends is None or today <= ends)
        return "special_price" if running else "price"


def _place(row: Row) -> Place:
    sku = text(row, "sku")
    configurable = text(row, "product_type") == "configurable"
    return sku, list(_variations(row)) if configurable else []


def _variations(row: Row) -> dict[str, tuple[tuple[str, str], ...]]:
    """The options of each article: "sku=A,size=S,color=Red|sku=B,size=M,color=Red"."""
    found = {}
    for part in parts(text(row, "configurable_variations"), "|"):
        values = pairs(part)
        if sku := values.pop("sku", ""):
            found[sku] = tuple(
                (name, value)
                for name, value in values.items()
                if name and value and len(name) <= 40 and len(value) <= 60
            )
    return found


def pairs(cell: str) -> dict[str, str]:
    """The values of "a=1,b=2"; a comma that is followed by no name belongs to the value."""
    found = {}
    for part in re.split(r"(?<!\\),(?=[^,=|\\]+=)", cell):
        name, sign, value = part.partition("=")
        if sign:
            found[name.strip()] = bare(value)
    return found


def _gtin(row: Row) -> str | None:
    """An own column, else what most shops call their attribute."""
    if "gtin" in row.cells:
        return gtin(row, "gtin")
    more = pairs(row.cells.get("additional_attributes", ""))
    code = next((more[name] for name in ("gtin", "ean", "ean13", "barcode") if name in more), None)
    if code is None:
        return None
    return gtin(Row(row.number, {"additional_attributes": code}), "additional_attributes")


def _way(part: str) -> tuple[str, ...]:
    names = way(part, "categories", sign="/")
    return names[1:] if names[:1] == (ROOT,) else names


def _status(row: Row) -> str:
    word = text(row, "product_online")
    if word not in {"1", "2", "0"}:
        raise Refuse("product_online", word, _("Neither 1 (on sale) nor 2 (off)."))
    return Product.Status.ACTIVE if word == "1" else HIDDEN


def _too_long(limit: int) -> str:
    return _("Longer than %(limit)d characters.") % {"limit": limit}


def _pictures(row: Row, sku: str = "") -> list[PictureRecord]:
    """Addresses of the web; a path inside the shop it came from leads nowhere."""
    found = [text(row, "base_image")]
    found += re.split(r"\s*,\s*(?=https?://)", text(row, "additional_images"))
    urls = dict.fromkeys(url for url in found if url.startswith(("http://", "https://")))
    return [PictureRecord(web_address(url, "base_image"), sku=sku) for url in urls]

"""Any table of articles: a row an article, columns named by a mapping, or by common words.

Rows of the same `product` are the articles of one product; without that column each row is a
product of its own. An article is known by its `sku`, else by its `gtin`.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.imports.cells import (
    Refuse,
    grams,
    gtin,
    price,
    short,
    text,
    way,
    web_address,
)
from catalog.imports.reader import STOCK, Group, Place, Reader, gathered, made_sku
from catalog.imports.records import PictureRecord, ProductRecord, VariantRecord
from catalog.imports.text import plain
from catalog.models import Product
from omnishop.kernel.csv_files import NotReadable, Row

NAME = "csv"
FIELDS = {
    "product": gettext_lazy("product that the article belongs to"),
    "sku": gettext_lazy("SKU"),
    "gtin": gettext_lazy("GTIN (barcode)"),
    "name": gettext_lazy("name"),
    "description": gettext_lazy("description"),
    "brand": gettext_lazy("brand"),
    "category": gettext_lazy("category (Clothing > Shoes)"),
    "status": gettext_lazy("status (active, draft, archived)"),
    "price": gettext_lazy("price, tax included"),
    "weight_g": gettext_lazy("weight in grams"),
    "weight_kg": gettext_lazy("weight in kilograms"),
    "pictures": gettext_lazy("addresses of pictures"),
    "picture_alt": gettext_lazy("description of the picture"),
    "stock": gettext_lazy("stock (counted, not imported)"),
}
OPTION = "option:"  # option:Size is the column with each article's size
IGNORED = "-"
# Words that shops use as headings, without accents and signs.
COMMON: dict[str, tuple[str, ...]] = {
    "product": ("product", "produit", "handle", "slug", "model", "modele", "parentsku"),
    "sku": ("sku", "ref", "reference", "codearticle", "articlecode", "ugs", "itemcode"),
    "gtin": (
        *("gtin", "ean", "ean13", "codeean", "barcode", "codebarre", "codebarres"),
        *("upc", "isbn", "isbn13", "code"),
    ),
    "name": (
        *("name", "nom", "title", "titre", "productname", "nomproduit", "designation"),
        *("libelle", "intitule"),
    ),
    "description": ("description", "descriptif", "body"),
    "brand": ("brand", "brands", "marque", "vendor", "manufacturer", "fabricant"),
    "category": ("category", "categories", "categorie", "rayon", "famille", "maincategoryfr"),
    "status": ("status", "statut"),
    "price": ("price", "prix", "prixttc", "prixventettc", "pvttc", "priceincltax"),
    "weight_g": ("weightg", "poidsg", "grams"),
    "weight_kg": ("weightkg", "poidskg"),
    "pictures": ("pictures", "picture", "images", "image", "imageurl", "photo", "photos"),
    "picture_alt": ("picturealt", "imagealt"),
    "stock": ("stock", "quantity", "quantite", "qty"),
}
_BY_WORD = {word: name for name, words in COMMON.items() for word in words}
STATUSES = {
    **dict.fromkeys(("active", "actif", "1", "true", "oui", "yes"), Product.Status.ACTIVE),
    **dict.fromkeys(("draft", "brouillon", "0", "false", "non", "no"), Product.Status.DRAFT),
    **dict.fromkeys(("archived", "archive", "archivé"), Product.Status.ARCHIVED),
}


def word(heading: str) -> str:
    """A heading in lower case without accents and signs."""
    plain_letters = unicodedata.normalize("NFKD", heading.casefold())
    return "".join(letter for letter in plain_letters if letter.isalnum())


def guessed(header: Sequence[str]) -> dict[str, str]:
    """The fields of headings that shops commonly use; each field once, the first one wins."""
    found: dict[str, str] = {}
    for heading in header:
        name = heading if heading.startswith(OPTION) else _BY_WORD.get(word(heading), "")
        if name and name not in found.values():
            found[heading] = name
    return found


def checked(mapping: Mapping[str, str], header: Sequence[str]) -> dict[str, str]:
    """A mapping of this header's columns to our fields. Raises NotReadable."""
    absent = [heading for heading in mapping if heading not in header]
    if absent:
        raise NotReadable(
            _("The file has no column %(names)s.") % {"names": ", ".join(map(str, absent))}
        )
    found = {heading: name for heading, name in mapping.items() if name != IGNORED}
    unknown = [
        str(name)
        for name in found.values()
        if name not in FIELDS and not re.fullmatch(rf"{OPTION}.{{1,40}}", str(name))
    ]
    if unknown:
        raise NotReadable(
            _("There is no field %(names)s. There are: %(fields)s, option:NAME, - (ignored).")
            % {"names": ", ".join(unknown), "fields": ", ".join(FIELDS)}
        )
    names = list(found.values())
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise NotReadable(_("Two columns are mapped to %(names)s.") % {"names": ", ".join(twice)})
    return found


class GenericReader(Reader):
    """The columns have the names of our fields by now."""

    name = NAME
    key_column = "product"
    sku_column = "sku"
    option_column = "option"
    known = frozenset(FIELDS)

    def products(self, rows: Iterable[Row]) -> Iterator[ProductRecord]:
        for group in gathered(rows, _place):
            key = next(
                (found for name in ("product", "sku", "gtin", "name")
                 if (found := text(group[0], name))),
                "",
            )  # fmt: skip
            yield self.product(key, group)

    def texts(self, group: Group, first: Row) -> None:
        record = group.record
        record.name = short(first, "name", 160)
        if not record.name:
            raise Refuse("name", "", _("The name is missing."))
        if "description" in first.cells:
            record.description = plain(first.cells["description"])
        record.brand = short(first, "brand", 80) if "brand" in first.cells else None
        if "category" in first.cells:
            record.category = way(text(first, "category"), "category")
        if said := text(first, "status").lower():
            if said not in STATUSES:
                raise Refuse("status", said, _("Neither active, draft nor archived."))
            record.status = STATUSES[said]

    def row(self, group: Group, row: Row) -> tuple[VariantRecord | None, list[PictureRecord]]:
        options = tuple(
            (name.removeprefix(OPTION).strip()[:40], short(row, name, 60))
            for name in row.cells
            if name.startswith(OPTION) and text(row, name)
        )
        code = gtin(row, "gtin")
        sku = short(row, "sku", 64) or code
        kilograms = "weight_kg" in row.cells and "weight_g" not in row.cells
        variant = VariantRecord(
            row=row.number,
            sku=sku or made_sku(group.record.key, *(value for _name, value in options)),
            gtin=code,
            # A table without such columns, of codes and prices say, leaves them as they are.
            options=options if any(name.startswith(OPTION) for name in row.cells) else None,
            price_minor=price(row, "price") if "price" in row.cells else None,
            weight_g=grams(row, "weight_kg" if kilograms else "weight_g",
                           per_unit=1000 if kilograms else 1),
        )  # fmt: skip
        # A comma inside an address stays: the next address begins with http.
        urls = re.split(r"\s*,\s*(?=https?://)", text(row, "pictures"))
        alt = short(row, "picture_alt", 160) if "picture_alt" in row.cells else None
        return variant, [PictureRecord(web_address(url, "pictures"), alt) for url in urls if url]

    def count(self, row: Row) -> None:
        if re.fullmatch(r"[1-9]\d*", units := text(row, "stock")):
            self.notes.counts[STOCK] += int(units)


def _place(row: Row) -> Place:
    for name in ("product", "sku", "gtin"):
        if found := text(row, name):
            return f"{name}:{found}", []
    return "", []

"""How products are described: types and attributes, what their texts say, guides, sets, places."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from django.core.files.base import ContentFile

from catalog import sheet
from catalog.models import (
    Assortment,
    Attribute,
    AttributeValue,
    BundleItem,
    Category,
    Document,
    Guide,
    Picture,
    Price,
    Product,
    ProductType,
    RelatedProduct,
    VariableArticle,
    VariableCode,
    Variant,
    Video,
)
from inventory.services import Demand, receive
from omnishop.demo import content, shapes
from omnishop.demo.days import Days
from omnishop.demo.house import House
from omnishop.demo.papers import pdf

WATERPROOF = re.compile(r"imperm|étanche|déperl|colonne d’eau|schmerber", re.IGNORECASE)
RECYCLED = re.compile(r"recycl", re.IGNORECASE)
STANDARD = re.compile(r"\b(?:EN|ISO)(?: ISO)? \d{3,5}(?:-\d+)?")
HOURS = re.compile(r"(\d+) heures")
Row = dict[str, Any]


class _Known(NamedTuple):
    """An attribute and its values by code."""

    pk: int
    values: dict[str, int]


@dataclass(frozen=True)
class Sheets:
    """What a product is described by, found by its shelf."""

    types: dict[str, int]  # by shelf
    offered: dict[str, tuple[str, ...]]  # attributes by shelf
    given: dict[str, Row]  # what the type says of all its products, by shelf
    known: dict[str, _Known]

    def rows(self, text: shapes.ProductText, product: int) -> list[Row]:
        """The values of a product: of its type, read from its text, and said of it alone."""
        said = self.given.get(text.category, {}) | _read(text) | _single().get(text.code, {})
        found: list[Row] = []
        for code in self.offered.get(text.category, ()):
            if code in said:
                found += self._rows(code, said[code], product)
        return found

    def _rows(self, code: str, value: Any, product: int) -> list[Row]:
        attribute = self.known[code]
        base = {"product_id": product, "attribute_id": attribute.pk}
        if attribute.values:
            if isinstance(value, bool):
                value = [sheet.YES if value else sheet.NO]
            codes = [value] if isinstance(value, str) else value
            return [base | {"value_id": attribute.values[one]} for one in codes]
        if isinstance(value, dict):
            words = {"text": value["fr"], "text_fr": value["fr"], "text_en": value["en"]}
            return [base | words]
        if isinstance(value, int):
            return [base | {"number": value}]
        return [base | {"day": value}]


@cache
def _data() -> dict[str, Any]:
    return content.table("sheets.toml")


@cache
def _single() -> dict[str, Row]:
    return {
        one["code"]: {k: v for k, v in one.items() if k != "code"} for one in _data()["product"]
    }


@cache
def _words() -> dict[str, tuple[str, ...]]:
    """By which words a material is told."""
    materials = next(one for one in _data()["value"] if one["attribute"] == "matiere")
    return {value["code"]: tuple(value["words"]) for value in materials["values"]}


def _read(text: shapes.ProductText) -> Row:
    """What the French description says of material, rain, standard and hours, and the weight."""
    told = text.description.fr
    low = told.lower()
    found: Row = {
        "poids": text.weight_g,
        "impermeable": bool(WATERPROOF.search(told)),
    }
    if RECYCLED.search(told):
        found["recycle"] = True
    if materials := [code for code, words in _words().items() if any(w in low for w in words)]:
        found["matiere"] = materials
    if standard := STANDARD.search(told):
        found["norme"] = {"fr": standard.group(), "en": standard.group()}
    if hours := HOURS.search(told):
        found["autonomie"] = int(hours.group(1))
    return found


def build(position: int) -> Sheets:
    """Write attributes, their values and types, after the options, which end at a position."""
    known: dict[str, _Known] = {}
    lists = {one["attribute"]: one["values"] for one in _data()["value"]}
    for number, one in enumerate(_data()["attribute"], start=position + 1):
        attribute = Attribute.objects.create(
            code=one["code"], name_fr=one["fr"], name_en=one["en"], kind=one["kind"],
            unit=one.get("unit", ""), position=number,
        )  # fmt: skip
        if one["kind"] == Attribute.Kind.BOOLEAN:
            sheet.yes_and_no(attribute)
        AttributeValue.objects.bulk_create(
            AttributeValue(
                attribute=attribute, code=value["code"], name_fr=value["fr"],
                name_en=value["en"], position=place,
            )
            for place, value in enumerate(lists.get(one["code"], []))
        )  # fmt: skip
        values = dict(attribute.values.values_list("code", "pk"))
        known[one["code"]] = _Known(attribute.pk, values)
    found = Sheets({}, {}, {}, known)
    for one in _data()["type"]:
        kind = ProductType.objects.create(code=one["code"], name_fr=one["fr"], name_en=one["en"])
        kind.attributes.set(known[code].pk for code in one["attributes"])
        for shelf in one["shelves"]:
            found.types[shelf] = kind.pk
            found.offered[shelf] = tuple(one["attributes"])
            found.given[shelf] = {key: one[key] for key in ("usage", "saison") if key in one}
    return found


def finish(house: House, days: Days, *, opened: datetime) -> None:
    """Write what needs the products: relations, films, papers, guides, sets, special places."""
    codes = {text.code: text.slug for text in content.products()}
    by_slug = dict(Product.objects.filter(slug__in=codes.values()).values_list("slug", "pk"))
    products = {code: by_slug[slug] for code, slug in codes.items()}
    RelatedProduct.objects.bulk_create(
        RelatedProduct(
            product_id=products[one["product"]], other_id=products[other], kind=kind, position=place
        )
        for one in _data()["related"]
        for kind in RelatedProduct.Kind.values
        for place, other in enumerate(one.get(kind, ()))
    )
    for one in _data()["video"]:
        Video.objects.create(
            product_id=products[one["product"]],
            url=one["url"],
            **_both("title", one["title"]),
            **_both("transcript", one["transcript"]),
        )
    for one in _data()["document"]:
        Document.objects.create(
            product_id=products[one["product"]],
            title=one["title"],
            language=one["language"],
            file=ContentFile(pdf(one["title"], one["lines"]), name=f"{one['product'].lower()}.pdf"),
        )
    _guides(products)
    for one in _data()["set"]:
        _set(one, house, opened)
    for number, one in enumerate(_data()["extra"], start=1):
        _extra(one, house, days, opened, number)
    for one in _data()["scale"]:
        _scale(one)


def _both(field: str, words: dict[str, str]) -> dict[str, str]:
    return {f"{field}_fr": words["fr"].strip(), f"{field}_en": words["en"].strip()}


def _guides(products: dict[str, int]) -> None:
    for one in content.table("guides.toml")["guide"]:
        guide = Guide.objects.create(
            slug=one["slug"],
            published=True,
            **_both("title", one["title"]),
            **_both("summary", one["summary"]),
            **_both("body", one["body"]),
        )
        guide.products.set(products[code] for code in one["products"])
        guide.categories.set(Category.objects.filter(slug__in=one["categories"]))


def _product(one: Row, house: House, opened: datetime, like: Product, **more: Any) -> Variant:
    """A product with one article and its price; it borrows the picture of another."""
    product = Product.objects.create(
        slug=one["slug"],
        category=Category.objects.get(slug=one["category"]),
        brand=like.brand,
        tax_category=like.tax_category,
        product_type=like.product_type,
        status=Product.Status.ACTIVE,
        **_both("name", one["name"]),
        **_both("description", one["description"]),
        **more,
    )
    pictures: Any = like.pictures.all()
    Picture.objects.bulk_create(
        Picture(
            product=product, image=picture.image.name, width=picture.width,
            height=picture.height, alt_fr=picture.alt_fr, alt_en=picture.alt_en,
            position=picture.position,
        )
        for picture in pictures
    )  # fmt: skip
    content_g = one.get("content_g")
    variant = Variant.objects.create(
        product=product, sku=one["code"], content=content_g, measure="g" if content_g else ""
    )
    Price.objects.create(
        variant=variant,
        price_list=house.prices,
        amount_minor=one["price_minor"],
        valid_from=opened,
    )
    return variant


def _set(one: Row, house: House, opened: datetime) -> None:
    items = {
        variant.sku: variant
        for variant in Variant.objects.filter(sku__in=one["items"]).select_related("product")
    }
    first = items[next(iter(one["items"]))].product
    bundle = _product(one, house, opened, first)
    BundleItem.objects.bulk_create(
        BundleItem(bundle=bundle, item=items[sku], quantity=units)
        for sku, units in one["items"].items()
    )


def _extra(one: Row, house: House, days: Days, opened: datetime, number: int) -> None:
    texts = {text.code: text.slug for text in content.products()}
    later = one.get("sold_in_days")
    variant = _product(
        one,
        house,
        opened,
        Product.objects.get(slug=texts[one["like"]]),
        sold_from=days.midnight(-later) if later else None,
    )
    if only := one.get("only"):
        store = house.stores[only["store"]] if "store" in only else None
        Assortment.objects.create(product=variant.product, channel=only["channel"], store=store)
        places, units = [house.warehouse], 40
        if only["channel"] == "till":
            places = [house.floors[only["store"]]] if store else list(house.floors.values())
            units = 1 if store else 12
        receive(
            [Demand(line, variant.pk, place, units) for line, place in enumerate(places, start=1)],
            document=f"BL-X{number}",
            at=days.midnight(30),
            actor="task",
        )


def _scale(one: Row) -> None:
    """How a scale of the shops labels its packs, and of which article."""
    code = VariableCode.objects.create(
        prefix=one["prefix"],
        name=one["name"],
        carries=one["carries"],
        decimals=one["decimals"],
    )
    variant = Variant.objects.get(sku=one["article"])
    VariableArticle.objects.create(code=code, item_number=one["item"], variant=variant)

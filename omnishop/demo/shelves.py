"""The catalogue: categories, brands, options, products, articles, prices and their history."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.text import slugify
from stdnum import ean

from catalog.models import (
    Attribute,
    AttributeValue,
    Brand,
    Category,
    Picture,
    Price,
    Product,
    ProductAttribute,
    Variant,
)
from omnishop.demo import content, shapes, sheets
from omnishop.demo.days import Days
from omnishop.demo.house import TAX, House
from omnishop.demo.pictures import SIDE, name_of
from omnishop.demo.rows import keys, write

OPENED = 400  # days ago: the shop's first prices


@dataclass(slots=True, eq=False)
class Article:
    """A variant as the sales see it."""

    pk: int
    product: int  # pk
    shelf: str  # top category
    sku: str
    name: str
    tax_bp: int
    price: int  # today's, in cents
    former: int | None
    cut_at: datetime | None
    eco: int
    weight: float  # how often it is bought

    def price_at(self, at: datetime) -> int:
        """What it cost at an instant."""
        if self.former is not None and self.cut_at is not None and at < self.cut_at:
            return self.former
        return self.price


def fill(house: House, days: Days, *, scale: int) -> list[Article]:
    """Write the catalogue, `scale` times over; copies share the pictures' files."""
    shelves = _categories()
    brands = _brands()
    values = _options()
    described = sheets.build(len(content.option_axes()))
    texts = content.products()
    tops = _tops()
    products = keys(Product, len(texts) * scale)
    count = sum(len(text.variants()) for text in texts) * scale
    variants = iter(zip(keys(Variant, count), range(count), strict=True))
    rows: dict[type[Any], list[dict[str, Any]]] = {
        model: []
        for model in (
            *(Product, Variant, Variant.options.through, Price, Picture),
            ProductAttribute,
        )
    }
    names = {value.code: value.name.fr for value in content.option_values()}
    articles: list[Article] = []
    opened = days.midnight(OPENED)
    for number, pk in enumerate(products):
        text, copy = texts[number % len(texts)], number // len(texts) + 1
        rows[Product].append(
            _product(pk, text, copy, shelves[text.category], brands[text.brand], house, opened)
            | {"product_type_id": described.types.get(text.category)}
        )
        rows[ProductAttribute] += described.rows(text, pk)
        rows[Picture].append(
            {
                "product_id": pk,
                "image": name_of(text),
                "width": SIDE,
                "height": SIDE,
                "alt": text.alt.fr,
                "alt_fr": text.alt.fr,
                "alt_en": text.alt.en,
            }
        )
        cut_at = days.midnight(text.sale.days_ago) if text.sale else None
        choices = text.variants()
        for position, (size, colour) in enumerate(choices):
            variant, serial = next(variants)
            sku = "-".join([text.code, *(code.upper() for code in (size, colour) if code)])
            article = Article(
                pk=variant,
                product=pk,
                shelf=tops[text.category],
                sku=sku if copy == 1 else f"{sku}-{copy}",
                name=_line_name(text, copy, [names[code] for code in (size, colour) if code]),
                tax_bp=TAX[text.tax][1],
                price=text.variant_price_minor(size, colour),
                former=text.variant_former_price_minor(size, colour),
                cut_at=cut_at,
                eco=text.eco_participation_minor or 0,
                weight=text.popularity * _middle(position, len(choices)),
            )
            articles.append(article)
            rows[Variant].append(
                {
                    "id": variant,
                    "product_id": pk,
                    "sku": article.sku,
                    "gtin": gtin(serial),
                    "position": position,
                    "eco_minor": article.eco,
                    "weight_g": text.weight_g,
                    "content": text.net.quantity if text.net else None,
                    "measure": text.net.unit if text.net else "",
                }
            )
            rows[Variant.options.through] += [
                {"variant_id": variant, "attributevalue_id": values[code]}
                for code in (size, colour)
                if code
            ]
            rows[Price] += _prices(article, house.prices.pk, opened)
    for model, found in rows.items():
        write(model, found)
    sheets.finish(house, days, opened=opened)
    return articles


def gtin(serial: int) -> str:
    """A GTIN-13 of the range kept for examples: 952, nine digits of ours, the check digit."""
    prefix = content.retailer().gtin_prefix
    body = f"{prefix}{serial:05d}" if serial < 100_000 else f"952{2 * 10**8 + serial}"
    return body + str(ean.calc_check_digit(body))


def _middle(position: int, count: int) -> float:
    """Middle sizes are bought more often than the outer ones."""
    return 0.35 + min(position + 1, count - position) / count


def _line_name(text: shapes.ProductText, copy: int, options: list[str]) -> str:
    name = _named(text.name.fr, copy)
    return f"{name} · {', '.join(options)}" if options else name


def _named(name: str, copy: int) -> str:
    return name if copy == 1 else f"{name} {copy}"


def _product(
    pk: int,
    text: shapes.ProductText,
    copy: int,
    category: int,
    brand: int,
    house: House,
    opened: datetime,
) -> dict[str, Any]:
    return {
        "id": pk,
        "name": _named(text.name.fr, copy),
        "name_fr": _named(text.name.fr, copy),
        "name_en": _named(text.name.en, copy),
        "slug": text.slug if copy == 1 else f"{text.slug}-{copy}",
        "description": text.description.fr,
        "description_fr": text.description.fr,
        "description_en": text.description.en,
        "category_id": category,
        "brand_id": brand,
        "tax_category_id": house.taxes[text.tax],
        "status": "active",
        "withdrawal": text.no_withdrawal or ("perishable" if text.tax == "food" else ""),
        "created_at": opened,
        "updated_at": opened,
    }


def _prices(article: Article, price_list: int, opened: datetime) -> Iterable[dict[str, Any]]:
    """The price in force and, before a cut, the former one up to that moment (PRC-1)."""
    start = opened
    if article.former is not None and article.cut_at is not None:
        yield {
            "variant_id": article.pk,
            "price_list_id": price_list,
            "amount_minor": article.former,
            "valid_from": opened,
            "valid_to": article.cut_at,
        }
        start = article.cut_at
    yield {
        "variant_id": article.pk,
        "price_list_id": price_list,
        "amount_minor": article.price,
        "valid_from": start,
    }


def _categories() -> dict[str, int]:
    made: dict[str, Category] = {}
    for category in content.categories():
        fields = {
            "slug": category.slug,
            "name_fr": category.name.fr,
            "name_en": category.name.en,
            "description_fr": category.description.fr,
            "description_en": category.description.en,
        }
        if category.parent is None:
            made[category.slug] = Category.objects.add_root(create_kwargs=fields)
        else:
            parent = Category.objects.get(pk=made[category.parent].pk)
            made[category.slug] = Category.objects.add_child(parent, create_kwargs=fields)
    return {slug: category.pk for slug, category in made.items()}


def _tops() -> dict[str, str]:
    """The top category of each."""
    tops: dict[str, str] = {}
    for category in content.categories():
        tops[category.slug] = tops[category.parent] if category.parent else category.slug
    return tops


def _brands() -> dict[str, int]:
    names = sorted({text.brand for text in content.products()})
    brands = Brand.objects.bulk_create(Brand(name=name, slug=slugify(name)) for name in names)
    return {brand.name: brand.pk for brand in brands}


def _options() -> dict[str, int]:
    axes = {
        axis.code: Attribute.objects.create(
            code=axis.code, name_fr=axis.name.fr, name_en=axis.name.en, position=position
        )
        for position, axis in enumerate(content.option_axes(), start=1)
    }
    return {
        value.code: AttributeValue.objects.create(
            attribute=axes[value.axis],
            code=value.code,
            name_fr=value.name.fr,
            name_en=value.name.en,
            swatch=value.hex or "",
            position=value.order,
        ).pk
        for value in content.option_values()
    }

"""Products as exports tell them: read in chunks, in a constant number of statements each."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from babel.numbers import get_currency_precision
from django.conf import settings
from django.utils.translation import gettext_noop

from catalog.gs1 import in_store
from catalog.imports.known import DESCRIPTION, NAME
from catalog.imports.text import html_of
from catalog.imports.vocabulary import IMPORTED, OTHERS, Vocabulary
from catalog.models import Picture, PictureSource, Price, Product, Variant
from catalog.pictures import public_address
from catalog.services import default_price_list

CHUNK = 500  # products

NO_PRICE = gettext_noop("articles without a price: left out")
ALIKE = gettext_noop("products whose articles have the same options: left out")


@dataclass(frozen=True, slots=True)
class Article:
    """What is bought."""

    sku: str
    gtin: str  # "" for numbers that only a shop knows (STD-1)
    options: tuple[tuple[str, str], ...]
    price: str  # 12.50, tax included
    weight_g: int
    picture: str  # address of its own

    @property
    def weight_kg(self) -> str:
        """The weight with its grams: 0.250."""
        return f"{self.weight_g / 1000:.3f}" if self.weight_g else ""


@dataclass(frozen=True, slots=True)
class Item:
    """A product with its articles."""

    source_key: str
    slug: str
    name: str
    description: str  # HTML
    brand: str
    category: tuple[str, ...]
    status: str
    articles: tuple[Article, ...]
    pictures: tuple[tuple[str, str, int], ...]  # address, description, position

    def own_key(self, format_name: str) -> str:
        """What files of this format call it, when it came from one."""
        prefix = f"{format_name}:"
        own = self.source_key.startswith(prefix)
        return self.source_key.removeprefix(prefix) if own else ""

    def parent_sku(self, format_name: str) -> str:
        """A code for the product itself, which none of its articles has."""
        key = self.own_key(format_name) or self.slug
        return f"{key}-p" if any(article.sku == key for article in self.articles) else key

    @property
    def varies(self) -> bool:
        """Whether its articles differ by options; one without is a simple product."""
        return len(self.articles) > 1 or bool(self.articles[0].options)


@dataclass(slots=True)
class Left:
    """What an export left out, counted."""

    counts: Counter[str] = field(default_factory=Counter)


def items(*, at: datetime, left: Left) -> Iterator[Item]:
    """Every product with a priced article, by key."""
    vocabulary = Vocabulary()
    price_list = default_price_list()
    last = 0
    rows = Product.objects.select_related("brand", "category").order_by("pk")
    while chunk := list(rows.filter(pk__gt=last)[:CHUNK]):
        last = chunk[-1].pk
        ids = [product.pk for product in chunk]
        prices = dict(
            Price.objects.at(at)
            .filter(variant__product__in=ids, price_list=price_list)
            .values_list("variant_id", "amount_minor")
        )
        options = _options(ids)
        addresses, own = _addresses(ids)
        articles: dict[int, list[Article]] = defaultdict(list)
        for variant in Variant.objects.filter(product__in=ids).order_by("position", "pk"):
            if variant.pk not in prices:
                left.counts[NO_PRICE] += 1
                continue
            gtin = variant.gtin or ""
            articles[variant.product_id].append(
                Article(
                    sku=variant.sku,
                    gtin="" if gtin and in_store(gtin) else gtin,
                    options=tuple(options.get(variant.pk, ())),
                    price=_amount(prices[variant.pk]),
                    weight_g=variant.weight_g,
                    picture=own.get(variant.pk, ""),
                )
            )
        for product in chunk:
            mine = articles.get(product.pk, [])
            if len({frozenset(article.options) for article in mine}) < len(mine):
                left.counts[ALIKE] += 1
            elif mine:
                yield _item(product, mine, addresses.get(product.pk, []), vocabulary)


def _item(
    product: Product,
    articles: list[Article],
    pictures: list[tuple[str, str, int]],
    vocabulary: Vocabulary,
) -> Item:
    way = vocabulary.way_to(product.category_id)
    if product.category.slug == OTHERS:
        way = ()
    elif product.category.path[:4] == vocabulary.path_of(IMPORTED):
        way = way[1:]
    return Item(
        source_key=product.source_key,
        slug=product.slug,
        name=(getattr(product, NAME) or product.name).strip(),
        description=html_of(getattr(product, DESCRIPTION) or ""),
        brand=product.brand.name if product.brand else "",
        category=way,
        status=product.status,
        articles=tuple(articles),
        pictures=tuple(pictures),
    )


def _options(ids: list[int]) -> dict[int, list[tuple[str, str]]]:
    """By article, its attributes and values in the shop's first language."""
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    value, attribute = "attributevalue", "attributevalue__attribute"
    for variant, name, chosen in (
        Variant.options.through.objects.filter(variant__product__in=ids)
        .order_by(f"{attribute}__position", f"{attribute}_id")
        .values_list("variant_id", f"{attribute}__{NAME}", f"{value}__{NAME}")
    ):
        found[variant].append((name or "", chosen or ""))
    return found


def _addresses(ids: list[int]) -> tuple[dict[int, list[tuple[str, str, int]]], dict[int, str]]:
    """The addresses of pictures: of products, and the first one of each article."""
    products: dict[int, list[tuple[str, str, int]]] = defaultdict(list)
    articles: dict[int, str] = {}
    known: set[tuple[int, str]] = set()
    for source in PictureSource.objects.filter(product__in=ids).order_by("position", "pk"):
        known.add((source.product_id, source.url))
        if source.variant_id:
            articles.setdefault(source.variant_id, source.url)
        else:
            products[source.product_id].append((source.url, source.alt, source.position))
    for picture in Picture.objects.filter(product__in=ids).order_by("position", "pk"):
        if (picture.product_id, picture.source_url) in known:
            continue
        url = public_address(picture.image.name)
        if picture.variant_id:
            articles.setdefault(picture.variant_id, url)
        else:
            products[picture.product_id].append((url, picture.alt, picture.position))
    return products, articles


def _amount(minor: int) -> str:
    digits = get_currency_precision(settings.CURRENCY)
    return f"{minor / 10**digits:.{digits}f}"


def escaped(text: str, signs: str) -> str:
    """A text with a backslash before signs that would end it."""
    return re.sub(f"([{re.escape(signs)}])", r"\\\1", text)


def way_of(names: tuple[str, ...], sign: str, *, also: str = "") -> str:
    """A way to a shelf: "Clothing > Shoes"."""
    between = f" {sign} " if sign == ">" else sign
    return between.join(escaped(name, sign + also) for name in names)

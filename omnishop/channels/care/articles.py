"""Articles that the desk's fields find: by words, SKU or bar code."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from catalog import book, search
from catalog import selectors as catalog
from catalog.models import Variant
from catalog.pricing import UnitPrice
from customers.models import Customer
from inventory.availability import stock

PRODUCTS, ARTICLES = 8, 24


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that the site sells: its price there, and what can be had of it."""

    variant: Variant
    price: UnitPrice
    ship: int  # units that can be sent home
    most: int  # units that one store or one delivery can give


def known_articles() -> QuerySet[Variant]:
    """Articles with what their name is made of."""
    return Variant.objects.filter(active=True).select_related("product").prefetch_related("options")


def by_words(words: str) -> list[Variant]:
    """Articles for typed words, best first."""
    products = [product.pk for product in search.search(words)[:PRODUCTS]]
    found = list(known_articles().filter(product__in=products))
    found.sort(key=lambda one: (products.index(one.product_id), one.position, one.pk))
    return found[:ARTICLES]


def on_sale(words: str, person: Customer, *, at: datetime) -> list[Hit]:
    """What the site sells a person of the articles for words or a code, at their group's prices; a
    code finds its article alone.
    """
    coded = catalog.by_code(words)
    found = list(known_articles().filter(pk=coded.pk)) if coded else by_words(words)
    groups = list(person.groups.values_list("code", flat=True)) if found else []
    prices = book.prices([one.pk for one in found], at=at, groups=groups)
    free = stock(prices, at=at)
    return [
        Hit(one, prices[one.pk], free.to_ship(one.pk), free.most(one.pk))
        for one in found
        if one.pk in prices
    ]

"""What a till's search shows of an article: its price here, its stock here, nearby and to send."""

from dataclasses import dataclass
from datetime import datetime

from catalog import book, search
from catalog.models import Variant
from catalog.pricing import UnitPrice
from catalog.reviews import Rating, rating
from inventory.availability import Around, around
from omnishop.network.models import Store

PRODUCTS, ARTICLES = 8, 24


@dataclass(frozen=True, slots=True)
class Hit:
    """One article on sale at this store."""

    variant: Variant
    price: UnitPrice
    stock: Around

    @property
    def rating(self) -> Rating:
        """What its buyers say of it."""
        return rating(self.variant.product)


def articles(words: str, *, store: Store, at: datetime) -> list[Hit]:
    """Articles for the words typed at a till, best first (UX T5). Six statements at the most."""
    products = [product.pk for product in search.search(words)[:PRODUCTS]]
    found = list(
        Variant.objects.filter(product__in=products, active=True)
        .select_related("product")
        .prefetch_related("options__attribute")
    )
    found.sort(key=lambda variant: (products.index(variant.product_id), variant.position))
    ids = [variant.pk for variant in found[:ARTICLES]]
    prices = book.prices(ids, at=at, channel="till", store_id=store.pk)
    shown = around(prices, store_id=store.pk, at=at)
    return [
        Hit(variant=variant, price=prices[variant.pk], stock=shown[variant.pk])
        for variant in found[:ARTICLES]
        if variant.pk in prices
    ]

"""What a till's search shows of an article: its price here, its stock here, nearby and to send."""

from dataclasses import dataclass
from datetime import datetime

from catalog import selectors as catalog
from catalog.models import Variant
from catalog.pricing import UnitPrice
from inventory.availability import stock
from omnishop.network.models import Store

PRODUCTS, ARTICLES = 8, 24


@dataclass(frozen=True, slots=True)
class Hit:
    """One article on sale at this store."""

    variant: Variant
    price: UnitPrice
    here: int
    nearby: str  # the nearest other store that has it, or nothing
    nearby_units: int
    ship: int


def articles(words: str, *, store: Store, at: datetime) -> list[Hit]:
    """Articles for the words typed at a till, best first (UX T5). Eight statements at the most."""
    products = [product.pk for product in catalog.search(words)[:PRODUCTS]]
    found = list(
        Variant.objects.filter(product__in=products, active=True)
        .select_related("product")
        .prefetch_related("options__option")
    )
    found.sort(key=lambda variant: (products.index(variant.product_id), variant.position))
    ids = [variant.pk for variant in found[:ARTICLES]]
    prices = catalog.prices(ids, at=at, channel="till", store_id=store.pk)
    free = stock(ids, at=at, online=False)
    others = sorted(
        Store.objects.open_to_shoppers().exclude(pk=store.pk),
        key=lambda other: store.distance_km(other.latitude, other.longitude),
    )
    hits = []
    for variant in found[:ARTICLES]:
        if variant.pk not in prices:
            continue
        units = free.by_store(variant.pk)
        near = next((other for other in others if units.get(other.pk)), None)
        hits.append(
            Hit(
                variant=variant,
                price=prices[variant.pk],
                here=units.get(store.pk, 0),
                nearby=near.name if near else "",
                nearby_units=units[near.pk] if near else 0,
                ship=free.to_ship(variant.pk),
            )
        )
    return hits

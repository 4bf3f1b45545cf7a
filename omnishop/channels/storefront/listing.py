"""Shelves and search results: a page of cards, and facets with counts, whatever their number.

Three statements: the facets of what the shopper looks at, one page of products, their prices.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.core.cache import cache
from django.db.models import QuerySet

from catalog.models import Product
from catalog.search import listed
from omnishop.channels.storefront.cards import Card, cards
from omnishop.channels.storefront.context import FACTS_SECONDS, Request, Shelf
from omnishop.channels.storefront.facets import Facet, FacetValue, arranged
from omnishop.channels.storefront.listing_rows import (
    about,
    conditions_of,
    facet_rows,
    narrowed_facet_rows,
    page_rows,
)
from omnishop.channels.storefront.selection import PAGE, Selection
from omnishop.kernel.language import site_language


@dataclass(frozen=True, slots=True)
class Listing:
    """What a listing page shows."""

    cards: tuple[Card, ...]
    facets: tuple[Facet, ...]
    total: int
    choice: Selection
    read_at: datetime

    @property
    def chips(self) -> tuple[FacetValue, ...]:
        """The chosen values, to be taken off one by one (L2)."""
        return tuple(value for facet in self.facets for value in facet.values if value.chosen)


def cards_of(ids: Sequence[int], *, at: datetime, store_id: int | None) -> dict[int, Card]:
    """Product → card, of those on sale among a page's worth of products. Two statements, three
    with a store.
    """
    if not ids:
        return {}
    base = about(listed(Product.objects.on_sale().filter(pk__in=ids)))
    rows = page_rows(base, [], Selection(), at=at)
    found = {card.id: card for card in cards(rows, at=at, store_id=store_id)}
    return {row[0]: found[f"p-{row[0]}"] for row in rows if f"p-{row[0]}" in found}


def listing(
    request: Request,
    name: str,
    products: Callable[[], QuerySet[Any, Any]],
    choice: Selection,
    *,
    shelves: Sequence[Shelf],
    at: datetime,
    store_id: int | None = None,
    store_name: str = "",
) -> Listing:
    """One page of these products, rows of `catalog.search.LISTED`, as the shopper narrowed and
    sorted them. No statement when it was read less than a minute ago.

    `name` says which products they are, as one address does not: many lead to the same list.
    The page that shows it is kept no longer than the list. A store's stock is never kept here.
    """
    if store_id:
        return _read(products(), choice, shelves, at, store_id, store_name)
    asked = repr((name, choice, site_language()))
    key = "listing:" + sha256(asked.encode()).hexdigest()
    found: Listing | None = cache.get(key)
    if found is None:
        found = _read(products(), choice, shelves, at, store_id, store_name)
        cache.set(key, found, FACTS_SECONDS)
    request.read_at = found.read_at
    return found


def _read(
    products: QuerySet[Any, Any],
    choice: Selection,
    shelves: Sequence[Shelf],
    at: datetime,
    store_id: int | None,
    store_name: str,
) -> Listing:
    base = about(products)
    conditions = conditions_of(choice, shelves, store_id, at)

    def count() -> list[tuple[Any, ...]]:
        if conditions or store_id:
            return narrowed_facet_rows(base, conditions, store_id=store_id, at=at)
        return facet_rows(base)

    # Counts are kept as pages are, whatever their order and number; a store's stock is not.
    asked = repr((base, replace(choice, sort="", page=1), site_language()))
    key = "facets:" + sha256(asked.encode()).hexdigest()
    counted = (count() if store_id else cache.get_or_set(key, count, FACTS_SECONDS)) or []
    facets, total = arranged(counted, choice, shelves, store_name)
    last = max(1, -(-total // PAGE))
    choice = replace(choice, page=min(choice.page, last))
    rows = page_rows(base, conditions, choice, at=at) if total else []
    return Listing(
        cards=cards(rows, at=at, store_id=store_id),
        facets=facets,
        total=total,
        choice=choice,
        read_at=at,
    )


def best_sellers(*, at: datetime, store_id: int | None, count: int) -> tuple[Card, ...]:
    """The first of what sells best. Two statements, a third for the store's stock."""
    rows = page_rows(about(listed(Product.objects.on_sale())), [], Selection(), at=at)
    return cards(rows[:count], at=at, store_id=store_id)


def shop_window(
    *, at: datetime, store_id: int | None, popular: int = 8, offers: int = 4
) -> tuple[tuple[Card, ...], tuple[Card, ...]]:
    """The first of what sells best; and of what is cheaper than in the 30 days before (PRC-1).

    Four statements.
    """
    on_sale = Product.objects.on_sale()
    best = page_rows(about(listed(on_sale)), [], Selection(), at=at)[:popular]
    cheaper = page_rows(about(listed(on_sale.filter(listed_cut_bp__gt=0))), [], Selection(), at=at)
    found = {card.id: card for card in cards([*best, *cheaper], at=at, store_id=store_id)}
    shown = [
        [found[key] for row in rows if (key := f"p-{row[0]}") in found] for rows in (best, cheaper)
    ]
    return tuple(shown[0]), tuple([card for card in shown[1] if card.price.cut_bp][:offers])

"""The cards of products in lists: what they cost today, and what a store has of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalog import book
from catalog.announced import announced
from catalog.models import Picture
from catalog.pricing import UnitPrice
from catalog.reviews import Rating
from inventory.availability import stock
from omnishop.kernel.language import site_language
from omnishop.kernel.templatetags.omnishop import format_percent

NOT_RATED = Rating(0, 0)


@dataclass(frozen=True, slots=True)
class Card:
    """A product in a list."""

    id: str
    slug: str
    name: str
    picture: tuple[str, int, int] | None  # file, width, height
    price: UnitPrice
    several: bool  # its articles cost differently
    choices: int  # articles to choose from
    available: int | None  # units in my store; None when no store was chosen
    rating: Rating = NOT_RATED
    offer: str = ""  # what anybody has on it without a code

    @property
    def photo(self) -> Any:
        """The first picture of the product."""
        if not self.picture:
            return None
        image, width, height = self.picture
        return Picture(image=image, width=width, height=height).image

    @property
    def cut(self) -> str:
        """The price cut as it stands on the card, nothing for none (PRC-1)."""
        cut_bp = self.price.cut_bp
        return f"−{format_percent(cut_bp, site_language())}" if cut_bp else ""


def cards(rows: list[tuple[Any, ...]], *, at: datetime, store_id: int | None) -> tuple[Card, ...]:
    """Cards with today's prices and, when a store was chosen, what it has."""
    ids = [variant_id for row in rows for variant_id in row[6] or ()]
    priced_at = book.price_book(ids, at=at)
    prices = priced_at.prices
    free = stock(ids, at=at) if store_id else None
    found = []
    for pk, slug, name, image, width, height, variants, *stars in rows:
        priced = [prices[variant_id] for variant_id in variants or () if variant_id in prices]
        if not priced:
            continue
        told = announced(priced_at, priced)
        cheapest = min(priced, key=lambda price: price.amount_minor)
        found.append(
            Card(
                id=f"p-{pk}",
                slug=slug,
                name=name,
                picture=(image, width, height) if image else None,
                price=cheapest,
                several=any(price.amount_minor != cheapest.amount_minor for price in priced),
                choices=len(variants),
                offer=told[0].name if told else "",
                available=sum(free.in_store(v, store_id) for v in variants) if free else None,
                rating=Rating(*stars),
            )
        )
    return tuple(found)

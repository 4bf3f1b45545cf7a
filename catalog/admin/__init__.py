"""The catalogue's pages of the back office."""

from catalog.admin import (
    changes,
    describing,
    imports,
    price_changes,
    products,
    promotions,
    recommendations,
    reference,
    reviews,
    search,
)

__all__ = [
    "changes",
    "describing",
    "imports",
    "price_changes",
    "products",
    "promotions",
    "recommendations",
    "reference",
    "reviews",
    "search",
]

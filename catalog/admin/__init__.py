"""The catalogue's pages of the back office."""

from catalog.admin import (
    changes,
    describing,
    price_changes,
    products,
    promotions,
    reference,
    search,
)

__all__ = [
    "changes",
    "describing",
    "price_changes",
    "products",
    "promotions",
    "reference",
    "search",
]

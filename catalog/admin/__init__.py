"""The catalogue's pages of the back office."""

from catalog.admin import (
    changes,
    coupons,
    describing,
    imports,
    operations,
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
    "coupons",
    "describing",
    "imports",
    "operations",
    "price_changes",
    "products",
    "promotions",
    "recommendations",
    "reference",
    "reviews",
    "search",
]

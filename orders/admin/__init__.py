"""The pages of the back office about baskets, orders and money."""

from orders.admin import (
    baskets,
    campaigns,
    discounts,
    fulfilments,
    money,
    orders,
    schedule,
    shortages,
)

__all__ = [
    "baskets",
    "campaigns",
    "discounts",
    "fulfilments",
    "money",
    "orders",
    "schedule",
    "shortages",
]

"""The pages of the back office about baskets, orders, money and whose they are."""

from orders.admin import (
    alerts,
    baskets,
    campaigns,
    discounts,
    fulfilments,
    money,
    orders,
    people,
    schedule,
    shortages,
)

__all__ = [
    "alerts",
    "baskets",
    "campaigns",
    "discounts",
    "fulfilments",
    "money",
    "orders",
    "people",
    "schedule",
    "shortages",
]

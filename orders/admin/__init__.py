"""The pages of the back office about baskets, orders and money."""

from orders.admin import (
    alerts,
    baskets,
    discounts,
    fulfilments,
    money,
    orders,
    schedule,
    shortages,
)

__all__ = [
    "alerts",
    "baskets",
    "discounts",
    "fulfilments",
    "money",
    "orders",
    "schedule",
    "shortages",
]

"""The pages of the back office about baskets, orders, money and whose they are."""

from orders.admin import baskets, discounts, fulfilments, money, orders, people, schedule, shortages

__all__ = [
    "baskets",
    "discounts",
    "fulfilments",
    "money",
    "orders",
    "people",
    "schedule",
    "shortages",
]

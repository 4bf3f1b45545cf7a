"""The pages of the back office about baskets, orders and money."""

from orders.admin import baskets, discounts, fulfilments, money, orders, schedule, shortages

__all__ = ["baskets", "discounts", "fulfilments", "money", "orders", "schedule", "shortages"]

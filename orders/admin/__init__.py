"""The pages of the back office about baskets, orders and money."""

from orders.admin import baskets, fulfilments, money, orders, schedule, shortages

__all__ = ["baskets", "fulfilments", "money", "orders", "schedule", "shortages"]

"""The back office of people: each module registers its own."""

from customers.admin import people

__all__ = ["people"]

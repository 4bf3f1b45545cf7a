"""The back office of people: each module registers its own."""

from customers.admin import contact, people

__all__ = ["contact", "people"]

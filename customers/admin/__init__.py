"""The back office of people: each module registers its own."""

from customers.admin import contact, desk, people

__all__ = ["contact", "desk", "people"]

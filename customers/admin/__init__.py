"""The back office of people: each module registers its own."""

from customers.admin import contact, desk, files, people

__all__ = ["contact", "desk", "files", "people"]

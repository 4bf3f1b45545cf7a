"""The catalogue's pages of the back office."""

from catalog.admin import imports, products, reference, search

__all__ = ["imports", "products", "reference", "search"]

"""The catalogue's pages of the back office."""

from catalog.admin import changes, describing, products, reference, search

__all__ = ["changes", "describing", "products", "reference", "search"]

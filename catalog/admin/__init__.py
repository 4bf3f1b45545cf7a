"""The catalogue's pages of the back office."""

from catalog.admin import changes, describing, imports, products, reference, search

__all__ = ["changes", "describing", "imports", "products", "reference", "search"]

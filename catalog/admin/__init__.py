"""The catalogue's pages of the back office."""

from catalog.admin import products, reference, search

__all__ = ["products", "reference", "search"]

"""The catalogue's pages of the back office."""

from catalog.admin import products, reference

__all__ = ["products", "reference"]

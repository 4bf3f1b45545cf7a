"""The stock's pages of the back office."""

from inventory.admin import counts, stock

__all__ = ["counts", "stock"]

"""The stock's pages of the back office."""

from inventory.admin import stock

__all__ = ["stock"]

"""The stock's pages of the back office."""

from inventory.admin import counts, proposals, purchasing, stock, suppliers, transfers

__all__ = ["counts", "proposals", "purchasing", "stock", "suppliers", "transfers"]

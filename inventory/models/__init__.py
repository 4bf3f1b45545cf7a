"""What is where, what is promised, what is coming, and every movement behind it."""

from inventory.models.count import CountLine, StockCount
from inventory.models.location import StockLocation, StoreLocation
from inventory.models.purchasing import (
    Proposal,
    PurchaseOrder,
    PurchaseOrderLine,
    Supplier,
    SupplierArticle,
)
from inventory.models.reservation import Reservation
from inventory.models.stock import StockLevel, StockMovement, StockStatus
from inventory.models.transfer import Transfer, TransferLine

__all__ = [
    "CountLine",
    "Proposal",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "Reservation",
    "StockCount",
    "StockLevel",
    "StockLocation",
    "StockMovement",
    "StockStatus",
    "StoreLocation",
    "Supplier",
    "SupplierArticle",
    "Transfer",
    "TransferLine",
]

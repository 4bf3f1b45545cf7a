"""What is where, what is promised, and every movement behind it."""

from inventory.models.location import StockLocation, StoreLocation
from inventory.models.reservation import Reservation
from inventory.models.stock import StockLevel, StockMovement

__all__ = ["Reservation", "StockLevel", "StockLocation", "StockMovement", "StoreLocation"]

"""Points: one account a person, lots with origin and expiry, a ledger of every change."""

from loyalty.models.account import Account, Programme
from loyalty.models.points import PointsEntry, PointsLot

__all__ = ["Account", "PointsEntry", "PointsLot", "Programme"]

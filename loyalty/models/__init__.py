"""Points: one account a record, lots with origin and expiry, a ledger of every change."""

from loyalty.models.account import Account, TierChange
from loyalty.models.exchange import Correction, CorrectionLimit, PointsGift
from loyalty.models.points import PointsEntry, PointsLot
from loyalty.models.programme import EarnRule, Programme, Tier
from loyalty.models.rewards import Reward, RewardIssue

__all__ = [
    "Account",
    "Correction",
    "CorrectionLimit",
    "EarnRule",
    "PointsEntry",
    "PointsGift",
    "PointsLot",
    "Programme",
    "Reward",
    "RewardIssue",
    "Tier",
    "TierChange",
]

"""Reads of points, the same in every channel."""

from dataclasses import dataclass
from datetime import datetime

from customers.models import Customer
from loyalty.models import Account, PointsLot


@dataclass(frozen=True, slots=True)
class Balance:
    """What a member has: points to spend now, points pending, points owed."""

    account: Account
    spendable: int
    pending: int
    debt: int
    lots: tuple[PointsLot, ...]  # that may be spent, first to expire first
    pending_lots: tuple[PointsLot, ...]

    @property
    def value_minor(self) -> int:
        """What the spendable points are worth."""
        return self.spendable * self.account.programme.point_value_minor


def balance(customer: Customer, *, at: datetime) -> Balance | None:
    """The member's points with origin and expiry of each lot (UX A4); None for a non-member."""
    account = Account.objects.select_related("programme").filter(customer=customer).first()
    if account is None:
        return None
    live = list(
        account.lots.filter(remaining__gt=0, expires_at__gt=at).order_by("expires_at", "pk")
    )
    lots = tuple(lot for lot in live if lot.available_at <= at)
    pending = tuple(lot for lot in live if lot.available_at > at)
    return Balance(
        account=account,
        spendable=sum(lot.remaining for lot in lots),
        pending=sum(lot.remaining for lot in pending),
        debt=account.debt,
        lots=lots,
        pending_lots=pending,
    )

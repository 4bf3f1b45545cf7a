"""Reads of points, the same in every channel."""

import re
from dataclasses import dataclass
from datetime import datetime

from customers.models import Customer
from loyalty.models import Account, PointsEntry, PointsLot


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


def taken_back(*, account_id: int, document: str, line: int) -> int:
    """Points that returns of a document's line have taken so far, debt included."""
    deltas = PointsEntry.objects.filter(
        account_id=account_id,
        kind__in=[PointsEntry.Kind.REVERSE, PointsEntry.Kind.DEBT],
        idempotency_key__regex=rf"^reverse:{re.escape(document)}-R\d+:{line}:",
    ).values_list("delta", flat=True)
    return -sum(deltas)

"""The end of an account whose person is erased."""

from datetime import datetime

from loyalty.models import Account, PointsEntry, PointsLot
from omnishop.kernel.transactions import joined


@joined
def close(*, account_id: int, actor: str, at: datetime) -> int:
    """Write off what the lots of an account hold: nobody can spend it any more. How many points.

    The account and its ledger stay, without a name: balances must add up (LOY-1). A repeat finds
    nothing.
    """
    account = Account.objects.select_for_update(of=("self",)).get(pk=account_id)
    lots = list(account.lots.filter(remaining__gt=0).order_by("pk"))
    PointsEntry.objects.bulk_create(
        PointsEntry(
            account=account,
            lot=lot,
            kind=PointsEntry.Kind.EXPIRE,
            delta=-lot.remaining,
            document="closed",
            actor=actor,
            at=at,
            idempotency_key=f"closed:{lot.pk}",
        )
        for lot in lots
    )
    written_off = sum(lot.remaining for lot in lots)
    for lot in lots:
        lot.remaining = 0
    PointsLot.objects.bulk_update(lots, ["remaining"])
    account.balance -= written_off
    account.save(update_fields=["balance"])
    return written_off

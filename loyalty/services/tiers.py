"""The tier of a member: looked at after each earning and return, and by a task as time goes by."""

from collections.abc import Sequence
from datetime import datetime

from loyalty import selectors
from loyalty.models import Account, TierChange
from loyalty.standing import Standing
from omnishop.kernel.transactions import joined


def review(accounts: Sequence[Account], *, at: datetime) -> Standing | None:
    """Give the person of these locked accounts the tier that their lots count for now.

    It is written to the account that earns; the history says each change. Two statements, one
    without tiers, two more for a change.
    """
    account = min(accounts, key=selectors.earns_first)
    tiers, found = selectors.standing_of(accounts, at=at)
    if found is None:
        return None
    tier = None if found.step is None else tiers[found.step]
    if tier != account.tier:
        TierChange.objects.create(
            account=account,
            before=account.tier.code if account.tier else "",
            after=tier.code if tier else "",
            counted=found.counted,
            at=at,
        )
    if (tier, found.due_at) != (account.tier, account.tier_due_at):
        account.tier, account.tier_due_at = tier, found.due_at
        account.save(update_fields=["tier", "tier_due_at"])
    return found


@joined
def review_person(*, customer_id: int, at: datetime) -> bool:
    """The same for a person, whose accounts are locked first; whether they have any."""
    accounts = list(
        selectors.accounts(customer_id)
        .select_for_update(of=("self",), no_key=True)
        .select_related("programme", "customer", "tier")
    )
    if accounts:
        review(accounts, at=at)
    return bool(accounts)

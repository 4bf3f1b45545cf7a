"""Points for what is no purchase: a birthday, a review, the first sign-in, a friend who joined."""

from datetime import datetime

from django.utils.translation import override

from loyalty import selectors
from loyalty.models import EarnRule
from loyalty.services import points as ledger
from omnishop.kernel.transactions import joined


@joined
def reward(
    *, customer_id: int, event: str, reference: str, channel: str, actor: str, at: datetime
) -> int:
    """Credit the fixed points of the rules for an event; a repeat of the reference earns nothing.

    They can be spent at once: nothing can be returned. No rule or no account: nothing.
    """
    account = selectors.account_of(customer_id)
    if account is None:
        return 0
    code = account.tier.code if account.tier else ""
    rules = [
        rule
        for rule in EarnRule.objects.running(at)
        .filter(programme=account.programme_id, event=event)
        .select_related("operation")
        .prefetch_related("stores", "operation__stores")
        if selectors.applies(rule, channel=channel, store_id=None, tier=code)
    ]
    if not rules:
        return 0
    with override(account.customer.language):  # the member reads it as the points' origin
        earned = [ledger.Earning(rule.pk, rule.points or 0, rule.name) for rule in rules]
    return ledger.earn(
        earned,
        customer_id=customer_id,
        document=f"{event}:{reference}",
        channel=channel,
        actor=actor,
        at=at,
        pending=False,
    )

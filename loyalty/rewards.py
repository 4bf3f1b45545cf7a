"""What a member may have, and what they had."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from catalog.models import CouponUse
from loyalty import selectors
from loyalty.models import PointsGift, Reward, RewardIssue
from loyalty.selectors import Balance


@dataclass(frozen=True, slots=True)
class Choice:
    """A reward of the programme, with why it cannot be had now."""

    reward: Reward
    missing: int  # points
    gone: bool


def choices(balance: Balance, *, at: datetime) -> list[Choice]:
    """The rewards for the member's tier, the cheapest first. One statement."""
    code = balance.tier.code if balance.tier else ""
    rewards = Reward.objects.running(at).filter(
        programme=balance.account.programme_id, cost__isnull=False
    )
    return [
        Choice(
            reward,
            missing=max(0, (reward.cost or 0) - balance.spendable),
            gone=reward.stock is not None and reward.issued >= reward.stock,
        )
        for reward in rewards
        if not reward.tiers or code in reward.tiers
    ]


@dataclass(frozen=True, slots=True)
class Had:
    """A reward of a member, with its code and whether that was used."""

    issue: RewardIssue
    used: bool


def had(customer_id: int, *, at: datetime) -> list[Had]:
    """Offers and rewards that still count for something. Two statements."""
    issues = list(
        RewardIssue.objects.filter(
            account__in=selectors.accounts(customer_id).values("pk"), expires_at__gt=at
        )
        .exclude(status=RewardIssue.Status.CANCELLED)
        .select_related("coupon", "reward")
        .order_by("expires_at", "pk")
    )
    used = set(
        CouponUse.objects.filter(
            coupon__in=[one.coupon_id for one in issues], released_at__isnull=True
        ).values_list("coupon_id", flat=True)
    )
    return [Had(one, one.coupon_id in used) for one in issues]


def gifts(customer_id: int) -> QuerySet[PointsGift]:
    """Points sent and received by a person, the newest first."""
    mine = selectors.accounts(customer_id).values("pk")
    return (
        (PointsGift.objects.filter(sender__in=mine) | PointsGift.objects.filter(receiver__in=mine))
        .select_related("sender__customer")
        .order_by("-pk")
    )

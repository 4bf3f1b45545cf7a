"""Rewards: bought with points, activated when offered, or given by staff.

A reward that opens a promotion is a personal code for one use (`catalog.Coupon.holder`); whoever
is merged into or with its holder may use it.
"""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from catalog.models import Coupon, CouponUse, Operation, Promotion
from customers.models import Customer
from loyalty import selectors
from loyalty.models import Account, Reward, RewardIssue
from loyalty.services import points as ledger
from omnishop.kernel.errors import Invalid, NotFound, Refusal
from omnishop.kernel.templatetags.omnishop import format_money
from omnishop.kernel.transactions import joined

Status = RewardIssue.Status
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that is read for another
VOUCHERS = "bons"  # code of the operation that vouchers of an amount belong to
VOUCHER_DAYS = 365
LONG = timedelta(days=36_525)


class NoReward(Refusal):
    """The reward is gone, not for this member, or was had as often as it may be."""

    code = "no_reward"


@joined
def redeem(
    *, customer_id: int, reward_id: int, reference: str, channel: str, actor: str, at: datetime
) -> RewardIssue:
    """The member has a reward for its points: spent and issued together, or neither.

    A repeat of the reference gives the first one back. Raises NoReward, NotEnoughPoints.
    """
    accounts = _locked(customer_id)
    if earlier := RewardIssue.objects.filter(reference=reference).first():
        return earlier
    account = min(accounts, key=selectors.earns_first)
    reward = Reward.objects.running(at).filter(pk=reward_id, programme=account.programme_id).first()
    if reward is None or reward.cost is None:
        raise NoReward(_("This reward cannot be had at the moment."))
    if reward.tiers and (account.tier is None or account.tier.code not in reward.tiers):
        raise NoReward(_("This reward is for another tier of the programme."))
    issue = RewardIssue(
        account=account,
        reward=reward,
        status=Status.ISSUED,
        name=reward.name,
        points=reward.cost,
        nth=_next_of(reward, accounts),
        reference=reference,
        actor=actor,
        at=at,
        issued_at=at,
        expires_at=at + timedelta(days=reward.valid_days),
    )
    _count(reward)
    if reward.cost:
        ledger.spend(
            customer_id=customer_id,
            points=reward.cost,
            document=reference,
            channel=channel,
            actor=actor,
            at=at,
        )
    issue.coupon = _code(reward.promotion, account.customer, at=at, until=issue.expires_at)
    issue.save()
    return issue


@joined
def offer(
    *,
    reward_id: int,
    customer_ids: Collection[int],
    reason: str,
    reference: str,
    until: datetime,
    actor: str,
    at: datetime,
) -> int:
    """Offer a reward to chosen members, who activate it; how many were. A repeat of the reference
    offers nobody anything twice.
    """
    reward = Reward.objects.get(pk=reward_id)
    accounts = {}
    for customer_id in customer_ids:
        if account := selectors.account_of(customer_id):
            accounts[account.pk] = account
    offers = [
        RewardIssue(
            account=account,
            reward=reward,
            status=Status.OFFERED,
            name=reward.name,
            reason=reason[:160],
            reference=f"{reference}:{account.pk}"[:60],
            actor=actor,
            at=at,
            expires_at=until,
        )
        for _pk, account in sorted(accounts.items())
    ]
    known = set(
        RewardIssue.objects.filter(reference__in=[one.reference for one in offers]).values_list(
            "reference", flat=True
        )
    )
    made = [one for one in offers if one.reference not in known]
    RewardIssue.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


@joined
def activate(*, customer_id: int, issue_id: int, at: datetime) -> RewardIssue:
    """The member takes up what they were offered; a repeat gives the same. Raises NotFound for
    another's offer, NoReward when it is over.
    """
    accounts = _locked(customer_id)
    issue = (
        RewardIssue.objects.select_for_update(of=("self",))
        .select_related("reward__promotion")
        .filter(pk=issue_id, account__in=accounts)
        .first()
    )
    if issue is None or issue.reward is None:
        raise NotFound(_("There is no such offer."))
    if issue.status == Status.ISSUED:
        return issue
    if issue.status == Status.CANCELLED or issue.expires_at <= at:
        raise NoReward(_("This offer is over."))
    issue.nth = _next_of(issue.reward, accounts)
    _count(issue.reward)
    owner = next(one for one in accounts if one.pk == issue.account_id)
    issue.expires_at = at + timedelta(days=issue.reward.valid_days)
    issue.coupon = _code(issue.reward.promotion, owner.customer, at=at, until=issue.expires_at)
    issue.status, issue.issued_at = Status.ISSUED, at
    issue.save()
    return issue


@joined
def give_voucher(
    *,
    customer: Customer,
    amount_minor: int,
    reason: str,
    reference: str,
    actor: str,
    at: datetime,
    days: int = VOUCHER_DAYS,
) -> RewardIssue:
    """Give a person a voucher of an amount, a code that is theirs for one use; they join the
    programme by it, which ticks no consent. A repeat of the reference gives the first one back.
    """
    if amount_minor <= 0:
        raise Invalid(_("Enter an amount above 0."))
    account = ledger.join(customer=customer.merged_into or customer, at=at)
    _locked(account.customer_id)
    if earlier := RewardIssue.objects.filter(reference=reference).first():
        return earlier
    name = _voucher_name(amount_minor, customer.language)
    until = at + timedelta(days=days)
    promotion = _voucher_promotion(amount_minor, at=at)
    return RewardIssue.objects.create(
        account=account,
        status=Status.ISSUED,
        name=name,
        amount_minor=amount_minor,
        coupon=_code(promotion, account.customer, at=at, until=until),
        reason=reason[:160],
        reference=reference,
        actor=actor,
        at=at,
        issued_at=at,
        expires_at=until,
    )


@joined
def cancel(*, issue_id: int, actor: str, at: datetime) -> RewardIssue:
    """Take a reward back: its points return to their very lots, its code opens nothing more.

    A repeat changes nothing. Raises NoReward when the code was used.
    """
    found = RewardIssue.objects.select_related("account").filter(pk=issue_id).first()
    if found is None:
        raise NotFound(_("There is no such reward."))
    _locked(found.account.customer_id)
    issue = RewardIssue.objects.select_for_update(of=("self",)).get(pk=issue_id)
    if issue.status == Status.CANCELLED:
        return issue
    if issue.coupon_id:
        coupon = Coupon.objects.select_for_update().get(pk=issue.coupon_id)
        if CouponUse.objects.filter(coupon=coupon, released_at__isnull=True).exists():
            raise NoReward(_("The code was used already."))
        coupon.uses, coupon.valid_to = 0, at
        coupon.save(update_fields=["uses", "valid_to"])
    if issue.status == Status.ISSUED and issue.reward_id:
        Reward.objects.filter(pk=issue.reward_id).update(issued=F("issued") - 1)
    issue.status, issue.cancelled_at = Status.CANCELLED, at
    issue.save(update_fields=["status", "cancelled_at"])
    if issue.points:
        ledger.restore(document=issue.reference, channel="", actor=actor, at=at)
    return issue


def _locked(customer_id: int) -> list[Account]:
    accounts = ledger.lock_accounts(customer_id)
    if not accounts:
        raise ledger.NotAMember
    return accounts


def _next_of(reward: Reward, accounts: Collection[Account]) -> int | None:
    """Which of this reward it is for the person, over all their accounts, which are locked."""
    if reward.per_person is None:
        return None
    had = set(
        reward.issues.filter(account__in=accounts, nth__isnull=False)
        .exclude(status=Status.CANCELLED)
        .values_list("nth", flat=True)
    )
    free = next(n for n in range(1, len(had) + 2) if n not in had)
    if len(had) >= reward.per_person:
        raise NoReward(_("You have had this reward as often as it may be had."))
    return free


def _count(reward: Reward) -> None:
    """One more of the stock; the statement that counts it is the one that refuses it."""
    free = Q(stock__isnull=True) | Q(issued__lt=F("stock"))
    if not Reward.objects.filter(free, pk=reward.pk).update(issued=F("issued") + 1):
        raise NoReward(_("There is none left of this reward."))


def _code(
    promotion: Promotion | None, holder: Customer, *, at: datetime, until: datetime
) -> Coupon | None:
    """A code of the holder's own for one use, which opens the promotion."""
    if promotion is None:
        return None
    letters = "".join(secrets.choice(LETTERS) for _n in range(10))
    return Coupon.objects.create(
        promotion=promotion,
        code=f"V-{letters[:5]}-{letters[5:]}",
        uses=1,
        uses_each=1,
        holder=holder.number,
        valid_from=at,
        valid_to=until,
    )


def _voucher_name(amount_minor: int, language: str) -> str:
    with override(language):
        return _("Voucher of %(amount)s") % {
            "amount": format_money(amount_minor, settings.CURRENCY, language)
        }


def _voucher_promotion(amount_minor: int, *, at: datetime) -> Promotion:
    """The promotion that vouchers of an amount open, made on first need."""
    Operation.objects.get_or_create(
        code=VOUCHERS,
        defaults={
            "name": _("Vouchers"),
            "status": Operation.Status.APPROVED,
            "starts_at": at - timedelta(days=1),
            "ends_at": at + LONG,
        },
    )
    operation = Operation.objects.select_for_update().get(code=VOUCHERS)
    promotion, _created = operation.promotions.get_or_create(
        kind=Promotion.Kind.AMOUNT,
        amount_minor=amount_minor,
        by_coupon=True,
        defaults={
            f"name_{language}": _voucher_name(amount_minor, language) for language in ("fr", "en")
        },
    )
    return promotion

"""Reads of points, the same in every channel. All of them go through merges (CUS-1)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from customers.models import Customer, Identity
from customers.selectors import records
from loyalty.earning import CENTS, ONCE, Rule, Terms
from loyalty.models import Account, EarnRule, PointsLot, Programme, Tier
from loyalty.standing import Standing, Step, standing


def accounts(*customer_ids: int) -> QuerySet[Account]:
    """All accounts of the persons, given by any of their records, in the order they are locked."""
    records = reduce(
        or_,
        (Q(pk=live) | Q(merged_into=live) for pk in customer_ids for live in [_live(pk)]),
        Q(pk__in=()),
    )
    return Account.objects.filter(customer__in=Customer.objects.filter(records)).order_by("pk")


def _live(customer_id: int) -> Subquery:
    """The person's live record, read in the statement that asks for it."""
    record = Customer.objects.filter(pk=customer_id)
    return Subquery(record.values_list(Coalesce("merged_into_id", "pk")))


def account_of(customer_id: int | None) -> Account | None:
    """The account that a person earns on: the live record's, else the oldest merged one."""
    if customer_id is None:
        return None
    found = accounts(customer_id).select_related("programme", "tier", "customer")
    return min(found, key=earns_first, default=None)


def card_of(customer: Customer) -> str:
    """The number of a live person's card: their own record's, else one of a record merged into
    it; empty: none.
    """
    cards = Identity.objects.filter(
        customer__in=records(customer.pk), kind=Identity.Kind.CARD
    ).values_list("customer_id", "pk", "value")
    found = min(cards, key=lambda card: (card[0] != customer.pk, card[1]), default=None)
    return found[2] if found else ""


def earns_first(account: Account) -> tuple[bool, datetime, int]:
    """Sorts the accounts of a person: the live record's first, then the oldest."""
    return account.customer.merged_into_id is not None, account.joined_at, account.pk


@dataclass(frozen=True, slots=True)
class Balance:
    """What a member has: points to spend now, points pending, points owed."""

    account: Account
    spendable: int  # what is owed is taken off
    pending: int
    debt: int
    lots: tuple[PointsLot, ...]  # that may be spent, first to expire first
    pending_lots: tuple[PointsLot, ...]

    @property
    def value_minor(self) -> int:
        """What the spendable points are worth."""
        return self.spendable * self.account.programme.point_value_minor

    @property
    def tier(self) -> Tier | None:
        """The member's tier."""
        return self.account.tier


def balance(customer: Customer, *, at: datetime) -> Balance | None:
    """The person's points over all their records, with origin and expiry of each lot (UX A4);
    None for a non-member. Two statements.
    """
    theirs = list(accounts(customer.pk).select_related("programme", "tier", "customer"))
    if not theirs:
        return None
    lots = PointsLot.objects.filter(account__in=theirs, remaining__gt=0, expires_at__gt=at)
    return _balance(theirs, list(lots.order_by("expires_at", "pk")), at=at)


def _balance(theirs: Sequence[Account], live: Sequence[PointsLot], *, at: datetime) -> Balance:
    lots = tuple(lot for lot in live if lot.available_at <= at)
    pending = tuple(lot for lot in live if lot.available_at > at)
    debt = sum(account.debt for account in theirs)
    return Balance(
        account=min(theirs, key=earns_first),
        spendable=max(0, sum(lot.remaining for lot in lots) - debt),
        pending=sum(lot.remaining for lot in pending),
        debt=debt,
        lots=lots,
        pending_lots=pending,
    )


def taken_back(*, document: str, line: int) -> int:
    """Points that returns of a document's line have taken so far, debt included."""
    lot = PointsLot.objects.filter(document=document, line=line).first()
    return lot.taken_back if lot else 0


def terms(
    account: Account, *, at: datetime, channel: str, store_id: int | None, tier: Tier | None
) -> Terms:
    """How an account earns on purchases at an instant in a channel and store; `tier` is the one
    it then has. Four statements, two without rules.
    """
    programme = account.programme
    running = (
        EarnRule.objects.running(at)
        .filter(programme=programme, event=EarnRule.Event.PURCHASE)
        .select_related("operation")
        .prefetch_related("products", "brands", "categories", "stores", "operation__stores")
    )
    code = tier.code if tier else ""
    return Terms(
        points_per_unit=programme.points_per_unit,
        tier_bp=tier.multiplier_bp if tier else ONCE,
        earn_on_points=programme.earn_on_points,
        rules=tuple(
            Rule(
                points_per_unit=rule.points_per_unit or 0,
                multiplier_bp=rule.multiplier_bp or ONCE,
                points=rule.points or 0,
                products=frozenset(one.pk for one in rule.products.all()),
                brands=frozenset(one.pk for one in rule.brands.all()),
                categories=tuple(one.path for one in rule.categories.all()),
            )
            for rule in running
            if applies(rule, channel=channel, store_id=store_id, tier=code)
        ),
    )


def applies(rule: EarnRule, *, channel: str, store_id: int | None, tier: str) -> bool:
    """Whether a rule in force counts there and for that tier; its operation's places count too."""
    places = [(rule.channels, rule.stores.all())]
    if rule.operation:
        places.append((rule.operation.channels, rule.operation.stores.all()))
    return (not rule.tiers or tier in rule.tiers) and all(
        _within(channel, channels) and _within(store_id, [store.pk for store in stores])
        for channels, stores in places
    )


def _within(one: object, chosen: Collection[object]) -> bool:
    return not chosen or one in chosen


def person_of(account: Account) -> int:
    """The live record of an account's person."""
    return account.customer.merged_into_id or account.customer_id


def tier_at(account: Account, at: datetime) -> Tier | None:
    """The tier an account had at an instant, as its history says. One statement, two if it has
    changed since.
    """
    since = account.tier_changes.filter(at__gt=at).order_by("at", "pk").first()
    if since is None:
        return account.tier
    return account.programme.tiers.filter(code=since.before).first()


def standing_of(accounts: Sequence[Account], *, at: datetime) -> tuple[list[Tier], Standing | None]:
    """The programme's tiers upwards, and where the person of these accounts stands, in points or
    whole euros; None without tiers. Two statements.
    """
    programme = min(accounts, key=earns_first).programme
    tiers = list(programme.tiers.order_by("entry"))
    if not tiers:
        return [], None
    lots = PointsLot.objects.filter(account__in=accounts, counts=True)
    return tiers, _standing(programme, tiers, lots, at=at)


def _standing(
    programme: Programme, tiers: Sequence[Tier], lots: Iterable[PointsLot], *, at: datetime
) -> Standing:
    """Where the lots that count put somebody, in points or whole euros."""
    spend = programme.tier_basis == Programme.Basis.SPEND
    unit = CENTS if spend else 1
    found = standing(
        [
            (lot.earned_at, lot.amount_minor * kept // lot.points if spend else kept)
            for lot in lots
            if (kept := lot.points - lot.taken_back) > 0
        ],
        [Step(tier.entry * unit, tier.keep * unit) for tier in tiers],
        months=programme.tier_months if programme.tier_window == "rolling" else None,
        grace=timedelta(days=programme.tier_grace_days),
        at=at,
    )
    return replace(found, counted=found.counted // unit)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a member stands on the way to the next tier."""

    tier: Tier | None
    counted: int
    next: Tier | None
    missing: int
    spend: bool  # counted in euros
    due_at: datetime | None  # when the tier may be lost

    @property
    def percent(self) -> int:
        """How far it is to the next tier, for a bar."""
        return min(100, 100 * self.counted // self.next.entry) if self.next else 100


def progress(customer_id: int, *, at: datetime) -> Progress | None:
    """How far the person is; None without tiers or account. Three statements."""
    theirs = list(accounts(customer_id).select_related("programme", "customer"))
    tiers, found = standing_of(theirs, at=at) if theirs else ([], None)
    return _progress(theirs[0].programme, tiers, found) if found else None


def membership(customer: Customer, *, at: datetime) -> tuple[Balance, Progress | None] | None:
    """The person's points and how far they are, read together; None for a non-member. Three
    statements.
    """
    theirs = list(accounts(customer.pk).select_related("programme", "tier", "customer"))
    if not theirs:
        return None
    lots = list(
        PointsLot.objects.filter(Q(counts=True) | Q(remaining__gt=0, expires_at__gt=at))
        .filter(account__in=theirs)
        .order_by("expires_at", "pk")
    )
    balance = _balance(
        theirs, [one for one in lots if one.remaining and one.expires_at > at], at=at
    )
    programme = balance.account.programme
    tiers = list(programme.tiers.order_by("entry"))
    if not tiers:
        return balance, None
    found = _standing(programme, tiers, [one for one in lots if one.counts], at=at)
    return balance, _progress(programme, tiers, found)


def _progress(programme: Programme, tiers: Sequence[Tier], found: Standing) -> Progress:
    later = tiers[(found.step if found.step is not None else -1) + 1 :]
    return Progress(
        tier=None if found.step is None else tiers[found.step],
        counted=found.counted,
        next=later[0] if later else None,
        missing=max(0, later[0].entry - found.counted) if later else 0,
        spend=programme.tier_basis == Programme.Basis.SPEND,
        due_at=found.due_at,
    )

"""Points: earned per line, spent first-expiring-first, taken back from the lot they came from.

A person's accounts are locked together, in pk order, and are the lock of all of it. Each account's
balance and lots move together and stay at or above zero; merging moves nothing (CUS-1).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dateutil.relativedelta import relativedelta
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.models import Customer
from customers.services.identities import add_card
from loyalty import selectors
from loyalty.models import Account, PointsEntry, PointsLot, Programme
from loyalty.services import tiers
from omnishop.kernel.errors import Invalid, Refusal
from omnishop.kernel.transactions import joined

Kind = PointsEntry.Kind


class NotEnoughPoints(Refusal):
    """The person cannot spend that many points; nothing was spent."""

    code = "not_enough_points"

    def __init__(self, available: int) -> None:
        self.available = available
        super().__init__(
            ngettext(
                "There is %(points)s point to spend, not more.",
                "There are %(points)s points to spend, not more.",
                available,
            )
            % {"points": available}
        )


class NotAMember(Refusal):
    """The person has no loyalty account."""

    code = "not_a_member"

    def __init__(self) -> None:
        super().__init__(_("This person has no loyalty account."))


@dataclass(frozen=True, slots=True)
class Earning:
    """Points that one line of a document earns."""

    line: int
    points: int
    origin: str  # what the member reads: "Sac à dos Alpée 30 L · Lyon Part-Dieu"
    amount_minor: int = 0  # paid for it


def programme() -> Programme:
    """The rules in force; the demonstration's defaults when none were set yet."""
    active = Programme.objects.filter(active=True).first()
    return active or Programme.objects.create(name="Programme")


@joined
def join(*, customer: Customer, at: datetime, referred_by: Account | None = None) -> Account:
    """The person's account and card, made on first need; joining ticks no consent (GDP-8).

    Who has an account under another of their records has joined already.
    """
    if account := selectors.account_of(customer.pk):
        add_card(customer=account.customer, at=at)
        return account
    account, created = Account.objects.get_or_create(
        customer=customer,
        defaults={"programme": programme(), "joined_at": at, "referred_by": referred_by},
    )
    add_card(customer=customer, at=at)
    if created:
        tiers.review([account], at=at)
    return account


class Person:
    """The locked accounts of one person, and what is written to them in this transaction."""

    def __init__(self, accounts: Sequence[Account], **facts: Any) -> None:
        self.accounts = {account.pk: account for account in accounts}
        self.facts = facts  # document, channel, actor, at: on each entry
        self.changed: set[int] = set()

    @property
    def receiving(self) -> Account:
        """The account that new points go to."""
        return min(self.accounts.values(), key=selectors.earns_first)

    @property
    def lots(self) -> Any:
        """The lots of all accounts."""
        return PointsLot.objects.filter(account__in=list(self.accounts))

    @property
    def debt(self) -> int:
        return sum(account.debt for account in self.accounts.values())

    def change(self, account_id: int, *, balance: int = 0, debt: int = 0) -> None:
        """Move an account's totals; `save` writes them."""
        account = self.accounts[account_id]
        account.balance += balance
        account.debt += debt
        self.changed.add(account_id)

    def entry(
        self, kind: Kind, delta: int, key: str, *, account_id: int, lot: PointsLot | None
    ) -> PointsEntry:
        return PointsEntry(
            account_id=account_id,
            lot=lot,
            kind=kind,
            delta=delta,
            idempotency_key=key,
            **self.facts,
        )

    def move(self, parts: Sequence[tuple[PointsLot, int]], *, kind: Kind, key: str) -> int:
        """Write signed changes of lots with their entries; their sum."""
        for lot, delta in parts:
            lot.remaining += delta
            self.change(lot.account_id, balance=delta)
        if parts:
            PointsLot.objects.bulk_update([lot for lot, _delta in parts], ["remaining"])
            PointsEntry.objects.bulk_create(
                self.entry(kind, delta, f"{key}:{lot.pk}", account_id=lot.account_id, lot=lot)
                for lot, delta in parts
            )
        return sum(delta for _lot, delta in parts)

    def take(self, lots: Iterable[PointsLot], points: int, *, kind: Kind, key: str) -> int:
        """Take up to `points` from the lots in their order; how many were taken."""
        parts, left = [], points
        for lot in lots:
            part = min(lot.remaining, left)
            if part > 0:
                parts.append((lot, -part))
                left -= part
        self.move(parts, kind=kind, key=key)
        return points - left

    def credit(self, lots: Sequence[PointsLot], *, kind: Kind) -> int:
        """Write new lots with their entries; a debt takes first of them (ALG-9)."""
        if not lots:
            return 0
        PointsLot.objects.bulk_create(lots)
        PointsEntry.objects.bulk_create(
            self.entry(kind, lot.points, f"{kind}:{lot.pk}", account_id=lot.account_id, lot=lot)
            for lot in lots
        )
        for lot in lots:
            self.change(lot.account_id, balance=lot.points)
        self.repay(lots, key=f"earn:{lots[0].pk}")
        return sum(lot.points for lot in lots)

    def repay(self, lots: Sequence[PointsLot], *, key: str) -> None:
        """What is owed anywhere in the person takes first of these lots, the oldest debt first."""
        for account in self.accounts.values():
            if not account.debt:
                continue
            repaid = self.take(lots, account.debt, kind=Kind.REPAY, key=f"repay:{account.pk}:{key}")
            if repaid:
                self.entry(
                    Kind.REPAY,
                    repaid,
                    f"repaid:{account.pk}:{key}",
                    account_id=account.pk,
                    lot=None,
                ).save()
                self.change(account.pk, debt=-repaid)

    def owe(self, points: int, *, account_id: int, key: str) -> None:
        """Points that could not be taken are owed (ALG-9)."""
        self.entry(Kind.DEBT, -points, f"{key}:debt", account_id=account_id, lot=None).save()
        self.change(account_id, debt=points)

    def save(self) -> None:
        """Write the totals that changed, in pk order."""
        for pk in sorted(self.changed):
            self.accounts[pk].save(update_fields=["balance", "debt"])
        self.changed.clear()


def lock(customer_id: int, *, document: str, channel: str, actor: str, at: datetime) -> Person:
    """Lock all accounts of the person, in pk order. Raises NotAMember."""
    found = lock_accounts(customer_id)
    if not found:
        raise NotAMember
    return Person(found, document=document, channel=channel, actor=actor, at=at)


def lock_accounts(*customer_ids: int) -> list[Account]:
    """The accounts of the persons, locked in pk order so that two cannot deadlock.

    Without their key: a gift may point at an account that another transaction holds.
    """
    return list(
        selectors.accounts(*customer_ids)
        .select_for_update(of=("self",), no_key=True)
        .select_related("programme", "customer", "tier")
    )


@joined
def earn(
    earnings: Sequence[Earning],
    *,
    customer_id: int,
    document: str,
    channel: str,
    actor: str,
    at: datetime,
    pending: bool = True,
) -> int:
    """Credit the points of a document's lines: pending until the return period ends (FIELD 28).

    They go to the live record's account, else to the oldest of the merged ones. A line that has
    its lot already, in whatever account, is left alone: a repeat earns nothing (FIELD 26). A debt
    is repaid first (ALG-9). Returns the points credited. Raises NotAMember.
    """
    person = lock(customer_id, document=document, channel=channel, actor=actor, at=at)
    account = person.receiving
    known = set(PointsLot.objects.filter(document=document).values_list("line", flat=True))
    days = account.programme.pending_days if pending else 0
    available_at = at + relativedelta(days=days)
    lots = [
        PointsLot(
            account=account,
            document=document,
            line=earning.line,
            origin=earning.origin[:160],
            channel=channel,
            points=earning.points,
            remaining=earning.points,
            amount_minor=max(earning.amount_minor, 0),
            earned_at=at,
            available_at=available_at,
            expires_at=available_at + relativedelta(months=account.programme.expiry_months),
        )
        for earning in earnings
        if earning.points > 0 and earning.line not in known
    ]
    credited = person.credit(lots, kind=Kind.EARN)
    person.save()
    if lots:
        tiers.review(list(person.accounts.values()), at=at)
    return credited


@joined
def spend(
    *, customer_id: int, points: int, document: str, channel: str, actor: str, at: datetime
) -> int:
    """Spend points of all the person's accounts, first expiring first (ALG-9); a repeat for the
    document spends nothing. What is owed is repaid before.

    Returns the points spent by this document. Raises NotAMember, NotEnoughPoints, spending nothing.
    """
    if points <= 0:
        raise Invalid(_("Enter a number of points from 1."))
    person = lock(customer_id, document=document, channel=channel, actor=actor, at=at)
    entries = list(
        PointsEntry.objects.filter(
            document=document, kind__in=[Kind.SPEND, Kind.RESTORE]
        ).values_list("kind", "delta")
    )
    if spent := -sum(delta for _kind, delta in entries):
        return spent
    lots = list(person.lots.spendable(at))
    available = max(0, sum(lot.remaining for lot in lots) - person.debt)
    if points > available:
        raise NotEnoughPoints(available)
    attempt = sum(kind == Kind.SPEND for kind, _delta in entries)
    person.repay(lots, key=f"spend:{document}:{attempt}")
    person.take(lots, points, kind=Kind.SPEND, key=f"spend:{document}:{attempt}")
    person.save()
    return points


@joined
def restore(
    *, document: str, channel: str, actor: str, at: datetime, points: int | None = None
) -> int:
    """Give spent points back to the very lots they came from, in whatever account, all or so many
    (DESIGN 3.6).

    Points of a lot that has expired meanwhile come back and expire with the next tidying, as
    they would have. A debt is repaid from them. A repeat gives back nothing more. Returns the
    points given back.
    """
    of_document = PointsEntry.objects.filter(
        document=document, kind__in=[Kind.SPEND, Kind.RESTORE], lot__isnull=False
    )
    owners = set(of_document.values_list("account__customer_id", flat=True))
    if not owners:
        return 0
    accounts = lock_accounts(*sorted(owners))
    entries = list(of_document.order_by("pk").values_list("lot_id", "delta"))
    spent: dict[int, int] = {}
    for lot_id, delta in entries:
        assert lot_id is not None  # noqa: S101  for the type checker
        spent[lot_id] = spent.get(lot_id, 0) - delta
    left = sum(spent.values()) if points is None else points
    lots = list(PointsLot.objects.filter(pk__in=spent).order_by("-expires_at", "-pk"))
    parts = []
    for lot in lots:
        part = min(spent[lot.pk], left)
        if part > 0:
            parts.append((lot, part))
            left -= part
    key = f"restore:{document}:{len(entries)}"
    given = 0
    # Undone merges: the lots of a document may be two persons' now; each repays its own debt.
    for live in sorted({selectors.person_of(account) for account in accounts}):
        person = Person(
            [account for account in accounts if selectors.person_of(account) == live],
            document=document,
            channel=channel,
            actor=actor,
            at=at,
        )
        theirs = [(lot, part) for lot, part in parts if lot.account_id in person.accounts]
        given += person.move(theirs, kind=Kind.RESTORE, key=key)
        person.repay([lot for lot, _part in theirs], key=f"{live}:{key}")
        person.save()
    return given


@joined
def take_back(
    *,
    document: str,
    line: int,
    points: int,
    reference: str,
    channel: str,
    actor: str,
    at: datetime,
) -> int:
    """A line came back: take its points from its own lot, then from others of the person, the
    rest is a debt of the lot's account.

    Never more than the line earned, and a repeat of the reference takes nothing (FIELD 24).
    Returns the points taken, debt included.
    """
    owner = (
        PointsLot.objects.filter(document=document, line=line)
        .values_list("account__customer_id", flat=True)
        .first()
    )
    if owner is None or points <= 0:
        return 0
    person = lock(owner, document=reference, channel=channel, actor=actor, at=at)
    own = PointsLot.objects.get(document=document, line=line)
    points = min(points, own.points - own.taken_back)
    key = f"reverse:{reference}:{line}"
    if not points or PointsEntry.objects.filter(idempotency_key__startswith=f"{key}:").exists():
        return 0
    others = [lot for lot in person.lots.spendable(at) if lot != own]
    taken = person.take([own, *others], points, kind=Kind.REVERSE, key=key)
    if taken < points:
        person.owe(points - taken, account_id=own.account_id, key=key)
    own.taken_back += points
    own.save(update_fields=["taken_back"])
    person.save()
    tiers.review(list(person.accounts.values()), at=at)
    return points


@joined
def expire(*, account_id: int, at: datetime) -> int:
    """Write off what is left in expired lots; they could no longer be spent. How many points."""
    account = (
        Account.objects.select_for_update(of=("self",), no_key=True)
        .select_related("customer")
        .get(pk=account_id)
    )
    person = Person([account], document=f"expiry:{at.date()}", channel="", actor="task", at=at)
    lots = list(account.lots.filter(remaining__gt=0, expires_at__lte=at).order_by("pk"))
    count = PointsEntry.objects.filter(account=account, kind=Kind.EXPIRE).count()
    written_off = person.take(
        lots,
        sum(lot.remaining for lot in lots),
        kind=Kind.EXPIRE,
        key=f"expire:{account.pk}:{count}",
    )
    person.save()
    return written_off

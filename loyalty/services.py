"""Points: earned per line, spent first-expiring-first, taken back from the lot they came from.

The member's account row is the lock of all of it; `balance` and the lots move together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dateutil.relativedelta import relativedelta
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.models import Customer
from customers.services.identities import add_card
from loyalty.models import Account, PointsEntry, PointsLot, Programme
from omnishop.kernel.errors import Invalid, Refusal
from omnishop.kernel.transactions import joined

Kind = PointsEntry.Kind


class NotEnoughPoints(Refusal):
    """The account cannot spend that many points; nothing was spent."""

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


@dataclass(frozen=True, slots=True)
class Earning:
    """Points that one line of a document earns."""

    line: int
    points: int
    origin: str  # what the member reads: "Sac à dos Alpée 30 L · Lyon Part-Dieu"


def programme() -> Programme:
    """The rules in force; the demonstration's defaults when none were set yet."""
    active = Programme.objects.filter(active=True).first()
    return active or Programme.objects.create(name="Programme")


@joined
def join(*, customer: Customer, at: datetime) -> Account:
    """The person's account and card, made on first need; joining ticks no consent (GDP-8)."""
    account, _created = Account.objects.get_or_create(
        customer=customer, defaults={"programme": programme(), "joined_at": at}
    )
    add_card(customer=customer, at=at)
    return account


def _locked(account_id: int) -> Account:
    return (
        Account.objects.select_for_update(of=("self",))
        .select_related("programme")
        .get(pk=account_id)
    )


def _take(
    account: Account,
    lots: Sequence[PointsLot],
    points: int,
    *,
    kind: Kind,
    document: str,
    key: str,
    channel: str,
    actor: str,
    at: datetime,
) -> int:
    """Take up to `points` from the lots in their order; how many were taken."""
    taken, entries, changed = 0, [], []
    for lot in lots:
        part = min(lot.remaining, points - taken)
        if part <= 0:
            continue
        lot.remaining -= part
        taken += part
        changed.append(lot)
        entries.append(
            PointsEntry(
                account=account,
                lot=lot,
                kind=kind,
                delta=-part,
                document=document,
                channel=channel,
                actor=actor,
                at=at,
                idempotency_key=f"{key}:{lot.pk}",
            )
        )
    PointsLot.objects.bulk_update(changed, ["remaining"])
    PointsEntry.objects.bulk_create(entries)
    account.balance -= taken
    return taken


@joined
def earn(
    earnings: Sequence[Earning],
    *,
    account_id: int,
    document: str,
    channel: str,
    actor: str,
    at: datetime,
) -> int:
    """Credit the points of a document's lines: pending until the return period ends (FIELD 28).

    A line that has its lot already is left alone, so a repeat earns nothing. A debt is repaid
    first (ALG-9). Returns the points credited.
    """
    account = _locked(account_id)
    known = set(account.lots.filter(document=document).values_list("line", flat=True))
    available_at = at + relativedelta(days=account.programme.pending_days)
    expires_at = available_at + relativedelta(months=account.programme.expiry_months)
    lots = PointsLot.objects.bulk_create(
        PointsLot(
            account=account,
            document=document,
            line=earning.line,
            origin=earning.origin[:160],
            channel=channel,
            points=earning.points,
            remaining=earning.points,
            earned_at=at,
            available_at=available_at,
            expires_at=expires_at,
        )
        for earning in earnings
        if earning.points > 0 and earning.line not in known
    )
    PointsEntry.objects.bulk_create(
        PointsEntry(
            account=account,
            lot=lot,
            kind=Kind.EARN,
            delta=lot.points,
            document=document,
            channel=channel,
            actor=actor,
            at=at,
            idempotency_key=f"earn:{lot.pk}",
        )
        for lot in lots
    )
    credited = sum(lot.points for lot in lots)
    account.balance += credited
    _repay(account, lots, document=document, key="", channel=channel, actor=actor, at=at)
    account.save(update_fields=["balance", "debt"])
    return credited


def _repay(
    account: Account,
    lots: Sequence[PointsLot],
    *,
    document: str,
    key: str,
    channel: str,
    actor: str,
    at: datetime,
) -> None:
    """A debt takes first of what has just come in (ALG-9)."""
    if not account.debt or not lots:
        return
    repaid = _take(
        account,
        lots,
        account.debt,
        kind=Kind.REPAY,
        document=document,
        key=f"repay:{document}{key}",
        channel=channel,
        actor=actor,
        at=at,
    )
    PointsEntry.objects.create(
        account=account,
        lot=None,
        kind=Kind.REPAY,
        delta=repaid,
        document=document,
        channel=channel,
        actor=actor,
        at=at,
        idempotency_key=f"repaid:{account.pk}:{document}{key}",
    )
    account.debt -= repaid


@joined
def spend(
    *, account_id: int, points: int, document: str, channel: str, actor: str, at: datetime
) -> int:
    """Spend points, first expiring first (ALG-9); a repeat for the document spends nothing.

    Returns the points spent by this document. Raises NotEnoughPoints, spending nothing.
    """
    if points <= 0:
        raise Invalid(_("Enter a number of points from 1."))
    account = _locked(account_id)
    spent = -sum(
        PointsEntry.objects.filter(
            account=account, document=document, kind__in=[Kind.SPEND, Kind.RESTORE]
        ).values_list("delta", flat=True)
    )
    if spent:
        return spent
    lots = list(account.lots.spendable(at))
    available = sum(lot.remaining for lot in lots)
    if points > available:
        raise NotEnoughPoints(available)
    attempt = PointsEntry.objects.filter(document=document, kind=Kind.SPEND).count()
    _take(
        account,
        lots,
        points,
        kind=Kind.SPEND,
        document=document,
        key=f"spend:{document}:{attempt}",
        channel=channel,
        actor=actor,
        at=at,
    )
    account.save(update_fields=["balance"])
    return points


@joined
def restore(
    *,
    account_id: int,
    document: str,
    channel: str,
    actor: str,
    at: datetime,
    points: int | None = None,
) -> int:
    """Give spent points back to the very lots they came from, all or so many (DESIGN 3.6).

    Points of a lot that has expired meanwhile come back and expire with the next tidying, as
    they would have. A debt is repaid from them. A repeat gives back nothing more. Returns the
    points given back.
    """
    account = _locked(account_id)
    balance_by_lot: dict[int, int] = {}
    entries = PointsEntry.objects.filter(
        account=account, document=document, kind__in=[Kind.SPEND, Kind.RESTORE]
    ).order_by("pk")
    for entry in entries:
        if entry.lot_id is not None:
            balance_by_lot[entry.lot_id] = balance_by_lot.get(entry.lot_id, 0) - entry.delta
    left = sum(balance_by_lot.values()) if points is None else points
    lots = {lot.pk: lot for lot in PointsLot.objects.filter(pk__in=balance_by_lot)}
    given, changed, written = 0, [], []
    count = len(entries)
    for lot_id in sorted(balance_by_lot, key=lambda pk: (lots[pk].expires_at, pk), reverse=True):
        part = min(balance_by_lot[lot_id], left - given)
        if part <= 0:
            continue
        lots[lot_id].remaining += part
        given += part
        changed.append(lots[lot_id])
        written.append(
            PointsEntry(
                account=account,
                lot_id=lot_id,
                kind=Kind.RESTORE,
                delta=part,
                document=document,
                channel=channel,
                actor=actor,
                at=at,
                idempotency_key=f"restore:{document}:{lot_id}:{count}",
            )
        )
    PointsLot.objects.bulk_update(changed, ["remaining"])
    PointsEntry.objects.bulk_create(written)
    account.balance += given
    _repay(
        account,
        changed,
        document=document,
        key=f":restore:{count}",
        channel=channel,
        actor=actor,
        at=at,
    )
    account.save(update_fields=["balance", "debt"])
    return given


@joined
def take_back(
    *,
    account_id: int,
    document: str,
    line: int,
    points: int,
    reference: str,
    channel: str,
    actor: str,
    at: datetime,
) -> int:
    """A line came back: take its points from its own lot, then from others, the rest is a debt.

    A repeat of the reference takes nothing (FIELD 24). Returns the points taken, debt included.
    """
    account = _locked(account_id)
    if (
        points <= 0
        or PointsEntry.objects.filter(
            account=account,
            document=reference,
            kind__in=[Kind.REVERSE, Kind.DEBT],
            idempotency_key__startswith=f"reverse:{reference}:{line}:",
        ).exists()
    ):
        return 0
    own = list(account.lots.filter(document=document, line=line, remaining__gt=0))
    others = [lot for lot in account.lots.spendable(at) if lot not in own]
    key = f"reverse:{reference}:{line}"
    taken = _take(
        account,
        own + others,
        points,
        kind=Kind.REVERSE,
        document=reference,
        key=key,
        channel=channel,
        actor=actor,
        at=at,
    )
    if owed := points - taken:
        PointsEntry.objects.create(
            account=account,
            lot=None,
            kind=Kind.DEBT,
            delta=-owed,
            document=reference,
            channel=channel,
            actor=actor,
            at=at,
            idempotency_key=f"{key}:debt",
        )
        account.debt += owed
    account.save(update_fields=["balance", "debt"])
    return points


@joined
def expire(*, account_id: int, at: datetime) -> int:
    """Write off what is left in expired lots; they could no longer be spent. How many points."""
    account = _locked(account_id)
    lots = list(account.lots.filter(remaining__gt=0, expires_at__lte=at).order_by("pk"))
    written_off = sum(lot.remaining for lot in lots)
    count = PointsEntry.objects.filter(account=account, kind=Kind.EXPIRE).count()
    _take(
        account,
        lots,
        written_off,
        kind=Kind.EXPIRE,
        document=f"expiry:{at.date()}",
        key=f"expire:{account.pk}:{count}",
        channel="",
        actor="task",
        at=at,
    )
    account.save(update_fields=["balance"])
    return written_off


@joined
def correct(
    *, account_id: int, points: int, reason: str, reference: str, actor: str, at: datetime
) -> int:
    """Staff give points, with a reason; a repeat of the reference gives nothing."""
    if points <= 0:
        raise Invalid(_("Enter a number of points from 1."))
    account = _locked(account_id)
    if account.lots.filter(document=reference, line=0).exists():
        return 0
    lot = PointsLot.objects.create(
        account=account,
        document=reference,
        line=0,
        origin=reason[:160],
        channel="admin",
        points=points,
        remaining=points,
        earned_at=at,
        available_at=at,
        expires_at=at + relativedelta(months=account.programme.expiry_months),
    )
    PointsEntry.objects.create(
        account=account,
        lot=lot,
        kind=Kind.CORRECTION,
        delta=points,
        document=reference,
        channel="admin",
        actor=actor,
        at=at,
        idempotency_key=f"correction:{lot.pk}",
    )
    account.balance += points
    account.save(update_fields=["balance"])
    return points

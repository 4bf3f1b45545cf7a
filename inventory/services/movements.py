"""Goods that come and go. Every change of `on_hand` is a movement."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.db.models import Sum
from django.utils.translation import gettext as _

from inventory.models import StockMovement, StockStatus
from inventory.services import holds
from inventory.services import levels as stock
from inventory.services.holds import Demand
from inventory.services.levels import Key
from omnishop.kernel.errors import Refusal
from omnishop.kernel.transactions import joined


def _done(kind: StockMovement.Kind, document: str) -> bool:
    return StockMovement.objects.filter(document=document, kind=kind).exists()


def _movement(
    kind: StockMovement.Kind,
    demand: Demand,
    delta: int,
    *,
    document: str,
    at: datetime,
    actor: str,
    reason: str = "",
) -> StockMovement:
    return StockMovement(
        variant_id=demand.variant_id,
        location_id=demand.location_id,
        kind=kind,
        delta=delta,
        document=document,
        line=demand.line,
        status=demand.status,
        reason=reason,
        actor=actor,
        at=at,
        idempotency_key=":".join(
            [kind, document, str(demand.line), str(demand.location_id)]
            + ([demand.status] if demand.status != StockStatus.SELLABLE else [])
        ),
    )


@joined
def sell(demands: Sequence[Demand], *, document: str, at: datetime, actor: str) -> bool:
    """Goods leave over the counter now. Never refused: they are already leaving (ALG-1).

    What was promised to others turns the youngest unpicked hold into a shortage; what the book
    did not have is booked in as a count gap to review (INVARIANTS §2 c). A repeat does nothing
    and returns False.
    """
    wanted: dict[Key, int] = defaultdict(int)
    for demand in demands:
        wanted[demand.key] += demand.quantity
    levels = stock.lock(wanted, create=True)
    if _done(StockMovement.Kind.SALE, document):
        return False
    short = {
        key: quantity for key, quantity in sorted(wanted.items()) if quantity > levels[key].free
    }
    movements = []
    if short:
        stock.free_overdue(short, levels, at=at)
    for key, quantity in short.items():
        level = levels[key]
        lacking = quantity - level.free
        if lacking > 0:
            lacking -= holds.eat_holds(key, level, lacking, at=at)
        if lacking > 0:
            level.on_hand += lacking
            line = next(demand for demand in demands if demand.key == key)
            movements.append(
                _movement(
                    StockMovement.Kind.COUNT_GAP,
                    line,
                    lacking,
                    document=document,
                    at=at,
                    actor=actor,
                    reason="sold beyond the book",
                )
            )
    for key, quantity in wanted.items():
        levels[key].on_hand -= quantity
    stock.store(levels)
    movements += [
        _movement(
            StockMovement.Kind.SALE,
            demand,
            -demand.quantity,
            document=document,
            at=at,
            actor=actor,
        )
        for demand in demands
    ]
    StockMovement.objects.bulk_create(movements)
    return True


def _bring_in(
    kind: StockMovement.Kind,
    demands: Sequence[Demand],
    *,
    document: str,
    at: datetime,
    actor: str,
    reason: str = "",
) -> bool:
    levels = stock.lock({demand.key for demand in demands}, create=True)
    if _done(kind, document):
        return False
    for demand in demands:
        levels[demand.key].on_hand += demand.quantity
        if demand.status != StockStatus.SELLABLE:
            levels[demand.key].unsellable += demand.quantity
    stock.store(levels)
    StockMovement.objects.bulk_create(
        _movement(
            kind, demand, demand.quantity, document=document, at=at, actor=actor, reason=reason
        )
        for demand in demands
    )
    return True


@joined
def receive(demands: Sequence[Demand], *, document: str, at: datetime, actor: str) -> bool:
    """Goods arrive from a supplier, each demand in the status it arrived in. A repeat of the
    document does nothing and returns False.
    """
    return _bring_in(StockMovement.Kind.RECEIPT, demands, document=document, at=at, actor=actor)


@joined
def put_back(demands: Sequence[Demand], *, document: str, at: datetime, actor: str) -> bool:
    """Returned goods come back to the location that received them, to the shelf or, damaged or to
    be inspected, beside it (FIELD 34).
    """
    return _bring_in(StockMovement.Kind.RETURN, demands, document=document, at=at, actor=actor)


@joined
def arrive(demands: Sequence[Demand], *, document: str, at: datetime, actor: str) -> bool:
    """Goods of a transfer arrive. A repeat of the document does nothing and returns False."""
    return _bring_in(StockMovement.Kind.TRANSFER_IN, demands, document=document, at=at, actor=actor)


@joined
def adjust(
    *,
    variant_id: int,
    location_id: int,
    counted: int,
    document: str,
    reason: str,
    at: datetime,
    actor: str,
) -> int:
    """Set the book to what was counted; the difference is a movement with its reason.

    A count below what is promised turns the youngest unpicked holds into shortages. Returns the
    difference. Raises Refusal when picked and unsellable goods alone exceed the count.
    """
    if counted < 0:
        raise Refusal(_("A count is never negative."))
    key = (variant_id, location_id)
    level = stock.lock([key], create=True)[key]
    return _correct(
        StockMovement.Kind.ADJUSTMENT,
        key,
        level,
        counted - level.on_hand,
        document=document,
        reason=reason,
        at=at,
        actor=actor,
    )


@joined
def correct(
    *,
    variant_id: int,
    location_id: int,
    delta: int,
    document: str,
    line: int,
    at: datetime,
    actor: str,
) -> int:
    """Change the book by the difference that a count found; sales since then stay as they are.

    A repeat of the document's line does nothing. Returns the change that was made: a
    shortfall below zero is cut there. Raises Refusal as `adjust` does.
    """
    key = (variant_id, location_id)
    level = stock.lock([key], create=True)[key]
    return _correct(
        StockMovement.Kind.COUNT,
        key,
        level,
        max(delta, -level.on_hand),
        document=document,
        line=line,
        reason="",
        at=at,
        actor=actor,
    )


def _correct(
    kind: StockMovement.Kind,
    key: Key,
    level: stock.Level,
    delta: int,
    *,
    document: str,
    reason: str,
    at: datetime,
    actor: str,
    line: int = 0,
) -> int:
    done = StockMovement.objects.filter(document=document, kind=kind, line=line)
    if delta == 0 or done.exists():
        return 0
    if level.free + delta < 0:
        stock.free_overdue([key], {key: level}, at=at)
    lacking = -(level.free + delta)
    if lacking > 0:
        lacking -= holds.eat_holds(key, level, lacking, at=at)
    if lacking > 0:
        raise Refusal(
            _("More units than that are set aside, damaged, in inspection or on display.")
        )
    level.on_hand += delta
    stock.store({key: level})
    demand = Demand(line, key[0], key[1], abs(delta))
    _movement(kind, demand, delta, document=document, at=at, actor=actor, reason=reason).save()
    return delta


@joined
def change_status(
    *,
    variant_id: int,
    location_id: int,
    quantity: int,
    was: str,
    becomes: str,
    document: str,
    reason: str,
    at: datetime,
    actor: str,
) -> None:
    """Goods on hand become damaged, inspected, shown, or sellable again. A repeat of the document
    does nothing. Raises Refusal when so many are not there in that status, or are promised.
    """
    if quantity <= 0 or was == becomes:
        raise Refusal(_("Choose a quantity of at least one and another status."))
    key = (variant_id, location_id)
    level = stock.lock([key], create=True)[key]
    if _done(StockMovement.Kind.STATUS, document):
        return
    there = level.free if was == StockStatus.SELLABLE else units_in(key, was)
    if quantity > there:
        raise Refusal(
            _("Only %(there)s units are there in that status and promised to nobody.")
            % {"there": max(0, there)}
        )
    if was == StockStatus.SELLABLE:
        level.unsellable += quantity
    elif becomes == StockStatus.SELLABLE:
        level.unsellable -= quantity
    stock.store({key: level})
    for status, delta in ((was, -quantity), (becomes, quantity)):
        demand = Demand(0, variant_id, location_id, quantity, status)
        _movement(
            StockMovement.Kind.STATUS,
            demand,
            delta,
            document=document,
            at=at,
            actor=actor,
            reason=reason,
        ).save()


def units_in(key: Key, status: str) -> int:
    """Units on hand in a status other than sellable, as the ledger says."""
    found = StockMovement.objects.filter(variant_id=key[0], location_id=key[1], status=status)
    return found.aggregate(units=Sum("delta", default=0))["units"] or 0

"""Goods that come and go. Every change of `on_hand` is a movement."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from inventory.models import StockMovement
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
        reason=reason,
        actor=actor,
        at=at,
        idempotency_key=f"{kind}:{document}:{demand.line}:{demand.location_id}",
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
        key: quantity
        for key, quantity in sorted(wanted.items())
        if quantity > levels[key].on_hand - levels[key].reserved
    }
    movements = []
    if short:
        stock.free_overdue(short, levels, at=at)
    for key, quantity in short.items():
        level = levels[key]
        lacking = quantity - (level.on_hand - level.reserved)
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
    """Goods arrive from a supplier. A repeat of the document does nothing and returns False."""
    return _bring_in(StockMovement.Kind.RECEIPT, demands, document=document, at=at, actor=actor)


@joined
def put_back(demands: Sequence[Demand], *, document: str, at: datetime, actor: str) -> bool:
    """Returned goods go back on the shelf of the location that received them (FIELD 34)."""
    return _bring_in(StockMovement.Kind.RETURN, demands, document=document, at=at, actor=actor)


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
    difference. Raises Refusal when picked goods alone exceed the count.
    """
    if counted < 0:
        raise Refusal(_("A count is never negative."))
    key = (variant_id, location_id)
    level = stock.lock([key], create=True)[key]
    delta = counted - level.on_hand
    if delta == 0 or _done(StockMovement.Kind.ADJUSTMENT, document):
        return 0
    if counted < level.reserved:
        lacking = level.reserved - counted
        lacking -= holds.eat_holds(key, level, lacking, at=at)
        if lacking > 0:
            raise Refusal(_("More units than that are set aside for pick-up. Count those too."))
    level.on_hand = counted
    stock.store({key: level})
    demand = Demand(line=0, variant_id=variant_id, location_id=location_id, quantity=abs(delta))
    _movement(
        StockMovement.Kind.ADJUSTMENT,
        demand,
        delta,
        document=document,
        at=at,
        actor=actor,
        reason=reason,
    ).save()
    return delta

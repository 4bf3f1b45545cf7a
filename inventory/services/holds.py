"""Promises: hold a whole basket or nothing, then fulfil, release or shorten (DESIGN 3.2)."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from inventory.errors import InsufficientStock, Missing
from inventory.models import Reservation, StockMovement, StockStatus
from inventory.services import levels as stock
from inventory.services.levels import Key
from omnishop.kernel.transactions import joined


@dataclass(frozen=True, slots=True)
class Demand:
    """Units of one line of a document that leave or come to one location, and in which status."""

    line: int
    variant_id: int
    location_id: int
    quantity: int
    status: str = StockStatus.SELLABLE

    @property
    def key(self) -> Key:
        return self.variant_id, self.location_id


@joined
def reserve(
    demands: Sequence[Demand],
    *,
    document: str,
    at: datetime,
    expires_at: datetime | None,
    online: bool = True,
) -> list[Reservation]:
    """Hold all the units until `expires_at` (None: until released), or nothing.

    A repeat for the same document returns the holds it has. Demand is summed per article and
    location before it is checked (FIELD 7), overdue holds there count as free, and safety stock
    is kept back from online demand (ALG-1). Five statements, whatever the number of lines.
    Raises InsufficientStock, holding nothing.
    """
    wanted = _summed(demands)
    levels = stock.lock(wanted)
    if stock.free_overdue(wanted, levels, at=at, document=document):
        stock.store(levels)
        return list(Reservation.objects.held().filter(document=document).order_by("line"))
    _promise(wanted, levels, online=online)
    return Reservation.objects.bulk_create(_holds(demands, document, at, expires_at))


@joined
def hold_more(
    demands: Sequence[Demand],
    *,
    document: str,
    at: datetime,
    expires_at: datetime | None,
    online: bool = True,
) -> None:
    """Hold units on top of what the document holds already. All or nothing, not repeatable.

    Raises InsufficientStock, holding nothing more.
    """
    wanted = _summed(demands)
    levels = stock.lock(wanted)
    stock.free_overdue(wanted, levels, at=at)
    _promise(wanted, levels, online=online)
    held = {
        (hold.line, hold.location_id): hold
        for hold in Reservation.objects.held().filter(document=document)
    }
    fresh = []
    for demand in demands:
        hold = held.get((demand.line, demand.location_id))
        if hold is None:
            fresh.append(demand)
        else:
            Reservation.objects.filter(pk=hold.pk).update(quantity=F("quantity") + demand.quantity)
    Reservation.objects.bulk_create(_holds(fresh, document, at, expires_at))


def _summed(demands: Sequence[Demand]) -> dict[Key, int]:
    wanted: dict[Key, int] = defaultdict(int)
    for demand in demands:
        wanted[demand.key] += demand.quantity
    return wanted


def _promise(wanted: Mapping[Key, int], levels: dict[Key, stock.Level], *, online: bool) -> None:
    """Count the units as reserved on their locked levels, or raise InsufficientStock."""
    free = {key: level.free - (level.safety if online else 0) for key, level in levels.items()}
    missing = [
        Missing(variant_id=key[0], wanted=quantity, available=max(0, free.get(key, 0)))
        for key, quantity in sorted(wanted.items())
        if quantity > free.get(key, 0)
    ]
    if not missing:
        for key, quantity in wanted.items():
            levels[key].reserved += quantity
    stock.store(levels)
    if missing:
        raise InsufficientStock(missing)


def _holds(
    demands: Sequence[Demand], document: str, at: datetime, expires_at: datetime | None
) -> list[Reservation]:
    return [
        Reservation(
            variant_id=demand.variant_id,
            location_id=demand.location_id,
            document=document,
            line=demand.line,
            quantity=demand.quantity,
            expires_at=expires_at,
            created_at=at,
        )
        for demand in demands
    ]


def _held_and_locked(document: str) -> tuple[list[Reservation], dict[Key, stock.Level]]:
    """The document's holds with their levels locked; read again once the locks are there."""
    holds = Reservation.objects.held().filter(document=document).order_by("line", "pk")
    levels = stock.lock({(hold.variant_id, hold.location_id) for hold in holds})
    return list(holds.all()), levels


def _close(
    hold: Reservation, status: Reservation.Status, quantity: int, at: datetime
) -> Reservation:
    """Give `quantity` units of a locked hold another status; the rest stays held."""
    if quantity == hold.quantity:
        hold.status = status
        hold.closed_at = at
        hold.save(update_fields=["status", "closed_at"])
        return hold
    hold.quantity -= quantity
    hold.save(update_fields=["quantity"])
    return Reservation.objects.create(
        variant_id=hold.variant_id,
        location_id=hold.location_id,
        document=hold.document,
        line=hold.line,
        quantity=quantity,
        status=status,
        expires_at=hold.expires_at,
        created_at=hold.created_at,
        closed_at=at,
    )


def held(*, document: str) -> list[Reservation]:
    """What the document still holds, overdue holds included."""
    return list(Reservation.objects.held().filter(document=document).order_by("line", "pk"))


@joined
def extend(
    *,
    document: str,
    expires_at: datetime | None,
    at: datetime,
    lines: Collection[int] | None = None,
) -> bool:
    """Keep a document's holds until another time, all of them or those of some lines; False when
    it holds nothing (any more).
    """
    holds, _levels = _held_and_locked(document)
    ids = [hold.pk for hold in holds if lines is None or hold.line in lines]
    return bool(Reservation.objects.filter(pk__in=ids).update(expires_at=expires_at))


def _parts(
    holds: Sequence[Reservation], units: Mapping[int, int], location_id: int | None
) -> list[tuple[Reservation, int]]:
    """Which holds give so many units of each line, those at the location first."""
    left = dict(units)
    parts = []
    for hold in sorted(holds, key=lambda hold: (hold.location_id != location_id, hold.pk)):
        part = min(hold.quantity, left.get(hold.line, 0))
        if part > 0:
            left[hold.line] -= part
            parts.append((hold, part))
    return parts


def _end(
    parts: Sequence[tuple[Reservation, int]], status: Reservation.Status, at: datetime
) -> list[Reservation]:
    """Give these units of locked holds another status; one statement for all whole holds."""
    whole = [hold for hold, units in parts if units == hold.quantity]
    Reservation.objects.filter(pk__in=[hold.pk for hold in whole]).update(
        status=status, closed_at=at
    )
    return whole + [
        _close(hold, status, units, at) for hold, units in parts if units < hold.quantity
    ]


@joined
def release(
    *,
    document: str,
    at: datetime,
    keep: Mapping[int, int] | None = None,
    location_id: int | None = None,
) -> int:
    """Give the document's held units back; how many units that were.

    `keep` names the lines it is about and the units each goes on holding; without it everything
    is given back. What is held at `location_id` goes first.
    """
    holds, levels = _held_and_locked(document)
    held: dict[int, int] = defaultdict(int)
    for hold in holds:
        held[hold.line] += hold.quantity
    excess = {line: held[line] - units for line, units in (keep or {}).items()}
    parts = _parts(holds, held if keep is None else excess, location_id)
    for hold, units in parts:
        levels[hold.variant_id, hold.location_id].reserved -= units
    stock.store(levels)
    _end(parts, Reservation.Status.RELEASED, at)
    return sum(units for _hold, units in parts)


@joined
def fulfil(
    *,
    document: str,
    at: datetime,
    actor: str,
    units: Mapping[int, int],
    location_id: int | None = None,
) -> dict[int, int]:
    """Held units leave, at most `units` (line → units): they become a sale. Consumes the holds,
    those at `location_id` first, and tests no free stock (FIELD 5); a repeat finds none and does
    nothing. Returns line → units that left.
    """
    holds, levels = _held_and_locked(document)
    parts = _parts(holds, units, location_id)
    kind = StockMovement.Kind.SALE
    return _leave(parts, levels, kind=kind, document=document, at=at, actor=actor)


@joined
def send(
    *,
    document: str,
    units: Mapping[int, int],
    location_id: int,
    transfer: str,
    at: datetime,
    actor: str,
) -> dict[int, int]:
    """Units that the document holds at the location leave it on a transfer. Returns line → units
    that left; a repeat finds none.
    """
    holds, levels = _held_and_locked(document)
    parts = _parts([hold for hold in holds if hold.location_id == location_id], units, None)
    kind = StockMovement.Kind.TRANSFER_OUT
    return _leave(parts, levels, kind=kind, document=transfer, at=at, actor=actor)


def _leave(
    parts: Sequence[tuple[Reservation, int]],
    levels: dict[Key, stock.Level],
    *,
    kind: StockMovement.Kind,
    document: str,
    at: datetime,
    actor: str,
) -> dict[int, int]:
    for hold, leaving in parts:
        level = levels[hold.variant_id, hold.location_id]
        level.reserved -= leaving
        level.on_hand -= leaving
    stock.store(levels)
    left: dict[int, int] = defaultdict(int)
    movements = []
    for hold in _end(parts, Reservation.Status.FULFILLED, at):
        left[hold.line] += hold.quantity
        movements.append(
            StockMovement(
                variant_id=hold.variant_id,
                location_id=hold.location_id,
                kind=kind,
                delta=-hold.quantity,
                document=document,
                line=hold.line,
                actor=actor,
                at=at,
                idempotency_key=f"fulfil:{hold.pk}",
            )
        )
    StockMovement.objects.bulk_create(movements)
    return left


def unhold(*, document: str, units: Mapping[int, int], location_id: int, at: datetime) -> int:
    """Units that the document holds at the location become its shortage, though they are there:
    its owner has to find them elsewhere. How many units.
    """
    return _let_go(Reservation.Status.SHORT, document, units, location_id, at)


def give_up(*, document: str, units: Mapping[int, int], location_id: int, at: datetime) -> int:
    """Units that the document holds at the location are free again. How many units."""
    return _let_go(Reservation.Status.RELEASED, document, units, location_id, at)


@joined
def _let_go(
    status: Reservation.Status,
    document: str,
    units: Mapping[int, int],
    location_id: int,
    at: datetime,
) -> int:
    holds, levels = _held_and_locked(document)
    parts = _parts([hold for hold in holds if hold.location_id == location_id], units, None)
    for hold, part in parts:
        levels[hold.variant_id, hold.location_id].reserved -= part
    stock.store(levels)
    return sum(hold.quantity for hold in _end(parts, status, at))


@joined
def mark_picked(*, document: str, line: int, at: datetime) -> bool:
    """Set a line's units aside for its document: a sale at the till can no longer eat them."""
    holds, _levels = _held_and_locked(document)
    ids = [hold.pk for hold in holds if hold.line == line]
    return bool(Reservation.objects.filter(pk__in=ids).update(picked=True))


@joined
def shorten(
    *,
    document: str,
    line: int,
    quantity: int,
    at: datetime,
    actor: str,
    location_id: int | None = None,
) -> int:
    """Units of a hold were not found on the shelf: the hold shrinks into a shortage, and what the
    book still says is there is written off by a count adjustment, at `location_id` first. How many
    units were shortened.

    The owner of the document finds the shortage by `Reservation.settled_at` being empty.
    """
    holds, levels = _held_and_locked(document)
    shortened = 0
    for hold, units in _parts(holds, {line: quantity}, location_id):
        level = levels[hold.variant_id, hold.location_id]
        level.reserved -= units
        level.on_hand -= units
        short = _close(hold, Reservation.Status.SHORT, units, at)
        StockMovement.objects.create(
            variant_id=hold.variant_id,
            location_id=hold.location_id,
            kind=StockMovement.Kind.ADJUSTMENT,
            delta=-units,
            document=document,
            line=line,
            reason="not found",
            actor=actor,
            at=at,
            idempotency_key=f"not-found:{short.pk}",
        )
        shortened += units
    stock.store(levels)
    return shortened


def eat_holds(key: Key, level: stock.Level, units: int, *, at: datetime) -> int:
    """Turn the youngest unpicked holds of a locked level into shortages (INVARIANTS §2 c).

    How many units were freed, at the most `units`.
    """
    freed = 0
    youngest_first = (
        Reservation.objects.held()
        .filter(variant_id=key[0], location_id=key[1], picked=False)
        .order_by(F("created_at").desc(), "-pk")
    )
    for hold in youngest_first:
        if freed == units:
            break
        part = min(hold.quantity, units - freed)
        _close(hold, Reservation.Status.SHORT, part, at)
        level.reserved -= part
        freed += part
    return freed


@joined
def expire_overdue(*, document: str, at: datetime) -> int:
    """End the document's overdue holds now; the units are free. How many units that were."""
    holds, levels = _held_and_locked(document)
    ending = [hold for hold in holds if hold.expires_at is not None and hold.expires_at <= at]
    for hold in ending:
        levels[hold.variant_id, hold.location_id].reserved -= hold.quantity
    stock.store(levels)
    Reservation.objects.filter(pk__in=[hold.pk for hold in ending]).update(
        status=Reservation.Status.EXPIRED, closed_at=at
    )
    return sum(hold.quantity for hold in ending)


def settle(*, document: str, at: datetime) -> int:
    """The document's owner has dealt with its expiries and shortages so far."""
    return Reservation.objects.filter(
        document=document,
        status__in=[Reservation.Status.EXPIRED, Reservation.Status.SHORT],
        settled_at__isnull=True,
    ).update(settled_at=at)

"""Pick-ups whose goods are elsewhere: they are brought to the store (transfers to shop)."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime

from inventory.models import (
    Reservation,
    StockLocation,
    StoreLocation,
    Transfer,
    TransferLine,
)
from inventory.services import transfers
from omnishop.network import promise
from orders.models import Fulfilment, Order


def elsewhere(order: Order, fulfilment: Fulfilment) -> list[Reservation]:
    """What a locked order holds for a pick-up at other places than its store."""
    own = StoreLocation.objects.filter(store=fulfilment.store_id).values("location")
    found = (
        Reservation.objects.held()
        .filter(document=order.number, line__in=fulfilment.lines.values("line__position"))
        .exclude(location__in=own)
    )
    return list(found.order_by("line", "pk"))


def bring(order: Order, fulfilment: Fulfilment, *, at: datetime, actor: str) -> date | None:
    """Ask for everything that a locked order holds elsewhere for a pick-up, as `ask`."""
    return ask(order, fulfilment, elsewhere(order, fulfilment), at=at, actor=actor)


def ask(
    order: Order,
    fulfilment: Fulfilment,
    afar: Iterable[Reservation],
    *,
    at: datetime,
    actor: str,
) -> date | None:
    """Ask the places of these holds to send the goods to the store of a pick-up.

    The day the last of them arrives, None without any. Units that are on a transfer already are
    not asked for twice.
    """
    holds = defaultdict(list)
    for hold in afar:
        holds[hold.location_id].append(hold)
    if not holds:
        return None
    asked = _asked(order)
    days = []
    for source in StockLocation.objects.filter(pk__in=holds).order_by("pk"):
        day = source.reaches_store_on(at) or at.astimezone(source.zone).date()
        days.append(day)
        asks = [
            transfers.Ask(hold.variant_id, units, order.number, hold.line)
            for hold in holds[source.pk]
            if (units := hold.quantity - asked.get((source.pk, hold.line), 0)) > 0
        ]
        if not asks:
            continue
        transfers.request(
            asks,
            source_id=source.pk,
            destination_id=fulfilment.location_id,
            expected_at=_opening(fulfilment, day),
            reason=Transfer.Reason.PICKUP,
            at=at,
            actor=actor,
        )
    return max(days)


def _asked(order: Order) -> dict[tuple[int, int], int]:
    """Units that were asked of a place for a line and not sent yet."""
    lines = TransferLine.objects.filter(
        document=order.number, transfer__status=Transfer.Status.REQUESTED
    )
    units: dict[tuple[int, int], int] = defaultdict(int)
    for source, line, quantity in lines.values_list(
        "transfer__source", "document_line", "quantity"
    ):
        units[source, line] += quantity
    return units


def _opening(fulfilment: Fulfilment, day: date) -> datetime:
    store = fulfilment.store
    assert store is not None  # noqa: S101  a pick-up has its store
    ready = promise.ready_after_arrival(store, day)
    return ready or promise.midnight(store, day)

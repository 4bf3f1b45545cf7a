"""Holds that were lost: to a sale at the till, to a count, or because their time was over."""

from datetime import datetime

from django.db import transaction

from inventory import services as inventory
from inventory.errors import InsufficientStock
from inventory.models import Reservation
from orders import selectors
from orders.models import Order
from orders.services import pickup
from orders.sourcing import Wanted


@transaction.atomic
def settle(*, document: str, at: datetime) -> bool:
    """Deal with what an order lost: hold it anew where it can still be had, else cancel and refund
    it and tell the shopper (INVARIANTS §2 c, F-14). A repeat finds nothing to do.
    """
    order = Order.objects.locked().filter(number=document).first()
    lost = list(
        Reservation.objects.filter(
            document=document,
            status__in=[Reservation.Status.SHORT, Reservation.Status.EXPIRED],
            settled_at__isnull=True,
        ).order_by("line", "pk")
    )
    if not lost:
        return False
    inventory.settle(document=document, at=at)
    if order is None or order.status != Order.Status.PLACED:
        return True  # unpaid orders are dealt with by `unpaid`, done ones by their hand-over
    units: dict[int, int] = {}
    for hold in lost:
        units[hold.line] = units.get(hold.line, 0) + hold.quantity
    for fulfilment in order.fulfilments.overdue(at):  # nobody came, and somebody needed the goods
        pickup.expire(fulfilment_id=fulfilment.pk, at=at)
    order.refresh_from_db()
    if order.status != Order.Status.PLACED:
        return True
    held: dict[int, int] = {}
    for hold in Reservation.objects.held().filter(document=document):
        held[hold.line] = held.get(hold.line, 0) + hold.quantity
    lines = {line.position: line for line in order.lines.filter(position__in=units)}
    wanted = []
    for position, line in lines.items():
        missing = min(units[position], line.pending - held.get(position, 0))
        if missing > 0 and line.variant_id:
            wanted.append(Wanted(position, line.variant_id, missing))
    if not wanted or _held_elsewhere(order, wanted, at=at):
        return True
    pickup.cancel_short(
        order, {lines[want.line].pk: want.quantity for want in wanted}, actor="task", at=at
    )
    return True


def _held_elsewhere(order: Order, wanted: list[Wanted], *, at: datetime) -> bool:
    """Hold the missing units at another of the same store's locations, or from the same place."""
    fulfilment = order.fulfilments.open().first()
    taken = selectors.sources(wanted, at=at, store_id=fulfilment.store_id if fulfilment else None)
    if taken is None or fulfilment is None:
        return False
    try:
        with transaction.atomic():
            inventory.hold_more(
                [
                    inventory.Demand(part.line, part.variant_id, part.location_id, part.quantity)
                    for part in taken
                ],
                document=order.number,
                at=at,
                expires_at=fulfilment.hold_until,
            )
    except InsufficientStock:
        return False
    return True

"""Holds that an order lost: to a sale at a till, to a count, on the way, or to the clock."""

from datetime import datetime

from inventory import services as inventory
from inventory.models import Reservation
from inventory.services import transfers
from omnishop.kernel.transactions import retried
from orders.models import Fulfilment, Order, Shortage
from orders.services import pickup, shortages


@retried
def settle(*, document: str, at: datetime) -> bool:
    """Deal with what an order lost: find it elsewhere, else ask its shopper (INVARIANTS §2 c,
    F-14). A repeat finds nothing to do.
    """
    order = Order.objects.locked().select_related("customer").filter(number=document).first()
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
    inventory.lock_articles({hold.variant_id for hold in lost})
    for overdue in order.fulfilments.overdue(at):  # nobody came, and somebody needed the goods
        pickup.expire(fulfilment_id=overdue.pk, at=at)
    order.refresh_from_db()
    if order.status != Order.Status.PLACED:
        return True
    units: dict[int, int] = {}
    for hold in lost:
        units[hold.line] = units.get(hold.line, 0) + hold.quantity
    accounted = _accounted(order)
    for line in order.lines.filter(position__in=units, variant__isnull=False).order_by("position"):
        missing = min(units[line.position], line.pending - accounted.get(line.position, 0))
        if missing > 0:
            places = [hold.location_id for hold in lost if hold.line == line.position]
            fulfilment = _of(order, line.pk, places)
            shortages.make_good(order, fulfilment, line, missing, actor="task", at=at)
    return True


def _accounted(order: Order) -> dict[int, int]:
    """Line → units that are held, on their way, or asked about."""
    units: dict[int, int] = {}
    for hold in Reservation.objects.held().filter(document=order.number):
        units[hold.line] = units.get(hold.line, 0) + hold.quantity
    for line, sent in transfers.in_transit(document=order.number).items():
        units[line] = units.get(line, 0) + sent
    for shortage in Shortage.objects.open().filter(order=order).select_related("line"):
        position = shortage.line.position
        units[position] = units.get(position, 0) + shortage.quantity
    return units


def _of(order: Order, line_id: int, places: list[int]) -> Fulfilment | None:
    """The open fulfilment that has the line, that of the place of the loss before others."""
    found = list(order.fulfilments.open().filter(lines__line=line_id).select_related("store"))
    return min(found, key=lambda one: (one.location_id not in places, one.pk), default=None)

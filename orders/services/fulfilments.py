"""The life of a fulfilment, pick-up or parcel: its moves, its goods leaving, its cancelling."""

from datetime import datetime

from django.utils.translation import gettext as _

from inventory import services as inventory
from omnishop.kernel.errors import NotFound
from omnishop.kernel.transactions import retried
from orders.errors import IllegalMove, NotPaid
from orders.models import Fulfilment, Order, OrderLine
from orders.services import events, returns
from orders.services.points import earn_points

Status = Fulfilment.Status
MOVES: dict[str, set[str]] = {
    Status.WAITING: {
        Status.PICKED,
        Status.READY,
        Status.HANDED_OVER,
        Status.CANCELLED,
        Status.SHIPPED,
        Status.NO_SHOW,
    },
    Status.PICKED: {
        Status.READY,
        Status.HANDED_OVER,
        Status.SHIPPED,
        Status.CANCELLED,
        Status.NO_SHOW,
    },
    Status.READY: {Status.HANDED_OVER, Status.SHIPPED, Status.CANCELLED, Status.NO_SHOW},
    Status.HANDED_OVER: set(),
    Status.SHIPPED: {Status.DELIVERED},
    Status.DELIVERED: set(),
    Status.NO_SHOW: set(),
    Status.CANCELLED: set(),
}


def locked(fulfilment_id: int) -> Fulfilment:
    """The fulfilment with its order locked, order first as everywhere."""
    order_id = (
        Fulfilment.objects.filter(pk=fulfilment_id).values_list("order_id", flat=True).first()
    )
    if order_id is None:
        raise NotFound(_("There is no such pick-up."))
    order = Order.objects.locked().select_related("store", "customer").get(pk=order_id)
    fulfilment = (
        Fulfilment.objects.select_for_update(of=("self",))
        .select_related("store")
        .get(pk=fulfilment_id)
    )
    fulfilment.order = order
    return fulfilment


def move(
    fulfilment: Fulfilment, to: Fulfilment.Status, *, at: datetime, actor: str, **data: object
) -> None:
    """Move a locked fulfilment and write its event; the only writer of its status."""
    if to not in MOVES[fulfilment.status]:
        raise IllegalMove(fulfilment.order, fulfilment.get_status_display())
    if not fulfilment.confirmed and to != Status.CANCELLED:
        raise NotPaid
    fulfilment.status = to
    if to == Status.PICKED:
        fulfilment.picked_at = at
    elif to == Status.READY:
        fulfilment.ready_at = at
    elif to == Status.DELIVERED:
        fulfilment.delivered_at = at
    else:
        fulfilment.closed_at = at
    fulfilment.save()
    events.record(fulfilment.order, str(to), actor=actor, at=at, **data)


def left_in(fulfilment: Fulfilment) -> dict[int, int]:
    """Units still to hand over in this fulfilment; the line may have more in another parcel."""
    items = fulfilment.lines.select_related("line")
    units = {item.line_id: min(item.quantity - item.missing, item.line.pending) for item in items}
    return {line_id: count for line_id, count in units.items() if count}


def goods_leave(fulfilment: Fulfilment, *, actor: str, at: datetime) -> None:
    """The units of a locked fulfilment are out of the door: stock, order lines, points.

    Holds are consumed; units whose hold ran out leave all the same, as at a till (ALG-1).
    """
    order = fulfilment.order
    items = list(fulfilment.lines.select_related("line"))
    leaving = {item.line.position: item.quantity - item.missing for item in items}
    consumed = inventory.fulfil(
        document=order.number,
        units=leaving,
        location_id=fulfilment.location_id,
        at=at,
        actor=actor,
    )
    loose = [
        inventory.Demand(
            item.line.position,
            item.line.variant_id,
            fulfilment.location_id,
            leaving[item.line.position] - consumed.get(item.line.position, 0),
        )
        for item in items
        if item.line.variant_id
        and leaving[item.line.position] > consumed.get(item.line.position, 0)
    ]
    if loose:
        inventory.sell(loose, document=f"{order.number}-F{fulfilment.pk}", at=at, actor=actor)
    for item in items:
        item.line.fulfilled += item.quantity - item.missing
    OrderLine.objects.bulk_update([item.line for item in items], ["fulfilled"])
    earn_points(order, [item.line for item in items], actor=actor, at=at)
    returns.close_if_done(order, at=at)


@retried
def cancel(*, fulfilment_id: int, reason: str, actor: str, at: datetime) -> bool:
    """Staff or the shopper cancel what was not handed over; everything goes back."""
    fulfilment = locked(fulfilment_id)
    units = left_in(fulfilment)
    move(fulfilment, Status.CANCELLED, actor=actor, at=at, reason=reason)
    if units:
        returns.cancel(
            order_id=fulfilment.order_id,
            units=units,
            reason=reason,
            location_id=fulfilment.location_id,
            actor=actor,
            at=at,
        )
    events.tell(fulfilment.order, "order_cancelled", at=at, fulfilment=fulfilment, reason=reason)
    return True

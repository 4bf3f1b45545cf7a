"""Parcels: sent, brought, sent from elsewhere."""

from datetime import datetime

from omnishop.kernel.transactions import retried
from orders.errors import IllegalMove
from orders.models import Carrier, Fulfilment
from orders.services import events, shortages
from orders.services.fulfilments import goods_leave, locked, move

Status = Fulfilment.Status


@retried
def ship(
    *, fulfilment_id: int, tracking: str, actor: str, at: datetime, carrier: str = ""
) -> Fulfilment:
    """The parcel leaves with its carrier and tracking number; with a carrier whose page we know,
    the shopper gets a link to it.
    """
    fulfilment = locked(fulfilment_id)
    if fulfilment.status == Status.SHIPPED:
        return fulfilment
    if fulfilment.kind != Fulfilment.Kind.SHIPMENT:
        raise IllegalMove(fulfilment.order, fulfilment.get_kind_display())
    fulfilment.tracking = tracking.strip()[:60]
    fulfilment.carrier = carrier.strip()[:40]
    known = Carrier.objects.filter(name__iexact=fulfilment.carrier).first()
    fulfilment.tracking_link = known.follow(fulfilment.tracking) if known else ""
    move(fulfilment, Status.SHIPPED, actor=actor, at=at, tracking=fulfilment.tracking)
    goods_leave(fulfilment, actor=actor, at=at)
    events.tell(
        fulfilment.order,
        "order_shipped",
        at=at,
        fulfilment=fulfilment,
        tracking=fulfilment.tracking,
        carrier=fulfilment.carrier,
        tracking_link=fulfilment.tracking_link,
    )
    return fulfilment


@retried
def delivered(*, fulfilment_id: int, actor: str, at: datetime) -> Fulfilment:
    """The carrier brought the parcel. A repeat does nothing."""
    fulfilment = locked(fulfilment_id)
    if fulfilment.status != Status.DELIVERED:
        move(fulfilment, Status.DELIVERED, actor=actor, at=at)
    return fulfilment


@retried
def source_again(
    *, fulfilment_id: int, actor: str, at: datetime, location_id: int | None = None
) -> bool:
    """Staff have a parcel sent from elsewhere: from that location, or the best that is not this
    one. False when nowhere else has it; nothing changes then.
    """
    fulfilment = locked(fulfilment_id)
    order = fulfilment.order
    if fulfilment.kind != Fulfilment.Kind.SHIPMENT or fulfilment.status != Status.WAITING:
        raise IllegalMove(order, fulfilment.get_status_display())
    return shortages.move_parcel(fulfilment, location_id=location_id, actor=actor, at=at)

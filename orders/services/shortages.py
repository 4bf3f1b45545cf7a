"""Units an order was promised and lost: to a sale at a till, a count, an empty shelf, the clock.

They are found elsewhere where that can be done, else the shopper chooses by a link: another
store, delivery, or the money back (INVARIANTS §2 c, FIELD 19, UX E2).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from inventory import services as inventory
from inventory.errors import InsufficientStock, Missing
from inventory.selectors import store_location
from omnishop.kernel.errors import Invalid, NotFound, Refusal
from omnishop.kernel.transactions import retried
from omnishop.network.hours import hold_until
from omnishop.network.places import point_of_postcode
from orders import offers
from orders.models import Fulfilment, FulfilmentLine, Order, OrderLine, Shortage
from orders.services import bringing, events, returns
from orders.sourcing import Wanted

ANSWER_TIME = timedelta(hours=48)  # then the money goes back
DELIVERY_DAYS = 3  # working days a replacement travels


def make_good(
    order: Order,
    fulfilment: Fulfilment | None,
    line: OrderLine,
    units: int,
    *,
    without: Sequence[int] = (),
    actor: str,
    at: datetime,
) -> None:
    """Units of a line of a locked order are not where they were promised: take them from
    elsewhere, though from no place in `without`, else ask the shopper.
    """
    wanted = [Wanted(line.position, line.variant_id or 0, units)]
    if fulfilment is None:
        found = False
    elif fulfilment.kind == Fulfilment.Kind.PICKUP:
        found = _for_the_same_store(order, fulfilment, wanted, without, actor=actor, at=at)
    else:
        found = _from_another_place(order, fulfilment, line, wanted, without, actor=actor, at=at)
    if found:
        return
    if order.paid_at:
        ask(order, fulfilment, line, units, at=at)
        return
    # Nothing was paid: there is nothing to give back, and less to pay at the till (FIELD 9).
    returns.cancel(order_id=order.pk, units={line.pk: units}, reason="shortage", actor=actor, at=at)
    occasion = f":{order.returns.count()}"
    events.tell(order, "shortage", at=at, occasion=occasion, missing=[line.name])


def _for_the_same_store(
    order: Order,
    fulfilment: Fulfilment,
    wanted: list[Wanted],
    without: Sequence[int],
    *,
    actor: str,
    at: datetime,
) -> bool:
    """From another room of the store, or brought to it from elsewhere."""
    store = fulfilment.store
    sourced = offers.for_store(wanted, store, at=at, without=without) if store else None
    if store is None or sourced is None:
        return False
    if not _hold(order, sourced, expires_at=None, at=at):
        return False
    item = fulfilment.lines.get(line__position=wanted[0].line)
    if item.missing:
        item.missing -= min(item.missing, wanted[0].quantity)
        item.save(update_fields=["missing"])
    if sourced.brought:
        bringing.bring(order, fulfilment, at=at, actor=actor)
        ready = offers.ready_at(store, at, ahead=0, brought=sourced.brought)
        if ready and (fulfilment.promised_at is None or ready > fulfilment.promised_at):
            fulfilment.promised_at = ready
            fulfilment.hold_until = hold_until(store, ready)
            fulfilment.save(update_fields=["promised_at", "hold_until"])
            events.tell(
                order,
                "order_delayed",
                at=at,
                fulfilment=fulfilment,
                occasion=f":{at:%Y%m%d%H%M%S}",
            )
    inventory.extend(
        document=order.number,
        expires_at=fulfilment.hold_until,
        at=at,
        lines=list(fulfilment.lines.values_list("line__position", flat=True)),
    )
    events.record(order, "sourced_again", actor=actor, at=at, **sourced.plan.reasons)
    return True


def _hold(
    order: Order, sourced: offers.Sourced, *, expires_at: datetime | None, at: datetime
) -> bool:
    try:
        with transaction.atomic():
            inventory.hold_more(
                [
                    inventory.Demand(part.line, part.variant_id, part.location_id, part.quantity)
                    for part in sourced.taken
                ],
                document=order.number,
                at=at,
                expires_at=expires_at,
            )
    except InsufficientStock:
        return False
    return True


def _sent_from(
    order: Order,
    address: Mapping[str, str],
    wanted: Sequence[Wanted],
    *,
    without: Sequence[int] = (),
    only: int | None = None,
    at: datetime,
) -> offers.Sourced | None:
    """From where units go to an address, held there for the order; None when nobody has them."""
    near = point_of_postcode(str(address.get("postcode", "")))
    sourced = offers.for_delivery(wanted, at=at, near=near, without=without, only=only)
    held = sourced is not None and _hold(order, sourced, expires_at=None, at=at)
    return sourced if held else None


def _from_another_place(
    order: Order,
    fulfilment: Fulfilment,
    line: OrderLine,
    wanted: list[Wanted],
    without: Sequence[int],
    *,
    actor: str,
    at: datetime,
) -> bool:
    """Units of a parcel are sent from somewhere else."""
    sourced = _sent_from(order, fulfilment.address, wanted, without=without, at=at)
    if sourced is None:
        return False
    take_out(fulfilment, line, wanted[0].quantity, at=at)
    parcels(order, line, sourced, like=fulfilment)
    events.record(order, "sourced_again", actor=actor, at=at, **sourced.plan.reasons)
    return True


def move_parcel(
    fulfilment: Fulfilment, *, location_id: int | None, actor: str, at: datetime
) -> bool:
    """A locked parcel is sent from elsewhere: from the location, or the best that is not its own.

    All of it or nothing; False when it cannot be had there.
    """
    order = fulfilment.order
    items = list(fulfilment.lines.select_related("line"))
    wanted = [
        Wanted(item.line.position, item.line.variant_id or 0, item.quantity - item.missing)
        for item in items
        if item.quantity > item.missing
    ]
    inventory.lock_articles([want.variant_id for want in wanted])
    sourced = _sent_from(
        order,
        fulfilment.address,
        wanted,
        without=[fulfilment.location_id],
        only=location_id,
        at=at,
    )
    if sourced is None:
        return False
    for item in items:
        inventory.give_up(
            document=order.number,
            units={item.line.position: item.quantity - item.missing},
            location_id=fulfilment.location_id,
            at=at,
        )
        take_out(fulfilment, item.line, item.quantity - item.missing, at=at)
        parcels(order, item.line, sourced, like=fulfilment)
    events.record(order, "sourced_again", actor=actor, at=at, **sourced.plan.reasons)
    return True


def take_out(fulfilment: Fulfilment, line: OrderLine, units: int, *, at: datetime) -> None:
    """Units of a line leave a fulfilment; with none left it is called off."""
    item = fulfilment.lines.get(line=line)
    already = min(units, item.missing)  # reported not found: out of it already
    item.missing -= already
    item.quantity -= units
    item.picked = min(item.picked, item.quantity - item.missing)
    if item.quantity:
        item.save(update_fields=["missing", "quantity", "picked"])
    else:
        item.delete()
    if not fulfilment.lines.filter(quantity__gt=F("missing")).exists():
        fulfilment.status = Fulfilment.Status.CANCELLED
        fulfilment.closed_at = at
        fulfilment.save(update_fields=["status", "closed_at"])


def parcels(order: Order, line: OrderLine, sourced: offers.Sourced, *, like: Fulfilment) -> None:
    """Parcels of a line's units, one per place; units join a parcel that waits there already."""
    for part in sourced.taken:
        if part.line != line.position:
            continue
        parcel, _new = order.fulfilments.get_or_create(
            kind=Fulfilment.Kind.SHIPMENT,
            location_id=part.location_id,
            status=Fulfilment.Status.WAITING,
            defaults={
                "confirmed": True,
                "store_id": offers.store_of(part.location_id),
                "promised_at": like.promised_at,
                "first_promised_at": like.first_promised_at,
                "address": like.address,
                "sourcing": sourced.plan.reasons,
            },
        )
        _put_in(parcel, line, part.quantity)


def _put_in(fulfilment: Fulfilment, line: OrderLine, units: int) -> None:
    """Units of a line join a fulfilment of a locked order."""
    item, new = fulfilment.lines.get_or_create(line=line, defaults={"quantity": units})
    if not new:
        FulfilmentLine.objects.filter(pk=item.pk).update(quantity=F("quantity") + units)


def ask(
    order: Order, fulfilment: Fulfilment | None, line: OrderLine, units: int, *, at: datetime
) -> Shortage:
    """Let the shopper choose what becomes of units that cannot be had; one open question a line.

    They are out of the fulfilment that promised them.
    """
    if fulfilment:
        take_out(fulfilment, line, units, at=at)
    open_one = Shortage.objects.open().filter(line=line).first()
    if open_one:
        open_one.quantity += units
        open_one.save(update_fields=["quantity"])
        return open_one
    shortage = Shortage.objects.create(
        order=order,
        line=line,
        fulfilment=fulfilment,
        quantity=units,
        asked_at=at,
        answer_by=at + ANSWER_TIME,
    )
    with override(order.language):
        link = settings.SITE_URL + reverse("storefront:shortage", args=[shortage.token])
    events.record(order, "shortage", actor="task", at=at, line=line.position, units=units)
    events.tell(
        order,
        "shortage",
        at=at,
        occasion=f":{shortage.pk}",
        missing=[line.name],
        link=link,
        answer_by=shortage.answer_by.isoformat(),
    )
    return shortage


def _open(token: str) -> Shortage:
    """The question with its order locked. Raises NotFound, or Refusal when it was answered."""
    found = Shortage.objects.filter(token=token).values_list("order_id", flat=True).first()
    if found is None:
        raise NotFound(_("This link is not valid."))
    Order.objects.locked().get(pk=found)
    shortage = (
        Shortage.objects.select_for_update(of=("self",))
        .select_related("order", "line")
        .get(token=token)
    )
    if shortage.status != Shortage.Status.OPEN:
        raise Refusal(_("You have answered already."))
    return shortage


def _close(shortage: Shortage, status: Shortage.Status, *, actor: str, at: datetime) -> None:
    shortage.status = status
    shortage.closed_at = at
    shortage.save(update_fields=["status", "closed_at"])
    events.record(shortage.order, f"shortage_{status}", actor=actor, at=at, units=shortage.quantity)


def _wanted(shortage: Shortage) -> list[Wanted]:
    line = shortage.line
    return [Wanted(line.position, line.variant_id or 0, shortage.quantity)]


def _gone(shortage: Shortage) -> InsufficientStock:
    return InsufficientStock([Missing(shortage.line.variant_id or 0, shortage.quantity, 0)])


@retried
def collect_elsewhere(*, token: str, store_id: int, actor: str, at: datetime) -> Fulfilment:
    """The shopper collects the units at another store. Raises InsufficientStock, NotFound."""
    shortage = _open(token)
    order = shortage.order
    store = offers.stores_with_queue().filter(pk=store_id).first()
    if store is None:
        raise NotFound(_("This store does not offer pick-up. Choose another."))
    sourced = offers.for_store(_wanted(shortage), store, at=at)
    if sourced is None:
        raise _gone(shortage)
    ready = offers.ready_at(store, at, ahead=store.ahead, brought=sourced.brought)
    until = hold_until(store, ready) if ready else None
    if not _hold(order, sourced, expires_at=until, at=at):
        raise _gone(shortage)
    place = store_location(store.pk)
    earlier = order.fulfilments.filter(
        store=store, kind=Fulfilment.Kind.PICKUP, status=Fulfilment.Status.WAITING
    ).first()
    fulfilment = earlier or Fulfilment.objects.create(
        order=order,
        kind=Fulfilment.Kind.PICKUP,
        location_id=place,
        store=store,
        confirmed=True,
        promised_at=ready,
        first_promised_at=ready,
        hold_until=until,
        sourcing=sourced.plan.reasons,
    )
    _put_in(fulfilment, shortage.line, shortage.quantity)
    if sourced.brought:
        bringing.bring(order, fulfilment, at=at, actor=actor)
    _close(shortage, Shortage.Status.OTHER_STORE, actor=actor, at=at)
    return fulfilment


@retried
def deliver(
    *, token: str, address: Mapping[str, str], actor: str, at: datetime
) -> list[Fulfilment]:
    """The units are sent home, free of charge. Raises InsufficientStock, Invalid."""
    shortage = _open(token)
    order = shortage.order
    for name in ("line1", "postcode", "city"):
        if not address.get(name, "").strip():
            raise Invalid(_("Enter the street, the postcode and the town."))
    sourced = _sent_from(order, address, _wanted(shortage), at=at)
    if sourced is None:
        raise _gone(shortage)
    day = offers.day_after(at, DELIVERY_DAYS)
    promised = offers.end_of(day)
    like = Fulfilment(address=dict(address), promised_at=promised, first_promised_at=promised)
    parcels(order, shortage.line, sourced, like=like)
    _close(shortage, Shortage.Status.DELIVERY, actor=actor, at=at)
    return list(order.fulfilments.filter(kind=Fulfilment.Kind.SHIPMENT).open())


@retried
def refund(*, token: str, actor: str, at: datetime) -> None:
    """The shopper takes the money back for the units."""
    shortage = _open(token)
    _close(shortage, Shortage.Status.REFUND, actor=actor, at=at)
    _cancel(shortage, actor=actor, at=at)


def _cancel(shortage: Shortage, *, actor: str, at: datetime) -> None:
    returns.cancel(
        order_id=shortage.order_id,
        units={shortage.line_id: shortage.quantity},
        reason="shortage",
        actor=actor,
        at=at,
    )


@retried
def expire(*, shortage_id: int, at: datetime) -> bool:
    """Nobody answered in time: the money goes back. False when it was answered meanwhile."""
    token = Shortage.objects.filter(pk=shortage_id).values_list("token", flat=True).first()
    try:
        shortage = _open(token or "")
    except (NotFound, Refusal):
        return False
    if shortage.answer_by > at:
        return False
    _close(shortage, Shortage.Status.REFUND, actor="task", at=at)
    _cancel(shortage, actor="task", at=at)
    return True

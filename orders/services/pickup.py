"""The pick-up desk and the parcel table: pick, ready, hand over, not found, not collected."""

import hmac
from datetime import datetime, timedelta

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory import services as inventory
from inventory.services import transfers
from loyalty.selectors import account_of
from loyalty.services import points as loyalty
from omnishop.kernel.errors import Invalid, NotFound
from omnishop.kernel.transactions import retried
from omnishop.network.hours import hold_until
from orders.errors import IllegalMove, NotPaid, StillComing, Taken, WrongCode
from orders.models import Carrier, Fulfilment, FulfilmentLine, Order, OrderLine
from orders.models.fulfilment import MAX_CODE_TRIES
from orders.points import of_order
from orders.services import events, returns, shortages

PICKING_TIME = timedelta(minutes=15)
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


def _locked(fulfilment_id: int) -> Fulfilment:
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


def _move(
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


@retried
def claim(*, fulfilment_id: int, actor: str, at: datetime) -> Fulfilment:
    """Whoever begins to prepare it has it for a quarter of an hour: two never pick the same
    (UX K8). Raises Refusal naming who has it.
    """
    fulfilment = _locked(fulfilment_id)
    _claim(fulfilment, actor=actor, at=at)
    return fulfilment


def _claim(fulfilment: Fulfilment, *, actor: str, at: datetime) -> None:
    if fulfilment.status not in (Status.WAITING, Status.PICKED):
        raise IllegalMove(fulfilment.order, fulfilment.get_status_display())
    mine = fulfilment.picker in ("", actor)
    if not mine and fulfilment.picker_until and fulfilment.picker_until > at:
        raise Taken(fulfilment.picker_until)
    fulfilment.picker = actor
    fulfilment.picker_until = at + PICKING_TIME
    fulfilment.save(update_fields=["picker", "picker_until"])


@retried
def unclaim(*, fulfilment_id: int, actor: str, at: datetime) -> None:
    """Somebody else may prepare it."""
    fulfilment = _locked(fulfilment_id)
    if fulfilment.picker == actor:
        fulfilment.picker, fulfilment.picker_until = "", None
        fulfilment.save(update_fields=["picker", "picker_until"])


@retried
def pick(*, fulfilment_id: int, code: str, actor: str, at: datetime) -> FulfilmentLine:
    """One unit was found and set aside; `code` is what the scanner read.

    Raises Invalid naming what was expected when the article is not of this order (UX K6), or when
    it still has to come from elsewhere; Refusal when somebody else prepares it.
    """
    fulfilment = _locked(fulfilment_id)
    _claim(fulfilment, actor=actor, at=at)
    awaited = transfers.awaited(document=fulfilment.order.number)
    items = list(fulfilment.lines.select_related("line__variant"))
    code = code.strip()
    matching = [
        item
        for item in items
        if item.line.variant and code in (item.line.sku, item.line.variant.gtin or item.line.sku)
    ]
    open_items = [item for item in items if item.picked + item.missing < item.quantity]
    item = next((item for item in matching if item in open_items), None)
    if item is None:
        expected = ", ".join(f"{item.line.name} ({item.line.sku})" for item in open_items)
        raise Invalid(
            _("%(code)s is not expected here. Still to pick: %(expected)s")
            % {"code": code[:40], "expected": expected or _("nothing")}
        )
    if item.quantity - item.missing - item.picked <= awaited.get(item.line.position, 0):
        raise StillComing(item.line)
    item.picked += 1
    item.save(update_fields=["picked"])
    if item.picked + item.missing == item.quantity:
        inventory.mark_picked(document=fulfilment.order.number, line=item.line.position, at=at)
    _picked_if_complete(fulfilment, actor=actor, at=at)
    return item


@retried
def pick_all(*, fulfilment_id: int, actor: str, at: datetime) -> None:
    """Everything of it was found and set aside. Raises Invalid when some still has to come."""
    fulfilment = _locked(fulfilment_id)
    _claim(fulfilment, actor=actor, at=at)
    awaited = transfers.awaited(document=fulfilment.order.number)
    for item in fulfilment.lines.select_related("line"):
        if awaited.get(item.line.position) and fulfilment.kind == Fulfilment.Kind.PICKUP:
            raise StillComing(item.line)
        item.picked = item.quantity - item.missing
        item.save(update_fields=["picked"])
        inventory.mark_picked(document=fulfilment.order.number, line=item.line.position, at=at)
    _picked_if_complete(fulfilment, actor=actor, at=at)


def _picked_if_complete(fulfilment: Fulfilment, *, actor: str, at: datetime) -> None:
    left = fulfilment.lines.filter(quantity__gt=F("picked") + F("missing"))
    if fulfilment.status == Status.WAITING and not left.exists():
        _move(fulfilment, Status.PICKED, actor=actor, at=at)


@retried
def not_found(
    *, fulfilment_id: int, line_id: int, quantity: int, actor: str, at: datetime
) -> Fulfilment:
    """Units are not on the shelf: written off the book and taken from elsewhere, else the shopper
    chooses what becomes of them.

    What else the order has stays (FIELD 14). Raises Invalid for more units than are left to pick.
    """
    fulfilment = _locked(fulfilment_id)
    item = fulfilment.lines.select_related("line").filter(line_id=line_id).first()
    if item is None or not 0 < quantity <= item.quantity - item.picked - item.missing:
        raise Invalid(_("There are not that many units left to pick."))
    if fulfilment.status not in (Status.WAITING, Status.PICKED):
        raise IllegalMove(fulfilment.order, fulfilment.get_status_display())
    item.missing += quantity
    item.save(update_fields=["missing"])
    number = fulfilment.order.number
    inventory.lock_articles([item.line.variant_id] if item.line.variant_id else [])
    inventory.shorten(
        document=number,
        line=item.line.position,
        quantity=quantity,
        location_id=fulfilment.location_id,
        at=at,
        actor=actor,
    )
    # Other units of the order may be lost, and not dealt with yet: `losses` settles all of them.
    shortages.make_good(
        fulfilment.order,
        fulfilment,
        item.line,
        quantity,
        without=[fulfilment.location_id],
        actor=actor,
        at=at,
    )
    fulfilment.refresh_from_db(fields=["status"])
    if fulfilment.status in (Status.WAITING, Status.PICKED):
        _picked_if_complete(fulfilment, actor=actor, at=at)
    return fulfilment


@retried
def ready(*, fulfilment_id: int, actor: str, at: datetime, shelf: str = "") -> Fulfilment:
    """The pick-up waits at the desk, on that shelf; the shopper is told with code and hours
    (FIELD 16).
    """
    fulfilment = _locked(fulfilment_id)
    if fulfilment.status == Status.READY:
        return fulfilment
    if fulfilment.kind != Fulfilment.Kind.PICKUP:
        raise IllegalMove(fulfilment.order, fulfilment.get_kind_display())
    for item in fulfilment.lines.filter(quantity__gt=F("picked") + F("missing")):
        left = item.quantity - item.picked - item.missing
        raise Invalid(
            ngettext(
                "One unit is still to be picked or reported not found.",
                "%(count)s units are still to be picked or reported not found.",
                left,
            )
            % {"count": left}
        )
    fulfilment.shelf = shelf.strip()[:20]
    _move(fulfilment, Status.READY, actor=actor, at=at)
    if fulfilment.store and fulfilment.promised_at and at > fulfilment.promised_at:
        # Late by us: the days to collect it begin now.
        fulfilment.hold_until = hold_until(fulfilment.store, at)
        fulfilment.save(update_fields=["hold_until"])
        _keep(fulfilment, at=at)
    events.tell(fulfilment.order, "order_ready", at=at, fulfilment=fulfilment)
    return fulfilment


def _keep(fulfilment: Fulfilment, *, at: datetime) -> None:
    """Hold its goods for as long as it is kept, and no others of the order."""
    inventory.extend(
        document=fulfilment.order.number,
        expires_at=fulfilment.hold_until,
        at=at,
        lines=list(fulfilment.lines.values_list("line__position", flat=True)),
    )


@retried
def remind(*, fulfilment_id: int, days: int, at: datetime) -> bool:
    """Remind the shopper that it is ready: once for each number of days (D+1, D+3). False when it
    was handed over or called off meanwhile.
    """
    fulfilment = _locked(fulfilment_id)
    if fulfilment.status != Status.READY:
        return False
    events.tell(
        fulfilment.order, "pickup_reminder", at=at, fulfilment=fulfilment, occasion=f":{days}"
    )
    return True


@retried
def resend_ready(*, fulfilment_id: int, actor: str, at: datetime) -> None:
    """Tell the shopper once more that it is ready (UX K4); at the most once a minute."""
    fulfilment = _locked(fulfilment_id)
    order = fulfilment.order
    if fulfilment.status != Status.READY:
        raise IllegalMove(order, fulfilment.get_status_display())
    if not order.email:
        raise Invalid(_("No e-mail address is known for this order."))
    events.tell(order, "order_ready", at=at, fulfilment=fulfilment, occasion=f":{at:%Y%m%d%H%M}")
    events.record(order, "ready_resent", actor=actor, at=at)


def check_code(*, fulfilment_id: int, code: str) -> bool:
    """Whether the six digits or the QR are this pick-up's; a wrong one counts (F-27).

    Counted in a transaction of its own, so that refusing does not forget it. Raises WrongCode.
    """
    fulfilment = Fulfilment.objects.get(pk=fulfilment_id)
    if fulfilment.code_tries >= MAX_CODE_TRIES:
        raise WrongCode(0)
    code = code.replace(" ", "").strip()
    by_qr = Fulfilment.id_from_qr(code) == fulfilment.pk
    if by_qr or hmac.compare_digest(code.encode(), fulfilment.code.encode()):
        return True
    counted = Fulfilment.objects.filter(pk=fulfilment_id, code_tries__lt=MAX_CODE_TRIES).update(
        code_tries=F("code_tries") + 1
    )
    raise WrongCode(MAX_CODE_TRIES - fulfilment.code_tries - counted)


def hand_over(
    *, fulfilment_id: int, code: str, handed_to: str, actor: str, at: datetime
) -> Fulfilment:
    """Give the goods against the code. Raises WrongCode, NotPaid, IllegalMove."""
    check_code(fulfilment_id=fulfilment_id, code=code)
    return _hand_over(fulfilment_id=fulfilment_id, handed_to=handed_to, actor=actor, at=at)


def hand_over_known(*, fulfilment_id: int, handed_to: str, actor: str, at: datetime) -> Fulfilment:
    """Give the goods to a person whose identity document was checked instead of the code."""
    if not handed_to.strip():
        raise Invalid(_("Write the name on the identity document."))
    return _hand_over(fulfilment_id=fulfilment_id, handed_to=handed_to, actor=actor, at=at)


@retried
def _hand_over(*, fulfilment_id: int, handed_to: str, actor: str, at: datetime) -> Fulfilment:
    fulfilment = _locked(fulfilment_id)
    order = fulfilment.order
    if fulfilment.status == Status.HANDED_OVER:
        return fulfilment
    if order.paid_at is None:
        raise NotPaid
    awaited = transfers.awaited(document=order.number)
    for item in fulfilment.lines.select_related("line"):
        if awaited.get(item.line.position):
            raise StillComing(item.line)
    fulfilment.handed_to = (handed_to.strip() or fulfilment.collector or order.name)[:120]
    _move(fulfilment, Status.HANDED_OVER, actor=actor, at=at)
    goods_leave(fulfilment, actor=actor, at=at)
    events.tell(order, "order_handed_over", at=at, fulfilment=fulfilment)
    return fulfilment


@retried
def ship(
    *, fulfilment_id: int, tracking: str, actor: str, at: datetime, carrier: str = ""
) -> Fulfilment:
    """The parcel leaves with its carrier and tracking number; with a carrier whose page we know,
    the shopper gets a link to it.
    """
    fulfilment = _locked(fulfilment_id)
    if fulfilment.status == Status.SHIPPED:
        return fulfilment
    if fulfilment.kind != Fulfilment.Kind.SHIPMENT:
        raise IllegalMove(fulfilment.order, fulfilment.get_kind_display())
    fulfilment.tracking = tracking.strip()[:60]
    fulfilment.carrier = carrier.strip()[:40]
    known = Carrier.objects.filter(name__iexact=fulfilment.carrier).first()
    fulfilment.tracking_link = known.follow(fulfilment.tracking) if known else ""
    _move(fulfilment, Status.SHIPPED, actor=actor, at=at, tracking=fulfilment.tracking)
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
    fulfilment = _locked(fulfilment_id)
    if fulfilment.status != Status.DELIVERED:
        _move(fulfilment, Status.DELIVERED, actor=actor, at=at)
    return fulfilment


@retried
def source_again(
    *, fulfilment_id: int, actor: str, at: datetime, location_id: int | None = None
) -> bool:
    """Staff have a parcel sent from elsewhere: from that location, or the best that is not this
    one. False when nowhere else has it; nothing changes then.
    """
    fulfilment = _locked(fulfilment_id)
    order = fulfilment.order
    if fulfilment.kind != Fulfilment.Kind.SHIPMENT or fulfilment.status != Status.WAITING:
        raise IllegalMove(order, fulfilment.get_status_display())
    return shortages.move_parcel(fulfilment, location_id=location_id, actor=actor, at=at)


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


def earn_points(order: Order, lines: list[OrderLine], *, actor: str, at: datetime) -> int:
    """Credit the lines handed over, on the terms of when they were bought (FIELD 29)."""
    account = account_of(order.customer_id)
    if account is None:
        return 0
    earned = of_order(order, account)
    return loyalty.earn(
        [
            loyalty.Earning(line.position, share.points, line.name, amount_minor=share.money_minor)
            for line in lines
            for share in [earned.get(line.position)]
            if share and share.points
        ],
        customer_id=account.customer_id,
        document=order.number,
        channel=order.channel,
        actor=actor,
        at=at,
    )


def _left_in(fulfilment: Fulfilment) -> dict[int, int]:
    """Units still to hand over in this fulfilment; the line may have more in another parcel."""
    items = fulfilment.lines.select_related("line")
    units = {item.line_id: min(item.quantity - item.missing, item.line.pending) for item in items}
    return {line_id: count for line_id, count in units.items() if count}


@retried
def expire(*, fulfilment_id: int, at: datetime) -> bool:
    """Nobody came in time: stock, money and points go back in one transaction (FIELD 19).

    False when it was handed over, cancelled or extended meanwhile: the row lock decides (F-16).
    """
    fulfilment = _locked(fulfilment_id)
    order = fulfilment.order
    if (
        fulfilment.status not in Fulfilment.OPEN
        or fulfilment.hold_until is None
        or fulfilment.hold_until > at
    ):
        return False
    units = _left_in(fulfilment)
    _move(fulfilment, Status.NO_SHOW, actor="task", at=at)
    if units:
        returns.cancel(
            order_id=order.pk,
            units=units,
            reason="not collected",
            location_id=fulfilment.location_id,
            actor="task",
            at=at,
        )
    events.tell(order, "order_not_collected", at=at, fulfilment=fulfilment)
    return True


@retried
def extend(*, fulfilment_id: int, until: datetime, actor: str, at: datetime) -> Fulfilment:
    """Keep a pick-up longer (UX K4). Raises Invalid for a time that is past."""
    fulfilment = _locked(fulfilment_id)
    if until <= at:
        raise Invalid(_("Choose a time to come."))
    if fulfilment.status not in Fulfilment.OPEN:
        raise IllegalMove(fulfilment.order, fulfilment.get_status_display())
    fulfilment.hold_until = until
    fulfilment.save(update_fields=["hold_until"])
    _keep(fulfilment, at=at)
    events.record(fulfilment.order, "extended", actor=actor, at=at, until=until.isoformat())
    return fulfilment


@retried
def cancel(*, fulfilment_id: int, reason: str, actor: str, at: datetime) -> bool:
    """Staff or the shopper cancel what was not handed over; everything goes back."""
    fulfilment = _locked(fulfilment_id)
    units = _left_in(fulfilment)
    _move(fulfilment, Status.CANCELLED, actor=actor, at=at, reason=reason)
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

"""Preparing a pick-up or a parcel: who has it, what was found, what was not."""

from datetime import datetime, timedelta

from django.db.models import F
from django.utils.translation import gettext as _

from inventory import services as inventory
from inventory.services import transfers
from omnishop.kernel.errors import Invalid
from omnishop.kernel.transactions import retried
from orders.errors import IllegalMove, StillComing, Taken
from orders.models import Fulfilment, FulfilmentLine
from orders.services import shortages
from orders.services.fulfilments import locked, move

Status = Fulfilment.Status
PICKING_TIME = timedelta(minutes=15)


@retried
def claim(*, fulfilment_id: int, actor: str, at: datetime) -> Fulfilment:
    """Whoever begins to prepare it has it for a quarter of an hour: two never pick the same
    (UX K8). Raises Refusal naming who has it.
    """
    fulfilment = locked(fulfilment_id)
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
    fulfilment = locked(fulfilment_id)
    if fulfilment.picker == actor:
        fulfilment.picker, fulfilment.picker_until = "", None
        fulfilment.save(update_fields=["picker", "picker_until"])


@retried
def pick(*, fulfilment_id: int, code: str, actor: str, at: datetime) -> FulfilmentLine:
    """One unit was found and set aside; `code` is what the scanner read.

    Raises Invalid naming what was expected when the article is not of this order (UX K6), or when
    it still has to come from elsewhere; Refusal when somebody else prepares it.
    """
    fulfilment = locked(fulfilment_id)
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
    fulfilment = locked(fulfilment_id)
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
        move(fulfilment, Status.PICKED, actor=actor, at=at)


@retried
def not_found(
    *, fulfilment_id: int, line_id: int, quantity: int, actor: str, at: datetime
) -> Fulfilment:
    """Units are not on the shelf: written off the book and taken from elsewhere, else the shopper
    chooses what becomes of them.

    What else the order has stays (FIELD 14). Raises Invalid for more units than are left to pick.
    """
    fulfilment = locked(fulfilment_id)
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

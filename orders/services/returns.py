"""Units taken out of a sale again: cancelled before hand-over or brought back, in any channel.

Each unit is refunded what was paid for it, never a recomputed price (FIELD 33, ALG-10).
"""

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from catalog import coupons
from inventory import services as inventory
from inventory.models import StockStatus
from inventory.selectors import store_location
from inventory.services import transfers
from loyalty.models import PointsLot
from loyalty.services import points as loyalty
from omnishop.kernel.errors import Invalid, NotFound
from omnishop.kernel.transactions import retried
from omnishop.network.models import Till
from orders.errors import IllegalMove
from orders.models import (
    Fulfilment,
    Order,
    OrderLine,
    Receipt,
    Refund,
    Return,
    ReturnLine,
    Shortage,
)
from orders.selectors import (
    cash_due,
    line_left,
    refund_plan,
    returned_points,
    returned_totals,
    with_delivery,
)
from orders.services import events, receipts, unpaid

STOCK_STATUS = {
    ReturnLine.Disposition.SELLABLE: StockStatus.SELLABLE,
    ReturnLine.Disposition.DAMAGED: StockStatus.DAMAGED,
    ReturnLine.Disposition.INSPECT: StockStatus.INSPECTION,
}


@retried
def cancel(
    *,
    order_id: int,
    units: Mapping[int, int],
    reason: str,
    actor: str,
    at: datetime,
    location_id: int | None = None,
) -> Return:
    """Cancel units that were not handed over: hold, money and points go back in one go.

    `units` is order line id → units; holds at `location_id` are given back first. With the last
    article the delivery is cancelled too (CST-4). Raises Invalid when a line has not that many
    left.
    """
    order = _locked(order_id)
    lines = _lines(order, with_delivery(order, units, handed_over=False), handed_over=False)
    left = {line.position: line.pending - count for line, count in lines}
    coming = transfers.lock_for(order.number)
    inventory.release(document=order.number, at=at, keep=left, location_id=location_id)
    transfers.refit(coming, document=order.number, wanted=left)
    gone = [line.pk for line, count in lines if line.pending == count]
    Shortage.objects.open().filter(line__in=gone).update(
        status=Shortage.Status.REFUND, closed_at=at
    )
    _shrink_fulfilments(order, {line.pk: line.pending - count for line, count in lines}, at=at)
    return _reverse(
        order,
        lines,
        kind=Return.Kind.CANCELLATION,
        disposition=ReturnLine.Disposition.NONE,
        till=None,
        reason=reason,
        actor=actor,
        at=at,
    )


@retried
def take_back(
    *,
    order_id: int,
    units: Mapping[int, int],
    disposition: str,
    till: Till,
    reason: str,
    actor: str,
    at: datetime,
) -> Return:
    """Goods come back at a till, from any channel's order; the receiving store restocks them.

    Writes the negative receipt, gives the money back tender by tender and takes the points of
    just these units back (FIELD 24). Raises Invalid when a unit was not handed over or came back
    already.
    """
    order = _locked(order_id)
    lines = _lines(order, with_delivery(order, units, handed_over=True), handed_over=True)
    return _reverse(
        order,
        lines,
        kind=Return.Kind.RETURN,
        disposition=ReturnLine.Disposition(disposition),
        till=till,
        reason=reason,
        actor=actor,
        at=at,
    )


@retried
def refund_kept(
    *, order_id: int, units: Mapping[int, int], reason: str, actor: str, at: datetime
) -> Return:
    """Money back for units that do not come back: broken on the way, never arrived, kept.

    No stock moves. A sale with a receipt is reversed at a till, which writes the negative one
    (POS-2): raises Invalid.
    """
    order = _locked(order_id)
    if order.receipts.exists():
        raise Invalid(_("This sale has a receipt: it is taken back at a till."))
    lines = _lines(order, with_delivery(order, units, handed_over=True), handed_over=True)
    return _reverse(
        order,
        lines,
        kind=Return.Kind.RETURN,
        disposition=ReturnLine.Disposition.NONE,
        till=None,
        reason=reason,
        actor=actor,
        at=at,
    )


def _locked(order_id: int) -> Order:
    order = Order.objects.locked().select_related("store").filter(pk=order_id).first()
    if order is None:
        raise NotFound(_("There is no such order."))
    if order.status not in (Order.Status.PLACED, Order.Status.FULFILLED):
        raise IllegalMove(order, order.get_status_display())
    return order


def _lines(
    order: Order, units: Mapping[int, int], *, handed_over: bool
) -> list[tuple[OrderLine, int]]:
    """The locked lines with their units, checked."""
    wanted = {pk: count for pk, count in units.items() if count}
    if not wanted:
        raise Invalid(_("Choose at least one article."))
    found = list(order.lines.select_for_update().filter(pk__in=wanted).order_by("position"))
    if len(found) != len(wanted):
        raise NotFound(_("This order has no such line."))
    for line in found:
        left = line.fulfilled - line.returned if handed_over else line.pending
        if not 0 < wanted[line.pk] <= left:
            raise Invalid(
                _("%(name)s: %(left)s can be taken back, not more.")
                % {"name": line.name, "left": left}
            )
    return [(line, wanted[line.pk]) for line in found]


def _shrink_fulfilments(order: Order, pending: Mapping[int, int], *, at: datetime) -> None:
    """No desk prepares what was cancelled; a fulfilment with nothing left is cancelled too."""
    fulfilments = list(order.fulfilments.open().prefetch_related("lines").order_by("-pk"))
    for line_id, left in pending.items():
        items = [item for one in fulfilments for item in one.lines.all() if item.line_id == line_id]
        excess = sum(item.quantity - item.missing for item in items) - left
        for item in items:
            part = min(excess, item.quantity - item.missing)
            if part > 0:
                excess -= part
                item.quantity -= part
                item.picked = min(item.picked, item.quantity - item.missing)
                item.save(update_fields=["quantity", "picked"])
    for fulfilment in fulfilments:
        if not any(item.quantity > item.missing for item in fulfilment.lines.all()):
            fulfilment.status = Fulfilment.Status.CANCELLED
            fulfilment.closed_at = at
            fulfilment.save(update_fields=["status", "closed_at"])


def _reverse(
    order: Order,
    lines: list[tuple[OrderLine, int]],
    *,
    kind: Return.Kind,
    disposition: ReturnLine.Disposition,
    till: Till | None,
    reason: str,
    actor: str,
    at: datetime,
) -> Return:
    store = till.store if till else order.store
    document = Return(
        number=f"{order.number}-R{order.returns.count() + 1}",
        order=order,
        kind=kind,
        store=store,
        till=till,
        total_minor=0,
        tax_minor=0,
        counts=order.sold_on is not None,
        reason=reason[:120],
        actor=actor,
        business_on=store.business_day(at) if store else order.business_day(at),
        at=at,
    )
    location_id = store_location(till.store_id, returns=True) if till else None
    items = []
    for line, units in lines:
        total, tax = returned_totals(line, units)
        items.append(
            ReturnLine(
                document=document,
                line=line,
                quantity=units,
                total_minor=total,
                tax_minor=tax,
                disposition=disposition,
                location_id=location_id,
            )
        )
        if kind == Return.Kind.RETURN:
            line.returned += units
        else:
            line.cancelled += units
        line.refunded_minor += total
        document.total_minor += total
        document.tax_minor += tax
    document.save()
    ReturnLine.objects.bulk_create(items)
    OrderLine.objects.bulk_update(
        [line for line, _units in lines], ["returned", "cancelled", "refunded_minor"]
    )
    if disposition != ReturnLine.Disposition.NONE and location_id:
        status = STOCK_STATUS[disposition]
        inventory.put_back(
            [
                inventory.Demand(line.position, line.variant_id, location_id, units, status)
                for line, units in lines
                if line.variant_id
            ],
            document=document.number,
            at=at,
            actor=actor,
        )
    given = _give_back(order, document, at_till=till is not None, actor=actor, at=at)
    _take_points_back(order, lines, document, actor=actor, at=at)
    if till:
        receipts.issue_return(document=document, till=till, tenders=given, at=at)
    close_if_done(order, at=at)
    events.record(
        order,
        str(kind),
        actor=actor,
        at=at,
        document=document.number,
        total_minor=document.total_minor,
    )
    if given:
        events.tell(
            order,
            "refund",
            at=at,
            occasion=f":{document.number}",
            amount_minor=document.total_minor,
            cash_minor=sum(part for method, part in given if method == "cash" and till is None),
        )
    return document


def _give_back(
    order: Order, document: Return, *, at_till: bool, actor: str, at: datetime
) -> list[tuple[str, int]]:
    """Refund the document's sum, tender by tender; at the most what was paid and not refunded."""
    payments = list(order.payments.select_for_update().order_by("pk"))
    given = []
    for payment, part in refund_plan(payments, document.total_minor):
        payment.order = order
        unpaid.refund(
            payment,
            part,
            reason=document.reason,
            reference=f"{document.number}:{payment.pk}",
            actor=actor,
            at=at,
            at_till=at_till,
        )
        given.append((str(payment.method), part))
    return given


@retried
def hand_out_cash(*, order_id: int, till: Till, actor: str, at: datetime) -> Receipt:
    """Give the cash out that is due for what was cancelled, with the negative receipt of it.

    Raises Invalid when none is due (any more).
    """
    order = Order.objects.locked().filter(pk=order_id).first()
    due = list(cash_due(order_id).select_for_update(of=("self",)).order_by("pk"))
    if order is None or not due:
        raise Invalid(_("No cash is due on this order."))
    receipt = None
    for document in order.returns.order_by("pk"):
        ours = [refund for refund in due if refund.reference.startswith(f"{document.number}:")]
        if not ours:
            continue
        for refund in ours:
            refund.status = Refund.Status.SETTLED
            refund.settled_at = at
            refund.save(update_fields=["status", "settled_at"])
        tenders = [
            (str(refund.payment.method), refund.amount_minor)
            for refund in Refund.objects.filter(
                payment__order=order, reference__startswith=f"{document.number}:"
            ).select_related("payment")
        ]
        receipt = receipts.issue_return(document=document, till=till, tenders=tenders, at=at)
        events.record(
            order,
            "cash_given",
            actor=actor,
            at=at,
            document=document.number,
            amount_minor=sum(refund.amount_minor for refund in ours),
        )
    assert receipt is not None  # noqa: S101  cash is due for a return alone
    return receipt


def _take_points_back(
    order: Order,
    lines: list[tuple[OrderLine, int]],
    document: Return,
    *,
    actor: str,
    at: datetime,
) -> None:
    """Each unit's share of what its line's own lot is still good for; the last unit takes the rest.

    Units cancelled after the line earned count as well: a parcel that never left (FIELD 24).
    """
    earned = {
        lot.line: lot
        for lot in PointsLot.objects.filter(
            document=order.number, line__in=[line.position for line, _units in lines]
        )
    }
    for line, units in lines:
        if lot := earned.get(line.position):
            loyalty.take_back(
                document=order.number,
                line=line.position,
                points=returned_points(lot, line, units, left=line_left(line) + units),
                reference=document.number,
                channel=order.channel,
                actor=actor,
                at=at,
            )


def close_if_done(order: Order, *, at: datetime) -> None:
    """An order with nothing left to hand over is completed, or cancelled when nothing ever was."""
    lines = list(order.lines.all())
    goods = [line for line in lines if line.kind == OrderLine.Kind.PRODUCT]
    if order.status != Order.Status.PLACED or any(line.pending for line in goods):
        return
    done = any(line.fulfilled for line in goods)
    for line in lines:
        if line.kind != OrderLine.Kind.PRODUCT and line.pending:
            if done:
                line.fulfilled += line.pending
            line.save(update_fields=["fulfilled"])
    order.status = Order.Status.FULFILLED if done else Order.Status.CANCELLED
    order.save(update_fields=["status"])
    if not done:
        coupons.release(document=order.number, at=at)

"""Goods moved from one location to another: asked for, sent, received."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum
from django.utils.translation import gettext as _

from inventory.models import Reservation, Transfer, TransferLine
from inventory.models.numbers import next_number
from inventory.services import holds, movements
from inventory.services import levels as stock
from inventory.services.holds import Demand
from omnishop.kernel.errors import Invalid, NotFound, Refusal
from omnishop.kernel.transactions import joined


@dataclass(frozen=True, slots=True)
class Ask:
    """Units of an article to bring; with a document, for that line of it, which holds them."""

    variant_id: int
    quantity: int
    document: str = ""
    document_line: int = 0


@joined
def request(
    asks: Sequence[Ask],
    *,
    source_id: int,
    destination_id: int,
    expected_at: datetime,
    reason: Transfer.Reason,
    at: datetime,
    actor: str,
) -> Transfer:
    """Ask a location for goods; they are held there until they are sent.

    Goods for a document are held by that document already, the others by the transfer. Raises
    Invalid, or InsufficientStock holding nothing.
    """
    if not asks or any(ask.quantity <= 0 for ask in asks):
        raise Invalid(_("Choose at least one article and a quantity of at least one."))
    if source_id == destination_id:
        raise Invalid(_("Choose another place to send to."))
    transfer = Transfer.objects.create(
        number=next_number("T"),
        source_id=source_id,
        destination_id=destination_id,
        expected_at=expected_at,
        reason=reason,
        requested_at=at,
        requested_by=actor,
    )
    lines = TransferLine.objects.bulk_create(
        TransferLine(
            transfer=transfer,
            position=position,
            variant_id=ask.variant_id,
            quantity=ask.quantity,
            document=ask.document,
            document_line=ask.document_line,
        )
        for position, ask in enumerate(asks, start=1)
    )
    own = [
        Demand(line.position, line.variant_id, source_id, line.quantity)
        for line in lines
        if not line.document
    ]
    if own:
        holds.reserve(own, document=transfer.number, at=at, expires_at=None, online=False)
    return transfer


def _locked(transfer_id: int, *wanted: Transfer.Status) -> Transfer:
    transfer = Transfer.objects.locked().filter(pk=transfer_id).first()
    if transfer is None:
        raise NotFound(_("There is no such transfer."))
    if transfer.status not in wanted:
        raise Refusal(
            _("Transfer %(number)s is %(status)s: this can no longer be done.")
            % {"number": transfer.number, "status": transfer.get_status_display()}
        )
    return transfer


@joined
def send(*, transfer_id: int, units: Mapping[int, int], at: datetime, actor: str) -> Transfer:
    """The goods leave: `units` says how many of each position, all of it when it is not named.

    Units of an order that were not found are written off and become its shortage; others go
    back on sale. A repeat does nothing. Raises Invalid for more than was asked for, Refusal.
    """
    transfer = _locked(transfer_id, Transfer.Status.REQUESTED, Transfer.Status.SENT)
    if transfer.status == Transfer.Status.SENT:
        return transfer
    lines = list(transfer.lines.order_by("position"))
    if not {line.position for line in lines} >= units.keys():
        raise Invalid(_("There is no such line."))
    for line in lines:
        going = units.get(line.position, line.quantity)
        if not 0 <= going <= line.quantity:
            raise Invalid(
                _("Line %(line)s: between 0 and %(most)s units can be sent.")
                % {"line": line.position, "most": line.quantity}
            )
        document, number = _holder(transfer, line)
        left = holds.send(
            document=document,
            units={number: going},
            location_id=transfer.source_id,
            transfer=transfer.number,
            at=at,
            actor=actor,
        )
        line.sent = left.get(number, 0)  # an order's units may have been cancelled meanwhile
        if line.document and going < line.quantity:
            holds.shorten(
                document=line.document,
                line=number,
                quantity=line.quantity - going,
                location_id=transfer.source_id,
                at=at,
                actor=actor,
            )
    TransferLine.objects.bulk_update(lines, ["sent"])
    holds.release(document=transfer.number, at=at)
    gone = any(line.sent for line in lines)
    transfer.status = Transfer.Status.SENT if gone else Transfer.Status.CANCELLED
    transfer.sent_at, transfer.sent_by = at, actor
    transfer.save(update_fields=["status", "sent_at", "sent_by"])
    return transfer


def _holder(transfer: Transfer, line: TransferLine) -> tuple[str, int]:
    """The document and its line that hold the goods of a transfer line."""
    if line.document:
        return line.document, line.document_line
    return transfer.number, line.position


@joined
def receive(*, transfer_id: int, units: Mapping[int, int], at: datetime, actor: str) -> Transfer:
    """The goods arrive: `units` says how many of each position, all that was sent when not named.

    What an order waits for is held for it on arrival; what got lost on the way becomes its
    shortage. A repeat does nothing. Raises Invalid for more than was sent, Refusal.
    """
    transfer = _locked(transfer_id, Transfer.Status.SENT, Transfer.Status.RECEIVED)
    if transfer.status == Transfer.Status.RECEIVED:
        return transfer
    lines = list(transfer.lines.order_by("position"))
    if not {line.position for line in lines} >= units.keys():
        raise Invalid(_("There is no such line."))
    for line in lines:
        line.received = units.get(line.position, line.sent)
        if not 0 <= line.received <= line.sent:
            raise Invalid(
                _("Line %(line)s: between 0 and %(most)s units can be received.")
                % {"line": line.position, "most": line.sent}
            )
    TransferLine.objects.bulk_update(lines, ["received"])
    place = transfer.destination_id
    come = [Demand(line.position, line.variant_id, place, line.received) for line in lines]
    come = [demand for demand in come if demand.quantity]
    if come:
        movements.arrive(come, document=transfer.number, at=at, actor=actor)
    _keep(transfer, [line for line in lines if line.document], at=at)
    transfer.status = Transfer.Status.RECEIVED
    transfer.received_at, transfer.received_by = at, actor
    transfer.save(update_fields=["status", "received_at", "received_by"])
    return transfer


def _keep(transfer: Transfer, lines: Sequence[TransferLine], *, at: datetime) -> None:
    """Hold what arrived for its document, set aside already; what did not arrive is short."""
    keys = {(line.variant_id, transfer.destination_id) for line in lines}
    levels = stock.lock(keys, create=True)
    here = {
        (hold.document, hold.line): hold
        for hold in Reservation.objects.held().filter(
            document__in={line.document for line in lines}, location=transfer.destination_id
        )
    }
    rows = []
    for line in lines:
        levels[line.variant_id, transfer.destination_id].reserved += line.received
        if hold := here.get((line.document, line.document_line)):
            hold.quantity += line.received  # its other units were here all along
            hold.save(update_fields=["quantity"])
        for status, quantity in (
            (Reservation.Status.HELD, 0 if hold else line.received),
            (Reservation.Status.SHORT, line.sent - line.received),
        ):
            if quantity:
                rows.append(
                    Reservation(
                        variant_id=line.variant_id,
                        location_id=transfer.destination_id,
                        document=line.document,
                        line=line.document_line,
                        quantity=quantity,
                        status=status,
                        picked=status == Reservation.Status.HELD,
                        created_at=at,
                        closed_at=None if status == Reservation.Status.HELD else at,
                    )
                )
    stock.store(levels)
    Reservation.objects.bulk_create(rows)


@joined
def cancel(*, transfer_id: int, at: datetime, actor: str) -> Transfer:
    """A transfer that was not sent is called off; its goods are free, an order's become its
    shortage so that they are found elsewhere. Raises Refusal.
    """
    transfer = _locked(transfer_id, Transfer.Status.REQUESTED)
    for line in transfer.lines.exclude(document=""):
        holds.unhold(
            document=line.document,
            units={line.document_line: line.quantity},
            location_id=transfer.source_id,
            at=at,
        )
    holds.release(document=transfer.number, at=at)
    transfer.status = Transfer.Status.CANCELLED
    transfer.save(update_fields=["status"])
    return transfer


def lock_for(document: str) -> list[TransferLine]:
    """The lines of open transfers that bring something to a document, their transfers locked.

    Whoever takes units off a document calls it before any level is locked: nobody sends or
    receives them meanwhile, and the order of locks is the transfers' own.
    """
    return list(
        TransferLine.objects.select_for_update(of=("self", "transfer"))
        .filter(
            document=document,
            transfer__status__in=[Transfer.Status.REQUESTED, Transfer.Status.SENT],
        )
        .select_related("transfer")
        .order_by("transfer", "-pk")
    )


@joined
def refit(lines: Sequence[TransferLine], *, document: str, wanted: Mapping[int, int]) -> None:
    """A document wants fewer units (line → units still to hand over): of its locked `lines`, what
    was not sent and is no longer held for it stays where it is, what is on its way beyond that
    arrives for the shelf.
    """
    lines = [one for one in lines if one.document_line in wanted]
    if not lines:
        return
    held: dict[tuple[int, int], int] = defaultdict(int)
    excess: dict[int, int] = {line: -units for line, units in wanted.items()}
    for hold in Reservation.objects.held().filter(document=document, line__in=wanted):
        held[hold.line, hold.location_id] += hold.quantity
        excess[hold.line] += hold.quantity
    for one in lines:
        if one.transfer.status == Transfer.Status.SENT:
            excess[one.document_line] += one.sent
        else:
            there = held[one.document_line, one.transfer.source_id]
            if there < one.quantity:
                _not_needed(one, one.quantity - there)
    for one in lines:
        part = min(one.sent, excess[one.document_line])
        if one.transfer.status == Transfer.Status.SENT and part > 0:
            excess[one.document_line] -= part
            _to_the_shelf(one, part)


def _to_the_shelf(line: TransferLine, units: int) -> None:
    if units == line.sent:
        line.document, line.document_line = "", 0
        line.save(update_fields=["document", "document_line"])
        return
    line.quantity -= units
    line.sent -= units
    line.save(update_fields=["quantity", "sent"])
    last = line.transfer.lines.order_by("-position").values_list("position", flat=True)[0]
    TransferLine.objects.create(
        transfer=line.transfer,
        position=last + 1,
        variant_id=line.variant_id,
        quantity=units,
        sent=units,
    )


def _not_needed(line: TransferLine, units: int) -> None:
    if units < line.quantity:
        line.quantity -= units
        line.save(update_fields=["quantity"])
        return
    line.delete()
    if not line.transfer.lines.exists():
        line.transfer.status = Transfer.Status.CANCELLED
        line.transfer.save(update_fields=["status"])


def in_transit(*, document: str) -> dict[int, int]:
    """Units of a document that are on their way: line → units."""
    sent = TransferLine.objects.filter(document=document, transfer__status=Transfer.Status.SENT)
    return {
        row["document_line"]: row["units"]
        for row in sent.values("document_line").annotate(units=Sum("sent")).order_by()
        if row["units"]
    }


def awaited(*, document: str) -> dict[int, int]:
    """Units of a document that still have to come from elsewhere: line → units."""
    coming = TransferLine.objects.filter(
        document=document,
        transfer__status__in=[Transfer.Status.REQUESTED, Transfer.Status.SENT],
    ).values("document_line", "transfer__status", "quantity", "sent")
    units: dict[int, int] = defaultdict(int)
    for row in coming:
        sent = row["transfer__status"] == Transfer.Status.SENT
        units[row["document_line"]] += row["sent"] if sent else row["quantity"]
    return dict(units)

"""Reads of transfers: what to take from the shelf, what is on its way, who can be asked."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time

from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum

from inventory.models import StockLevel, StockLocation, Transfer, TransferLine
from omnishop.network import promise
from omnishop.network.models import Store


def with_units(transfers: QuerySet[Transfer]) -> QuerySet[Transfer]:
    """Transfers with their number of `articles` and of `units` asked for and `gone`."""
    return transfers.annotate(
        articles=Count("lines"), units=Sum("lines__quantity"), gone=Sum("lines__sent")
    )


def lines_to_walk(transfer: Transfer) -> QuerySet[TransferLine]:
    """The lines in the order to walk them: each with its `shelf` at the place that sends."""
    there = StockLevel.objects.filter(variant=OuterRef("variant"), location=transfer.source_id)
    return (
        transfer.lines.select_related("variant__product")
        .prefetch_related("variant__options__attribute")
        .annotate(shelf=Subquery(there.values("shelf")[:1]))
        .order_by("shelf", "position")
    )


def suppliers(location_ids: Collection[int]) -> QuerySet[StockLocation]:
    """Places that send goods to stores, other than these."""
    return (
        StockLocation.objects.filter(active=True, transfer_days__isnull=False)
        .exclude(pk__in=location_ids)
        .order_by("-kind", "name")
    )


def arrives_at(source: StockLocation, store: Store, *, at: datetime) -> datetime:
    """By when goods asked for now can be had in a store: after its opening on the day they come."""
    day = source.reaches_store_on(at) or at.astimezone(source.zone).date()
    return promise.ready_after_arrival(store, day) or promise.midnight(store, day)


def reaches(source_id: int, location_id: int, *, at: datetime) -> datetime:
    """By when goods asked for now can be had at a location: in its first store, or there."""
    source = StockLocation.objects.get(pk=source_id)
    store = (
        Store.objects.filter(store_locations__location=location_id)
        .order_by("store_locations__rank", "pk")
        .first()
    )
    if store:
        return arrives_at(source, store, at=at)
    day = source.reaches_store_on(at) or at.astimezone(source.zone).date()
    return datetime.combine(day, time(23, 59), tzinfo=source.zone)


@dataclass(frozen=True, slots=True)
class Coming:
    """Units of a document's line that still have to arrive, and when the last of them does."""

    units: int
    expected_at: datetime
    sent: bool  # all of them are on their way


def coming(documents: Collection[str]) -> dict[tuple[str, int], Coming]:
    """What documents wait for from elsewhere: (document, line) → units and day. One statement."""
    found: dict[tuple[str, int], Coming] = {}
    rows = TransferLine.objects.filter(
        document__in=documents,
        transfer__status__in=[Transfer.Status.REQUESTED, Transfer.Status.SENT],
    ).values_list(
        "document", "document_line", "quantity", "sent", "transfer__status", "transfer__expected_at"
    )
    for document, line, quantity, gone, status, expected_at in rows:
        sent = status == Transfer.Status.SENT
        units = gone if sent else quantity
        if not units:
            continue
        before = found.get((document, line))
        if before:
            units += before.units
            expected_at = max(expected_at, before.expected_at)
            sent = sent and before.sent
        found[document, line] = Coming(units, expected_at, sent)
    return found

"""Why this many? Everything behind the stock of one article at one place (FIELD 4, UX D5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import F, Q, Sum, Window

from inventory.models import (
    PurchaseOrder,
    PurchaseOrderLine,
    Reservation,
    StockLevel,
    StockMovement,
    StockStatus,
    Transfer,
    TransferLine,
)

ROWS = 50  # movements on a page
HOLDS = 100  # holds listed; their sum is of all


@dataclass(frozen=True, slots=True)
class Check:
    """Two figures that must agree: what the books add up to, and what is kept."""

    name: str
    summed: int
    kept: int

    @property
    def agrees(self) -> bool:
        return self.summed == self.kept


@dataclass(frozen=True, slots=True)
class Why:
    """The sum behind one level at an instant, and what it is made of."""

    level: StockLevel
    by_status: Mapping[str, int]  # on hand, as the ledger says
    holds: list[Reservation]  # the youngest first, `HOLDS` at the most
    held: int  # units of all of them
    overdue: int  # units whose time is over: free for whoever asks (ALG-2)
    moved: int  # the sum of the ledger
    transit: list[TransferLine]
    awaited: list[PurchaseOrderLine]
    on: date | None
    on_hand_then: int | None  # at the end of that day, by the place's clock

    @property
    def safety(self) -> int:
        """Kept back from the site: the article's or the place's, whichever is larger."""
        return max(self.level.safety, self.level.location.safety)

    @property
    def in_store(self) -> int:
        """Units that somebody could take away now (ALG-1)."""
        level = self.level
        return max(0, level.on_hand - level.unsellable - level.reserved + self.overdue)

    @property
    def online(self) -> int:
        """Units that the site may promise from here."""
        level = self.level
        free = level.on_hand - level.unsellable - level.reserved + self.overdue
        return max(0, free - self.safety)

    @property
    def in_transit(self) -> int:
        return sum(line.sent for line in self.transit)

    @property
    def promised(self) -> int:
        """Units that suppliers are still to deliver here."""
        return sum(line.awaited for line in self.awaited)

    @property
    def checks(self) -> list[Check]:
        """Whether the books agree with themselves."""
        unsellable = self.moved - self.by_status.get(StockStatus.SELLABLE, 0)
        return [
            Check("ledger", self.moved, self.level.on_hand),
            Check("holds", self.held, self.level.reserved),
            Check("statuses", unsellable, self.level.unsellable),
        ]


def why(level: StockLevel, *, at: datetime, on: date | None = None) -> Why:
    """Explain a level. Five statements, whatever lies behind it.

    The level comes with its location.
    """
    here = {"variant_id": level.variant_id, "location_id": level.location_id}
    held = Reservation.objects.held().filter(**here)
    sums = held.aggregate(
        units=Sum("quantity", default=0),
        overdue=Sum("quantity", default=0, filter=Q(expires_at__lte=at)),
    )
    by_status, later = _ledger(level, on)
    moved = sum(by_status.values())
    return Why(
        level=level,
        by_status=by_status,
        holds=list(held.order_by(F("created_at").desc(), "-pk")[:HOLDS]),
        held=sums["units"],
        overdue=sums["overdue"],
        moved=moved,
        transit=list(
            TransferLine.objects.filter(
                variant_id=level.variant_id,
                transfer__destination_id=level.location_id,
                transfer__status=Transfer.Status.SENT,
                sent__gt=0,
            )
            .select_related("transfer__source")
            .order_by("transfer__expected_at", "pk")
        ),
        awaited=list(
            PurchaseOrderLine.objects.filter(
                variant_id=level.variant_id,
                order__location_id=level.location_id,
                order__status=PurchaseOrder.Status.ORDERED,
                quantity__gt=F("received"),
            )
            .select_related("order__supplier")
            .order_by("order__expected_on", "pk")
        ),
        on=on,
        on_hand_then=moved - later if on else None,
    )


def _ledger(level: StockLevel, on: date | None) -> tuple[dict[str, int], int]:
    """Units by status, and how many moved after the end of a day."""
    end = None
    if on:
        end = datetime.combine(on + timedelta(days=1), time(), tzinfo=level.location.zone)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT status, sum(delta)::int,
                   coalesce(sum(delta) FILTER (WHERE at >= %(end)s::timestamptz), 0)::int
              FROM inventory_stockmovement
             WHERE variant_id = %(variant)s AND location_id = %(location)s
             GROUP BY 1
            """,
            {"variant": level.variant_id, "location": level.location_id, "end": end},
        )
        rows = cursor.fetchall()
    return {row[0]: row[1] for row in rows if row[1]}, sum(row[2] for row in rows)


def ledger(level: StockLevel, *, page: int) -> tuple[list[StockMovement], bool]:
    """A page of the movements behind a level, newest first, each with the `balance` after it;
    and whether there are older ones. One statement.
    """
    first = ROWS * (max(1, page) - 1)
    rows = (
        StockMovement.objects.filter(variant_id=level.variant_id, location_id=level.location_id)
        .annotate(balance=Window(Sum("delta"), order_by=[F("at").asc(), F("pk").asc()]))
        .order_by("-at", "-pk")
    )
    found: list[Any] = list(rows[first : first + ROWS + 1])
    return found[:ROWS], len(found) > ROWS


@dataclass(frozen=True, slots=True)
class Short:
    """Units of a document that a correction would turn into a shortage."""

    document: str
    units: int


def would_be_short(level: StockLevel, *, counted: int, at: datetime) -> list[Short]:
    """What becomes short when only so many are there: overdue holds give way first, then the
    youngest that nobody set aside, as `services.adjust` does it. One statement.
    """
    held = list(
        Reservation.objects.held()
        .filter(variant_id=level.variant_id, location_id=level.location_id)
        .order_by(F("created_at").desc(), "-pk")
    )
    overdue = [hold for hold in held if hold.expires_at and hold.expires_at <= at]
    lacking = level.reserved + level.unsellable - counted - sum(one.quantity for one in overdue)
    short = []
    for hold in held:
        if lacking <= 0:
            break
        if hold.picked or hold in overdue:
            continue
        part = min(hold.quantity, lacking)
        short.append(Short(hold.document, part))
        lacking -= part
    return short

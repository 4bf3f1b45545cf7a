"""What is to be fetched and packed here: which shelf, who is at it, what still has to come."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import OuterRef, Prefetch, Subquery

from inventory.models import StockLevel
from inventory.transfers import Coming, coming
from omnishop.channels.till import scope
from omnishop.channels.till.access import Desk
from omnishop.network.selectors import names
from orders.models import Fulfilment, FulfilmentLine, OrderLine
from orders.reasons import why


@dataclass(frozen=True, slots=True)
class Waiting:
    """A pick-up or parcel in a queue, and the minutes left to its promise; negative when late."""

    fulfilment: Fulfilment
    minutes: int | None

    @property
    def late(self) -> bool:
        return self.minutes is not None and self.minutes < 0

    @property
    def late_by(self) -> int:
        return -(self.minutes or 0)

    @property
    def soon(self) -> bool:
        """Due within the day: minutes say more than a date."""
        return self.minutes is not None and self.minutes < 24 * 60


def waiting(fulfilment: Fulfilment, at: datetime) -> Waiting:
    """The pick-up or parcel with the whole minutes left to what was promised."""
    promised = fulfilment.promised_at
    return Waiting(fulfilment, int((promised - at).total_seconds() // 60) if promised else None)


@dataclass(frozen=True, slots=True)
class Item:
    """A line to fetch: where it lies, and what of it is still on its way."""

    line: FulfilmentLine
    shelf: str
    coming: Coming | None

    @property
    def open(self) -> int:
        """Units that are neither picked nor reported not found."""
        return self.line.quantity - self.line.picked - self.line.missing

    @property
    def left(self) -> int:
        """Those of them that can be picked now."""
        return max(0, self.open - (self.coming.units if self.coming else 0))


@dataclass(frozen=True, slots=True)
class Job:
    """A pick-up or a parcel to prepare, and who is at it."""

    row: Waiting
    items: list[Item]
    mine: bool  # the reader has taken it
    picker: str  # who else has it, by name; "" for nobody
    why: list[str] = field(default_factory=list)

    @property
    def fulfilment(self) -> Fulfilment:
        return self.row.fulfilment

    @property
    def waits(self) -> bool:
        """Whether some of it still has to come from another place."""
        return any(item.coming for item in self.items)

    @property
    def free(self) -> bool:
        """Whether the reader may pick it."""
        return not self.picker


def jobs(desk: Desk, *, at: datetime, place: str = "") -> list[Job]:
    """What is to be prepared, oldest promise first; at one place or all. Eight statements."""
    here = StockLevel.objects.filter(
        variant=OuterRef("line__variant"), location=OuterRef("fulfilment__location")
    )
    lines = FulfilmentLine.objects.select_related("line__variant").annotate(
        shelf=Subquery(here.values("shelf")[:1])
    )
    found = scope.to_prepare(desk).prefetch_related(Prefetch("lines", lines.order_by("pk")))
    work = list(found.filter(location__code=place) if place else found)
    awaited = coming({one.order.number for one in work})
    taken = {one.pk: one.picker for one in work if _taken(one, at)}
    people = names(taken.values())
    reasons = why(one for one in work if one.kind == Fulfilment.Kind.SHIPMENT)
    return [
        Job(
            row=waiting(one, at),
            items=list(_items(one, awaited)),
            mine=taken.get(one.pk) == desk.actor,
            picker=_other(taken.get(one.pk, ""), desk, people),
            why=reasons.get(one.pk, []),
        )
        for one in work
    ]


def _taken(fulfilment: Fulfilment, at: datetime) -> bool:
    until = fulfilment.picker_until
    return bool(fulfilment.picker and until and until > at)


def _other(picker: str, desk: Desk, people: dict[str, str]) -> str:
    return "" if picker in ("", desk.actor) else people.get(picker, picker)


def _items(fulfilment: Fulfilment, awaited: dict[tuple[str, int], Coming]) -> Iterable[Item]:
    pickup = fulfilment.kind == Fulfilment.Kind.PICKUP
    for line in fulfilment.lines.all():
        key = (fulfilment.order.number, line.line.position)
        yield Item(line, getattr(line, "shelf", "") or "", awaited.get(key) if pickup else None)


@dataclass(slots=True)
class Article:
    """Units of one article to fetch, for how many orders, and by when the first is due."""

    line: OrderLine
    shelf: str
    row: Waiting
    units: int = 0
    orders: int = 0


def by_article(work: Iterable[Job]) -> list[Article]:
    """What can be fetched now, article by article; what others prepare is not offered (UX K8)."""
    articles: dict[tuple[str, int], Article] = {}
    for job in work:
        if not job.free:
            continue
        for item in job.items:
            if item.left:
                sku = item.line.line.sku
                key = (sku, job.fulfilment.location_id)
                new = Article(item.line.line, item.shelf, job.row)
                article = articles.setdefault(key, new)
                article.units += item.left
                article.orders += 1
    return list(articles.values())

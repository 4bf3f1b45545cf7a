"""Counting while the shop sells: blind, by scanner, with differences that somebody approves.

Who counts is shown no figure of the book. Each scan keeps what the book says in its own
transaction, with the level locked: a sale before it is in both figures, a sale after it in
neither. Locks are taken in one order: the count, then its levels by key.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from catalog.models import Category
from catalog.selectors import by_code
from inventory.counts import since, to_count
from inventory.models import CountLine, StockCount, StockLocation
from inventory.models.numbers import next_number
from inventory.services import levels as stock
from inventory.services import movements
from omnishop.kernel.errors import Invalid, NotFound, Refusal
from omnishop.kernel.transactions import joined

ROLLING = 20  # articles of a rolling count, unless the caller says otherwise
MOST = 100_000  # units of one article
Decision, Kind = CountLine.Decision, StockCount.Kind
Status = StockCount.Status


@joined
def begin(
    *,
    location_id: int,
    kind: str,
    at: datetime,
    actor: str,
    category_id: int | None = None,
    variant_ids: Collection[int] | None = None,
    articles: int = ROLLING,
) -> StockCount:
    """Open a count of a place.

    A full count lists all that has a level there, of a category if one is given. A rolling count
    lists the chosen articles; without a choice the next to count, as `counts.to_count` ranks them,
    those on another open count left out. Raises NotFound, Invalid, Refusal.
    """
    # Two people who begin at once get two different lists. No key changes: sales go on.
    place = StockLocation.objects.select_for_update(no_key=True).filter(pk=location_id).first()
    if place is None:
        raise NotFound(_("There is no such place."))
    if kind not in Kind.values:
        raise Invalid(_("Choose a full or a rolling count."))
    category = None
    if category_id is not None:
        category = Category.objects.filter(pk=category_id).first()
        if category is None:
            raise NotFound(_("There is no such category."))
    if kind == Kind.FULL:
        _no_other_full_count(place)
        listed = to_count(location_id, category=category)
    elif variant_ids is not None:
        listed = to_count(location_id, variant_ids=variant_ids)
    else:
        listed = to_count(location_id, category=category, limit=max(1, articles))
    if not listed:
        raise Refusal(
            _("There is nothing to count here: no stock, or all of it is on an open count already.")
        )
    count = StockCount.objects.create(
        number=next_number("C"),
        location=place,
        kind=kind,
        category=category,
        opened_at=at,
        opened_by=actor,
    )
    CountLine.objects.bulk_create(
        (CountLine(count=count, variant_id=one.variant_id, gap=one.gap) for one in listed),
        batch_size=5000,
    )
    return count


def _no_other_full_count(place: StockLocation) -> None:
    other = StockCount.objects.filter(
        location=place, kind=Kind.FULL, status__in=[Status.COUNTING, Status.SUBMITTED]
    ).first()
    if other:
        raise Refusal(
            _("Full count %(number)s is under way here. Finish or cancel it first.")
            % {"number": other.number}
        )


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan did; `added` is what `undo` takes back."""

    line: CountLine
    added: int
    joined: bool  # it was not on the list


@joined
def scan(
    *,
    count_id: int,
    code: str,
    at: datetime,
    actor: str,
    quantity: int = 1,
    counted: int | None = None,
) -> Scanned:
    """Count units of the article with this SKU or GTIN: `quantity` more, or `counted` in all.

    An article that is not on the list joins it. Two phones wait for each other, so no unit is
    lost. Raises NotFound for an unknown code, Invalid, Refusal.
    """
    count = _locked(count_id, Status.COUNTING)
    variant = by_code(code)
    if variant is None:
        raise NotFound(
            _("%(code)s is none of our articles. Nothing was counted.") % {"code": code[:80]}
        )
    line = count.lines.filter(variant=variant).first()
    joins = line is None
    if line is None:
        line = CountLine(count=count, variant=variant)
    line.variant = variant
    _still_open(line)
    before = line.counted or 0
    after = before + quantity if counted is None else counted
    if quantity < 1 or not 0 <= after <= MOST:
        raise Invalid(_("Enter a quantity from 0 to %(most)s.") % {"most": MOST})
    _keep(line, after, at=at, actor=actor)
    return Scanned(line=line, added=after - before, joined=joins)


@joined
def undo(*, count_id: int, line_id: int, units: int, at: datetime, actor: str) -> CountLine:
    """Take back the units of a scan (`Scanned.added`, negative when it lowered the figure).

    An article left with none is to be counted again. Raises NotFound, Refusal.
    """
    count = _locked(count_id, Status.COUNTING)
    line = count.lines.select_related("variant__product").filter(pk=line_id).first()
    if line is None:
        raise NotFound(_("There is no such line in this count."))
    _still_open(line)
    after = (line.counted or 0) - units
    if line.counted is None or not 0 <= after <= MOST:
        raise Refusal(_("That scan was taken back already."))
    if after:
        _keep(line, after, at=at, actor=actor)
    else:
        _clear(line, line.decision)
    return line


def _still_open(line: CountLine) -> None:
    if line.decision == Decision.APPROVED:
        raise Refusal(
            _("%(sku)s was approved in this count already. Begin another count to change it.")
            % {"sku": line.variant.sku}
        )


def _keep(line: CountLine, counted: int, *, at: datetime, actor: str) -> None:
    """Write the figure and what the book says at this instant, with the level locked."""
    key = (line.variant_id, line.count.location_id)
    line.book = stock.lock([key], create=True)[key].on_hand
    line.counted, line.counted_at, line.counted_by = counted, at, actor
    line.decision = Decision.NONE
    line.save()


def _clear(line: CountLine, decision: str) -> None:
    line.counted = line.book = line.counted_at = None
    line.counted_by, line.decision = "", decision
    line.save()


def _locked(count_id: int, *wanted: StockCount.Status) -> StockCount:
    count = StockCount.objects.locked().filter(pk=count_id).first()
    if count is None:
        raise NotFound(_("There is no such count."))
    if count.status not in wanted:
        raise Refusal(
            _("Count %(number)s: %(status)s. This can no longer be done.")
            % {"number": count.number, "status": count.get_status_display()}
        )
    return count


@joined
def submit(*, count_id: int, at: datetime, actor: str, rest_is_zero: bool = False) -> StockCount:
    """Hand the count in for approval. A repeat does nothing.

    What was not scanned stays as it is on the book, unless the counter of a full count says that
    none of it is there (`rest_is_zero`): then it counts as 0. Raises NotFound, Invalid, Refusal.
    """
    count = _locked(count_id, Status.COUNTING, Status.SUBMITTED)
    if count.status == Status.SUBMITTED:
        return count
    if rest_is_zero and count.kind != Kind.FULL:
        raise Invalid(_("Only in a full count is what was not scanned counted as none."))
    if rest_is_zero:
        _rest_is_zero(count, at=at, actor=actor)
    elif not count.lines.filter(counted__isnull=False).exists():
        raise Invalid(_("Nothing was counted yet. Scan an article first."))
    count.status = Status.SUBMITTED
    count.submitted_at, count.submitted_by = at, actor
    count.save(update_fields=["status", "submitted_at", "submitted_by"])
    return count


def _rest_is_zero(count: StockCount, *, at: datetime, actor: str) -> None:
    rest = list(count.lines.filter(counted__isnull=True))
    place = count.location_id
    levels = stock.lock({(line.variant_id, place) for line in rest}, create=True)
    for line in rest:
        line.counted, line.book = 0, levels[line.variant_id, place].on_hand
        line.counted_at, line.counted_by, line.decision = at, actor, Decision.NONE
    CountLine.objects.bulk_update(
        rest, ["counted", "book", "counted_at", "counted_by", "decision"], batch_size=2000
    )


def _handed_in(count: StockCount) -> QuerySet[CountLine]:
    """Lines that wait for a decision: counted when the count was last handed in."""
    waiting = count.lines.filter(counted__isnull=False).exclude(decision=Decision.APPROVED)
    if count.status == Status.COUNTING:  # some are being counted again
        waiting = waiting.filter(counted_at__lte=count.submitted_at)
    return waiting


@joined
def approve(
    *,
    count_id: int,
    at: datetime,
    actor: str,
    line_ids: Collection[int] | None = None,
    own: bool = False,
) -> int:
    """Bring the book to what was counted, for these lines or all that wait; how many were approved.

    Goods that came and went since the count stay as booked, and what somebody put right since
    (a count gap, an adjustment) is not put right twice. A shortfall turns unpicked holds into
    shortages. Four eyes: who counted a line may not approve it unless `own`, which doors take
    from `counts.approves_own`. All or nothing; a repeat does nothing. With no line left to
    decide, a count that was handed in is closed. Raises NotFound, Refusal.
    """
    count = _locked(count_id, Status.COUNTING, Status.SUBMITTED, Status.APPROVED)
    if count.submitted_at is None:
        raise Refusal(_("This count is not handed in yet: there is nothing to approve."))
    lines = _handed_in(count).select_related("variant")
    if line_ids is not None:
        lines = lines.filter(pk__in=line_ids)
    chosen = list(lines)
    if not own and any(line.counted_by == actor for line in chosen):
        raise Refusal(_("Who counted does not approve: ask another manager, or head office."))
    place = count.location_id
    stock.lock({(line.variant_id, place) for line in chosen}, create=True)
    after = since([line.pk for line in chosen])
    for line in chosen:
        corrected = after[line.pk].corrected if line.pk in after else 0
        _correct(count, line, (line.difference or 0) - corrected, at=at, actor=actor)
    CountLine.objects.filter(pk__in=[line.pk for line in chosen]).update(decision=Decision.APPROVED)
    if count.status == Status.SUBMITTED and not _handed_in(count).exists():
        count.status = Status.APPROVED
        count.closed_at, count.closed_by = at, actor
        count.save(update_fields=["status", "closed_at", "closed_by"])
    return len(chosen)


def _correct(count: StockCount, line: CountLine, delta: int, *, at: datetime, actor: str) -> None:
    if not delta:
        return
    try:
        movements.correct(
            variant_id=line.variant_id,
            location_id=count.location_id,
            delta=delta,
            document=count.number,
            line=line.pk,
            at=at,
            actor=actor,
        )
    except Refusal as refusal:
        raise Refusal(
            _("%(sku)s: %(reason)s Nothing was approved.")
            % {"sku": line.variant.sku, "reason": refusal}
        ) from refusal


@joined
def recount(*, count_id: int, line_ids: Collection[int], at: datetime, actor: str) -> int:
    """Send lines back to be counted again; how many. The others may be approved meanwhile.

    Raises NotFound, Refusal.
    """
    count = _locked(count_id, Status.COUNTING, Status.SUBMITTED)
    if count.submitted_at is None:
        raise Refusal(_("This count is not handed in yet: it is still being counted."))
    lines = list(_handed_in(count).filter(pk__in=line_ids))
    for line in lines:
        _clear(line, Decision.RECOUNT)
    if lines and count.status == Status.SUBMITTED:
        count.status = Status.COUNTING
        count.save(update_fields=["status"])
    return len(lines)


@joined
def cancel(*, count_id: int, at: datetime, actor: str) -> StockCount:
    """Call a count off: the book stays as it is, lines approved before included. A repeat does
    nothing. Raises NotFound, Refusal.
    """
    count = _locked(count_id, Status.COUNTING, Status.SUBMITTED, Status.CANCELLED)
    if count.status != Status.CANCELLED:
        count.status = Status.CANCELLED
        count.closed_at, count.closed_by = at, actor
        count.save(update_fields=["status", "closed_at", "closed_by"])
    return count

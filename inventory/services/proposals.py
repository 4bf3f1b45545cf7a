"""What the figures propose to order or to bring (ALG-4), and what a buyer makes of it."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils.translation import gettext as _

from inventory import replenishment
from inventory import transfers as reads
from inventory.models import Proposal, PurchaseOrder, StockLocation, Transfer
from inventory.services import purchasing, transfers
from inventory.services.purchasing import Item
from omnishop.kernel.errors import NotFound, Refusal
from omnishop.kernel.transactions import joined

HISTORY = 90  # whole days of sales behind a forecast, today's not among them
QUIET = timedelta(days=14)  # a dismissed proposal stays away so long…
CHANGE = 0.25  # …or until the daily demand has changed by more than this part of it
BATCH = 1000

# Demand of the articles that sold at the place, what a warehouse sent to shops among it; what is
# free there, and what comes: on purchase orders (drafts too: a buyer decided on them), and on
# transfers that no order of a shopper waits for. From where: for a shop the warehouse that has
# some and reaches shops soonest, and the active usual supplier.
_NEEDS = """
  WITH here AS (
    SELECT id, kind FROM inventory_stocklocation WHERE id = %(location)s),
  sold AS (
    SELECT m.variant_id, (m.at AT TIME ZONE %(zone)s)::date - %(first)s::date AS day,
           -sum(m.delta) AS units
      FROM inventory_stockmovement m JOIN here ON here.id = m.location_id
     WHERE (m.kind IN ('sale', 'return')
            OR m.kind = 'transfer_out' AND here.kind = 'warehouse')
       AND m.at >= %(since)s AND m.at < %(until)s
     GROUP BY 1, 2),
  history AS (
    SELECT variant_id, array_agg(day) AS days, array_agg(units::int) AS units
      FROM sold GROUP BY 1 HAVING bool_or(units > 0)),
  coming AS (
    SELECT variant_id, sum(units) AS units FROM (
      SELECT l.variant_id, greatest(l.quantity - l.received, 0) AS units
        FROM inventory_purchaseorderline l JOIN inventory_purchaseorder o ON o.id = l.order_id
       WHERE o.location_id = %(location)s AND o.status IN ('draft', 'ordered')
      UNION ALL
      SELECT l.variant_id, CASE t.status WHEN 'sent' THEN l.sent ELSE l.quantity END
        FROM inventory_transferline l JOIN inventory_transfer t ON t.id = l.transfer_id
       WHERE t.destination_id = %(location)s AND t.status IN ('requested', 'sent')
         AND l.document = '') one
     GROUP BY 1),
  supply AS (
    SELECT a.variant_id, a.supplier_id, a.pack, s.lead_days, s.lead_days_spread
      FROM inventory_supplierarticle a JOIN inventory_supplier s ON s.id = a.supplier_id
     WHERE a.preferred AND s.active),
  warehouse AS (
    SELECT DISTINCT ON (l.variant_id) l.variant_id, c.id, c.transfer_days,
           l.available - greatest(l.safety, c.safety) AS free
      FROM here
      JOIN inventory_stocklocation c
        ON here.kind = 'store' AND c.kind = 'warehouse' AND c.active
       AND c.transfer_days IS NOT NULL
      JOIN inventory_stocklevel l
        ON l.location_id = c.id AND l.variant_id IN (SELECT variant_id FROM history)
     WHERE l.available > greatest(l.safety, c.safety)
     ORDER BY l.variant_id, c.transfer_days, c.priority, c.id)
  SELECT h.variant_id, h.days, h.units, coalesce(v.available, 0), coalesce(c.units, 0)::int,
         s.supplier_id, s.pack, s.lead_days, s.lead_days_spread, w.id, w.transfer_days, w.free
    FROM history h
    JOIN catalog_variant x ON x.id = h.variant_id AND x.active
    JOIN catalog_product p ON p.id = x.product_id AND p.status = 'active'
    LEFT JOIN supply s ON s.variant_id = h.variant_id
    LEFT JOIN warehouse w ON w.variant_id = h.variant_id
    LEFT JOIN inventory_stocklevel v
      ON v.variant_id = h.variant_id AND v.location_id = %(location)s
    LEFT JOIN coming c ON c.variant_id = h.variant_id
   WHERE s.supplier_id IS NOT NULL OR w.id IS NOT NULL
   ORDER BY h.variant_id
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """Why so many: what `Proposal.figures` holds."""

    demand: float  # units a day
    spread: float
    method: str
    lead_days: int
    lead_days_spread: int
    safety: int
    point: int
    free: int
    coming: int
    pack: int


@dataclass(frozen=True, slots=True)
class Need:
    """Units to get of an article, from a supplier or a warehouse, and why."""

    variant_id: int
    supplier_id: int | None
    source_id: int | None
    quantity: int
    figures: Figures


def needs(location: StockLocation, *, at: datetime) -> list[Need]:
    """What should be got for a location now. One statement.

    A shop gets what a warehouse has, no more than that; what it lacks then is bought another day.
    """
    today = at.astimezone(location.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    since = today - timedelta(days=HISTORY)
    with connection.cursor() as cursor:
        cursor.execute(
            _NEEDS,
            {
                "location": location.pk,
                "zone": location.timezone,
                "first": since.date(),
                "since": since,
                "until": today,
            },
        )
        rows = cursor.fetchall()
    found = []
    for variant_id, days, units, free, coming, *supply, source_id, transfer_days, there in rows:
        supplier_id, pack, lead, lead_spread = supply
        if source_id:
            supplier_id, pack, lead, lead_spread = None, 1, transfer_days, 0
        history = [0] * HISTORY
        for day, sold in zip(days, units, strict=True):
            history[day] = sold
        expected = replenishment.forecast(replenishment.net_of_returns(history))
        law = {
            "demand": expected.demand,
            "spread": expected.spread,
            "lead": lead,
            "lead_spread": lead_spread,
        }
        point = replenishment.rounded_up(replenishment.reorder_point(**law))
        quantity = replenishment.order_quantity(
            point=point, demand=expected.demand, free=free, coming=coming, pack=pack
        )
        if source_id:
            quantity = min(quantity, there)
        if quantity:
            figures = Figures(
                demand=round(expected.demand, 3),
                spread=round(expected.spread, 3),
                method=expected.method,
                lead_days=lead,
                lead_days_spread=lead_spread,
                safety=replenishment.rounded_up(replenishment.safety_stock(**law)),
                point=point,
                free=free,
                coming=coming,
                pack=pack,
            )
            found.append(Need(variant_id, supplier_id, source_id, quantity, figures))
    return found


@joined
def propose(*, location_id: int, at: datetime) -> int:
    """Bring a location's open proposals up to date; how many there are now.

    One per article: refreshed in place, gone when it is no longer needed. One that was
    dismissed stays away for fourteen days, or until the demand has changed. A repeat changes
    nothing; two at once follow each other.
    """
    location = (
        StockLocation.objects.select_for_update(no_key=True)
        .filter(pk=location_id, active=True)
        .first()
    )
    wanted = {need.variant_id: need for need in needs(location, at=at)} if location else {}
    for variant_id in _dismissed(location_id, wanted, at):
        del wanted[variant_id]
    open_ones = Proposal.objects.filter(location_id=location_id, status=Proposal.Status.OPEN)
    kept = []
    for proposal in open_ones.select_for_update(of=("self",)).order_by("pk"):
        if need := wanted.pop(proposal.variant_id, None):
            _fill(proposal, need, at)
            kept.append(proposal)
    open_ones.exclude(pk__in=[proposal.pk for proposal in kept]).delete()
    fields = ["supplier", "source", "quantity", "figures", "computed_at"]
    Proposal.objects.bulk_update(kept, fields, batch_size=BATCH)
    fresh = [
        _fill(Proposal(variant_id=need.variant_id, location_id=location_id), need, at)
        for need in wanted.values()
    ]
    Proposal.objects.bulk_create(fresh, batch_size=BATCH)
    return len(kept) + len(fresh)


def _fill(proposal: Proposal, need: Need, at: datetime) -> Proposal:
    proposal.supplier_id, proposal.source_id = need.supplier_id, need.source_id
    proposal.quantity = need.quantity
    proposal.figures = asdict(need.figures)
    proposal.computed_at = at
    return proposal


def _dismissed(location_id: int, wanted: dict[int, Need], at: datetime) -> set[int]:
    """Articles that a buyer did not want lately, at a demand like today's."""
    lately = Proposal.objects.filter(
        location_id=location_id, status=Proposal.Status.DISMISSED, decided_at__gt=at - QUIET
    ).values_list("variant_id", "figures")
    return {
        variant_id
        for variant_id, figures in lately
        if variant_id in wanted
        and abs(wanted[variant_id].figures.demand - figures["demand"]) <= CHANGE * figures["demand"]
    }


def _locked(proposal_ids: Collection[int]) -> list[Proposal]:
    """Open proposals, locked in key order. Raises NotFound, Refusal."""
    wanted = set(proposal_ids)
    found = list(
        Proposal.objects.select_for_update(of=("self",)).filter(pk__in=wanted).order_by("pk")
    )
    if not wanted or len(found) < len(wanted):
        raise NotFound(_("These proposals are no longer there: they are not needed any more."))
    if any(proposal.status != Proposal.Status.OPEN for proposal in found):
        raise Refusal(_("Somebody has decided on some of these proposals. Reload the page."))
    return found


@joined
def accept(
    proposal_ids: Collection[int], *, at: datetime, actor: str
) -> list[PurchaseOrder | Transfer]:
    """Put the units on draft orders, one per supplier and location: the draft that is there, or a
    new one; ask warehouses for theirs, one transfer per place that gets some.

    Raises Refusal, writing nothing, when one of them is no longer open, InsufficientStock when a
    warehouse no longer has all of it.
    """
    bought: dict[tuple[int, int], list[Proposal]] = defaultdict(list)
    brought: dict[tuple[int, int], list[Proposal]] = defaultdict(list)
    for proposal in _locked(proposal_ids):
        if proposal.source_id:
            brought[proposal.source_id, proposal.location_id].append(proposal)
        elif proposal.supplier_id:
            bought[proposal.supplier_id, proposal.location_id].append(proposal)
    made: list[PurchaseOrder | Transfer] = []
    for (supplier_id, location_id), proposals in sorted(bought.items()):
        items = [Item(proposal.variant_id, proposal.quantity) for proposal in proposals]
        draft = _drafted(supplier_id, location_id, items, at=at, actor=actor)
        _decide(proposals, Proposal.Status.ACCEPTED, at=at, actor=actor, order=draft)
        made.append(draft)
    for (source_id, location_id), proposals in sorted(brought.items()):
        asks = [transfers.Ask(proposal.variant_id, proposal.quantity) for proposal in proposals]
        transfer = transfers.request(
            asks,
            source_id=source_id,
            destination_id=location_id,
            expected_at=reads.reaches(source_id, location_id, at=at),
            reason=Transfer.Reason.REFILL,
            at=at,
            actor=actor,
        )
        _decide(proposals, Proposal.Status.ACCEPTED, at=at, actor=actor, transfer=transfer)
        made.append(transfer)
    return made


def _drafted(
    supplier_id: int, location_id: int, items: Sequence[Item], *, at: datetime, actor: str
) -> PurchaseOrder:
    drafts = PurchaseOrder.objects.locked().filter(
        supplier_id=supplier_id, location_id=location_id, status=PurchaseOrder.Status.DRAFT
    )
    if draft := drafts.first():
        purchasing.add(draft, items)
        return draft
    return purchasing.write(
        supplier_id=supplier_id, location_id=location_id, items=items, at=at, actor=actor
    )


@joined
def dismiss(proposal_ids: Collection[int], *, at: datetime, actor: str) -> int:
    """Not wanted: they stay away for fourteen days, or until the demand changes. How many.

    Raises Refusal when one of them is no longer open.
    """
    proposals = _locked(proposal_ids)
    _decide(proposals, Proposal.Status.DISMISSED, at=at, actor=actor)
    return len(proposals)


def _decide(
    proposals: Sequence[Proposal],
    status: Proposal.Status,
    *,
    at: datetime,
    actor: str,
    order: PurchaseOrder | None = None,
    transfer: Transfer | None = None,
) -> None:
    Proposal.objects.filter(pk__in=[proposal.pk for proposal in proposals]).update(
        status=status, decided_at=at, decided_by=actor, order=order, transfer=transfer
    )

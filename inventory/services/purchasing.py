"""Goods ordered from suppliers: written, ordered, received with differences, closed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Max, Sum
from django.utils.translation import gettext as _

from catalog.models import Variant
from inventory.models import (
    PurchaseOrder,
    PurchaseOrderLine,
    StockLocation,
    StockMovement,
    StockStatus,
    Supplier,
    SupplierArticle,
)
from inventory.models.numbers import next_number
from inventory.services import letters, movements
from inventory.services.holds import Demand
from omnishop.kernel.errors import Invalid, NotFound, Refusal
from omnishop.kernel.transactions import joined

MOST = 100_000  # units of a line; more is a slip of the keyboard
TOO_MANY = 10  # times what was ordered: the receipt is a slip, not a difference

Status = PurchaseOrder.Status


@dataclass(frozen=True, slots=True)
class Item:
    """Units of an article to order; without a cost, at the supplier's own."""

    variant_id: int
    quantity: int
    cost_minor: int | None = None


@joined
def write(
    *, supplier_id: int, location_id: int, items: Sequence[Item] = (), at: datetime, actor: str
) -> PurchaseOrder:
    """A draft; nothing is ordered yet. Raises Invalid, Refusal."""
    supplier = Supplier.objects.filter(pk=supplier_id).first()
    location = StockLocation.objects.filter(pk=location_id).first()
    if supplier is None or location is None:
        raise NotFound(_("There is no such supplier or location."))
    if not supplier.active or not location.active:
        raise Refusal(
            _("%(name)s is no longer active: choose another.")
            % {"name": location if supplier.active else supplier}
        )
    order = PurchaseOrder.objects.create(
        number=next_number("P"),
        supplier=supplier,
        location=location,
        created_at=at,
        created_by=actor,
    )
    add(order, items)
    return order


def add(order: PurchaseOrder, items: Sequence[Item]) -> None:
    """Put units on a locked or new draft, on top of those its lines have."""
    known = list(order.lines.all())
    lines = {line.variant_id: line for line in known}
    costs = _costs(order, [item.variant_id for item in items])
    position = max((line.position for line in known), default=0)
    fresh = []
    for item in items:
        line = lines.get(item.variant_id)
        if line is None:
            position += 1
            cost = costs[item.variant_id] if item.cost_minor is None else item.cost_minor
            line = lines[item.variant_id] = PurchaseOrderLine(
                order=order,
                position=position,
                variant_id=item.variant_id,
                quantity=0,
                cost_minor=cost,
            )
            fresh.append(line)
        line.quantity += _checked(item)
        _within(line.quantity)
    PurchaseOrderLine.objects.bulk_update(known, ["quantity"])
    PurchaseOrderLine.objects.bulk_create(fresh)


def _checked(item: Item) -> int:
    if item.quantity <= 0 or (item.cost_minor or 0) < 0:
        raise Invalid(_("Choose at least one article and a quantity of at least one."))
    return item.quantity


def _within(quantity: int) -> None:
    if quantity > MOST:
        raise Invalid(_("At most %(most)s units a line.") % {"most": MOST})


def _costs(order: PurchaseOrder, variant_ids: Sequence[int]) -> dict[int, int]:
    """What the supplier asks for each article; 0 where it was never agreed on."""
    known = SupplierArticle.objects.filter(
        supplier_id=order.supplier_id, variant__in=variant_ids
    ).values_list("variant_id", "cost_minor")
    return dict.fromkeys(variant_ids, 0) | dict(known)


def _locked(order_id: int, *wanted: PurchaseOrder.Status) -> PurchaseOrder:
    order = PurchaseOrder.objects.locked().filter(pk=order_id).first()
    if order is None:
        raise NotFound(_("There is no such purchase order."))
    if wanted:
        _need(order, *wanted)
    return order


def _need(order: PurchaseOrder, *wanted: PurchaseOrder.Status) -> None:
    if order.status not in wanted:
        raise Refusal(
            _("Purchase order %(number)s is %(status)s: this can no longer be done.")
            % {"number": order.number, "status": order.get_status_display()}
        )


@joined
def put_line(*, order_id: int, item: Item) -> PurchaseOrderLine:
    """Add an article to a draft, or set its units and cost there. A repeat changes nothing.

    Raises Invalid, Refusal.
    """
    order = _locked(order_id, Status.DRAFT)
    _within(_checked(item))
    line = order.lines.filter(variant_id=item.variant_id).first()
    if line is None:
        add(order, [item])
        return order.lines.get(variant_id=item.variant_id)
    line.quantity = item.quantity
    if item.cost_minor is not None:
        line.cost_minor = item.cost_minor
    line.save(update_fields=["quantity", "cost_minor"])
    return line


@joined
def remove_line(*, order_id: int, variant_id: int) -> None:
    """Take an article off a draft. A repeat does nothing. Raises Refusal."""
    _locked(order_id, Status.DRAFT).lines.filter(variant_id=variant_id).delete()


@joined
def order(
    *,
    order_id: int,
    expected_on: date | None = None,
    mail: bool = False,
    at: datetime,
    actor: str,
) -> PurchaseOrder:
    """The draft goes to the supplier, by `mail` when it has an address; from now on its units are
    awaited on that date.

    Without a date, after the supplier's usual days. Raises Invalid for a date in the past,
    Refusal for an empty order.
    """
    found = _locked(order_id, Status.DRAFT)
    if not found.lines.exists():
        raise Refusal(_("The order is empty: add an article first."))
    found.expected_on = _awaited_on(found, expected_on, at)
    found.status = Status.ORDERED
    found.ordered_at = at
    found.save(update_fields=["status", "expected_on", "ordered_at"])
    if mail:
        letters.to_supplier(found, at=at)
    return found


@joined
def mail(*, order_id: int, at: datetime) -> PurchaseOrder:
    """The order goes to the supplier by mail, once for each date it is expected on.

    Raises Refusal when no address is known.
    """
    found = _locked(order_id, Status.ORDERED)
    if not found.supplier.email:
        raise Refusal(_("No e-mail address is known for %(name)s.") % {"name": found.supplier})
    letters.to_supplier(found, at=at)
    return found


@joined
def expect(*, order_id: int, expected_on: date, at: datetime) -> PurchaseOrder:
    """The supplier announces another date. Raises Invalid, Refusal."""
    found = _locked(order_id, Status.ORDERED)
    found.expected_on = _awaited_on(found, expected_on, at)
    found.save(update_fields=["expected_on"])
    return found


def _awaited_on(found: PurchaseOrder, expected_on: date | None, at: datetime) -> date:
    today = at.astimezone(found.location.zone).date()
    if expected_on is None:
        return today + timedelta(days=found.supplier.lead_days)
    if expected_on < today:
        raise Invalid(_("This date is over: choose today or later."))
    return expected_on


def delivery_document(order: PurchaseOrder, delivery: int) -> str:
    """The document of an order's first, second … delivery in the ledger: "P-000012-D1"."""
    return f"{order.number}-D{delivery}"


def next_delivery(order: PurchaseOrder) -> int:
    """The number of the delivery that comes next."""
    documents = StockMovement.objects.filter(
        document__startswith=f"{order.number}-D", kind=StockMovement.Kind.RECEIPT
    )
    return documents.values("document").distinct().count() + 1


@joined
def receive(
    *,
    order_id: int,
    delivery: int,
    units: Mapping[int, int],
    damaged: Mapping[int, int] | None = None,
    unexpected: bool = False,
    at: datetime,
    actor: str,
) -> PurchaseOrder:
    """A delivery arrives: `units` of each article, the `damaged` ones among them set aside.

    More than was ordered is taken in and shown as a difference; what is missing stays awaited;
    when nothing is awaited any more the order is received. An article that is not on the order
    is taken in only when `unexpected` says so. `delivery` is the number that the reader's page
    showed: a repeat does nothing, and two people who receive at once cannot both book the same
    goods. Raises Invalid, Refusal, writing nothing.
    """
    found = _locked(order_id)
    arrived = {variant: count for variant, count in units.items() if count}
    broken = {variant: count for variant, count in (damaged or {}).items() if count}
    coming = next_delivery(found)
    if 1 <= delivery < coming:
        return _repeated(found, delivery, arrived, broken)
    _need(found, Status.ORDERED)
    if delivery != coming:
        raise Invalid(_("Delivery %(number)s is not the next one.") % {"number": delivery})
    lines = {line.variant_id: line for line in found.lines.select_related("variant")}
    _check(arrived, broken, lines)
    _book(lines, _strangers(found, arrived, lines, allowed=unexpected), arrived, broken)
    movements.receive(
        list(_demands(found, lines, arrived, broken)),
        document=delivery_document(found, delivery),
        at=at,
        actor=actor,
    )
    if not any(line.awaited for line in lines.values()):
        _end(found, Status.RECEIVED, at)
    return found


def _repeated(
    found: PurchaseOrder, delivery: int, arrived: Mapping[int, int], broken: Mapping[int, int]
) -> PurchaseOrder:
    """The delivery was booked before: fine when it is the same, refused when it is another."""
    booked = StockMovement.objects.filter(document=delivery_document(found, delivery))
    in_all = dict(booked.values_list("variant_id").annotate(Sum("delta")))
    aside = booked.filter(status=StockStatus.DAMAGED)
    if in_all != arrived or dict(aside.values_list("variant_id").annotate(Sum("delta"))) != broken:
        raise Refusal(
            _(
                "Delivery %(number)s of this order was received meanwhile, with other units. "
                "Check what is still awaited, then enter what is left."
            )
            % {"number": delivery}
        )
    return found


def _check(
    arrived: Mapping[int, int], broken: Mapping[int, int], lines: Mapping[int, PurchaseOrderLine]
) -> None:
    if not arrived:
        raise Invalid(_("Nothing was entered: enter the units that arrived."))
    if min([*arrived.values(), *broken.values()]) < 0:
        raise Invalid(_("Units are never negative."))
    for variant, count in broken.items():
        if count > arrived.get(variant, 0):
            raise Invalid(
                _("More units are damaged than arrived: count the damaged ones among the arrived.")
            )
    for variant, count in arrived.items():
        line = lines.get(variant)
        if line and line.quantity and line.received + count > TOO_MANY * line.quantity:
            raise Invalid(
                _(
                    "%(sku)s: %(units)s units are more than ten times the %(ordered)s ordered. "
                    "Check the figure."
                )
                % {"sku": line.variant.sku, "units": count, "ordered": line.quantity}
            )
        _within(count)


def _strangers(
    found: PurchaseOrder,
    arrived: Mapping[int, int],
    lines: Mapping[int, PurchaseOrderLine],
    *,
    allowed: bool,
) -> list[PurchaseOrderLine]:
    """Lines for articles that arrived though nobody ordered them."""
    variants = Variant.objects.in_bulk(arrived.keys() - lines.keys())
    if len(variants) != len(arrived.keys() - lines.keys()):
        raise NotFound(_("There is no such article."))
    if variants and not allowed:
        raise Refusal(
            _("%(skus)s: not on this order. Say that you keep it, or send it back.")
            % {"skus": ", ".join(sorted(variant.sku for variant in variants.values()))}
        )
    last = found.lines.aggregate(last=Max("position"))["last"] or 0
    costs = _costs(found, list(variants))
    return [
        PurchaseOrderLine(
            order=found, position=position, variant_id=pk, quantity=0, cost_minor=costs[pk]
        )
        for position, pk in enumerate(sorted(variants), start=last + 1)
    ]


def _book(
    lines: dict[int, PurchaseOrderLine],
    strangers: Sequence[PurchaseOrderLine],
    arrived: Mapping[int, int],
    broken: Mapping[int, int],
) -> None:
    """Write what arrived on the lines, and give the new ones their place among them."""
    known = [line for variant, line in lines.items() if variant in arrived]
    for line in (*known, *strangers):
        line.received += arrived[line.variant_id]
        line.damaged += broken.get(line.variant_id, 0)
    PurchaseOrderLine.objects.bulk_update(known, ["received", "damaged"])
    PurchaseOrderLine.objects.bulk_create(strangers)
    lines.update((line.variant_id, line) for line in strangers)


def _demands(
    found: PurchaseOrder,
    lines: Mapping[int, PurchaseOrderLine],
    arrived: Mapping[int, int],
    broken: Mapping[int, int],
) -> Sequence[Demand]:
    place = found.location_id
    parts = [
        (variant, part, status)
        for variant, count in arrived.items()
        for part, status in (
            (count - broken.get(variant, 0), StockStatus.SELLABLE),
            (broken.get(variant, 0), StockStatus.DAMAGED),
        )
        if part
    ]
    return [
        Demand(lines[variant].position, variant, place, part, status)
        for variant, part, status in parts
    ]


@joined
def close(*, order_id: int, at: datetime, actor: str) -> PurchaseOrder:
    """The rest does not come any more: nothing is awaited. Raises Refusal when nothing came."""
    found = _locked(order_id, Status.ORDERED)
    if not found.lines.filter(received__gt=0).exists():
        raise Refusal(_("Nothing was received yet: cancel the order instead."))
    return _end(found, Status.RECEIVED, at)


@joined
def cancel(*, order_id: int, at: datetime, actor: str) -> PurchaseOrder:
    """The order is called off; nothing is awaited. Raises Refusal once goods were received."""
    found = _locked(order_id, Status.DRAFT, Status.ORDERED)
    if found.lines.filter(received__gt=0).exists():
        raise Refusal(_("Goods were received already: close the order instead."))
    return _end(found, Status.CANCELLED, at)


def _end(found: PurchaseOrder, status: PurchaseOrder.Status, at: datetime) -> PurchaseOrder:
    found.status = status
    found.closed_at = at
    found.save(update_fields=["status", "closed_at"])
    return found

"""Reads of the endless aisle: what a till can order for a customer, and such a sale's parts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from catalog.pricing import Quote
from customers.models import Customer
from customers.selectors import records
from inventory.availability import stock
from omnishop.network.models import Store
from orders import offers
from orders.models import BasketLine, DeliveryMethod, Fulfilment, Order, OrderLine
from orders.offers import PickupOffer
from orders.selectors import BasketView, SaleRow
from orders.sourcing import Wanted

Handover = BasketLine.Handover


@dataclass(frozen=True, slots=True)
class DeliveryOffer:
    """One way to send articles home: what it costs and by which day they are there."""

    method: DeliveryMethod
    price_minor: int
    on: date


def delivery_offers(rows: Sequence[SaleRow], priced: Quote, *, at: datetime) -> list[DeliveryOffer]:
    """The ways to send these lines of a priced sale home, cheapest first; none when they cannot
    be sent.
    """
    goods = sum(row.priced.total_minor for row in rows if row.priced)
    sourced = offers.for_delivery(wanted_of(rows), at=at)
    if sourced is None:
        return []
    cut_off = min(sourced.places[part.location_id].cut_off for part in sourced.taken)
    found = [
        DeliveryOffer(
            method,
            offers.shown_price(method, priced, goods),
            offers.arrives_on(method, at, cut_off=cut_off),
        )
        for method in DeliveryMethod.objects.filter(active=True)
    ]
    return sorted(found, key=lambda offer: (offer.price_minor, offer.on, offer.method.pk))


def shop_offers(wanted: Sequence[Wanted], store: Store, *, at: datetime) -> list[PickupOffer]:
    """The shops where all of it can be collected: this one first, then the soonest and nearest."""
    near = (store.latitude, store.longitude)
    free = stock({want.variant_id for want in wanted}, at=at)
    found = offers.pickup_offers(wanted, at=at, near=near, free=free)
    return sorted(
        (offer for offer in found if offer.orderable), key=lambda offer: offer.store != store
    )


@dataclass(frozen=True, slots=True)
class Parts:
    """A till's sale before it is ordered, by how its lines are handed over."""

    leaving: list[SaleRow]
    sent: list[SaleRow]
    collected: list[SaleRow]

    @property
    def ordered(self) -> bool:
        return bool(self.sent or self.collected)


def parts(view: BasketView[SaleRow]) -> Parts:
    """The lines of a sale, by how they are handed over."""

    def of(handover: Handover) -> list[SaleRow]:
        return [row for row in view.rows if row.line.handover == handover]

    return Parts(of(Handover.TAKE_AWAY), of(Handover.DELIVERY), of(Handover.PICKUP))


def wanted_of(rows: Sequence[SaleRow]) -> list[Wanted]:
    """What is asked of the stock for these lines."""
    return [
        Wanted(position, row.line.variant_id, row.line.quantity)
        for position, row in enumerate(rows, start=1)
    ]


@dataclass(frozen=True, slots=True)
class Sold:
    """A till's order by what leaves at once, what is ordered, and what bringing it costs."""

    leaving: list[OrderLine]
    ordered: list[Fulfilment]
    deliveries: list[OrderLine]


def sold(order: Order) -> Sold:
    """The parts of a till's order that is being paid or was paid. Three statements."""
    ordered = list(
        order.fulfilments.exclude(kind=Fulfilment.Kind.TAKEAWAY)
        .select_related("store")
        .prefetch_related("lines__line")
        .order_by("pk")
    )
    later = {item.line_id for fulfilment in ordered for item in fulfilment.lines.all()}
    lines = list(order.lines.order_by("position"))
    return Sold(
        leaving=[
            line for line in lines if line.kind != OrderLine.Kind.DELIVERY and line.pk not in later
        ],
        ordered=ordered,
        deliveries=[line for line in lines if line.kind == OrderLine.Kind.DELIVERY],
    )


def last_address(customer: Customer) -> dict[str, str]:
    """Where the person had something sent last; nothing when never."""
    last = (
        Fulfilment.objects.filter(
            order__customer__in=records(customer.pk), kind=Fulfilment.Kind.SHIPMENT
        )
        .order_by("-pk")
        .values_list("address", flat=True)
        .first()
    )
    return last or {}

"""The rows of an order, the same whatever the channel: its lines and its fulfilments."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from catalog.models import Product
from catalog.pricing import Quote
from inventory.availability import Place
from inventory.selectors import store_location
from omnishop.network.models import Store
from orders import offers
from orders.models import BasketLine, DeliveryMethod, Fulfilment, FulfilmentLine, Order, OrderLine
from orders.services.ways import Delivery, Pickup
from orders.sourcing import Taken


def write_lines(
    order: Order,
    lines: Sequence[BasketLine],
    priced: Quote,
    taken: Sequence[Taken],
    *,
    store: Store | None,
    place: OrderLine.ContractPlace,
    selling_store: Store | None = None,
    elsewhere: Mapping[int, Store | None] | None = None,
) -> list[OrderLine]:
    """Copy the priced basket into order lines, delivery last; every channel's orders get theirs
    here. They are collected at the store, but for positions that `elsewhere` names.
    """
    collected_at = elsewhere or {}
    location_of = {part.line: part.location_id for part in reversed(taken)}
    rows = [
        OrderLine(
            order=order,
            position=position,
            variant=line.variant,
            sku=line.variant.sku,
            name=line_name(line),
            quantity=quoted.quantity,
            label=line.label,
            pack_g=line.pack_g,
            kilo_minor=quoted.unit.kilo_minor,
            unit_minor=quoted.unit.amount_minor,
            discount_minor=quoted.discount_minor,
            discount_reason=quoted.discount_reason,
            total_minor=quoted.total_minor,
            tax_bp=quoted.unit.tax_bp,
            tax_minor=quoted.tax_minor,
            selling_store=selling_store,
            collecting_store=collected_at.get(position, store),
            location_id=location_of.get(position),
            contract_place=place,
        )
        for position, (line, quoted) in enumerate(zip(lines, priced.lines, strict=True), start=1)
    ]
    if priced.delivery:
        off = sum(one.amount_minor for one in priced.applied if not one.shares)
        rows.append(
            OrderLine(
                order=order,
                position=len(rows) + 1,
                kind=OrderLine.Kind.DELIVERY,
                name=priced.delivery.name,
                quantity=1,
                unit_minor=priced.delivery.amount_minor + off,
                discount_minor=off,
                total_minor=priced.delivery.amount_minor,
                tax_bp=priced.delivery.tax_bp,
                tax_minor=priced.delivery_tax_minor,
                contract_place=place,
            )
        )
    return OrderLine.objects.bulk_create(rows)


def line_name(line: BasketLine) -> str:
    """The article's name with its options, as it stands on the order."""
    product: Product = line.variant.product
    options = ", ".join(str(value) for value in line.variant.options.all())
    return f"{product.name} · {options}" if options else str(product.name)


def write_fulfilments(
    order: Order,
    lines: list[OrderLine],
    sourced: offers.Sourced,
    *,
    way: Pickup | Delivery,
    store: Store | None,
    method: DeliveryMethod | None,
    ready_at: datetime | None,
    kept_until: datetime | None,
    confirmed: bool,
    at: datetime,
) -> None:
    """One pick-up at the store, or one parcel per location; each with why it is from there."""
    units: dict[tuple[int, int], int] = {}
    counter = store_location(store.pk) if store and sourced.brought else None
    for part in sourced.taken:
        place = (counter or sourced.taken[0].location_id) if store else part.location_id
        units[place, part.line] = units.get((place, part.line), 0) + part.quantity
    promised = {
        place: _delivered_by(method, at, sourced.places[place]) if method else ready_at
        for place, _line in units
    }
    fulfilments = {
        location_id: Fulfilment(
            order=order,
            kind=Fulfilment.Kind.PICKUP if store else Fulfilment.Kind.SHIPMENT,
            location_id=location_id,
            store_id=store.pk if store else sourced.places[location_id].first_store,
            confirmed=confirmed,
            promised_at=promise,
            first_promised_at=promise,
            hold_until=kept_until if confirmed else None,
            collector=way.collector if isinstance(way, Pickup) else "",
            address=way.address if isinstance(way, Delivery) else {},
            sourcing=sourced.plan.reasons,
        )
        for location_id, promise in promised.items()
    }
    Fulfilment.objects.bulk_create(fulfilments.values())
    by_position = {line.position: line for line in lines}
    FulfilmentLine.objects.bulk_create(
        FulfilmentLine(fulfilment=fulfilments[place], line=by_position[position], quantity=quantity)
        for (place, position), quantity in units.items()
    )


def _delivered_by(method: DeliveryMethod, at: datetime, place: Place) -> datetime:
    return offers.end_of(offers.arrives_on(method, at, cut_off=place.cut_off))

"""The endless aisle: at a till the shop orders for the customer what it lacks, in the same sale.

The sale is one order of the till: part of it leaves at once, the rest is sent home or waits in a
shop. It is a sale made in the shop (CST-6), whatever way the goods take.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from catalog.pricing import DeliveryPrice
from inventory import services as inventory
from inventory.errors import InsufficientStock
from omnishop.kernel.errors import Invalid
from omnishop.kernel.transactions import retried
from omnishop.network.hours import hold_until
from omnishop.network.models import Store
from orders import offers
from orders.errors import CannotBeOrdered
from orders.models import BasketLine, DeliveryMethod, Fulfilment, Order, OrderLine
from orders.services import events, payments
from orders.services.checkout import PAYMENT_TIME
from orders.services.contacts import Contact, contact_by_staff
from orders.services.ways import Delivery, Pickup, delivery_of, pickup_store, source
from orders.services.writing import line_name, write_fulfilments
from orders.sourcing import Taken, Wanted

Handover = BasketLine.Handover


@dataclass(frozen=True, slots=True)
class Ordering:
    """For whom the ordered part of a sale is, and where it goes."""

    contact: Contact
    delivery: Delivery | None = None
    pickup: Pickup | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of a sale that are ordered in one way, with where they come from."""

    way: Pickup | Delivery
    wanted: list[Wanted]
    sourced: offers.Sourced
    store: Store | None = None
    method: DeliveryMethod | None = None
    ready_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The ordered part of a sale before it is written; empty when everything leaves now."""

    contact: Contact | None = None
    parts: tuple[Part, ...] = ()
    delivery: DeliveryPrice | None = None
    stores: dict[int, Store | None] = field(default_factory=dict)  # position → where collected

    @property
    def taken(self) -> list[Taken]:
        return [taken for part in self.parts for taken in part.sourced.taken]


def plan(
    lines: Sequence[BasketLine],
    ordering: Ordering | None,
    *,
    at: datetime,
) -> Plan:
    """How what is ordered in a sale can be had, and what bringing it costs.

    Raises Invalid when somebody or somewhere is not said, CannotBeOrdered naming the articles
    that cannot be had in the way chosen for them.
    """
    wanted = {
        handover: [
            Wanted(position, line.variant_id, line.quantity)
            for position, line in enumerate(lines, start=1)
            if line.handover == handover
        ]
        for handover in (Handover.DELIVERY, Handover.PICKUP)
    }
    if not any(wanted.values()):
        return Plan()
    if ordering is None:
        raise Invalid(_("Say for whom the ordered articles are, and where they go."))
    contact = contact_by_staff(ordering.contact)
    parts, price = [], None
    if sent := wanted[Handover.DELIVERY]:
        if ordering.delivery is None:
            raise Invalid(_("Choose a delivery and enter the address."))
        method, price = delivery_of(ordering.delivery, at=at)
        parts.append(_part(ordering.delivery, sent, lines, at=at, method=method))
    if collected := wanted[Handover.PICKUP]:
        if ordering.pickup is None:
            raise Invalid(_("Choose the shop where the articles are collected."))
        parts.append(_part(ordering.pickup, collected, lines, at=at))
    stores = {want.line: part.store for part in parts for want in part.wanted}
    return Plan(contact, tuple(parts), price, stores)


def _part(
    way: Pickup | Delivery,
    wanted: list[Wanted],
    lines: Sequence[BasketLine],
    *,
    at: datetime,
    method: DeliveryMethod | None = None,
) -> Part:
    store = pickup_store(way)
    try:
        sourced = source(wanted, way, store, at=at)
    except InsufficientStock as lacking:
        raise _named(lacking, lines) from lacking
    ready_at = None
    if store:
        ready_at = offers.ready_at(store, at, ahead=store.ahead, brought=sourced.brought)
        if ready_at is None:
            raise Invalid(_("This store is closed for the coming weeks. Choose another."))
    return Part(way, wanted, sourced, store, method, ready_at)


def _named(lacking: InsufficientStock, lines: Sequence[BasketLine]) -> CannotBeOrdered:
    names = {line.variant_id: line_name(line) for line in lines}
    return CannotBeOrdered(
        ", ".join(
            _("%(name)s (%(available)s of %(wanted)s)")
            % {
                "name": names.get(item.variant_id, ""),
                "available": item.available,
                "wanted": item.wanted,
            }
            for item in lacking.missing
        )
    )


def hold(
    order: Order,
    planned: Plan,
    written: list[OrderLine],
    lines: Sequence[BasketLine],
    *,
    at: datetime,
) -> None:
    """Hold what is ordered while the money is taken, all of it or nothing.

    Raises CannotBeOrdered when another sale was quicker.
    """
    for part in planned.parts:
        write_fulfilments(
            order,
            written,
            part.sourced,
            way=part.way,
            store=part.store,
            method=part.method,
            ready_at=part.ready_at,
            kept_until=hold_until(part.store, part.ready_at)
            if part.store and part.ready_at
            else None,
            confirmed=False,
            at=at,
        )
    if not planned.taken:
        return
    order.hold_expires_at = at + PAYMENT_TIME
    order.save(update_fields=["hold_expires_at"])
    try:
        inventory.reserve(
            [
                inventory.Demand(taken.line, taken.variant_id, taken.location_id, taken.quantity)
                for taken in planned.taken
            ],
            document=order.number,
            at=at,
            expires_at=order.hold_expires_at,
        )
    except InsufficientStock as lacking:
        raise _named(lacking, lines) from lacking


@retried
def let_go(*, order_id: int, at: datetime) -> bool:
    """The payment at the till takes too long: others may have what the sale holds. It is taken
    anew when the sale is paid after all. False when it was paid or cancelled meanwhile.
    """
    order = Order.objects.locked().get(pk=order_id)
    if order.status != Order.Status.AWAITING_PAYMENT:
        return False
    inventory.expire_overdue(document=order.number, at=at)
    inventory.settle(document=order.number, at=at)
    order.hold_expires_at = None
    order.save(update_fields=["hold_expires_at"])
    return True


def confirm(order: Order, *, actor: str, at: datetime) -> set[int]:
    """What is ordered of a locked sale is paid: kept, brought or sent. The order's lines that do
    not leave now.

    A hold that ran out meanwhile is taken anew. Raises CannotBeOrdered when the goods are gone:
    the payment is cancelled then, and everything given back.
    """
    waiting = set(order.fulfilments.values_list("lines__line", flat=True))
    if not waiting:
        return waiting
    fulfilments = payments.keep_promise(order, actor=actor, at=at)
    if fulfilments is None:
        names = order.lines.filter(pk__in=waiting).values_list("name", flat=True)
        raise CannotBeOrdered(", ".join(names))
    # One message: a pick-up's, which has the code, before a delivery's.
    told = min(fulfilments, key=lambda one: (one.kind != Fulfilment.Kind.PICKUP, one.pk))
    events.tell(order, "order_placed", at=at, fulfilment=told)
    return waiting

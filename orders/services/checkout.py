"""From basket to order: reserve and price in one transaction, before anyone is asked for money.

The second transaction, after the provider's answer, is in `payments` (DESIGN 3.3).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from catalog import selectors as catalog
from catalog.book import price_book
from catalog.models import Product
from catalog.pricing import DeliveryPrice, NotSold, Quote, Want, quote
from customers.models import Customer
from customers.services.identities import normal_email, normal_phone
from inventory import services as inventory
from inventory.availability import Answer, Place, Status, Way, stock
from inventory.errors import InsufficientStock, Missing
from inventory.selectors import store_location
from loyalty.selectors import account_of
from loyalty.services import points as loyalty
from omnishop.kernel.errors import Invalid, NotFound
from omnishop.kernel.transactions import retried
from omnishop.network.hours import hold_until
from omnishop.network.models import LegalEntity, Store
from omnishop.network.places import point_of_postcode
from orders import offers
from orders.books import shopper
from orders.errors import BasketClosed, EmptyBasket, PriceChanged
from orders.models import (
    Basket,
    BasketLine,
    Channel,
    DeliveryMethod,
    Fulfilment,
    FulfilmentLine,
    Order,
    OrderLine,
    Payment,
)
from orders.models.order import next_number
from orders.models.payment import new_reference
from orders.services import bringing, discounts, events, payments, unpaid
from orders.sourcing import Taken, Wanted, units_of

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

PAYMENT_TIME = timedelta(minutes=15)  # how long the goods are held for a payment (ALG-2)


@dataclass(frozen=True, slots=True)
class Contact:
    """Who orders and how to reach them."""

    name: str
    email: str
    phone: str = ""
    language: str = "fr"


@dataclass(frozen=True, slots=True)
class Pickup:
    """Collected at a store; no address is needed (UX C3)."""

    store_id: int
    collector: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Brought home."""

    method_id: int
    address: dict[str, str] = field(default_factory=dict)  # line1, line2, postcode, city


@dataclass(frozen=True, slots=True)
class Request:
    """What the shopper asks for at the end of checkout."""

    contact: Contact
    way: Pickup | Delivery
    pay_in_store: bool = False
    points: int = 0
    expected_total_minor: int | None = None  # the total that was on the page (F-13)


def _fingerprint(request: Request, basket: Basket, lines: Sequence[BasketLine]) -> str:
    content = asdict(request) | {
        "lines": sorted((line.variant_id, line.quantity) for line in lines),
        "coupons": basket.coupons,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def check_contact(contact: Contact) -> Contact:
    """The contact in normal form. Raises Invalid naming what is wrong."""
    if not contact.name.strip():
        raise Invalid(_("Enter your name."))
    return Contact(
        name=contact.name.strip(),
        email=normal_email(contact.email),
        phone=normal_phone(contact.phone) if contact.phone.strip() else "",
        language=contact.language,
    )


def contact_by_staff(contact: Contact) -> Contact:
    """The contact of somebody whom staff order for, in normal form: a name, and an e-mail address
    or a telephone number.
    """
    if not contact.name.strip():
        raise Invalid(_("Enter the customer's name."))
    email, phone = contact.email.strip(), contact.phone.strip()
    if not (email or phone):
        raise Invalid(_("Enter an e-mail address or a telephone number to reach the customer."))
    return Contact(
        name=contact.name.strip(),
        email=normal_email(email) if email else "",
        phone=normal_phone(phone) if phone else "",
        language=contact.language,
    )


@retried
def place(
    *,
    basket_id: int,
    request: Request,
    at: datetime,
    customer: Customer | None = None,
    channel: Channel = Channel.WEB,
    actor: str = "customer",
) -> Order:
    """Turn the basket into an order with everything held; the same request again gives the same
    order, another one replaces what was not paid yet (F-12).

    The order awaits its payment for fifteen minutes; with `pay_in_store` it is placed at once
    and the goods wait in the store. By telephone the same: the site's prices and stock, and the
    `actor` of staff; a telephone number will do then. Raises EmptyBasket, NotSold, PriceChanged,
    InsufficientStock or Invalid, writing nothing.
    """
    check = check_contact if channel == Channel.WEB else contact_by_staff
    request = Request(
        contact=check(request.contact),
        way=request.way,
        pay_in_store=request.pay_in_store,
        points=request.points,
        expected_total_minor=request.expected_total_minor,
    )
    basket = (
        Basket.objects.select_for_update(of=("self",)).select_related("customer").get(pk=basket_id)
    )
    lines = list(
        basket.lines.select_related("variant__product").prefetch_related("variant__options")
    )
    fingerprint = _fingerprint(request, basket, lines)
    earlier = basket.orders.exclude(status=Order.Status.CANCELLED).first()
    if earlier:
        if earlier.fingerprint == fingerprint:
            return earlier
        if earlier.status != Order.Status.AWAITING_PAYMENT:
            raise BasketClosed
        unpaid.abandon(order_id=earlier.pk, actor=actor, at=at)
    if basket.status != Basket.Status.OPEN:
        raise BasketClosed
    if not lines:
        raise EmptyBasket
    customer = customer or basket.customer
    book = price_book(
        [line.variant_id for line in lines],
        at=at,
        shopper=shopper(
            customer_id=customer.pk if customer else None,
            codes=basket.coupons,
            at=at,
            email=request.contact.email,
        ),
    )
    if gone := [line for line in lines if line.variant_id not in book]:
        raise NotSold(
            _("%(name)s is no longer on sale. Remove it to go on.")
            % {"name": gone[0].variant.product.name},
            variant_id=gone[0].variant_id,
        )
    method, delivery = delivery_of(request.way, at=at)
    # A discount given at a till holds at that till alone.
    wants = [Want(line.variant_id, line.quantity) for line in lines]
    priced = quote(wants, book, delivery=delivery)
    if request.expected_total_minor not in (None, priced.total_minor):
        raise PriceChanged(priced.total_minor)
    wanted = [
        Wanted(position, line.variant_id, line.quantity)
        for position, line in enumerate(lines, start=1)
    ]
    store = pickup_store(request.way)
    sourced = source(wanted, request.way, store, at=at)
    ready_at = None
    if store:
        ready_at = offers.ready_at(store, at, ahead=store.ahead, brought=sourced.brought)
    return _write(
        basket=basket,
        lines=lines,
        request=request,
        priced=priced,
        sourced=sourced,
        store=store,
        method=method,
        ready_at=ready_at,
        customer=customer,
        channel=channel,
        actor=actor,
        fingerprint=fingerprint,
        at=at,
    )


def pickup_store(way: Pickup | Delivery) -> "WithAnnotations[Store, offers.Queue] | None":
    if isinstance(way, Delivery):
        return None
    store = offers.stores_with_queue().filter(pk=way.store_id).select_related("entity").first()
    if store is None:
        raise NotFound(_("This store does not offer pick-up. Choose another."))
    return store


def source(
    wanted: list[Wanted], way: Pickup | Delivery, store: Store | None, *, at: datetime
) -> offers.Sourced:
    if store:
        sourced = offers.for_store(wanted, store, at=at)
    else:
        near = point_of_postcode(way.address["postcode"]) if isinstance(way, Delivery) else None
        sourced = offers.for_delivery(wanted, at=at, near=near)
    if sourced is None:
        raise _insufficient(wanted, store, at=at)
    return sourced


def delivery_of(
    way: Pickup | Delivery, *, at: datetime
) -> tuple[DeliveryMethod | None, DeliveryPrice | None]:
    """The delivery asked for and what it costs; nothing for a pick-up."""
    if isinstance(way, Pickup):
        return None, None
    method = (
        DeliveryMethod.objects.filter(pk=way.method_id, active=True)
        .annotate(tax_bp=catalog.tax_rate_of("tax_category", at=at))
        .filter(tax_bp__isnull=False)
        .first()
    )
    if method is None:
        raise NotFound(_("This delivery is no longer offered. Choose another."))
    for name, label in (
        ("line1", _("the street")),
        ("postcode", _("the postcode")),
        ("city", _("the town")),
    ):
        if not way.address.get(name, "").strip():
            raise Invalid(_("The delivery address lacks %(part)s.") % {"part": label})
    price = DeliveryPrice(
        name=method.name,
        amount_minor=method.price_minor,
        tax_bp=method.tax_bp,
        free_from_minor=method.free_from_minor,
    )
    return method, price


def _insufficient(wanted: list[Wanted], store: Store | None, *, at: datetime) -> InsufficientStock:
    units = units_of(wanted)
    way = Way.PICKUP if store else Way.DELIVERY
    return lacking(stock(units, at=at).answer(units, way, store_id=store.pk if store else None))


def lacking(answer: Answer) -> InsufficientStock:
    """The refusal of what a place cannot give."""
    return InsufficientStock(
        [
            Missing(line.variant_id, line.wanted, line.now)
            for line in answer.lines
            if line.status not in (Status.NOW, Status.LATER)
        ]
    )


def _write(
    *,
    basket: Basket,
    lines: list[BasketLine],
    request: Request,
    priced: Quote,
    sourced: offers.Sourced,
    store: Store | None,
    method: DeliveryMethod | None,
    ready_at: datetime | None,
    customer: Customer | None,
    channel: Channel,
    actor: str,
    fingerprint: str,
    at: datetime,
) -> Order:
    in_store = request.pay_in_store
    if in_store and store is None:
        raise Invalid(_("Only an order collected in a store can be paid there."))
    if in_store and request.points:
        raise Invalid(_("Points of a reservation are spent at the till, when you pay."))
    kept_until = hold_until(store, ready_at) if store and ready_at else None
    if store and ready_at is None:
        raise Invalid(_("This store is closed for the coming weeks. Choose another."))
    entity = store.entity if in_store and store else LegalEntity.objects.order_by("pk").first()
    if entity is None:
        raise Invalid(_("No legal entity sells here yet. Add one in the back office."))
    order = Order.objects.create(
        number=next_number(),
        channel=channel,
        status=Order.Status.PLACED if in_store else Order.Status.AWAITING_PAYMENT,
        basket=basket,
        customer=customer,
        entity=entity,
        store=None,
        email=request.contact.email,
        phone=request.contact.phone,
        name=request.contact.name,
        language=request.contact.language,
        currency=priced.currency,
        total_minor=priced.total_minor,
        tax_minor=priced.tax_minor,
        placed_at=at,
        hold_expires_at=None if in_store else at + PAYMENT_TIME,
        fingerprint=fingerprint,
    )
    written = write_lines(
        order,
        lines,
        priced,
        sourced.taken,
        store=store,
        # An unpaid reservation is concluded at the till: a sale in the store (CST-6).
        place=OrderLine.ContractPlace.STORE if in_store else OrderLine.ContractPlace.DISTANCE,
    )
    discounts.write(order, written, priced, at=at)
    write_fulfilments(
        order,
        written,
        sourced,
        way=request.way,
        store=store,
        method=method,
        ready_at=ready_at,
        kept_until=kept_until,
        confirmed=in_store,
        at=at,
    )
    inventory.reserve(
        [
            inventory.Demand(part.line, part.variant_id, part.location_id, part.quantity)
            for part in sourced.taken
        ],
        document=order.number,
        at=at,
        expires_at=kept_until if in_store else at + PAYMENT_TIME,
    )
    events.record(order, "placed", actor=actor, at=at)
    if in_store:
        basket.status = Basket.Status.ORDERED
        basket.customer = customer
        basket.email = order.email
        basket.save(update_fields=["status", "customer", "email"])
        fulfilment = order.fulfilments.select_related("store").get()
        if sourced.brought:
            bringing.bring(order, fulfilment, at=at, actor=actor)
        events.tell(order, "order_placed", at=at, fulfilment=fulfilment)
    else:
        if basket.email != order.email:
            basket.email = order.email
            basket.save(update_fields=["email"])
        _ask_for_money(order, points=request.points, at=at)
    return order


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


def _ask_for_money(order: Order, *, points: int, at: datetime) -> None:
    """Spend the points asked for now, and open a card payment for the rest."""
    rest = order.total_minor
    if points:
        rest -= spend_points(order, points=points, at=at)
    if rest:
        Payment.objects.create(
            order=order,
            method=Payment.Method.CARD,
            provider=settings.PAYMENT_PROVIDER,
            amount_minor=rest,
            created_at=at,
        )


def spend_points(
    order: Order, *, points: int, at: datetime, key: str = "", till_id: int | None = None
) -> int:
    """Pay with points up to what is still due; they are a tender, never a discount (ALG-10).

    Once per order: the points ledger takes them once per document. Returns the amount paid so.
    Raises Invalid without an account, NotEnoughPoints.
    """
    account = account_of(order.customer_id)
    if account is None:
        raise Invalid(_("Points belong to a loyalty account. None is known for this order."))
    if any(
        payment.method == Payment.Method.POINTS and payment.captured_minor > payment.refunded_minor
        for payment in order.payments.all()
    ):
        raise Invalid(_("Points were already taken on this order."))
    left = payments.due(order)
    value = account.programme.point_value_minor
    amount = min(points * value, left - left % value)
    if amount <= 0:
        raise Invalid(_("Nothing is left to pay with points."))
    loyalty.spend(
        customer_id=account.customer_id,
        points=amount // value,
        document=order.number,
        channel=order.channel,
        actor=f"order:{order.number}",
        at=at,
    )
    Payment.objects.create(
        order=order,
        method=Payment.Method.POINTS,
        status=Payment.Status.CAPTURED,
        amount_minor=amount,
        captured_minor=amount,
        points=amount // value,
        reference=key or new_reference(),
        till_id=till_id,
        created_at=at,
        settled_at=at,
    )
    return amount

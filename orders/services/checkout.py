"""From basket to order: reserve and price in one transaction, before anyone is asked for money.

The second transaction, after the provider's answer, is in `payments` (DESIGN 3.3).
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from catalog.book import price_book
from catalog.offers import Shopper
from catalog.pricing import NotSold, PriceBook, Quote, Want, quote
from customers.models import Customer
from inventory import services as inventory
from omnishop.kernel.errors import Invalid, Refusal
from omnishop.kernel.transactions import retried
from omnishop.network.hours import hold_until
from omnishop.network.models import LegalEntity, Store
from orders import offers
from orders.books import shopper
from orders.errors import BasketClosed, EmptyBasket, PriceChanged
from orders.models import Basket, BasketLine, Channel, DeliveryMethod, Order, OrderLine, Payment
from orders.models.order import next_number
from orders.services import bringing, discounts, events, unpaid
from orders.services.contacts import Contact, check_contact, contact_by_staff
from orders.services.points import spend_points
from orders.services.ways import Delivery, Pickup, delivery_of, pickup_store, source
from orders.services.writing import write_fulfilments, write_lines
from orders.sourcing import Wanted

PAYMENT_TIME = timedelta(minutes=15)  # how long the goods are held for a payment (ALG-2)


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
    if same := _earlier(basket, fingerprint, actor=actor, at=at):
        return same
    if basket.status != Basket.Status.OPEN:
        raise BasketClosed
    if not lines:
        raise EmptyBasket
    if any(line.label for line in lines):
        raise Refusal(_("Packs weighed in the shop are in this basket: it is paid at the till."))
    customer = customer or basket.customer
    who = shopper(
        customer_id=customer.pk if customer else None,
        codes=basket.coupons,
        at=at,
        email=request.contact.email,
    )
    book = _book(lines, who, at=at)
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


def _earlier(basket: Basket, fingerprint: str, *, actor: str, at: datetime) -> Order | None:
    """The order that this very request made already; one that another made and nobody paid is
    given up. Raises BasketClosed for one that stands.
    """
    earlier = basket.orders.exclude(status=Order.Status.CANCELLED).first()
    if earlier is None or earlier.fingerprint == fingerprint:
        return earlier
    if earlier.status != Order.Status.AWAITING_PAYMENT:
        raise BasketClosed
    unpaid.abandon(order_id=earlier.pk, actor=actor, at=at)
    return None


def _book(lines: Sequence[BasketLine], who: Shopper, *, at: datetime) -> PriceBook:
    """What prices the lines. Raises NotSold naming the first that is not on sale any more."""
    book = price_book([line.variant_id for line in lines], at=at, shopper=who)
    if gone := [line for line in lines if line.variant_id not in book]:
        raise NotSold(
            _("%(name)s is no longer on sale. Remove it to go on.")
            % {"name": gone[0].variant.product.name},
            variant_id=gone[0].variant_id,
        )
    return book


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

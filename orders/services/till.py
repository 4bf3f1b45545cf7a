"""A sale at the till: the same basket, price, order, stock and points as anywhere (DESIGN 3.1)."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from catalog.pricing import NotSold, quote
from customers.services.identities import normal_email
from customers.services.messages import queue_message
from inventory import services as inventory
from inventory.selectors import store_location
from omnishop.kernel.errors import Invalid, NotFound
from omnishop.kernel.transactions import retried
from omnishop.network.models import Till
from orders import selectors
from orders.books import book_of
from orders.errors import BasketClosed, EmptyBasket, IllegalMove, PriceChanged
from orders.models import (
    Basket,
    Channel,
    Fulfilment,
    FulfilmentLine,
    Order,
    OrderLine,
    Payment,
    Receipt,
)
from orders.models.order import next_number
from orders.providers import Outcome, ProviderUnavailable, provider
from orders.services import aisle, discounts, events, receipts, returns, unpaid
from orders.services.payments import due
from orders.services.points import earn_points, spend_points
from orders.services.writing import write_lines
from orders.sourcing import Taken

CASH_LIMIT_MINOR = 100_000  # CMF D112-3: no cash above 1,000 € (VAT-10)


@retried
def open_order(
    *,
    basket_id: int,
    till: Till,
    expected_total_minor: int | None,
    actor: str,
    at: datetime,
    ordering: aisle.Ordering | None = None,
) -> Order:
    """The sale is ready to be paid; a repeat gives the same order (F-12).

    What is ordered of it, for whom `ordering` says, is held until it is paid. Raises EmptyBasket,
    NotSold, PriceChanged when the total is not the one on the screen, CannotBeOrdered or Invalid
    for what is ordered; nothing is written then.
    """
    basket = (
        Basket.objects.select_for_update(of=("self",)).select_related("customer").get(pk=basket_id)
    )
    if basket.till_id != till.pk:
        raise NotFound(_("This sale is not open at this till."))
    earlier = basket.orders.exclude(status=Order.Status.CANCELLED).first()
    if earlier and earlier.till_id == till.pk and earlier.status == Order.Status.AWAITING_PAYMENT:
        return earlier
    if earlier and earlier.status == Order.Status.AWAITING_PAYMENT:
        unpaid.abandon(order_id=earlier.pk, actor=actor, at=at)  # begun on the site, ends here
    elif earlier:
        raise BasketClosed
    lines = list(
        basket.lines.select_related("variant__product").prefetch_related("variant__options")
    )
    if not lines:
        raise EmptyBasket
    book = book_of(basket, [line.variant_id for line in lines], at=at)
    for line in lines:
        if not selectors.unit_of(line, book):
            raise NotSold(
                _("%(name)s is no longer on sale. Remove it to go on.")
                % {"name": line.variant.product.name},
                variant_id=line.variant_id,
            )
    planned = aisle.plan(lines, ordering, at=at)
    priced = quote(selectors.wants_of(lines, till=True), book, delivery=planned.delivery)
    if expected_total_minor not in (None, priced.total_minor):
        raise PriceChanged(priced.total_minor)
    store = till.store
    location_id = store_location(store.pk)
    customer, contact = basket.customer, planned.contact
    order = Order.objects.create(
        number=next_number(),
        channel=Channel.TILL,
        status=Order.Status.AWAITING_PAYMENT,
        basket=basket,
        customer=customer,
        entity_id=store.entity_id,
        store=store,
        till=till,
        name=contact.name if contact else customer.name if customer else "",
        email=contact.email if contact else "",
        phone=contact.phone if contact else "",
        language=customer.language if customer else "fr",
        currency=priced.currency,
        total_minor=priced.total_minor,
        tax_minor=priced.tax_minor,
        placed_at=at,
    )
    leaving = [
        Taken(position, line.variant_id, location_id, line.quantity)
        for position, line in enumerate(lines, start=1)
        if position not in planned.stores
    ]
    written = write_lines(
        order,
        lines,
        priced,
        leaving + planned.taken,
        store=store,
        place=OrderLine.ContractPlace.STORE,
        selling_store=store,
        elsewhere=planned.stores,
    )
    discounts.write(order, written, priced, at=at)
    aisle.hold(order, planned, written, lines, at=at)
    return order


@retried
def bring_to_till(*, order_id: int, till: Till, at: datetime) -> Order:
    """A reservation is to be paid here: the same order, opened at this till (FIELD 9, UX K3)."""
    order = Order.objects.locked().get(pk=order_id)
    if order.paid_at or order.status != Order.Status.PLACED:
        raise IllegalMove(order, order.get_status_display())
    order.till = till
    order.store = till.store
    order.entity_id = till.store.entity_id
    order.save(update_fields=["till", "store", "entity"])
    order.lines.filter(kind=OrderLine.Kind.PRODUCT).update(selling_store=till.store)
    return order


@retried
def take_cash(*, order_id: int, till: Till, tendered_minor: int, key: str, at: datetime) -> Payment:
    """Cash is given; what exceeds the sum due is change. A repeat of the key takes nothing more."""
    if earlier := _earlier(order_id, till, key):
        return earlier
    order = _payable(order_id, till)
    left = due(order)
    if tendered_minor <= 0:
        raise Invalid(_("Enter the amount given."))
    taken = min(left, tendered_minor)
    if taken <= 0:
        raise Invalid(_("Nothing is left to pay."))
    in_cash = sum(
        payment.captured_minor - payment.refunded_minor
        for payment in order.payments.all()
        if payment.method == Payment.Method.CASH
    )
    if in_cash + taken > CASH_LIMIT_MINOR:
        raise Invalid(_("The law allows at most €1,000 in cash. Take the rest by card."))
    return Payment.objects.create(
        order=order,
        method=Payment.Method.CASH,
        status=Payment.Status.CAPTURED,
        amount_minor=taken,
        captured_minor=taken,
        tendered_minor=tendered_minor,
        till=till,
        reference=key,
        created_at=at,
        settled_at=at,
    )


def take_card(*, order_id: int, till: Till, amount_minor: int, key: str, at: datetime) -> Payment:
    """A card on the terminal. A refusal leaves the other tenders as they are (UX T10).

    The payment is written before the terminal is asked, so that no answer is ever lost; a repeat
    of the key asks about the same charge.
    """
    with transaction.atomic():
        payment = _earlier(order_id, till, key)
        if payment is None:
            order = _payable(order_id, till)
            if not 0 < amount_minor <= due(order):
                raise Invalid(_("The amount is not between one cent and what is left to pay."))
            payment = Payment.objects.create(
                order=order,
                method=Payment.Method.TERMINAL,
                provider=settings.PAYMENT_PROVIDER,
                amount_minor=amount_minor,
                till=till,
                reference=key,
                created_at=at,
            )
    if payment.status != Payment.Status.PENDING:
        return payment
    try:
        outcome = provider(payment.provider).charge_terminal(
            reference=key, amount_minor=payment.amount_minor, currency=payment.order.currency
        )
    except ProviderUnavailable:
        outcome = Outcome("pending")
    with transaction.atomic():
        Order.objects.locked().get(pk=order_id)
        payment = Payment.objects.select_for_update().get(pk=payment.pk)
        if payment.status == Payment.Status.PENDING and outcome.status != "pending":
            captured = outcome.status == "captured"
            payment.status = Payment.Status.CAPTURED if captured else Payment.Status.REFUSED
            payment.captured_minor = outcome.amount_minor if captured else 0
            payment.refusal = outcome.refusal
            payment.settled_at = at
            payment.save()
    return payment


@retried
def take_points(*, order_id: int, till: Till, points: int, key: str, at: datetime) -> int:
    """The member pays a part with points; the amount paid so. A repeat of the key spends no more.

    Raises NotEnoughPoints.
    """
    if earlier := _earlier(order_id, till, key):
        return earlier.captured_minor
    order = _payable(order_id, till)
    return spend_points(order, points=points, key=key, at=at, till_id=till.pk)


def _earlier(order_id: int, till: Till, key: str) -> Payment | None:
    """The tender that this key has written already; the order is locked, so a double waits."""
    order = Order.objects.locked().filter(pk=order_id, till=till).first()
    return (
        Payment.objects.select_related("order").filter(reference=key, order=order).first()
        if order
        else None
    )


def _payable(order_id: int, till: Till) -> Order:
    order = Order.objects.locked().filter(pk=order_id, till=till).first()
    if order is None:
        raise NotFound(_("This sale is not open at this till."))
    if order.paid_at or order.status == Order.Status.CANCELLED:
        raise IllegalMove(order, order.get_status_display())
    return order


@retried
def finish(*, order_id: int, till: Till, actor: str, at: datetime) -> Receipt:
    """Everything is paid: goods, receipt and points in one transaction, before "paid" is shown
    (UX T11). A repeat gives the same receipt. Raises Invalid while something is due,
    CannotBeOrdered when what was ordered in it is gone.
    """
    order = (
        Order.objects.locked()
        .select_related("store", "customer", "basket")
        .filter(pk=order_id, till=till)
        .first()
    )
    if order is None:
        raise NotFound(_("This sale is not open at this till."))
    if receipt := order.receipts.filter(total_minor__gte=0).order_by("pk").first():
        return receipt
    if order.status == Order.Status.CANCELLED:
        raise IllegalMove(order, order.get_status_display())
    if due(order) > 0:
        raise Invalid(_("Something is left to pay on this sale."))
    order.paid_at = at
    order.sold_on = till.store.business_day(at)
    # What was cancelled of a reservation takes its part off the sale on the same day.
    order.returns.filter(counts=False).update(counts=True, business_on=order.sold_on)
    reserved = order.status == Order.Status.PLACED
    order.status = Order.Status.PLACED
    order.hold_expires_at = None
    order.save(update_fields=["paid_at", "sold_on", "status", "hold_expires_at"])
    if order.basket_id:
        Basket.objects.filter(pk=order.basket_id).update(
            status=Basket.Status.ORDERED, customer_id=order.customer_id
        )
    events.record(order, "paid", actor=actor, at=at)
    if not reserved:
        ordered = aisle.confirm(order, actor=actor, at=at)
        _take_away(order, till, ordered, actor=actor, at=at)
    tenders = list(order.payments.order_by("pk"))
    return receipts.issue_sale(order=order, till=till, tenders=tenders, at=at)


def _take_away(order: Order, till: Till, ordered: set[int], *, actor: str, at: datetime) -> None:
    """All but what is ordered leaves with the customer; the stock never refuses it (ALG-1)."""
    lines = list(
        order.lines.filter(kind=OrderLine.Kind.PRODUCT).exclude(pk__in=ordered).order_by("position")
    )
    if not lines:
        return
    location_id = lines[0].location_id or store_location(till.store_id)
    inventory.sell(
        [
            inventory.Demand(line.position, line.variant_id, location_id, line.quantity)
            for line in lines
            if line.variant_id
        ],
        document=order.number,
        at=at,
        actor=actor,
    )
    fulfilment = Fulfilment.objects.create(
        order=order,
        kind=Fulfilment.Kind.TAKEAWAY,
        status=Fulfilment.Status.HANDED_OVER,
        confirmed=True,
        location_id=location_id,
        store=till.store,
        ready_at=at,
        closed_at=at,
    )
    FulfilmentLine.objects.bulk_create(
        FulfilmentLine(
            fulfilment=fulfilment, line=line, quantity=line.quantity, picked=line.quantity
        )
        for line in lines
    )
    for line in lines:
        line.fulfilled = line.quantity
    OrderLine.objects.bulk_update(lines, ["fulfilled"])
    earn_points(order, lines, actor=actor, at=at)
    returns.close_if_done(order, at=at)


@retried
def cancel(*, order_id: int, till: Till, actor: str, at: datetime) -> None:
    """Back from payment: every tender is given back, the sale can go on (UX T10).

    A reservation brought to the till goes back to waiting, unpaid.
    """
    order = _payable(order_id, till)
    if order.status == Order.Status.AWAITING_PAYMENT:
        unpaid.abandon(order_id=order.pk, actor=actor, at=at)
        return
    unpaid.give_back_tenders(order, actor=actor, at=at)
    order.till = None
    order.save(update_fields=["till"])


def send_receipt(*, receipt: Receipt, email: str, at: datetime) -> None:
    """The receipt by e-mail; the address is for this alone, it is no consent (POS-12)."""
    order = receipt.order
    queue_message(
        key=f"receipt:{receipt.number}:{normal_email(email)}",
        template="receipt",
        to=normal_email(email),
        language=order.language,
        context={
            "payload": receipt.payload,
            "number": receipt.number,
            "store": receipt.till.store.name,
        },
        at=at,
        document=order.number,
    )

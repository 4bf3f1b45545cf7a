"""What providers answer, in any order and however often; money that has no order goes back.

A call to a provider is made between transactions, never inside one (DESIGN 3.3).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import Prefetch
from django.utils.translation import gettext as _

from inventory import services as inventory
from inventory.errors import InsufficientStock
from inventory.models import Reservation
from omnishop.kernel.claims import claim
from omnishop.kernel.errors import Invalid, NotFound
from omnishop.kernel.transactions import retried
from omnishop.network.hours import hold_until
from orders import offers
from orders.models import Basket, Fulfilment, FulfilmentLine, Order, Payment, PaymentEvent, Refund
from orders.providers import Outcome, ProviderUnavailable, provider
from orders.services import bringing, events, unpaid
from orders.sourcing import Taken, Wanted

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

ASK_AFTER = timedelta(minutes=1)  # a pending payment is asked for when no web hook came


def page(*, payment: Payment, return_url: str) -> str:
    """The provider's page on which this payment is made."""
    return provider(payment.provider).start(
        reference=payment.reference,
        amount_minor=payment.amount_minor,
        currency=payment.order.currency,
        return_url=return_url,
    )


def receive(*, provider_code: str, body: bytes, headers: Mapping[str, str], at: datetime) -> bool:
    """A web hook: checked, kept once, applied once (F-8, F-11). False for a repeat.

    Raises Invalid, writing nothing, when it is forged, old, unreadable, of an unknown payment or
    of another amount or currency than was asked.
    """
    try:
        notice = provider(provider_code).read(body=body, headers=headers)
    except (ValueError, ImproperlyConfigured) as error:
        raise Invalid(_("The web hook is not the provider's.")) from error
    payment = Payment.objects.select_related("order").filter(reference=notice.reference).first()
    if payment is None:
        raise Invalid(_("There is no such payment."))
    if notice.kind == "captured" and (
        notice.amount_minor != payment.amount_minor or notice.currency != payment.order.currency
    ):
        raise Invalid(_("The amount is not the one that was asked."))
    with transaction.atomic():
        # The order first, as everywhere; then the event's unique key decides who applies it.
        Order.objects.locked().get(pk=payment.order_id)
        _event, new = PaymentEvent.objects.get_or_create(
            provider=provider_code,
            event_id=notice.event_id,
            defaults={
                "kind": notice.kind,
                "reference": notice.reference,
                "amount_minor": notice.amount_minor,
                "currency": notice.currency,
                "received_at": at,
            },
        )
        if new:
            apply(
                reference=notice.reference,
                outcome=Outcome(notice.kind, notice.amount_minor),
                at=at,
            )
    return new


def ask(*, reference: str, at: datetime) -> Payment:
    """Ask the provider what became of a payment and apply it; for the page the shopper comes back
    to and for payments whose web hook is late (F-7).
    """
    payment = Payment.objects.filter(reference=reference).first()
    if payment is None:
        raise NotFound(_("There is no such payment."))
    if payment.status == Payment.Status.PENDING:
        try:
            outcome = provider(payment.provider).status(reference=reference)
        except ProviderUnavailable:
            outcome = Outcome("pending")
        if outcome.status == "pending":
            Payment.objects.filter(pk=payment.pk).update(checked_at=at)
        else:
            apply(reference=reference, outcome=outcome, at=at)
        payment = Payment.objects.select_related("order").get(pk=payment.pk)
    return payment


@retried
def apply(*, reference: str, outcome: Outcome, at: datetime) -> None:
    """Write what became of a payment; the second time changes nothing (INVARIANTS P-3).

    Captured: the order is placed once its tenders reach the total. Captured for an order that is
    no longer there, or whose goods are gone: refunded in full, and the shopper is told (F-10).
    """
    order = (
        Order.objects.locked()
        .select_related("basket", "store", "customer")
        .prefetch_related("lines")
        .get(payments__reference=reference)
    )
    payment = Payment.objects.select_for_update().get(reference=reference)
    if outcome.status == "refused":
        if payment.status == Payment.Status.PENDING:
            payment.status = Payment.Status.REFUSED
            payment.refusal = outcome.refusal or "declined"
            payment.settled_at = at
            payment.save(update_fields=["status", "refusal", "settled_at"])
            events.record(order, "payment_refused", actor="provider", at=at)
        return
    if outcome.status != "captured" or payment.status == Payment.Status.CAPTURED:
        return
    payment.status = Payment.Status.CAPTURED
    payment.captured_minor = outcome.amount_minor
    payment.settled_at = at
    payment.save(update_fields=["status", "captured_minor", "settled_at"])
    if order.status != Order.Status.AWAITING_PAYMENT:
        unpaid.refund(
            payment,
            outcome.amount_minor,
            reason="order no longer there",
            reference=f"orphan:{reference}",
            actor="provider",
            at=at,
        )
        events.record(order, "payment_sent_back", actor="provider", at=at)
        events.tell(
            order,
            "payment_sent_back",
            at=at,
            occasion=f":{reference}",
            amount_minor=outcome.amount_minor,
        )
        return
    if due(order) <= 0 and order.till_id is None:
        confirm(order, at=at)


@retried
def confirm_if_paid(*, order_id: int, at: datetime) -> bool:
    """Place an order on which nothing is left to pay, by points alone for instance.

    False when something is due, or when it was placed or cancelled already.
    """
    order = Order.objects.locked().select_related("basket", "store", "customer").get(pk=order_id)
    if order.status != Order.Status.AWAITING_PAYMENT or due(order) > 0:
        return False
    return confirm(order, at=at)


def due(order: Order) -> int:
    """What is still to be paid on an order; `paid` comes from settled payments alone (FIELD 9).

    Units of a reservation that were cancelled before it was paid are not.
    """
    paid = sum(payment.captured_minor - payment.refunded_minor for payment in order.payments.all())
    return order.total_minor - sum(line.refunded_minor for line in order.lines.all()) - paid


def confirm(order: Order, *, at: datetime) -> bool:
    """A locked order is paid: keep its goods for the shopper, tell them, close the basket.

    When the hold ran out meanwhile it is taken anew; when the goods are gone the money goes back
    and the shopper is told (F-10). Returns whether the order stands.
    """
    fulfilments = keep_promise(order, actor="task", at=at)
    if fulfilments is None:
        unpaid.abandon(order_id=order.pk, actor="task", at=at)
        order.refresh_from_db()
        events.tell(order, "order_sold_out", at=at)
        return False
    order.status = Order.Status.PLACED
    order.paid_at = at
    order.sold_on = order.business_day(at)
    order.hold_expires_at = None
    order.save(update_fields=["status", "paid_at", "sold_on", "hold_expires_at"])
    if order.basket_id:
        Basket.objects.filter(pk=order.basket_id).update(
            status=Basket.Status.ORDERED, customer_id=order.customer_id
        )
    events.record(order, "paid", actor="provider", at=at)
    first = fulfilments[0] if fulfilments else None
    events.tell(order, "order_placed", at=at, fulfilment=first)
    return True


def keep_promise(order: Order, *, actor: str, at: datetime) -> list[Fulfilment] | None:
    """The fulfilments of a locked order that is paid now are to be done: goods kept for as long
    as they take, what is elsewhere asked for, the time promised anew. None when goods are gone.
    """
    fulfilments: list[WithAnnotations[Fulfilment, offers.AtStore]] = list(
        order.fulfilments.select_related("store")
        .annotate(ahead=offers.waiting_at("store"), own=offers.locations_of("store"))
        .prefetch_related(Prefetch("lines", FulfilmentLine.objects.select_related("line")))
        .order_by("pk")  # type: ignore[arg-type]  # a prefetch hides the annotations
    )
    holds = _keep_goods(order, fulfilments, at=at)
    if holds is None:
        return None
    lines_until: dict[datetime | None, set[int]] = defaultdict(set)
    for fulfilment in fulfilments:
        fulfilment.confirmed = True
        positions = {item.line.position for item in fulfilment.lines.all()}
        if fulfilment.kind == Fulfilment.Kind.PICKUP and fulfilment.store:
            store = fulfilment.store
            afar = [
                hold
                for hold in holds
                if hold.line in positions and hold.location_id not in fulfilment.own
            ]
            brought = bringing.ask(order, fulfilment, afar, at=at, actor=actor)
            ready = offers.ready_at(store, at, ahead=fulfilment.ahead, brought=brought)
            fulfilment.promised_at = fulfilment.first_promised_at = ready
            fulfilment.hold_until = hold_until(store, ready) if ready else None
        lines_until[fulfilment.hold_until] |= positions
    for until, lines in lines_until.items():
        inventory.extend(document=order.number, expires_at=until, at=at, lines=lines)
    Fulfilment.objects.bulk_update(
        fulfilments, ["confirmed", "promised_at", "first_promised_at", "hold_until"]
    )
    return list(fulfilments)


def _keep_goods(
    order: Order, fulfilments: Sequence[Fulfilment], *, at: datetime
) -> list[Reservation] | None:
    """The order's holds; what ran out is taken anew, all of it or None."""
    wanted = {
        item.line.position: item.line.quantity
        for fulfilment in fulfilments
        for item in fulfilment.lines.all()
    }
    holds = inventory.held(document=order.number)
    if sum(hold.quantity for hold in holds) == sum(wanted.values()):
        return holds
    inventory.release(document=order.number, at=at)
    demands = []
    for fulfilment in fulfilments:
        found = _sources(fulfilment, at=at)
        if found is None:
            return None
        demands += found
    try:
        with transaction.atomic():
            holds = inventory.reserve(demands, document=order.number, at=at, expires_at=None)
    except InsufficientStock:
        return None
    inventory.settle(document=order.number, at=at)
    return holds


def _sources(fulfilment: Fulfilment, *, at: datetime) -> list[inventory.Demand] | None:
    """Where its units are to be held: a parcel's at its place, a pick-up's in the store or where
    they can be brought from. None when something is lacking.
    """
    wanted = [
        Wanted(item.line.position, item.line.variant_id, item.quantity)
        for item in fulfilment.lines.all()
        if item.line.variant_id
    ]
    if fulfilment.kind == Fulfilment.Kind.PICKUP and fulfilment.store:
        sourced = offers.for_store(wanted, fulfilment.store, at=at)
        if sourced is None:
            return None
        taken: Sequence[Taken] = sourced.taken
    else:
        taken = [
            Taken(want.line, want.variant_id, fulfilment.location_id, want.quantity)
            for want in wanted
        ]
    return [
        inventory.Demand(part.line, part.variant_id, part.location_id, part.quantity)
        for part in taken
    ]


@retried
def retry(*, order_id: int, at: datetime) -> Payment:
    """Another try at paying what is due, after a refusal; the open payment when there is one."""
    order = Order.objects.locked().get(pk=order_id)
    if order.status != Order.Status.AWAITING_PAYMENT:
        raise Invalid(_("There is nothing to pay on this order."))
    pending = order.payments.filter(
        status=Payment.Status.PENDING, method=Payment.Method.CARD
    ).first()
    if pending:
        return pending
    last = order.payments.filter(method=Payment.Method.CARD).order_by("-pk").first()
    return Payment.objects.create(
        order=order,
        method=Payment.Method.CARD,
        provider=last.provider if last else provider().code,
        amount_minor=due(order),
        created_at=at,
    )


def send_refund(*, refund_id: int, at: datetime) -> bool:
    """Send one due refund to its provider; a repeat sends the same key, so it is given once."""
    with transaction.atomic():
        refund = claim(
            Refund.objects.filter(pk=refund_id, status=Refund.Status.DUE).select_related("payment")
        ).first()
        if refund is None:
            return False
        refund.attempts += 1
        refund.save(update_fields=["attempts"])
    try:
        provider(refund.payment.provider).refund(
            reference=refund.payment.reference,
            amount_minor=refund.amount_minor,
            key=refund.reference,
        )
    except ProviderUnavailable:
        return False
    return bool(
        Refund.objects.filter(pk=refund_id, status=Refund.Status.DUE).update(
            status=Refund.Status.SETTLED, settled_at=at
        )
    )

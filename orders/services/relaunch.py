"""Reminders of baskets left behind; the guard is applied at the moment of sending (DESIGN 3.8)."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import connection, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import override

from catalog.book import prices
from customers.links import preferences_link
from customers.models import Customer, Identity, Message
from customers.selectors import by_identity, resolve
from customers.services.consents import may_be_sent_marketing
from customers.services.messages import seal_marketing
from inventory.availability import stock
from omnishop.kernel.claims import claim
from orders.models import Basket, BasketLine, Order, OrderLine, Relaunch

DELAY = timedelta(hours=2)  # after the last change of the basket
HORIZON = timedelta(days=7)  # older baskets are never reminded of (FIELD 40)
RECHECK = timedelta(minutes=15)  # a basket that someone is paying is looked at again then
CAP = 2  # marketing messages a person gets in CAP_PERIOD
CAP_PERIOD = timedelta(days=7)

Reason = Relaunch.Reason


def schedule(*, at: datetime) -> int:
    """Write the reminder of every basket left behind that has none; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO orders_relaunch
              (basket_id, step, status, reason, basket_changed_at, due_at, dropped)
            SELECT b.id, 1, 'scheduled', '', b.changed_at,
                   b.changed_at + make_interval(secs => %(delay)s), '[]'
              FROM orders_basket b
             WHERE b.status = 'open' AND b.till_id IS NULL AND b.channel = 'web'
               AND b.changed_at >= %(from)s AND b.changed_at < %(until)s
               AND (b.customer_id IS NOT NULL OR b.email <> '')
               AND EXISTS (SELECT 1 FROM orders_basketline l WHERE l.basket_id = b.id)
            ON CONFLICT (basket_id, step) DO NOTHING
            """,
            {"delay": DELAY.total_seconds(), "from": at - HORIZON, "until": at - DELAY},
        )
        return int(cursor.rowcount)


def due(at: datetime, limit: int = 200) -> list[int]:
    """Reminders to decide on now, oldest first."""
    return list(
        Relaunch.objects.filter(status=Relaunch.Status.SCHEDULED, due_at__lte=at)
        .order_by("due_at", "pk")
        .values_list("pk", flat=True)[:limit]
    )


def send(*, relaunch_id: int, at: datetime) -> bool:
    """Decide on one reminder and send it; the log says why not (DESIGN 3.8).

    The person is read again, through merges: what they bought in any channel since the basket
    last changed leaves the message. Marked before the mail leaves, so that a repeat or a crash
    never sends it twice.
    """
    with transaction.atomic():
        relaunch = claim(
            Relaunch.objects.filter(
                pk=relaunch_id, status=Relaunch.Status.SCHEDULED, due_at__lte=at
            ).select_related("basket__customer__merged_into")
        ).first()
        if relaunch is None:
            return False
        basket = relaunch.basket
        if basket.till_id or basket.orders.filter(status=Order.Status.AWAITING_PAYMENT).exists():
            # It is being paid, or open at a till: decide once that is over.
            relaunch.due_at = at + RECHECK
            relaunch.save(update_fields=["due_at"])
            return False
        if basket.status == Basket.Status.OPEN and basket.changed_at > relaunch.basket_changed_at:
            relaunch.basket_changed_at = basket.changed_at
            relaunch.due_at = basket.changed_at + DELAY
            if relaunch.due_at > at:  # used again a moment ago: later, if at all
                relaunch.save(update_fields=["basket_changed_at", "due_at"])
                return False
        customer = _person(basket)
        lines = list(basket.lines.select_related("variant__product"))
        reason, kept, dropped = _guard(basket, customer, lines, at=at)
        relaunch.decided_at = at
        relaunch.dropped = dropped
        if reason or customer is None:
            relaunch.status = Relaunch.Status.WITHHELD
            relaunch.reason = reason
            relaunch.save()
            return False
        relaunch.message, mail = seal_marketing(
            key=f"relaunch:{basket.pk}:{relaunch.step}",
            template="basket_reminder",
            to=_address(customer) or "",
            language=customer.language,
            context=_context(basket, customer, kept, at=at),
            customer_id=customer.pk,
            document=f"basket:{basket.pk}",
            at=at,
        )
        relaunch.status = Relaunch.Status.SENT
        relaunch.save()
    mail.send()
    return True


def _person(basket: Basket) -> Customer | None:
    if basket.customer:
        return resolve(basket.customer)
    return by_identity(Identity.Kind.EMAIL, basket.email.lower()) if basket.email else None


def _address(customer: Customer) -> str | None:
    """The address to write to: a verified one, else one that an order went to."""
    emails = customer.identities.filter(kind=Identity.Kind.EMAIL).order_by("verified_at", "pk")
    return next((identity.value for identity in emails), None)


def bought_since(customer: Customer | None, email: str, since: datetime) -> set[int]:
    """Articles the person bought in any channel since an instant, under any of their records."""
    person = Q()
    if customer:
        person |= Q(order__customer=customer) | Q(order__customer__merged_into=customer)
        addresses = Identity.objects.filter(
            Q(customer=customer) | Q(customer__merged_into=customer), kind=Identity.Kind.EMAIL
        ).values("value")
        person |= Q(order__email__in=addresses)
    if email:
        person |= Q(order__email=email.lower())
    if not person:
        return set()
    return set(
        OrderLine.objects.filter(person, order__placed_at__gte=since, variant__isnull=False)
        .filter(order__status__in=[Order.Status.PLACED, Order.Status.FULFILLED])
        .values_list("variant_id", flat=True)
    )


def _guard(
    basket: Basket, customer: Customer | None, lines: list[BasketLine], *, at: datetime
) -> tuple[str, list[BasketLine], list[str]]:
    """Why no message may go, or empty; the lines it may name; the SKUs left out."""
    if basket.status == Basket.Status.ORDERED:
        return Reason.BOUGHT, [], []
    if basket.status != Basket.Status.OPEN:
        return Reason.CHANGED, [], []
    if basket.changed_at < at - HORIZON:
        return Reason.TOO_OLD, [], []
    if not lines:
        return Reason.EMPTY, [], []
    if customer is None or not _address(customer):
        return Reason.NO_ADDRESS, [], []
    bought = bought_since(customer, basket.email, basket.changed_at)
    wanted = [line for line in lines if line.variant_id not in bought]
    dropped = [line.variant.sku for line in lines if line.variant_id in bought]
    if not wanted:
        return Reason.BOUGHT, [], dropped
    if not may_be_sent_marketing(customer.pk, at=at):
        return Reason.NO_CONSENT, [], dropped
    sent = Message.objects.filter(
        Q(customer=customer) | Q(customer__merged_into=customer),
        purpose=Message.Purpose.MARKETING,
        status=Message.Status.SENT,
        sent_at__gt=at - CAP_PERIOD,
    ).count()
    if sent >= CAP:
        return Reason.CAP, [], dropped
    ids = [line.variant_id for line in wanted]
    on_sale = prices(ids, at=at)
    free = stock(ids, at=at)
    kept = [line for line in wanted if line.variant_id in on_sale and free.most(line.variant_id)]
    dropped += [line.variant.sku for line in wanted if line not in kept]
    if not kept:
        return Reason.OUT_OF_STOCK, [], dropped
    return "", kept, dropped


def _context(
    basket: Basket, customer: Customer, lines: list[BasketLine], *, at: datetime
) -> dict[str, object]:
    now = prices([line.variant_id for line in lines], at=at)
    with override(customer.language):
        return {
            "name": customer.first_name,
            "link": settings.SITE_URL + reverse("storefront:resume", args=[basket_link(basket)]),
            "stop_link": settings.SITE_URL
            + reverse("storefront:preferences", args=[preferences_link(customer)]),
            "currency": "EUR",
            "lines": [
                {
                    "sku": line.variant.sku,
                    "name": line.variant.product.name,
                    "quantity": line.quantity,
                    "total_minor": now[line.variant_id].amount_minor * line.quantity,
                }
                for line in lines
            ],
        }


def basket_link(basket: Basket) -> str:
    """The signed part of a link that opens this basket on any device."""
    return signing.dumps(str(basket.token), salt="basket")


def basket_of_link(text: str) -> Basket | None:
    """The basket of such a link; links open for thirty days."""
    try:
        token = signing.loads(text, salt="basket", max_age=timedelta(days=30))
    except signing.BadSignature:
        return None
    return Basket.objects.filter(token=token).first()

"""Telling people that an article is back where they wait for it (UX P5, FIELD 23)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from catalog.book import prices
from catalog.models import BundleItem, Product, Variant
from customers.models import Customer, Identity, Message
from customers.selectors import by_identity, proved_emails, records, resolve
from customers.services.identities import normal_email
from customers.services.messages import queue_message, send
from inventory.availability import AT_PLACE, Stock, stock
from omnishop.kernel.claims import claim
from omnishop.kernel.errors import NotFound, Refusal
from omnishop.kernel.locks import lock_key
from omnishop.kernel.transactions import retried
from omnishop.network.models import Store
from orders.models import StockAlert

WAITS = timedelta(days=183)  # six months; who still wants it asks again
CONFIRM_WITHIN = timedelta(days=3)
UNCONFIRMED_MOST = 5  # alerts of one address that nobody proved: no more mails to it
KEPT = timedelta(days=30)  # how long a closed alert keeps the address
PEOPLE_PER_UNIT = 3  # told in one wave, so that one unit does not call five hundred people
WAVE = timedelta(hours=6)  # until the next of them

Status, Reason = StockAlert.Status, StockAlert.Reason


class InStock(Refusal):
    """Nothing to wait for: the article is there."""

    code = "in_stock"


@dataclass(frozen=True, slots=True)
class Asked:
    """What happens next; the same for an address that is known and one that is not."""

    confirmed: bool  # else a message asks to confirm the address


@retried
def ask(
    *,
    variant_id: int,
    store_id: int | None,
    email: str,
    customer: Customer | None,
    language: str,
    at: datetime,
) -> Asked:
    """Wait for an article in a store, or to be delivered; a repeat changes nothing.

    Who is signed in and proved the address is put on the list at once. Every other address is
    written to, and waits from the moment its link is pressed. Raises Invalid for what is no
    address, NotFound for what is not sold, InStock when the article is there.
    """
    email = normal_email(email)
    _check_place(variant_id, store_id, at=at)
    proved = customer is not None and _proved(customer, email)
    mine = Q(email=email)
    if customer:
        mine |= Q(customer__in=records(customer.pk)) if proved else Q()
    place = StockAlert.objects.open().filter(variant=variant_id, store=store_id)
    found = place.filter(mine).order_by("pk").first()
    if found is None:
        unproved = StockAlert.objects.filter(email=email, status=Status.ASKED)
        if not proved and unproved.count() >= UNCONFIRMED_MOST:
            return Asked(confirmed=False)
        new = StockAlert(
            variant_id=variant_id,
            store_id=store_id,
            customer=customer if proved else None,
            email=email,
            language=language,
            asked_at=at,
            expires_at=at + WAITS,
        )
        StockAlert.objects.bulk_create([new], ignore_conflicts=True)
        found = place.get(email=email)  # of whoever pressed first
    if proved:
        _confirm(found, customer=customer, at=at)
        return Asked(confirmed=True)
    queue_message(
        key=f"stock-alert-confirm:{found.pk}:{at:%Y-%m-%d}",
        template="stock_alert_confirm",
        to=email,
        language=language,
        context=_context(found, language) | {"link": _own_link(found, language)},
        document=f"alert:{found.pk}",
        at=at,
    )
    return Asked(confirmed=False)


def _check_place(variant_id: int, store_id: int | None, *, at: datetime) -> None:
    known = Variant.objects.filter(
        pk=variant_id, active=True, product__status=Product.Status.ACTIVE
    ).exists()
    open_store = store_id is None or Store.objects.open_to_shoppers().filter(pk=store_id).exists()
    if not (known and open_store) or BundleItem.objects.filter(bundle=variant_id).exists():
        raise NotFound(_("This article is no longer on sale."))
    if units_at(stock([variant_id], at=at), variant_id, store_id) > 0:
        raise InStock(_("This article is in stock again: you can order it."))


def units_at(free: Stock, variant_id: int, store_id: int | None) -> int:
    """Units of an article at a place: a store, or to be delivered."""
    return free.in_store(variant_id, store_id) if store_id else free.to_ship(variant_id)


def _proved(customer: Customer, email: str) -> bool:
    return proved_emails(customer).filter(value=email).exists()


def of_token(token: str) -> StockAlert:
    """The alert of a mail's link. Raises NotFound."""
    found = (
        StockAlert.objects.select_related("variant__product", "store").filter(token=token).first()
    )
    if found is None:
        raise NotFound(_("This alert does not exist any more."))
    return found


def confirm(*, token: str, at: datetime) -> StockAlert:
    """The address is proved by its link: the alert waits from now on. A repeat changes nothing."""
    alert = of_token(token)
    _confirm(alert, customer=by_identity(Identity.Kind.EMAIL, alert.email), at=at)
    return of_token(token)


def _confirm(alert: StockAlert, *, customer: Customer | None, at: datetime) -> None:
    alert.customer = alert.customer or customer
    StockAlert.objects.filter(pk=alert.pk, status=Status.ASKED).update(
        status=Status.WAITING, confirmed_at=at, expires_at=at + WAITS, customer=alert.customer
    )


def stop(*, token: str, at: datetime) -> StockAlert:
    """The person waits no longer; a repeat changes nothing."""
    StockAlert.objects.open().filter(token=token).update(
        status=Status.ENDED, reason=Reason.STOPPED, closed_at=at
    )
    return of_token(token)


def others_of(alert: StockAlert) -> list[StockAlert]:
    """The other alerts of the address of a link: who has the link reads that address's mail."""
    if not alert.email:
        return []
    others = StockAlert.objects.open().filter(email=alert.email).exclude(pk=alert.pk)
    return list(others.select_related("variant__product", "store"))


def alerts_of(customer: Customer) -> list[StockAlert]:
    """What a person waits for, newest first, whatever record or proved address they used."""
    proved = proved_emails(customer).order_by().values("value")
    mine = Q(customer__in=records(customer.pk)) | Q(email__in=proved)
    return list(StockAlert.objects.open().filter(mine).select_related("variant__product", "store"))


def _context(alert: StockAlert, language: str) -> dict[str, object]:
    """What a message says of an article and a place, with the page where it can be ordered."""
    variant = Variant.objects.select_related("product").get(pk=alert.variant_id)
    store = alert.store
    with override(language):
        page = reverse("storefront:product", args=[variant.product.slug])
        return {
            "article": _named(variant),
            "store": store.name if store else "",
            "link": f"{settings.SITE_URL}{page}?sku={variant.sku}",
        }


def _own_link(alert: StockAlert, language: str) -> str:
    with override(language):
        return settings.SITE_URL + reverse("storefront:alert", args=[alert.token])


def _named(variant: Variant) -> str:
    options = ", ".join(str(option) for option in variant.options.order_by("attribute__position"))
    return f"{variant.product.name} ({options})" if options else variant.product.name


# --- Telling ------------------------------------------------------------------------------------

_BACK = f"""
    SELECT a.variant_id, a.store_id FROM (
      SELECT variant_id, store_id, min(asked_at) AS since FROM orders_stockalert
       WHERE status = 'waiting' AND expires_at > %(at)s GROUP BY 1, 2) a
      JOIN catalog_variant v ON v.id = a.variant_id
     WHERE {AT_PLACE} ORDER BY a.since, a.variant_id, a.store_id
"""  # noqa: S608  a constant of another module


def back(*, at: datetime) -> list[tuple[int, int | None]]:
    """Articles that people wait for, and the places where there is some again; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_BACK, {"at": at})
        return [(variant_id, store_id) for variant_id, store_id in cursor.fetchall()]


def tell(*, variant_id: int, store_id: int | None, at: datetime) -> int:
    """Tell the next people that an article is back at a place; how many were told.

    Oldest first, and in one wave at the most PEOPLE_PER_UNIT for each unit there is: the others
    are told later, if there is still some. Decided when it is sent: the stock and the price are
    read again, and who bought the article in any channel since they asked is not told. The
    message has the alert's key: it is written once, whatever is repeated, and it leaves when the
    decision is committed, or with the next run of the queue.
    """
    with transaction.atomic():
        messages = _decide(variant_id, store_id, at=at)
    for pk in messages:
        send(message_id=pk, at=at)
    return len(messages)


def _decide(variant_id: int, store_id: int | None, *, at: datetime) -> list[int]:
    with connection.cursor() as cursor:  # one worker at a time counts the people of a place
        lock = lock_key(f"stock-alert:{variant_id}:{store_id}")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])
    alerts = StockAlert.objects.filter(variant=variant_id, store=store_id)
    units = units_at(stock([variant_id], at=at), variant_id, store_id)
    told = alerts.filter(status=Status.TOLD, closed_at__gt=at - WAVE).count()
    most = units * PEOPLE_PER_UNIT - told
    if most <= 0:
        return []
    channel, here = ("till", store_id) if store_id else ("web", None)
    price = prices([variant_id], at=at).get(variant_id) or prices(
        [variant_id], at=at, channel=channel, store_id=here
    ).get(variant_id)
    waiting = alerts.waiting(at)
    if price is None:
        waiting.exclude(reason=Reason.NOT_SOLD).update(reason=Reason.NOT_SOLD)
        return []
    _close_settled(variant_id, store_id, at=at)
    chosen = list(
        claim(waiting.select_related("customer__merged_into")).order_by("asked_at", "pk")[:most]
    )
    sent: list[int] = []
    words: dict[str, dict[str, object]] = {}  # by language: the same for everybody
    for alert in chosen:
        person = resolve(alert.customer) if alert.customer else None
        language = person.language if person else alert.language
        if language not in words:
            words[language] = _context(alert, language) | {
                "amount_minor": price.amount_minor,
                "currency": settings.CURRENCY,
                "few": units < PEOPLE_PER_UNIT,
            }
        key = f"stock-alert:{alert.pk}"
        queue_message(
            key=key,
            template="back_in_stock",
            to=alert.email,
            language=language,
            context=words[language] | {"stop_link": _own_link(alert, language)},
            customer_id=person.pk if person else None,
            document=f"alert:{alert.pk}",
            at=at,
        )
        message = Message.objects.get(key=key)
        alert.message, alert.status, alert.reason = message, Status.TOLD, Reason.NONE
        alert.closed_at = at
        sent.append(message.pk)
    StockAlert.objects.bulk_update(chosen, ["message", "status", "reason", "closed_at"])
    return sent


# Of those who wait: who bought the article since, in any channel, under any of their records and
# addresses; and who was told already by another alert (two records that became one person).
_SETTLED = """
    WITH waiting AS (
      SELECT a.id, a.email, a.asked_at, coalesce(c.merged_into_id, c.id) AS person
        FROM orders_stockalert a
        LEFT JOIN customers_identity i ON i.kind = 'email' AND i.value = a.email
        LEFT JOIN customers_customer c ON c.id = coalesce(a.customer_id, i.customer_id)
       WHERE a.variant_id = %(variant)s AND a.store_id IS NOT DISTINCT FROM %(store)s
         AND a.status = 'waiting'),
    sale AS (
      SELECT o.placed_at, o.email, coalesce(b.merged_into_id, b.id) AS person
        FROM orders_orderline l
        JOIN orders_order o ON o.id = l.order_id AND o.status IN ('placed', 'fulfilled')
        LEFT JOIN customers_customer b ON b.id = o.customer_id
       WHERE l.variant_id = %(variant)s AND o.placed_at >= (SELECT min(asked_at) FROM waiting)),
    settled AS (
      SELECT w.id, CASE WHEN bought THEN 'bought' ELSE 'told' END AS why FROM waiting w, LATERAL (
        SELECT EXISTS (
          SELECT 1 FROM sale s WHERE s.placed_at >= w.asked_at
             AND (s.email = w.email OR s.person = w.person OR s.email IN (
               SELECT e.value FROM customers_identity e
                 JOIN customers_customer r ON r.id = e.customer_id
                WHERE e.kind = 'email' AND w.person IN (r.id, r.merged_into_id)))) AS bought) x
       WHERE bought OR EXISTS (
         SELECT 1 FROM waiting u WHERE u.person = w.person AND u.id < w.id)
          OR EXISTS (
         SELECT 1 FROM orders_stockalert t
           LEFT JOIN customers_customer d ON d.id = t.customer_id
          WHERE t.variant_id = %(variant)s AND t.store_id IS NOT DISTINCT FROM %(store)s
            AND t.status = 'told' AND t.closed_at >= w.asked_at
            AND (t.email = w.email OR w.person IN (d.id, d.merged_into_id))))
    UPDATE orders_stockalert a SET status = 'ended', reason = settled.why, closed_at = %(at)s
      FROM settled WHERE a.id = settled.id AND a.status = 'waiting'
"""


def _close_settled(variant_id: int, store_id: int | None, *, at: datetime) -> None:
    """End the alerts of who has the article by now, or knows; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_SETTLED, {"variant": variant_id, "store": store_id, "at": at})


def close_old(*, at: datetime) -> int:
    """End what waited too long, forget what was never confirmed and the addresses of what is over.

    How many rows it changed.
    """
    ended = StockAlert.objects.filter(status=Status.WAITING, expires_at__lte=at).update(
        status=Status.ENDED, reason=Reason.EXPIRED, closed_at=at
    )
    unproved = StockAlert.objects.filter(
        status=Status.ASKED, asked_at__lte=at - CONFIRM_WITHIN
    ).delete()[0]
    forgotten = (
        StockAlert.objects.filter(closed_at__lte=at - KEPT).exclude(email="").update(email="")
    )
    return ended + unproved + forgotten

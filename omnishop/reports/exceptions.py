"""What has gone wrong and waits for somebody: each row with its one right action (UX R4)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory.models import PurchaseOrder, StockLocation, Transfer
from omnishop.kernel.templatetags.omnishop import day, money, stamp, telephone
from omnishop.network.selectors import sees_all_stores
from omnishop.parity.models import ParityRun
from omnishop.reports import selectors
from omnishop.reports.selectors import Reader
from orders.models import Fulfilment, Order, Payment, Refund, Shortage

SHOWN = 50  # rows of a kind
STUCK = timedelta(minutes=15)
DUE = timedelta(hours=1)
MEASURED = timedelta(days=30)
FORGOTTEN = timedelta(days=90)  # older count gaps are left to the counts


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that waits: what, where, since or until when, and what to do about it."""

    what: str
    where: str
    when: str
    label: str
    url: str = ""  # a page to open, or
    do: str = ""  # something the board does itself: "payment", "refund"
    pk: int = 0


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of exception with its rows, the oldest first."""

    key: str
    title: str
    help: str
    rows: list[Row]

    @property
    def more(self) -> bool:
        """Whether there are more than are shown."""
        return len(self.rows) > SHOWN

    @property
    def shown(self) -> list[Row]:
        return self.rows[:SHOWN]


def board(user: Any, at: datetime) -> list[Kind]:
    """Every kind that the reader may see, those with something in it first. A statement each."""
    kinds: list[tuple[str, str, str, str, Callable[[Reader, datetime], Iterable[Row]]]] = [
        (
            *("late", "orders.view_fulfilment", _("Late pick-ups")),
            *(_("The promised time is over and the goods are not ready."), _late),
        ),
        (
            *("parcels", "orders.view_fulfilment", _("Parcels not sent")),
            *(_("Their day at the door has come and they have not left."), _parcels),
        ),
        (
            *("shortages", "orders.view_shortage", _("Open shortages")),
            *(_("The customer is asked what becomes of missing goods."), _shortages),
        ),
        (
            *("transfers", "inventory.view_transfer", _("Late transfers")),
            *(_("Goods that should have reached their place."), _transfers),
        ),
        (
            *("gaps", "inventory.view_stockmovement", _("Count gaps")),
            *(_("Sold though the book had none, and not counted since."), _gaps),
        ),
        (
            *("payments", "orders.view_payment", _("Stuck payments")),
            *(_("Outcome unknown for more than 15 minutes."), _payments),
        ),
        (
            *("refunds", "orders.view_refund", _("Refunds not sent")),
            *(_("Decided more than an hour ago, not yet with the provider."), _refunds),
        ),
        (
            *("purchases", "inventory.view_purchaseorder", _("Late purchase orders")),
            *(_("The supplier's day is over and nothing was received."), _purchases),
        ),
        (
            *("parity", "catalog.view_pricechange", _("Prices that differ between channels")),
            *(_("Found by last night's comparison of every channel."), _parity),
        ),
    ]
    found = [
        Kind(key, title, text, list(rows(user, at)))
        for key, permission, title, text, rows in kinds
        if user.has_perm(permission)
    ]
    return sorted(found, key=lambda kind: not kind.rows)


def _link(page: str, *args: Any) -> str:
    try:
        return reverse(f"admin:{page}", args=args)
    except NoReverseMatch:  # a model without a page of its own
        return ""


def _late(user: Reader, at: datetime) -> Iterable[Row]:
    rows = selectors.late_picks(user, at).select_related("order", "store").order_by("promised_at")
    for one in rows[: SHOWN + 1]:
        yield Row(
            what=f"{one.order.number} · {one.collector or one.order.name}",
            where=str(one.store),
            when=_promised(one),
            label=_("Open the pick-up"),
            url=_link("orders_fulfilment_change", one.pk),
        )


def _promised(one: Fulfilment) -> str:
    zone = _zone(one.store)
    now = stamp(one.promised_at, zone)
    if one.delayed:
        first = stamp(one.first_promised_at, zone)
        return _("promised %(first)s, now %(now)s") % {"first": first, "now": now}
    return _("promised %(when)s") % {"when": now}


def _zone(store: Any) -> str | None:
    return store.timezone if store else None


def _end_of_today(at: datetime) -> datetime:
    zone = ZoneInfo(settings.TIME_ZONE)
    tomorrow: date = at.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), tzinfo=zone)


def _parcels(user: Reader, at: datetime) -> Iterable[Row]:
    rows = (
        Fulfilment.objects.visible_to(user)
        .open()
        .filter(kind=Fulfilment.Kind.SHIPMENT, confirmed=True, promised_at__lt=_end_of_today(at))
        .select_related("order", "location")
        .order_by("promised_at")
    )
    for one in rows[: SHOWN + 1]:
        yield Row(
            what=f"{one.order.number} · {one.address.get('city') or one.order.name}",
            where=str(one.location),
            when=_("at the door %(when)s") % {"when": day(one.promised_at)},
            label=_("Open the parcel"),
            url=_link("orders_fulfilment_change", one.pk),
        )


def _shortages(user: Reader, at: datetime) -> Iterable[Row]:
    rows = selectors.shortages(user).order_by("answer_by")
    rows = rows.select_related("order__store", "line__collecting_store")
    for one in rows[: SHOWN + 1]:
        order = one.order
        call = bool(order.phone and not order.email)  # no mail reached them: somebody has to
        who = f" · {order.name}, {telephone(order.phone)}" if call else ""
        yield Row(
            what=f"{order.number} · {one.quantity} × {one.line.name}{who}",
            where=str(one.line.collecting_store or order.store or _("site")),
            when=_("answer by %(when)s") % {"when": stamp(one.answer_by)},
            label=_("Call, and note the choice") if call else _("Open the order"),
            url=reverse("storefront:shortage", args=[one.token])
            if call
            else _link("orders_order_change", one.order_id),
        )


def _transfers(user: Reader, at: datetime) -> Iterable[Row]:
    rows = Transfer.objects.filter(
        status__in=[Transfer.Status.REQUESTED, Transfer.Status.SENT], expected_at__lt=at
    )
    if not sees_all_stores(user):
        rows = rows.filter(pk__in=Transfer.objects.visible_to(user).values("pk"))
    for one in rows.select_related("source", "destination").order_by("expected_at")[: SHOWN + 1]:
        sent = one.status == Transfer.Status.SENT
        yield Row(
            what=f"{one.number} · {one.get_status_display()}",
            where=f"{one.source} → {one.destination}",
            when=_("expected %(when)s") % {"when": stamp(one.expected_at)},
            label=_("Receive it") if sent else _("Send it"),
            url=_link(f"inventory_transfer_{'receive' if sent else 'send'}", one.pk),
        )


def _gaps(user: Reader, at: datetime) -> Iterable[Row]:
    """Articles sold beyond the book since when nobody has counted or corrected them there."""
    places = None
    if not sees_all_stores(user):
        places = list(StockLocation.objects.visible_to(user).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH gap AS (
              SELECT m.variant_id, m.location_id, max(m.at) AS at, sum(m.delta)::int AS units
                FROM inventory_stockmovement m
               WHERE m.kind = 'count_gap' AND m.at >= %(since)s
                 AND (%(places)s::bigint[] IS NULL OR m.location_id = ANY(%(places)s::bigint[]))
               GROUP BY 1, 2)
            SELECT l.id, v.sku, p.name, c.name, c.timezone, g.at, g.units
              FROM gap g
              JOIN inventory_stocklevel l USING (variant_id, location_id)
              JOIN inventory_stocklocation c ON c.id = g.location_id
              JOIN catalog_variant v ON v.id = g.variant_id
              JOIN catalog_product p ON p.id = v.product_id
             WHERE NOT EXISTS (
                     SELECT FROM inventory_stockmovement a
                      WHERE a.variant_id = g.variant_id AND a.location_id = g.location_id
                        AND a.kind = 'adjustment' AND a.line = 0 AND a.at > g.at)
               AND NOT EXISTS (
                     SELECT FROM inventory_countline n
                       JOIN inventory_stockcount s ON s.id = n.count_id
                      WHERE n.variant_id = g.variant_id AND s.location_id = g.location_id
                        AND n.decision = 'approved' AND n.counted_at > g.at)
             ORDER BY g.at, l.id
             LIMIT %(limit)s
            """,
            {"since": at - FORGOTTEN, "places": places, "limit": SHOWN + 1},
        )
        found = cursor.fetchall()
    for level, sku, name, place, zone, since, units in found:
        words = ngettext("%(n)s unit", "%(n)s units", units) % {"n": units}
        yield Row(
            what=f"{name} ({sku}) · {words}",
            where=place,
            when=_("since %(when)s") % {"when": stamp(since, zone)},
            label=_("Count this article"),
            url=_link("inventory_stocklevel_count", level),
        )


def _payments(user: Reader, at: datetime) -> Iterable[Row]:
    rows = selectors.stuck_payments(user, at - STUCK + timedelta(minutes=5))
    for one in rows.select_related("order__store").order_by("created_at")[: SHOWN + 1]:
        card = one.method == Payment.Method.CARD
        yield Row(
            what=f"{one.order.number} · {one.get_method_display()} · "
            f"{money(one.amount_minor, one.order.currency)}",
            where=str(one.order.store or _("site")),
            when=_("since %(when)s") % {"when": stamp(one.created_at)},
            label=_("Ask the provider again") if card else _("Open the order"),
            do="payment" if card else "",
            url="" if card else _link("orders_order_change", one.order_id),
            pk=one.pk,
        )


def _refunds(user: Reader, at: datetime) -> Iterable[Row]:
    rows = selectors.refunds_due(user).filter(created_at__lte=at - DUE)
    rows = rows.select_related("payment__order__store").order_by("created_at")
    for one in rows[: SHOWN + 1]:
        order = one.payment.order
        yield Row(
            what=f"{order.number} · {money(one.amount_minor, order.currency)} · {one.reason}",
            where=str(order.store or _("site")),
            when=_("since %(when)s") % {"when": stamp(one.created_at)},
            label=_("Send it again"),
            do="refund",
            pk=one.pk,
        )


def _purchases(user: Reader, at: datetime) -> Iterable[Row]:
    today = at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    rows = PurchaseOrder.objects.filter(status=PurchaseOrder.Status.ORDERED, expected_on__lt=today)
    if not sees_all_stores(user):
        rows = rows.filter(pk__in=PurchaseOrder.objects.visible_to(user).values("pk"))
    for one in rows.select_related("supplier", "location").order_by("expected_on")[: SHOWN + 1]:
        yield Row(
            what=f"{one.number} · {one.supplier}",
            where=str(one.location),
            when=_("expected %(when)s") % {"when": day(one.expected_on)},
            label=_("Open the purchase order"),
            url=_link("inventory_purchaseorder_change", one.pk),
        )


def _parity(_user: Reader, _at: datetime) -> Iterable[Row]:
    last = ParityRun.objects.first()
    for one in last.differences[:SHOWN] if last else ():
        yield Row(
            what=one["basket"],
            where=" · ".join(f"{door}: {price}" for door, price in one["said"].items()),
            when=stamp(last.at) if last else "",
            label=_("Look at the operations"),
            url=_link("catalog_operation_changelist"),
        )


def of_reader(model: type[Any], user: Reader, pk: int) -> Any:
    """The payment or refund that the reader may act on; None when it is not theirs to see."""
    rows = model.objects.filter(pk=pk)
    if not sees_all_stores(user):
        way = "payment__order" if model is Refund else "order"
        rows = rows.filter(**{f"{way}__in": Order.objects.visible_to(user).values("pk")})
    return rows.first()


@dataclass(slots=True)
class Kept:
    """Promises of one place in the last 30 days: how many fell due, how many were kept."""

    place: str
    pickups: int = 0
    pickups_kept: int = 0
    parcels: int = 0
    parcels_kept: int = 0

    @property
    def pickup_share(self) -> int | None:
        return _share(self.pickups_kept, self.pickups)

    @property
    def parcel_share(self) -> int | None:
        return _share(self.parcels_kept, self.parcels)


def _share(part: int, whole: int) -> int | None:
    """Percent, rounded down: 99.6 is not all of them."""
    return part * 100 // whole if whole else None


def promises(user: Reader, at: datetime) -> list[Kept]:
    """Pick-ups ready by the time promised; parcels that left before their day at the door began.

    What was promised first counts, whatever was said later, of all that fell due in 30 days. What
    the shopper was asked about was not kept; called-off ones are left out. Two statements.
    """
    due = Fulfilment.objects.visible_to(user).filter(
        confirmed=True, first_promised_at__gt=at - MEASURED, first_promised_at__lte=at
    )
    lacked = Exists(Shortage.objects.filter(fulfilment=OuterRef("pk")))
    due = due.filter(~Q(status=Fulfilment.Status.CANCELLED) | lacked).order_by()
    in_time = ~lacked & (
        Q(ready_at__lte=F("first_promised_at"))
        | Q(
            ready_at__isnull=True,
            status=Fulfilment.Status.HANDED_OVER,
            closed_at__lte=F("first_promised_at"),
        )
    )
    found: dict[str, Kept] = {}
    pickups = due.filter(kind=Fulfilment.Kind.PICKUP).values_list("store__name")
    for name, count, kept in pickups.annotate(count=Count("pk"), kept=Count("pk", filter=in_time)):
        row = found.setdefault(name, Kept(name))
        row.pickups, row.pickups_kept = count, kept
    # The promise of a parcel is the end of a day: it keeps it when it left before that day began.
    left = ~lacked & Q(
        status__in=[Fulfilment.Status.SHIPPED, Fulfilment.Status.DELIVERED],
        closed_at__lte=F("first_promised_at") - timedelta(days=1) + timedelta(minutes=1),
    )
    parcels = due.filter(kind=Fulfilment.Kind.SHIPMENT).values_list("store__name", "location__name")
    for store, location, count, kept in parcels.annotate(
        count=Count("pk"), kept=Count("pk", filter=left)
    ):
        row = found.setdefault(store or location, Kept(store or location))
        row.parcels += count
        row.parcels_kept += kept
    return sorted(found.values(), key=lambda row: row.place)

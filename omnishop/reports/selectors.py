"""Figures over everything, set by set. One definition for every page, export and tile.

Sold: orders on the day their sale counts (`Order.sold_on`), tax included. Given back: returns and
cancellations of what was a sale, on their own day (`Return.business_on`, `counts`), at the channel
and store that had made the sale, so that a store which takes a web return loses nothing by it.
Turnover is sold less given back. A pick-up bought on the site is a sale of the site; the store
sees it as collected there, apart from its own sales.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import Count, F, QuerySet, Sum

from inventory.models import StockLocation, StockMovement
from omnishop.network.models import Store, User
from omnishop.network.selectors import sees_all_stores
from orders.models import Fulfilment, FulfilmentLine, Order, Payment, Refund, Shortage

Reader = User | AnonymousUser
SITE = 0  # stands for "no store": the site


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a period, both days included, and whose sales."""

    first: date
    last: date
    channel: str = ""  # "" is all
    stores: tuple[int, ...] | None = None  # None is all of them and the site; SITE is the site
    step: str = "day"  # or "week", "month"

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums of some sales of one currency, in minor units; `returned` is not negative."""

    currency: str
    orders: int = 0
    units: int = 0
    sold_minor: int = 0
    returned_minor: int = 0
    tax_minor: int = 0

    @property
    def gross_minor(self) -> int:
        """Turnover with VAT: sold less given back."""
        return self.sold_minor - self.returned_minor

    @property
    def net_minor(self) -> int:
        """Turnover without VAT."""
        return self.gross_minor - self.tax_minor

    @property
    def average_minor(self) -> int:
        """Average basket: sold by order, before returns; half up."""
        return (2 * self.sold_minor + self.orders) // (2 * self.orders) if self.orders else 0


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one currency: in all, and by day (or week, month), channel and store."""

    total: Figures
    by_day: dict[date, Figures]
    by_channel: dict[str, Figures]
    by_store: dict[int, Figures]


_SALES = """
  WITH fact AS (
    SELECT o.currency, date_trunc(%(step)s, o.sold_on)::date AS day, o.channel,
           coalesce(o.store_id, 0) AS store, 1 AS orders, coalesce(u.units, 0) AS units,
           o.total_minor::bigint AS sold, 0::bigint AS returned, o.tax_minor::bigint AS tax
      FROM orders_order o
      LEFT JOIN LATERAL (SELECT sum(l.quantity) AS units FROM orders_orderline l
                          WHERE l.order_id = o.id AND l.kind = 'product') u ON true
     WHERE o.sold_on BETWEEN %(first)s AND %(last)s
       AND (%(channel)s = '' OR o.channel = %(channel)s)
       AND (%(all)s OR coalesce(o.store_id, 0) = ANY(%(stores)s))
    UNION ALL
    SELECT o.currency, date_trunc(%(step)s, r.business_on)::date, o.channel,
           coalesce(o.store_id, 0), 0, -coalesce(u.units, 0),
           0, r.total_minor, -r.tax_minor
      FROM orders_return r
      JOIN orders_order o ON o.id = r.order_id
      LEFT JOIN LATERAL (SELECT sum(l.quantity) AS units FROM orders_returnline l
                           JOIN orders_orderline s ON s.id = l.line_id AND s.kind = 'product'
                          WHERE l.document_id = r.id) u ON true
     WHERE r.counts AND r.business_on BETWEEN %(first)s AND %(last)s
       AND (%(channel)s = '' OR o.channel = %(channel)s)
       AND (%(all)s OR coalesce(o.store_id, 0) = ANY(%(stores)s))
  )
  SELECT grouping(day, channel, store), currency, day, channel, store,
         sum(orders)::bigint, sum(units)::bigint, sum(sold)::bigint, sum(returned)::bigint,
         sum(tax)::bigint
    FROM fact
   GROUP BY GROUPING SETS ((currency), (currency, day), (currency, channel), (currency, store))
   ORDER BY currency, day, channel, store
"""


def sales(question: Question) -> list[Report]:
    """The report of each currency there is in the period, in one statement; often just one."""
    with connection.cursor() as cursor:
        cursor.execute(
            _SALES,
            {
                "first": question.first,
                "last": question.last,
                "channel": question.channel,
                "all": question.stores is None,
                "stores": list(question.stores or ()),
                "step": question.step,
            },
        )
        rows = cursor.fetchall()
    reports: dict[str, Report] = {}
    for kept_out, currency, day, channel, store, *sums in rows:
        report = reports.setdefault(currency, Report(Figures(currency), {}, {}, {}))
        figures = Figures(currency, *sums)
        if kept_out == 0b011:
            report.by_day[day] = figures
        elif kept_out == 0b101:
            report.by_channel[channel] = figures
        elif kept_out == 0b110:
            report.by_store[store] = figures
        else:
            reports[currency] = Report(figures, report.by_day, report.by_channel, report.by_store)
    return list(reports.values())


@dataclass(frozen=True, slots=True)
class Collected:
    """Pick-ups handed over in stores, whoever sold them."""

    pickups: int
    units: int


def collected(question: Question) -> Collected:
    """Pick-ups that the stores handed over in the period, by the day on the shop's clock."""
    done = Fulfilment.objects.filter(
        kind=Fulfilment.Kind.PICKUP,
        status=Fulfilment.Status.HANDED_OVER,
        closed_at__date__range=(question.first, question.last),
    )
    if question.stores is not None:
        done = done.filter(store__in=question.stores)
    if question.channel:
        done = done.filter(order__channel=question.channel)
    found = FulfilmentLine.objects.filter(fulfilment__in=done).aggregate(
        pickups=Count("fulfilment", distinct=True), units=Sum(F("quantity") - F("missing"))
    )
    return Collected(found["pickups"], found["units"] or 0)


def stores_of(user: Reader) -> tuple[int, ...] | None:
    """The stores of a reader's figures; None for those who see all and the site."""
    if sees_all_stores(user):
        return None
    return tuple(Store.objects.visible_to(user).values_list("pk", flat=True))


# --- What needs somebody now --------------------------------------------------------------------


def late_picks(user: Reader, at: datetime) -> QuerySet[Fulfilment]:
    """Pick-ups that are not ready though their promised time is over."""
    return Fulfilment.objects.visible_to(user).filter(
        status__in=[Fulfilment.Status.WAITING, Fulfilment.Status.PICKED],
        kind=Fulfilment.Kind.PICKUP,
        confirmed=True,
        promised_at__lte=at,
    )


def shortages(user: Reader) -> QuerySet[Shortage]:
    """Questions about missing goods that no shopper has answered yet."""
    return _of_orders(Shortage.objects.open(), user, "order")


def count_gaps(user: Reader, at: datetime) -> QuerySet[StockMovement]:
    """Units sold in the last seven days that the book did not have."""
    return _here(
        StockMovement.objects.filter(
            kind=StockMovement.Kind.COUNT_GAP, at__gte=at - timedelta(days=7)
        ),
        user,
    )


def refunds_due(user: Reader) -> QuerySet[Refund]:
    """Money that is decided but not given back yet."""
    rows = Refund.objects.filter(status=Refund.Status.DUE)
    return _of_orders(rows, user, "payment__order")


def stuck_payments(user: Reader, at: datetime) -> QuerySet[Payment]:
    """Payments whose outcome is unknown for more than five minutes."""
    rows = Payment.objects.filter(
        status=Payment.Status.PENDING, created_at__lte=at - timedelta(minutes=5)
    )
    return _of_orders(rows, user, "order")


def _here(rows: Any, user: Reader) -> Any:
    if sees_all_stores(user):
        return rows
    return rows.filter(location__in=StockLocation.objects.visible_to(user))


def _of_orders(rows: Any, user: Reader, way: str) -> Any:
    if sees_all_stores(user):
        return rows
    return rows.filter(**{f"{way}__in": Order.objects.visible_to(user).values("pk")})


def names_of(store_ids: Collection[int]) -> dict[int, str]:
    """Names of stores."""
    return dict(Store.objects.filter(pk__in=store_ids).values_list("pk", "name"))

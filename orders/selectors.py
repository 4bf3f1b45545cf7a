"""Reads of baskets and orders, the same for every channel."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
from django.conf import settings
from django.db.models import Prefetch, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from catalog import selectors as catalog
from catalog.models import Picture
from catalog.pricing import DeliveryPrice, Quote, QuoteLine, Want, quote
from customers.models import Customer
from inventory import selectors as stock
from loyalty.models import PointsLot
from loyalty.selectors import taken_back
from omnishop.kernel.errors import Invalid
from omnishop.kernel.money import unit_share
from omnishop.network.hours import hold_until, ready_by
from omnishop.network.models import Store
from orders.models import Basket, BasketLine, DeliveryMethod, Order, OrderLine, Payment
from orders.models.payment import REFUND_ORDER
from orders.sourcing import Taken, Wanted, choose


@dataclass(frozen=True, slots=True)
class BasketRow:
    """One line as a page shows it; `priced` is None when the article is no longer on sale."""

    line: BasketLine
    priced: QuoteLine | None
    here: int  # units at the chosen store or the till's; 0 without a store
    ship: int  # units that can be sent home
    elsewhere: int = 0  # units at the store that has most of them

    @property
    def price_changed(self) -> bool:
        return (
            self.priced is not None and self.priced.unit.amount_minor != self.line.seen_unit_minor
        )

    @property
    def key(self) -> str:
        """What the line is called in the page."""
        return str(self.line.variant_id)

    @property
    def options(self) -> str:
        """The article's options in words."""
        return ", ".join(str(value) for value in self.line.variant.options.all())

    @property
    def former_minor(self) -> int | None:
        """What the line would have cost at the former price, beside a cut (PRC-1)."""
        reference = self.priced.unit.reference_minor if self.priced else None
        return reference * self.line.quantity if reference else None

    @property
    def most(self) -> int:
        """Units that one store or one delivery can give."""
        return max(self.here, self.ship, self.elsewhere)

    @property
    def enough(self) -> bool:
        """Whether it can be had at all, at a store or sent home."""
        return self.line.quantity <= self.most


@dataclass(frozen=True, slots=True)
class BasketView:
    """A basket with its prices and stock, in the order the articles were added."""

    basket: Basket
    rows: tuple[BasketRow, ...]
    quote: Quote

    @property
    def units(self) -> int:
        return sum(row.line.quantity for row in self.rows)

    @property
    def gone(self) -> tuple[BasketRow, ...]:
        """Lines that can no longer be bought."""
        return tuple(row for row in self.rows if row.priced is None)


def wants_of(lines: list[BasketLine]) -> list[Want]:
    """What the one price function is asked for these lines."""
    return [
        Want(line.variant_id, line.quantity, line.discount_minor, line.discount_reason)
        for line in lines
    ]


def basket_view(
    basket: Basket, *, at: datetime, delivery: DeliveryPrice | None = None
) -> BasketView:
    """The basket as every channel shows it. Seven statements at the most, whatever its length."""
    rows, priced = priced_rows(
        basket.lines.all(),
        at=at,
        store_id=basket.store_id,
        at_till=basket.till_id is not None,
        delivery=delivery,
    )
    return BasketView(basket=basket, rows=rows, quote=priced)


def priced_rows(
    found: QuerySet[BasketLine],
    *,
    at: datetime,
    store_id: int | None,
    at_till: bool = False,
    delivery: DeliveryPrice | None = None,
) -> tuple[tuple[BasketRow, ...], Quote]:
    """Lines with today's prices and stock, and their sum; on the site or at a store's till."""
    lines = list(
        found.select_related("variant__product").prefetch_related(
            "variant__options__option",
            Prefetch("variant__product__pictures", Picture.objects.order_by("position", "pk")),
        )
    )
    ids = [line.variant_id for line in lines]
    prices = catalog.prices(
        ids,
        at=at,
        channel="till" if at_till else "web",
        store_id=store_id if at_till else None,
    )
    priced = quote(
        wants_of([line for line in lines if line.variant_id in prices]), prices, delivery=delivery
    )
    by_variant = {line.variant_id: line for line in priced.lines}
    if at_till:
        at_stores = stock.free_by_store(ids, at=at, online=False)
        to_ship = stock.free_to_ship(ids, at=at)
    else:
        at_stores, to_ship = stock.free_online(ids, at=at)
    rows = tuple(
        BasketRow(
            line=line,
            priced=by_variant.get(line.variant_id),
            here=at_stores[line.variant_id].get(store_id or 0, 0),
            ship=to_ship.get(line.variant_id, 0),
            elsewhere=0 if at_till else max(at_stores[line.variant_id].values(), default=0),
        )
        for line in lines
    )
    return rows, priced


@dataclass(frozen=True, slots=True)
class Summary:
    """What checkout shows beside every step (C5): the articles on sale, and the full sum."""

    lines: tuple[BasketLine, ...]
    quote: Quote
    method: DeliveryMethod | None

    @property
    def rows(self) -> list[tuple[BasketLine, QuoteLine]]:
        return list(zip(self.lines, self.quote.lines, strict=True))


def summary(basket: Basket, *, method: DeliveryMethod | None, at: datetime) -> Summary:
    """The basket as checkout prices it; with a delivery, what that costs. Three statements."""
    lines = list(
        basket.lines.select_related("variant__product").prefetch_related("variant__options")
    )
    prices = catalog.prices([line.variant_id for line in lines], at=at)
    lines = [line for line in lines if line.variant_id in prices]
    goods = sum(prices[line.variant_id].amount_minor * line.quantity for line in lines)
    delivery = delivery_price(method, goods, at=at) if method else None
    return Summary(
        lines=tuple(lines), quote=quote(wants_of(lines), prices, delivery=delivery), method=method
    )


@dataclass(frozen=True, slots=True)
class PickupOffer:
    """What one store can do for a whole basket: everything, a part, nothing (UX S2)."""

    store: Store
    available: int  # units
    wanted: int
    ready_at: datetime | None
    kept_until: datetime | None
    distance_km: float | None = None

    @property
    def metres(self) -> int | None:
        return None if self.distance_km is None else round(self.distance_km * 1000)

    @property
    def everything(self) -> bool:
        return self.available >= self.wanted and self.ready_at is not None


def pickup_offers(
    wanted: list[Wanted], *, at: datetime, near: tuple[float, float] | None = None
) -> list[PickupOffer]:
    """Every store's answer for the whole basket, complete ones first, then nearest (FIELD 13)."""
    units: dict[int, int] = {}
    for want in wanted:
        units[want.variant_id] = units.get(want.variant_id, 0) + want.quantity
    free = stock.free_by_store(units, at=at)
    offers = []
    for store in Store.objects.open_to_shoppers().filter(offers_pickup=True):
        ready = ready_by(store, at)
        offers.append(
            PickupOffer(
                store=store,
                available=sum(
                    min(quantity, free[variant_id].get(store.pk, 0))
                    for variant_id, quantity in units.items()
                ),
                wanted=sum(units.values()),
                ready_at=ready,
                kept_until=hold_until(store, ready) if ready else None,
                distance_km=store.distance_km(*near) if near else None,
            )
        )
    return sorted(
        offers,
        key=lambda offer: (
            not offer.everything,
            -offer.available,
            offer.distance_km or 0.0,
            offer.store.name,
        ),
    )


def delivery_price(method: DeliveryMethod, goods_minor: int, *, at: datetime) -> DeliveryPrice:
    """What this way of delivery costs for goods of that sum."""
    return DeliveryPrice(
        name=method.name,
        amount_minor=method.price_for(goods_minor),
        tax_bp=catalog.tax_rate(method.tax_category.code, at=at),
    )


def arrives_on(method: DeliveryMethod, at: datetime) -> date:
    """The day a delivery ordered now arrives: its working days from tomorrow on (CST-7)."""
    day = at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    free = holidays.country_holidays(settings.VAT_TERRITORY)
    left = method.working_days
    while left:
        day += timedelta(days=1)
        if day.weekday() < 5 and day not in free:
            left -= 1
    return day


def arrival_day(order: Order) -> date | None:
    """The day a parcel of this order was promised for; None without a delivery we still know."""
    line = next((one for one in order.lines.all() if one.kind == OrderLine.Kind.DELIVERY), None)
    if line is None:
        return None
    method = DeliveryMethod.objects.filter(Q(name_fr=line.name) | Q(name_en=line.name)).first()
    return arrives_on(method, order.paid_at or order.placed_at) if method else None


def sources(
    wanted: list[Wanted], *, at: datetime, store_id: int | None = None
) -> list[Taken] | None:
    """From where the goods would come: from the store that hands them over, or without one from
    the locations that ship. None when something is lacking.
    """
    found = stock.sources({want.variant_id for want in wanted}, at=at, store_id=store_id)
    return choose(wanted, found.free, found.ranked)


def history(customer: Customer) -> list[Order]:
    """A person's orders of all channels, newest first, with what pages show of them (A1)."""
    return list(
        Order.objects.of(customer)
        .exclude(status=Order.Status.AWAITING_PAYMENT)
        .select_related("store", "till")
        .prefetch_related("lines", "fulfilments__store")[:100]
    )


def basket_units(basket: Basket) -> int:
    """How many articles are in a basket, for the header."""
    return basket.lines.aggregate(units=Sum("quantity", default=0))["units"] or 0


def returned_totals(line: OrderLine, units: int) -> tuple[int, int]:
    """What the next units of a line refund, and the VAT in it: what was paid for just these."""
    first = line.cancelled + line.returned
    return (
        unit_share(line.total_minor, line.quantity, first, units),
        unit_share(line.tax_minor, line.quantity, first, units),
    )


def line_left(line: OrderLine) -> int:
    """Units of a line that were neither cancelled nor brought back."""
    return line.quantity - line.cancelled - line.returned


def returned_points(lot: PointsLot, line: OrderLine, units: int, *, left: int) -> int:
    """Of the points a line earned, those of `units` out of the `left` that it still counts for.

    Each unit takes its share of what the lot is still good for, the last one the rest; units
    cancelled after the line earned count as well: a parcel that never left (FIELD 24).
    """
    taken = taken_back(account_id=lot.account_id, document=lot.document, line=line.position)
    return unit_share(lot.points - taken, left, 0, units)


def refund_plan(payments: Iterable[Payment], amount_minor: int) -> list[tuple[Payment, int]]:
    """Which tenders give the money back, each at the most what it paid and did not refund."""
    plan, left = [], amount_minor
    for payment in sorted(
        payments, key=lambda one: (REFUND_ORDER.index(Payment.Method(one.method)), one.pk)
    ):
        part = min(left, payment.captured_minor - payment.refunded_minor)
        if part > 0:
            plan.append((payment, part))
            left -= part
    return plan


def with_delivery(order: Order, units: Mapping[int, int], *, handed_over: bool) -> dict[int, int]:
    """The units, and the delivery with them when they are the last of the order (CST-4)."""
    wanted = {pk: count for pk, count in units.items() if count}
    lines = list(order.lines.all())
    goods = [line for line in lines if line.kind == OrderLine.Kind.PRODUCT]
    if wanted and all(
        line.quantity == line.cancelled + line.returned + wanted.get(line.pk, 0) for line in goods
    ):
        for line in lines:
            if line.kind == OrderLine.Kind.DELIVERY:
                left = line.fulfilled - line.returned if handed_over else line.pending
                wanted |= {line.pk: left} if left else {}
    return wanted


@dataclass(frozen=True, slots=True)
class ReturnPreview:
    """What taking goods back would do, before anyone confirms it (UX T13)."""

    lines: tuple[tuple[OrderLine, int, int], ...]  # line, units, refunded
    total_minor: int
    tenders: tuple[tuple[Payment, int], ...]
    points_taken: int
    points_given: int


def return_preview(order: Order, units: Mapping[int, int]) -> ReturnPreview:
    """Money and points of a return of order line id → units. Raises Invalid as the return would."""
    wanted = with_delivery(order, units, handed_over=True)
    found = [line for line in order.lines.order_by("position") if line.pk in wanted]
    if not found or len(found) != len(wanted):
        raise Invalid(_("Choose at least one article."))
    lines = []
    for line in found:
        left = line.fulfilled - line.returned
        if not 0 < wanted[line.pk] <= left:
            raise Invalid(
                _("%(name)s: %(left)s can be taken back, not more.")
                % {"name": line.name, "left": left}
            )
        lines.append((line, wanted[line.pk], returned_totals(line, wanted[line.pk])[0]))
    total = sum(refund for _line, _units, refund in lines)
    tenders = refund_plan(order.payments.all(), total)
    earned = {
        lot.line: lot
        for lot in PointsLot.objects.filter(
            document=order.number, line__in=[line.position for line in found]
        )
    }
    return ReturnPreview(
        lines=tuple(lines),
        total_minor=total,
        tenders=tuple(tenders),
        points_taken=sum(
            returned_points(earned[line.position], line, count, left=line_left(line))
            for line, count, _refund in lines
            if line.position in earned
        ),
        points_given=sum(
            -(-part // (payment.amount_minor // payment.points))  # as much as was paid, rounded up
            for payment, part in tenders
            if payment.method == Payment.Method.POINTS and payment.points
        ),
    )

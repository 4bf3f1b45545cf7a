"""Reads of baskets and orders, the same for every channel."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import Prefetch, QuerySet, Sum
from django.utils.translation import gettext as _

from catalog.models import Picture
from catalog.pricing import DeliveryPrice, PriceBook, Quote, QuoteLine, UnitPrice, Want, quote
from customers.models import Customer
from inventory.availability import AROUND, Around, stock
from loyalty.models import PointsLot
from omnishop.kernel.errors import Invalid
from omnishop.kernel.language import site_language
from omnishop.kernel.money import unit_share
from omnishop.kernel.templatetags.omnishop import money
from orders import offers
from orders.books import book_of
from orders.models import Basket, BasketLine, DeliveryMethod, Order, OrderLine, Payment, Refund
from orders.models.payment import REFUND_ORDER


@dataclass(frozen=True, slots=True)
class PricedRow:
    """One line of a basket; `priced` is None when the article is no longer on sale."""

    line: BasketLine
    priced: QuoteLine | None

    @property
    def price_changed(self) -> bool:
        return (
            self.priced is not None and self.priced.unit.amount_minor != self.line.seen_unit_minor
        )


@dataclass(frozen=True, slots=True)
class BasketRow(PricedRow):
    """One line as the site shows it."""

    here: int  # units at the chosen store or the till's; 0 without a store
    ship: int  # units that can be sent home
    elsewhere: int = 0  # units at the store that has most of them

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
    def discount(self) -> str:
        """What was taken off the line, and by which promotions; nothing when nothing was."""
        if self.priced is None or not self.priced.discount_minor:
            return ""
        return f"−{money(self.priced.discount_minor)} · {self.priced.discount_reason}"

    @property
    def most(self) -> int:
        """Units that one store or one delivery can give."""
        return max(self.here, self.ship, self.elsewhere)

    @property
    def enough(self) -> bool:
        """Whether it can be had at all, at a store or sent home."""
        return self.line.quantity <= self.most


@dataclass(frozen=True, slots=True)
class SaleRow(PricedRow):
    """One line as a till shows it."""

    sku: str
    name: str
    options: list[str]
    stock: Around

    @property
    def enough(self) -> bool:
        """Whether the books say that the shop has as many."""
        return self.line.quantity <= self.stock.here


Row = TypeVar("Row", bound=PricedRow)


@dataclass(frozen=True, slots=True)
class BasketView(Generic[Row]):
    """A basket with its prices and stock, in the order the articles were added."""

    basket: Basket
    rows: tuple[Row, ...]
    quote: Quote

    @property
    def units(self) -> int:
        return sum(row.line.quantity for row in self.rows)

    @property
    def gone(self) -> tuple[Row, ...]:
        """Lines that can no longer be bought."""
        return tuple(row for row in self.rows if row.priced is None)


def wants_of(lines: list[BasketLine], *, till: bool = False) -> list[Want]:
    """What the one price function is asked for these lines; a till's leave, but for those that it
    orders to be sent.
    """
    return [
        Want(
            line.variant_id,
            line.quantity,
            line.discount_minor,
            line.discount_reason,
            sent=line.handover == BasketLine.Handover.DELIVERY or not till,
            pack_minor=line.pack_minor,
            pack_g=line.pack_g,
        )
        for line in lines
    ]


def unit_of(line: BasketLine, book: PriceBook) -> UnitPrice | None:
    """What one unit or pack of a line costs; None when it is not sold here and now."""
    return book.unit(line.variant_id, pack_minor=line.pack_minor, pack_g=line.pack_g)


def basket_view(
    basket: Basket, *, at: datetime, delivery: DeliveryPrice | None = None
) -> BasketView[BasketRow]:
    """The basket as the site shows it, without the packs that a till has put into it. Seven
    statements at the most, whatever its length.
    """
    rows, priced = priced_rows(basket, basket.lines.filter(label=""), at=at, delivery=delivery)
    return BasketView(basket=basket, rows=rows, quote=priced)


def priced_rows(
    basket: Basket,
    found: QuerySet[BasketLine],
    *,
    at: datetime,
    delivery: DeliveryPrice | None = None,
) -> tuple[tuple[BasketRow, ...], Quote]:
    """Lines with today's prices and stock, and their sum, as the site has them for the person and
    the codes of a basket.
    """
    lines = list(
        found.select_related("variant__product").prefetch_related(
            "variant__options__attribute",
            Prefetch("variant__product__pictures", Picture.objects.order_by("position", "pk")),
        )
    )
    ids = [line.variant_id for line in lines]
    book = book_of(basket, ids, at=at)
    priced = quote(
        wants_of([line for line in lines if line.variant_id in book]), book, delivery=delivery
    )
    by_variant = {line.variant_id: line for line in priced.lines}
    free = stock(ids, at=at)
    rows = tuple(
        BasketRow(
            line=line,
            priced=by_variant.get(line.variant_id),
            here=free.in_store(line.variant_id, basket.store_id),
            ship=free.to_ship(line.variant_id),
            elsewhere=free.most(line.variant_id),
        )
        for line in lines
    )
    return rows, priced


def sale_sql(lines: str) -> str:
    """A till's lines with what it shows of them, out of a table or a query of `BasketLine` rows.

    Parameters: %(basket)s, %(store)s, %(at)s. For `BasketLine.objects.raw`.
    """
    words = (
        f"coalesce(nullif({{0}}.name_{site_language()}, ''), nullif({{0}}.name_fr, ''), {{0}}.name)"
    )
    return f"""
        SELECT l.*, v.sku, {words.format("d")} AS product_name,
               ARRAY(SELECT {words.format("o")} FROM catalog_variant_options vo
                       JOIN catalog_attributevalue o ON o.id = vo.attributevalue_id
                       JOIN catalog_attribute k ON k.id = o.attribute_id
                      WHERE vo.variant_id = v.id ORDER BY k.position, o.position, o.id) AS options,
               a.*
          FROM {lines} l
          JOIN catalog_variant v ON v.id = l.variant_id
          JOIN catalog_product d ON d.id = v.product_id
         CROSS JOIN {AROUND} a
         WHERE l.basket_id = %(basket)s
         ORDER BY l.id"""  # noqa: S608  constants of ours


def sale_of(basket: Basket, lines: Iterable[Any], book: PriceBook) -> BasketView[SaleRow]:
    """The sale of lines that `sale_sql` read; lines without a price are shown as gone."""
    lines = list(lines)
    sold = [line for line in lines if unit_of(line, book)]
    priced = quote(wants_of(sold, till=True), book)
    by_line = {line.pk: quoted for line, quoted in zip(sold, priced.lines, strict=True)}
    rows = tuple(
        SaleRow(
            line=line,
            priced=by_line.get(line.pk),
            sku=line.sku,
            name=line.product_name,
            options=line.options,
            stock=Around(line.here, line.nearby, line.nearby_units, line.ship),
        )
        for line in lines
    )
    return BasketView(basket=basket, rows=rows, quote=priced)


def sale_view(basket: Basket, *, at: datetime) -> BasketView[SaleRow]:
    """The basket as a till shows it. Two statements, whatever its length; one more for a known
    person or a code.
    """
    lines = list(
        BasketLine.objects.raw(
            sale_sql("orders_basketline"),
            {"basket": basket.pk, "store": basket.store_id, "at": at},
        )
    )
    return sale_of(basket, lines, book_of(basket, [line.variant_id for line in lines], at=at))


@dataclass(frozen=True, slots=True)
class Summary:
    """What checkout shows beside every step (C5): the articles on sale, and the full sum."""

    lines: tuple[BasketLine, ...]
    quote: Quote
    method: DeliveryMethod | None

    @property
    def rows(self) -> list[tuple[BasketLine, QuoteLine]]:
        return list(zip(self.lines, self.quote.lines, strict=True))


def summary(
    basket: Basket, *, method: DeliveryMethod | None, at: datetime, email: str = ""
) -> Summary:
    """The basket as checkout prices it for the address given there; with a delivery, what that
    costs. Three statements.
    """
    lines = list(
        basket.lines.filter(label="")
        .select_related("variant__product")
        .prefetch_related("variant__options")
    )
    book = book_of(basket, [line.variant_id for line in lines], at=at, email=email)
    lines = [line for line in lines if line.variant_id in book]
    delivery = offers.delivery_price(method, at=at) if method else None
    return Summary(
        lines=tuple(lines), quote=quote(wants_of(lines), book, delivery=delivery), method=method
    )


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
    return unit_share(lot.points - lot.taken_back, left, 0, units)


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


def cash_due(order_id: int) -> QuerySet[Refund]:
    """Cash to give out on an order: what was cancelled while nobody stood at the till."""
    return Refund.objects.filter(
        payment__order=order_id, payment__method=Payment.Method.CASH, status=Refund.Status.DUE
    ).select_related("payment")


def with_delivery(order: Order, units: Mapping[int, int], *, handed_over: bool) -> dict[int, int]:
    """The units, and the delivery with them when they are the last that it brings (CST-4).

    What is collected in a store was not brought: a till's sale may have both.
    """
    wanted = {pk: count for pk, count in units.items() if count}
    lines = list(order.lines.all())
    goods = [
        line
        for line in lines
        if line.kind == OrderLine.Kind.PRODUCT and line.collecting_store_id is None
    ]
    if (
        goods
        and any(line.pk in wanted for line in goods)
        and all(
            line.quantity == line.cancelled + line.returned + wanted.get(line.pk, 0)
            for line in goods
        )
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

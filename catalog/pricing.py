"""The one price function, pure given its data (DESIGN 3.4).

Site, till, service desk and API all show what `quote` says. `catalog.selectors.prices` loads
the data it needs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from omnishop.kernel.errors import Refusal
from omnishop.kernel.money import VatRow, vat_by_line, vat_rows

REFERENCE_DAYS = 30  # PRC-1


class NotSold(Refusal):
    """An article has no price here and now: it is not sold in this place."""

    code = "not_sold"


@dataclass(frozen=True, slots=True)
class PricePoint:
    """A price consumers could pay, from an instant up to another (None: until further notice)."""

    amount_minor: int
    valid_from: datetime
    valid_to: datetime | None


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """What one unit costs now, tax included, and the former price to show beside a cut."""

    amount_minor: int
    tax_bp: int
    reference_minor: int | None = None  # lowest price of the 30 days before the cut, PRC-1
    eco_minor: int = 0  # eco-participation, inside the price, VAT-9

    @property
    def cut_bp(self) -> int:
        """The price cut in basis points of the reference, to a tenth of a percent (PRC-1); 0 when
        there is none.
        """
        if not self.reference_minor or self.reference_minor <= self.amount_minor:
            return 0
        cut = self.reference_minor - self.amount_minor
        return (2 * cut * 1000 + self.reference_minor) // (2 * self.reference_minor) * 10


def reference_price(history: Sequence[PricePoint], at: datetime) -> int | None:
    """The former price to show beside the price in force at `at`, or None when that is no cut.

    It is the lowest price of the 30 days before the cut; of successive cuts, before the first
    (C. conso L112-1-1, DOMAIN PRC-1, PRC-2).
    """
    points = sorted(history, key=lambda point: point.valid_from)
    now = next(
        (
            i
            for i, point in enumerate(points)
            if point.valid_from <= at and (point.valid_to is None or at < point.valid_to)
        ),
        None,
    )
    if now is None:
        return None
    first = now
    while first > 0 and points[first - 1].amount_minor > points[first].amount_minor:
        if points[first - 1].valid_to != points[first].valid_from:
            break  # not sold in between: an earlier price is no former price
        first -= 1
    if first == now:
        return None
    cut_at = points[first + 1].valid_from
    window = cut_at - timedelta(days=REFERENCE_DAYS)
    before = [
        point.amount_minor
        for point in points
        if point.valid_from < cut_at and (point.valid_to is None or point.valid_to > window)
    ]
    reference = min(before)
    return reference if reference > points[now].amount_minor else None


@dataclass(frozen=True, slots=True)
class Want:
    """A line someone means to buy. `discount_minor` is a till's, on the whole line."""

    variant_id: int
    quantity: int
    discount_minor: int = 0
    discount_reason: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryPrice:
    """What bringing it home costs, tax included."""

    name: str
    amount_minor: int
    tax_bp: int


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """One priced line. Amounts are tax included."""

    variant_id: int
    quantity: int
    unit: UnitPrice
    discount_minor: int
    discount_reason: str
    total_minor: int
    tax_minor: int  # its share of the document's VAT, VAT-3


@dataclass(frozen=True, slots=True)
class Quote:
    """A priced basket: lines, delivery, VAT per rate, the full sum to pay (VAT-2)."""

    lines: tuple[QuoteLine, ...]
    delivery: DeliveryPrice | None
    delivery_tax_minor: int
    vat: tuple[VatRow, ...]
    currency: str
    goods_minor: int = field(default=0)

    @property
    def total_minor(self) -> int:
        return self.goods_minor + (self.delivery.amount_minor if self.delivery else 0)

    @property
    def tax_minor(self) -> int:
        return sum(row.tax_minor for row in self.vat)

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)


def quote(
    wants: Sequence[Want],
    prices: Mapping[int, UnitPrice],
    *,
    delivery: DeliveryPrice | None = None,
    currency: str = "EUR",
) -> Quote:
    """Price a basket in any channel; the same wants and prices always give the same quote.

    Raises NotSold when an article has no price in `prices`, Refusal when a discount is larger
    than its line.
    """
    totals: list[int] = []
    for want in wants:
        if want.variant_id not in prices:
            raise NotSold(_("This article is no longer on sale."), variant_id=want.variant_id)
        total = prices[want.variant_id].amount_minor * want.quantity - want.discount_minor
        if total < 0:
            raise Refusal(_("The discount is larger than the price of the line."))
        totals.append(total)
    rated = [
        (total, prices[want.variant_id].tax_bp) for want, total in zip(wants, totals, strict=True)
    ]
    if delivery:
        rated.append((delivery.amount_minor, delivery.tax_bp))
    taxes = vat_by_line(rated)
    lines = tuple(
        QuoteLine(
            variant_id=want.variant_id,
            quantity=want.quantity,
            unit=prices[want.variant_id],
            discount_minor=want.discount_minor,
            discount_reason=want.discount_reason,
            total_minor=total,
            tax_minor=tax,
        )
        for want, total, tax in zip(wants, totals, taxes[: len(totals)], strict=True)
    )
    return Quote(
        lines=lines,
        delivery=delivery,
        delivery_tax_minor=taxes[-1] if delivery else 0,
        vat=tuple(vat_rows(rated)),
        currency=currency,
        goods_minor=sum(totals),
    )

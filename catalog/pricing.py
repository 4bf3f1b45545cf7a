"""The one price function, pure given its data (DESIGN 3.4).

Site, till, service desk and API all show what `quote` says. `catalog.book.price_book` loads the
data it needs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from catalog.gs1 import by_kilogram
from catalog.offers import Applied, BundleSet, Context, Line, Missed, Offer, Why
from catalog.promotions import apply
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


def of_weight(kilo_minor: int, grams: int) -> int:
    """What a weight costs at a price per kilogram, half up to the minor unit."""
    return (2 * kilo_minor * grams + 1000) // 2000


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """What one unit costs now, tax included, and the former price to show beside a cut."""

    amount_minor: int
    tax_bp: int
    reference_minor: int | None = None  # lowest price of the 30 days before the cut, PRC-1
    eco_minor: int = 0  # eco-participation, inside the price, VAT-9
    public_minor: int | None = None  # everybody's price, beside a lower one of a customer group
    content: int | None = None  # in `measure`
    measure: str = ""  # "g", "ml", "mm" or "piece"
    product_id: int = 0
    brand_id: int | None = None
    category_path: str = ""
    kilo_minor: int | None = None  # of a pack that is sold by weight: the price per kilogram

    @property
    def per_unit_minor(self) -> int | None:
        """The unit price: per kilogram, litre, metre or piece, half up; None without a content
        (PRC-3).
        """
        if self.kilo_minor is not None:
            return self.kilo_minor
        if not self.content or (self.measure == "piece" and self.content == 1):
            return None
        amount = self.amount_minor * (1 if self.measure == "piece" else 1000)
        return (2 * amount + self.content) // (2 * self.content)

    @property
    def per_unit_label(self) -> str:
        """What the unit price is per."""
        return {
            "g": pgettext("unit price", "kg"),
            "ml": pgettext("unit price", "litre"),
            "mm": pgettext("unit price", "metre"),
            "piece": pgettext("unit price", "piece"),
        }.get(self.measure, "")

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
class PriceBook:
    """All that prices a basket: the prices of its articles, the offers and sets of the house, and
    for whom, where and when.
    """

    prices: Mapping[int, UnitPrice]
    context: Context | None = None  # None: no promotion is looked at
    offers: Sequence[Offer] = ()
    sets: Sequence[BundleSet] = ()

    def __contains__(self, variant_id: int) -> bool:
        return variant_id in self.prices

    def unit(
        self, variant_id: int, *, pack_minor: int | None = None, pack_g: int | None = None
    ) -> UnitPrice | None:
        """What one unit costs, or a pack of it that a scale labelled with its price or its weight.

        The price on a label is what the shopper was shown, and includes VAT. A weight is priced by
        the kilogram, half up. None when the article has no price here, or the pack none because
        the article is not priced by the kilogram.
        """
        unit = self.prices.get(variant_id)
        if unit is None or (pack_minor is None and pack_g is None):
            return unit
        # Former price and everybody's are those of the article, not of this pack.
        pack = replace(unit, reference_minor=None, public_minor=None, content=None, measure="")
        if pack_minor is not None:
            return replace(pack, amount_minor=pack_minor)
        if pack_g is None or not by_kilogram(unit.content, unit.measure):
            return None
        return replace(
            pack,
            amount_minor=of_weight(unit.amount_minor, pack_g),
            eco_minor=of_weight(unit.eco_minor, pack_g),
            content=pack_g,
            measure="g",
            kilo_minor=unit.amount_minor,
        )


@dataclass(frozen=True, slots=True)
class Want:
    """A line someone means to buy. `discount_minor` is a till's, on the whole line; what is not
    `sent` leaves the shop and does not count for the price of a delivery. What a scale labelled
    has the price or the weight of one pack.
    """

    variant_id: int
    quantity: int
    discount_minor: int = 0
    discount_reason: str = ""
    sent: bool = True
    pack_minor: int | None = None
    pack_g: int | None = None


@dataclass(frozen=True, slots=True)
class DeliveryPrice:
    """What bringing it home costs, tax included; nothing from a sum of goods on."""

    name: str
    amount_minor: int
    tax_bp: int
    free_from_minor: int | None = None


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """One priced line. Amounts are tax included; the discount is the till's and all promotions'."""

    variant_id: int
    quantity: int
    unit: UnitPrice
    discount_minor: int
    discount_reason: str
    total_minor: int
    tax_minor: int  # its share of the document's VAT, VAT-3
    hand_minor: int = 0  # of the discount, what a till gave by hand
    hand_reason: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """A priced basket: lines, delivery, VAT per rate, the full sum to pay (VAT-2), and what each
    promotion gave, or why it gave nothing.
    """

    lines: tuple[QuoteLine, ...]
    delivery: DeliveryPrice | None
    delivery_tax_minor: int
    vat: tuple[VatRow, ...]
    currency: str
    goods_minor: int = field(default=0)
    applied: tuple[Applied, ...] = ()
    missed: tuple[Missed, ...] = ()

    @property
    def total_minor(self) -> int:
        return self.goods_minor + (self.delivery.amount_minor if self.delivery else 0)

    @property
    def tax_minor(self) -> int:
        return sum(row.tax_minor for row in self.vat)

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def delivers_free(self) -> bool:
        """Whether a promotion would pay for the delivery of what is priced without one."""
        return any(one.why == Why.NO_DELIVERY for one in self.missed)

    @property
    def undiscounted_minor(self) -> int:
        """What the goods cost before any discount."""
        return sum(line.total_minor + line.discount_minor for line in self.lines)


def quote(
    wants: Sequence[Want],
    book: PriceBook,
    *,
    delivery: DeliveryPrice | None = None,
    currency: str = "EUR",
) -> Quote:
    """Price a basket in any channel; the same wants and book always give the same quote.

    Raises NotSold when an article has no price in the book, Refusal when a discount by hand is
    larger than its line.
    """
    units = [_unit(want, book) for want in wants]
    lines = [_line(want, unit, book) for want, unit in zip(wants, units, strict=True)]
    context = book.context
    outcome = None
    if context:
        outcome = apply(
            lines,
            book.offers,
            [
                (one, book.prices[one.variant_id].amount_minor)
                for one in book.sets
                if one.variant_id in book
            ],
            context,
            delivery_minor=delivery.amount_minor if delivery else None,
            free_from_minor=delivery.free_from_minor if delivery else None,
        )
    goods = sum(line.left for line in lines)
    if delivery:
        free = outcome is not None and outcome.delivery_free
        amount = 0 if free else _delivered(delivery, lines)
        delivery = replace(delivery, amount_minor=amount or 0)
    taxed = [(line.left, unit.tax_bp) for unit, line in zip(units, lines, strict=True)]
    if delivery:
        taxed.append((delivery.amount_minor, delivery.tax_bp))
    taxes = vat_by_line(taxed)
    applied = tuple(outcome.applied) if outcome else ()
    return Quote(
        lines=tuple(
            QuoteLine(
                variant_id=want.variant_id,
                quantity=want.quantity,
                unit=units[i],
                discount_minor=line.unit_minor * line.quantity - line.left,
                discount_reason=_reason(want, i, applied),
                total_minor=line.left,
                tax_minor=taxes[i],
                hand_minor=want.discount_minor,
                hand_reason=want.discount_reason,
            )
            for i, (want, line) in enumerate(zip(wants, lines, strict=True))
        ),
        delivery=delivery,
        delivery_tax_minor=taxes[-1] if delivery else 0,
        vat=tuple(vat_rows(taxed)),
        currency=currency,
        goods_minor=goods,
        applied=applied,
        missed=tuple(outcome.missed) if outcome else (),
    )


def _unit(want: Want, book: PriceBook) -> UnitPrice:
    unit = book.unit(want.variant_id, pack_minor=want.pack_minor, pack_g=want.pack_g)
    if unit is None:
        raise NotSold(_("This article is no longer on sale."), variant_id=want.variant_id)
    return unit


def _line(want: Want, unit: UnitPrice, book: PriceBook) -> Line:
    left = unit.amount_minor * want.quantity - want.discount_minor
    if left < 0:
        raise Refusal(_("The discount is larger than the price of the line."))
    return Line(
        variant_id=want.variant_id,
        product_id=unit.product_id,
        brand_id=unit.brand_id,
        category_path=unit.category_path,
        quantity=want.quantity,
        unit_minor=unit.amount_minor,
        floor=unit.eco_minor * want.quantity,
        left=left,
        cut=book.prices[want.variant_id].cut_bp > 0,
        sent=want.sent,
        packed=want.pack_minor is not None or want.pack_g is not None,
    )


def _delivered(delivery: DeliveryPrice | None, lines: Sequence[Line]) -> int | None:
    """What delivery costs for goods as they are discounted; None when nothing is delivered."""
    if delivery is None:
        return None
    goods = sum(line.left for line in lines if line.sent)
    free = delivery.free_from_minor is not None and goods >= delivery.free_from_minor
    return 0 if free else delivery.amount_minor


def name_in(names: Mapping[str, str]) -> str:
    """A name in the reader's language, else in another."""
    language = (get_language() or "fr")[:2]
    return names.get(language) or next((name for name in names.values() if name), "")


def _reason(want: Want, index: int, applied: Sequence[Applied]) -> str:
    """Why a line costs less, in a few words."""
    reasons = [want.discount_reason] if want.discount_reason else []
    reasons += [
        name_in(one.names)
        for one in applied
        if not one.deferred and any(i == index for i, _amount in one.shares)
    ]
    return ", ".join(reasons)[:80]

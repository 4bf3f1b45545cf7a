"""What lists and product pages announce: offers that anybody has on an article, without a code."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from catalog.offers import Line, eligible, outside
from catalog.pricing import PriceBook, UnitPrice, name_in


@dataclass(frozen=True, slots=True)
class Announced:
    """An offer by its name, its last minute, and the code of its operation, which has a page."""

    name: str
    operation: str
    until: datetime


def announced(book: PriceBook, units: Collection[UnitPrice]) -> tuple[Announced, ...]:
    """The offers of a book that count for one of these articles here and now, for everybody.

    Offers on the whole basket are not about an article and left out. No statement: the book has
    them.
    """
    context = book.context
    if context is None:
        return ()
    found = [
        offer
        for offer in book.offers
        if offer.chosen
        and outside(offer, context) is None
        and any(eligible(offer, [line_of(unit)]) for unit in units)
    ]
    found.sort(key=lambda offer: (offer.priority, offer.id))
    return tuple(
        Announced(name_in(offer.names), offer.operation, offer.ends_at - timedelta(minutes=1))
        for offer in found
    )


def line_of(unit: UnitPrice) -> Line:
    """A unit of an article as promotions look at it."""
    return Line(
        variant_id=0,
        product_id=unit.product_id,
        brand_id=unit.brand_id,
        category_path=unit.category_path,
        quantity=1,
        unit_minor=unit.amount_minor,
        floor=0,
        left=unit.amount_minor,
        cut=unit.cut_bp > 0,
    )

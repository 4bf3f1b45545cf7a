"""Does my shop take part? The same answer at the desk, at the till and on the site (UX V3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from catalog.book import price_book
from catalog.models import Promotion
from catalog.offers import Shopper
from catalog.pricing import Want, name_in, quote
from catalog.promotion_words import why
from omnishop.network.models import Store

NEAREST = 3  # participating stores that are named


@dataclass(frozen=True, slots=True)
class Participation:
    """Whether a promotion counts for what is asked, in words; and where else it does."""

    promotion: Promotion
    name: str
    applies: bool
    amount_minor: int  # taken off, or paid back afterwards
    words: str  # why not; nothing when it applies
    nearest: tuple[tuple[Store, float], ...]  # other stores that take part, and their distance


def participation(
    wants: Sequence[Want],
    *,
    at: datetime,
    channel: str,
    store: Store | None = None,
    shopper: Shopper | None = None,
) -> list[Participation]:
    """The answer of every promotion for a product or a basket, a person, a store and a moment:
    those that apply first. Four statements, whatever their number.
    """
    book = price_book(
        [want.variant_id for want in wants],
        at=at,
        channel=channel,
        store_id=store.pk if store else None,
        shopper=shopper,
    )
    priced = quote([want for want in wants if want.variant_id in book], book)
    found = Promotion.objects.select_related("operation").in_bulk(
        [offer.id for offer in book.offers]
    )
    places = {offer.id: offer.stores for offer in book.offers}
    stores = list(Store.objects.open_to_shoppers())
    answers = []
    for applied in priced.applied:
        if promotion := found.get(applied.promotion_id or 0):
            answers.append(
                Participation(promotion, name_in(applied.names), True, applied.amount_minor, "", ())
            )
    for missed in priced.missed:
        if promotion := found.get(missed.promotion_id or 0):
            others = [one for one in stores if one != store]
            taking = [one for one in others if one.pk in places[promotion.pk]]
            answers.append(
                Participation(
                    promotion,
                    name_in(missed.names),
                    False,
                    0,
                    why(missed),
                    _by_distance(taking, store)[:NEAREST],
                )
            )
    return answers


def _by_distance(stores: Sequence[Store], near: Store | None) -> tuple[tuple[Store, float], ...]:
    if near is None:
        return tuple((store, 0.0) for store in stores)
    measured = [(store, store.distance_km(near.latitude, near.longitude)) for store in stores]
    return tuple(sorted(measured, key=lambda one: (one[1], one[0].pk)))

"""What a product's page tells beside its article: sheet, files, sets, what goes with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.utils.text import slugify
from django.views.decorators.http import require_GET

from catalog.about import About, Beside, Paper, Part, format_measure
from catalog.models import BundleItem, Document, Product, RelatedProduct
from catalog.pricing import UnitPrice
from inventory.availability import Stock, stock
from omnishop.channels.storefront.cards import Card
from omnishop.channels.storefront.context import Request
from omnishop.kernel.language import site_language

LANGUAGES = {"fr": "français", "en": "English"}


@dataclass(frozen=True, slots=True)
class Download:
    """A document with its size and language."""

    paper: Paper
    bytes: int

    @property
    def size(self) -> str:
        """Its size as people say it: 12 Ko, 2,4 Mo."""
        spoken = site_language()
        kilo, mega = ("KB", "MB") if spoken == "en" else ("Ko", "Mo")
        if self.bytes < 1_000_000:
            return format_measure(Decimal(max(1, round(self.bytes / 1000))), kilo, spoken)
        return format_measure(Decimal(round(self.bytes / 100_000)) / 10, mega, spoken)

    @property
    def language(self) -> str:
        """Its name, in that language; nothing when it is the page's."""
        return "" if self.paper.language == site_language() else LANGUAGES[self.paper.language]


@dataclass(frozen=True, slots=True)
class Bought:
    """An article of a set as its page lists it."""

    part: Part
    unit: UnitPrice


@dataclass(frozen=True, slots=True)
class Together:
    """A set: its articles, and what they cost one by one."""

    articles: tuple[Bought, ...]
    apart_minor: int
    saved_minor: int


def priced(told: About) -> set[int]:
    """The other articles whose prices the page shows."""
    beside = {variant for one in told.related for variant in one.variants}
    return beside | {part.variant for part in told.parts} | {one.bundle for one in told.sets}


def stock_with_sets(variant_ids: Iterable[int], parts: Iterable[Part], *, at: datetime) -> Stock:
    """The stock of articles, sets among them: there are as many of a set in a place as the
    articles there make up.
    """
    parts = list(parts)
    found = stock([*variant_ids, *(part.variant for part in parts)], at=at)
    free = dict(found.free)
    for bundle in {part.bundle for part in parts}:
        own = [part for part in parts if part.bundle == bundle]
        places = {place for part in own for place in found.free.get(part.variant, {})}
        free[bundle] = {
            place: min(
                found.free.get(part.variant, {}).get(place, 0) // part.quantity for part in own
            )
            for place in places
        }
    return replace(found, free=free)


def parts_of(variant_id: int) -> list[Part]:
    """The articles of a set alone, for what does not tell of them."""
    rows = BundleItem.objects.filter(bundle=variant_id).values_list("item_id", "quantity")
    return [Part(variant_id, item, quantity, "", "", "", "", None) for item, quantity in rows]


def together(told: About, variant_id: int, prices: Mapping[int, UnitPrice]) -> Together | None:
    """The set that an article is, or None."""
    parts = [part for part in told.parts_of(variant_id) if part.variant in prices]
    if not parts:
        return None
    articles = tuple(Bought(part, prices[part.variant]) for part in parts)
    apart = sum(one.unit.amount_minor * one.part.quantity for one in articles)
    return Together(articles, apart, max(0, apart - prices[variant_id].amount_minor))


def context(told: About, prices: Mapping[int, UnitPrice]) -> dict[str, Any]:
    """What the templates below the fold read."""
    cards = [(one.kind, card) for one in told.related if (card := _card(one, prices))]
    return {
        "told": told,
        "downloads": [Download(paper, _size(paper.file)) for paper in told.papers],
        "related": [
            (kind, [card for own, card in cards if own == kind])
            for kind in RelatedProduct.Kind.values
            if any(own == kind for own, _card in cards)
        ],
        "sets": [one for one in told.sets if one.bundle in prices],
    }


def _card(one: Beside, prices: Mapping[int, UnitPrice]) -> Card | None:
    known = [prices[variant] for variant in one.variants if variant in prices]
    if not known:
        return None
    cheapest = min(known, key=lambda price: price.amount_minor)
    return Card(
        id=f"r-{one.kind}-{one.slug}",
        slug=one.slug,
        name=one.name,
        picture=one.image,
        price=cheapest,
        several=any(price.amount_minor != cheapest.amount_minor for price in known),
        choices=len(known),
        available=None,
    )


@lru_cache(maxsize=1024)
def _size(name: str) -> int:
    """Bytes of a stored file; a name is given to one content only."""
    return default_storage.size(name) if default_storage.exists(name) else 0


@require_GET
def document(request: Request, pk: int) -> FileResponse:
    """A document of a product on sale, to be kept: it never runs within the shop's pages."""
    found = get_object_or_404(
        Document.objects.select_related("product"),
        pk=pk,
        product__status=Product.Status.ACTIVE,
    )
    if not default_storage.exists(found.file.name or ""):
        raise Http404
    name = slugify(f"{found.title} {found.product.slug} {found.language}")
    answer = FileResponse(
        found.file.open("rb"),
        as_attachment=True,
        filename=f"{name}.pdf",
        content_type="application/pdf",
    )
    answer["Cache-Control"] = "public, max-age=3600"
    return answer

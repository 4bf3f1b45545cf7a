"""Home, shelves, products, search: the pages that are the same for everyone."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_GET

from catalog import book, reviews
from catalog.about import About, about
from catalog.announced import announced
from catalog.articles import Article, Axis, Choice, articles
from catalog.gs1 import public
from catalog.models import Picture, Product, Variant
from catalog.pricing import UnitPrice
from catalog.search import listed
from inventory.availability import Stock
from omnishop.channels.storefront import listing, sheet
from omnishop.channels.storefront.context import (
    FACTS_SECONDS,
    Request,
    Shelf,
    Shopper,
    quickest_delivery,
    shelves,
    stores,
)
from omnishop.channels.storefront.hours import hours_words
from omnishop.channels.storefront.pages import shared
from omnishop.channels.storefront.selection import PAGE, Selection
from omnishop.kernel.language import site_language
from omnishop.kernel.templatetags.omnishop import decimal_amount
from omnishop.network.models import Store
from orders import offers
from orders.models.basket import MAX_QUANTITY
from orders.sourcing import Wanted

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    from orders.offers import Queue

SCHEMA = "https://schema.org"
Described = tuple[Product, About, list[Article]]
UNSEEN = (
    *("search_fr", "search_en", "search_words"),
    *("listed_prices", "listed_options", "listed_cut_bp"),
)
IN_SCRIPT = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}


@require_GET
@shared
def home(request: Request) -> HttpResponse:
    """The shop window."""
    at, store = timezone.now(), Shopper(request).store
    roots = [shelf for shelf in shelves() if shelf.depth == 1]
    popular, offers = listing.shop_window(at=at, store_id=store.pk if store else None)
    return render(
        request,
        "storefront/home.html",
        {
            "cacheable": True,
            "categories": _with_pictures(roots),
            "popular": popular,
            "offers": offers,
            "stores": stores(),
            "store": store,
        },
    )


def _with_pictures(roots: list[Shelf]) -> list[tuple[Shelf, Any]]:
    """Each shelf with the picture of its best seller."""
    found: dict[str, Any] = {}
    pictures = (
        Picture.objects.filter(product__status=Product.Status.ACTIVE)
        .order_by("product__category__path", "-product__popularity", "position", "pk")
        .distinct("product__category__path")
        .select_related("product__category")
    )
    for picture in pictures:
        found.setdefault(picture.product.category.path[: len(roots[0].path)], picture.image)
    return [(shelf, found.get(shelf.path)) for shelf in roots]


@require_GET
@shared
def category(request: Request, slug: str) -> HttpResponse:
    """A shelf and those below it."""
    tree = shelves()
    shelf = next((shelf for shelf in tree if shelf.slug == slug), None)
    if shelf is None:
        raise Http404
    below = [other for other in tree if other.path.startswith(shelf.path) and other != shelf]
    above = [other for other in tree if shelf.path.startswith(other.path) and other != shelf]
    store = Shopper(request).store
    found = listing.listing(
        request,
        f"shelf {shelf.path}",
        lambda: listed(Product.objects.on_sale().filter(category__path__startswith=shelf.path)),
        Selection.of(request.GET, default_sort="popularity"),
        shelves=below,
        at=timezone.now(),
        store_id=store.pk if store else None,
        store_name=store.name if store else "",
    )
    context = {
        "cacheable": True,
        "shelf": shelf,
        "current_category": (above or [shelf])[0].slug,
        "crumbs": _crumbs(above),
        "listing": found,
        "children": [other for other in below if other.depth == shelf.depth + 1],
        "sorts": sorts(found.choice.sort, search=False),
        "page_obj": ListingPage(found),
        "store": store,
    }
    partial = request.htmx and request.htmx.target == "listing"
    template = "storefront/_listing.html" if partial else "storefront/category.html"
    return render(request, template, context)


def _crumbs(above: list[Shelf]) -> tuple[tuple[str, str], ...]:
    return tuple((reverse("storefront:category", args=[shelf.slug]), shelf.name) for shelf in above)


class ListingPage:
    """The page of a listing as `_pagination.html` reads it; `Paginator` would count again."""

    def __init__(self, found: listing.Listing) -> None:
        self.number = found.choice.page
        self.num_pages = max(1, -(-found.total // PAGE))
        self.paginator = self

    @property
    def has_next(self) -> bool:
        return self.number < self.num_pages

    @property
    def next_page_number(self) -> int:
        return self.number + 1


def sorts(chosen: str, *, search: bool) -> tuple[tuple[str, bool], ...]:
    """The orders to choose from, and which is chosen."""
    names = ["rank"] if search else []
    names += ["popularity", "price", "-price", "cut", "new"]
    return tuple((name, name == chosen) for name in names)


def variant_url(variant: Variant) -> str:
    """Where an article is shown."""
    return f"{reverse('storefront:product', args=[variant.product.slug])}?sku={variant.sku}"


@dataclass(frozen=True, slots=True)
class Place:
    """What one store has of an article; the times only where a page shows them."""

    store: "WithAnnotations[Store, Queue]"
    available: int
    distance_m: int | None
    hours: str = ""
    ready_at: datetime | None = None  # when one can be collected: from the shelf, or brought


@dataclass(frozen=True, slots=True)
class OptionChoice:
    """A value of an option as a radio button; sold-out ones stay choosable (P2)."""

    value: Choice
    chosen: bool
    available: bool


@require_GET
@shared
def product(request: Request, slug: str) -> HttpResponse:
    """A product, with the article that the address chooses."""
    at = timezone.now()
    item, told, variants = _described(request, slug, at=at)
    priced = book.price_book([*(variant.pk for variant in variants), *sheet.priced(told)], at=at)
    prices = dict(priced.prices)
    variants = [variant for variant in variants if variant.pk in prices]
    later = item.sold_from if item.sold_from and item.sold_from > at else None
    if later:
        return render(
            request,
            "storefront/product.html",
            _below(item, told, told.pictures, prices) | {"later": later},
        )
    if not variants:
        raise Http404
    free = sheet.stock_with_sets([variant.pk for variant in variants], told.parts, at=at)
    units = {variant.pk: free.most(variant.pk) for variant in variants}
    chosen = _chosen(request, variants, units)
    store = Shopper(request).store
    places = places_of(free, chosen.pk, store)
    mine = next((place for place in places if place.store == store), None)
    context: dict[str, Any] = {
        "cacheable": True,
        "product": item,
        "rating": reviews.rating(item),
        "variant": chosen,
        "price": prices[chosen.pk],
        "offers": announced(priced, [prices[chosen.pk]]),
        "together": sheet.together(told, chosen.pk, prices),
        "sets": [one for one in told.sets if one.bundle in prices],
        "options": _options(variants, chosen, units),
        "max_quantity": min(MAX_QUANTITY, max(units[chosen.pk], 1)),
        "sold_out": units[chosen.pk] <= 0,
        "store": store,
        "mine": _with_times([mine], free, chosen.pk)[0] if mine else None,
        "elsewhere": next(
            (place for place in places if place.available > 0 and place is not mine), None
        ),
    } | delivery_of(free, chosen.pk)
    context["waits_for"] = _lacking(context)
    if request.htmx and request.htmx.target == "buy":
        return render(request, "storefront/_buy.html", context)
    own = [picture for picture in told.pictures if picture.variant_id == chosen.pk]
    pictures = (*own, *(p for p in told.pictures if p.variant_id is None or not own))
    context |= _below(item, told, pictures, prices)
    context["structured"] = _structured(item, variants, prices, units)
    return render(request, "storefront/product.html", context)


def _described(
    request: Request, slug: str, *, at: datetime
) -> tuple[Product, About, list[Article]]:
    """What the house writes of a product; no statement when it was read less than a minute ago.

    Its page has an address for each choice of options. What it costs and where it is in stock is
    read each time.
    """
    key = f"product:{site_language()}:{slug}"
    kept: tuple[datetime, Described] | None = cache.get(key)
    if kept is None:
        item = get_object_or_404(
            Product.objects.on_sale().select_related("brand").defer(*UNSEEN), slug=slug
        )
        kept = at, (item, about(item.pk), articles(item.pk))
        cache.set(key, kept, FACTS_SECONDS)
    request.read_at, described = kept
    return described


def _lacking(context: dict[str, Any]) -> str:
    """Where somebody may wait for the article: my store, delivery, or nowhere (P5)."""
    mine: Place | None = context["mine"]
    if context["together"]:  # a set comes back when its articles do
        return ""
    if mine and mine.available <= 0:
        return mine.store.slug
    return "delivery" if context["to_ship"] <= 0 else ""


def _below(
    item: Product,
    told: About,
    pictures: tuple[Picture, ...],
    prices: dict[int, UnitPrice],
) -> dict[str, Any]:
    """What stands around the article: the way to the shelf, pictures, what is told of it."""
    tree = shelves()
    shelf = next(shelf for shelf in tree if shelf.pk == item.category_id)
    above = [other for other in tree if shelf.path.startswith(other.path)]
    return {
        "cacheable": True,
        "product": item,
        "pictures": pictures,
        "crumbs": _crumbs(above),
        "current_category": above[0].slug,
    } | sheet.context(told, prices)


def _structured(
    item: Product,
    variants: list[Article],
    prices: dict[int, UnitPrice],
    units: dict[int, int],
) -> SafeString:
    """The product for search engines (schema.org), as JSON that may stand inside a script."""
    offers = [
        {
            "@type": "Offer",
            "sku": variant.sku,
            **({"gtin": code} if (code := public(variant.gtin)) else {}),
            "price": decimal_amount(prices[variant.pk].amount_minor),
            "priceCurrency": settings.CURRENCY,
            "availability": f"{SCHEMA}/{'InStock' if units[variant.pk] > 0 else 'OutOfStock'}",
        }
        for variant in variants
    ]
    about = {
        "@context": SCHEMA,
        "@type": "Product",
        "name": item.name,
        "description": item.description,
        **_aggregate_rating(item),
        **({"brand": {"@type": "Brand", "name": item.brand.name}} if item.brand else {}),
        "offers": offers,
    }
    return mark_safe(json.dumps(about).translate(IN_SCRIPT))  # noqa: S308  escaped here


def _aggregate_rating(item: Product) -> dict[str, Any]:
    """The stars of the published reviews, when there are any."""
    rated = reviews.rating(item)
    if not rated:
        return {}
    return {
        "aggregateRating": {
            "@type": "AggregateRating",
            "ratingValue": f"{rated.average:.1f}",
            "reviewCount": rated.count,
        }
    }


def _chosen(request: Request, variants: list[Article], units: dict[int, int]) -> Article:
    """The article of the address: its SKU, else the options chosen, else the first in stock."""
    for variant in variants:
        if variant.sku == request.GET.get("sku"):
            return variant
    wanted = {name[2:]: value for name, value in request.GET.items() if name.startswith("o-")}
    last = request.GET.get("last", "")  # the option that was just pressed wins

    def likeness(variant: Article) -> tuple[int, bool]:
        own = {choice.axis.code: choice.code for choice in variant.choices}
        same = sum(own.get(code) == value for code, value in wanted.items())
        return same + 10 * (own.get(last) == wanted.get(last, "")), units[variant.pk] > 0

    return max(variants, key=likeness)


def _options(
    variants: list[Article], chosen: Article, units: dict[int, int]
) -> tuple[tuple[Axis, tuple[OptionChoice, ...]], ...]:
    """Each option with its values; a value is available when it is with the other choices made."""
    mine = {choice.axis: choice for choice in chosen.choices}
    available: dict[Choice, bool] = {}
    for variant in variants:
        own = {choice.axis: choice for choice in variant.choices}
        differs = {axis for axis, choice in mine.items() if own.get(axis) != choice}
        for choice in variant.choices:
            here = units[variant.pk] > 0 and differs <= {choice.axis}
            available[choice] = available.get(choice, False) or here
    groups: dict[Axis, list[OptionChoice]] = {}
    for choice in sorted(available, key=lambda c: (c.axis.position, c.position, c.pk)):
        groups.setdefault(choice.axis, []).append(
            OptionChoice(choice, mine.get(choice.axis) == choice, available[choice])
        )
    return tuple((axis, tuple(choices)) for axis, choices in groups.items())


def places_of(free: Stock, variant_id: int, store: Store | None) -> list[Place]:
    """What every store has of one article: nearest to mine first, else those that have it."""
    near = (store.latitude, store.longitude) if store else None
    places = (
        Place(
            store=other,
            available=free.in_store(variant_id, other.pk),
            distance_m=round(other.distance_km(*near) * 1000) if near else None,
        )
        for other in stores()
    )
    return sorted(
        places, key=lambda place: (place.distance_m or 0, place.available <= 0, place.store.name)
    )


def _with_times(places: list[Place], free: Stock, variant_id: int) -> list[Place]:
    """The same stores with their hours, and when each has one of the article ready."""
    collect = [place.store for place in places if place.store.offers_pickup]
    shown = offers.pickup_offers([Wanted(1, variant_id, 1)], at=free.at, free=free, stores=collect)
    ready = {offer.store.pk: offer.ready_at for offer in shown}
    return [
        replace(
            place,
            hours=hours_words(place.store, free.at),
            ready_at=ready.get(place.store.pk),
        )
        for place in places
    ]


def delivery_of(free: Stock, variant_id: int) -> dict[str, Any]:
    """Whether one article can be sent home, and by when."""
    to_ship = free.to_ship(variant_id)
    method = quickest_delivery() if to_ship > 0 else None
    arrives_on = None
    if method:
        arrives_on = offers.arrives_on(method, free.at, cut_off=free.cut_off)
    return {"to_ship": to_ship, "method": method, "arrives_on": arrives_on, "now": free.at}


@require_GET
@shared
def stock_of(request: Request, variant_id: int) -> HttpResponse:
    """Stock of one article in every store, with an ETag: a small part that is asked for often."""
    at = timezone.now()
    variant = Variant.objects.filter(
        pk=variant_id, active=True, product__status=Product.Status.ACTIVE
    ).first()
    if variant is None:
        raise Http404
    free = sheet.stock_with_sets([variant.pk], sheet.parts_of(variant.pk), at=at)
    store = Shopper(request).store
    places = _with_times(places_of(free, variant.pk, store), free, variant.pk)
    context = {"places": places, "store": store} | delivery_of(free, variant.pk)
    return render(request, "storefront/_stock_list.html", context)

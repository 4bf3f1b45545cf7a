"""What the label on a shelf opens: price and stock here, nearby and on the web, without a tap."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from catalog import book, reviews
from catalog import selectors as catalog
from catalog.about import About, about
from catalog.announced import announced
from catalog.models import Picture, Variant
from omnishop.channels.storefront.catalog import delivery_of, places_of
from omnishop.channels.storefront.context import Request, Shopper, stores
from omnishop.channels.storefront.pages import shared
from omnishop.channels.storefront.sheet import parts_of, stock_with_sets
from omnishop.network.models import Store

NEARBY = 3  # other stores named


def _store(request: Request) -> Store | None:
    """The store of the label, else the shopper's own."""
    code = request.GET.get("m", "")
    of_label = next((store for store in stores() if store.code == code), None)
    return of_label or Shopper(request).store


@require_GET
@shared
def shelf(request: Request, code: str) -> HttpResponse:
    """The article of a GTIN or SKU as the shelf has it; `?m=` is the code of the store."""
    at = timezone.now()
    variant = catalog.by_code(code) if "\x00" not in code else None
    store = _store(request)
    asked = [variant.pk] if variant else []
    site = book.price_book(asked, at=at)
    desk = book.price_book(asked, at=at, channel="till", store_id=store.pk) if store else site
    priced = desk if desk.prices else site
    online = site.prices.get(variant.pk) if variant else None
    price = priced.prices.get(variant.pk) if variant else None
    if variant is None or price is None:
        return render(request, "storefront/shelf_unknown.html", {"code": code[:64]}, status=404)
    told = about(variant.product_id)
    free = stock_with_sets([variant.pk], parts_of(variant.pk), at=at)
    places = places_of(free, variant.pk, store)
    context = {
        "cacheable": True,
        "product": variant.product,
        "variant": variant,
        "options": list(variant.options.all()),
        "picture": _picture(variant, told),
        "guides": told.guides,
        "rating": reviews.rating(variant.product),
        "price": price,
        "offers": announced(priced, [price]),
        "online": online if online and online.amount_minor != price.amount_minor else None,
        "sold_online": online is not None,
        "store": store,
        "mine": next((place for place in places if place.store == store), None),
        "nearby": [place for place in places if place.store != store and place.available > 0][
            :NEARBY
        ],
        "sold_out": free.most(variant.pk) <= 0,
    } | delivery_of(free, variant.pk)
    return render(request, "storefront/shelf.html", context)


def _picture(variant: Variant, told: About) -> Picture | None:
    """Its own picture, else the first of the product."""
    own = [picture for picture in told.pictures if picture.variant_id == variant.pk]
    return next(iter(own or told.pictures), None)

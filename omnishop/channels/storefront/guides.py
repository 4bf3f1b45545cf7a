"""Guides: how to choose, use and mend, with the products they are about."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from catalog import search as catalog
from catalog.guides import blocks, published
from catalog.models import Product
from omnishop.channels.storefront import listing
from omnishop.channels.storefront.context import Request, Shopper
from omnishop.channels.storefront.pages import shared
from omnishop.channels.storefront.selection import Selection


@require_GET
@shared
def guides(request: Request) -> HttpResponse:
    """Every guide, the newest first."""
    context = {"cacheable": True, "guides": published()}
    return render(request, "storefront/guides.html", context)


@require_GET
@shared
def guide(request: Request, slug: str) -> HttpResponse:
    """One guide, its shelves, and cards of the products it names."""
    found = get_object_or_404(published().prefetch_related("categories"), slug=slug)
    store = Shopper(request).store
    named = listing.listing(
        request,
        f"guide {found.pk}",
        lambda: catalog.listed(Product.objects.on_sale().filter(guides=found)),
        Selection(),
        shelves=(),
        at=timezone.now(),
        store_id=store.pk if store else None,
    )
    context = {
        "cacheable": True,
        "guide": found,
        "blocks": blocks(found.body),
        "cards": named.cards,
        "store": store,
    }
    return render(request, "storefront/guide.html", context)

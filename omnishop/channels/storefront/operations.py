"""What is offered at the moment: each operation with its terms, days, stores and articles."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from catalog.models import Operation, PriceChange, Product, Promotion
from catalog.promotion_summary import summary
from catalog.search import listed
from omnishop.channels.storefront import listing
from omnishop.channels.storefront.context import Request, Shopper, shelves
from omnishop.channels.storefront.pages import shared
from omnishop.channels.storefront.selection import PAGE, Selection

PER_PAGE = PAGE


def _public(at: datetime) -> QuerySet[Operation]:
    """Operations in force that need no code, with their promotions that need none; what only a
    code opens is for who was given it.
    """
    open_to_all = Promotion.objects.filter(operation=OuterRef("pk"), active=True, by_coupon=False)
    cuts = PriceChange.objects.filter(operation=OuterRef("pk"), status=PriceChange.Status.APPROVED)
    about = Promotion.objects.filter(active=True, by_coupon=False).select_related("gift__product")
    return (
        Operation.objects.running(at)
        .filter(Exists(open_to_all) | Exists(cuts))
        .prefetch_related(
            Prefetch("promotions", about.prefetch_related("products", "categories", "brands")),
            "stores",
        )
        .order_by("ends_at", "pk")
    )


@require_GET
@shared
def operations(request: Request) -> HttpResponse:
    """All that is offered at the moment."""
    found = [
        (operation, [(one.name, summary(one)) for one in operation.promotions.all()])
        for operation in _public(timezone.now())
    ]
    return render(request, "storefront/operations.html", {"cacheable": True, "operations": found})


@require_GET
@shared
def operation(request: Request, code: str) -> HttpResponse:
    """One operation, with the articles it is about."""
    at = timezone.now()
    found = _public(at).filter(code=code).first()
    if found is None:
        raise Http404
    offered = list(found.promotions.all())
    store = Shopper(request).store
    about = _about(found, offered)
    shown = (
        listing.listing(
            request,
            f"operation {found.pk}",
            lambda: listed(Product.objects.on_sale().filter(about)),
            Selection(page=_page(request)),
            shelves=shelves(),
            at=at,
            store_id=store.pk if store else None,
            store_name=store.name if store else "",
        )
        if about
        else None
    )
    return render(
        request,
        "storefront/operation.html",
        {
            "cacheable": True,
            "crumbs": ((reverse("storefront:operations"), _("Current offers")),),
            "operation": found,
            "offered": [(one.name, summary(one)) for one in offered],
            "listing": shown,
            "pages": range(1, -(-shown.total // PER_PAGE) + 1) if shown else (),
            "store": store,
            "on_site": (not found.channels and not found.stores.all()) or "web" in found.channels,
        },
    )


def _page(request: Request) -> int:
    text = request.GET.get("page", "1")
    return max(1, min(int(text), 10_000)) if text.isascii() and text.isdigit() else 1


def _about(operation: Operation, offered: list[Promotion]) -> Q:
    """The products of its promotions and price changes; an empty condition is all of them."""
    chosen = Q()
    changes = operation.price_changes.filter(status=PriceChange.Status.APPROVED)
    rules: list[Promotion | PriceChange] = [
        *offered,
        *changes.prefetch_related("products", "categories", "brands"),
    ]
    for one in rules:
        if products := [product.pk for product in one.products.all()]:
            chosen |= Q(pk__in=products)
        if brands := [brand.pk for brand in one.brands.all()]:
            chosen |= Q(brand__in=brands)
        for category in one.categories.all():
            chosen |= Q(category__path__startswith=category.path)
    return chosen

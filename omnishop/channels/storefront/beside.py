"""What goes with a product or a basket: parts that the pages fetch when they come into sight."""

from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from catalog.models import Product, Recommendation
from omnishop.channels.storefront import listing
from omnishop.channels.storefront.cards import Card
from omnishop.channels.storefront.context import BASKET_COOKIE, Request, Shopper
from omnishop.channels.storefront.pages import private, shared
from orders.recommendations import recommended, recommended_to

SHOWN = 4
Kind = Recommendation.Kind


@require_GET
def product_beside(request: Request, slug: str) -> HttpResponse:
    """Bought together, and alike; kept for everyone who has neither signed in nor a basket."""
    if request.user.is_authenticated or BASKET_COOKIE in request.COOKIES:
        return private(_of_product(request, slug))
    return _kept(request, slug)


@shared
def _kept(request: Request, slug: str) -> HttpResponse:
    return _of_product(request, slug, anybody=True)


def _of_product(request: Request, slug: str, *, anybody: bool = False) -> HttpResponse:
    at, shopper = timezone.now(), Shopper(request)
    product_id = Product.objects.on_sale().filter(slug=slug).values_list("pk", flat=True).first()
    if product_id is None:
        raise Http404
    customer = None if anybody else shopper.customer
    without = [] if anybody else _in_basket(shopper)
    together = recommended(
        [product_id], kind=Kind.TOGETHER, at=at, limit=SHOWN, customer=customer, without=without
    )
    similar = recommended(
        [product_id],
        kind=Kind.SIMILAR,
        at=at,
        limit=SHOWN,
        customer=customer,
        without=[*without, *together],
    )
    store = shopper.store
    cards = _cards([*together, *similar], shopper, at=at)
    return render(
        request,
        "storefront/_beside.html",
        {
            "together": [card for pk in together if (card := cards.get(pk))],
            "similar": [card for pk in similar if (card := cards.get(pk))],
            "store": store,
        },
    )


@require_GET
def basket_beside(request: Request) -> HttpResponse:
    """What goes with the articles of the basket, none of them in it."""
    at, shopper = timezone.now(), Shopper(request)
    found = recommended(
        _in_basket(shopper), kind=Kind.TOGETHER, at=at, limit=SHOWN, customer=shopper.customer
    )
    cards = _cards(found, shopper, at=at)
    context = {"together": [cards[pk] for pk in found if pk in cards], "store": shopper.store}
    return private(render(request, "storefront/_beside.html", context))


@login_required
@require_GET
def for_me(request: Request) -> HttpResponse:
    """What goes with all that a person bought, in any channel."""
    at, shopper = timezone.now(), Shopper(request)
    found = recommended_to(shopper.customer, at=at, limit=SHOWN) if shopper.customer else []
    cards = _cards(found, shopper, at=at)
    context = {"mine": [cards[pk] for pk in found if pk in cards], "store": shopper.store}
    return private(render(request, "storefront/_beside.html", context))


def _in_basket(shopper: Shopper) -> list[int]:
    if not shopper.basket:
        return []
    return list(shopper.basket.lines.values_list("variant__product_id", flat=True))


def _cards(ids: list[int], shopper: Shopper, *, at: datetime) -> dict[int, Card]:
    store = shopper.store
    return listing.cards_of(ids, at=at, store_id=store.pk if store else None)

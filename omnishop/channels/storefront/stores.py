"""Stores: find one, read its page, make it mine."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from omnishop.channels.storefront.accounts import here_today
from omnishop.channels.storefront.checkout import remember_postcode
from omnishop.channels.storefront.context import STORE_COOKIE, Request, Shopper, stores
from omnishop.channels.storefront.hours import DayHours, hours_words, week
from omnishop.channels.storefront.pages import private, shared
from omnishop.channels.storefront.words import plain
from omnishop.network.models import Store
from omnishop.network.places import Point, point_of_postcode
from orders import selectors as orders
from orders.aside import waiting
from orders.offers import PickupOffer, pickup_offers
from orders.services import baskets
from orders.sourcing import Wanted
from orders.wishes import wished

STORE_DAYS = 365


@dataclass(frozen=True, slots=True)
class Found:
    """A store in the list: how far, when open, what it can do for the basket."""

    store: Store
    distance_m: int | None
    hours: str
    offer: PickupOffer | None


def _near(query: dict[str, str]) -> tuple[float, float] | None:
    """The position that the browser gave on a press, when it is one."""
    try:
        latitude, longitude = float(query.get("lat", "")), float(query.get("lon", ""))
    except ValueError:
        return None
    ok = -90 <= latitude <= 90 and -180 <= longitude <= 180
    return (latitude, longitude) if ok else None


@dataclass(frozen=True, slots=True)
class Named:
    """What a typed place stands for: stores of that very town or postcode, and where it is."""

    stores: Sequence[Store]
    point: Point | None
    roughly: bool = False  # near enough to say which store is nearer, not how far it is


def _place(text: str) -> Named:
    """A town or postcode; one where we have no store stands for the middle of its département."""
    words = plain(text)
    digits = re.sub(r"\D", "", text)[:5]
    if len(digits) >= 2:
        found = [store for store in stores() if store.postcode.startswith(digits)]
        if not found or len(digits) == 2:
            return Named([], point_of_postcode(digits.ljust(5, "0")), roughly=True)
    else:
        found = [s for s in stores() if words and words in plain(f"{s.city} {s.name}")]
    return Named(found, (found[0].latitude, found[0].longitude) if found else None)


def _listed(
    request: Request, shopper: Shopper, *, at: datetime
) -> tuple[list[Found], dict[str, Any]]:
    """Stores for the picker: those named first, then by distance; the whole basket's answers."""
    query = {key: str(value) for key, value in request.GET.items()}
    text = query.get("place", "").strip()[:60]
    place = Named([], _near(query))
    if text and not place.point:
        place = _place(text)
    named, near, roughly = place.stores, place.point, place.roughly
    unknown = bool(text) and near is None
    if not near and shopper.store:
        near, roughly = (shopper.store.latitude, shopper.store.longitude), False
    offers: dict[int, PickupOffer] = {}
    if shopper.basket:
        wanted = [
            Wanted(i, line.variant_id, line.quantity)
            for i, line in enumerate(shopper.basket.lines.all())
        ]
        if wanted:
            offers = {offer.store.pk: offer for offer in pickup_offers(wanted, at=at)}
    metres = {
        store.pk: round(store.distance_km(*near) * 1000)
        for store in stores()
        if near and store not in named
    }
    found = [
        Found(
            store=store,
            distance_m=None if roughly else metres.get(store.pk),
            hours=hours_words(store, at),
            offer=offers.get(store.pk),
        )
        for store in stores()
    ]
    found.sort(key=lambda item: (metres.get(item.store.pk, 0), item.store.name))
    return found, {"place": text, "unknown": unknown, "near": near}


@require_GET
def store_list(request: Request) -> HttpResponse:
    """Every store, nearest first when a place was named; with what it can do for the basket."""
    shopper, at = Shopper(request), timezone.now()
    found, context = _listed(request, shopper, at=at)
    back = request.GET.get("next", "")
    response = private(
        render(
            request,
            "storefront/stores.html",
            context
            | {"found": found, "store": shopper.store, "now": at, "next": _safe(request, back)},
        )
    )
    if shopper.basket and point_of_postcode(context["place"]):
        return remember_postcode(request, response, context["place"].replace(" ", ""))
    return response


def _safe(request: Request, address: str) -> str:
    """An address of ours to go back to, or nothing."""
    ok = url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()})
    return address if ok else ""


@require_GET
@shared
def store_page(request: Request, slug: str) -> HttpResponse:
    """One store: hours with exceptions, next opening, services, how to get there (M1)."""
    at = timezone.now()
    store = next((store for store in stores() if store.slug == slug), None)
    if store is None:
        raise Http404
    days: list[DayHours] = week(store, at)
    return render(
        request,
        "storefront/store.html",
        {
            "cacheable": True,
            "store": store,
            "hours": hours_words(store, at),
            "week": days,
            "mine": Shopper(request).store == store,
        },
    )


@require_POST
def choose(request: Request) -> HttpResponse:
    """Make a store mine; the basket will be collected there unless said otherwise (S5)."""
    shopper = Shopper(request)
    slug = request.POST.get("store", "")
    store = next((store for store in stores() if store.slug == slug), None)
    if store is None:
        at = timezone.now()
        return private(
            render(
                request,
                "storefront/stores.html",
                {
                    "found": _listed(request, shopper, at=at)[0],
                    "now": at,
                    "problem": _("This store does not exist. Choose one of the list."),
                    "has_errors": True,
                },
                status=422,
            )
        )
    if shopper.basket:
        baskets.choose_store(basket_id=shopper.basket.pk, store_id=store.pk)
    back = _safe(request, request.POST.get("next", ""))
    response = redirect(back or reverse("storefront:store", args=[store.slug]))
    response.set_cookie(
        STORE_COOKIE,
        store.slug,
        max_age=STORE_DAYS * 86_400,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )
    return response


@require_GET
def header(request: Request) -> HttpResponse:
    """The shopper's own part of the header, and the token that writes from kept pages need."""
    get_token(request)
    shopper, at = Shopper(request), timezone.now()
    store = shopper.store
    if shopper.customer:
        here_today(request, shopper.customer, at=at)
    return private(
        render(
            request,
            "_header_personal.html",
            {
                "store": store,
                "store_hours": hours_words(store, at) if store else "",
                "customer": shopper.customer.first_name or True if shopper.customer else None,
                "basket_count": orders.basket_units(shopper.basket) if shopper.basket else 0,
                "basket_waiting": waiting(shopper.customer) if shopper.customer else 0,
                "wished": wished(shopper.customer) if shopper.customer else None,
            },
        )
    )

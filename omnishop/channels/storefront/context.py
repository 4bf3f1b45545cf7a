"""Who is shopping, and what every page shows: basket, store, shelves.

A guest has no session (UX W5): the basket, the store and what was typed at checkout are cookies.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject
from django_htmx.middleware import HtmxDetails

from catalog.models import Category
from customers.models import Customer
from customers.selectors import resolve
from omnishop.kernel.language import site_language
from omnishop.network.models import Store
from orders.models import Basket, DeliveryMethod
from orders.offers import Queue, with_queue
from orders.services import baskets

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

BASKET_COOKIE = "basket"
STORE_COOKIE = "store"
BASKET_DAYS = 60
FACTS_SECONDS = 60  # how long shelves and stores are kept in the cache


class Request(HttpRequest):
    """A request as our middleware leaves it."""

    htmx: HtmxDetails
    read_at: datetime  # of what the page shows, where it was read earlier


def set_cookie(response: HttpResponse, name: str, value: str, *, days: int) -> None:
    """A signed cookie that scripts cannot read."""
    response.set_signed_cookie(
        name,
        value,
        salt=name,
        max_age=days * 86_400,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def read_cookie(request: HttpRequest, name: str) -> str:
    """What `set_cookie` wrote, or nothing when it is missing or forged."""
    return str(request.get_signed_cookie(name, default="", salt=name))


class Shopper:
    """The person behind a request; each part is read when it is asked for."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self._started: Basket | None = None

    @cached_property
    def customer(self) -> Customer | None:
        """The person who is signed in."""
        if not self.request.user.is_authenticated:
            return None
        customer = (
            Customer.objects.select_related("merged_into")
            .filter(user_id=self.request.user.pk)
            .first()
        )
        return resolve(customer) if customer else None

    @cached_property
    def basket(self) -> Basket | None:
        """The open basket: the person's newest, or the one of the guest's cookie.

        A cookie opens a basket that has an owner only when a signed link put it there.
        """
        if self.customer:
            return baskets.current(customer=self.customer)
        kind, _colon, token = read_cookie(self.request, BASKET_COOKIE).partition(":")
        if not token:
            return None
        found = Basket.objects.open().filter(token=UUID(token), till__isnull=True)
        return (found if kind == "link" else found.filter(customer__isnull=True)).first()

    def begun_basket(self, *, at: datetime) -> Basket:
        """The open basket; a new one where there is none."""
        if self.basket:
            return self.basket
        store_id, language = self.store.pk if self.store else None, site_language()
        if self.customer:
            found = baskets.begun(
                customer=self.customer, at=at, language=language, store_id=store_id
            )
        else:
            found = self._started = baskets.start(at=at, language=language, store_id=store_id)
        self.__dict__["basket"] = found
        return found

    def remember(self, response: HttpResponse) -> HttpResponse:
        """Give a guest the cookie of a basket that was begun in this request."""
        if self._started:
            set_cookie(response, BASKET_COOKIE, f"guest:{self._started.token}", days=BASKET_DAYS)
        return response

    @cached_property
    def store(self) -> Store | None:
        """The shopper's own store."""
        slug = self.request.COOKIES.get(STORE_COOKIE, "")
        return next((store for store in stores() if store.slug == slug), None) if slug else None


def stores() -> "list[WithAnnotations[Store, Queue]]":
    """The stores shown on the site with their queues, by name; kept for a minute."""
    return cast(
        "list[WithAnnotations[Store, Queue]]",
        cache.get_or_set(
            "storefront:stores",
            lambda: list(with_queue(Store.objects.open_to_shoppers())),
            FACTS_SECONDS,
        ),
    )


def quickest_delivery() -> DeliveryMethod | None:
    """The delivery that pages about an article name; kept for a minute."""
    return cast(
        "DeliveryMethod | None",
        cache.get_or_set(
            "storefront:delivery",
            DeliveryMethod.objects.filter(active=True).order_by("working_days", "pk").first,
            FACTS_SECONDS,
        ),
    )


@dataclass(frozen=True, slots=True)
class Shelf:
    """A category as menus and listings need it."""

    pk: int
    slug: str
    path: str
    depth: int
    names: dict[str, str]
    descriptions: dict[str, str]

    @property
    def name(self) -> str:
        return self.names[site_language()]

    @property
    def description(self) -> str:
        return self.descriptions[site_language()]

    def __str__(self) -> str:
        return self.name


def _read_shelves() -> list[Shelf]:
    return [
        Shelf(
            pk=category.pk,
            slug=category.slug,
            path=category.path,
            depth=category.depth,
            names={
                "fr": category.name_fr or category.name,
                "en": category.name_en or category.name_fr or category.name,
            },
            descriptions={
                "fr": category.description_fr or "",
                "en": category.description_en or category.description_fr or "",
            },
        )
        for category in Category.objects.order_by("path")
    ]


def shelves() -> list[Shelf]:
    """Every category in the order of the tree; kept for a minute."""
    return cast("list[Shelf]", cache.get_or_set("storefront:shelves", _read_shelves, FACTS_SECONDS))


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the shelves of the menu, read when a page shows them."""
    return {
        "nav_categories": SimpleLazyObject(
            lambda: [shelf for shelf in shelves() if shelf.depth == 1]
        )
    }

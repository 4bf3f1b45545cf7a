"""Reads of wish lists: the account's pages, the page of a link, the till."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Prefetch, Q, QuerySet

from catalog.book import prices
from catalog.models import Picture, Variant
from catalog.pricing import UnitPrice
from customers.models import Customer
from inventory.availability import Around, Stock, around, stock
from orders.books import shopper
from orders.models import WishItem, WishList

UNDO_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Wish:
    """An article of a list with what can be said of it today."""

    item: WishItem
    variant: Variant | None  # chosen, or the only one there is
    price: UnitPrice | None  # None: no longer on sale
    several: bool  # its articles cost differently and none is chosen
    here: int | None  # units in the shopper's store, where there is one
    to_ship: int
    picture: Picture | None

    @property
    def cheaper_minor(self) -> int:
        """How much less it costs than when it was added."""
        was = self.item.price_minor
        return max(0, was - self.price.amount_minor) if self.price and was else 0

    @property
    def left(self) -> int:
        """Units that no visitor of the link takes."""
        return self.item.quantity - self.item.taken

    @property
    def orderable(self) -> bool:
        return bool(self.variant and self.price and (self.to_ship > 0 or (self.here or 0) > 0))


def lists_of(customer: Customer) -> QuerySet[WishList]:
    """A person's lists with how many articles are `on_it`."""
    wanted = Count("items", filter=Q(items__removed_at__isnull=True))
    return WishList.objects.of(customer).annotate(on_it=wanted)


def wished(customer: Customer) -> list[str]:
    """The slugs of the products on a person's lists: the hearts that are filled."""
    items = WishItem.objects.of(customer).wanted()
    return list(items.values_list("product__slug", flat=True).distinct())


def shared(token: str) -> WishList | None:
    """The list of a link."""
    return WishList.objects.filter(token=token).first() if token else None


def wishes(
    items: Iterable[WishItem], *, at: datetime, customer: Customer | None, store_id: int | None
) -> list[Wish]:
    """Articles with the person's prices and what there is, in five statements."""
    found = list(items)
    variants = _variants(found)
    groups = shopper(customer_id=customer.pk, codes=[], at=at).groups if customer else ()
    ids = [variant.pk for known in variants.values() for variant in known]
    now, free = prices(ids, at=at, groups=groups), stock(ids, at=at)
    return [_wish(item, variants[item.pk], now, free, store_id) for item in found]


def _variants(items: list[WishItem]) -> dict[int, list[Variant]]:
    """Wish → the articles it may be: the one chosen, else all of its product."""
    known = Variant.objects.filter(product__in={item.product_id for item in items}, active=True)
    by_product: dict[int, list[Variant]] = {}
    for variant in known.order_by("position", "pk").prefetch_related("options"):
        by_product.setdefault(variant.product_id, []).append(variant)
    return {
        item.pk: [
            variant
            for variant in by_product.get(item.product_id, [])
            if item.variant_id in (None, variant.pk)
        ]
        for item in items
    }


def _wish(
    item: WishItem,
    variants: list[Variant],
    now: dict[int, UnitPrice],
    free: Stock,
    store_id: int | None,
) -> Wish:
    sold = [variant for variant in variants if variant.pk in now]
    costs = sorted((now[variant.pk] for variant in sold), key=lambda price: price.amount_minor)
    pictures = list(item.product.pictures.all())
    own = [picture for picture in pictures if picture.variant_id == item.variant_id]
    return Wish(
        item=item,
        variant=sold[0] if len(sold) == 1 else None,
        price=costs[0] if costs else None,
        several=bool(costs) and costs[0].amount_minor != costs[-1].amount_minor,
        here=sum(free.in_store(variant.pk, store_id) for variant in sold) if store_id else None,
        to_ship=sum(free.to_ship(variant.pk) for variant in sold),
        picture=next(iter(own or pictures), None),
    )


def items_of(wish_list: WishList) -> QuerySet[WishItem]:
    """What is on a list, newest first, with all that a page shows of it."""
    return _shown(wish_list.items.wanted())


def taken_off(customer: Customer, *, at: datetime) -> QuerySet[WishItem]:
    """What was taken off a while ago and can be put back."""
    off = WishItem.objects.of(customer).filter(removed_at__gt=at - UNDO_FOR)
    return _shown(off).order_by("-removed_at")


def _shown(items: QuerySet[WishItem]) -> QuerySet[WishItem]:
    return items.select_related("product", "variant").prefetch_related(
        Prefetch("product__pictures", Picture.objects.order_by("position", "pk")),
        "variant__options",
    )


@dataclass(frozen=True, slots=True)
class TillWish:
    """A wish as a till shows it: price and stock here, nearby, to send."""

    item: WishItem
    variant: Variant
    price: UnitPrice
    stock: Around


def for_till(customer: Customer, *, store_id: int, at: datetime, most: int = 8) -> list[TillWish]:
    """The newest wishes of a person that this shop can sell, those on the shelf first.

    A product whose option is not chosen shows its article that lies here, else its first.
    """
    wanted = WishItem.objects.of(customer).wanted().select_related("product", "variant")
    items = list(wanted.order_by("-added_at", "-pk")[: most * 4])
    variants = _variants(items)
    ids = [variant.pk for known in variants.values() for variant in known]
    if not ids:
        return []
    now = prices(ids, at=at, channel="till", store_id=store_id)
    places = around(list(now), store_id=store_id, at=at)
    found: dict[int, TillWish] = {}
    for item in items:
        sold = [variant for variant in variants[item.pk] if variant.pk in now]
        sold.sort(key=lambda variant: -places[variant.pk].here)
        if sold:
            best = sold[0]
            found.setdefault(best.pk, TillWish(item, best, now[best.pk], places[best.pk]))
    return sorted(found.values(), key=lambda wish: wish.stock.here <= 0)[:most]

"""Reads of baskets and orders, the same for every channel."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch

from catalog import selectors as catalog
from catalog.models import Picture
from catalog.pricing import DeliveryPrice, Quote, QuoteLine, Want, quote
from customers.models import Customer
from inventory import selectors as stock
from omnishop.network.hours import hold_until, ready_by
from omnishop.network.models import Store
from orders.models import Basket, BasketLine, DeliveryMethod, Order
from orders.sourcing import Taken, Wanted, choose


@dataclass(frozen=True, slots=True)
class BasketRow:
    """One line as a page shows it; `priced` is None when the article is no longer on sale."""

    line: BasketLine
    priced: QuoteLine | None
    here: int  # units at the chosen store or the till's; 0 without a store
    ship: int  # units that can be sent home

    @property
    def price_changed(self) -> bool:
        return (
            self.priced is not None and self.priced.unit.amount_minor != self.line.seen_unit_minor
        )

    @property
    def enough(self) -> bool:
        """Whether it can be had at all, at the store or sent home."""
        return self.line.quantity <= max(self.here, self.ship)


@dataclass(frozen=True, slots=True)
class BasketView:
    """A basket with its prices and stock, in the order the articles were added."""

    basket: Basket
    rows: tuple[BasketRow, ...]
    quote: Quote

    @property
    def units(self) -> int:
        return sum(row.line.quantity for row in self.rows)

    @property
    def gone(self) -> tuple[BasketRow, ...]:
        """Lines that can no longer be bought."""
        return tuple(row for row in self.rows if row.priced is None)


def wants_of(lines: list[BasketLine]) -> list[Want]:
    """What the one price function is asked for these lines."""
    return [
        Want(line.variant_id, line.quantity, line.discount_minor, line.discount_reason)
        for line in lines
    ]


def basket_view(
    basket: Basket, *, at: datetime, delivery: DeliveryPrice | None = None
) -> BasketView:
    """The basket as every channel shows it. Seven statements at the most, whatever its length."""
    lines = list(
        basket.lines.select_related("variant__product").prefetch_related(
            "variant__options__option",
            Prefetch("variant__product__pictures", Picture.objects.order_by("position", "pk")),
        )
    )
    ids = [line.variant_id for line in lines]
    prices = catalog.prices(
        ids,
        at=at,
        channel="till" if basket.till_id else "web",
        store_id=basket.store_id if basket.till_id else None,
    )
    priced = quote(
        wants_of([line for line in lines if line.variant_id in prices]), prices, delivery=delivery
    )
    by_variant = {line.variant_id: line for line in priced.lines}
    at_stores = stock.free_by_store(ids, at=at, online=basket.till_id is None)
    to_ship = stock.free_to_ship(ids, at=at)
    rows = tuple(
        BasketRow(
            line=line,
            priced=by_variant.get(line.variant_id),
            here=at_stores[line.variant_id].get(basket.store_id or 0, 0),
            ship=to_ship.get(line.variant_id, 0),
        )
        for line in lines
    )
    return BasketView(basket=basket, rows=rows, quote=priced)


@dataclass(frozen=True, slots=True)
class PickupOffer:
    """What one store can do for a whole basket: everything, a part, nothing (UX S2)."""

    store: Store
    available: int  # units
    wanted: int
    ready_at: datetime | None
    kept_until: datetime | None
    distance_km: float | None = None

    @property
    def everything(self) -> bool:
        return self.available >= self.wanted and self.ready_at is not None


def pickup_offers(
    wanted: list[Wanted], *, at: datetime, near: tuple[float, float] | None = None
) -> list[PickupOffer]:
    """Every store's answer for the whole basket, complete ones first, then nearest (FIELD 13)."""
    units: dict[int, int] = {}
    for want in wanted:
        units[want.variant_id] = units.get(want.variant_id, 0) + want.quantity
    free = stock.free_by_store(units, at=at)
    offers = []
    for store in Store.objects.open_to_shoppers().filter(offers_pickup=True):
        ready = ready_by(store, at)
        offers.append(
            PickupOffer(
                store=store,
                available=sum(
                    min(quantity, free[variant_id].get(store.pk, 0))
                    for variant_id, quantity in units.items()
                ),
                wanted=sum(units.values()),
                ready_at=ready,
                kept_until=hold_until(store, ready) if ready else None,
                distance_km=store.distance_km(*near) if near else None,
            )
        )
    return sorted(
        offers,
        key=lambda offer: (
            not offer.everything,
            -offer.available,
            offer.distance_km or 0.0,
            offer.store.name,
        ),
    )


def delivery_price(method: DeliveryMethod, goods_minor: int, *, at: datetime) -> DeliveryPrice:
    """What this way of delivery costs for goods of that sum."""
    return DeliveryPrice(
        name=method.name,
        amount_minor=method.price_for(goods_minor),
        tax_bp=catalog.tax_rate(method.tax_category.code, at=at),
    )


def sources(
    wanted: list[Wanted], *, at: datetime, store_id: int | None = None
) -> list[Taken] | None:
    """From where the goods would come: from the store that hands them over, or without one from
    the locations that ship. None when something is lacking.
    """
    found = stock.sources({want.variant_id for want in wanted}, at=at, store_id=store_id)
    return choose(wanted, found.free, found.ranked)


def history(customer: Customer) -> list[Order]:
    """A person's orders of all channels, newest first, with what pages show of them (A1)."""
    return list(
        Order.objects.of(customer)
        .exclude(status=Order.Status.AWAITING_PAYMENT)
        .select_related("store", "till")
        .prefetch_related("lines", "fulfilments__store")[:100]
    )

"""Each door's own way to a price, called as its page or endpoint calls it.

All of them end in the one function `catalog.pricing.quote`; what is compared is what each door
asks it (place, channel, person, codes, lines) and what it shows of the answer. Of the site, the
tills and the desk's basket it is the context that their templates render (the tests read the
HTML); of the desk's question the same, through its address; of the API the JSON of its answer.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.test import RequestFactory
from rest_framework.test import APIRequestFactory, force_authenticate

from catalog.pricing import Quote
from customers.models import Customer
from omnishop.channels.api.quotes import QuoteBasket
from omnishop.channels.care import basket as care_basket
from omnishop.channels.care import participation as care
from omnishop.network.models import Store, Till, User
from orders import selectors as orders
from orders.models import Basket, BasketLine

_api = QuoteBasket.as_view(throttle_classes=[])
_requests, _calls = RequestFactory(), APIRequestFactory()
Lines = tuple[tuple[str, int, int], ...]  # SKU, discount, total


@dataclass(frozen=True, slots=True)
class Asked:
    """A basket that every door is asked about."""

    units: tuple[tuple[int, str, int], ...]  # article, SKU, quantity; in the order they were added
    till: Till
    customer: Customer | None
    codes: tuple[str, ...]

    def __str__(self) -> str:
        lines = ", ".join(f"{count} × {sku}" for _pk, sku, count in self.units)
        return " · ".join(
            [lines, self.till.store.code, self.customer.number if self.customer else "–",
             *self.codes]
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Price:
    """A door's answer; `refused` when an article is not sold there."""

    total: int | None
    tax: int = 0
    lines: Lines = ()

    def __str__(self) -> str:
        return "not sold" if self.total is None else f"{self.total} (VAT {self.tax})"


def _of(told: Quote, skus: dict[int, str]) -> Price:
    return Price(
        told.total_minor,
        told.tax_minor,
        tuple((skus[one.variant_id], one.discount_minor, one.total_minor) for one in told.lines),
    )


def _basket(asked: Asked, *, at: datetime, till: Till | None) -> Basket:
    basket = Basket.objects.create(
        customer=asked.customer,
        channel="till" if till else "web",
        till=till,
        store_id=till.store_id if till else None,
        coupons=list(asked.codes),
        created_at=at,
        changed_at=at,
    )
    BasketLine.objects.bulk_create(
        BasketLine(basket=basket, variant_id=pk, quantity=count, seen_unit_minor=0, added_at=at)
        for pk, _sku, count in asked.units
    )
    return basket


def storefront(asked: Asked, *, at: datetime) -> tuple[Price, Price]:
    """What the basket's page and checkout's summary show."""
    basket = _basket(asked, at=at, till=None)
    skus = {pk: sku for pk, sku, _count in asked.units}
    page = orders.basket_view(basket, at=at)
    summary = orders.summary(basket, method=None, at=at)
    if page.gone or len(summary.lines) < len(asked.units):
        return Price(None), Price(None)
    return _of(page.quote, skus), _of(summary.quote, skus)


def till(asked: Asked, *, at: datetime) -> Price:
    """What the till's screen shows."""
    view = orders.sale_view(_basket(asked, at=at, till=asked.till), at=at)
    if view.gone:
        return Price(None)
    return _of(view.quote, {pk: sku for pk, sku, _count in asked.units})


def desk(asked: Asked, store: Store | None, *, at: datetime) -> Price:
    """What the desk's page of offers and stores answers."""
    query = {
        "sku": [sku for _pk, sku, _count in asked.units],
        "quantity": [str(count) for _pk, _sku, count in asked.units],
        "store": store.code if store else "",
        "customer": asked.customer.number if asked.customer else "",
        "codes": " ".join(asked.codes),
    }
    told: dict[str, Any] = care.answer(care.question(_requests.get("/", query), at=at))
    if "quote" not in told:
        return Price(None)
    return _of(told["quote"], {pk: sku for pk, sku, _count in asked.units})


def telephone(asked: Asked, *, at: datetime) -> Price | None:
    """What the desk's page of a person's basket shows; nothing for nobody: who orders by telephone
    is known.
    """
    if asked.customer is None:
        return None
    told = care_basket.told(asked.customer, _basket(asked, at=at, till=None), at=at)
    if told["view"].gone:
        return Price(None)
    return _of(told["view"].quote, {pk: sku for pk, sku, _count in asked.units})


def api(asked: Asked, store: Store | None, staff: User) -> Price:
    """What the API answers, out of its JSON."""
    body = {
        "lines": [{"sku": sku, "quantity": count} for _pk, sku, count in asked.units],
        "store": store.code if store else "",
        "customer": asked.customer.number if asked.customer else "",
        "codes": list(asked.codes),
    }
    call = _calls.post("/", body, format="json")
    force_authenticate(call, user=staff)
    answer = _api(call)
    if answer.status_code == 404:
        return Price(None)
    answer.render()
    told = json.loads(answer.content)
    return Price(
        told["total_minor"],
        told["tax_minor"],
        tuple((one["sku"], one["discount_minor"], one["total_minor"]) for one in told["lines"]),
    )

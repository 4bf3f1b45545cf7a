"""The price of goods that lie in no basket: for the service desk and for machines."""

from collections.abc import Sequence
from datetime import datetime

from catalog.book import price_book
from catalog.pricing import DeliveryPrice, Quote, Want, quote
from customers.models import Customer
from omnishop.network.models import Store
from orders.books import shopper


def priced(
    wants: Sequence[Want],
    *,
    at: datetime,
    store: Store | None = None,
    customer: Customer | None = None,
    codes: Sequence[str] = (),
    delivery: DeliveryPrice | None = None,
) -> Quote:
    """What these goods cost at a store's tills, or without a store on the site, with which
    promotions. One statement, another for a person or codes.

    Raises NotSold when an article is not sold there.
    """
    book = price_book(
        [want.variant_id for want in wants],
        at=at,
        channel="till" if store else "web",
        store_id=store.pk if store else None,
        shopper=shopper(customer_id=customer.pk if customer else None, codes=codes, at=at),
    )
    return quote(wants, book, delivery=delivery)

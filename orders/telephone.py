"""An order by telephone before anyone confirms it: who is reached how, and what it does (UX V4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext as _

from catalog.pricing import NotSold, Quote
from customers.models import Case, Customer, Identity
from customers.selectors import records
from omnishop.kernel.errors import NotFound
from orders import offers
from orders.errors import EmptyBasket
from orders.models import Basket, Channel, Order
from orders.offers import PickupOffer
from orders.points import of_quote
from orders.selectors import BasketRow, BasketView, basket_view
from orders.sourcing import Wanted

Kind = Identity.Kind


@dataclass(frozen=True, slots=True)
class Reach:
    """How a person is reached about an order; what is not known is empty."""

    name: str
    email: str  # where the mails of the order go
    phone: str
    link_to: str  # where a link to the basket may go: proved, or the address of the case

    @property
    def known(self) -> bool:
        return bool(self.email or self.phone)


def reach(person: Customer, case: Case | None) -> Reach:
    """Name and keys of a live person, proved ones first, then what their case says."""
    keys = list(
        Identity.objects.filter(
            customer__in=records(person.pk), kind__in=[Kind.EMAIL, Kind.PHONE]
        ).order_by(F("verified_at").asc(nulls_last=True), "pk")
    )
    proved = [one.value for one in keys if one.kind == Kind.EMAIL and one.verified_at]
    typed = [one.value for one in keys if one.kind == Kind.EMAIL]
    phones = [one.value for one in keys if one.kind == Kind.PHONE]
    link_to = next(iter(proved), case.email if case else "")
    return Reach(
        name=person.name or (case.name if case else "") or person.number,
        email=link_to or next(iter(typed), ""),
        phone=next(iter(phones), case.phone if case else ""),
        link_to=link_to,
    )


@dataclass(frozen=True, slots=True)
class Preview:
    """What reserving a basket in a store does to money, stock, points and mail."""

    view: BasketView[BasketRow]
    offer: PickupOffer
    points: int | None  # earned when it is paid; None for who is no member
    replaces: str  # number of the order whose payment the shopper has begun on the site

    @property
    def quote(self) -> Quote:
        return self.view.quote


def wanted_of(rows: Sequence[BasketRow]) -> list[Wanted]:
    """The lines of a basket that are on sale, as places are asked for them."""
    return [
        Wanted(position, row.line.variant_id, row.line.quantity)
        for position, row in enumerate((row for row in rows if row.priced), start=1)
    ]


def sellable(basket: Basket, *, at: datetime) -> BasketView[BasketRow]:
    """The priced basket. Raises EmptyBasket, or NotSold naming what left the shelves."""
    view = basket_view(basket, at=at)
    if not view.rows:
        raise EmptyBasket
    if view.gone:
        line = view.gone[0].line
        raise NotSold(
            _("%(name)s is no longer on sale. Remove it to go on.")
            % {"name": line.variant.product.name},
            variant_id=line.variant_id,
        )
    return view


def preview(basket: Basket, *, store_id: int, at: datetime) -> Preview:
    """What reserving would do now. Raises as it would: EmptyBasket, NotSold, NotFound."""
    view = sellable(basket, at=at)
    stores = offers.stores_with_queue().filter(pk=store_id)
    found = offers.pickup_offers(wanted_of(view.rows), at=at, stores=stores)
    if not found:
        raise NotFound(_("This store does not offer pick-up. Choose another."))
    unpaid = basket.orders.filter(status=Order.Status.AWAITING_PAYMENT)
    return Preview(
        view=view,
        offer=found[0],
        points=earned(basket, view.quote, at=at),
        replaces=unpaid.values_list("number", flat=True).first() or "",
    )


def earned(basket: Basket, quote: Quote, *, at: datetime) -> int | None:
    """The points that the basket earns when it is ordered by telephone."""
    return of_quote(quote, customer_id=basket.customer_id, at=at, channel=Channel.PHONE)

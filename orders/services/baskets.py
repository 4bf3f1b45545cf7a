"""Filling a basket, in any channel."""

from datetime import datetime
from typing import Any, NoReturn

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.book import price_book, prices
from catalog.offers import Why
from catalog.pricing import NotSold, PriceBook, UnitPrice, quote
from catalog.promotion_words import why
from customers.models import Customer
from customers.selectors import records
from omnishop.kernel.errors import Invalid, NotFound, Refusal
from omnishop.kernel.transactions import joined
from omnishop.network.models import Till
from orders.books import book_of, place
from orders.errors import BasketClosed, CodeRefused
from orders.models import Basket, BasketLine, Order
from orders.models.basket import MAX_QUANTITY
from orders.selectors import unit_of, wants_of

MAX_CODES = 5  # of one basket


def start(
    *,
    at: datetime,
    customer: Customer | None = None,
    channel: str = "web",
    language: str = "fr",
    till: Till | None = None,
    store_id: int | None = None,
) -> Basket:
    """A new empty basket; `store_id` is the shopper's own store, a till's basket has the till's."""
    return Basket.objects.create(
        customer=customer,
        channel=channel,
        language=language,
        created_at=at,
        changed_at=at,
        till=till,
        store_id=till.store_id if till else store_id,
    )


def opened(basket_id: int) -> Basket:
    """The basket, locked until commit. Raises BasketClosed when it was ordered.

    While a till takes the money for it nothing in it changes: what is paid is what is handed over.
    """
    basket = Basket.objects.select_for_update(of=("self",)).get(pk=basket_id)
    if basket.status != Basket.Status.OPEN:
        raise BasketClosed
    # A statement of its own: only one that begins after the lock sees what the other tab wrote.
    if basket.till_id and (
        basket.orders.filter(till=basket.till_id, status=Order.Status.AWAITING_PAYMENT).exists()
    ):
        raise Refusal(_("The payment of this sale has begun. Cancel it to change the sale."))
    return basket


def _touch(basket: Basket, at: datetime) -> None:
    basket.changed_at = at
    basket.save(update_fields=["changed_at"])


def check_quantity(quantity: int, *, zero: bool = False) -> None:
    """Refuse a quantity that no line can have."""
    if not (0 if zero else 1) <= quantity <= MAX_QUANTITY:
        raise Invalid(_("Choose a quantity from 1 to %(most)s.") % {"most": MAX_QUANTITY})


@joined
def add(*, basket_id: int, variant_id: int, quantity: int, at: datetime) -> BasketLine:
    """Put units of an article into the basket, on top of what it has of it; of a set its articles.

    Raises Invalid for a quantity out of range, NotSold when the article is not on sale here. The
    line, of a set the last one.
    """
    check_quantity(quantity)
    basket = opened(basket_id)
    book = price_book([variant_id], at=at, **place(basket))
    parts = {variant_id: quantity}
    if bundle := next((one for one in book.sets if one.variant_id == variant_id), None):
        if variant_id not in book:
            raise NotSold(_("This article is no longer on sale."), variant_id=variant_id)
        parts = {item: count * quantity for item, count in bundle.items}
        book = price_book(parts, at=at, **place(basket))
    for part, units in parts.items():
        put = BasketLine.objects.raw(
            f"WITH {PUT} SELECT * FROM put",  # noqa: S608  a constant of this module
            put_values(basket, variant_id=part, quantity=units, price=book.prices.get(part), at=at),
        )
        line = next(iter(put), None) or refuse_put(basket.pk)
    return line


# Puts units on top of what a basket has of an article. Nothing is put while a till takes the money
# for it; that is seen because the basket was locked by an earlier statement.
PUT = f"""
    sale AS (
      UPDATE orders_basket b SET changed_at = %(at)s
       WHERE b.id = %(basket)s AND b.status = 'open' AND NOT EXISTS (
             SELECT FROM orders_order o
              WHERE o.basket_id = b.id AND o.till_id = b.till_id
                AND o.status = 'awaiting_payment')
      RETURNING b.id),
    put AS (
      INSERT INTO orders_basketline AS l (basket_id, variant_id, label, pack_minor, pack_g,
                                          quantity, seen_unit_minor, discount_minor,
                                          discount_reason, added_at)
      SELECT sale.id, %(variant)s, %(label)s, %(pack_minor)s, %(pack_g)s, %(quantity)s, %(seen)s,
             0, '', %(at)s FROM sale
      ON CONFLICT (basket_id, variant_id, label) DO UPDATE
         SET quantity = l.quantity + EXCLUDED.quantity, seen_unit_minor = EXCLUDED.seen_unit_minor,
             pack_minor = EXCLUDED.pack_minor, pack_g = EXCLUDED.pack_g
       WHERE l.quantity + EXCLUDED.quantity <= {MAX_QUANTITY}
      RETURNING l.*)"""  # noqa: S608  a constant


def put_values(
    basket: Basket,
    *,
    variant_id: int,
    quantity: int,
    price: UnitPrice | None,
    at: datetime,
    label: str = "",
    pack_minor: int | None = None,
    pack_g: int | None = None,
) -> dict[str, Any]:
    """The parameters of `PUT`; a pack has its scale's label with the price or the weight.

    Raises NotSold when the article has no price here.
    """
    if price is None:
        raise NotSold(_("This article is no longer on sale."), variant_id=variant_id)
    return {
        "basket": basket.pk,
        "variant": variant_id,
        "label": label,
        "pack_minor": pack_minor,
        "pack_g": pack_g,
        "quantity": quantity,
        "seen": price.amount_minor,
        "at": at,
    }


def refuse_put(basket_id: int) -> NoReturn:
    """Say why `PUT` put nothing."""
    opened(basket_id)
    raise Invalid(_("Choose a quantity from 1 to %(most)s.") % {"most": MAX_QUANTITY})


@transaction.atomic
def set_quantity(
    *, basket_id: int, variant_id: int, quantity: int, at: datetime, label: str = ""
) -> None:
    """Change a line's quantity; 0 takes the line out. A line that is gone stays gone."""
    check_quantity(quantity, zero=True)
    basket = opened(basket_id)
    lines = BasketLine.objects.filter(basket=basket, variant_id=variant_id, label=label)
    if quantity == 0:
        lines.delete()
    else:
        lines.update(quantity=quantity, discount_minor=0, discount_reason="")
    _touch(basket, at)


@transaction.atomic
def discount(
    *,
    basket_id: int,
    variant_id: int,
    amount_minor: int,
    reason: str,
    at: datetime,
    label: str = "",
) -> None:
    """A discount given at the till on a whole line, with its reason (UX T7)."""
    basket = opened(basket_id)
    if basket.till_id is None:
        raise Refusal(_("Discounts by hand are given at the till alone."))
    line = BasketLine.objects.filter(basket=basket, variant_id=variant_id, label=label).first()
    if line is None:
        raise NotFound(_("This article is not in the sale."))
    if amount_minor and not reason.strip():
        raise Invalid(_("Say why the discount is given."))
    book = PriceBook(prices([variant_id], at=at, channel="till", store_id=basket.store_id))
    price = unit_of(line, book)
    if price is None or not 0 <= amount_minor <= price.amount_minor * line.quantity:
        raise Invalid(_("The discount is larger than the price of the line."))
    line.discount_minor = amount_minor
    line.discount_reason = reason.strip()[:80] if amount_minor else ""
    line.save(update_fields=["discount_minor", "discount_reason"])
    _touch(basket, at)


# Why a typed code is not kept: nothing put into the basket would change it.
NEVER = {
    *(Why.NOT_YET, Why.OVER, Why.CHANNEL, Why.STORE, Why.GROUP, Why.TIER, Why.FIRST_ORDER),
    *(Why.CODE_UNKNOWN, Why.CODE_EARLY, Why.CODE_EXPIRED, Why.CODE_USED_UP, Why.CODE_USED),
    Why.CODE_OF_OTHER,
}


@transaction.atomic
def use_code(*, basket_id: int, code: str, at: datetime) -> None:
    """Keep a typed code with the basket, in any channel; a repeat changes nothing.

    A code whose condition is not met yet is kept: the basket says what is missing (UX B5). Raises
    CodeRefused, naming the rule, when it can give nothing here.
    """
    basket = opened(basket_id)
    code = code.strip().upper()
    if not code or code in basket.coupons:
        return
    if len(basket.coupons) >= MAX_CODES:
        raise Invalid(_("A basket takes %(most)s codes at the most.") % {"most": MAX_CODES})
    lines = list(basket.lines.all())
    basket.coupons = [*basket.coupons, code[:32]]
    book = book_of(basket, [line.variant_id for line in lines], at=at)
    wants = wants_of([line for line in lines if unit_of(line, book)])
    if not wants:
        raise Invalid(_("Put an article into the basket first."))
    for missed in quote(wants, book).missed:
        if missed.code == basket.coupons[-1] and missed.why in NEVER:
            raise CodeRefused(why(missed))
    basket.save(update_fields=["coupons"])
    _touch(basket, at)


@transaction.atomic
def drop_code(*, basket_id: int, code: str, at: datetime) -> None:
    """Take a code off the basket; one that is gone stays gone."""
    basket = opened(basket_id)
    basket.coupons = [kept for kept in basket.coupons if kept != code.strip().upper()]
    basket.save(update_fields=["coupons"])
    _touch(basket, at)


@transaction.atomic
def hand_over_by(*, basket_id: int, variant_id: int, handover: str, at: datetime) -> None:
    """Whether a line of a till's sale leaves now or is ordered for the customer (UX T5). What a
    scale labelled leaves now.
    """
    basket = opened(basket_id)
    if basket.till_id is None:
        raise Refusal(_("On the site the whole basket is ordered in one way."))
    changed = BasketLine.objects.filter(basket=basket, variant_id=variant_id, label="").update(
        handover=BasketLine.Handover(handover)
    )
    if not changed:
        raise NotFound(_("This article is not in the sale."))
    _touch(basket, at)


@transaction.atomic
def see_prices(*, basket_id: int, at: datetime) -> None:
    """The shopper has seen today's prices; later changes are told against these."""
    basket = opened(basket_id)
    lines = list(basket.lines.all())
    book = PriceBook(prices([line.variant_id for line in lines], at=at, **place(basket)))
    for line in lines:
        if now := unit_of(line, book):
            line.seen_unit_minor = now.amount_minor
    BasketLine.objects.bulk_update(lines, ["seen_unit_minor"])


def current(*, customer: Customer) -> Basket | None:
    """The basket the person is filling on the site, on whatever device; newest first."""
    return (
        Basket.objects.open()
        .filter(customer__in=records(customer.pk), channel="web")
        .order_by("-changed_at", "-pk")
        .first()
    )


@joined
def begun(
    *, customer: Customer, at: datetime, language: str = "fr", store_id: int | None = None
) -> Basket:
    """The basket the person is filling on the site; a new one where there is none.

    The site and the service desk begin one, not two: the person's row is locked meanwhile.
    """
    Customer.objects.select_for_update(no_key=True, of=("self",)).get(pk=customer.pk)
    return current(customer=customer) or start(
        at=at, customer=customer, language=language, store_id=store_id
    )


@transaction.atomic
def identify(*, basket_id: int, customer: Customer | None) -> None:
    """Say whose basket it is, or that it is nobody's, at the till."""
    basket = opened(basket_id)
    basket.customer = customer
    basket.save(update_fields=["customer"])


@transaction.atomic
def choose_store(*, basket_id: int, store_id: int | None) -> None:
    """The store where the shopper would collect it."""
    basket = opened(basket_id)
    basket.store_id = store_id
    basket.save(update_fields=["store"])


@transaction.atomic
def open_at_till(*, basket_id: int, till: Till) -> Basket:
    """Go on at a till with a basket begun elsewhere: the same basket, not a copy (UX T9).

    Raises Refusal while it is open at another till.
    """
    basket = opened(basket_id)
    if basket.till_id not in (None, till.pk):
        raise Refusal(_("This basket is open at another till."))
    basket.till = till
    basket.store_id = till.store_id
    basket.held_label = ""
    basket.save(update_fields=["till", "store", "held_label"])
    return basket


@transaction.atomic
def bring_along(*, from_id: int, to_id: int, at: datetime) -> None:
    """What was scanned before the shopper's own basket was opened joins it, discounts included.

    An article or a label in both keeps the larger quantity; the sale left behind is empty.
    """
    source, target = (opened(pk) for pk in sorted({from_id, to_id}))
    if source.pk != from_id:
        source, target = target, source
    if source.till_id is None or source.till_id != target.till_id:
        raise NotFound(_("This sale is not open at this till."))
    known = {(line.variant_id, line.label): line for line in target.lines.all()}
    for line in source.lines.all():
        if both := known.get((line.variant_id, line.label)):
            both.quantity = max(both.quantity, line.quantity)
            both.save(update_fields=["quantity"])
            line.delete()
        else:
            line.basket = target
            line.save(update_fields=["basket"])
    _touch(target, at)


@transaction.atomic
def leave_till(*, basket_id: int) -> None:
    """Hand a basket begun on the site back to its shopper, without the till's discounts.

    Raises Refusal while packs of the shop's scale are in it: the site sells none.
    """
    basket = opened(basket_id)
    if basket.channel != "web":
        raise Refusal(_("This sale was begun at the till. Put it aside or empty it."))
    if basket.lines.exclude(label="").exists():
        raise Refusal(_("Void the packs with a label of the scale first: the site sells none."))
    basket.lines.update(
        discount_minor=0, discount_reason="", handover=BasketLine.Handover.TAKE_AWAY
    )
    basket.till = None
    basket.store = None
    basket.save(update_fields=["till", "store"])


@transaction.atomic
def put_aside(*, basket_id: int, label: str) -> None:
    """Hold a till's sale for later (UX T6)."""
    basket = opened(basket_id)
    basket.held_label = label.strip()[:40] or _("Sale put aside")
    basket.save(update_fields=["held_label"])


@transaction.atomic
def empty(*, basket_id: int, at: datetime) -> None:
    """Take every line out."""
    basket = opened(basket_id)
    basket.lines.all().delete()
    _touch(basket, at)

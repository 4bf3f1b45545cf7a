"""A person's basket at the desk: the one that the site and the tills open, filled on the telephone.

An address with `?case=` keeps the case from which somebody came.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from catalog.models import Variant
from customers.models import Case, Customer
from customers.selectors import resolve
from inventory.availability import Way, stock
from inventory.errors import InsufficientStock
from omnishop.channels.care.access import desk_only
from omnishop.channels.care.articles import on_sale
from omnishop.channels.care.cases import seen_case
from omnishop.channels.care.finding import typed
from omnishop.channels.promotions import advantages, reasons
from omnishop.kernel.errors import Invalid, NotFound, Refusal
from omnishop.network.places import point_of_postcode
from orders import offers
from orders.models import Basket, DeliveryMethod
from orders.models.basket import MAX_QUANTITY
from orders.selectors import basket_view
from orders.services import baskets
from orders.sourcing import units_of
from orders.telephone import earned, reach, wanted_of


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is on the telephone, and the case that it is about, if any."""

    person: Customer
    case: Case | None

    @property
    def query(self) -> str:
        return f"?case={self.case.number}" if self.case else ""

    @property
    def page(self) -> str:
        return reverse("care:basket", args=[self.person.number]) + self.query

    @property
    def basket(self) -> Basket | None:
        return baskets.current(customer=self.person)


def caller(request: HttpRequest, number: str) -> Caller:
    """The live person of an address; with a case that is not theirs, or not seen, nobody (404)."""
    known = Customer.objects.select_related("merged_into", "home_store")
    person = resolve(get_object_or_404(known, number=number))
    wanted = typed(request, "case", 12)
    if not wanted:
        return Caller(person, None)
    case = seen_case(request, wanted)
    if case.customer is None or resolve(case.customer).pk != person.pk:
        raise Http404
    return Caller(person, case)


def told(person: Customer, basket: Basket | None, *, at: datetime) -> dict[str, Any]:
    """What the page says of a basket: prices as on the site, why offers give nothing, points, and
    for all of it each store and delivery.
    """
    if basket is None:
        return {"view": None}
    view = basket_view(basket, at=at)
    if not view.rows:
        return {"view": view}
    wanted = wanted_of(view.rows)
    units = units_of(wanted)
    free = stock(units, at=at)
    found = offers.pickup_offers(
        wanted, at=at, near=point_of_postcode(person.postcode), free=free
    )  # fmt: skip
    mine = (basket.store_id, person.home_store_id)
    orderable = [offer.store.pk for offer in found if offer.orderable]
    sent = free.answer(units, Way.DELIVERY).everything_now
    return {
        "view": view,
        "told": advantages(view.quote, basket.coupons),
        "reasons": reasons(view.quote),
        "changed": [row for row in view.rows if row.price_changed],
        "earns": earned(basket, view.quote, at=at),
        "offers": found,
        "chosen_store": next((pk for pk in mine if pk in orderable), next(iter(orderable), None)),
        "deliveries": [
            (
                method,
                offers.shown_price(method, view.quote),
                offers.arrives_on(method, at, cut_off=free.cut_off),
            )
            for method in DeliveryMethod.objects.filter(active=True)
            if sent
        ],
    }


def context(who: Caller, *, at: datetime) -> dict[str, Any]:
    """The basket's part of the page."""
    basket = who.basket
    return told(who.person, basket, at=at) | {
        "who": who, "person": who.person, "case": who.case, "basket": basket,
        "reach": reach(who.person, who.case), "now": at, "max_quantity": MAX_QUANTITY,
    }  # fmt: skip


def shown(
    request: HttpRequest, who: Caller, status: int = 200, **more: Any
) -> HttpResponse:  # fmt: skip
    """The page, or the basket's part of it for htmx; with what was refused."""
    at = timezone.now()
    part = bool(request.headers.get("HX-Request"))
    values = context(who, at=at) | more
    refusal = more.get("refusal")
    if isinstance(refusal, InsufficientStock) and values["view"]:
        rows = {row.line.variant_id: row for row in values["view"].rows}
        values["missing"] = [
            (rows[one.variant_id].line, one.available)
            for one in refusal.missing
            if one.variant_id in rows
        ]
    if part:  # htmx shows 409 and 422 alone
        status = 422 if status == 404 else status
        return render(request, "care/_basket.html", values, status=status)
    words = typed(request, "words")
    values |= {"words": words, "hits": on_sale(words, who.person, at=at) if words else []}
    return render(request, "care/basket.html", values, status=status)


@require_safe
@desk_only
def basket(request: HttpRequest, number: str) -> HttpResponse:
    """The basket, and what the words find."""
    who = caller(request, number)
    if who.person.number != number:
        return redirect(who.page)
    return shown(request, who)


def _whole(text: str) -> int:
    """A whole number of a form. Raises Invalid."""
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise Invalid(_("Choose a quantity from 1 to %(most)s.") % {"most": MAX_QUANTITY})
    return int(text)


def _done(request: HttpRequest, who: Caller, **more: Any) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return shown(request, who, **more)
    return redirect(who.page)


@require_POST
@desk_only
def add(request: HttpRequest, number: str) -> HttpResponse:
    """Put units of an article in; the basket is begun where there is none."""
    who, at = caller(request, number), timezone.now()
    try:
        quantity = _whole(request.POST.get("quantity", "1"))
        baskets.check_quantity(quantity)
        pk = request.POST.get("variant", "")
        known = pk.isascii() and pk.isdigit() and len(pk) <= 12
        article = Variant.objects.select_related("product").filter(pk=pk).first() if known else None
        if article is None:
            raise NotFound(_("This article does not exist."))
        found = baskets.begun(customer=who.person, at=at, language=who.person.language)
        baskets.add(basket_id=found.pk, variant_id=article.pk, quantity=quantity, at=at)
    except Refusal as refusal:
        return shown(request, who, refusal.status, refusal=refusal)
    return _done(request, who, added=article.product.name)


def _basket_of(who: Caller) -> Basket:
    found = who.basket
    if found is None:
        raise NotFound(_("There is no basket any more: it was ordered or emptied."))
    return found


@require_POST
@desk_only
def line(request: HttpRequest, number: str, variant_id: int) -> HttpResponse:
    """Change a line's units; 0 takes it out."""
    who = caller(request, number)
    try:
        baskets.set_quantity(
            basket_id=_basket_of(who).pk,
            variant_id=variant_id,
            quantity=_whole(request.POST.get("quantity", "")),
            at=timezone.now(),
        )
    except Refusal as refusal:
        return shown(request, who, refusal.status, refusal=refusal)
    return _done(request, who)


@require_POST
@desk_only
def remove(request: HttpRequest, number: str, variant_id: int) -> HttpResponse:
    """Take a line out."""
    who = caller(request, number)
    try:
        baskets.set_quantity(
            basket_id=_basket_of(who).pk, variant_id=variant_id, quantity=0, at=timezone.now()
        )
    except Refusal as refusal:
        return shown(request, who, refusal.status, refusal=refusal)
    return _done(request, who)


@require_POST
@desk_only
def code(request: HttpRequest, number: str) -> HttpResponse:
    """Use a code that the customer tells; a refused one says which rule (B5)."""
    who = caller(request, number)
    typed_code = request.POST.get("code", "").replace("\x00", "").strip()[:40]
    try:
        if not typed_code:
            raise Invalid(_("Type a code."))
        baskets.use_code(basket_id=_basket_of(who).pk, code=typed_code, at=timezone.now())
    except Refusal as refusal:
        return shown(request, who, refusal.status, code_refusal=refusal, typed=typed_code)
    return _done(request, who)


@require_POST
@desk_only
def drop_code(request: HttpRequest, number: str) -> HttpResponse:
    """Take a code off."""
    who = caller(request, number)
    try:
        baskets.drop_code(
            basket_id=_basket_of(who).pk,
            code=request.POST.get("code", "")[:40],
            at=timezone.now(),
        )
    except Refusal as refusal:
        return shown(request, who, refusal.status, refusal=refusal)
    return _done(request, who)

"""The two ends of a telephone call about a basket: reserved in a store, or sent as a link.

Each is shown first with what it does to money, stock, points and mail (V4), then done once.
"""

from datetime import datetime

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from omnishop.channels.care.access import desk_only, staff_of
from omnishop.channels.care.basket import Caller, caller, shown
from omnishop.channels.care.cases import back
from omnishop.channels.cases import new_key
from omnishop.kernel.errors import Invalid, Refusal
from orders.errors import BasketClosed, EmptyBasket
from orders.models import Basket
from orders.services import telephone
from orders.services.ways import lacking
from orders.telephone import preview, reach, sellable


def _number(data: QueryDict, name: str) -> int:
    """A figure of our own form. Raises Invalid when somebody changed it."""
    text = data.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise Invalid(_("This page is out of date. Check the order and confirm again."))
    return int(text)


def _seen(data: QueryDict) -> datetime:
    """The instant of the basket's last change that was shown. Raises Invalid."""
    try:
        found = parse_datetime(data.get("seen", "")[:40])
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Invalid(_("This page is out of date. Check the order and confirm again."))
    return found


def _key(data: QueryDict, act: str, who: Caller) -> str:
    """Two presses of one form are one act of one person."""
    key = data.get("key", "")[:40]
    if not key:
        raise Invalid(_("This page is out of date. Check the order and confirm again."))
    return f"{act}:{who.person.pk}:{key}"


def _filled(who: Caller) -> Basket:
    found = who.basket
    if found is None:
        raise EmptyBasket
    return found


@desk_only
@require_http_methods(["GET", "POST"])
def reserve(request: HttpRequest, number: str) -> HttpResponse:
    """Reserved in a store of the customer's choice and paid there."""
    who = caller(request, number)
    if request.method == "GET":
        return _reserving(request, who, request.GET)
    data = request.POST
    try:
        entry = telephone.reserve(
            customer_id=who.person.pk,
            case_id=who.case.pk if who.case else None,
            agent_id=staff_of(request).pk,
            basket_id=_number(data, "basket"),
            seen_at=_seen(data),
            store_id=_number(data, "store"),
            collector=data.get("collector", "").replace("\x00", "")[:160],
            expected_total_minor=_number(data, "total"),
            key=_key(data, "order", who),
            at=timezone.now(),
        )
    except BasketClosed as refusal:
        return shown(request, who, refusal.status, refusal=refusal)
    except Refusal as refusal:
        return _reserving(request, who, data, refusal)
    return back(entry.case, "#last")


def _reserving(
    request: HttpRequest, who: Caller, data: QueryDict, refusal: Refusal | None = None
) -> HttpResponse:
    """What reserving does; or the basket with what stands in its way."""
    try:
        if not data.get("store"):
            raise Invalid(_("Choose the store where it is collected."))
        basket = _filled(who)
        found = preview(basket, store_id=_number(data, "store"), at=timezone.now())
        known = reach(who.person, who.case)
        if not found.offer.answer.can_be_ordered:
            raise lacking(found.offer.answer)
        if not found.offer.orderable:
            raise Invalid(_("This store is closed for the coming weeks. Choose another."))
        telephone.check_reach(known)
    except Refusal as other:
        return shown(request, who, other.status, refusal=other)
    context = {
        "who": who, "person": who.person, "case": who.case, "basket": basket, "found": found,
        "offer": found.offer, "reach": known, "act": "reserve", "key": new_key(),
        "collector": data.get("collector", "").replace("\x00", "")[:160], "refusal": refusal,
        "now": timezone.now(),
    }  # fmt: skip
    status = refusal.status if refusal else 200
    return render(request, "care/basket_confirm.html", context, status=status)


@desk_only
@require_http_methods(["GET", "POST"])
def send(request: HttpRequest, number: str) -> HttpResponse:
    """The link by which the customer opens the basket on any device, orders and pays."""
    who = caller(request, number)
    if request.method == "GET":
        return _sending(request, who)
    data = request.POST
    try:
        entry = telephone.send_link(
            customer_id=who.person.pk,
            case_id=who.case.pk if who.case else None,
            agent_id=staff_of(request).pk,
            basket_id=_number(data, "basket"),
            seen_at=_seen(data),
            key=_key(data, "link", who),
            at=timezone.now(),
        )
    except BasketClosed as refusal:
        return shown(request, who, refusal.status, refusal=refusal)
    except Refusal as refusal:
        return _sending(request, who, refusal)
    return back(entry.case, "#last")


def _sending(request: HttpRequest, who: Caller, refusal: Refusal | None = None) -> HttpResponse:
    """What sending does; or the basket with what stands in its way."""
    try:
        basket = _filled(who)
        view = sellable(basket, at=timezone.now())
        known = reach(who.person, who.case)
        telephone.check_link(known)
    except Refusal as other:
        return shown(request, who, other.status, refusal=other)
    context = {
        "who": who, "person": who.person, "case": who.case, "basket": basket,
        "found": {"view": view, "quote": view.quote}, "reach": known, "act": "send",
        "key": new_key(), "refusal": refusal,
    }  # fmt: skip
    status = refusal.status if refusal else 200
    return render(request, "care/basket_confirm.html", context, status=status)

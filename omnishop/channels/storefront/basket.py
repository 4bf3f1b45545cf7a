"""The basket: fill it, change it, take it up again on another device."""

from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import reselect, retarget, trigger_client_event

from catalog.models import Variant
from customers.models import Customer
from omnishop.channels.promotions import advantages
from omnishop.channels.storefront.context import (
    BASKET_COOKIE,
    BASKET_DAYS,
    Request,
    Shopper,
    set_cookie,
)
from omnishop.channels.storefront.limits import limit
from omnishop.channels.storefront.pages import private
from omnishop.kernel.errors import Invalid, NotFound, Refusal
from omnishop.kernel.language import site_language
from omnishop.kernel.templatetags.omnishop import format_money
from orders import offers
from orders import selectors as orders
from orders.aside import aside
from orders.models import Basket, DeliveryMethod
from orders.models.basket import MAX_QUANTITY
from orders.points import of_quote
from orders.services import baskets, merging
from orders.services.wanted import basket_of_link

CODES_TRIED = 20  # in ten minutes, from one address


def whole_number(text: str) -> int:
    """The number a field holds. Raises Invalid for what is no whole number: 0.1, 1e9, nothing."""
    digits = text.strip().removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 12):
        raise Invalid(
            _("“%(value)s” is not a whole number. Choose a quantity from 1 to %(most)s.")
            % {"value": text[:20], "most": MAX_QUANTITY}
        )
    return int(text)


def _context(shopper: Shopper) -> dict[str, Any]:
    """The basket with prices, stock, what delivery adds (B1 to B3), what lies aside (B4)."""
    basket, at = shopper.basket, timezone.now()
    context: dict[str, Any] = {"view": None, "now": at, "max_quantity": MAX_QUANTITY}
    if shopper.customer:
        context["aside"] = aside(customer=shopper.customer, basket=basket, at=at)
    if basket is None:
        return context
    view = orders.basket_view(basket, at=at)
    methods = list(DeliveryMethod.objects.filter(active=True)) if view.rows else []
    goods = view.quote.goods_minor
    costs = {method: offers.shown_price(method, view.quote) for method in methods}
    method = min(methods, key=lambda method: costs[method], default=None)
    return context | {
        "view": view,
        "told": advantages(view.quote, basket.coupons),
        "store": basket.store,
        "changed": [row for row in view.rows if row.price_changed],
        "delivery_method": method,
        "delivery_minor": costs[method] if method else None,
        "delivered_minor": goods + costs[method] if method else None,
        "arrives_on": offers.arrives_on(method, at) if method else None,
        "may_order": view.rows and not view.gone,
        "earns": of_quote(
            view.quote,
            customer_id=shopper.customer.pk if shopper.customer else None,
            at=at,
            channel="web",
        ),
    }


@require_GET
def basket(request: Request) -> HttpResponse:
    """The basket; price changes are told once, then today's prices count as seen."""
    shopper = Shopper(request)
    context = _context(shopper)
    if shopper.basket and context.get("changed"):
        baskets.see_prices(basket_id=shopper.basket.pk, at=timezone.now())
    return private(render(request, "storefront/basket.html", context))


@csrf_exempt
@require_POST
def add(request: Request) -> HttpResponse:
    """Put an article into the basket.

    Product pages are kept for everyone, so their form holds no token. Scripts send the cookie's;
    without scripts the shopper is asked to confirm on a page that has one.
    """
    if CsrfViewMiddleware(unused_view).process_view(request, unused_view, (), {}) is not None:
        page = private(render(request, "storefront/basket_confirm.html", {"post": request.POST}))
        return reselect(retarget(page, "#main"), "#main > *") if request.htmx else page
    at, shopper = timezone.now(), Shopper(request)
    try:
        quantity = whole_number(request.POST.get("quantity", "1"))
        variant_id = _known(request.POST.get("variant", ""))
        baskets.check_quantity(quantity)
        line = baskets.add(
            basket_id=shopper.begun_basket(at=at).pk,
            variant_id=variant_id,
            quantity=quantity,
            at=at,
        )
    except Refusal as refusal:
        return _problem(request, shopper, refusal)
    if not request.htmx:
        return shopper.remember(redirect("storefront:basket"))
    if request.htmx.target == "basket":
        response = render(request, "storefront/_basket.html", _context(shopper))
    else:
        context = {
            "line": line,
            "quantity": quantity,
            "words": _added(line.seen_unit_minor, quantity)
            if line.variant_id == variant_id
            else _("The articles of the set were added."),
        }
        response = render(request, "storefront/_added.html", context)
    return private(shopper.remember(trigger_client_event(response, "basket-changed")))


def unused_view(_request: Any) -> HttpResponse:
    """What the token's check protects; never called."""
    return HttpResponse()


def _known(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise NotFound(_("This article does not exist.")) from None


def _added(unit_minor: int, quantity: int) -> str:
    price = format_money(unit_minor * quantity, settings.CURRENCY, site_language())
    return ngettext(
        "Added, %(count)s article, %(price)s", "Added, %(count)s articles, %(price)s", quantity
    ) % {"count": quantity, "price": price}


def _problem(request: Request, shopper: Shopper, refusal: Refusal) -> HttpResponse:
    """What was refused, where the shopper is; the basket stays as it was."""
    if request.htmx and request.htmx.target != "basket":
        response = render(
            request, "storefront/_refusal.html", {"refusal": refusal}, status=refusal.status
        )
        if refusal.status == 404:  # htmx shows 409 and 422 alone
            response.status_code = 422
        return private(response)
    template = "storefront/_basket.html" if request.htmx else "storefront/basket.html"
    context = _context(shopper) | {"refusal": refusal, "has_errors": True}
    return private(render(request, template, context, status=refusal.status))


@require_POST
def line(request: Request, variant_id: int) -> HttpResponse:
    """Change a line's quantity; 0 takes it out."""
    try:
        quantity = whole_number(request.POST.get("quantity", ""))
    except Refusal as refusal:
        return _problem(request, Shopper(request), refusal)
    return _set(request, variant_id, quantity)


@require_POST
def remove(request: Request, variant_id: int) -> HttpResponse:
    """Take a line out; the answer offers to put it back."""
    return _set(request, variant_id, 0)


def _set(request: Request, variant_id: int, quantity: int) -> HttpResponse:
    shopper, at = Shopper(request), timezone.now()
    removed: dict[str, Any] = {}
    try:
        if shopper.basket is None:
            raise NotFound(_("This article is not in your basket."))
        held = shopper.basket.lines.filter(variant_id=variant_id).first()
        if held is None:
            raise NotFound(_("This article is not in your basket."))
        baskets.set_quantity(
            basket_id=shopper.basket.pk, variant_id=variant_id, quantity=quantity, at=at
        )
    except Refusal as refusal:
        return _problem(request, shopper, refusal)
    if quantity == 0:
        variant = Variant.objects.select_related("product").get(pk=variant_id)
        removed = {"removed": variant, "removed_quantity": held.quantity}
    if removed and not request.htmx:
        return private(render(request, "storefront/basket.html", _context(shopper) | removed))
    return _shown(request, shopper, **removed)


def _shown(request: Request, shopper: Shopper, **context: Any) -> HttpResponse:
    """The basket after a change, where the shopper is."""
    if not request.htmx:
        return shopper.remember(redirect("storefront:basket"))
    response = render(request, "storefront/_basket.html", _context(shopper) | context)
    return private(trigger_client_event(response, "basket-changed"))


@require_POST
def code(request: Request) -> HttpResponse:
    """Use a typed code; a refused one says which rule, and stays in its field (B5)."""
    shopper, at = Shopper(request), timezone.now()
    typed = request.POST.get("code", "").replace("\x00", "").strip()[:40]
    try:
        limit(request, "code", most=CODES_TRIED, seconds=600)
        if shopper.basket is None:
            raise Invalid(_("Put an article into the basket first."))
        if not typed:
            raise Invalid(_("Type a code."))
        baskets.use_code(basket_id=shopper.basket.pk, code=typed, at=at)
    except Refusal as refusal:
        return _code_refused(request, shopper, refusal, typed)
    shopper.basket.refresh_from_db(fields=["coupons"])
    return _shown(request, shopper)


def _code_refused(request: Request, shopper: Shopper, refusal: Refusal, typed: str) -> HttpResponse:
    template = "storefront/_basket.html" if request.htmx else "storefront/basket.html"
    context = _context(shopper) | {"code_refusal": refusal, "typed": typed, "has_errors": True}
    response = render(request, template, context, status=refusal.status)
    if request.htmx and refusal.status == 429:  # htmx shows 409 and 422 alone
        response.status_code = 422
    return private(response)


@require_POST
def drop_code(request: Request) -> HttpResponse:
    """Take a code off the basket."""
    shopper = Shopper(request)
    if shopper.basket:
        try:
            baskets.drop_code(
                basket_id=shopper.basket.pk,
                code=request.POST.get("code", "")[:40],
                at=timezone.now(),
            )
        except Refusal as refusal:
            return _problem(request, shopper, refusal)
        shopper.basket.refresh_from_db(fields=["coupons"])
    return _shown(request, shopper)


@require_POST
def merge(request: Request) -> HttpResponse:
    """What becomes of the earlier basket's articles: all join, those ticked, none (B4)."""
    shopper, at = Shopper(request), timezone.now()
    answer = request.POST.get("answer", "")
    try:
        customer = _signed_in(shopper)
        ticked = [_known(text) for text in request.POST.getlist("variant")]
        if answer == "ticked" and not ticked:
            raise Invalid(_("Tick at least one article, or keep the basket as it is."))
        if answer not in ("all", "ticked", "none"):
            raise Invalid(_("Choose what becomes of the articles of your earlier basket."))
        chosen = {"all": None, "ticked": ticked, "none": []}[answer]
        basket_id = shopper.begun_basket(at=at).pk
        merging.decide(customer=customer, basket_id=basket_id, chosen=chosen, at=at)
    except Refusal as refusal:
        return _problem(request, shopper, refusal)
    return _shown(request, shopper)


@require_POST
def unmerge(request: Request) -> HttpResponse:
    """Take that choice back."""
    shopper = Shopper(request)
    try:
        customer = _signed_in(shopper)
        if shopper.basket is None:
            raise NotFound(_("There is no choice left to take back."))
        merging.undo(customer=customer, basket_id=shopper.basket.pk, at=timezone.now())
    except Refusal as refusal:
        return _problem(request, shopper, refusal)
    return _shown(request, shopper)


@require_POST
def later(request: Request, variant_id: int) -> HttpResponse:
    """An article kept for later joins the basket, or is forgotten."""
    shopper, at = Shopper(request), timezone.now()
    try:
        customer = _signed_in(shopper)
        if request.POST.get("answer") == "forget":
            merging.drop(customer=customer, variant_id=variant_id)
        else:
            basket_id = shopper.begun_basket(at=at).pk
            merging.take_up(customer=customer, basket_id=basket_id, variant_id=variant_id, at=at)
    except Refusal as refusal:
        return _problem(request, shopper, refusal)
    return _shown(request, shopper)


def _signed_in(shopper: Shopper) -> Customer:
    if shopper.customer is None:
        raise NotFound(_("Sign in to see what your earlier basket holds."))
    return shopper.customer


@require_GET
def resume(request: Request, link: str) -> HttpResponse:
    """Open a basket on this device by the signed link of a reminder."""
    found = basket_of_link(link)
    if found and found.status in (Basket.Status.PROPOSED, Basket.Status.LATER):
        if request.user.is_authenticated:  # it lies beside the one being filled
            return redirect("storefront:basket")
        return redirect_to_login(reverse("storefront:basket"))
    if found is None or found.status != Basket.Status.OPEN:
        return private(
            render(request, "storefront/basket_gone.html", status=404 if not found else 410)
        )
    response = redirect("storefront:basket")
    set_cookie(response, BASKET_COOKIE, f"link:{found.token}", days=BASKET_DAYS)
    return response

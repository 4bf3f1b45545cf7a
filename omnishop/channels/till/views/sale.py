"""The sale: one field for scans and words, lines, discounts, putting aside."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from catalog.models import Coupon
from customers.models import Identity
from customers.selectors import by_identity
from omnishop.channels.promotions import advantages, reasons
from omnishop.channels.till import finding, scope
from omnishop.channels.till.access import Desk, at_till
from omnishop.channels.till.answer import cleaned, show, typed
from omnishop.channels.till.forms.sale import LineForm
from omnishop.channels.till.views.customer import customer_context, identify_customer, open_here
from omnishop.kernel.errors import Invalid, NotFound, Refusal
from orders.models import Basket, BasketLine, Fulfilment
from orders.models.basket import line_key
from orders.selectors import BasketView, SaleRow, sale_view
from orders.services import approvals, baskets, scanning
from orders.services.wanted import basket_of_link


def is_partial(request: HttpRequest) -> bool:
    """Whether htmx asks for the lines alone."""
    return request.headers.get("HX-Target") == "sale"


def sale_page(
    request: HttpRequest,
    desk: Desk,
    basket: Basket | None,
    *,
    at: datetime,
    refusal: Refusal | None = None,
    added: str = "",
    hits: list[finding.Hit] | None = None,
    words: str = "",
    view: BasketView[SaleRow] | None = None,
) -> HttpResponse:
    """The sale as it stands: the lines alone for htmx, the whole page otherwise.

    Without a `view` the sale is read.
    """
    view = view or (sale_view(basket, at=at) if basket else None)
    context: dict[str, Any] = {
        "basket": basket,
        "view": view,
        "told": advantages(view.quote, basket.coupons, sent=_sent(view))
        if view and basket
        else None,
        "added": added,
        "hits": hits,
        "words": words,
        "now": at,
    }
    partial = is_partial(request)
    if not partial:
        context |= customer_context(desk, basket, at=at)
        context["held_count"] = scope.open_baskets(desk).exclude(held_label="").count()
    return show(request, desk, "sale", context, section="sale", partial=partial, refusal=refusal)


def _sent(view: BasketView[SaleRow]) -> bool:
    """Whether a line is ordered for the customer, to be delivered."""
    return any(row.line.handover == BasketLine.Handover.DELIVERY for row in view.rows)


def changed(
    request: HttpRequest, desk: Desk, basket: Basket | None, *, added: str = ""
) -> HttpResponse:
    """After a change: the new lines for htmx, else the page again by its own address."""
    if not is_partial(request):
        return redirect("till:sale")
    return sale_page(request, desk, basket, at=timezone.now(), added=added)


@require_safe
@at_till
def sale(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The sale under way; a crash or another device resumes it, at its payment if that began."""
    basket = scope.current_basket(desk)
    if basket and (order := scope.unpaid_order(basket, desk)):
        return redirect("till:payment", order.pk)
    return sale_page(request, desk, basket, at=timezone.now())


@require_POST
@at_till
def scan(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Whatever was scanned or typed: an article, a card, a pick-up, a basket's link, words."""
    code = typed(request.POST, "code", 400)
    at = timezone.now()
    try:
        if not code:
            raise Invalid(_("Scan or type a code."))
        done = scanning.scan(till=desk.till, code=code, at=at)
    except NotFound as refusal:
        return _no_article(request, desk, code, refusal, at=at)
    except Refusal as refusal:
        return sale_page(request, desk, scope.current_basket(desk), at=at, refusal=refusal)
    if not is_partial(request):
        return redirect("till:sale")
    added = line_key(done.variant_id, done.label)
    return sale_page(request, desk, done.view.basket, at=at, added=added, view=done.view)


def _no_article(
    request: HttpRequest,
    desk: Desk,
    code: str,
    refusal: NotFound,
    *,
    at: datetime,
) -> HttpResponse:
    go = HttpResponseClientRedirect if request.headers.get("HX-Request") else redirect
    pickup_id = Fulfilment.id_from_qr(code)
    if pickup_id and scope.pickups(desk).filter(pk=pickup_id).exists():
        return go(f"{reverse('till:pickup', args=[pickup_id])}?qr={code}")
    if person := by_identity(Identity.Kind.CARD, code):
        try:
            identify_customer(desk, person, at=at)
        except Refusal as other:
            return sale_page(request, desk, scope.current_basket(desk), at=at, refusal=other)
        return trigger_client_event(
            changed(request, desk, scope.current_basket(desk)), "customer-changed"
        )
    link = code.rstrip("/").rsplit("/", 1)[-1]
    if begun := basket_of_link(link):
        try:
            open_here(desk, begun.pk, at=at)
        except Refusal as other:
            return sale_page(request, desk, scope.current_basket(desk), at=at, refusal=other)
        return go(reverse("till:sale"))
    basket = scope.current_basket(desk)
    if Coupon.objects.filter(code__iexact=code[:32]).exists():
        return use_code(request, desk, code, at=at)
    if not code.isdecimal() and (hits := finding.articles(code, store=desk.store, at=at)):
        return sale_page(request, desk, basket, at=at, hits=hits, words=code)
    return sale_page(request, desk, basket, at=at, refusal=refusal)


def use_code(request: HttpRequest, desk: Desk, code: str, *, at: datetime) -> HttpResponse:
    """A promotion's code, scanned or typed, is kept with the sale; a refused one says why."""
    basket = scope.current_basket(desk)
    try:
        if basket is None:
            raise Invalid(_("Scan an article first, then the code."))
        baskets.use_code(basket_id=basket.pk, code=code, at=at)
    except Refusal as refusal:
        return sale_page(request, desk, basket, at=at, refusal=refusal)
    return changed(request, desk, scope.current_basket(desk))


@require_POST
@at_till
def drop_code(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Take a code off the sale."""
    basket = scope.current_basket(desk)
    try:
        if basket:
            baskets.drop_code(
                basket_id=basket.pk, code=typed(request.POST, "code", 40), at=timezone.now()
            )
    except Refusal as refusal:
        return sale_page(request, desk, basket, at=timezone.now(), refusal=refusal)
    return changed(request, desk, scope.current_basket(desk))


@require_safe
@at_till
def why_not(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Every promotion of the house for this sale: what it gives, or why it gives nothing."""
    at, basket = timezone.now(), scope.current_basket(desk)
    view = sale_view(basket, at=at) if basket else None
    context = {
        "basket": basket,
        "told": advantages(view.quote, basket.coupons) if view and basket else None,
        "missed": reasons(view.quote) if view else [],
    }
    partial = "HX-Request" in request.headers
    return show(request, desk, "offers", context, section="sale", partial=partial)


@require_safe
@at_till
def search(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Articles for words, while they are typed."""
    words = typed(request.GET, "code")
    hits = (
        finding.articles(words, store=desk.store, at=timezone.now())
        if len(words) > 1 and not words.isdecimal()
        else None
    )
    return show(request, desk, "hits", {"hits": hits, "words": words}, section="sale", partial=True)


@require_POST
@at_till
def line(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Set a line's quantity; what takes units away is approved on a page of its own."""
    at = timezone.now()
    basket = scope.current_basket(desk)
    if basket is None:
        raise Http404
    form = LineForm(request.POST)
    try:
        cleaned(form)
        approvals.change_quantity(basket_id=basket.pk, at=at, **form.cleaned_data)
    except approvals.ApprovalNeeded:
        asked = form.cleaned_data
        page = f"{reverse('till:void', args=[asked['variant_id']])}?left={asked['quantity']}"
        page += f"&label={asked['label']}" if asked["label"] else ""
        return HttpResponseClientRedirect(page) if is_partial(request) else redirect(page)
    except Refusal as refusal:
        return sale_page(request, desk, basket, at=at, refusal=refusal)
    data = form.cleaned_data
    return changed(request, desk, basket, added=line_key(data["variant_id"], data["label"]))


@require_POST
@at_till
def hold(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Put the sale aside and start a new one."""
    at = timezone.now()
    basket = scope.current_basket(desk)
    try:
        if basket is None or not basket.lines.exists():
            raise Invalid(_("There is nothing to put aside."))
        label = typed(request.POST, "label", 40) or (
            basket.customer.name if basket.customer else f"{timezone.localtime(at):%H:%M}"
        )
        baskets.put_aside(basket_id=basket.pk, label=label)
    except Refusal as refusal:
        return sale_page(request, desk, basket, at=at, refusal=refusal)
    messages.success(request, _("Sale put aside: %(label)s") % {"label": label[:40]})
    return redirect("till:sale")


@require_safe
@at_till
def held(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Sales put aside at this till."""
    baskets_aside = scope.open_baskets(desk).exclude(held_label="").order_by("-changed_at")
    return show(
        request,
        desk,
        "held",
        {"baskets": baskets_aside.prefetch_related("lines__variant__product")},
        section="sale",
    )


@require_POST
@at_till
def resume(request: HttpRequest, desk: Desk, basket_id: int) -> HttpResponse:
    """Go on with a sale put aside; the one under way is put aside in its place."""
    at = timezone.now()
    wanted = get_object_or_404(scope.open_baskets(desk), pk=basket_id)
    basket = scope.current_basket(desk)
    try:
        if basket and basket.pk != wanted.pk and basket.lines.exists():
            label = basket.customer.name if basket.customer else ""
            baskets.put_aside(basket_id=basket.pk, label=label or f"{timezone.localtime(at):%H:%M}")
        baskets.open_at_till(basket_id=wanted.pk, till=desk.till)
    except Refusal as refusal:
        return sale_page(request, desk, basket, at=at, refusal=refusal)
    return redirect("till:sale")


@require_POST
@at_till
def leave(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Give a basket begun on the site back to its shopper."""
    basket = scope.current_basket(desk)
    if basket:
        try:
            baskets.leave_till(basket_id=basket.pk)
        except Refusal as refusal:
            return sale_page(request, desk, basket, at=timezone.now(), refusal=refusal)
        messages.success(request, _("The basket is the shopper's again, on the site."))
    return redirect("till:sale")

"""Wish lists: the heart, the lists in the account, the page of a shared link."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from catalog.models import Product, Variant
from customers.models import Customer
from omnishop.channels.storefront.account import signed_in
from omnishop.channels.storefront.basket import unused_view, whole_number
from omnishop.channels.storefront.context import Request, Shopper
from omnishop.channels.storefront.limits import limit
from omnishop.channels.storefront.pages import private
from omnishop.kernel.errors import Invalid, NotFound, Refusal
from orders.models import WishList
from orders.services import baskets
from orders.services import wishes as services
from orders.wishes import items_of, lists_of, shared, taken_off, wishes

TAKEN_MOST, TEN_MINUTES = 30, 600  # presses of visitors from one network address


def _product(slug: str) -> Product:
    return get_object_or_404(Product.objects.on_sale().only("pk", "name", "slug"), slug=slug)


def _variant_id(item: Product, request: Request) -> int | None:
    """The article that a page of a product shows; none where its options are to be chosen."""
    sku = request.POST.get("sku") or request.GET.get("sku", "")
    if not sku or "\x00" in sku:
        return None
    found = Variant.objects.filter(product=item, sku=sku, active=True)
    return found.values_list("pk", flat=True).first()


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 12 else None


@csrf_exempt
@require_POST
def heart(request: Request, slug: str) -> HttpResponse:
    """A press on a heart of a page that is kept for everyone: on the list, or off it.

    Who is not signed in goes on, signed in, with the page that puts the article on a list.
    """
    page = f"{reverse('storefront:wish', args=[slug])}?{request.GET.urlencode()}"
    known = CsrfViewMiddleware(unused_view).process_view(request, unused_view, (), {}) is None
    if not known or not request.user.is_authenticated:
        return HttpResponseClientRedirect(page) if request.htmx else redirect(page)
    item = _product(slug)
    try:
        wanted = services.toggle(
            customer=signed_in(request),
            product_id=item.pk,
            variant_id=_variant_id(item, request),
            at=timezone.now(),
        )
    except Refusal as refusal:
        if request.htmx:
            return HttpResponseClientRedirect(page)
        messages.error(request, str(refusal))
        return redirect("storefront:wishes")
    if not request.htmx:
        return private(redirect("storefront:wishes"))
    words = _("On your wishes: %(name)s") if wanted else _("Off your wishes: %(name)s")
    url = reverse("storefront:wishes")
    context = {"text": words % {"name": item.name}, "url": url, "action": _("See my lists")}
    answer = render(request, "_toast.html", context)
    event = {"slug": slug, "wanted": wanted}
    return private(trigger_client_event(answer, "wish-changed", event))


@login_required
@require_http_methods(["GET", "POST"])
def wish(request: Request, slug: str) -> HttpResponse:
    """Put an article on a list of one's choice; where the heart leads without scripts, and who
    had to sign in first.
    """
    item, person, at = _product(slug), signed_in(request), timezone.now()
    context: dict[str, Any] = {"product": item, "sku": request.GET.get("sku", "")[:64]}
    status = 200
    if request.method == "POST":
        try:
            chosen, name = request.POST.get("list", ""), request.POST.get("name", "").strip()
            list_id = _number(chosen)
            if chosen == "new":
                made = services.create_list(customer=person, name=name, at=at)
                list_id = made.pk
            added = services.add(
                customer=person,
                product_id=item.pk,
                variant_id=_variant_id(item, request),
                list_id=list_id,
                quantity=whole_number(request.POST.get("quantity", "1")),
                note=request.POST.get("note", ""),
                at=at,
            )
        except NotFound as missing:
            raise Http404 from missing
        except Refusal as refusal:
            context |= {"refusal": refusal, "has_errors": True}
            status = refusal.status
        else:
            messages.success(request, _("On the list: %(name)s") % {"name": item.name})
            return private(redirect("storefront:wish_list", added.wish_list_id))
    services.default_list(person, at=at)
    context["lists"] = lists_of(person)
    return private(render(request, "storefront/wish_add.html", context, status=status))


@login_required
def mine(request: Request, list_id: int | None = None) -> HttpResponse:
    """The person's lists, one of them open."""
    return _page(request, signed_in(request), list_id)


def _page(
    request: Request, person: Customer, list_id: int | None, refusal: Refusal | None = None
) -> HttpResponse:
    at, store = timezone.now(), Shopper(request).store
    try:
        opened = services.list_of(person, list_id, at=at)
    except NotFound as missing:
        raise Http404 from missing
    store_id = store.pk if store else None
    off = [item for item in taken_off(person, at=at) if item.wish_list_id == opened.pk][:3]
    context = {
        "lists": lists_of(person),
        "opened": opened,
        "wishes": wishes(items_of(opened), at=at, customer=person, store_id=store_id),
        "off": off,
        "store": store,
        "first_name": opened.shown_name or person.first_name,
        "link": _link(request, opened),
        "refusal": refusal,
        "has_errors": bool(refusal),
        "tab": "wishes",
    }
    status = refusal.status if refusal else 200
    return private(render(request, "storefront/wishes.html", context, status=status))


def _link(request: Request, wish_list: WishList) -> str:
    if not wish_list.token:
        return ""
    return request.build_absolute_uri(reverse("storefront:shared", args=[wish_list.token]))


@login_required
@require_POST
def new_list(request: Request) -> HttpResponse:
    """A new list."""
    person, at = signed_in(request), timezone.now()
    try:
        made = services.create_list(customer=person, name=request.POST.get("name", ""), at=at)
    except Refusal as refusal:
        return _page(request, person, None, refusal)
    return private(redirect("storefront:wish_list", made.pk))


@login_required
@require_POST
def change_list(request: Request, list_id: int) -> HttpResponse:
    """Rename, share, end the link, or delete a list: what the pressed button says."""
    own: dict[str, Any] = {
        "customer": signed_in(request),
        "list_id": list_id,
        "at": timezone.now(),
    }
    act = request.POST.get("act", "")
    try:
        if act == "rename":
            services.rename(name=request.POST.get("name", ""), **own)
        elif act == "share":
            services.share(shown_name=request.POST.get("shown_name", ""), **own)
        elif act == "unshare":
            services.unshare(**own)
        elif act == "delete":
            services.delete_list(**own)
            return private(redirect("storefront:wishes"))
        else:
            raise Http404
    except NotFound as missing:
        raise Http404 from missing
    except Refusal as refusal:
        return _page(request, own["customer"], list_id, refusal)
    return private(redirect("storefront:wish_list", list_id))


@login_required
@require_POST
def change_item(request: Request, item_id: int) -> HttpResponse:
    """Change, move, take off, put back, or put into the basket: what the pressed button says."""
    person, at, act = signed_in(request), timezone.now(), request.POST.get("act", "")
    try:
        item = services.item_of(person, item_id)
    except NotFound as missing:
        raise Http404 from missing
    name = item.product.name
    try:
        if act == "save":
            quantity = whole_number(request.POST.get("quantity", ""))
            note = request.POST.get("note", "")
            services.change(customer=person, item_id=item_id, quantity=quantity, note=note)
        elif act == "remove":
            services.remove(customer=person, item_id=item_id, at=at)
        elif act == "restore":
            services.restore(customer=person, item_id=item_id)
        elif act == "move":
            list_id = _number(request.POST.get("list", ""))
            moved = services.move(customer=person, item_id=item_id, list_id=list_id or 0, at=at)
            messages.success(
                request, _("%(name)s is on “%(list)s” now") % {"name": name, "list": moved}
            )
        elif act == "basket":
            _to_basket(request, item.variant_id, _number(request.POST.get("variant", "")))
            services.remove(customer=person, item_id=item_id, at=at)
            return private(redirect("storefront:basket"))
        else:
            raise Http404
    except NotFound as missing:
        raise Http404 from missing
    except Refusal as refusal:
        return _page(request, person, item.wish_list_id, refusal)
    return private(redirect("storefront:wish_list", item.wish_list_id))


def _to_basket(request: Request, chosen: int | None, variant_id: int | None) -> Shopper:
    """One of an article into the basket of whoever presses."""
    wanted = chosen or variant_id
    if wanted is None:
        raise Invalid(_("Choose an option on the page of the product first."))
    shopper, at = Shopper(request), timezone.now()
    basket = shopper.begun_basket(at=at)
    baskets.add(basket_id=basket.pk, variant_id=wanted, quantity=1, at=at)
    return shopper


@require_http_methods(["GET", "POST"])
def shared_list(request: Request, token: str) -> HttpResponse:
    """The list of a link, for whoever has it: to buy from, and to say what one buys.

    It shows the name that the owner chose and nothing else of them.
    """
    wish_list = shared(token)
    if wish_list is None:
        raise Http404
    refusal: Refusal | None = None
    if request.method == "POST":
        act, item_id = request.POST.get("act", ""), _number(request.POST.get("item", "")) or 0
        try:
            limit(request, "wish_taken", most=TAKEN_MOST, seconds=TEN_MINUTES)
            if act == "basket":
                variant_id = _number(request.POST.get("variant", ""))
                listed = wish_list.items.wanted().filter(pk=item_id).first()
                if listed is None or variant_id is None:
                    raise NotFound(_("This article is not on the list any more."))
                shopper = _to_basket(request, listed.variant_id, variant_id)
                return private(shopper.remember(redirect("storefront:basket")))
            units = {"take": 1, "leave": -1}.get(act, 0)
            if not units:
                raise Http404
            services.take(token=token, item_id=item_id, units=units)
            return private(redirect("storefront:shared", token))
        except Refusal as refused:
            refusal = refused
    at, store = timezone.now(), Shopper(request).store
    context = {
        "wish_list": wish_list,
        "wishes": wishes(
            items_of(wish_list), at=at, customer=None, store_id=store.pk if store else None
        ),
        "store": store,
        "refusal": refusal,
        "has_errors": bool(refusal),
    }
    status = refusal.status if refusal else 200
    return private(render(request, "storefront/wish_shared.html", context, status=status))

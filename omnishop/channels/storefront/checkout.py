"""Checkout: contact, then pick-up or delivery, then payment (C1 to C9).

What was typed stays in a signed cookie until the order is placed; nothing is in the database.
"""

import json
from typing import Any

from django.core.cache import cache
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from customers.models import Customer
from customers.services import consents
from inventory.errors import InsufficientStock
from loyalty import selectors as loyalty
from omnishop.channels.promotions import advantages
from omnishop.channels.storefront.context import (
    FACTS_SECONDS,
    Request,
    Shopper,
    read_cookie,
    set_cookie,
)
from omnishop.channels.storefront.forms import ContactForm, DeliveryForm, PickupForm
from omnishop.channels.storefront.pages import private
from omnishop.channels.storefront.payment import to_provider
from omnishop.kernel.errors import Invalid, Refusal
from omnishop.kernel.language import site_language
from omnishop.network.places import point_of_postcode
from orders import offers
from orders import selectors as orders
from orders.aside import waiting
from orders.errors import BasketClosed, PriceChanged
from orders.models import Basket, DeliveryMethod, Order
from orders.points import of_quote
from orders.selectors import Summary
from orders.services import checkout, payments
from orders.services.contacts import Contact
from orders.services.ways import Delivery, Pickup
from orders.sourcing import Wanted

COOKIE = "checkout"
Draft = dict[str, str]


def _draft(request: Request) -> Draft:
    try:
        kept = json.loads(read_cookie(request, COOKIE) or "{}")
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in kept.items()}


def _keep(response: HttpResponse, draft: Draft) -> HttpResponse:
    set_cookie(response, COOKIE, json.dumps(draft), days=1)
    return response


def remember_postcode(request: Request, response: HttpResponse, postcode: str) -> HttpResponse:
    """Where the shopper is, so far as they said: stores are offered nearest first from there."""
    return _keep(response, _draft(request) | {"postcode": postcode})


def _steps(draft: Draft, at_step: str) -> list[dict[str, Any]]:
    """The steps with the summaries of those that are done (C2)."""
    way = ""
    if draft.get("way") == "pickup":
        way = draft.get("store_name", "")
    elif draft.get("way") == "delivery":
        way = f"{draft.get('line1', '')}, {draft.get('postcode', '')} {draft.get('city', '')}"
    names = {"contact": _("Contact"), "way": _("Pick-up or delivery"), "pay": _("Payment")}
    done = {"contact": f"{draft.get('name', '')} · {draft.get('email', '')}", "way": way, "pay": ""}
    order = list(names)
    return [
        {
            "name": names[step],
            "url": reverse(f"storefront:checkout_{step}"),
            "summary": done[step] if draft.get("name") or step != "contact" else "",
            "current": step == at_step,
            "done": order.index(step) < order.index(at_step),
            "number": number,
        }
        for number, step in enumerate(order, start=1)
    ]


def _method(draft: Draft) -> DeliveryMethod | None:
    if draft.get("way") != "delivery":
        return None
    return (
        DeliveryMethod.objects.filter(active=True, pk=int(draft.get("method") or 0))
        .select_related("tax_category")
        .first()
    )


def _summary(basket: Basket, draft: Draft) -> Summary:
    email = draft.get("email", "")
    return orders.summary(basket, method=_method(draft), at=timezone.now(), email=email)


def _page(
    request: Request, step: str, basket: Basket, draft: Draft, status: int = 200, **context: Any
) -> HttpResponse:
    summary = context.pop("summary", None) or _summary(basket, draft)
    return private(
        render(
            request,
            f"storefront/checkout_{step}.html",
            {
                "steps": _steps(draft, step),
                "summary": summary,
                "told": advantages(summary.quote, basket.coupons),
                "draft": draft,
                "step": step,
                "waiting": waiting(basket.customer) if basket.customer else 0,
            }
            | context,
            status=status,
        )
    )


@require_GET
def start(request: Request) -> HttpResponse:
    """Where checkout goes on: the first step that lacks something."""
    draft = _draft(request)
    if not draft.get("name"):
        return redirect("storefront:checkout_contact")
    if not draft.get("way"):
        return redirect("storefront:checkout_way")
    return redirect("storefront:checkout_pay")


@require_http_methods(["GET", "POST"])
def contact(request: Request) -> HttpResponse:
    """Who orders; guests first."""
    shopper, draft = Shopper(request), _draft(request)
    if request.method == "POST":
        form = ContactForm(request.POST)
        if form.is_valid():
            kept = draft | {key: str(value) for key, value in form.cleaned_data.items()}
            return _keep(redirect("storefront:checkout_way"), kept)
        if shopper.basket is None:
            return redirect("storefront:basket")
        guest = shopper.customer is None
        return _page(request, "contact", shopper.basket, draft, 422, form=form, guest=guest)
    if shopper.basket is None:
        return redirect("storefront:basket")
    initial: dict[str, str] = dict(draft)
    if shopper.customer and not draft.get("name"):
        initial |= {"name": shopper.customer.name, "email": str(getattr(request.user, "email", ""))}
    return _page(
        request,
        "contact",
        shopper.basket,
        draft,
        form=ContactForm(initial=initial),
        guest=shopper.customer is None,
    )


@require_http_methods(["GET", "POST"])
def way(request: Request) -> HttpResponse:
    """Collected at a store, or brought home; each with its day (C3, C4, S2)."""
    shopper, draft = Shopper(request), _draft(request)
    if not draft.get("name"):
        return redirect("storefront:checkout_contact")
    if request.method == "GET":
        if shopper.basket is None:
            return redirect("storefront:basket")
        return _way_page(request, shopper, draft)
    forms = {"pickup": PickupForm, "delivery": DeliveryForm}
    chosen = request.POST.get("way", "")
    if chosen in forms:
        form = forms[chosen](request.POST)
        if form.is_valid():
            kept = draft | {key: str(value) for key, value in form.cleaned_data.items()}
            if chosen == "pickup":
                kept["store_name"] = request.POST.get(f"store_name_{kept['store']}", "")[:80]
            return _keep(redirect("storefront:checkout_pay"), kept | {"way": chosen})
        if shopper.basket is None:
            return redirect("storefront:basket")
        return _way_page(
            request, shopper, draft | request.POST.dict() | {"way": chosen}, 422, form=form
        )
    if shopper.basket is None:
        return redirect("storefront:basket")
    problem = _("Choose pick-up in a store or delivery.")
    return _way_page(request, shopper, draft, 422, errors_list=[("#way-pickup", problem)])


def _way_page(
    request: Request, shopper: Shopper, draft: Draft, status: int = 200, **context: Any
) -> HttpResponse:
    basket = shopper.basket
    assert basket is not None  # noqa: S101  the callers have one
    at = timezone.now()
    summary = orders.summary(basket, method=None, at=at, email=draft.get("email", ""))
    home = point_of_postcode(draft.get("postcode", ""))
    mine = (shopper.store.latitude, shopper.store.longitude) if shopper.store else None
    found = offers.pickup_offers(_wanted(summary), at=at, near=home or mine)
    if shopper.store:  # mine first among those that have everything
        found.sort(key=lambda offer: (not offer.everything, offer.store != shopper.store))
    cut_off = offers.shipping_cut_off()
    methods = [
        (
            method,
            offers.shown_price(method, summary.quote),
            offers.arrives_on(method, at, cut_off=cut_off),
        )
        for method in DeliveryMethod.objects.filter(active=True)
    ]
    chosen_store = draft.get("store") or next(
        (str(offer.store.pk) for offer in found if offer.orderable), ""
    )
    has_errors = bool(context.get("form") or context.get("errors_list"))
    form = context.pop("form", None)
    initial: Any = draft
    return _page(
        request,
        "way",
        basket,
        draft,
        status,
        summary=summary,
        offers=found,
        roughly=home is not None,
        methods=methods,
        chosen_way=draft.get("way") or ("pickup" if any(o.orderable for o in found) else ""),
        chosen_store=chosen_store,
        chosen_method=draft.get("method") or (str(methods[0][0].pk) if methods else ""),
        pickup_form=form if isinstance(form, PickupForm) else PickupForm(initial=initial),
        delivery_form=form if isinstance(form, DeliveryForm) else DeliveryForm(initial=initial),
        wrong=form,
        has_errors=has_errors,
        shipped=offers.for_delivery(_wanted(summary), at=at) is not None,
        now=at,
        **context,
    )


def _wanted(summary: Summary) -> list[Wanted]:
    return [
        Wanted(i, line.variant_id, line.quantity) for i, line in enumerate(summary.lines, start=1)
    ]


@require_http_methods(["GET", "POST"])
def pay(request: Request) -> HttpResponse:
    """Everything once more, and the button that obliges to pay (C5, C6, CST-1)."""
    shopper, draft = Shopper(request), _draft(request)
    if not draft.get("name"):
        return redirect("storefront:checkout_contact")
    if not draft.get("way"):
        return redirect("storefront:checkout_way")
    if shopper.basket is None:
        return _after(request, draft)
    if request.method == "GET":
        return _pay_page(request, shopper, draft)
    try:
        in_store = request.POST.get("when") == "store"
        order = checkout.place(
            basket_id=shopper.basket.pk,
            request=checkout.Request(
                contact=Contact(
                    name=draft["name"],
                    email=draft.get("email", ""),
                    phone=draft.get("phone", ""),
                    language=site_language(),
                ),
                way=_way_of(draft),
                pay_in_store=in_store,
                points=0 if in_store else _points(request, shopper.customer),
                expected_total_minor=_number(request.POST.get("total", "")),
            ),
            at=timezone.now(),
            customer=shopper.customer,
        )
    except BasketClosed:
        return _after(request, draft)
    except Refusal as refusal:
        return _refused(request, shopper, draft, refusal)
    if request.POST.get("notice"):  # told of mails about similar articles, and could refuse
        consents.asked_at_sale(
            document=order.number,
            refused=bool(request.POST.get("refuse")),
            source="checkout",
            actor="customer",
            language=site_language(),
            at=timezone.now(),
        )
    return _placed(request, order, draft)


def _placed(request: Request, order: Order, draft: Draft) -> HttpResponse:
    """On to the provider, or to the order when nothing is to be paid now."""
    by_points = bool(request.POST.get("points"))  # they may have paid for all of it
    due = order.status == Order.Status.AWAITING_PAYMENT
    if due and not (by_points and payments.confirm_if_paid(order_id=order.pk, at=timezone.now())):
        return _keep(to_provider(request, order), draft | {"token": order.token})
    return _keep(
        redirect("storefront:order", order.token), draft | {"token": order.token, "way": ""}
    )


def _after(request: Request, draft: Draft) -> HttpResponse:
    """The basket was ordered already, in another tab or by a second click: that order (F-12)."""
    if draft.get("token"):
        return redirect("storefront:order", draft["token"])
    return redirect("storefront:basket")


def _way_of(draft: Draft) -> Pickup | Delivery:
    if draft["way"] == "pickup":
        return Pickup(store_id=int(draft.get("store") or 0), collector=draft.get("collector", ""))
    return Delivery(
        method_id=int(draft.get("method") or 0),
        address={
            "name": draft["name"],
            **{key: draft.get(key, "") for key in ("line1", "line2", "postcode", "city")},
        },
    )


def _number(text: str) -> int:
    """A figure of our own form. Raises Invalid when somebody changed it."""
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise Invalid(_("This page is out of date. Check the order and confirm again."))
    return int(text)


def _points(request: Request, customer: Customer | None) -> int:
    """Points the member asked to pay with; a guest has none."""
    if customer is None or not request.POST.get("points"):
        return 0
    balance = loyalty.balance(customer, at=timezone.now())
    return balance.spendable if balance else 0


def _pay_page(
    request: Request, shopper: Shopper, draft: Draft, status: int = 200, **context: Any
) -> HttpResponse:
    basket = shopper.basket
    assert basket is not None  # noqa: S101  the callers have one
    at = timezone.now()
    summary = context.pop("summary", None) or _summary(basket, draft)
    if not summary.lines:
        return redirect("storefront:basket")
    balance = loyalty.balance(shopper.customer, at=at) if shopper.customer else None
    offer = None
    if draft["way"] == "pickup":
        chosen = offers.stores_with_queue().filter(pk=int(draft.get("store") or 0))
        found = offers.pickup_offers(_wanted(summary), at=at, stores=chosen)
        if not found:
            return redirect("storefront:checkout_way")
        offer = found[0]
    total = summary.quote.total_minor
    by_points = 0
    if balance and balance.spendable:
        value = balance.account.programme.point_value_minor
        by_points = min(balance.spendable * value, total - total % value)
    return _page(
        request,
        "pay",
        basket,
        draft,
        status,
        summary=summary,
        offer=offer,
        arrives_on=(offers.arrives_on(summary.method, at) if summary.method else None),
        balance=balance,
        by_points=by_points,
        earns=of_quote(
            summary.quote,
            customer_id=balance.account.customer_id if balance else None,
            at=at,
            channel="web",
        ),
        notice=_notice(shopper.customer),
        total=total,
        now=at,
        **context,
    )


def _notice(customer: Customer | None) -> str:
    """What the page tells of mails about similar articles, for who never answered (GDP-2)."""
    if not consents.to_be_told(customer):
        return ""
    language = site_language()
    return str(
        cache.get_or_set(
            f"storefront:notice:{language}",
            lambda: consents.notice_text(language=language, at=timezone.now()).text,
            FACTS_SECONDS,
        )
    )


def _refused(request: Request, shopper: Shopper, draft: Draft, refusal: Refusal) -> HttpResponse:
    """What stands in the way, and what to choose instead; nothing was ordered."""
    context: dict[str, Any] = {"refusal": refusal, "has_errors": True}
    assert shopper.basket is not None  # noqa: S101  `place` had one
    if isinstance(refusal, PriceChanged):
        context["new_total"] = refusal.total_minor
    if isinstance(refusal, InsufficientStock):
        summary = _summary(shopper.basket, draft)
        names = {line.variant_id: line for line in summary.lines}
        context["missing"] = [
            (names[item.variant_id], item.available)
            for item in refusal.missing
            if item.variant_id in names
        ]
        context["summary"] = summary
    return _pay_page(request, shopper, draft, refusal.status, **context)

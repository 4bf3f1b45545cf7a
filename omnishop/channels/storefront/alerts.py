"""Tell me when it is back: asking on the product's page, and the page of a mail's link (P5)."""

from typing import Any, cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from catalog.models import Product, Variant
from customers.models import Customer
from customers.selectors import proved_emails
from inventory.availability import stock
from omnishop.channels.storefront.account import signed_in
from omnishop.channels.storefront.context import Request, Shopper, stores
from omnishop.channels.storefront.forms import email_field
from omnishop.channels.storefront.limits import limit
from omnishop.channels.storefront.pages import private
from omnishop.kernel.errors import NotFound, Refusal
from omnishop.kernel.language import site_language
from orders.services import alerts

DELIVERY = "delivery"
MOST, HOUR = 12, 3600  # alerts asked for from one network address


class AlertForm(forms.Form):
    """Where somebody waits, and where to write."""

    place = forms.ChoiceField(
        label=_("Where should it be back"),
        widget=forms.Select,
        error_messages={"required": _("Choose a store, or delivery.")},
    )
    email = email_field(_("For one message about this article, no advertising."))

    def __init__(self, *args: Any, places: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast("forms.ChoiceField", self.fields["place"]).choices = places


def _address(customer: Customer | None) -> str:
    """The proved address of who is signed in, nothing for others."""
    if customer is None:
        return ""
    return proved_emails(customer).values_list("value", flat=True).first() or ""


def _places(variant_id: int, shopper: Shopper) -> list[tuple[str, str]]:
    """Where the article lacks: delivery, my store, the others by name."""
    free = stock([variant_id], at=timezone.now())
    mine = shopper.store
    lacking = [store for store in stores() if not free.in_store(variant_id, store.pk)]
    lacking.sort(key=lambda store: (store != mine, store.name))
    places = [(store.slug, store.name) for store in lacking]
    delivery = [] if free.to_ship(variant_id) else [(DELIVERY, str(_("For delivery")))]
    return places[:1] + delivery + places[1:] if mine in lacking else delivery + places


@require_http_methods(["GET", "POST"])
def ask(request: Request, variant_id: int) -> HttpResponse:
    """The form of the product's page, as a dialog's part or a page of its own."""
    variant = get_object_or_404(
        Variant.objects.select_related("product"),
        pk=variant_id,
        active=True,
        product__status=Product.Status.ACTIVE,
    )
    shopper = Shopper(request)
    places = _places(variant.pk, shopper)
    initial = {"place": request.GET.get("place", ""), "email": _address(shopper.customer)}
    form = AlertForm(request.POST or None, places=places, initial=initial)
    context: dict[str, Any] = {
        "product": variant.product,
        "variant": variant,
        "options": list(variant.options.order_by("attribute__position")),
        "form": form,
        "places": places,
    }
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            place = form.cleaned_data["place"]
            try:
                limit(request, "stock_alert", most=MOST, seconds=HOUR)
                context["asked"] = alerts.ask(
                    variant_id=variant.pk,
                    store_id=None if place == DELIVERY else _store_id(place),
                    email=form.cleaned_data["email"],
                    customer=shopper.customer,
                    language=site_language(),
                    at=timezone.now(),
                )
                context |= {"where": dict(places)[place], "email": form.cleaned_data["email"]}
                status = 200
            except Refusal as refusal:
                form.add_error(None, str(refusal))
                status = refusal.status if refusal.status in (409, 422) else 422
    context["has_errors"] = bool(form.errors)
    partial = request.htmx and request.htmx.target in ("alert-body", "alert-form")
    template = "storefront/_alert_form.html" if partial else "storefront/alert_form.html"
    return private(render(request, template, context, status=status))


def _store_id(slug: str) -> int | None:
    return next(store.pk for store in stores() if store.slug == slug)


@require_http_methods(["GET", "POST"])
def alert(request: Request, token: str) -> HttpResponse:
    """The page of a mail's link: confirm, or end. Reading it changes nothing: some programs open
    every link of a mail.
    """
    at = timezone.now()
    try:
        if request.method == "POST":
            act = alerts.stop if "stop" in request.POST else alerts.confirm
            act(token=token, at=at)
            return private(redirect("storefront:alert", token))
        found = alerts.of_token(token)
    except NotFound as missing:
        raise Http404 from missing
    context = {"alert": found, "others": alerts.others_of(found)}
    return private(render(request, "storefront/alert.html", context))


@login_required
def mine(request: Request) -> HttpResponse:
    """What the person waits for, in the account."""
    context = {"alerts": alerts.alerts_of(signed_in(request)), "tab": "alerts"}
    return private(render(request, "storefront/alerts.html", context))


@login_required
@require_POST
def stop(request: Request, alert_id: int) -> HttpResponse:
    """End one of the person's own alerts; another's does not exist (F-25)."""
    own = next((a for a in alerts.alerts_of(signed_in(request)) if a.pk == alert_id), None)
    if own is None:
        raise Http404
    alerts.stop(token=own.token, at=timezone.now())
    return private(redirect("storefront:alerts"))

"""The account: purchases of every channel, points, consents, profile (A1 to A6)."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from customers.models import Customer, Identity
from customers.services import identities
from loyalty import selectors as loyalty
from loyalty import services as points_services
from omnishop.channels.storefront.context import Request, Shopper
from omnishop.channels.storefront.forms import ProfileForm
from omnishop.channels.storefront.orders import line_status, qr_code
from omnishop.channels.storefront.pages import private
from omnishop.channels.storefront.preferences import answer, shown
from orders import selectors as orders
from orders.services.reviews import received


def _customer(request: Request) -> Customer:
    """The person who is signed in; made on first need for a login that has none."""
    found = Shopper(request).customer
    if found:
        return found
    assert request.user.is_authenticated  # noqa: S101  for the type checker
    return identities.customer_of_login(user=request.user, email_verified=False, at=timezone.now())


@login_required
@require_GET
def account(request: Request) -> HttpResponse:
    """Purchases of all channels in one list, newest first (A1)."""
    person, at = _customer(request), timezone.now()
    history = orders.history(person)
    found = [
        (order, [(line, *line_status(line)) for line in lines], saved)
        for order in history
        for lines in [order.lines.all()]
        for saved in [sum(line.discount_minor for line in lines)]
    ]
    return private(
        render(
            request,
            "storefront/account.html",
            {
                "customer": person,
                "orders": found,
                "received": received([order.pk for order in history], at=at),
                "balance": loyalty.balance(person, at=at),
                "tab": "orders",
            },
        )
    )


@login_required
@require_http_methods(["GET", "POST"])
def points(request: Request) -> HttpResponse:
    """Points with origin and expiry of each lot, and the card (A4); a press joins."""
    person, at = _customer(request), timezone.now()
    if request.method == "POST":
        points_services.join(customer=person, at=at)
        return redirect("storefront:points")
    card = person.identities.filter(kind=Identity.Kind.CARD).first()
    return private(
        render(
            request,
            "storefront/points.html",
            {
                "customer": person,
                "balance": loyalty.balance(person, at=at),
                "programme": points_services.programme(),
                "card": card.value if card else "",
                "qr": qr_code(card.value) if card else "",
                "tab": "points",
            },
        )
    )


@login_required
@require_http_methods(["GET", "POST"])
def profile(request: Request) -> HttpResponse:
    """Name, language, and what we may write about (A5)."""
    person = _customer(request)
    form = ProfileForm(
        request.POST or None,
        initial={
            "first_name": person.first_name,
            "last_name": person.last_name,
            "language": person.language,
        },
    )
    if request.method == "POST" and form.is_valid():
        identities.change_profile(customer=person, **form.cleaned_data)
        return redirect("storefront:profile")
    return private(
        render(
            request,
            "storefront/profile.html",
            {
                "customer": person,
                "form": form,
                "consents": shown(person, at=timezone.now()),
                "push_key": settings.PUSH_PUBLIC_KEY,
                "tab": "profile",
            },
            status=422 if form.errors else 200,
        )
    )


@login_required
@require_POST
def consent(request: Request) -> HttpResponse:
    """Agree or withdraw, from the account."""
    if not answer(request, _customer(request), source="account", at=timezone.now()):
        raise Http404
    return redirect("storefront:profile")

"""The account: purchases of every channel, points, consents, profile (A1 to A6)."""

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from customers.models import Customer
from customers.services import identities, visits
from loyalty import selectors as loyalty
from omnishop.channels.storefront.context import Request, Shopper
from omnishop.channels.storefront.forms import ProfileForm
from omnishop.channels.storefront.orders import line_status
from omnishop.channels.storefront.pages import private
from omnishop.channels.storefront.preferences import answer, notifying, shown, unreached
from omnishop.kernel.errors import Refusal
from orders import selectors as orders
from orders.services.reviews import received

LAST_VISITED = Customer.HomeStoreRule.LAST_VISITED


def signed_in(request: Request) -> Customer:
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
    person, at = signed_in(request), timezone.now()
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
def profile(request: Request) -> HttpResponse:
    """Name, language, and what we may write about (A5)."""
    person = signed_in(request)
    form = ProfileForm(
        request.POST or None,
        initial={
            "first_name": person.first_name,
            "last_name": person.last_name,
            "birth_date": person.birth_date,
            "postcode": person.postcode,
            "home_store": person.home_store if person.home_store_rule != LAST_VISITED else None,
            "language": person.language,
        },
    )
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        store = data.pop("home_store")
        try:
            with transaction.atomic():
                identities.change_profile(customer=person, **data)
                visits.choose_home_store(customer=person, store=store)
        except Refusal as refusal:
            form.add_error("home_store", str(refusal))
        else:
            return redirect("storefront:profile")
    return private(
        render(
            request,
            "storefront/profile.html",
            {
                "customer": person,
                "form": form,
                "consents": shown(person, at=timezone.now()),
                "push": notifying(person, at=timezone.now()),
                "unreached": unreached(person),
                "tab": "profile",
            },
            status=422 if form.errors else 200,
        )
    )


@login_required
@require_POST
def consent(request: Request) -> HttpResponse:
    """Agree or withdraw, from the account."""
    if not answer(request, signed_in(request), source="account", at=timezone.now()):
        raise Http404
    return redirect("storefront:profile")

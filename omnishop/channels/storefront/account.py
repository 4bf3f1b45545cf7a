"""The account: purchases of every channel, points, consents, profile (A1 to A6)."""

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from customers import selectors as people
from customers.models import ConsentEvent, Customer
from customers.services import consents, identities, visits
from loyalty import selectors as loyalty
from omnishop.channels.storefront.context import Request, Shopper
from omnishop.channels.storefront.forms import ProfileForm
from omnishop.channels.storefront.orders import line_status
from omnishop.channels.storefront.pages import private
from omnishop.kernel.errors import Refusal
from orders import selectors as orders
from orders.services.relaunch import customer_of_link
from orders.services.reviews import received

LAST_VISITED = Customer.HomeStoreRule.LAST_VISITED
CONSENTS = [
    (ConsentEvent.Purpose.MARKETING, ConsentEvent.Channel.EMAIL),
    (ConsentEvent.Purpose.MARKETING, ConsentEvent.Channel.SMS),
]


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
                "consents": _consents(person),
                "tab": "profile",
            },
            status=422 if form.errors else 200,
        )
    )


def _consents(person: Customer) -> list[dict[str, Any]]:
    """Each purpose and channel with the answer that stands."""
    standing = people.consents(person)
    names = {
        ConsentEvent.Channel.EMAIL: _("Offers and reminders by e-mail"),
        ConsentEvent.Channel.SMS: _("Offers and reminders by SMS"),
    }
    return [
        {
            "name": names[channel],
            "key": f"{purpose}-{channel}",
            "event": standing.get((purpose, channel)),
            "granted": bool((e := standing.get((purpose, channel))) and e.granted),
        }
        for purpose, channel in CONSENTS
    ]


def _answer(request: Request, person: Customer, *, source: str, at: datetime) -> bool:
    """Write the answer of a pressed button: one press gives, one press withdraws (A5)."""
    key, answer = request.POST.get("consent", ""), request.POST.get("answer", "")
    if answer not in ("yes", "no"):
        return False
    wanted = [pair for pair in CONSENTS if key in ("all", f"{pair[0]}-{pair[1]}")]
    for purpose, channel in wanted:
        consents.record_consent(
            customer=person,
            granted=answer == "yes",
            source=source,
            actor="customer",
            at=at,
            purpose=purpose,
            channel=channel,
        )
    return bool(wanted)


@login_required
@require_POST
def consent(request: Request) -> HttpResponse:
    """Agree or withdraw, from the account."""
    if not _answer(request, signed_in(request), source="account", at=timezone.now()):
        raise Http404
    return redirect("storefront:profile")


@require_http_methods(["GET", "POST"])
def preferences(request: Request, link: str) -> HttpResponse:
    """The consents of the person of a mail's link, without sign-in."""
    person = customer_of_link(link)
    if person is None:
        raise Http404
    said = False
    if request.method == "POST":
        said = _answer(request, person, source="preferences", at=timezone.now())
    return private(
        render(
            request,
            "storefront/preferences.html",
            {"consents": _consents(person), "said": said, "link": link},
        )
    )

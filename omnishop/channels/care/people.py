"""A person with everything between them and us, and an order, as the desk sees them (UX V2)."""

import re

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from customers.models import Case, Customer, Identity
from customers.selectors import records
from customers.services import arrivals
from loyalty.selectors import membership
from omnishop.channels.care.access import desk_only, staff_of
from omnishop.channels.timeline import page_of
from orders.care import limits_of, possible
from orders.models import Fulfilment, Order


@require_safe
@desk_only
def person(request: HttpRequest, number: str) -> HttpResponse:
    """Keys, store, points, what is open, and the list of all contacts."""
    known = Customer.objects.select_related("home_store", "household", "company", "merged_into")
    found = get_object_or_404(known, number=number)
    if found.merged_into:
        return redirect("care:person", found.merged_into.number)
    at, user = timezone.now(), staff_of(request)
    mine = records(found.pk).values("pk")
    balance, progress = membership(found, at=at) or (None, None)
    context = {
        "person": found,
        "keys": Identity.objects.filter(customer__in=mine).order_by("kind", "pk"),
        "balance": balance,
        "progress": progress,
        "to_collect": Fulfilment.objects.visible_to(user)
        .filter(
            order__customer__in=mine,
            kind=Fulfilment.Kind.PICKUP,
            confirmed=True,
            status__in=Fulfilment.OPEN,
        )
        .select_related("order", "store")
        .order_by("promised_at", "pk"),
        "cases": Case.objects.of(found)
        .visible_to(user)
        .exclude(status=Case.Status.CLOSED)
        .select_related("assignee")[:20],
        "page": page_of(request.GET, found, viewer=user),
        "now": at,
    }
    return render(request, "care/person.html", context)


@require_POST
@desk_only
def works_again(request: HttpRequest, number: str) -> HttpResponse:
    """The person says that an address or a number of theirs works: it is written to again."""
    found = get_object_or_404(Customer, number=number, merged_into=None)
    key = request.POST.get("key", "")
    if not re.fullmatch(r"[0-9]{1,18}", key):
        raise Http404
    arrivals.works_again(customer=found, identity_id=int(key), at=timezone.now())
    return redirect("care:person", found.number)


@require_safe
@desk_only
def order(request: HttpRequest, number: str) -> HttpResponse:
    """An order of one's stores: lines, money, hand-over, its cases, and what can be done."""
    found = get_object_or_404(
        Order.objects.visible_to(staff_of(request))
        .select_related("customer__merged_into", "store")
        .prefetch_related("lines", "payments__refunds", "fulfilments__store", "returns", "events"),
        number=number,
    )
    context = {
        "order": found,
        "person": found.customer and (found.customer.merged_into or found.customer),
        "cases": Case.objects.live()
        .visible_to(staff_of(request))
        .filter(document=found.number)
        .select_related("assignee"),
        "acts": possible(found),
        "limits": limits_of(staff_of(request)),
    }
    return render(request, "care/order.html", context)

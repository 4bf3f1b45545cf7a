"""One field that finds person, case or order, and the cases that wait (UX V1)."""

import re
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from customers import cases, selectors
from customers.models import Case, Customer
from omnishop.channels.care.access import at_desk, staff_of, staff_only
from omnishop.network.models import User
from orders.models import Order

TABS = ("mine", "unassigned", "late", "open", "all")
FEW = 8  # hits while typing


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that the field found."""

    icon: str
    title: str
    detail: str
    href: str


def typed(request: HttpRequest, name: str = "q", most: int = 100) -> str:
    """What was typed, without what a database refuses."""
    return request.GET.get(name, "").replace("\x00", "").strip()[:most]


def _case(case: Case) -> Hit:
    detail = " · ".join(part for part in (case.number, case.name or case.email) if part)
    return Hit("send", case.subject, detail, reverse("care:case", args=[case.number]))


def _order(order: Order) -> Hit:
    detail = " · ".join(part for part in (order.name, order.email) if part)
    return Hit("shopping-bag", order.number, detail, reverse("care:order", args=[order.number]))


def _person(person: Customer) -> Hit:
    keys = [one.value for one in person.identities.all()]
    detail = " · ".join([person.number, *keys[:2]])
    return Hit("user-round", str(person), detail, reverse("care:person", args=[person.number]))


def found(text: str, user: User, *, most: int) -> list[Hit]:
    """Cases, orders and people for one field; five statements at the most.

    A number opens what it is the number of; an e-mail address finds guests' orders and cases too.
    """
    if len(text) < 2:
        return []
    seen, orders = Case.objects.live().visible_to(user), Order.objects.visible_to(user)
    if re.fullmatch(r"[Kk]-?\d{1,9}", text):
        number = f"K-{int(re.sub(r'[^0-9]', '', text)):06d}"
        return [_case(one) for one in seen.filter(number=number)]
    if re.fullmatch(r"[Oo]-?\d{1,9}", text):
        number = f"O-{int(re.sub(r'[^0-9]', '', text)):07d}"
        return [_order(one) for one in orders.filter(number=number)] if at_desk(user) else []
    hits: list[Hit] = []
    if re.fullmatch(r"[Cc]-?\d{1,9}", text):  # also of a record that was merged: its page leads on
        number = f"C-{int(re.sub(r'[^0-9]', '', text)):06d}"
        people = Customer.objects.filter(number=number).prefetch_related("identities")
        return [_person(one) for one in people] if at_desk(user) else []
    if at_desk(user):
        hits += [_person(one) for one in selectors.find(text)[:most]]
    if "@" in text:
        address = text.lower()
        hits += [_case(one) for one in seen.filter(email=address).order_by("-pk")[:FEW]]
        if at_desk(user):
            hits += [_order(one) for one in orders.filter(email=address).order_by("-pk")[:FEW]]
    elif not hits:
        words = Q(subject__icontains=text) | Q(name__icontains=text)
        hits += [_case(one) for one in seen.filter(words).order_by("-pk")[:FEW]]
    return hits[:most]


@require_safe
@staff_only
def home(request: HttpRequest) -> HttpResponse:
    """The field, and the cases by tab. A lone hit opens."""
    user, at, text = staff_of(request), timezone.now(), typed(request)
    hits = found(text, user, most=20) if text else []
    if len(hits) == 1:
        return redirect(hits[0].href)
    seen = Case.objects.visible_to(user)
    tab = request.GET.get("tab", "open")
    words = typed(request, "words")
    if words:
        tab = "all"
    context: dict[str, Any] = {
        "query": text,
        "hits": hits,
        "due": cases.due(seen, user_id=user.pk, at=at),
        "tab": tab if tab in TABS else "open",
        "cases": cases.listed(seen, tab=tab, user_id=user.pk, at=at, words=words),
        "words": words,
        "now": at,
    }
    return render(request, "care/home.html", context)


@require_safe
@staff_only
def suggest(request: HttpRequest) -> HttpResponse:
    """Hits while somebody types."""
    hits = found(typed(request), staff_of(request), most=FEW)
    return render(request, "care/_hits.html", {"hits": hits})

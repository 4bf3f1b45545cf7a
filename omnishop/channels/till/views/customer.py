"""Who the customer is: found, created after a search only, with points, orders and web basket."""

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from customers.models import Customer
from customers.selectors import find as find_customers
from customers.selectors import records
from customers.services.consents import record_consent
from customers.services.identities import create_customer
from customers.services.visits import record_visit
from loyalty.selectors import balance
from loyalty.services.referrals import enrol
from omnishop.channels.till import scope
from omnishop.channels.till.access import Desk, at_till
from omnishop.channels.till.answer import show, typed
from omnishop.channels.till.forms.customer import CustomerForm
from omnishop.channels.till.forms.fields import BIG
from omnishop.kernel.errors import Refusal
from omnishop.kernel.idempotency import once
from orders.models import Basket, Fulfilment
from orders.services import baskets
from orders.wishes import for_till


def customer_context(desk: Desk, basket: Basket | None, *, at: datetime) -> dict[str, Any]:
    """What the till shows of a person: points, orders to collect here, the basket of the site."""
    person = basket.customer if basket else None
    if person is None:
        return {"customer": None}
    return {
        "customer": person,
        "balance": balance(person, at=at),
        "card_key": uuid.uuid4().hex,  # a press of this page mails the card once
        "to_collect": scope.pickups(desk)
        .filter(order__customer__in=records(person.pk), status__in=Fulfilment.OPEN)
        .count(),
        "web_basket": Basket.objects.open()
        .filter(
            customer__in=records(person.pk), channel="web", till__isnull=True, lines__isnull=False
        )
        .order_by("-changed_at")
        .prefetch_related("lines")
        .first(),
    }


@require_safe
@at_till
def panel(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The customer of the sale under way, as a part of its page."""
    context = customer_context(desk, scope.current_basket(desk), at=timezone.now())
    return show(request, desk, "customer", context, section="sale", partial=True)


@require_safe
@at_till
def wishes(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The wish list of the sale's customer with stock here, nearby and to send; fetched once the
    sale is shown.
    """
    basket = scope.current_basket(desk)
    person = basket.customer if basket else None
    found = for_till(person, store_id=desk.store.pk, at=timezone.now()) if person else []
    in_sale = set(basket.lines.values_list("variant_id", flat=True)) if basket else set()
    context = {"wishes": [wish for wish in found if wish.variant.pk not in in_sale]}
    return show(request, desk, "wishes", context, section="sale", partial=True)


@require_safe
@at_till
def find(request: HttpRequest, desk: Desk) -> HttpResponse:
    """People for one field: telephone, e-mail, card, number, name; at the most twenty (UX T8)."""
    text = typed(request.GET, "who")
    people = list(find_customers(text)) if len(text) > 1 else []
    return show(
        request,
        desk,
        "customers",
        {"people": people, "who": text},
        section="sale",
        partial=request.headers.get("HX-Target") == "people",
    )


def _start_with(text: str) -> dict[str, str]:
    """What was searched for, put where it belongs in the form of a new person."""
    if "@" in text:
        return {"email": text}
    if any(character.isdigit() for character in text):
        return {"phone": text}
    first, _space, last = text.partition(" ")
    return {"first_name": first, "last_name": last} if last else {"last_name": first}


@at_till
def create(request: HttpRequest, desk: Desk) -> HttpResponse:
    """A new person with a loyalty card, and the customer of this sale. News is a separate yes."""
    at = timezone.now()
    form = CustomerForm(
        request.POST or None,
        initial={"key": uuid.uuid4().hex} | _start_with(typed(request.GET, "who")),
    )
    refusal: Refusal | None = None
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        key, marketing = data.pop("key"), data.pop("marketing")
        sponsor = data.pop("sponsor")

        def work() -> dict[str, Any]:
            person = create_customer(home_store_id=desk.store.pk, **data)
            enrol(customer=person, sponsor=sponsor, at=at)
            if marketing:
                record_consent(
                    customer=person,
                    granted=True,
                    source=f"till {desk.till}",
                    actor=desk.actor,
                    at=at,
                )
            return {"customer": person.pk}

        try:
            with transaction.atomic():
                body = data | {"marketing": marketing, "sponsor": sponsor}
                made = once(actor=desk.actor, key=key, body=body, work=work)
                identify_customer(desk, Customer.objects.get(pk=made["customer"]), at=at)
        except Refusal as refused:
            refusal = refused
        else:
            return redirect("till:sale")
    response = show(request, desk, "customer_new", {"form": form}, section="sale", refusal=refusal)
    if form.errors:
        response.status_code = 422
    return response


def identify_customer(desk: Desk, person: Customer | None, *, at: datetime) -> None:
    """Say whose sale it is; a person begins one."""
    basket = scope.current_basket(desk)
    if basket is None and person is None:
        return
    basket = basket or baskets.start(at=at, channel="till", till=desk.till)
    baskets.identify(basket_id=basket.pk, customer=person)
    if person:
        record_visit(
            customer_id=person.pk,
            channel="till",
            store_id=desk.store.pk,
            day=desk.store.business_day(at),
            at=at,
        )


@require_POST
@at_till
def identify(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Say whose sale it is; without a person, nobody's."""
    chosen = request.POST.get("customer_id", "")
    person = None
    if chosen:
        pk = int(chosen) if chosen.isdecimal() and len(chosen) < len(str(BIG)) else 0
        person = get_object_or_404(Customer.objects.live(), pk=pk)
    try:
        identify_customer(desk, person, at=timezone.now())
    except Refusal as refusal:
        return show(request, desk, "refused", {}, section="sale", refusal=refusal)
    return redirect("till:sale")


def open_here(desk: Desk, basket_id: int, *, at: datetime) -> None:
    """Go on with a basket of the site; what was scanned before and the person come along."""
    with transaction.atomic():
        scanned = scope.current_basket(desk)
        opened = baskets.open_at_till(basket_id=basket_id, till=desk.till)
        if scanned is None or scanned.pk == opened.pk:
            return
        baskets.bring_along(from_id=scanned.pk, to_id=opened.pk, at=at)
        if opened.customer_id is None and scanned.customer_id:
            baskets.identify(basket_id=opened.pk, customer=scanned.customer)


@require_POST
@at_till
def open_basket(request: HttpRequest, desk: Desk, basket_id: int) -> HttpResponse:
    """The web basket of the sale's customer, opened at this till (UX T9)."""
    current = scope.current_basket(desk)
    theirs = Basket.objects.open().filter(
        customer=current.customer_id if current and current.customer_id else 0, channel="web"
    )
    wanted = get_object_or_404(theirs, pk=basket_id)
    try:
        open_here(desk, wanted.pk, at=timezone.now())
    except Refusal as refusal:
        return show(request, desk, "refused", {}, section="sale", refusal=refusal)
    return redirect("till:sale")

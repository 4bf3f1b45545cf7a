"""The endless aisle at the till: a line leaves now or is ordered; then for whom, and where to."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Customer, Identity
from omnishop.channels.till import scope
from omnishop.channels.till.access import Desk, at_till
from omnishop.channels.till.answer import show
from omnishop.channels.till.forms.customer import OrderForm
from omnishop.kernel.errors import Invalid, Refusal
from orders import aisle
from orders.models import Basket, BasketLine
from orders.selectors import BasketView, SaleRow, sale_view
from orders.services import baskets, till
from orders.services.aisle import Ordering
from orders.services.contacts import Contact
from orders.services.ways import Delivery, Pickup

SHOPS_SHOWN = 4


def _sale(desk: Desk, at: datetime) -> tuple[Basket, BasketView[SaleRow]]:
    basket = scope.current_basket(desk)
    if basket is None:
        raise Http404
    return basket, sale_view(basket, at=at)


@at_till
def line(request: HttpRequest, desk: Desk, variant_id: int) -> HttpResponse:
    """How one line is handed over: what is here, from where and by when else, or not at all."""
    at = timezone.now()
    basket, view = _sale(desk, at)
    row = next((row for row in view.rows if row.line.key == str(variant_id)), None)
    if row is None or row.priced is None:
        raise Http404
    refusal: Refusal | None = None
    if request.method == "POST":
        chosen = request.POST.get("handover", "")
        try:
            if chosen not in BasketLine.Handover.values:
                raise Invalid(_("Choose how the customer gets the article."))
            baskets.hand_over_by(basket_id=basket.pk, variant_id=variant_id, handover=chosen, at=at)
        except Refusal as refused:
            refusal = refused
        else:
            return redirect("till:sale")
    wanted = aisle.wanted_of([row])
    shops = aisle.shop_offers(wanted, desk.store, at=at)
    return show(
        request,
        desk,
        "order_line",
        {
            "row": row,
            "chosen": row.line.handover,
            "deliveries": aisle.delivery_offers([row], view.quote, at=at),
            "shops": shops[:SHOPS_SHOWN],
            "more_shops": max(0, len(shops) - SHOPS_SHOWN),
            "now": at,
        },
        section="sale",
        refusal=refusal,
    )


def _known(person: Customer | None) -> dict[str, str]:
    """What the shop knows of a person already."""
    if person is None:
        return {}
    found = dict(
        person.identities.filter(kind__in=[Identity.Kind.EMAIL, Identity.Kind.PHONE])
        .order_by("-pk")
        .values_list("kind", "value")
    )
    address = aisle.last_address(person)
    return {"name": person.name, **found} | {
        part: address.get(part, "") for part in ("line1", "line2", "postcode", "city")
    }


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None


@at_till
def order(request: HttpRequest, desk: Desk) -> HttpResponse:
    """For whom the ordered articles are and where they go, with what it costs; then to pay."""
    at = timezone.now()
    basket, view = _sale(desk, at)
    if begun := scope.unpaid_order(basket, desk):
        return redirect("till:payment", begun.pk)
    parts = aisle.parts(view)
    if not parts.ordered:
        return redirect("till:sale")
    ways = {"sent": bool(parts.sent), "collected": bool(parts.collected)}
    form = OrderForm(request.POST or None, initial=_known(basket.customer), **ways)
    refusal: Refusal | None = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        shown = request.POST.get(f"total-{data['method']}" if parts.sent else "total", "")
        try:
            opened = till.open_order(
                basket_id=basket.pk,
                till=desk.till,
                expected_total_minor=_number(shown),
                actor=desk.actor,
                at=at,
                ordering=_ordering(data, language=basket.language, **ways),
            )
        except Refusal as refused:
            refusal = refused
        else:
            return redirect("till:payment", opened.pk)
    response = show(
        request,
        desk,
        "order",
        {"form": form, "parts": parts, "has_errors": bool(form.errors), "now": at}
        | _offered(desk, parts, view, form, at=at),
        section="sale",
        refusal=refusal,
    )
    if form.errors:
        response.status_code = 422
    return response


def _offered(
    desk: Desk, parts: aisle.Parts, view: BasketView[SaleRow], form: OrderForm, *, at: datetime
) -> dict[str, Any]:
    """The deliveries with the sale's total by each, and the shops; with what is chosen of them."""
    goods = view.quote.total_minor
    sent, collected = parts.sent, parts.collected
    deliveries = aisle.delivery_offers(sent, view.quote, at=at) if sent else []
    shops = aisle.shop_offers(aisle.wanted_of(collected), desk.store, at=at) if collected else []
    first_method = deliveries[0].method.pk if deliveries else ""
    first_shop = shops[0].store.pk if shops else ""
    return {
        "goods": goods,
        "deliveries": [(offer, goods + offer.price_minor) for offer in deliveries],
        "shops": shops,
        "chosen_method": str(form.data.get("method") or first_method),
        "chosen_store": str(form.data.get("store") or first_shop),
    }


def _ordering(data: dict[str, Any], *, language: str, sent: bool, collected: bool) -> Ordering:
    address = {part: data.get(part, "") for part in ("name", "line1", "line2", "postcode", "city")}
    return Ordering(
        contact=Contact(data["name"], data["email"], data["phone"], language),
        delivery=Delivery(data["method"], address) if sent else None,
        pickup=Pickup(data["store"]) if collected else None,
    )

"""Goods that come back, bought in any channel (UX T13).

An order is found by a number the customer has, or among the sale's customer's own, whatever
store sold it: shoppers return anywhere. Pages then go by the order's unguessable token.
"""

import uuid
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from omnishop.channels.till import scope
from omnishop.channels.till.access import Desk, at_till
from omnishop.channels.till.answer import show, typed
from omnishop.channels.till.forms.sale import ReturnForm
from omnishop.kernel.errors import Invalid, NotFound, Refusal
from omnishop.kernel.idempotency import once
from orders.models import Order, OrderLine, Receipt
from orders.selectors import cash_due, history, return_preview
from orders.services import returns

OPEN = (Order.Status.PLACED, Order.Status.FULFILLED)


def _returnable() -> Q:
    """Orders of which something can come back, or be given back: cancelled ones were paid too."""
    return Q(status__in=OPEN) | Q(status=Order.Status.CANCELLED, paid_at__isnull=False)


def order_of_number(text: str) -> Order | None:
    """The order of a receipt or order number, as printed or scanned."""
    text = text.strip().upper()[:40]
    if order := Order.objects.filter(number=text).first():
        return order
    parts = text.rsplit("-", 2)  # store code, till, sequence
    if len(parts) == 3 and parts[1].isdecimal() and parts[2].isdecimal() and len(parts[2]) < 10:
        receipt = (
            Receipt.objects.select_related("order")
            .filter(
                till__store__code__iexact=parts[0],
                till__number=int(parts[1]) if len(parts[1]) < 5 else -1,
                sequence=int(parts[2]),
            )
            .first()
        )
        return receipt.order if receipt else None
    return None


@require_safe
@at_till
def find(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Scan or type a receipt or order number, or take one of the customer's orders."""
    number = typed(request.GET, "number", 40)
    refusal: Refusal | None = None
    if number:
        if order := order_of_number(number):
            return redirect("till:return_order", order.token)
        refusal = NotFound(
            _("No receipt or order has the number %(number)s.") % {"number": number[:40]}
        )
    basket = scope.current_basket(desk)
    customer = basket.customer if basket else None
    return show(
        request,
        desk,
        "return",
        {
            "number": number,
            "customer": customer,
            "orders": [
                order
                for order in (history(customer) if customer else [])
                if any(line.fulfilled > line.returned for line in order.lines.all())
            ][:20],
        },
        section="return",
        refusal=refusal,
    )


def _units(data: Any, lines: list[OrderLine]) -> dict[int, int]:
    """How many units of each line, from the fields named line_<id>."""
    units = {}
    for line in lines:
        text = typed(data, f"line_{line.pk}") or "0"
        if not text.isdecimal() or len(text) > 6:
            raise Invalid(_("%(name)s: enter a whole number of units.") % {"name": line.name})
        units[line.pk] = int(text)
    return units


def _asked(request: HttpRequest, line: OrderLine) -> int:
    text = request.GET.get(f"line_{line.pk}", "")
    return int(text) if text.isdecimal() and len(text) < 4 else 0


@require_safe
@at_till
def choose(request: HttpRequest, desk: Desk, token: str) -> HttpResponse:
    """Units of each line, reason and state; then what the return would do, before it is done."""
    order = get_object_or_404(Order.objects.filter(_returnable()), token=token)
    lines = list(order.lines.order_by("position"))
    asked = "reason" in request.GET
    form = ReturnForm(request.GET if asked else None)
    refusal: Refusal | None = None
    if asked:
        try:
            units = _units(request.GET, lines)
            preview = return_preview(order, units)
            if form.is_valid():
                return show(
                    request,
                    desk,
                    "return_confirm",
                    {
                        "order": order,
                        "preview": preview,
                        "reason": form.cleaned_data["reason"],
                        "disposition": form.cleaned_data["disposition"],
                        "disposition_words": form.disposition_words,
                        "key": uuid.uuid4().hex,
                    },
                    section="return",
                )
        except Refusal as refused:
            refusal = refused
    response = show(
        request,
        desk,
        "return_order",
        {
            "order": order,
            "rows": [
                (line, f"line_{line.pk}", line.fulfilled - line.returned, _asked(request, line))
                for line in lines
            ],
            "form": form,
            "cash_due": sum(refund.amount_minor for refund in cash_due(order.pk)),
            "nothing_left": not any(line.fulfilled > line.returned for line in lines),
        },
        section="return",
        refusal=refusal,
    )
    if form.errors:
        response.status_code = 422
    return response


@require_POST
@at_till
def confirm(request: HttpRequest, desk: Desk, token: str) -> HttpResponse:
    """Take the goods back; the same confirmation twice takes them back once."""
    order = get_object_or_404(Order.objects.filter(status__in=OPEN), token=token)
    form = ReturnForm(request.POST)
    try:
        units = _units(request.POST, list(order.lines.all()))
        if not form.is_valid():
            raise Invalid(_("Say why the goods come back, and in what state."))

        def work() -> dict[str, Any]:
            returns.take_back(
                order_id=order.pk, units=units, till=desk.till, actor=desk.actor,
                at=timezone.now(), **form.cleaned_data,
            )  # fmt: skip
            return {"receipt": order.receipts.filter(till=desk.till).latest("sequence").pk}

        done = once(
            actor=desk.actor,
            key=typed(request.POST, "key", 60) or uuid.uuid4().hex,
            body={"order": order.pk, "units": sorted(units.items()), **form.cleaned_data},
            work=work,
        )
    except Refusal as refusal:
        return show(request, desk, "refused", {}, section="return", refusal=refusal)
    return redirect("till:receipt", done["receipt"])


@require_POST
@at_till
def cash(request: HttpRequest, desk: Desk, token: str) -> HttpResponse:
    """Give out the cash that is due for what was cancelled; its receipt says so."""
    order = get_object_or_404(Order.objects.filter(_returnable()), token=token)
    try:
        receipt = returns.hand_out_cash(
            order_id=order.pk, till=desk.till, actor=desk.actor, at=timezone.now()
        )
    except Refusal as refusal:
        return show(request, desk, "refused", {}, section="return", refusal=refusal)
    return redirect("till:receipt", receipt.pk)

"""Voids and discounts: a reason, somebody entitled and their PIN (UX T7); and one's own PIN."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth import authenticate
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from omnishop.channels.till import scope
from omnishop.channels.till.access import Desk, at_till
from omnishop.channels.till.answer import show, typed
from omnishop.channels.till.forms.approval import ApprovalForm, DiscountForm, PinForm
from omnishop.kernel.errors import Invalid, Refusal
from omnishop.network.models import StaffMember
from omnishop.network.selectors import MAY_APPROVE
from omnishop.network.services import set_pin
from orders.models import Basket
from orders.models.basket import line_key
from orders.selectors import BasketView, SaleRow, sale_view
from orders.services import approvals


def _sale(desk: Desk, at: datetime) -> tuple[Basket, BasketView[SaleRow]]:
    basket = scope.current_basket(desk)
    if basket is None:
        raise Http404
    return basket, sale_view(basket, at=at)


def _row(request: HttpRequest, view: BasketView[SaleRow], variant_id: int) -> SaleRow:
    """The line of an article; of a pack that a scale labelled, the one of its `label`."""
    key = line_key(variant_id, typed(request.GET, "label"))
    for row in view.rows:
        if row.line.key == key:
            return row
    raise Http404


def _asked(
    request: HttpRequest,
    desk: Desk,
    name: str,
    form: ApprovalForm,
    context: dict[str, Any],
    work: Callable[[], None],
) -> HttpResponse:
    """Ask for the approval; when it is given, do the work and go back to the sale."""
    refusal: Refusal | None = None
    if request.method == "POST" and form.is_valid():
        try:
            work()
        except Refusal as refused:
            refusal = refused
        else:
            return redirect("till:sale")
    response = show(request, desk, name, {"form": form} | context, section="sale", refusal=refusal)
    if form.errors:
        response.status_code = 422
    return response


@at_till
def void(request: HttpRequest, desk: Desk, variant_id: int) -> HttpResponse:
    """Take a line off the sale, or the units beyond `left`."""
    at = timezone.now()
    basket, view = _sale(desk, at)
    row = _row(request, view, variant_id)
    wanted = request.GET.get("left", "")
    left = min(int(wanted), row.line.quantity - 1) if wanted.isdecimal() and len(wanted) < 5 else 0
    form = ApprovalForm(request.POST or None, desk=desk)
    return _asked(
        request,
        desk,
        "void",
        form,
        {"row": row, "left": left, "units": row.line.quantity - left},
        lambda: approvals.change_quantity(
            basket_id=basket.pk,
            variant_id=variant_id,
            label=row.line.label,
            quantity=left,
            at=at,
            ask=form.ask(),
        ),
    )


@at_till
def empty(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Void the whole sale; the customer is gone with it."""
    at = timezone.now()
    basket = scope.current_basket(desk)
    if basket is None:
        return redirect("till:sale")
    view = sale_view(basket, at=at)
    form = ApprovalForm(request.POST or None, desk=desk)
    if not view.rows:
        approvals.void_sale(basket_id=basket.pk, at=at)
        return redirect("till:sale")
    return _asked(
        request,
        desk,
        "void",
        form,
        {"view": view, "units": view.units},
        lambda: approvals.void_sale(basket_id=basket.pk, at=at, ask=form.ask()),
    )


@at_till
def discount(request: HttpRequest, desk: Desk, variant_id: int) -> HttpResponse:
    """A discount by hand on a line, with its reason."""
    at = timezone.now()
    basket, view = _sale(desk, at)
    row = _row(request, view, variant_id)
    if row.priced is None:
        raise Http404
    form = DiscountForm(
        request.POST or None, desk=desk, initial={"reason": row.line.discount_reason}
    )
    full = row.priced.unit.amount_minor * row.line.quantity
    return _asked(
        request,
        desk,
        "discount",
        form,
        {
            "row": row,
            "full": full,
            "cuts": [(part, full * part // 100) for part in (5, 10, 15, 20, 30, 50)],
        },
        lambda: approvals.discount(
            basket_id=basket.pk,
            variant_id=variant_id,
            label=row.line.label,
            amount_minor=form.cleaned_data["amount"],
            at=at,
            ask=form.ask(),
        ),
    )


@at_till
def pin(request: HttpRequest, desk: Desk) -> HttpResponse:
    """One's own PIN; the password says that it is the person who signed in."""
    member = StaffMember.objects.filter(user=desk.user, role__in=MAY_APPROVE).first()
    form = PinForm(request.POST or None)
    refusal: Refusal | None = None
    if member and request.method == "POST" and form.is_valid():
        try:
            known = authenticate(
                request, username=desk.user.email, password=form.cleaned_data["password"]
            )
            if known is None or known.pk != desk.user.pk:
                raise Invalid(_("This is not the password of your login."))
            set_pin(member=member, pin=form.cleaned_data["pin"])
        except Refusal as refused:
            refusal = refused
        else:
            messages.success(request, _("Your PIN is set."))
            return redirect("till:setup")
    response = show(
        request, desk, "pin", {"form": form, "member": member}, section="setup", refusal=refusal
    )
    if form.errors:
        response.status_code = 422
    return response

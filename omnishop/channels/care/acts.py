"""Acts from a case: each shows what it does to money, stock, points and mail, then is done (V4)."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from customers.models import Case
from customers.selectors import resolve
from loyalty.selectors import Balance, balance
from omnishop.channels.care.access import actor_of, desk_only, staff_of
from omnishop.channels.care.cases import back, seen_case, shown
from omnishop.channels.care.forms import ActForm, PointsForm, VoucherForm
from omnishop.kernel.errors import Invalid, Refusal
from orders.care import limits_of, messages_of, possible, preview
from orders.models import Order
from orders.services import care

MOST = 999  # units of a line


def _units(request: HttpRequest, order: Order, act: str) -> dict[int, int]:
    """Order line → units, as chosen; lines that the act cannot take are not there."""
    chosen = {}
    for line, most in possible(order)[act]:
        text = request.POST.get(f"line-{line.pk}", "0")
        count = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
        if count:
            chosen[line.pk] = min(count, most)
    return chosen


def _on_order(request: HttpRequest, case: Case, act: str) -> HttpResponse:
    """Cancel or refund: choose, see what it does, confirm."""
    order = get_object_or_404(
        Order.objects.visible_to(staff_of(request)).prefetch_related(
            "lines", "payments", "receipts"
        ),
        number=case.document,
    )
    form = ActForm(request.POST or None)
    context: dict[str, Any] = {
        "case": case, "order": order, "act": act, "form": form, "lines": possible(order)[act],
        "limits": limits_of(staff_of(request)), "step": "choose",
    }  # fmt: skip
    if request.method == "GET":
        return render(request, "care/act_order.html", context)
    units = _units(request, order, act)
    context["chosen"] = units
    if not form.is_valid():
        return render(request, "care/act_order.html", context, status=422)
    try:
        if request.POST.get("step") == "confirm":
            care.act_on_order(
                case_id=case.pk, order_id=order.pk, act=act, units=units,
                reason=form.cleaned_data["reason"], limits=limits_of(staff_of(request)),
                key=f"{act}:{case.pk}:{form.cleaned_data['key']}", actor=actor_of(request),
                at=timezone.now(),
            )  # fmt: skip
            return back(case, "#last")
        context["preview"] = preview(order, act, units)
        context["step"] = "confirm"
    except Refusal as refusal:
        context["refusal"] = refusal
        return render(request, "care/act_order.html", context, status=refusal.status)
    return render(request, "care/act_order.html", context)


def _gesture(
    request: HttpRequest,
    case: Case,
    form: ActForm,
    *,
    name: str,
    shows: Callable[[dict[str, Any], Balance | None], dict[str, Any]],
    gives: Callable[..., object],
) -> HttpResponse:
    """Something given: how much and why; what it does; confirm. `shows` says what it does, `gives`
    does it with what every gesture keeps: its case, reason, limits, key, actor and time.
    """
    at = timezone.now()
    page = f"care/act_{name}.html"
    person = case.customer and resolve(case.customer)
    found = balance(person, at=at) if person else None
    limits = limits_of(staff_of(request))
    context: dict[str, Any] = {
        "case": case, "person": person, "form": form, "limits": limits, "balance": found,
        "step": "choose",
    }  # fmt: skip
    if request.method == "GET":
        return render(request, page, context)
    if not form.is_valid():
        return render(request, page, context, status=422)
    data = form.cleaned_data
    if request.POST.get("step") != "confirm":
        return render(request, page, context | {"step": "confirm"} | shows(data, found))
    try:
        gives(
            data, case_id=case.pk, reason=data["reason"], limits=limits,
            key=f"{name}:{case.pk}:{data['key']}", actor=actor_of(request), at=at,
        )  # fmt: skip
    except Refusal as refusal:
        return render(request, page, context | {"refusal": refusal}, status=refusal.status)
    return back(case, "#last")


def _points(request: HttpRequest, case: Case, _act: str) -> HttpResponse:
    """Points as a gesture, and what the balance becomes."""

    def shows(data: dict[str, Any], found: Balance | None) -> dict[str, Any]:
        if found is None:
            return {}
        value = found.account.programme.point_value_minor
        return {"value_minor": data["points"] * value, "after": found.spendable + data["points"]}

    def gives(data: dict[str, Any], **kept: Any) -> None:
        care.give_points(points=data["points"], **kept)

    form = PointsForm(request.POST or None)
    return _gesture(request, case, form, name="points", shows=shows, gives=gives)


def _voucher(request: HttpRequest, case: Case, _act: str) -> HttpResponse:
    """A voucher as a gesture."""

    def shows(data: dict[str, Any], _found: Balance | None) -> dict[str, Any]:
        return {"amount_minor": int(data["amount"] * 100)}

    def gives(data: dict[str, Any], **kept: Any) -> None:
        care.voucher(amount_minor=int(data["amount"] * 100), **kept)

    form = VoucherForm(request.POST or None)
    return _gesture(request, case, form, name="voucher", shows=shows, gives=gives)


def _resend(request: HttpRequest, case: Case, _act: str) -> HttpResponse:
    """Send a message again: which one, to whom; a press sends."""
    found = messages_of(case)[:30]
    context: dict[str, Any] = {"case": case, "messages_found": found, "form": ActForm()}
    if request.method == "GET":
        return render(request, "care/act_resend.html", context)
    pk = request.POST.get("message", "")
    key = request.POST.get("key", "")[:40]
    if not pk.isascii() or not pk.isdigit() or len(pk) > 15 or not key:
        raise Http404
    try:
        care.resend(
            case_id=case.pk, message_id=int(pk), key=f"resend:{case.pk}:{key}",
            actor=actor_of(request), at=timezone.now(),
        )  # fmt: skip
    except Refusal as refusal:
        context["refusal"] = refusal
        return render(request, "care/act_resend.html", context, status=refusal.status)
    return back(case, "#last")


def _order(request: HttpRequest, case: Case, _act: str) -> HttpResponse:
    """An order by telephone: to the basket of the case's person, with the case kept."""
    if case.customer is None:
        refusal = Invalid(_("Say first whose case this is."))
        return shown(request, case, refusal=refusal, status=refusal.status)
    page = reverse("care:basket", args=[resolve(case.customer).number])
    return redirect(f"{page}?case={case.number}")


ACTS: dict[str, Callable[[HttpRequest, Case, str], HttpResponse]] = {
    "cancel": _on_order,
    "refund": _on_order,
    "points": _points,
    "voucher": _voucher,
    "resend": _resend,
    "order": _order,
}


@desk_only
@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, number: str, act: str) -> HttpResponse:
    """An act from a case that one sees."""
    if act not in ACTS:
        raise Http404
    return ACTS[act](request, seen_case(request, number), act)

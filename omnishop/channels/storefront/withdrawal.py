"""Withdrawal from a contract, in two steps, for anyone (A3, CST-3)."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from omnishop.channels.storefront.context import Request
from omnishop.channels.storefront.forms import WithdrawalForm
from omnishop.channels.storefront.pages import private
from omnishop.kernel.errors import Refusal
from omnishop.kernel.language import site_language
from orders.services import withdrawals


@require_http_methods(["GET", "POST"])
def withdraw(request: Request) -> HttpResponse:
    """Step 1 asks what is withdrawn, step 2 confirms; the answer never tells what we know."""
    if request.method == "GET":
        initial = {"order_number": request.GET.get("order", "")[:40]}
        form = WithdrawalForm(initial=initial)
        return private(render(request, "storefront/withdraw.html", {"form": form}))
    form = WithdrawalForm(request.POST)
    if not form.is_valid() or request.POST.get("step") == "change":
        errors = bool(form.errors)
        return private(
            render(
                request,
                "storefront/withdraw.html",
                {"form": form, "has_errors": errors},
                status=422 if errors else 200,
            )
        )
    if request.POST.get("step") != "confirm":
        return private(render(request, "storefront/withdraw_confirm.html", {"form": form}))
    try:
        declared = withdrawals.declare(
            **form.cleaned_data, language=site_language(), at=timezone.now()
        )
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return private(
            render(
                request,
                "storefront/withdraw.html",
                {"form": form, "has_errors": True},
                status=refusal.status,
            )
        )
    return private(render(request, "storefront/withdraw_done.html", {"withdrawal": declared}))

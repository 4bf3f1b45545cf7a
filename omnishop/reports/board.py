"""The exceptions board of the back office."""

from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from omnishop.kernel.errors import Refusal
from omnishop.reports import exceptions
from orders.models import Payment, Refund
from orders.services import payments


@require_http_methods(["GET", "HEAD", "POST"])
def board(request: HttpRequest) -> HttpResponse:
    """Every exception of the reader's stores, each with its one action, and the promises kept."""
    if request.method == "POST":
        return _do(request)
    at = timezone.now()
    kinds = exceptions.board(request.user, at)
    return TemplateResponse(
        request,
        "admin/exceptions.html",
        {
            **admin.site.each_context(request),
            "title": _("Exceptions"),
            "kinds": [kind for kind in kinds if kind.rows],
            "quiet": [kind for kind in kinds if not kind.rows],
            "promises": exceptions.promises(request.user, at)
            if request.user.has_perm("orders.view_fulfilment")
            else [],
            "now": at,
            "may_ask": request.user.has_perm("orders.change_order"),
        },
    )


def _do(request: HttpRequest) -> HttpResponse:
    """Ask the provider of a payment again, or send a refund again."""
    user: Any = request.user
    text = request.POST.get("pk", "")
    pk = int(text) if text.isdecimal() and len(text) < 19 else 0
    what = request.POST.get("do", "")
    if what not in ("payment", "refund") or not user.has_perm("orders.change_order"):
        raise Http404
    row = exceptions.of_reader(Refund if what == "refund" else Payment, user, pk)
    if row is None:
        raise Http404
    try:
        messages.success(request, _refund(row) if what == "refund" else _ask(row))
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return HttpResponseRedirect(request.path)


def _ask(payment: Payment) -> str:
    known = payments.ask(reference=payment.reference, at=timezone.now())
    if known.status == Payment.Status.PENDING:
        return _("The provider does not know yet. It is asked again by itself.")
    return _("The provider has answered: %(status)s.") % {"status": known.get_status_display()}


def _refund(refund: Refund) -> str:
    if payments.send_refund(refund_id=refund.pk, at=timezone.now()):
        return _("The refund is with the provider.")
    refund.refresh_from_db()
    if refund.status == Refund.Status.SETTLED:
        return _("The refund was sent already.")
    return _("The provider cannot be reached. It is tried again by itself.")

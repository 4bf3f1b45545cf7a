"""One order: by its secret link, so that guests come back too (F2); a shop's ticket as well."""

import json
from dataclasses import dataclass
from typing import Any

import segno
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from omnishop.channels.storefront.context import Request
from omnishop.channels.storefront.pages import private
from omnishop.kernel.errors import Refusal
from omnishop.kernel.money import VatRow, vat_rows
from omnishop.kernel.templatetags.omnishop import day, stamp
from orders.models import Fulfilment, Order, OrderLine, Payment, RefundClaim
from orders.services import fulfilments, refund_claims
from orders.services.reviews import received

OPEN = Fulfilment.OPEN


def qr_code(text: str) -> str:
    """A QR as the address of an SVG picture, black on white in both themes; never a Micro QR, which
    few readers know.
    """
    return str(segno.make_qr(text, error="m").svg_data_uri(scale=6, border=3, light="#fff"))


@dataclass(frozen=True, slots=True)
class Part:
    """One pick-up or parcel with what the shopper needs for it."""

    fulfilment: Fulfilment
    kind: str  # of the mark: success, info, muted
    icon: str
    words: str
    code: str  # "" when there is nothing to show at the desk
    qr: str
    may_cancel: bool
    delay: str  # "" when it is promised for when it was at first


def _part(fulfilment: Fulfilment) -> Part:
    status = Fulfilment.Status(fulfilment.status)
    pick_up = fulfilment.kind == Fulfilment.Kind.PICKUP
    words = {
        Fulfilment.Status.WAITING: ("info", "clock", _("Being prepared: not ready yet")),
        Fulfilment.Status.PICKED: ("info", "clock", _("Being prepared: not ready yet")),
        Fulfilment.Status.READY: ("success", "package-check", _("Ready to collect")),
        Fulfilment.Status.HANDED_OVER: ("success", "circle-check", _("Handed over")),
        Fulfilment.Status.SHIPPED: ("success", "truck", _("On its way")),
        Fulfilment.Status.DELIVERED: ("success", "circle-check", _("Delivered")),
        Fulfilment.Status.NO_SHOW: ("muted", "package-x", _("Not collected in time")),
        Fulfilment.Status.CANCELLED: ("muted", "ban", _("Cancelled")),
    }[status]
    waiting = status in OPEN and fulfilment.confirmed and pick_up
    return Part(
        fulfilment=fulfilment,
        kind=words[0],
        icon=words[1],
        words=words[2],
        code=f"{fulfilment.code[:3]} {fulfilment.code[3:]}" if waiting else "",
        qr=qr_code(fulfilment.qr) if waiting else "",
        may_cancel=waiting,
        delay=_delay(fulfilment),
    )


def _delay(fulfilment: Fulfilment) -> str:
    if not fulfilment.delayed:
        return ""
    if fulfilment.kind == Fulfilment.Kind.PICKUP and fulfilment.store:
        zone = fulfilment.store.timezone
        first = stamp(fulfilment.first_promised_at, zone)
        now = stamp(fulfilment.promised_at, zone)
    else:
        first, now = day(fulfilment.first_promised_at), day(fulfilment.promised_at)
    return _("Promised %(first)s, now %(now)s") % {"first": first, "now": now}


def line_status(line: OrderLine) -> tuple[str, str]:
    """What became of a line: kind of mark and words (A2)."""
    if line.returned:
        return "muted", _("%(count)s returned") % {"count": line.returned}
    if line.cancelled == line.quantity:
        return "muted", _("Cancelled")
    if line.kind != OrderLine.Kind.PRODUCT:
        return "", ""
    if line.cancelled:
        return "warning", _("%(count)s cancelled") % {"count": line.cancelled}
    if line.fulfilled == line.quantity:
        return "success", _("Handed over")
    return "info", _("Being prepared")


def order_context(order: Order) -> dict[str, Any]:
    """What pages and partials show of an order."""
    at = timezone.now()
    lines = list(order.lines.all())
    fulfilments = [f for f in order.fulfilments.all() if f.kind != Fulfilment.Kind.TAKEAWAY]
    rated = [(line.total_minor, line.tax_bp) for line in lines]
    vat: list[VatRow] = vat_rows(rated)
    payments = [
        payment for payment in order.payments.all() if payment.status == Payment.Status.CAPTURED
    ]
    receipts = [
        (receipt, json.loads(receipt.payload)) for receipt in reversed(list(order.receipts.all()))
    ]
    return {
        "order": order,
        "lines": [(line, *line_status(line)) for line in lines],
        "received": received([order.pk] if any(line.fulfilled for line in lines) else [], at=at),
        "parts": [_part(fulfilment) for fulfilment in fulfilments],
        "vat": vat,
        "payments": payments,
        "refunded_minor": sum(payment.refunded_minor for payment in payments),
        "receipts": receipts,
        "claims": refund_claims.of_order(order, at=at),
        "today": timezone.localdate(at),
        "now": at,
        "discounts": [one for one in order.discounts.all() if one.amount_minor]
        if any(line.discount_minor for line in lines)
        else [],
        "goods_minor": sum(line.unit_minor * line.quantity for line in lines),
        "may_withdraw": order.status in (Order.Status.PLACED, Order.Status.FULFILLED)
        and any(line.contract_place == OrderLine.ContractPlace.DISTANCE for line in lines),
    }


def _order(token: str) -> Order:
    return get_object_or_404(
        Order.objects.select_related("store").prefetch_related(
            Prefetch("lines", OrderLine.objects.select_related("variant__product")),
            Prefetch("fulfilments", Fulfilment.objects.select_related("store")),
            "payments",
            "receipts__till__store",
            "discounts__coupon",
        ),
        token=token,
    )


@require_GET
def order(request: Request, token: str) -> HttpResponse:
    """The order as it stands now; safe to reload (F1, F2)."""
    found = _order(token)
    guest = not request.user.is_authenticated
    return private(
        render(
            request,
            "storefront/order.html",
            order_context(found) | {"guest": guest},
        )
    )


@require_POST
def claim(request: Request, token: str, claim_id: int) -> HttpResponse:
    """The shopper asks for what a refund offer promised."""
    found = _order(token)
    promised = get_object_or_404(RefundClaim, pk=claim_id, order=found)
    account = request.POST.get("iban", "").replace("\x00", "")[:60]
    try:
        refund_claims.claim(claim_id=promised.pk, account=account, at=timezone.now())
    except Refusal as refusal:
        context = order_context(_order(token)) | {
            "claim_refusal": refusal,
            "claim_id": promised.pk,
            "typed": account,
            "has_errors": True,
        }
        return private(render(request, "storefront/order.html", context, status=refusal.status))
    return redirect("storefront:order", token)


@require_POST
def cancel(request: Request, token: str, fulfilment_id: int) -> HttpResponse:
    """The shopper no longer wants a pick-up that was not handed over."""
    found = _order(token)
    part = get_object_or_404(Fulfilment, pk=fulfilment_id, order=found)
    try:
        fulfilments.cancel(
            fulfilment_id=part.pk,
            reason=_("cancelled by the shopper"),
            actor="customer",
            at=timezone.now(),
        )
    except Refusal as refusal:
        context = order_context(_order(token)) | {"refusal": refusal, "has_errors": True}
        return private(render(request, "storefront/order.html", context, status=refusal.status))
    return redirect("storefront:order", token)

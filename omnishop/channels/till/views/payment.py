"""Payment: tenders until nothing is left to pay, then the receipt."""

import json
import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from customers.models import SaleNotice
from customers.services import consents
from loyalty.selectors import balance
from omnishop.channels.till import scope
from omnishop.channels.till.access import Desk, at_till
from omnishop.channels.till.answer import cleaned, show
from omnishop.channels.till.forms.fields import BIG
from omnishop.channels.till.forms.sale import ReceiptForm, TenderForm
from omnishop.channels.till.views.sale import sale_page
from omnishop.kernel.errors import Invalid, Refusal
from omnishop.kernel.language import site_language
from omnishop.kernel.templatetags.omnishop import money
from orders import aisle
from orders.models import BasketLine, Channel, Fulfilment, Order, Payment, Receipt
from orders.points import of_order
from orders.services import till
from orders.services.payments import due

NOTES = (500, 1000, 2000, 5000, 10000)  # euro notes, in cents


class CardRefused(Refusal):
    """The terminal said no; other tenders stay."""

    code = "card_refused"


@require_POST
@at_till
def start(request: HttpRequest, desk: Desk) -> HttpResponse:
    """From the sale to its payment, at the total that is on the screen."""
    at = timezone.now()
    basket = scope.current_basket(desk)
    if basket is None:
        refusal: Refusal = Invalid(_("There is nothing to pay."))
        return sale_page(request, desk, None, at=at, refusal=refusal)
    if basket.lines.exclude(handover=BasketLine.Handover.TAKE_AWAY).exists():
        return redirect("till:order")  # for whom first, and where to
    shown = request.POST.get("total", "")
    try:
        order = till.open_order(
            basket_id=basket.pk,
            till=desk.till,
            expected_total_minor=int(shown) if shown.isdecimal() and len(shown) < 12 else None,
            actor=desk.actor,
            at=at,
        )
    except Refusal as refused:
        return sale_page(request, desk, basket, at=at, refusal=refused)
    return redirect("till:payment", order.pk)


def _finished(order: Order, desk: Desk) -> HttpResponse | None:
    """Where to go once the order is paid, or nothing while it is not."""
    receipt = order.receipts.filter(total_minor__gte=0).order_by("pk").first()
    if order.paid_at is None or receipt is None:
        return None
    waiting = scope.pickups(desk).filter(order=order, status__in=Fulfilment.OPEN).first()
    if waiting and order.channel != Channel.TILL:  # they came to collect it
        return redirect("till:pickup", waiting.pk)
    return redirect("till:receipt", receipt.pk)


def _payment_page(
    request: HttpRequest, desk: Desk, order: Order, *, refusal: Refusal | None = None
) -> HttpResponse:
    left = due(order)
    points = balance(order.customer, at=timezone.now()) if order.customer else None
    value = points.account.programme.point_value_minor if points else 0
    usable = min(points.spendable, left // value) if points and value else 0
    notes = [note for note in NOTES if note >= left][:3] or [-(-left // NOTES[-1]) * NOTES[-1]]
    return show(
        request,
        desk,
        "payment",
        {
            "order": order,
            "left": left,
            "tenders": order.payments.order_by("pk"),
            "notes": [note for note in notes if left],
            "earns": sum(share.points for share in of_order(order, points.account).values())
            if points
            else None,
            "points": usable,
            "points_value": usable * value,
            "key": uuid.uuid4().hex,
            "brought": order.status == Order.Status.PLACED,
            "lines": order.lines.order_by("position"),
            "sold": aisle.sold(order) if order.channel == Channel.TILL else None,
        },
        section="sale",
        refusal=refusal,
    )


@require_safe
@at_till
def payment(request: HttpRequest, desk: Desk, order_id: int) -> HttpResponse:
    """What is left to pay, and the ways to pay it."""
    order = get_object_or_404(scope.sales(desk), pk=order_id)
    if response := _finished(order, desk):
        return response
    if order.status == Order.Status.CANCELLED:
        return redirect("till:sale")
    return _payment_page(request, desk, order)


@require_POST
@at_till
def tender(request: HttpRequest, desk: Desk, order_id: int) -> HttpResponse:
    """Take one tender; when nothing is left the sale is finished in the same go."""
    order = get_object_or_404(scope.sales(desk), pk=order_id)
    data = request.POST.dict()
    if "note" in data:
        data["method"] = "cash"
    form = TenderForm(data)
    try:
        _take(desk, order, cleaned(form))
        order.refresh_from_db()
        if due(order) <= 0:
            till.finish(order_id=order.pk, till=desk.till, actor=desk.actor, at=timezone.now())
            order.refresh_from_db()
    except Refusal as refusal:
        order.refresh_from_db()
        return _payment_page(request, desk, order, refusal=refusal)
    return _finished(order, desk) or redirect("till:payment", order.pk)


def _take(desk: Desk, order: Order, data: dict[str, Any]) -> None:
    """Without an amount a tender pays all that is left."""
    at, left = timezone.now(), due(order)
    amount = data["note"] or data["amount"]
    where = {"order_id": order.pk, "till": desk.till, "key": data["key"], "at": at}
    if data["method"] == "cash":
        till.take_cash(tendered_minor=left if amount is None else amount, **where)
    elif data["method"] == "points":
        member = balance(order.customer, at=at) if order.customer else None
        value = member.account.programme.point_value_minor if member else 1
        most = min(member.spendable if member else 0, left // value)
        till.take_points(points=most if amount is None else amount // value, **where)
    else:
        paid = till.take_card(amount_minor=left if amount is None else amount, **where)
        if paid.status == Payment.Status.REFUSED:
            raise CardRefused(_("Card refused. Nothing was taken from it; the other tenders stay."))
        if paid.status == Payment.Status.PENDING:
            raise CardRefused(_("The terminal gives no answer yet. Ask it again below."))


@require_POST
@at_till
def finish(request: HttpRequest, desk: Desk, order_id: int) -> HttpResponse:
    """End a sale on which nothing is left to pay."""
    order = get_object_or_404(scope.sales(desk), pk=order_id)
    try:
        till.finish(order_id=order.pk, till=desk.till, actor=desk.actor, at=timezone.now())
    except Refusal as refusal:
        return _payment_page(request, desk, order, refusal=refusal)
    order.refresh_from_db()
    return _finished(order, desk) or redirect("till:sale")


@require_POST
@at_till
def cancel(request: HttpRequest, desk: Desk, order_id: int) -> HttpResponse:
    """Back to the sale; every tender is given back, and the associate told what to hand out."""
    order = get_object_or_404(scope.sales(desk), pk=order_id)
    given = [
        (one.get_method_display(), one.method, one.captured_minor - one.refunded_minor)
        for one in order.payments.all()
        if one.captured_minor > one.refunded_minor
    ]
    brought = scope.pickups(desk).filter(order=order).first()
    try:
        till.cancel(order_id=order.pk, till=desk.till, actor=desk.actor, at=timezone.now())
    except Refusal as refusal:
        if response := _finished(order, desk):
            return response
        return show(request, desk, "refused", {}, section="sale", refusal=refusal)
    for name, method, amount in given:
        words = (
            _("Give back %(amount)s in cash.")
            if method == Payment.Method.CASH
            else _("%(amount)s go back: %(tender)s.")
        )
        messages.warning(request, words % {"amount": money(amount), "tender": name})
    return redirect("till:pickup", brought.pk) if brought else redirect("till:sale")


def _receipt_page(
    request: HttpRequest, desk: Desk, receipt: Receipt, *, refusal: Refusal | None = None
) -> HttpResponse:
    order = receipt.order
    change = sum(
        one.tendered_minor - one.captured_minor
        for one in order.payments.all()
        if one.tendered_minor and receipt.total_minor >= 0
    )
    address = ""
    if order.customer:
        address = (
            order.customer.identities.filter(kind="email").values_list("value", flat=True).first()
            or ""
        )
    paper = json.loads(receipt.payload)
    return show(
        request,
        desk,
        "receipt",
        {
            "backs": [(one["method"], -one["amount"]) for one in paper["tenders"]],
            "receipt": receipt,
            "order": order,
            "change": change,
            "paper": paper,
            "email": order.email or address,
            "entity": receipt.till.store.entity,
            "given_back": receipt.total_minor < 0,
            "sold": aisle.sold(order) if receipt.total_minor >= 0 else None,
            "notice": _notice(order, receipt) if address else "",
        },
        section="sale",
        refusal=refusal,
    )


def _notice(order: Order, receipt: Receipt) -> str:
    """What to tell a customer who never answered: mails about similar articles (GDP-2)."""
    told = SaleNotice.objects.filter(document=order.number).exists()
    if receipt.total_minor < 0 or told or not consents.to_be_told(order.customer):
        return ""
    return consents.notice_text(language=site_language(), at=timezone.now()).text


@require_POST
@at_till
def told(request: HttpRequest, desk: Desk, receipt_id: int) -> HttpResponse:
    """The customer was told of such mails, and refused or did not."""
    found = get_object_or_404(scope.receipts(desk), pk=min(receipt_id, BIG))
    if request.POST.get("answer") not in ("refuses", "told"):
        raise Http404
    consents.asked_at_sale(
        document=found.order.number,
        refused=request.POST["answer"] == "refuses",
        source=f"till {desk.till}",
        actor=desk.actor,
        language=site_language(),
        at=timezone.now(),
    )
    return redirect("till:receipt", found.pk)


@require_safe
@at_till
def receipt(request: HttpRequest, desk: Desk, receipt_id: int) -> HttpResponse:
    """Change to give, then the receipt: none, by e-mail, printed, all three alike (UX T12)."""
    found = get_object_or_404(scope.receipts(desk), pk=min(receipt_id, BIG))
    return _receipt_page(request, desk, found)


@require_safe
@at_till
def last_receipt(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The receipt of this till's last sale, asked for a moment later."""
    found = scope.receipts(desk).filter(till=desk.till).order_by("-sequence").first()
    if found is None:
        raise Http404
    return redirect("till:receipt", found.pk)


@require_POST
@at_till
def send(request: HttpRequest, desk: Desk, receipt_id: int) -> HttpResponse:
    """The receipt by e-mail."""
    found = get_object_or_404(scope.receipts(desk), pk=min(receipt_id, BIG))
    form = ReceiptForm(request.POST)
    try:
        if not form.is_valid():
            raise Invalid(_("Enter the e-mail address for the receipt."))
        till.send_receipt(receipt=found, email=form.cleaned_data["email"], at=timezone.now())
    except Refusal as refusal:
        return _receipt_page(request, desk, found, refusal=refusal)
    messages.success(
        request, _("The receipt goes to %(email)s.") % {"email": form.cleaned_data["email"]}
    )
    return redirect("till:sale")

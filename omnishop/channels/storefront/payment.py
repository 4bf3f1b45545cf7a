"""Payment: to the provider and back. What happened is asked for, never taken from the address."""

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from omnishop.channels.storefront.context import Request
from omnishop.channels.storefront.pages import private
from omnishop.kernel.errors import Refusal
from orders.models import Order, Payment, SandboxCharge
from orders.providers import ProviderUnavailable
from orders.providers.sandbox import decide
from orders.services import payments

FIRST_POLL, SLOWEST_POLL = 2, 30  # seconds between two questions


def to_provider(request: Request, order: Order) -> HttpResponse:
    """Send the shopper to the provider's page for what is due."""
    payment = order.payments.filter(
        status=Payment.Status.PENDING, method=Payment.Method.CARD
    ).first() or payments.retry(order_id=order.pk, at=timezone.now())
    payment.order = order
    return_url = request.build_absolute_uri(
        reverse("storefront:payment_return", args=[payment.reference])
    )
    try:
        page = payments.page(payment=payment, return_url=return_url)
    except ProviderUnavailable:
        return private(
            render(request, "storefront/payment_unavailable.html", {"order": order}, status=503)
        )
    return HttpResponseRedirect(page)


@require_POST
def pay(request: Request, token: str) -> HttpResponse:
    """Try again to pay an order that awaits its payment."""
    order = get_object_or_404(Order, token=token)
    try:
        return to_provider(request, order)
    except Refusal:
        return redirect("storefront:order", token)


@require_GET
def payment_return(request: Request, reference: str) -> HttpResponse:
    """Back from the provider: paid, refused, or not known yet (C7, C8)."""
    try:
        payment = payments.ask(reference=reference, at=timezone.now())
    except Refusal:
        raise Http404 from None
    order = payment.order
    if payment.status == Payment.Status.PENDING:
        asked = request.GET.get("asked", "0")
        times = min(int(asked), 100) if asked.isdecimal() and len(asked) < 9 else 0
        context = {
            "order": order,
            "payment": payment,
            "asked": times + 1,
            "wait": min(SLOWEST_POLL, FIRST_POLL * 2 ** min(times, 4)),
        }
        partial = "_payment_wait.html" if request.htmx else "payment_wait.html"
        return private(render(request, f"storefront/{partial}", context))
    if payment.status == Payment.Status.REFUSED and order.status == Order.Status.AWAITING_PAYMENT:
        response = render(request, "storefront/payment_refused.html", {"order": order})
    else:
        response = redirect("storefront:order", order.token)
    if request.htmx:
        here = reverse("storefront:payment_return", args=[reference])
        target = response.get("Location", here)
        response = HttpResponse(headers={"HX-Redirect": target})
    return private(response)


@require_http_methods(["GET", "POST"])
def sandbox(request: Request, reference: str) -> HttpResponse:
    """The test provider's page: the tester plays the bank."""
    charge = get_object_or_404(SandboxCharge, reference=reference)
    if request.method == "POST":
        answer = request.POST.get("answer", "")
        if answer in ("accept", "refuse", "late"):
            decide(
                reference=reference,
                accept=answer != "refuse",
                late=answer == "late",
                at=timezone.now(),
            )
        return HttpResponseRedirect(charge.return_url)
    return private(render(request, "storefront/sandbox.html", {"charge": charge}))


@csrf_exempt
@require_POST
def webhook(request: Request, provider: str) -> HttpResponse:
    """What a provider tells us, at least once and in any order. A repeat is thanked too."""
    try:
        payments.receive(
            provider_code=provider, body=request.body, headers=request.headers, at=timezone.now()
        )
    except Refusal as refusal:
        return HttpResponse(str(refusal), status=400, content_type="text/plain")
    return HttpResponse(status=204)

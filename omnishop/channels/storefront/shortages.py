"""Something is missing: the shopper chooses what becomes of it, by the link of the mail."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from omnishop.channels.storefront.context import Request
from omnishop.channels.storefront.pages import private
from omnishop.kernel.errors import Refusal
from orders import offers
from orders.models import Shortage
from orders.services import shortages
from orders.sourcing import Wanted

ADDRESS = ("line1", "line2", "postcode", "city")


@require_http_methods(["GET", "POST"])
def shortage(request: Request, token: str) -> HttpResponse:
    """The choices that really are there; answered, it says what was chosen."""
    found = (
        Shortage.objects.select_related("order", "line__variant__product")
        .filter(token=token)
        .first()
    )
    if found is None:
        raise Http404
    if request.method == "GET" or found.status != Shortage.Status.OPEN:
        return _page(request, found)
    at, choice, actor = timezone.now(), request.POST.get("choice", ""), _actor(request)
    try:
        if choice == "refund":
            shortages.refund(token=token, actor=actor, at=at)
        elif choice == "delivery":
            address = {name: request.POST.get(name, "")[:120] for name in ADDRESS}
            shortages.deliver(token=token, address=address, actor=actor, at=at)
        elif choice.startswith("store-") and choice[6:].isdecimal() and len(choice) < 16:
            shortages.collect_elsewhere(token=token, store_id=int(choice[6:]), actor=actor, at=at)
        else:
            return _page(request, found, status=422, problem=_("Choose one of the answers."))
    except Refusal as refusal:
        return _page(request, found, status=refusal.status, problem=refusal.message)
    return redirect("storefront:order", token=found.order.token)


def _actor(request: Request) -> str:
    """Staff note what the shopper said on the telephone."""
    return f"user:{request.user.pk}" if request.user.is_staff else "customer"


def _page(
    request: Request, found: Shortage, *, status: int = 200, problem: str = ""
) -> HttpResponse:
    at = timezone.now()
    wanted = [Wanted(1, found.line.variant_id or 0, found.quantity)]
    context: dict[str, Any] = {"shortage": found, "order": found.order, "now": at}
    if found.status == Shortage.Status.OPEN:
        context |= {
            "offers": [
                offer
                for offer in offers.pickup_offers(wanted, at=at)
                if offer.orderable and offer.store.pk != found.line.collecting_store_id
            ],
            "delivered": offers.for_delivery(wanted, at=at) is not None,
            "by": offers.day_after(at, shortages.DELIVERY_DAYS),
            "problem": problem,
            "typed": request.POST,
            "refund_minor": found.line.total_minor * found.quantity // found.line.quantity,
        }
    return private(render(request, "storefront/shortage.html", context, status=status))

"""The picking list: oldest promise first, by article or by order, for one hand (UX K5 to K9)."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from catalog.selectors import by_code
from inventory.models import StockLocation
from omnishop.channels.till import scope
from omnishop.channels.till.access import Desk, at_till
from omnishop.channels.till.answer import cleaned, show
from omnishop.channels.till.forms.picking import (
    AgainForm,
    NotFoundForm,
    PickForm,
    ShipForm,
    carriers,
)
from omnishop.channels.till.forms.pickup import ReadyForm
from omnishop.channels.till.jobs import by_article, jobs
from omnishop.kernel.errors import NotFound, Refusal
from orders.models import Fulfilment, Order, Shortage
from orders.services import parcels, picking, pickup

SENT, LEFT = 50, timedelta(days=14)  # parcels shown, and for how long
VIEWS = ("article", "order", "sent")


def picking_page(
    request: HttpRequest,
    desk: Desk,
    *,
    at: datetime,
    refusal: Refusal | None = None,
    said: str = "",
) -> HttpResponse:
    """The list as it stands: the list alone for htmx, the whole page otherwise."""
    asked = request.POST if request.method == "POST" else request.GET
    places = list(scope.places(desk))
    place = asked.get("place", "")
    place = place if place in {one.code for one in places} else ""
    rows = jobs(desk, at=at, place=place)
    by = asked.get("by", "")
    away = scope.sent(desk, at - LEFT)
    sending = any(one.fulfilment.kind == Fulfilment.Kind.SHIPMENT for one in rows)
    context = {
        "rows": rows,
        "articles": by_article(rows),
        "by": by if by in VIEWS else "article",
        "places": places,
        "place": place,
        "sent": list((away.filter(location__code=place) if place else away)[:SENT]),
        "elsewhere": _senders() if sending else [],
        "carriers": carriers() if sending else [],
        "said": said,
        "now": at,
        "count": len(rows),
    }
    return show(
        request,
        desk,
        "picking",
        context,
        section="picking",
        partial=request.headers.get("HX-Target") == "picking",
        refusal=refusal,
    )


def _senders() -> list[StockLocation]:
    """Places that send parcels, for whoever has one sent from elsewhere."""
    return list(StockLocation.objects.filter(active=True, ships=True))


@require_safe
@at_till
def queue(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What is to be fetched."""
    return picking_page(request, desk, at=timezone.now())


def _do(request: HttpRequest, desk: Desk, work: Callable[[], str]) -> HttpResponse:
    at = timezone.now()
    try:
        said = work()
    except Refusal as refusal:
        return picking_page(request, desk, at=at, refusal=refusal)
    if request.headers.get("HX-Target") == "picking":
        return picking_page(request, desk, at=at, said=said)
    by, place = request.POST.get("by", ""), request.POST.get("place", "")
    return redirect(f"{reverse('till:picking')}?by={by}&place={place}")


@require_POST
@at_till
def scan(request: HttpRequest, desk: Desk) -> HttpResponse:
    """A scanned unit goes to the order promised first; a wrong one names what is expected.

    What somebody else prepares, or what still has to come, is passed over.
    """

    def work() -> str:
        data = cleaned(PickForm(request.POST))
        code = data["code"]
        found = jobs(desk, at=timezone.now(), place=request.POST.get("place", ""))
        found = [job for job in found if job.free] or found
        if not found:
            raise NotFound(_("There is nothing to pick."))
        variant = by_code(code)
        wanted = [
            (job, item)
            for job in found
            for item in job.items
            if variant and item.line.line.variant_id == variant.pk and item.open
        ]
        wanted.sort(key=lambda one: not one[1].left)
        job, sku = next(((job, item.line.line.sku) for job, item in wanted), (found[0], code))
        line = picking.pick(
            fulfilment_id=job.fulfilment.pk, code=sku, actor=desk.actor, at=timezone.now()
        )
        return _("%(name)s for %(order)s: %(picked)s of %(units)s") % {
            "name": line.line.name,
            "order": job.fulfilment.order.number,
            "picked": line.picked,
            "units": line.quantity - line.missing,
        }

    return _do(request, desk, work)


@require_POST
@at_till
def take(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """Have it for a quarter of an hour; nobody else picks it meanwhile (UX K8)."""
    get_object_or_404(scope.to_prepare(desk), pk=pk)

    def work() -> str:
        done = picking.claim(fulfilment_id=pk, actor=desk.actor, at=timezone.now())
        return _("%(order)s is yours for 15 minutes.") % {"order": done.order.number}

    return _do(request, desk, work)


@require_POST
@at_till
def leave(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """Give it back to the list."""
    one = get_object_or_404(scope.to_prepare(desk), pk=pk)

    def work() -> str:
        picking.unclaim(fulfilment_id=pk, actor=desk.actor, at=timezone.now())
        return _("%(order)s is back on the list.") % {"order": one.order.number}

    return _do(request, desk, work)


@require_POST
@at_till
def everything(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """Everything of one order was found."""
    get_object_or_404(scope.to_prepare(desk), pk=pk)

    def work() -> str:
        picking.pick_all(fulfilment_id=pk, actor=desk.actor, at=timezone.now())
        return _("Everything found.")

    return _do(request, desk, work)


def _asked(order: Order) -> int:
    """Units about which the shopper is asked."""
    questions = Shortage.objects.open().filter(order=order)
    return int(questions.aggregate(units=Sum("quantity", default=0))["units"])


@require_POST
@at_till
def not_found(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """Units are not on the shelf: from elsewhere, else the shopper chooses; the rest goes on
    (UX K7).
    """
    one = get_object_or_404(scope.to_prepare(desk), pk=pk)

    def work() -> str:
        data = cleaned(NotFoundForm(request.POST))
        asked, taken_off = _asked(one.order), one.order.returns.count()
        picking.not_found(fulfilment_id=pk, actor=desk.actor, at=timezone.now(), **data)
        if _asked(one.order) > asked:
            return _("Reported not found. The customer is told and chooses what becomes of it.")
        if one.order.returns.count() > taken_off:
            return _("Reported not found. It is taken off the order, the customer is told.")
        return _("Reported not found. It comes from elsewhere, nothing to say to the customer.")

    return _do(request, desk, work)


@require_POST
@at_till
def ready(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """The order waits at the desk, on a shelf if one is named."""
    get_object_or_404(scope.prepared(desk), pk=pk)

    def work() -> str:
        data = cleaned(ReadyForm(request.POST))
        done = pickup.ready(fulfilment_id=pk, actor=desk.actor, at=timezone.now(), **data)
        return _("%(order)s is ready. The customer is told.") % {"order": done.order.number}

    return _do(request, desk, work)


@require_POST
@at_till
def ship(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """The parcel leaves with its carrier and tracking number."""
    get_object_or_404(scope.prepared(desk), pk=pk)

    def work() -> str:
        data = cleaned(ShipForm(request.POST))
        sent = parcels.ship(fulfilment_id=pk, actor=desk.actor, at=timezone.now(), **data)
        return _("%(order)s is on its way. The customer is told.") % {"order": sent.order.number}

    return _do(request, desk, work)


@require_POST
@at_till
def again(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """Have a parcel sent from another place."""
    one = get_object_or_404(scope.prepared(desk), pk=pk)

    def work() -> str:
        data = cleaned(AgainForm(request.POST))
        place = data["place"]
        moved = parcels.source_again(
            fulfilment_id=pk, location_id=place, actor=desk.actor, at=timezone.now()
        )
        if not moved and place:
            raise Refusal(_("That place does not have all of it. The parcel stays here."))
        if not moved:
            raise Refusal(_("No other place has all of it. The parcel stays here."))
        now = one.order.fulfilments.open().filter(kind=Fulfilment.Kind.SHIPMENT)
        where = now.exclude(pk=pk).select_related("location")
        return _("%(order)s is now sent from: %(places)s.") % {
            "order": one.order.number,
            "places": ", ".join(sorted({parcel.location.name for parcel in where})),
        }

    return _do(request, desk, work)


@require_POST
@at_till
def delivered(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """The carrier brought it."""
    one = get_object_or_404(scope.prepared(desk).filter(kind=Fulfilment.Kind.SHIPMENT), pk=pk)

    def work() -> str:
        parcels.delivered(fulfilment_id=pk, actor=desk.actor, at=timezone.now())
        return _("%(order)s is delivered.") % {"order": one.order.number}

    return _do(request, desk, work)

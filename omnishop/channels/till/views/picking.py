"""The picking list: oldest promise first, by article or by order, for one hand (UX K5 to K9)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from catalog.selectors import by_code
from omnishop.channels.till import scope
from omnishop.channels.till.access import Desk, at_till
from omnishop.channels.till.answer import first_error, show
from omnishop.channels.till.forms import NotFoundForm, PickForm, ShipForm
from omnishop.channels.till.views.pickup import Waiting, waiting
from omnishop.kernel.errors import Invalid, NotFound, Refusal
from orders.models import Fulfilment, FulfilmentLine, OrderLine
from orders.services import pickup


@dataclass(slots=True)
class Article:
    """Units of one article to fetch, for how many orders, and by when the first is due."""

    line: OrderLine
    row: Waiting
    units: int = 0
    orders: int = 0


def left(item: FulfilmentLine) -> int:
    """Units of it that are neither picked nor reported not found."""
    return item.quantity - item.picked - item.missing


def _work(desk: Desk, place: str) -> list[Fulfilment]:
    found = scope.to_prepare(desk).prefetch_related("lines__line__variant")
    return list(found.filter(location__code=place) if place else found)


def _by_article(rows: list[Waiting]) -> list[Article]:
    articles: dict[str, Article] = {}
    for row in rows:
        for item in row.fulfilment.lines.all():
            if units := left(item):
                article = articles.setdefault(item.line.sku, Article(item.line, row))
                article.units += units
                article.orders += 1
    return list(articles.values())


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
    rows = [waiting(one, at) for one in _work(desk, place)]
    by = "order" if asked.get("by") == "order" else "article"
    context = {
        "rows": rows,
        "articles": _by_article(rows),
        "by": by,
        "places": places,
        "place": place,
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


@require_safe
@at_till
def picking(request: HttpRequest, desk: Desk) -> HttpResponse:
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
    """A scanned unit goes to the order promised first; a wrong one names what is expected."""

    def work() -> str:
        form = PickForm(request.POST)
        if not form.is_valid():
            raise first_error(form)
        code = form.cleaned_data["code"]
        jobs = _work(desk, request.POST.get("place", ""))
        if not jobs:
            raise NotFound(_("There is nothing to pick."))
        variant = by_code(code)
        wanted = (
            (one, item)
            for one in jobs
            for item in one.lines.all()
            if variant and item.line.variant_id == variant.pk and left(item)
        )
        job, sku = next(((one, item.line.sku) for one, item in wanted), (jobs[0], code))
        item = pickup.pick(fulfilment_id=job.pk, code=sku, actor=desk.actor, at=timezone.now())
        return _("%(name)s for %(order)s: %(picked)s of %(units)s") % {
            "name": item.line.name,
            "order": job.order.number,
            "picked": item.picked,
            "units": item.quantity - item.missing,
        }

    return _do(request, desk, work)


@require_POST
@at_till
def everything(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """Everything of one order was found."""
    get_object_or_404(scope.to_prepare(desk), pk=pk)

    def work() -> str:
        pickup.pick_all(fulfilment_id=pk, actor=desk.actor, at=timezone.now())
        return _("Everything found.")

    return _do(request, desk, work)


@require_POST
@at_till
def not_found(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """Units are not on the shelf: the shopper is told and refunded, the rest goes on (UX K7)."""
    get_object_or_404(scope.to_prepare(desk), pk=pk)

    def work() -> str:
        form = NotFoundForm(request.POST)
        if not form.is_valid():
            raise Invalid(first_error(form).message)
        pickup.not_found(fulfilment_id=pk, actor=desk.actor, at=timezone.now(), **form.cleaned_data)
        return _("Reported not found. The customer is told and refunded.")

    return _do(request, desk, work)


@require_POST
@at_till
def ready(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """The order waits at the desk."""
    get_object_or_404(scope.prepared(desk), pk=pk)

    def work() -> str:
        done = pickup.ready(fulfilment_id=pk, actor=desk.actor, at=timezone.now())
        return _("%(order)s is ready. The customer is told.") % {"order": done.order.number}

    return _do(request, desk, work)


@require_POST
@at_till
def ship(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """The parcel leaves with its tracking number."""
    get_object_or_404(scope.prepared(desk), pk=pk)

    def work() -> str:
        form = ShipForm(request.POST)
        if not form.is_valid():
            raise first_error(form)
        sent = pickup.ship(
            fulfilment_id=pk,
            tracking=form.cleaned_data["tracking"],
            actor=desk.actor,
            at=timezone.now(),
        )
        return _("%(order)s is on its way. The customer is told.") % {"order": sent.order.number}

    return _do(request, desk, work)

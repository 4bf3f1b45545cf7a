"""Goods between places: send what is asked for, receive what comes, ask for what lacks."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from catalog.models import Variant
from catalog.selectors import by_code
from inventory import transfers as reads
from inventory.availability import stock
from inventory.models import Transfer
from inventory.selectors import store_location
from inventory.services import transfers
from omnishop.channels.till import scope
from omnishop.channels.till.access import Desk, at_till
from omnishop.channels.till.answer import cleaned, show, typed
from omnishop.channels.till.forms.stock import AskPlaceForm, UnitsForm
from omnishop.kernel.errors import Invalid, NotFound, Refusal
from omnishop.kernel.idempotency import once
from orders.models.basket import MAX_QUANTITY

Status = Transfer.Status
MOST_ARTICLES = 60  # in one request


def transfer_staff(
    view: Callable[Concatenate[HttpRequest, Desk, ...], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Let in who may send and receive here."""

    @at_till
    @wraps(view)
    def checked(request: HttpRequest, desk: Desk, *args: Any, **kwargs: Any) -> HttpResponse:
        if not desk.user.has_perm("inventory.change_transfer"):
            raise PermissionDenied
        return view(request, desk, *args, **kwargs)

    return checked


@require_safe
@transfer_staff
def index(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What this shop must send, what is on its way here, what was asked for or has left."""
    here = {place.pk for place in scope.places(desk)}
    at = timezone.now()
    rows = reads.with_units(scope.transfers(desk)).filter(
        status__in=[Status.REQUESTED, Status.SENT]
    )
    found = list(rows.order_by("expected_at", "pk"))
    asked = [one for one in found if one.status == Status.REQUESTED]
    gone = [one for one in found if one.status == Status.SENT]
    return show(
        request,
        desk,
        "transfers",
        {
            "now": at,
            "to_send": [one for one in asked if one.source_id in here],
            "coming": [one for one in gone if one.destination_id in here],
            "asked": [one for one in asked if one.source_id not in here],
            "left": [one for one in gone if one.destination_id not in here],
            "may_ask": desk.user.has_perm("inventory.add_transfer"),
        },
        section="transfers",
    )


def _page(
    request: HttpRequest,
    desk: Desk,
    pk: int,
    *,
    units: dict[int, int] | None = None,
    confirm: bool = False,
    refusal: Refusal | None = None,
) -> HttpResponse:
    transfer = get_object_or_404(scope.transfers(desk), pk=pk)
    doing = _doing(desk, transfer)
    lines = list(reads.lines_to_walk(transfer))
    rows = [
        {
            "line": line,
            "name": f"units-{line.position}",
            "most": (most := line.quantity if doing == "send" else line.sent),
            "found": (found := (units or {}).get(line.position, 0)),
            "lacking": most - found,
            "lost": line.sent - line.received,
            "not_sent": line.quantity - line.sent,
        }
        for line in lines
        if doing != "receive" or line.sent
    ]
    return show(
        request,
        desk,
        "transfer",
        {
            "transfer": transfer,
            "doing": doing,
            "rows": rows,
            "confirm": confirm,
            "lacking": sum(row["lacking"] for row in rows),
            "now": timezone.now(),
        },
        section="transfers",
        partial=request.headers.get("HX-Target") == "transfer",
        refusal=refusal,
    )


def _doing(desk: Desk, transfer: Transfer) -> str:
    """What is to be done with it here: send, receive, or nothing."""
    here = {place.pk for place in scope.places(desk)}
    if transfer.status == Status.REQUESTED and transfer.source_id in here:
        return "send"
    if transfer.status == Status.SENT and transfer.destination_id in here:
        return "receive"
    return ""


@require_safe
@transfer_staff
def transfer(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """One transfer: its lines by shelf, and what is to be done here."""
    return _page(request, desk, pk)


def _handle(
    request: HttpRequest, desk: Desk, pk: int, doing: str, work: Callable[..., Transfer]
) -> HttpResponse:
    """Send or receive what was scanned; fewer than expected is asked about first."""
    one = get_object_or_404(scope.transfers(desk), pk=pk)
    place = one.source_id if doing == "send" else one.destination_id
    if place not in {found.pk for found in scope.places(desk)}:
        return _page(request, desk, pk, refusal=NotFound(_("This is done at the other place.")))
    most = {
        line.position: line.quantity if doing == "send" else line.sent
        for line in one.lines.all()
        if doing == "send" or line.sent
    }
    form = UnitsForm(request.POST, most=most)
    units: dict[int, int] = {}
    try:
        if _doing(desk, one) == doing:
            cleaned(form)
            units = form.units
            if units != most and not request.POST.get("confirmed"):
                return _page(request, desk, pk, units=units, confirm=True)
        done = work(transfer_id=pk, units=units, at=timezone.now(), actor=desk.actor)
    except Refusal as refusal:
        return _page(request, desk, pk, units=units, refusal=refusal)
    messages.success(request, _said(done))
    address = reverse("till:transfer", args=[pk])
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(address)
    return redirect(address)


def _said(done: Transfer) -> str:
    """What was done, in words."""
    rows = done.lines.values_list("sent", "received")
    sent, received = sum(row[0] for row in rows), sum(row[1] for row in rows)
    if done.status == Status.CANCELLED:
        return _("%(number)s: nothing was found, nothing leaves.") % {"number": done.number}
    if done.status == Status.SENT:
        words = ngettext(
            "%(number)s has left with %(n)s unit.", "%(number)s has left with %(n)s units.", sent
        )
        return words % {"number": done.number, "n": sent}
    if received == sent:
        return _("%(number)s is received: everything has come.") % {"number": done.number}
    words = ngettext(
        "%(number)s is received: %(n)s unit of %(of)s has not come.",
        "%(number)s is received: %(n)s units of %(of)s have not come.",
        sent - received,
    )
    return words % {"number": done.number, "n": sent - received, "of": sent}


@require_POST
@transfer_staff
def send(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """The goods leave."""
    return _handle(request, desk, pk, "send", transfers.send)


@require_POST
@transfer_staff
def receive(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """The goods have come."""
    return _handle(request, desk, pk, "receive", transfers.receive)


@require_POST
@transfer_staff
def cancel(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """Either place calls off what has not left; an order's goods are found elsewhere."""
    get_object_or_404(scope.transfers(desk), pk=pk)
    try:
        done = transfers.cancel(transfer_id=pk, at=timezone.now(), actor=desk.actor)
    except Refusal as refusal:
        return _page(request, desk, pk, refusal=refusal)
    said = _("%(number)s is called off: the goods stay where they are.") % {"number": done.number}
    return _to_list(request, said)


def _to_list(request: HttpRequest, said: str) -> HttpResponse:
    messages.success(request, said)
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(reverse("till:transfers"))
    return redirect("till:transfers")


# --- Ask another place --------------------------------------------------------------------------


def _wanted(request: HttpRequest) -> dict[int, int]:
    """Article → units, as the form holds them: `units-12=3`; 0 takes it off."""
    wanted = {}
    for name, value in request.POST.items():
        pk, text = name.removeprefix("units-"), str(value).strip()
        if name.startswith("units-") and pk.isdecimal() and len(pk) < 10:
            if not text.isdecimal() or len(text) > 3 or int(text) > MAX_QUANTITY:
                raise Invalid(_("Choose a quantity from 1 to 999."))
            if int(text):
                wanted[int(pk)] = int(text)
    return wanted


def _ask_page(
    request: HttpRequest,
    desk: Desk,
    *,
    wanted: dict[int, int] | None = None,
    said: str = "",
    refusal: Refusal | None = None,
) -> HttpResponse:
    at = timezone.now()
    places = list(reads.suppliers([place.pk for place in scope.places(desk)]))
    data = request.POST if request.method == "POST" else None
    form = AskPlaceForm(data, places=places, initial={"key": uuid.uuid4().hex})
    chosen = str(form["source"].value() or (places[0].pk if places else ""))
    source = next((place for place in places if str(place.pk) == chosen), None)
    wanted = wanted or {}
    free = stock(wanted, at=at, online=False).free if wanted else {}
    articles = (
        Variant.objects.filter(pk__in=wanted)
        .select_related("product")
        .prefetch_related("options__attribute")
    )
    rows = [
        {
            "variant": article,
            "name": f"units-{article.pk}",
            "units": wanted[article.pk],
            "there": free.get(article.pk, {}).get(source.pk, 0) if source else 0,
        }
        for article in sorted(articles, key=lambda one: list(wanted).index(one.pk))
    ]
    return show(
        request,
        desk,
        "transfer_ask",
        {
            "form": form,
            "source": source,
            "by": reads.arrives_at(source, desk.store, at=at) if source else None,
            "rows": rows,
            "said": said,
        },
        section="transfers",
        partial=request.headers.get("HX-Target") == "ask",
        refusal=refusal,
    )


def _may_ask(desk: Desk) -> None:
    if not desk.user.has_perm("inventory.add_transfer"):
        raise PermissionDenied


@require_safe
@transfer_staff
def ask(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Choose a place and scan what it should send."""
    _may_ask(desk)
    return _ask_page(request, desk)


@require_POST
@transfer_staff
def ask_scan(request: HttpRequest, desk: Desk) -> HttpResponse:
    """One unit more of the article scanned; without a code the page as it stands."""
    _may_ask(desk)
    wanted: dict[int, int] = {}
    try:
        wanted = _wanted(request)
        code = typed(request.POST, "code", 80)
        if not code:
            return _ask_page(request, desk, wanted=wanted)
        variant = by_code(code)
        if variant is None:
            raise NotFound(_("No article has the code %(code)s.") % {"code": code[:40]})
        if len(wanted) >= MOST_ARTICLES and variant.pk not in wanted:
            raise Invalid(_("That is a long list already: send it and begin another."))
        wanted[variant.pk] = min(wanted.get(variant.pk, 0) + 1, MAX_QUANTITY)
    except Refusal as refusal:
        return _ask_page(request, desk, wanted=wanted, refusal=refusal)
    said = f"{variant.sku} × {wanted[variant.pk]}"
    return _ask_page(request, desk, wanted=wanted, said=said)


@require_POST
@transfer_staff
def ask_send(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Ask the place for it; the same form twice asks once."""
    _may_ask(desk)
    wanted: dict[int, int] = {}
    places = list(reads.suppliers([place.pk for place in scope.places(desk)]))
    form = AskPlaceForm(request.POST, places=places)
    try:
        wanted = _wanted(request)
        data = cleaned(form)
        source = next(one for one in places if one.pk == data["source"])
        at = timezone.now()

        def work() -> dict[str, Any]:
            asked = transfers.request(
                [transfers.Ask(pk, units) for pk, units in wanted.items()],
                source_id=source.pk,
                destination_id=store_location(desk.store.pk),
                expected_at=reads.arrives_at(source, desk.store, at=at),
                reason=Transfer.Reason.SHOP,
                at=at,
                actor=desk.actor,
            )
            return {"transfer": asked.pk, "number": asked.number}

        done = once(
            actor=desk.actor,
            key=f"transfer:{data['key']}",
            body={"source": source.pk, "wanted": sorted(wanted.items())},
            work=work,
        )
    except Refusal as refusal:
        return _ask_page(request, desk, wanted=wanted, refusal=refusal)
    said = _("%(number)s: %(place)s is asked.") % {"number": done["number"], "place": source.name}
    return _to_list(request, said)

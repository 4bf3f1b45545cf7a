"""Counting by scanner, on a phone, in one hand, blind, while the shop sells (issue 3)."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from inventory import counts as reads
from inventory.models import CountLine, StockCount
from inventory.services import counts
from omnishop.channels.till import scope
from omnishop.channels.till.access import Desk, at_till
from omnishop.channels.till.answer import cleaned, first_error, show
from omnishop.channels.till.forms.stock import BeginCountForm, CountScanForm, CountUndoForm
from omnishop.kernel.errors import Refusal
from omnishop.kernel.idempotency import once

NEXT, DONE = 40, 10  # articles shown: still to count, counted last
BEGIN = "inventory.add_stockcount"
FULL = "inventory.change_stocklevel"  # who approves says when a whole shop is counted


@dataclass(frozen=True, slots=True)
class Last:
    """What the last scan did, to be shown large and taken back."""

    line: CountLine
    added: int
    joined: bool


def counting_staff(
    view: Callable[Concatenate[HttpRequest, Desk, ...], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Let in who may count here."""

    @at_till
    @wraps(view)
    def checked(request: HttpRequest, desk: Desk, *args: Any, **kwargs: Any) -> HttpResponse:
        if not desk.user.has_perm("inventory.change_stockcount"):
            raise PermissionDenied
        return view(request, desk, *args, **kwargs)

    return checked


def _lists(
    request: HttpRequest, desk: Desk, *, refusal: Refusal | None = None, form: Any = None
) -> HttpResponse:
    rows = reads.with_progress(scope.counts(desk)).select_related("location", "category")
    found = list(rows.order_by("-pk"))
    return show(
        request,
        desk,
        "counts",
        {
            "counting": [one for one in found if one.status == StockCount.Status.COUNTING],
            "submitted": [one for one in found if one.status == StockCount.Status.SUBMITTED],
            "form": form or _begin_form(desk, None),
            "may_begin": desk.user.has_perm(BEGIN),
        },
        section="counting",
        refusal=refusal,
    )


def _begin_form(desk: Desk, data: Any) -> BeginCountForm:
    return BeginCountForm(
        data,
        places=list(scope.places(desk)),
        full=desk.user.has_perm(FULL),
        initial={"key": uuid.uuid4().hex},
    )


@require_safe
@counting_staff
def index(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Counts under way here, and those that wait for a manager."""
    return _lists(request, desk)


@require_POST
@counting_staff
def begin(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Open a count; the same form twice opens one."""
    if not desk.user.has_perm(BEGIN):
        raise PermissionDenied
    form = _begin_form(desk, request.POST)
    if not form.is_valid():
        return _lists(request, desk, refusal=first_error(form), form=form)
    data = form.cleaned_data
    asked = {
        "location_id": data["place"],
        "kind": data["kind"],
        "category_id": data["category"].pk if data["category"] else None,
        "articles": data["articles"] or counts.ROLLING,
    }

    def work() -> dict[str, Any]:
        return {"count": counts.begin(**asked, at=timezone.now(), actor=desk.actor).pk}

    try:
        done = once(actor=desk.actor, key=f"count:{data['key']}", body=asked, work=work)
    except Refusal as refusal:
        return _lists(request, desk, refusal=refusal, form=form)
    return redirect("till:count", done["count"])


def _page(
    request: HttpRequest,
    desk: Desk,
    pk: int,
    *,
    last: Last | None = None,
    refusal: Refusal | None = None,
    said: str = "",
) -> HttpResponse:
    count = get_object_or_404(
        reads.with_progress(scope.counts(desk).select_related("location", "category")), pk=pk
    )
    left = reads.left_to_count(count)
    return show(
        request,
        desk,
        "count",
        {
            "count": count,
            "open": count.status == StockCount.Status.COUNTING,
            "left": list(left[:NEXT]),
            "done": list(reads.counted_last(count)[:DONE]),
            "last": last,
            "said": said,
            "key": uuid.uuid4().hex,
        },
        section="counting",
        partial=request.headers.get("HX-Target") == "count",
        refusal=refusal,
    )


@require_safe
@counting_staff
def count(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """Scan, see what was counted and what is still to count; never what the book says."""
    return _page(request, desk, pk)


@require_POST
@counting_staff
def scan(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """One unit more, or the figure typed for the article; the same request twice counts once."""
    get_object_or_404(scope.counts(desk), pk=pk)
    form = CountScanForm(request.POST)
    if not form.is_valid():
        return _page(request, desk, pk, refusal=first_error(form))
    code, counted = form.cleaned_data["code"], form.cleaned_data["counted"]

    def work() -> dict[str, Any]:
        done = counts.scan(
            count_id=pk, code=code, counted=counted, at=timezone.now(), actor=desk.actor
        )
        return {"line": done.line.pk, "added": done.added, "joined": done.joined}

    try:
        done = once(
            actor=desk.actor,
            key=f"scan:{form.cleaned_data['key'] or uuid.uuid4().hex}:{code}"[:80],
            body={"count": pk, "code": code, "counted": counted},
            work=work,
        )
    except Refusal as refusal:
        return _page(request, desk, pk, refusal=refusal)
    line = (
        CountLine.objects.select_related("variant__product")
        .prefetch_related("variant__options__attribute")
        .get(pk=done["line"])
    )
    return _page(request, desk, pk, last=Last(line, done["added"], done["joined"]))


@require_POST
@counting_staff
def undo(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """Take the last scan back."""
    get_object_or_404(scope.counts(desk), pk=pk)
    form = CountUndoForm(request.POST)
    try:
        line = counts.undo(count_id=pk, at=timezone.now(), actor=desk.actor, **cleaned(form))
    except Refusal as refusal:
        return _page(request, desk, pk, refusal=refusal)
    name = line.variant.product.name
    if line.counted is None:
        said = _("%(name)s: taken back, still to count.") % {"name": name}
    else:
        said = ngettext(
            "%(name)s: taken back, %(n)s counted.",
            "%(name)s: taken back, %(n)s counted.",
            line.counted,
        ) % {"name": name, "n": line.counted}
    return _page(request, desk, pk, said=said)


@require_POST
@counting_staff
def submit(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """Hand the count in; in a full count the rest is none only when the box is ticked."""
    get_object_or_404(scope.counts(desk), pk=pk)
    try:
        counts.submit(
            count_id=pk,
            rest_is_zero=bool(request.POST.get("rest_is_zero")),
            at=timezone.now(),
            actor=desk.actor,
        )
    except Refusal as refusal:
        return _page(request, desk, pk, refusal=refusal)
    return redirect("till:count", pk)

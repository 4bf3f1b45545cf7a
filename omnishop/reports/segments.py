"""Segments: made of rules with a live count, kept, frozen, handed to a group, taken out."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from omnishop.kernel.errors import Refusal
from omnishop.network.selectors import names, sees_all_stores
from omnishop.reports import exports, segment_choices, segment_editor
from omnishop.reports.segment_editor import Draft
from omnishop.reports.views import View, for_staff
from orders.models import Segment, SegmentExport, SegmentSnapshot
from orders.segments.conditions import MARKETING
from orders.segments.rules import EVERYBODY, WrongRule, read
from orders.services import segment_exports, segments


def allowed(permission: str) -> Callable[[View], View]:
    """Staff of every store who have the permission: a segment is over the whole network (F-26)."""

    def guard(view: View) -> View:
        @never_cache
        @for_staff
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            user: Any = request.user
            if not sees_all_stores(user) or not user.has_perm(f"orders.{permission}"):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return guard


class NameForm(forms.Form):
    """What a segment is called."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=segments.LONGEST_NAME)
    description = forms.CharField(label=gettext_lazy("What for"), max_length=240, required=False)


class ExportForm(forms.Form):
    """What is taken out, and why."""

    purpose = forms.ChoiceField(
        label=gettext_lazy("Contents"), choices=segment_exports.Purpose.choices
    )
    reason = forms.CharField(
        label=gettext_lazy("What for"),
        max_length=200,
        help_text=gettext_lazy("Kept with your name and the date."),
    )


@require_GET
@allowed("view_segment")
def index(request: HttpRequest) -> HttpResponse:
    """Every segment, live and frozen, and what was taken out of the house."""
    taken = list(SegmentExport.objects.all()[:20])
    known = names(one.by for one in taken)
    return render(
        request,
        "reports/segments/index.html",
        {
            "segments": Segment.objects.select_related("group"),
            "snapshots": SegmentSnapshot.objects.select_related("segment")[:50],
            "exports": [(one, known.get(one.by, one.by)) for one in taken],
            "section": "segments",
        },
    )


def _sheet(
    request: HttpRequest,
    draft: Draft,
    form: NameForm,
    segment: Segment | None,
    *,
    export: ExportForm | None = None,
    template: str = "reports/segments/edit.html",
    status: int = 200,
) -> HttpResponse:
    counted = _counted(draft)
    return render(
        request,
        template,
        {
            "segment": segment,
            "snapshots": segment.snapshots.all()[:20] if segment else [],
            "form": form,
            "export": export or ExportForm(),
            "root": segment_editor.shown(draft, segment_choices.sources(draft)),
            "kinds": segment_editor.kinds(),
            "section": "segments",
            **counted,
        },
        status=status,
    )


def _counted(draft: Draft) -> dict[str, Any]:
    """The count and some of the people, or what is still missing."""
    at = timezone.now()
    try:
        found = segments.count(draft.data(), at=at)
        people = segments.sample(draft.data(), at=at)
    except WrongRule as wrong:
        return {"wrong": str(wrong), "now": at}
    reach = [(label, found.reachable[str(code)]) for code, label in MARKETING]
    return {
        "people": found.people,
        "profiled": found.profiled,
        "reach": reach,
        "sample": people,
        "now": at,
    }


def _draft_of(request: HttpRequest, segment: Segment | None) -> Draft:
    if request.method == "POST":
        return segment_editor.from_form(request.POST)
    if segment:
        return segment_editor.root_of(read(segment.rules))
    try:
        asked = json.loads(request.GET.get("rules", "null"))
        return segment_editor.root_of(read(asked or EVERYBODY))
    except (ValueError, RecursionError, Refusal):
        return Draft()


def _found(pk: int) -> Segment:
    segment = Segment.objects.select_related("group").filter(pk=pk).first()
    if segment is None:
        raise Http404
    return segment


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("view_segment")
def edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The rules with their live count. Each button sends the whole form; "save" keeps it."""
    segment = _found(pk) if pk else None
    draft = _draft_of(request, segment)
    order = request.POST.get("do", "")
    if order != "save":
        segment_editor.change(draft, order)
        given = request.POST if request.method == "POST" else None
        start = {"name": segment.name, "description": segment.description} if segment else {}
        if given is not None:
            start = {key: given.get(key, "") for key in ("name", "description")}
        part = getattr(request, "htmx", False) and request.headers.get("HX-Target") == "rules"
        template = "reports/segments/_rules.html" if part else "reports/segments/edit.html"
        return _sheet(request, draft, NameForm(initial=start), segment, template=template)
    if not request.user.has_perm("orders.change_segment"):
        raise PermissionDenied
    form = NameForm(request.POST)
    if form.is_valid():
        try:
            kept = segments.save(
                segment_id=pk,
                rules=draft.data(),
                by=f"user:{request.user.pk}",
                at=timezone.now(),
                **form.cleaned_data,
            )
        except Refusal as refusal:
            field = "name" if isinstance(refusal, segments.NameTaken) else None
            form.add_error(field, str(refusal))
        else:
            messages.success(request, _("The segment is kept."))
            return HttpResponseRedirect(reverse("reports:segment", args=[kept.pk]))
    return _sheet(request, draft, form, segment, status=422)


@require_POST
@allowed("view_segment")
def count(request: HttpRequest) -> HttpResponse:
    """The count of the rules in the form, while they are edited."""
    counted = _counted(segment_editor.from_form(request.POST))
    status = 422 if "wrong" in counted else 200
    return render(request, "reports/segments/_count.html", counted, status=status)


@require_GET
@allowed("view_segment")
def size(request: HttpRequest, pk: int) -> HttpResponse:
    """How many people a segment has now, for the list."""
    segment = _found(pk)
    found = segments.count(segment.rules, at=timezone.now())
    return render(request, "reports/segments/_size.html", {"people": found.people})


@require_POST
@allowed("change_segment")
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Duplicate, freeze, fill a group, remove."""
    at, by = timezone.now(), f"user:{request.user.pk}"
    what = request.POST.get("do", "")
    to = reverse("reports:segment", args=[pk])
    try:
        if what == "duplicate":
            copy = segments.duplicate(segment_id=pk, by=by, at=at)
            messages.success(request, _("This is the copy. Give it a name of its own."))
            to = reverse("reports:segment", args=[copy.pk])
        elif what == "freeze":
            snapshot = segments.freeze(segment_id=pk, by=by, at=at)
            words = _("Frozen with %(size)s people: nobody joins or leaves this list.")
            messages.success(request, words % {"size": snapshot.size})
        elif what == "fill":
            group = segments.link_group(segment_id=pk, at=at)
            words = _("The group %(code)s is kept equal to the segment every hour.")
            messages.success(request, words % {"code": group.code})
        elif what == "remove":
            segments.remove(segment_id=pk)
            messages.success(request, _("The segment is gone."))
            to = reverse("reports:segments")
        else:
            raise Http404
    except Refusal as refusal:
        if refusal.status == 404:
            raise Http404 from refusal
        messages.error(request, str(refusal))
    return HttpResponseRedirect(to)


@require_POST
@allowed("export_segment")
def export(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The people as a spreadsheet, once it is written down who takes them, and why (F-24)."""
    segment = _found(pk)
    form = ExportForm(request.POST)
    snapshot = request.POST.get("snapshot", "")
    if not form.is_valid():
        draft = segment_editor.root_of(read(segment.rules))
        start = {"name": segment.name, "description": segment.description}
        return _sheet(request, draft, NameForm(initial=start), segment, export=form, status=422)
    try:
        taken = segment_exports.take(
            segment_id=pk,
            snapshot_id=int(snapshot) if snapshot.isdecimal() and len(snapshot) < 19 else None,
            by=f"user:{request.user.pk}",
            at=timezone.now(),
            **form.cleaned_data,
        )
    except Refusal as refusal:
        raise Http404 from refusal
    return exports.table(f"{_('segment')}-{pk}-{taken.day}.csv", taken.header, taken.rows)

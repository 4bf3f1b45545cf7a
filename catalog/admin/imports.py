"""Catalogue files brought in and taken out (UX I1 to I4); the services are the command line's."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
)
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from catalog.exports.items import Left
from catalog.exports.run import WRITERS, export
from catalog.imports import uploads
from catalog.imports.formats import AUTO, FORMATS, Choices
from catalog.imports.generic import FIELDS, OPTION
from catalog.models import ImportDifference, ImportRow, ImportRun, TaxCategory
from omnishop.kernel.admin import ReadOnlyAdmin, ReadOnlyInline, actor
from omnishop.kernel.csv_tables import csv_file
from omnishop.kernel.errors import Invalid, Refusal
from omnishop.kernel.file_pages import ENCODINGS, SIGNS, progress

SHOWN = 200  # refused rows, and differences, on the page; the files have all of them


class FileForm(forms.Form):
    """A file, and what is known about it."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV, XLSX, or Saleor's JSON, up to 200 MB"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ",".join(sorted(uploads.SUFFIXES))}),
    )
    format = forms.ChoiceField(
        label=_("Comes from"),
        choices=[(AUTO, _("find out")), *((form.name, form.label) for form in FORMATS.values())],
        widget=UnfoldAdminSelectWidget,
    )
    encoding = forms.ChoiceField(
        label=_("Encoding"), choices=ENCODINGS, required=False, widget=UnfoldAdminSelectWidget
    )
    separator = forms.ChoiceField(
        label=_("Separator"), choices=SIGNS, required=False, widget=UnfoldAdminSelectWidget
    )
    channel = forms.CharField(
        label=_("Sales channel of a Saleor file"),
        required=False,
        max_length=60,
        widget=UnfoldAdminTextInputWidget,
    )
    tax_category = forms.ModelChoiceField(
        label=_("VAT of new products"),
        queryset=TaxCategory.objects.order_by("pk"),
        empty_label=None,
        to_field_name="code",
        widget=UnfoldAdminSelectWidget,
    )


class ImportRowInline(ReadOnlyInline):
    model = ImportRow
    fields = ("row", "product", "column", "value", "reason")
    show_change_link = False
    per_page = 100


class ImportDifferenceInline(ReadOnlyInline):
    model = ImportDifference
    fields = ("row", "product", "field", "before", "after")
    show_change_link = False
    per_page = 100


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    list_display = (
        *("started_at", "file_name", "format", "status", "dry_run", "rows_read", "rows_total"),
        *("created", "changed", "same", "refused"),
    )
    list_filter = ("status", "format", "dry_run")
    fields = (
        *("file_name", "format", "status", "dry_run", "started_at", "finished_at", "message"),
        *("rows_read", "rows_total", "created", "changed", "same", "refused"),
    )
    inlines = (ImportRowInline, ImportDifferenceInline)
    actions_list = ("bring", "take_out")
    actions_detail = ("follow",)

    def has_bring_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may add products may bring a file of them."""
        return request.user.has_perm("catalog.add_product")

    @action(description=_("Import a file"), url_path="bring", icon="upload", permissions=["bring"])
    def bring(self, request: HttpRequest) -> HttpResponse:
        """Choose a file; it is looked at and nothing is read in yet."""
        initial = {"format": AUTO, "tax_category": "standard"}
        form = FileForm(request.POST or None, request.FILES or None, initial=initial)
        status = 200
        if request.method == "POST":
            status = 422
            if form.is_valid():
                data = form.cleaned_data
                try:
                    run = uploads.receive(
                        data["file"],
                        name=data["file"].name,
                        choices=Choices(
                            format=data["format"],
                            encoding=data["encoding"],
                            separator=data["separator"],
                            channel=data["channel"],
                            tax_category=data["tax_category"].code,
                        ),
                        actor=actor(request),
                        at=timezone.now(),
                    )
                    return HttpResponseRedirect(_page(run))
                except Refusal as refusal:
                    form.add_error(None, str(refusal))
                    status = refusal.status
        context = self._context(title=_t("Import a file"), request=request)
        return TemplateResponse(
            request, "admin/catalog/import_new.html", context | {"form": form}, status=status
        )

    @action(description=_("Follow"), url_path="follow", icon="monitoring", permissions=["bring"])
    def follow(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        """What the file says, what would differ, how far it is; htmx asks for the last alone."""
        run: ImportRun = self.found(request, object_id)
        refusal: Refusal | None = None
        if request.method == "POST":
            try:
                return HttpResponseRedirect(_page(self._do(request, run)))
            except Refusal as error:
                refusal = error
        if request.GET.get("refused") == "csv":
            return csv_file(uploads.refused_csv(run), f"refused-{run.pk}.csv")
        partial = bool(request.headers.get("HX-Request")) and request.method == "GET"
        return TemplateResponse(
            request,
            "admin/catalog/_import_progress.html" if partial else "admin/catalog/import_run.html",
            self._context(title=run.file_name, request=request)
            | _shown(run, refusal)
            | {"partial": partial},
            status=refusal.status if refusal else 200,
        )

    def _do(self, request: HttpRequest, run: ImportRun) -> ImportRun:
        at = timezone.now()
        match request.POST.get("do"):
            case "map":
                return uploads.choose(run_id=run.pk, choices=_mapped(request, run))
            case "dry" | "start" as what:
                return uploads.start(
                    run_id=run.pk, dry_run=what == "dry", actor=actor(request), at=at
                )
            case "cancel":
                return uploads.cancel(run_id=run.pk, at=at)
        raise Invalid(_t("Nothing was chosen."))

    @action(
        description=_("Export the catalogue"),
        url_path="take-out",
        icon="download",
        permissions=["bring"],
    )
    def take_out(self, request: HttpRequest) -> HttpResponseBase:
        """Choose a format; the file is made while it is sent."""
        name = request.GET.get("format", "")
        if name:
            if name not in WRITERS:
                raise Http404
            at = timezone.now()
            return csv_file(export(name, at=at, left=Left()), f"catalogue-{name}-{at:%Y%m%d}.csv")
        context = self._context(title=_t("Export the catalogue"), request=request)
        writers = {name: writer.label for name, writer in WRITERS.items()}
        return TemplateResponse(
            request, "admin/catalog/export.html", context | {"writers": writers}
        )

    def _context(self, *, title: str, request: HttpRequest) -> dict[str, Any]:
        back = reverse("admin:catalog_importrun_changelist")
        return {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.model._meta,
            "back": back,
        }


def _page(run: ImportRun) -> str:
    return reverse("admin:catalog_importrun_follow", args=[run.pk])


def _mapped(request: HttpRequest, run: ImportRun) -> Choices:
    """The columns as the form says, for a table of no known format."""
    mapping = {}
    for place, heading in enumerate(run.found.get("header", [])):
        name = request.POST.get(f"column-{place}", "")
        if name == OPTION:
            name = f"{OPTION}{heading.removeprefix(OPTION)[:40]}"
        if name:
            mapping[heading] = name
    if not mapping:
        raise Invalid(_t("Say first which column is what."))
    saved = {**run.choices, "format": "csv", "mapping": mapping}
    return uploads.choices_of(saved)


def _shown(run: ImportRun, refusal: Refusal | None) -> dict[str, Any]:
    """What the page of a run shows."""
    return progress(run, at=timezone.now()) | {
        "refusal": str(refusal) if refusal else "",
        "label": FORMATS[run.format].label if run.format in FORMATS else run.format,
        "fields": [*FIELDS.items(), (OPTION, _("option that articles differ by"))],
        "option": OPTION,
        "generic": run.format == "csv",
        "refusals": list(run.refusals.all()[:SHOWN]),
        "differences": list(run.differences.all()[:SHOWN]),
        "notes": [(_t(text), count) for text, count in run.notes.get("counts", {}).items()],
        "unread": run.notes.get("columns", {}),
    }

"""Files of customers brought in (UX I1 to I4); the reading is the command line's."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
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

from customers.imports import files
from customers.imports.columns import HEADINGS
from customers.models import CustomerFile
from omnishop.kernel.admin import ReadOnlyAdmin, actor
from omnishop.kernel.csv_tables import csv_file
from omnishop.kernel.errors import Invalid, Refusal
from omnishop.kernel.file_pages import ENCODINGS, SIGNS, progress

SHOWN = 200  # refused rows on the page; the file has all of them
FIELDS = {
    "number": _("customer number there"), "first_name": _("first name"),
    "last_name": _("last name"), "email": _("e-mail"), "phone": _("telephone"),
    "birth_date": _("birth date"), "postcode": _("postcode"), "language": _("language"),
    "home_store": _("home store (its code)"), "card": _("loyalty card"), "points": _("points"),
    "company": _("company"), "siren": "SIREN", "marketing_email": _("offers by e-mail"),
    "marketing_sms": _("offers by SMS"), "marketing_at": _("date of the consent"),
    "marketing_source": _("source of the consent"),
}  # fmt: skip


class FileForm(forms.Form):
    """A file, and what is known about it."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or XLSX, up to 200 MB. It is deleted after 30 days."),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ",".join(sorted(files.SUFFIXES))}),
    )
    source = forms.CharField(
        label=_("System that the numbers are from"),
        help_text=_("Small letters, figures, hyphens: shopify, till-lyon. Always the same for one"
                    " system: customer 17 of two shops are two people."),
        max_length=32,
        widget=UnfoldAdminTextInputWidget,
    )  # fmt: skip
    encoding = forms.ChoiceField(
        label=_("Encoding"), choices=ENCODINGS, required=False, widget=UnfoldAdminSelectWidget
    )
    separator = forms.ChoiceField(
        label=_("Separator"), choices=SIGNS, required=False, widget=UnfoldAdminSelectWidget
    )


@admin.register(CustomerFile)
class CustomerFileAdmin(ReadOnlyAdmin):
    list_display = (
        *("started_at", "file_name", "source", "status", "dry_run", "rows_read", "rows_total"),
        *("created", "changed", "same", "refused"),
    )
    list_filter = ("status", "dry_run")
    fields = (
        *("file_name", "source", "status", "dry_run", "started_at", "finished_at", "message"),
        *("rows_read", "rows_total", "created", "changed", "same", "refused"),
    )
    actions_list = ("bring",)
    actions_detail = ("follow",)

    def has_bring_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Head office alone: a file makes people by the thousand."""
        return request.user.has_perm("customers.add_customerfile")

    @action(description=_("Import a file"), url_path="bring", icon="upload", permissions=["bring"])
    def bring(self, request: HttpRequest) -> HttpResponse:
        """Choose a file; it is looked at and nothing is read in yet."""
        form = FileForm(request.POST or None, request.FILES or None)
        status = 200
        if request.method == "POST":
            status = 422
            if form.is_valid():
                data = form.cleaned_data
                try:
                    content = data.pop("file")
                    file = files.receive(
                        content,
                        name=content.name,
                        actor=actor(request),
                        at=timezone.now(),
                        **data,
                    )
                    return HttpResponseRedirect(_page(file))
                except Refusal as refusal:
                    form.add_error(None, str(refusal))
                    status = refusal.status
        context = self._context(title=_t("Import customers"), request=request)
        return TemplateResponse(
            request, "admin/customers/file_new.html", context | {"form": form}, status=status
        )

    @action(description=_("Follow"), url_path="follow", icon="monitoring", permissions=["bring"])
    def follow(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        """What the file says, what would differ, how far it is; htmx asks for the last alone."""
        file: CustomerFile = self.found(request, object_id)
        refusal: Refusal | None = None
        if request.method == "POST":
            try:
                return HttpResponseRedirect(_page(self._do(request, file)))
            except Refusal as error:
                refusal = error
        if request.GET.get("refused") == "csv":
            return csv_file(files.refused_csv(file), f"refused-{file.pk}.csv")
        partial = bool(request.headers.get("HX-Request")) and request.method == "GET"
        return TemplateResponse(
            request,
            "admin/catalog/_import_progress.html" if partial else "admin/customers/file.html",
            self._context(title=file.file_name, request=request)
            | _shown(file, refusal)
            | {"partial": partial},
            status=refusal.status if refusal else 200,
        )

    def _do(self, request: HttpRequest, file: CustomerFile) -> CustomerFile:
        at = timezone.now()
        match request.POST.get("do"):
            case "map":
                return files.choose(file_id=file.pk, mapping=_mapped(request, file))
            case "dry" | "start" as what:
                return files.start(
                    file_id=file.pk, dry_run=what == "dry", actor=actor(request), at=at
                )
            case "cancel":
                return files.cancel(file_id=file.pk, at=at)
        raise Invalid(_t("Nothing was chosen."))

    def _context(self, *, title: str, request: HttpRequest) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.model._meta,
            "back": reverse("admin:customers_customerfile_changelist"),
        }


def _page(file: CustomerFile) -> str:
    return reverse("admin:customers_customerfile_follow", args=[file.pk])


def _mapped(request: HttpRequest, file: CustomerFile) -> dict[str, str]:
    """What each column is; nothing for one that is left out."""
    header = file.found.get("header", [])
    return {
        heading: request.POST.get(f"column-{place}", "") for place, heading in enumerate(header)
    }


def _shown(file: CustomerFile, refusal: Refusal | None) -> dict[str, Any]:
    """What the page of a file shows."""
    return progress(file, at=timezone.now()) | {
        "refusal": str(refusal) if refusal else "",
        "fields": [(name, FIELDS.get(name, name)) for name in HEADINGS],
        "refusals": list(file.refusals.all()[:SHOWN]),
        "differences": [
            (row, outcome == "created", [FIELDS.get(name, name) for name in names])
            for row, outcome, names in file.differences
        ],
        "notes": [(_t(text), count) for text, count in file.notes.items()],
    }

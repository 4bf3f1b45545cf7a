"""Printing shelf labels from the list of articles."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from catalog import labels
from omnishop.kernel.admin import AskForm, StoreModelAdmin
from omnishop.kernel.errors import Refusal
from omnishop.network.models import Store

SESSION_KEY = "labels"  # the articles chosen in the list


class LabelForm(AskForm):
    """For which store, on which paper."""

    store: Any = forms.ModelChoiceField(
        label=_("store"), queryset=Store.objects.none(), widget=UnfoldAdminSelectWidget
    )
    sheet = forms.ChoiceField(
        label=_("format"),
        choices=[(sheet.code, sheet.name) for sheet in labels.SHEETS.values()],
        widget=UnfoldAdminSelectWidget,
    )
    copies = forms.IntegerField(
        label=_("of each"),
        min_value=1,
        max_value=50,
        initial=1,
        widget=UnfoldAdminIntegerFieldWidget,
    )


class PrintsLabels(StoreModelAdmin):
    """For the page of articles: an action, and the page that asks for store and format."""

    @admin.action(description=_("Print shelf labels"), permissions=["view"])
    def print_labels(self, request: HttpRequest, chosen: Any) -> HttpResponse:
        request.session[SESSION_KEY] = list(chosen.values_list("pk", flat=True)[: labels.MOST])
        return HttpResponseRedirect(reverse("admin:catalog_variant_labels"))

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.labels_page)
        return [
            path("labels/", page, name="catalog_variant_labels"),
            *super().get_urls(),
        ]

    def labels_page(self, request: HttpRequest) -> HttpResponse:
        """Ask, then send the file; the price of each label is that of the store's tills."""
        back = reverse("admin:catalog_variant_changelist")
        chosen = request.session.get(SESSION_KEY) or []
        if not chosen:
            messages.error(request, _("Choose articles in the list first."))
            return HttpResponseRedirect(back)
        form = LabelForm(request.POST or None)
        store = cast("forms.ModelChoiceField[Store]", form.fields["store"])
        store.queryset = Store.objects.visible_to(request.user).order_by("name")
        status = 200
        if request.method == "POST":
            status = 422
            if form.is_valid():
                # Read when it draws: its library takes some MiB of a worker's memory.
                from catalog.label_sheets import sheet_pdf

                data = form.cleaned_data
                try:
                    found = labels.labels(chosen, store=data["store"], at=timezone.now())
                    return pdf(sheet_pdf(found, sheet=data["sheet"], copies=data["copies"]))
                except Refusal as refusal:
                    form.add_error(None, str(refusal))
                    status = refusal.status
        return TemplateResponse(
            request,
            "admin/ask.html",
            {
                **self.admin_site.each_context(request),
                "title": _("Print shelf labels"),
                "opts": self.model._meta,
                "form": form,
                "facts": {_("articles"): len(chosen)},
                "submit": _("Make the PDF"),
                "back": back,
            },
            status=status,
        )


def pdf(content: bytes) -> HttpResponse:
    """A file to print."""
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = 'inline; filename="etiquettes.pdf"'
    answer["Cache-Control"] = "no-store, private"
    return answer

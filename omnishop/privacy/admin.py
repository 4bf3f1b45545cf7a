"""Privacy in the back office: requests, clocks, the record of processing, the archive."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from customers.models import Customer, Identity
from customers.selectors import by_identity, resolve
from customers.services.identities import normal_email
from omnishop.kernel.admin import AskForm, ReadOnlyAdmin, StoreModelAdmin, actor, link_to
from omnishop.kernel.csv_tables import csv_file, csv_lines
from omnishop.kernel.errors import Invalid
from omnishop.kernel.templatetags.omnishop import short_day
from omnishop.privacy import rules
from omnishop.privacy.models import (
    ArchivedInvoice,
    ArchiveLook,
    ErasureRequest,
    ExportRequest,
    RetentionNotice,
    RetentionPeriod,
)
from omnishop.privacy.person import person
from omnishop.privacy.record import COLUMNS, lines
from omnishop.privacy.selectors import stays
from omnishop.privacy.services import clocks, erasing, exporting, retaining


class WhoForm(AskForm):
    """Who asks, and how staff made sure that it is them."""

    who = forms.CharField(
        label=gettext_lazy("customer"),
        help_text=gettext_lazy("Customer number or e-mail address"),
        max_length=254,
        widget=UnfoldAdminTextInputWidget,
    )
    proof = forms.CharField(
        label=gettext_lazy("how we know who asked"),
        max_length=200,
        help_text=gettext_lazy("For example: identity card seen in the store"),
        widget=UnfoldAdminTextInputWidget,
    )

    def clean_who(self) -> Customer:
        """The live record of the person."""
        text = self.cleaned_data["who"].strip()
        if "@" in text:
            try:
                found = by_identity(Identity.Kind.EMAIL, normal_email(text))
            except Invalid as error:
                raise forms.ValidationError(str(error)) from error
        else:
            found = Customer.objects.filter(number=text.upper()).first()
        if found is None:
            raise forms.ValidationError(_("Nobody is known under this."))
        return resolve(found)


class _Asked(ReadOnlyAdmin):
    """Requests of people, asked for by staff in two steps: who, then what it does."""

    list_select_related = ("customer",)
    search_fields = ("customer__number",)
    search_help_text = gettext_lazy("Customer number")
    source = "staff"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(f"privacy.add_{self.opts.model_name}"))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """Step one asks who; step two shows what it does (UX V4)."""
        if not self.has_add_permission(request):
            return HttpResponse(status=403)
        form = WhoForm(request.POST or None)
        facts: dict[Any, Any] = {}
        confirmed = request.POST.get("confirmed") == request.POST.get("who")
        if request.method == "POST" and form.is_valid():
            customer = form.cleaned_data["who"]
            if confirmed:
                self.ask_for(request, customer, form.cleaned_data["proof"])
                messages.success(request, _("Written down. A task does it within minutes."))
                name = f"admin:privacy_{self.opts.model_name}_changelist"
                return HttpResponseRedirect(reverse(name))
            facts = self.facts(customer)
            form.fields["confirmed"] = forms.CharField(
                widget=forms.HiddenInput, initial=request.POST["who"]
            )
            form.data = {**request.POST.dict(), "confirmed": request.POST["who"]}
        return TemplateResponse(
            request,
            "admin/ask.html",
            {
                **self.admin_site.each_context(request),
                "title": self.question,
                "opts": self.opts,
                "form": form,
                "facts": facts,
                "submit": _("Confirm") if facts else _("Go on"),
                "back": reverse(f"admin:privacy_{self.opts.model_name}_changelist"),
            },
            status=422 if form.errors else 200,
        )

    question: Any = ""

    def facts(self, customer: Customer) -> dict[Any, Any]:
        return {_("customer"): str(customer)}

    def ask_for(self, request: HttpRequest, customer: Customer, proof: str) -> None:
        raise NotImplementedError


@admin.register(ErasureRequest)
class ErasureRequestAdmin(_Asked):
    list_display = ("customer", "status", "source", "asked_at", "erased_at", "done_at", "held")
    list_filter = ("status", "source")
    question = gettext_lazy("Forget a person")

    @admin.display(description=gettext_lazy("waits for"))
    def held(self, row: ErasureRequest) -> str:
        return ", ".join(item["document"] for item in row.waiting) or "–"

    def facts(self, customer: Customer) -> dict[Any, Any]:
        found = stays(person(customer.pk), at=timezone.now())
        waits = "\n".join(stay.why for stay in found if stay.waits)
        kept = "\n".join(f"{stay.why} {short_day(stay.until)}" for stay in found if not stay.waits)
        return super().facts(customer) | {
            _("is finished first"): waits or "–",
            _("stays"): kept or "–",
        }

    def ask_for(self, request: HttpRequest, customer: Customer, proof: str) -> None:
        erasing.ask(
            customer=customer, source="staff", actor=actor(request), at=timezone.now(), proof=proof
        )


@admin.register(ExportRequest)
class ExportRequestAdmin(_Asked):
    """The files are for the person alone: staff see that they were made and fetched."""

    list_display = ("customer", "status", "source", "asked_at", "ready_at", "fetched", "expires_at")
    list_filter = ("status",)
    exclude = ("json", "pdf")
    question = gettext_lazy("Send a person their data")

    def ask_for(self, request: HttpRequest, customer: Customer, proof: str) -> None:
        exporting.ask(
            customer=customer, source="staff", actor=actor(request), at=timezone.now(), proof=proof
        )


class PeriodForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """A rule by its words."""

    rule = forms.ChoiceField(
        label=gettext_lazy("rule"),
        choices=lambda: [(rule.code, rule.what) for rule in rules.RULES.values()],
        widget=UnfoldAdminSelectWidget,
    )

    class Meta:
        model = RetentionPeriod
        fields = ("rule", "days", "valid_from", "why")


@admin.register(RetentionPeriod)
class RetentionPeriodAdmin(StoreModelAdmin):
    """From a day on; a row is never needed for what the rule begins with."""

    list_display = ("rule", "days", "valid_from", "why")
    form = PeriodForm


@admin.register(RetentionNotice)
class RetentionNoticeAdmin(ReadOnlyAdmin):
    """Who was told that they will be erased; and, on a page of its own, who comes next and why."""

    list_display = ("customer", "status", "last_act_at", "told_at", "erase_on", "decided_at")
    list_filter = ("status",)
    list_select_related = ("customer",)
    search_fields = ("customer__number",)
    ordering = ("erase_on", "pk")
    actions_list = ("next", "record")

    @action(description=gettext_lazy("Who comes next"), url_path="next", permissions=["view"])
    def next(self, request: HttpRequest) -> HttpResponse:
        """What tonight's run would do: whom it tells, whom it erases, what the clocks delete."""
        at = timezone.now()
        due = retaining.to_tell(at=at, limit=100)
        names = Customer.objects.in_bulk([one.customer_id for one in due])
        counted = clocks.due(at=at)
        return TemplateResponse(
            request,
            "admin/privacy/next.html",
            {
                **self.admin_site.each_context(request),
                "title": _("What tonight's run will do"),
                "opts": self.opts,
                "due": [(link_to(names[one.customer_id]), one) for one in due],
                "erased": retaining.to_erase(at=at).select_related("customer")[:100],
                "clocks": [
                    (rule, days, counted.get(rule.code))
                    for rule, days in rules.table(on=timezone.localdate(at))
                ],
            },
        )

    @action(
        description=gettext_lazy("Record of processing"), url_path="record", permissions=["view"]
    )  # fmt: skip
    def record(self, request: HttpRequest) -> HttpResponseBase:
        """The record of processing (article 30): every field of people, as a page or a file."""
        found = lines(on=timezone.localdate())
        if request.GET.get("format") == "csv":
            return csv_file(csv_lines(COLUMNS, found), "registre.csv")
        return TemplateResponse(
            request,
            "admin/privacy/record.html",
            {
                **self.admin_site.each_context(request),
                "title": _("Record of processing"),
                "opts": self.opts,
                "columns": COLUMNS,
                "lines": found,
            },
        )


@admin.register(ArchivedInvoice)
class ArchivedInvoiceAdmin(ReadOnlyAdmin):
    """Who bought, of people who are gone. A list shows no name; each look leaves a row (P-11)."""

    list_display = ("document", "entity", "dated_on", "keep_until", "archived_at")
    list_select_related = ("entity",)
    search_fields = ("document",)
    search_help_text = gettext_lazy("Order number")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("privacy.view_archivedinvoice"))

    def change_view(
        self, request: Any, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        row = self.found(request, object_id)
        ArchiveLook.objects.create(document=row.document, user=request.user, at=timezone.now())
        return super().change_view(request, object_id, form_url, extra_context)


@admin.register(ArchiveLook)
class ArchiveLookAdmin(ReadOnlyAdmin):
    list_display = ("at", "document", "user")
    list_select_related = ("user",)
    search_fields = ("document",)

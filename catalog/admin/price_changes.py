"""Mass price changes: written, looked at, approved by a second person, undone."""

from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import action

from catalog import price_changes
from catalog.admin.promotion_form import SaidForm, euros, hundredths, percentage
from catalog.models import PriceChange
from omnishop.kernel.admin import AskForm, ScopedFilter, StoreModelAdmin
from omnishop.kernel.errors import Refusal
from omnishop.network.models import User

Kind = PriceChange.Kind
Status = PriceChange.Status
SHOWN = 100  # rows on the preview
BY_PERCENT = f"kind == '{Kind.PERCENT}' || kind == '{Kind.RAISE}'"
BY_AMOUNT = f"kind == '{Kind.AMOUNT}' || kind == '{Kind.SET}'"


class PriceChangeForm(SaidForm):
    """A change as a merchant says it: euros and percent."""

    percent = percentage(_("percentage"))
    amount = euros(_("amount in euros"))

    class Meta:
        model = PriceChange
        fields = (
            *("name", "operation", "price_list", "kind", "ending", "starts_at", "ends_at"),
            *("everything", "categories", "brands", "products"),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known: PriceChange = self.instance
        for name, stored in (("percent", known.percent_bp), ("amount", known.amount_minor)):
            if stored is not None:
                self.initial.setdefault(name, stored / 100)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        by_percent = data.get("kind") in (Kind.PERCENT, Kind.RAISE)
        name = "percent" if by_percent else "amount"
        if not data.get(name) and name not in self.errors and "kind" in data:
            self.add_error(name, _t("This kind of change needs it."))
        self.instance.percent_bp = hundredths(data.get("percent")) if by_percent else None
        self.instance.amount_minor = None if by_percent else hundredths(data.get("amount"))
        start, end = data.get("starts_at"), data.get("ends_at")
        if start and end and end <= start:
            self.add_error("ends_at", _t("The end comes after the beginning."))
        if (ending := data.get("ending")) is not None and ending > 99:
            self.add_error("ending", _t("Cents go from 0 to 99."))
        chosen = any(data.get(one) for one in ("everything", "categories", "brands", "products"))
        if not chosen:
            self.add_error("everything", _t("Choose articles, or tick all of them."))
        return data


@admin.register(PriceChange)
class PriceChangeAdmin(StoreModelAdmin):
    form = PriceChangeForm
    list_display = ("name", "status", "kind", "price_list", "starts_at", "ends_at", "created_by")
    list_filter = ("status", ("price_list", ScopedFilter), ("starts_at", RangeDateFilter))
    list_filter_submit = True
    list_select_related = ("price_list", "created_by")
    search_fields = ("name",)
    autocomplete_fields = ("operation", "price_list", "categories", "brands", "products")
    readonly_fields = ("status", "created_by", "approved_by", "approved_at", "look")
    actions_detail = ("preview", "submit", "approve", "undo")
    conditional_fields = {"percent": BY_PERCENT, "amount": BY_AMOUNT}
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("name", "status"),
                    ("operation", "price_list"),
                    ("kind", "percent", "amount", "ending"),
                    "starts_at",
                    "ends_at",
                    ("created_by", "approved_by", "approved_at"),
                    "look",
                )
            },
        ),
        (_("Which articles"), {"fields": ("everything", "categories", "brands", "products")}),
    )

    def save_model(self, request: Any, obj: PriceChange, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was handed in is no longer changed."""
        draft = obj is None or obj.status == Status.DRAFT
        return draft and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        draft = obj is None or obj.status == Status.DRAFT
        return draft and super().has_delete_permission(request, obj)

    def has_decide_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("catalog.change_pricechange")

    @admin.display(description=_("preview"))
    def look(self, change: PriceChange) -> str:
        if not change.pk:
            return _t("After saving")
        url = reverse("admin:catalog_pricechange_preview", args=[change.pk])
        return format_html('<a class="underline" href="{}">{}</a>', url, _t("What it changes"))

    @action(description=_("Preview"), url_path="preview", icon="visibility", permissions=["view"])
    def preview(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """How many prices change, the biggest changes, and what stays out with its reason."""
        change = self.found(request, object_id)
        rows = price_changes.preview(change)
        changed = [row for row in rows if not row.refused]
        refused = [row for row in rows if row.refused]
        reasons: dict[str, int] = {}
        for row in refused:
            reasons[row.refused] = reasons.get(row.refused, 0) + 1
        return TemplateResponse(
            request,
            "admin/catalog/pricechange/preview.html",
            {
                **self.admin_site.each_context(request),
                "title": change.name,
                "opts": self.model._meta,
                "original": change,
                "change": change,
                "changed": changed[:SHOWN],
                "changed_count": len(changed),
                "lower": sum(row.after_minor < row.before_minor for row in changed),
                "refused": refused[:SHOWN],
                "refused_count": len(refused),
                "reasons": reasons.items(),
                "back": reverse("admin:catalog_pricechange_change", args=[change.pk]),
            },
        )

    def _decide(
        self, request: HttpRequest, object_id: int, *, title: Any, submit: Any, work: Any
    ) -> HttpResponse:
        change = self.found(request, object_id)
        rows = price_changes.preview(change) if change.status != Status.UNDONE else []
        count = sum(not row.refused for row in rows)
        if change.status == Status.APPROVED:
            count = change.prices.filter(restores=False).count()
        return self.ask(
            request,
            change,
            title=title,
            submit=submit,
            form=AskForm(request.POST or None),
            facts={
                _("mass price change"): f"{change.name} · {change.get_status_display()}",
                _("price list"): change.price_list,
                _("articles"): count,
                _("written by"): change.created_by,
            },
            work=lambda _data: work(change),
        )

    @action(description=_("Hand in"), url_path="submit", icon="send", permissions=["decide"])
    def submit(self, request: HttpRequest, object_id: int) -> HttpResponse:
        def work(change: PriceChange) -> str:
            price_changes.submit(change_id=change.pk)
            return _t("A colleague can approve it now.")

        return self._decide(
            request, object_id, title=_("Hand in for approval"), submit=_("Hand in"), work=work
        )

    @action(
        description=_("Approve"), url_path="approve", icon="check_circle", permissions=["decide"]
    )
    def approve(self, request: HttpRequest, object_id: int) -> HttpResponse:
        def work(change: PriceChange) -> str:
            count = price_changes.approve(
                change_id=change.pk,
                by=cast("User", request.user),
                at=timezone.now(),
            )
            return ngettext(
                "%(count)s price is planned.", "%(count)s prices are planned.", count
            ) % {"count": count}

        return self._decide(
            request, object_id, title=_("Approve this change"), submit=_("Approve"), work=work
        )

    @action(description=_("Undo"), url_path="undo", icon="undo", permissions=["decide"])
    def undo(self, request: HttpRequest, object_id: int) -> HttpResponse:
        def work(change: PriceChange) -> str:
            count = price_changes.undo(
                change_id=change.pk,
                by=cast("User", request.user),
                at=timezone.now(),
            )
            if not count and change.status != Status.UNDONE:
                raise Refusal(_t("There is nothing left to undo."))
            return ngettext(
                "%(count)s price is as before.", "%(count)s prices are as before.", count
            ) % {"count": count}

        return self._decide(
            request, object_id, title=_("Undo this change"), submit=_("Undo"), work=work
        )

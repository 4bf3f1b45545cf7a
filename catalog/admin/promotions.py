"""Promotions: what an operation gives, on what, for whom; drawing their codes."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
)

from catalog import operations
from catalog.admin.promotion_form import VALUES, PromotionForm, shown_for
from catalog.models import Operation, Promotion
from catalog.promotion_summary import summary
from omnishop.kernel.admin import AskForm, ScopedFilter, StoreModelAdmin, list_link
from omnishop.kernel.csv_tables import csv_file, csv_lines


class CodesForm(AskForm):
    """How many codes of what kind."""

    count = forms.IntegerField(
        label=_("How many codes"),
        min_value=1,
        max_value=operations.MOST_CODES,
        initial=100,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    begins = forms.RegexField(
        r"^[A-Za-z0-9-]*$",
        label=_("They begin with"),
        required=False,
        max_length=12,
        widget=UnfoldAdminTextInputWidget,
    )
    uses = forms.IntegerField(
        label=_("uses of each code in all"),
        min_value=1,
        required=False,
        initial=1,
        help_text=_("Empty: no limit"),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    uses_each = forms.IntegerField(
        label=_("uses per person"),
        min_value=1,
        required=False,
        initial=1,
        help_text=_("Empty: no limit"),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    valid_to = forms.SplitDateTimeField(
        label=_("until"), required=False, widget=UnfoldAdminSplitDateTimeWidget
    )


@admin.register(Promotion)
class PromotionAdmin(StoreModelAdmin):
    form = PromotionForm
    list_display = ("name", "operation", "kind", "what", "active", "rank")
    list_filter = (("operation", ScopedFilter), "kind", "active", "by_coupon")
    list_select_related = ("operation", "gift__product")
    search_fields = ("name_fr", "name_en", "operation__code")
    required_fields = ("name_fr",)
    autocomplete_fields = ("operation", "gift", "products", "categories", "brands")
    readonly_fields = ("what", "codes")
    actions_detail = ("draw", "export")
    conditional_fields = {name: shown_for(name) for name in VALUES}
    fieldsets = (
        (None, {"fields": (("operation", "active"), ("name_fr", "name_en"), ("what", "codes"))}),
        (
            _("What it gives"),
            {
                "fields": (
                    "kind",
                    ("percent", "amount"),
                    ("buy_units", "get_units"),
                    ("steps", "by_amount"),
                    ("gift", "claim_days"),
                )
            },
        ),
        (
            _("On which articles; nothing chosen is all"),
            {"fields": ("categories", "brands", "products", "except_cut")},
        ),
        (
            _("For whom, from how much"),
            {
                "fields": (
                    ("min_units", "min_amount"),
                    ("members", "first_order", "by_coupon"),
                    ("groups", "loyalty_tiers"),
                )
            },
        ),
        (_("With which others"), {"fields": (("stacking_group", "priority"), "exclusive")}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        return rows.prefetch_related("products", "categories", "brands")

    @admin.display(description=_("rank"))
    def rank(self, promotion: Promotion) -> int:
        return promotion.priority

    @admin.display(description=_("in words"))
    def what(self, promotion: Promotion) -> str:
        return summary(promotion) if promotion.pk else "–"

    @admin.display(description=_("codes"))
    def codes(self, promotion: Promotion) -> str:
        if not promotion.pk or not promotion.by_coupon:
            return "–"
        return list_link(
            "catalog_coupon", _t("Codes and their uses"), promotion__id__exact=promotion.pk
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        draft = obj is None or obj.operation.status == Operation.Status.DRAFT
        return draft and super().has_delete_permission(request, obj)

    @action(
        description=_("Draw codes"), url_path="codes", icon="confirmation_number",
        permissions=["change"],
    )  # fmt: skip
    def draw(self, request: HttpRequest, object_id: int) -> HttpResponse:
        promotion = self.found(request, object_id)

        def work(data: dict[str, Any]) -> str:
            data.pop("key")
            count = operations.draw_codes(
                promotion_id=promotion.pk, prefix=data.pop("begins"), **data
            )
            return ngettext("%(count)s code was drawn.", "%(count)s codes were drawn.", count) % {
                "count": count
            }

        return self.ask(
            request,
            promotion,
            title=_("Draw codes"),
            submit=_("Draw"),
            form=CodesForm(request.POST or None),
            facts={
                _("promotion"): promotion.name,
                _("in words"): summary(promotion),
                _("codes there are"): promotion.coupons.count(),
            },
            work=work,
        )

    @action(
        description=_("Download the codes"), url_path="codes.csv", icon="download",
        permissions=["view"],
    )  # fmt: skip
    def export(self, request: HttpRequest, object_id: int) -> Any:
        """Every code as CSV."""
        promotion = self.found(request, object_id)
        if not request.user.has_perm("catalog.view_coupon"):
            return HttpResponseRedirect(reverse("admin:catalog_promotion_changelist"))
        return csv_file(_codes(promotion.coupons.order_by("pk")), f"codes-{promotion.pk}.csv")


def _codes(rows: Any) -> Iterator[str]:
    """Every code as a line of a file."""
    header = [_t("code"), _t("uses in all"), _t("uses per person"), _t("used"), _t("until")]
    cells = (
        (
            *(coupon.code, coupon.uses or "", coupon.uses_each or "", coupon.used),
            coupon.valid_to.isoformat() if coupon.valid_to else "",
        )
        for coupon in rows.iterator(chunk_size=2000)
    )
    return csv_lines(header, cells)

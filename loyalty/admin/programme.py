"""The programme: its rules, tiers and ways of earning; what the points that are out may cost."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from loyalty.liability import liability, table
from loyalty.models import EarnRule, Programme, Tier
from omnishop.kernel.admin import StoreInline, StoreModelAdmin
from omnishop.kernel.csv_tables import csv_file, csv_lines


class TierInline(StoreInline):
    model = Tier
    fields = (
        *("code", "name_fr", "name_en", "entry", "keep", "multiplier_bp"),
        *("benefits_fr", "benefits_en"),
    )
    per_page = 20


@admin.register(Programme)
class ProgrammeAdmin(StoreModelAdmin):
    list_display = ("name", "points_per_unit", "point_value_minor", "expiry_months", "active")
    search_fields = ("name",)
    inlines = (TierInline,)
    actions_list = ("liability", "liability_csv")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("name", "active"),
                    ("points_per_unit", "point_value_minor"),
                    ("pending_days", "expiry_months"),
                    "earn_on_points",
                )
            },
        ),
        (
            _("Tiers"),
            {"fields": (("tier_basis", "tier_window"), ("tier_months", "tier_grace_days"))},
        ),
        (_("Gifts between members"), {"fields": (("gift_most", "gift_month_most"),)}),
    )

    @action(
        description=_("What points may cost"), url_path="liability", icon="account_balance",
        permissions=["view"],
    )  # fmt: skip
    def liability(self, request: HttpRequest) -> HttpResponse:
        at = timezone.now()
        found = liability(at)
        return TemplateResponse(
            request,
            "admin/loyalty/liability.html",
            {
                **self.admin_site.each_context(request),
                "title": _t("What points may cost"),
                "opts": self.model._meta,
                "found": found,
                "spent": [(age + 1, 10_000 - bp) for age, bp in found.kept_bp],
                "at": at,
            },
        )

    @action(
        description=_("Download as a table"), url_path="liability.csv", icon="download",
        permissions=["view"],
    )  # fmt: skip
    def liability_csv(self, request: HttpRequest) -> StreamingHttpResponse:
        return csv_file(csv_lines(*table(liability(timezone.now()))), "points.csv")


@admin.register(Tier)
class TierAdmin(StoreModelAdmin):
    list_display = ("name", "code", "programme", "entry", "keep", "multiplier_bp")
    list_select_related = ("programme",)
    search_fields = ("code",)
    ordering = ("entry",)
    required_fields = ("name_fr",)
    fieldsets = (
        (None, {"fields": ("programme", "code", ("entry", "keep"), "multiplier_bp")}),
        (_("In French"), {"fields": ("name_fr", "benefits_fr")}),
        (_("In English"), {"fields": ("name_en", "benefits_en")}),
    )


@admin.register(EarnRule)
class EarnRuleAdmin(StoreModelAdmin):
    """A way of earning beyond the programme's own."""

    list_display = ("name", "event", "gives", "starts_at", "ends_at", "active")
    list_filter = ("event", "active")
    search_fields = ("name_fr", "name_en")
    required_fields = ("name_fr",)
    autocomplete_fields = ("products", "categories", "brands", "stores", "operation")
    fieldsets = (
        (None, {"fields": ("programme", ("name_fr", "name_en"), ("event", "active"))}),
        (_("What it gives"), {"fields": (("points_per_unit", "multiplier_bp", "points"),)}),
        (_("When and where"), {
            "fields": ("starts_at", "ends_at", "operation", ("channels", "tiers"), "stores")
        }),
        (_("Which articles"), {"fields": ("products", "categories", "brands")}),
    )  # fmt: skip

    @admin.display(description=_("gives"))
    def gives(self, rule: EarnRule) -> str:
        parts = []
        if rule.points_per_unit:
            parts.append(_t("%(n)s per euro") % {"n": rule.points_per_unit})
        if rule.multiplier_bp:
            parts.append(f"× {rule.multiplier_bp / 10_000:g}")
        if rule.points:
            parts.append(f"+ {rule.points}")
        return " · ".join(parts)

"""Who delivers goods, what they sell us and at what cost."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from inventory.admin.stock import of_article
from inventory.models import Supplier, SupplierArticle
from omnishop.kernel.admin import ScopedFilter, StoreInline, StoreModelAdmin, amount


class CostForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """A row with a cost, typed in euros and kept in cents."""

    cost = forms.DecimalField(
        label=_("cost without VAT"),
        min_value=0,
        max_digits=9,
        decimal_places=2,
        localize=True,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():  # rows of a table have no labels of their own
            field.widget.attrs.setdefault("aria-label", field.label)
        if self.instance.pk:
            self.initial["cost"] = Decimal(self.instance.cost_minor) / 100

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("cost") is not None:
            self.instance.cost_minor = int(cleaned["cost"] * 100)
        return cleaned


class SupplierArticleForm(CostForm):
    class Meta:
        model = SupplierArticle
        fields = ("supplier", "variant", "reference", "pack", "preferred")


class SupplierArticleInline(StoreInline):
    model = SupplierArticle
    form = SupplierArticleForm
    fields = ("variant", "reference", "cost", "pack", "preferred")
    autocomplete_fields = ("variant",)
    tab = False
    hide_title = True
    per_page = 20

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("variant").order_by("pk")


@admin.register(Supplier)
class SupplierAdmin(StoreModelAdmin):
    list_display = ("name", "code", "email", "lead_days", "lead_days_spread", "active")
    list_filter = ("active",)
    search_fields = ("name", "code")
    search_help_text = _("Name or code")
    ordering = ("name",)
    inlines = (SupplierArticleInline,)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("name", "code"),
                    ("email", "active"),
                    ("lead_days", "lead_days_spread"),
                )
            },
        ),
    )


@admin.register(SupplierArticle)
class SupplierArticleAdmin(StoreModelAdmin):
    """The same rows by article: who sells it, and who of them usually does."""

    form = SupplierArticleForm
    fields = (("supplier", "variant"), ("reference", "cost"), ("pack", "preferred"))
    list_display = (
        *("variant", "supplier", "reference"),
        amount("cost_minor", _("cost")),
        *("pack", "preferred"),
    )
    list_filter = ("preferred", ("supplier", ScopedFilter))
    list_select_related = ("variant", "supplier")
    search_fields = ("variant__sku",)
    search_help_text = _("SKU or GTIN")
    autocomplete_fields = ("supplier", "variant")

    def find(self, rows: Any, term: str) -> Any:
        return of_article(rows, term, document=False)

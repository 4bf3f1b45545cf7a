"""Codes and their uses."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter

from catalog.models import Coupon, CouponUse
from omnishop.kernel.admin import (
    ReadOnlyAdmin,
    ReadOnlyInline,
    ScopedFilter,
    StoreModelAdmin,
    cause,
    link_to,
)


class CouponForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """A code as it is typed: without spaces, in capitals."""

    class Meta:
        model = Coupon
        fields = ("promotion", "code", "uses", "uses_each", "holder", "valid_from", "valid_to")

    def clean_code(self) -> str:
        code = "".join(str(self.cleaned_data["code"]).upper().split())
        if Coupon.objects.filter(code__iexact=code).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("This code exists already."))
        return code

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("uses") is not None and data["uses"] < self.instance.used:
            self.add_error(
                "uses",
                _t("It was used %(count)s times already.") % {"count": self.instance.used},
            )
        return data


class CouponUseInline(ReadOnlyInline):
    model = CouponUse
    fields = ("at", "document", "person", "nth", "released_at")
    show_change_link = False
    per_page = 50


@admin.register(Coupon)
class CouponAdmin(StoreModelAdmin):
    form = CouponForm
    list_display = ("code", "promotion", "used_of", "uses_each", "holder", "valid_from", "valid_to")
    list_filter = (("promotion", ScopedFilter),)
    list_select_related = ("promotion",)
    search_fields = ("code",)
    autocomplete_fields = ("promotion",)
    readonly_fields = ("used",)
    inlines = (CouponUseInline,)
    fields = (
        ("promotion", "code"),
        ("uses", "uses_each", "used"),
        "holder",
        "valid_from",
        "valid_to",
    )

    def find(self, rows: Any, term: str) -> Any:
        return rows.filter(code__startswith=term.upper())

    @admin.display(description=_("used"))
    def used_of(self, coupon: Coupon) -> str:
        return f"{coupon.used} / {coupon.uses}" if coupon.uses else str(coupon.used or "–")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # what was used stays; a code ends by its last day


@admin.register(CouponUse)
class CouponUseAdmin(ReadOnlyAdmin):
    list_display = ("at", "code", cause, "person", "nth", "released_at")
    list_filter = (("at", RangeDateFilter),)
    list_filter_submit = True
    list_select_related = ("coupon",)
    search_fields = ("document",)
    search_help_text = _("Order number or code")

    def find(self, rows: Any, term: str) -> Any:
        by_code = Coupon.objects.filter(code=term.upper()).values("pk")
        return rows.filter(document=term.upper()) | rows.filter(coupon__in=by_code)

    @admin.display(description=_("code"))
    def code(self, use: CouponUse) -> str:
        return link_to(use.coupon)

"""Commercial operations, their promotions and codes."""

import csv
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
)

from catalog import operations
from catalog.admin.promotion_form import VALUES, PromotionForm, SaidForm, shown_for
from catalog.models import Coupon, CouponUse, Operation, Promotion
from catalog.promotion_summary import summary
from omnishop.kernel.admin import (
    AskForm,
    ReadOnlyAdmin,
    ReadOnlyInline,
    ScopedFilter,
    StoreModelAdmin,
    cause,
    link_to,
    list_link,
)
from omnishop.kernel.csv_safe import safe_cell
from omnishop.kernel.templatetags.omnishop import stamp

CHANNELS = [("web", _("the site")), ("till", _("the tills"))]


class OperationForm(SaidForm):
    """An operation; its channels are ticked."""

    channels = forms.MultipleChoiceField(
        label=_("channels"),
        choices=CHANNELS,
        required=False,
        help_text=_("None ticked is all"),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    class Meta:
        model = Operation
        fields = (
            *("code", "starts_at", "ends_at", "channels", "stores"),
            *("name_fr", "name_en", "terms_fr", "terms_en"),
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        start, end = data.get("starts_at"), data.get("ends_at")
        if start and end and end <= start:
            self.add_error("ends_at", _t("The end comes after the beginning."))
        return data


class PromotionInline(ReadOnlyInline):
    model = Promotion
    fields = ("what", "active", "rank")
    readonly_fields = ("what", "rank")
    tab = False

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request).select_related("gift__product")
        return rows.prefetch_related("products", "categories", "brands")

    @admin.display(description=_("what it gives"))
    def what(self, promotion: Promotion) -> str:
        return summary(promotion)

    @admin.display(description=_("rank"))
    def rank(self, promotion: Promotion) -> int:
        return promotion.priority


@admin.register(Operation)
class OperationAdmin(StoreModelAdmin):
    form = OperationForm
    list_display = ("name", "code", "status", "starts_at", "ends_at", "where", "offered")
    list_filter = ("status", ("starts_at", RangeDateFilter), ("stores", ScopedFilter))
    list_filter_submit = True
    search_fields = ("name_fr", "name_en", "code")
    prepopulated_fields = {"code": ("name_fr",)}
    required_fields = ("name_fr",)
    autocomplete_fields = ("stores",)
    readonly_fields = ("status", "in_words", "more")
    inlines = (PromotionInline,)
    actions_detail = ("approve", "stop")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("code", "status"),
                    "starts_at",
                    "ends_at",
                    ("channels", "stores"),
                    ("in_words", "more"),
                )
            },
        ),
        (_("In French"), {"classes": ["tab"], "fields": ("name_fr", "terms_fr")}),
        (_("In English"), {"classes": ["tab"], "fields": ("name_en", "terms_en")}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request).prefetch_related("stores")
        return rows.annotate(promotion_count=Count("promotions", distinct=True))

    @admin.display(description=_("where"))
    def where(self, operation: Operation) -> str:
        names = dict(CHANNELS)
        places = [str(names.get(code, code)) for code in operation.channels]
        stores = [store.name for store in operation.stores.all()]
        shown = stores[:3] + (["…"] if len(stores) > 3 else [])
        return ", ".join([*places, *shown]) or _t("everywhere")

    @admin.display(description=_("promotions"))
    def offered(self, operation: Any) -> str:
        return list_link(
            "catalog_promotion", operation.promotion_count, operation__id__exact=operation.pk
        )

    @admin.display(description=_("in words"))
    def in_words(self, operation: Operation) -> str:
        if not operation.pk:
            return "–"
        return _t("%(where)s, from %(start)s to %(end)s") % {
            "where": self.where(operation),
            "start": stamp(operation.starts_at),
            "end": stamp(operation.ends_at),
        }

    @admin.display(description=_("promotions"))
    def more(self, operation: Operation) -> str:
        if not operation.pk:
            return "–"
        url = reverse("admin:catalog_promotion_add")
        return format_html(
            '<a class="underline" href="{}?operation={}">{}</a>',
            url,
            operation.pk,
            _t("Add a promotion"),
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        draft = obj is None or obj.status == Operation.Status.DRAFT
        return draft and super().has_delete_permission(request, obj)

    @action(
        description=_("Approve"), url_path="approve", icon="check_circle", permissions=["change"]
    )
    def approve(self, request: HttpRequest, object_id: int) -> HttpResponse:
        operation = self.found(request, object_id)

        def work(_data: dict[str, Any]) -> str:
            operations.approve(operation_id=operation.pk, at=timezone.now())
            return _t("%(name)s runs in its days.") % {"name": operation}

        return self.ask(
            request,
            operation,
            title=_("Approve this operation"),
            submit=_("Approve"),
            form=AskForm(request.POST or None),
            facts=self._facts(operation),
            work=work,
        )

    @action(description=_("Stop"), url_path="stop", icon="block", permissions=["change"])
    def stop(self, request: HttpRequest, object_id: int) -> HttpResponse:
        operation = self.found(request, object_id)

        def work(_data: dict[str, Any]) -> str:
            operations.stop(operation_id=operation.pk)
            return _t("%(name)s is stopped.") % {"name": operation}

        return self.ask(
            request,
            operation,
            title=_("Stop this operation"),
            submit=_("Stop"),
            form=AskForm(request.POST or None),
            facts=self._facts(operation)
            | {_("What happens"): _("It gives nothing from now on; orders placed keep theirs.")},
            work=work,
        )

    def _facts(self, operation: Operation) -> dict[Any, Any]:
        about = operation.promotions.select_related("gift__product")
        about = about.prefetch_related("products", "categories", "brands")
        return {
            _("operation"): operation.name,
            _("in words"): self.in_words(operation),
            _("promotions"): "\n".join(f"{one.name}: {summary(one)}" for one in about) or "–",
        }


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
        """Every code as CSV; no cell is a formula."""
        promotion = self.found(request, object_id)
        if not request.user.has_perm("catalog.view_coupon"):
            return HttpResponseRedirect(reverse("admin:catalog_promotion_changelist"))
        rows = promotion.coupons.order_by("pk")
        answer = StreamingHttpResponse(_csv(rows), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="codes-{promotion.pk}.csv"'
        return answer


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _csv(rows: Any) -> Iterator[str]:
    writer = csv.writer(_Echo(), delimiter=";", lineterminator="\r\n")
    yield "\ufeff" + writer.writerow(
        [_t("code"), _t("uses in all"), _t("uses per person"), _t("used"), _t("until")]
    )
    for coupon in rows.iterator(chunk_size=2000):
        until = coupon.valid_to.isoformat() if coupon.valid_to else ""
        cells = (coupon.code, coupon.uses or "", coupon.uses_each or "", coupon.used, until)
        yield writer.writerow([safe_cell(cell) for cell in cells])


class CouponForm(forms.ModelForm):  # type: ignore[type-arg]
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

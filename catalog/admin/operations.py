"""Commercial operations: when and where, and what they offer."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import action
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from catalog import operations
from catalog.admin.promotion_form import SaidForm
from catalog.models import Operation, Promotion
from catalog.promotion_summary import summary
from omnishop.kernel.admin import AskForm, ReadOnlyInline, ScopedFilter, StoreModelAdmin, list_link
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

"""The history of the catalogue: who changed what, from what to what."""

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from catalog import history
from catalog.models import CatalogChange, Product
from omnishop.kernel.admin import ReadOnlyAdmin, link_to

PER_PAGE = 50


def in_words(told: history.Told) -> str:
    """Each field that became another: label, before → after."""
    return format_html_join(
        "",
        '<p><span class="office-muted">{}</span> {}{}{}</p>',
        (
            (
                field.label,
                format_html("<del>{}</del>", field.before) if field.before else "",
                " → " if told.row.action == CatalogChange.Action.CHANGED else "",
                format_html("<ins>{}</ins>", field.after) if field.after else "",
            )
            for field in told.fields
        ),
    )


class WhatFilter(admin.SimpleListFilter):
    """By what was changed, in words."""

    title = _("what")
    parameter_name = "table"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return history.tables()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(table_name=self.value()) if self.value() else queryset


class WhoFilter(admin.SimpleListFilter):
    """By kind of actor."""

    title = _("by")
    parameter_name = "who"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("user", _("member of staff")), *history.ACTORS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(actor__startswith=f"{self.value()}:") if self.value() else queryset


@admin.register(CatalogChange)
class CatalogChangeAdmin(ReadOnlyAdmin):
    list_display = ("at", "who", "action", "what", "product", "words")
    list_filter = (WhatFilter, WhoFilter, "action")
    search_fields = ("product_id",)
    search_help_text = _("Words of a product's name, SKU or GTIN")

    def find(self, rows: Any, term: str) -> Any:
        from catalog.admin.products import found_products  # it shows this history

        return rows.filter(product_id__in=found_products(Product.objects.all(), term).values("pk"))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The rows of the page told at once, not one by one."""
        changes = super().get_changelist_instance(request)
        rows = list(changes.result_list)
        self._tell(rows)
        changes.result_list = rows
        return changes

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        if found:
            self._tell([found])
        return found

    def _tell(self, rows: list[Any]) -> None:
        products = Product.objects.in_bulk({row.product_id for row in rows if row.product_id})
        for row, told in zip(rows, history.told(rows), strict=True):
            row.told, row.sheet = told, products.get(row.product_id)

    fields = ("at", "who", "action", "what", "product", "words")
    readonly_fields = ("who", "what", "product", "words")

    @admin.display(description=_("by"))
    def who(self, row: Any) -> str:
        return str(row.told.who)

    @admin.display(description=_("what"))
    def what(self, row: Any) -> str:
        return f"{row.told.what} {row.row_id}"

    @admin.display(description=_("product"))
    def product(self, row: Any) -> str:
        return link_to(row.sheet)

    @admin.display(description=_("before → after"))
    def words(self, row: Any) -> str:
        return in_words(row.told)


def history_of(
    site: Any, request: HttpRequest, product: Product, *, title: str, opts: Any
) -> HttpResponse:
    """The page of a product's history: all that was changed on its sheet, newest first."""
    pages = Paginator(CatalogChange.objects.filter(product_id=product.pk), PER_PAGE)
    page = pages.get_page(request.GET.get("page"))
    told = history.told(page.object_list)
    return TemplateResponse(
        request,
        "admin/catalog/history.html",
        {
            **site.each_context(request),
            "title": title,
            "opts": opts,
            "original": product,
            "object": product,
            "rows": [(one, in_words(one)) for one in told],
            "page": page,
        },
    )

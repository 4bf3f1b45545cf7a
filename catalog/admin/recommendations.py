"""What is proposed beside a product; computed every night, read here."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from catalog.admin.products import found_products
from catalog.models import Product, Recommendation
from omnishop.kernel.admin import ReadOnlyAdmin
from omnishop.kernel.templatetags.omnishop import percent


@admin.register(Recommendation)
class RecommendationAdmin(ReadOnlyAdmin):
    list_display = ("product", "kind", "rank", "other", "likeness")
    list_filter = ("kind",)
    list_select_related = ("product", "other")
    search_fields = ("product__name",)
    search_help_text = _("Words of the product's name, SKU or GTIN")
    ordering = ("product", "kind", "rank")

    @admin.display(description=_("score"), ordering="score")
    def likeness(self, row: Recommendation) -> str:
        return percent(round(row.score * 10_000))

    def find(self, rows: Any, term: str) -> Any:
        return rows.filter(product__in=found_products(Product.objects.all(), term).values("pk"))

"""Shortages: what an order lacks, and what its shopper chose instead."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from omnishop.kernel.admin import ReadOnlyAdmin, link_to
from orders.admin.scope import OfOrder
from orders.models import Shortage


@admin.register(Shortage)
class ShortageAdmin(OfOrder, ReadOnlyAdmin):
    """Answered by the shopper, by the link of the message; without an answer it is refunded."""

    list_display = ("order", "line", "quantity", "status", "asked_at", "answer_by", "closed_at")
    list_filter = ("status",)
    list_select_related = ("order", "line")
    search_fields = ("order__number",)
    search_help_text = _("Order number")
    readonly_fields = ("of_order",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("of_order", "line", "quantity"),
                    ("status", "asked_at"),
                    ("answer_by", "closed_at"),
                )
            },
        ),
    )

    def find(self, rows: Any, term: str) -> Any:
        return rows.filter(order__number=term.upper())

    @admin.display(description=_("order"))
    def of_order(self, shortage: Shortage) -> str:
        return link_to(shortage.order)

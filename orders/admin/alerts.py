"""What people wait for: the board of articles and places, and the alerts and wishes."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from inventory.availability import stock
from omnishop.kernel.admin import ReadOnlyAdmin, ScopedFilter
from omnishop.network.selectors import sees_all_stores
from orders.models import StockAlert, WishItem, WishList
from orders.services.alerts import units_at

SHOWN = 200  # articles and places on the board


@admin.register(StockAlert)
class StockAlertAdmin(ReadOnlyAdmin):
    """One row a person; who may not see people sees the board alone."""

    list_display = ("variant", "place", "email", "status", "reason", "asked_at", "closed_at")
    list_filter = ("status", "reason", ("store", ScopedFilter))
    list_select_related = ("variant", "store")
    search_fields = ("email", "variant__sku")
    search_help_text = _("E-mail or SKU")
    exclude = ("token",)

    def find(self, rows: Any, term: str) -> Any:
        if "@" in term:
            return rows.filter(email=term.lower())
        return rows.filter(variant__sku=term)

    @admin.display(description=_("place"))
    def place(self, alert: StockAlert) -> str:
        return alert.store.name if alert.store else _t("For delivery")

    def get_urls(self) -> Any:
        board = self.admin_site.admin_view(self.demand)
        return [path("demand/", board, name="orders_stockalert_demand"), *super().get_urls()]

    def demand(self, request: HttpRequest) -> HttpResponse:
        """Articles and places that people wait for, most first; counts, and nobody's name."""
        if not request.user.has_perm("orders.view_stockdemand"):
            raise PermissionDenied
        at = timezone.now()
        waiting = StockAlert.objects.visible_to(request.user).waiting(at)
        rows: Any = list(
            waiting.values(
                "variant_id", "variant__sku", "variant__product__name", "store_id", "store__name"
            )
            .annotate(people=Count("pk"), since=Min("asked_at"))
            .order_by("-people", "since")[:SHOWN]
        )
        free = stock([row["variant_id"] for row in rows], at=at)
        for row in rows:
            row["units"] = units_at(free, row["variant_id"], row["store_id"])
            coming = free.awaited.get(row["variant_id"], ())
            row["awaited"] = min((day for day, *_rest in coming), default=None)
        context = {
            **self.admin_site.each_context(request),
            "title": _t("What people wait for"),
            "opts": self.model._meta,
            "rows": rows,
            "people": sum(row["people"] for row in rows),
            "may_see_people": self.has_view_permission(request),
        }
        return TemplateResponse(request, "admin/orders/demand.html", context)


class _OfPerson:
    """Rows about a person without a store: who works with all stores."""

    def in_scope(self, rows: Any, request: HttpRequest) -> Any:
        return rows if sees_all_stores(request.user) else rows.none()


@admin.register(WishList)
class WishListAdmin(_OfPerson, ReadOnlyAdmin):
    list_display = ("name", "customer", "is_default", "changed_at")
    list_select_related = ("customer",)
    search_fields = ("customer__number",)
    search_help_text = _("Customer number")

    def find(self, rows: Any, term: str) -> Any:
        return rows.filter(customer__number=term.upper())


@admin.register(WishItem)
class WishItemAdmin(_OfPerson, ReadOnlyAdmin):
    list_display = ("product", "variant", "wish_list", "quantity", "added_at", "removed_at")
    list_select_related = ("product", "variant", "wish_list")

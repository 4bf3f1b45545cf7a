"""The lines of a purchase order: edited in a draft, read afterwards."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from inventory.admin.receiving import difference
from inventory.admin.suppliers import CostForm
from inventory.models import PurchaseOrderLine
from inventory.services.purchasing import MOST
from omnishop.kernel.admin import StoreInline, units_field
from omnishop.kernel.templatetags.omnishop import money


class LineForm(CostForm):
    """A line of a draft."""

    quantity = units_field(_("ordered"), least=1, most=MOST)

    class Meta:
        model = PurchaseOrderLine
        fields = ("variant", "quantity")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cost"].required = False
        self.fields["cost"].help_text = _("Empty: the supplier's own")


class _LineInline(StoreInline):
    model = PurchaseOrderLine
    tab = False
    hide_title = True
    verbose_name = _("article")
    verbose_name_plural = _("articles")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("variant__product")


class DraftLineInline(_LineInline):
    """Lines of a draft: whoever may change the order may change them."""

    form = LineForm
    fields = ("variant", "quantity", "cost")
    autocomplete_fields = ("variant",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("inventory.change_purchaseorder"))

    has_change_permission = has_delete_permission = has_add_permission


class LineInline(_LineInline):
    fields = ("article", "quantity", "received", "damaged", "said", "cost")
    readonly_fields = fields
    can_delete = False
    max_num = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("article"))
    def article(self, line: PurchaseOrderLine) -> str:
        return f"{line.variant.sku} · {line.variant.product.name}"

    @admin.display(description=_("difference"))
    def said(self, line: PurchaseOrderLine) -> str:
        return difference(line.quantity, line.received)

    @admin.display(description=_("cost"))
    def cost(self, line: PurchaseOrderLine) -> str:
        return money(line.cost_minor)

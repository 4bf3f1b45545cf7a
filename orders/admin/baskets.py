"""Baskets, the reminders they led to and why, and sales that were read in."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from customers.selectors import find
from omnishop.kernel.admin import ReadOnlyAdmin, ReadOnlyInline, ScopedFilter, amount, link_to
from omnishop.kernel.templatetags.omnishop import money
from omnishop.network.models import Store
from omnishop.network.selectors import sees_all_stores
from orders.models import Approval, Basket, BasketLine, Relaunch, SalesImport


class OfBasket:
    """Baskets of the site are everyone's; those of a store are for who works with the store."""

    basket_way = ""

    def in_scope(self, rows: Any, request: HttpRequest) -> Any:
        if sees_all_stores(request.user):
            return rows
        way = f"{self.basket_way}__" if self.basket_way else ""
        stores = Store.objects.visible_to(request.user)
        return rows.filter(
            Q(**{f"{way}store__isnull": True}) | Q(**{f"{way}store__in": stores.values("pk")})
        )


class BasketLineInline(ReadOnlyInline):
    model = BasketLine
    fields = ("variant", "label", "quantity", "seen", "discount_reason", "added_at")
    readonly_fields = ("seen",)
    show_change_link = False
    tab = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("variant")

    @admin.display(description=_("price last shown"))
    def seen(self, line: BasketLine) -> str:
        return money(line.seen_unit_minor)


class RelaunchInline(ReadOnlyInline):
    model = Relaunch
    fields = ("step", "status", "reason", "due_at", "decided_at")
    tab = False


@admin.register(Basket)
class BasketAdmin(OfBasket, ReadOnlyAdmin):
    list_display = ("__str__", "customer", "email", "channel", "status", "store", "changed_at")
    list_filter = ("status", "channel", ("store", ScopedFilter))
    list_select_related = ("customer", "store")
    search_fields = ("email",)
    search_help_text = _("Name, e-mail, telephone, card or customer number")
    inlines = (BasketLineInline, RelaunchInline)

    def find(self, rows: Any, term: str) -> Any:
        return rows.filter(customer__in={person.pk for person in find(term)})


@admin.register(Relaunch)
class RelaunchAdmin(OfBasket, ReadOnlyAdmin):
    """The log of reminders: sent or not, and why (DESIGN 3.8)."""

    basket_way = "basket"
    list_display = (
        *("due_at", "person", "campaign_step", "document", "status", "reason"),
        *("decided_at", "mail"),
    )
    list_filter = ("status", "reason", "campaign_step__campaign", "step")
    list_select_related = (*("basket__customer", "customer", "message", "campaign_step__campaign"),)
    search_fields = ("customer__number",)
    search_help_text = _("Name, e-mail, telephone, card or customer number")

    def find(self, rows: Any, term: str) -> Any:
        return rows.filter(customer__in={person.pk for person in find(term)})

    @admin.display(description=_("customer"))
    def person(self, relaunch: Relaunch) -> str:
        basket = relaunch.basket
        customer = basket.customer if basket else relaunch.customer
        return link_to(customer) if customer or not basket else basket.email

    @admin.display(description=_("message"))
    def mail(self, relaunch: Relaunch) -> str:
        return link_to(relaunch.message)


@admin.register(SalesImport)
class SalesImportAdmin(ReadOnlyAdmin):
    list_display = ("started_at", "file_name", "format", "rows", "orders", "returns", "net")
    list_filter = ("format",)

    @admin.display(description=_("net"))
    def net(self, run: SalesImport) -> str:
        return money(run.net_minor)

    def in_scope(self, rows: Any, request: HttpRequest) -> Any:
        return rows if sees_all_stores(request.user) else rows.none()


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyAdmin):
    """Voids and discounts at the tills: who asked, who approved or did not, and why (UX T7)."""

    list_display = (
        *("at", "till", "act", "what", amount("amount_minor", _("amount")), "reason"),
        *("asked_by", "approver", "answer"),
    )
    list_filter = ("answer", "act", ("till__store", ScopedFilter))
    list_select_related = ("till__store", "asked_by", "approver")
    search_fields = ("asked_by__email__exact", "approver__email__exact")
    search_help_text = _("E-mail of who asked or approved")

    def in_scope(self, rows: Any, request: HttpRequest) -> Any:
        return rows.filter(till__store__in=Store.objects.visible_to(request.user))

"""Money in, money back, fiscal receipts. All of it is read, none of it typed."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter

from omnishop.kernel.admin import ReadOnlyAdmin, ReadOnlyInline, ScopedFilter, amount
from omnishop.kernel.templatetags.omnishop import money
from omnishop.network.models import Store
from omnishop.network.selectors import sees_all_stores
from orders.admin.scope import OfOrder
from orders.models import (
    Order,
    Payment,
    PaymentEvent,
    Receipt,
    ReceiptChain,
    Refund,
    SandboxCharge,
)
from orders.services import receipts


class RefundInline(ReadOnlyInline):
    model = Refund
    fields = ("given", "reason", "status", "attempts", "created_at", "settled_at")
    readonly_fields = ("given",)

    @admin.display(description=_("amount"))
    def given(self, refund: Refund) -> str:
        return money(refund.amount_minor, refund.payment.order.currency)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("payment__order")


@admin.register(Payment)
class PaymentAdmin(OfOrder, ReadOnlyAdmin):
    list_display = (
        *("created_at", "order", "method", "status"),
        amount("amount_minor", _("amount"), currency="order__currency"),
        amount("captured_minor", _("paid"), currency="order__currency"),
        amount("refunded_minor", _("refunded"), currency="order__currency"),
        *("provider", "refusal"),
    )
    list_filter = ("status", "method", "provider", ("created_at", RangeDateFilter))
    list_filter_submit = True
    list_select_related = ("order",)
    search_fields = ("reference__exact", "order__number__exact")
    inlines = (RefundInline,)


@admin.register(Refund)
class RefundAdmin(OfOrder, ReadOnlyAdmin):
    order_way = "payment__order"
    list_display = (
        *("created_at", "payment"),
        amount("amount_minor", _("amount"), currency="payment__order__currency"),
        *("reason", "status", "attempts", "settled_at"),
    )
    list_filter = ("status",)
    list_select_related = ("payment__order",)
    search_fields = ("reference__exact", "payment__order__number__exact")


@admin.register(PaymentEvent)
class PaymentEventAdmin(ReadOnlyAdmin):
    list_display = ("received_at", "provider", "kind", "reference", "amount_minor", "event_id")
    list_filter = ("provider", "kind")
    search_fields = ("reference__exact", "event_id__exact")

    def in_scope(self, rows: Any, request: HttpRequest) -> Any:
        """An event names a payment, and through it an order."""
        if sees_all_stores(request.user):
            return rows
        orders = Order.objects.visible_to(request.user).values("pk")
        return rows.filter(
            reference__in=Payment.objects.filter(order__in=orders).values("reference")
        )


@admin.register(SandboxCharge)
class SandboxChargeAdmin(ReadOnlyAdmin):
    """The test provider's books: head office alone."""

    list_display = ("created_at", "reference", "status", "amount_minor", "refunded_minor")
    list_filter = ("status",)
    search_fields = ("reference__exact",)

    def in_scope(self, rows: Any, request: HttpRequest) -> Any:
        return rows if sees_all_stores(request.user) else rows.none()


class OfTill:
    """Rows of the tills of the reader's stores."""

    def in_scope(self, rows: Any, request: HttpRequest) -> Any:
        if sees_all_stores(request.user):
            return rows
        return rows.filter(till__store__in=Store.objects.visible_to(request.user))


@admin.register(Receipt)
class ReceiptAdmin(OfTill, ReadOnlyAdmin):
    list_display = (
        *("number", "business_on", "issued_at", "order"),
        amount("total_minor", _("total"), currency="currency"),
    )
    list_filter = (("till", ScopedFilter), ("business_on", RangeDateFilter))
    list_filter_submit = True
    list_select_related = ("till__store", "order")
    search_fields = ("order__number",)
    search_help_text = _("Receipt or order number")
    readonly_fields = ("sound",)

    def find(self, rows: Any, term: str) -> Any:
        till, _dash, sequence = term.rpartition("-")
        code, _dash, number = till.rpartition("-")
        matches = Q(order__number=term.upper())
        if sequence.isdigit() and number.isdigit():
            matches |= Q(
                sequence=int(sequence[:9]), till__store__code=code, till__number=int(number[:4])
            )
        return rows.filter(matches)

    @admin.display(description=_("signature holds"), boolean=True)
    def sound(self, receipt: Receipt) -> bool:
        return receipts.verify(receipt)


@admin.register(ReceiptChain)
class ReceiptChainAdmin(OfTill, ReadOnlyAdmin):
    list_display = ("till", "last_sequence", "last_hash")
    list_select_related = ("till__store",)

"""Orders of every channel with all that happened to them."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import action

from customers.selectors import find
from omnishop.kernel.admin import (
    AskForm,
    ReadOnlyAdmin,
    ReadOnlyInline,
    ScopedFilter,
    actor,
    amount,
    link_to,
    list_link,
    reason_field,
)
from omnishop.kernel.templatetags.omnishop import money
from orders.admin.discounts import DiscountInline
from orders.admin.scope import OfOrder
from orders.models import (
    Fulfilment,
    Order,
    OrderEvent,
    OrderLine,
    Payment,
    Receipt,
    Return,
    ReturnLine,
    Withdrawal,
)
from orders.services import fulfilments, returns


class OrderLineInline(ReadOnlyInline):
    model = OrderLine
    fields = ("name", "sku", "label", "quantity", "unit", "discount", "paid", "fulfilled",
              "cancelled", "returned")  # fmt: skip
    readonly_fields = ("unit", "discount", "paid")
    show_change_link = False
    tab = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("order")

    @admin.display(description=_("unit price"))
    def unit(self, line: OrderLine) -> str:
        return money(line.unit_minor, line.order.currency)

    @admin.display(description=_("discount"))
    def discount(self, line: OrderLine) -> str:
        if not line.discount_minor:
            return "–"
        return f"{money(line.discount_minor, line.order.currency)} {line.discount_reason}"

    @admin.display(description=_("paid"))
    def paid(self, line: OrderLine) -> str:
        return money(line.total_minor, line.order.currency)


class EventInline(ReadOnlyInline):
    model = OrderEvent
    fields = ("at", "kind", "actor", "data")
    show_change_link = False


class FulfilmentInline(ReadOnlyInline):
    model = Fulfilment
    fields = (
        *("kind", "status", "store", "promised_at", "first_promised_at", "hold_until"),
        *("handed_to", "tracking"),
    )


class PaymentInline(ReadOnlyInline):
    model = Payment
    fields = ("method", "status", "paid", "given_back", "provider", "created_at", "refusal")
    readonly_fields = ("paid", "given_back")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("order")

    @admin.display(description=_("paid"))
    def paid(self, payment: Payment) -> str:
        return money(payment.captured_minor, payment.order.currency)

    @admin.display(description=_("refunded"))
    def given_back(self, payment: Payment) -> str:
        return money(payment.refunded_minor, payment.order.currency)


class ReceiptInline(ReadOnlyInline):
    model = Receipt
    fields = ("number", "business_on", "issued_at")
    readonly_fields = ("number",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("till__store")

    @admin.display(description=_("number"))
    def number(self, receipt: Receipt) -> str:
        return receipt.number


class ReturnInline(ReadOnlyInline):
    model = Return
    fields = ("number", "kind", "refunded", "reason", "business_on", "actor")
    readonly_fields = ("refunded",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("order")

    @admin.display(description=_("refunded"))
    def refunded(self, document: Return) -> str:
        return money(document.total_minor, document.order.currency)


class ReasonForm(AskForm):
    """Why something is undone; the shopper's message says it."""

    reason = reason_field()


def open_lines(order: Order) -> list[OrderLine]:
    """Lines of which something was not handed over yet."""
    return [line for line in order.lines.all() if line.pending]


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """Read here; changed by what happens at tills, desks, on the site, and by the actions."""

    list_display = (
        *("number", "placed_at", "channel", "status", "customer", "name", "store"),
        amount("total_minor", _("total"), currency="currency"),
    )
    list_filter = (
        *("status", "channel", ("store", ScopedFilter), ("placed_at", RangeDateFilter)),
        ("sold_on", RangeDateFilter),
    )
    list_filter_submit = True
    list_select_related = ("customer", "store")
    search_fields = ("number",)
    search_help_text = _("Order number, e-mail, name, telephone, card or customer number")
    actions_detail = ("cancel",)
    inlines = (
        *(OrderLineInline, DiscountInline, EventInline, FulfilmentInline, PaymentInline),
        *(ReceiptInline, ReturnInline),
    )
    readonly_fields = ("total", "tax", "person", "stock", "points", "mails")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("number", "status", "channel"),
                    ("person", "name"),
                    ("email", "phone"),
                    ("store", "till", "entity"),
                    ("placed_at", "paid_at", "sold_on"),
                    ("total", "tax"),
                    ("stock", "points", "mails"),
                )
            },
        ),
    )

    def find(self, rows: Any, term: str) -> Any:
        if term.upper().startswith("O-"):
            return rows.filter(number=term.upper())
        people = {person.pk for person in find(term)}
        matches = Q(customer__in=people) | Q(number=term) | Q(source_key=term)
        if "@" in term:
            matches |= Q(email=term.lower())
        return rows.filter(matches)

    @admin.display(description=_("total"))
    def total(self, order: Order) -> str:
        return money(order.total_minor, order.currency)

    @admin.display(description=_("of which VAT"))
    def tax(self, order: Order) -> str:
        return money(order.tax_minor, order.currency)

    @admin.display(description=_("customer"))
    def person(self, order: Order) -> str:
        return link_to(order.customer)

    @admin.display(description=_("stock"))
    def stock(self, order: Order) -> str:
        return list_link("inventory_stockmovement", _("Movements"), q=order.number)

    @admin.display(description=_("points"))
    def points(self, order: Order) -> str:
        return list_link("loyalty_pointsentry", _("Points of this order"), q=order.number)

    @admin.display(description=_("messages"))
    def mails(self, order: Order) -> str:
        return list_link("customers_message", _("What was written"), q=order.number)

    def has_cancel_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("orders.change_order")

    @action(description=_("Cancel what is left"), url_path="cancel", icon="block",
            permissions=["cancel"])  # fmt: skip
    def cancel(self, request: HttpRequest, object_id: int) -> HttpResponse:
        order = self.found(request, object_id)
        lines = open_lines(order)
        whole = all(line.pending == line.quantity for line in order.lines.all())
        back = order.total_minor if whole else sum(
            line.total_minor * line.pending // line.quantity for line in lines
        )  # fmt: skip

        def work(data: dict[str, Any]) -> str:
            at = timezone.now()
            opened = order.fulfilments.open().first()
            if opened:
                fulfilments.cancel(
                    fulfilment_id=opened.pk, reason=data["reason"], actor=actor(request), at=at
                )
            else:
                returns.cancel(
                    order_id=order.pk,
                    units={line.pk: line.pending for line in lines},
                    reason=data["reason"],
                    actor=actor(request),
                    at=at,
                )
            return _t("%(number)s: what was left is cancelled.") % {"number": order.number}

        return self.ask(
            request,
            order,
            title=_("Cancel what is left of this order"),
            submit=_("Cancel it"),
            form=ReasonForm(request.POST or None),
            facts={
                _("order"): f"{order.number} · {order.get_status_display()}",
                _("articles"): "\n".join(f"{line.pending} × {line.name}" for line in lines)
                or _("Nothing is left to cancel."),
                _("money"): _("up to %(amount)s goes back, tender by tender")
                % {"amount": money(back, order.currency)}
                if order.paid_at
                else _("nothing was paid"),
                _("stock"): _("the units held are free again"),
                _("points"): _("points paid with go back to their lots"),
                _("message"): order.email or _("none: no address is known"),
            },
            work=work,
        )


@admin.register(OrderLine)
class OrderLineAdmin(OfOrder, ReadOnlyAdmin):
    list_display = (
        *("order", "name", "sku", "quantity", "fulfilled", "cancelled", "returned"),
        amount("total_minor", _("paid"), currency="order__currency"),
        *("selling_store", "collecting_store"),
    )
    list_filter = ("kind", ("selling_store", ScopedFilter), ("collecting_store", ScopedFilter))
    list_select_related = ("order", "selling_store", "collecting_store")
    search_fields = ("order__number",)
    search_help_text = _("Order number or SKU")

    def find(self, rows: Any, term: str) -> Any:
        return rows.filter(Q(order__number=term.upper()) | Q(variant__sku=term))


EVENTS = {
    "abandoned": _("abandoned"),
    "cancellation": _("cancellation"),
    "cancelled": _("cancelled"),
    "extended": _("kept longer"),
    "handed_over": _("handed over"),
    "linked": _("linked to a customer"),
    "no_show": _("not collected"),
    "paid": _("paid"),
    "payment_refused": _("payment refused"),
    "payment_sent_back": _("payment sent back"),
    "picked": _("picked"),
    "placed": _("placed"),
    "ready": _("ready"),
    "ready_resent": _("told again that it is ready"),
    "refund_claim_refused": _("refund refused"),
    "refund_claimed": _("refund asked for"),
    "return": _("return"),
    "shipped": _("shipped"),
    "shortage": _("shortage"),
    "sourced_again": _("sent from elsewhere"),
    "withdrawal": _("withdrawal"),
}


@admin.register(OrderEvent)
class OrderEventAdmin(OfOrder, ReadOnlyAdmin):
    list_display = ("at", "order", "what", "actor", "data")
    list_select_related = ("order",)
    search_fields = ("order__number__exact",)

    @admin.display(description=_("event"), ordering="kind")
    def what(self, event: OrderEvent) -> str:
        return str(EVENTS.get(event.kind, event.kind))


# The report opens the returns of a store's or channel's sales by these.
OF_REPORT = {"order__channel__exact", "order__store__id__exact", "order__store__isnull"}


class ReturnLineInline(ReadOnlyInline):
    model = ReturnLine
    fields = ("line", "quantity", "disposition", "location")
    show_change_link = False


@admin.register(Return)
class ReturnAdmin(OfOrder, ReadOnlyAdmin):
    list_display = (
        *("number", "order", "kind", "store"),
        amount("total_minor", _("refunded"), currency="order__currency"),
        *("reason", "counts", "business_on", "actor"),
    )
    list_filter = ("kind", "counts", ("store", ScopedFilter), ("business_on", RangeDateFilter))
    list_filter_submit = True
    list_select_related = ("order", "store")
    search_fields = ("number__exact", "order__number__exact")
    inlines = (ReturnLineInline,)

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        return lookup in OF_REPORT or super().lookup_allowed(lookup, value, request)


@admin.register(Withdrawal)
class WithdrawalAdmin(OfOrder, ReadOnlyAdmin):
    """Declarations that match no order are for those who see every store."""

    list_display = ("received_at", "reference", "name", "email", "order_number", "order")
    list_select_related = ("order",)
    search_fields = ("reference__exact", "email__exact", "order_number__exact")

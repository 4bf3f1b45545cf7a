"""What was taken off orders, and what was promised back."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from omnishop.kernel.admin import (
    AskForm,
    ReadOnlyAdmin,
    ReadOnlyInline,
    ScopedFilter,
    actor,
    amount,
    link_to,
)
from omnishop.kernel.templatetags.omnishop import money, stamp
from orders.admin.scope import OfOrder
from orders.models import DiscountShare, OrderDiscount, RefundClaim
from orders.services import refund_claims


class WhyForm(AskForm):
    """Why a claim is refused; the shopper reads it."""

    reason = forms.CharField(label=_("reason"), max_length=200, widget=UnfoldAdminTextInputWidget)


def on_lines(discount: OrderDiscount) -> str:
    """What each line carries of it."""
    currency = discount.order.currency
    return ", ".join(
        f"{share.line.name}: −{money(share.amount_minor, currency)}"
        for share in discount.shares.all()
    )


class DiscountInline(ReadOnlyInline):
    model = OrderDiscount
    fields = ("label", "promotion", "coupon", "off", "lines")
    readonly_fields = ("off", "lines")
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request).select_related("order", "promotion", "coupon")
        return rows.prefetch_related("shares__line")

    @admin.display(description=_("discount"))
    def off(self, discount: OrderDiscount) -> str:
        return f"−{money(discount.amount_minor, discount.order.currency)}"

    @admin.display(description=_("by line"))
    def lines(self, discount: OrderDiscount) -> str:
        return on_lines(discount)


class ShareInline(ReadOnlyInline):
    model = DiscountShare
    fields = ("line", "amount_minor")
    show_change_link = False
    tab = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("line__order")


@admin.register(OrderDiscount)
class OrderDiscountAdmin(OfOrder, ReadOnlyAdmin):
    list_display = (
        *("order", "label", "promotion", "coupon"),
        amount("amount_minor", _("discount"), currency="order__currency"),
    )
    list_filter = (("promotion", ScopedFilter),)
    list_select_related = ("order", "promotion", "coupon")
    search_fields = ("order__number__exact",)
    search_help_text = _("Order number")
    inlines = (ShareInline,)


@admin.register(RefundClaim)
class RefundClaimAdmin(OfOrder, ReadOnlyAdmin):
    list_display = (
        *("order", "label", "status"),
        amount("amount_minor", _("amount"), currency="order__currency"),
        *("claim_by", "claimed_at", "settled_at"),
    )
    list_filter = ("status", ("promotion", ScopedFilter), ("claimed_at", RangeDateFilter))
    list_filter_submit = True
    list_select_related = ("order",)
    search_fields = ("order__number__exact",)
    search_help_text = _("Order number")
    actions_detail = ("pay", "refuse")

    def has_settle_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("orders.change_refundclaim")

    def _facts(self, claim: RefundClaim) -> dict[Any, Any]:
        now = refund_claims.standing(claim, at=timezone.now())
        currency = claim.order.currency
        return {
            _("order"): link_to(claim.order),
            _("refund offer"): f"{claim.label} · {claim.get_status_display()}",
            _("promised"): money(claim.amount_minor, currency),
            _("owed for what was kept"): money(now.owed_minor, currency),
            _("claimed"): stamp(claim.claimed_at) if claim.claimed_at else "–",
            "IBAN": claim.iban or "–",
        }

    @action(
        description=_("Paid by transfer"), url_path="pay", icon="payments", permissions=["settle"]
    )
    def pay(self, request: HttpRequest, object_id: int) -> HttpResponse:
        claim = self.found(request, object_id)

        def work(_data: dict[str, Any]) -> str:
            paid = refund_claims.pay(claim_id=claim.pk, actor=actor(request), at=timezone.now())
            return _t("%(amount)s: marked as transferred.") % {
                "amount": money(paid, claim.order.currency)
            }

        return self.ask(
            request,
            claim,
            title=_("Mark this refund as transferred"),
            submit=_("It is transferred"),
            form=AskForm(request.POST or None),
            facts=self._facts(claim),
            work=work,
        )

    @action(description=_("Refuse"), url_path="refuse", icon="block", permissions=["settle"])
    def refuse(self, request: HttpRequest, object_id: int) -> HttpResponse:
        claim = self.found(request, object_id)

        def work(data: dict[str, Any]) -> str:
            refund_claims.refuse(
                claim_id=claim.pk, reason=data["reason"], actor=actor(request), at=timezone.now()
            )
            return _t("The claim is refused.")

        return self.ask(
            request,
            claim,
            title=_("Refuse this claim"),
            submit=_("Refuse"),
            form=WhyForm(request.POST or None),
            facts=self._facts(claim),
            work=work,
        )

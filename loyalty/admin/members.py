"""Members, their lots of points and the ledger of every change."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from customers.selectors import find
from loyalty import selectors
from loyalty.models import (
    Account,
    Correction,
    CorrectionLimit,
    PointsEntry,
    PointsLot,
    TierChange,
)
from loyalty.services.corrections import correct
from loyalty.services.rewards import give_voucher
from omnishop.kernel.admin import (
    AskForm,
    ReadOnlyAdmin,
    ReadOnlyInline,
    ScopedFilter,
    StoreModelAdmin,
    actor,
    cause,
    link_to,
    reason_field,
    units_field,
)
from omnishop.kernel.templatetags.omnishop import money
from omnishop.network.models import StaffMember


class PointsLotInline(ReadOnlyInline):
    model = PointsLot
    fields = ("origin", "channel", "points", "remaining", "earned_at", "available_at", "expires_at")
    per_page = 50


class TierChangeInline(ReadOnlyInline):
    model = TierChange
    fields = ("at", "before", "after", "counted")
    per_page = 20


class CorrectionForm(AskForm):
    """Points that staff give or take."""

    points = units_field(
        _("points"), least=-100_000, most=100_000, help_text=_("Less than 0 to take points")
    )
    reason = reason_field(most=160, help_text=_("The member reads it beside the points."))


class VoucherForm(AskForm):
    """A voucher that staff give."""

    amount = forms.DecimalField(
        label=_("amount"), min_value=Decimal("0.01"), max_value=1000, decimal_places=2,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
    )  # fmt: skip
    reason = reason_field(most=160, help_text=_("The member reads it beside the voucher."))


def role_of(request: HttpRequest) -> str:
    """The role whose limit counts; who has none decides alone only as the house's administrator."""
    staff = StaffMember.objects.filter(user=request.user.pk).first()
    if staff:
        return staff.role
    return "" if request.user.is_superuser else "none"


@admin.register(Account)
class AccountAdmin(StoreModelAdmin):
    """A balance is the sum of its lots; staff correct it, with a reason."""

    list_display = ("customer", "number", "tier", "balance", "debt", "joined_at")
    list_filter = (("tier", ScopedFilter),)
    list_select_related = ("customer", "tier")
    search_fields = ("customer__number",)
    search_help_text = _("Name, e-mail, telephone, card or customer number")
    readonly_fields = ("person", "programme", "tier", "balance", "debt", "joined_at")
    fieldsets = (
        (None, {"fields": (("person", "programme", "tier"), ("balance", "debt"), "joined_at")}),
    )
    inlines = (PointsLotInline, TierChangeInline)
    actions_detail = ("correct", "voucher")

    def find(self, rows: Any, term: str) -> Any:
        return rows.filter(customer__in={person.pk for person in find(term)})

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("number"))
    def number(self, account: Account) -> str:
        return account.customer.number

    @admin.display(description=_("member"))
    def person(self, account: Account) -> str:
        return link_to(account.customer)

    @action(
        description=_("Correct the points"), url_path="correct", icon="loyalty",
        permissions=["change"],
    )  # fmt: skip
    def correct(self, request: HttpRequest, object_id: int) -> HttpResponse:
        account = self.found(request, object_id)
        at = timezone.now()
        balance = selectors.balance(account.customer, at=at)
        role = role_of(request)
        limit = CorrectionLimit.objects.filter(role=role).first()

        def work(data: dict[str, Any]) -> str:
            found = correct(
                customer_id=account.customer_id,
                points=data["points"],
                reason=data["reason"],
                reference=f"COR-{data['key']}",
                actor=actor(request),
                role=role,
                at=at,
            )
            if found.status == Correction.Status.WAITING:
                return _t("It is above your limit: somebody else decides.")
            return _t("%(points)s points were corrected.") % {"points": f"{found.points:+d}"}

        return self.ask(
            request,
            account,
            title=_("Correct the points"),
            submit=_("Correct the points"),
            form=CorrectionForm(request.POST or None),
            facts={
                _("member"): account.customer,
                _("points to spend"): balance.spendable if balance else 0,
                _("points pending"): balance.pending if balance else 0,
                _("value of a point"): money(account.programme.point_value_minor),
                _("your limit"): _("%(each)s at once, %(day)s in a day")
                % {"each": limit.each, "day": limit.day}
                if limit
                else "–",
                _("What happens"): _(
                    "Points that are given can be spent at once, in every channel, and expire "
                    "after %(months)s months."
                )
                % {"months": account.programme.expiry_months},
            },
            work=work,
        )

    @action(
        description=_("Give a voucher"), url_path="voucher", icon="redeem", permissions=["change"]
    )
    def voucher(self, request: HttpRequest, object_id: int) -> HttpResponse:
        account = self.found(request, object_id)
        at = timezone.now()

        def work(data: dict[str, Any]) -> str:
            found = give_voucher(
                customer=account.customer,
                amount_minor=int(data["amount"] * 100),
                reason=data["reason"],
                reference=f"BON-{data['key']}",
                actor=actor(request),
                at=at,
            )
            code = found.coupon.code if found.coupon else ""
            return _t("%(name)s: the code is %(code)s.") % {"name": found.name, "code": code}

        return self.ask(
            request,
            account,
            title=_("Give a voucher"),
            submit=_("Give the voucher"),
            form=VoucherForm(request.POST or None),
            facts={
                _("member"): account.customer,
                _("What happens"): _("A code of the member's own, for one use within a year."),
            },
            work=work,
        )


def of_member(rows: Any, term: str) -> Any:
    """Rows of a document, or of the members that a search term finds."""
    people = {person.pk for person in find(term)}
    return rows.filter(Q(account__customer__in=people) | Q(document=term))


@admin.register(PointsLot)
class PointsLotAdmin(ReadOnlyAdmin):
    list_display = ("account", "origin", cause, "points", "remaining", "available_at", "expires_at")
    list_filter = ("channel",)
    list_select_related = ("account__customer",)
    search_fields = ("document",)
    search_help_text = _("Member or document")

    def find(self, rows: Any, term: str) -> Any:
        return of_member(rows, term)


@admin.register(PointsEntry)
class PointsEntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "account", "kind", "delta", cause, "lot", "channel", "actor")
    list_filter = ("kind", "channel")
    list_select_related = ("account__customer", "lot")
    search_fields = ("document",)
    search_help_text = _("Member or document")

    def find(self, rows: Any, term: str) -> Any:
        return of_member(rows, term)


@admin.register(TierChange)
class TierChangeAdmin(ReadOnlyAdmin):
    list_display = ("at", "account", "before", "after", "counted")
    list_select_related = ("account__customer",)
    search_fields = ("account__customer__number",)
    search_help_text = _("Member")

    def find(self, rows: Any, term: str) -> Any:
        return rows.filter(account__customer__in={person.pk for person in find(term)})

"""Members, their lots of points and the ledger of every change."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from customers.selectors import find
from loyalty import selectors
from loyalty.models import Account, PointsEntry, PointsLot, Programme
from loyalty.services.corrections import correct
from omnishop.kernel.admin import (
    AskForm,
    ReadOnlyAdmin,
    ReadOnlyInline,
    StoreModelAdmin,
    actor,
    cause,
    link_to,
    reason_field,
    units_field,
)
from omnishop.kernel.templatetags.omnishop import money


@admin.register(Programme)
class ProgrammeAdmin(StoreModelAdmin):
    list_display = ("name", "points_per_unit", "point_value_minor", "expiry_months", "active")
    search_fields = ("name",)


class PointsLotInline(ReadOnlyInline):
    model = PointsLot
    fields = ("origin", "channel", "points", "remaining", "earned_at", "available_at", "expires_at")
    per_page = 50


class GiftForm(AskForm):
    """Points that staff give."""

    points = units_field(_("points"), least=1, most=10_000)
    reason = reason_field(most=160, help_text=_("The member reads it beside the points."))


@admin.register(Account)
class AccountAdmin(StoreModelAdmin):
    """A balance is the sum of its lots; staff give points, with a reason."""

    list_display = ("customer", "number", "balance", "debt", "joined_at")
    list_select_related = ("customer",)
    search_fields = ("customer__number",)
    search_help_text = _("Name, e-mail, telephone, card or customer number")
    readonly_fields = ("person", "programme", "balance", "debt", "joined_at")
    fieldsets = ((None, {"fields": (("person", "programme"), ("balance", "debt"), "joined_at")}),)
    inlines = (PointsLotInline,)
    actions_detail = ("give",)

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

    @action(description=_("Give points"), url_path="give", icon="loyalty", permissions=["change"])
    def give(self, request: HttpRequest, object_id: int) -> HttpResponse:
        account = self.found(request, object_id)
        at = timezone.now()
        balance = selectors.balance(account.customer, at=at)

        def work(data: dict[str, Any]) -> str:
            found = correct(
                customer_id=account.customer_id,
                points=data["points"],
                reason=data["reason"],
                reference=f"GIFT-{data['key']}",
                actor=actor(request),
                at=at,
            )
            return _t("%(points)s points were given.") % {"points": found.points}

        return self.ask(
            request,
            account,
            title=_("Give points"),
            submit=_("Give the points"),
            form=GiftForm(request.POST or None),
            facts={
                _("member"): account.customer,
                _("points to spend"): balance.spendable if balance else 0,
                _("points pending"): balance.pending if balance else 0,
                _("value of a point"): money(account.programme.point_value_minor),
                _("What happens"): _(
                    "The points can be spent at once, in every channel, and expire after "
                    "%(months)s months."
                )
                % {"months": account.programme.expiry_months},
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

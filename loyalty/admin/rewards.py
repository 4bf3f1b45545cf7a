"""Rewards of the programme, to whom they are offered, and what members had."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget

from customers.selectors import find
from loyalty.models import Account, Reward, RewardIssue
from loyalty.services import rewards
from omnishop.kernel.admin import (
    AskForm,
    ReadOnlyAdmin,
    StoreModelAdmin,
    actor,
    reason_field,
    units_field,
)


class OfferForm(AskForm):
    """To whom a reward is offered: a tier, or people by number."""

    tier = forms.SlugField(label=_("all members of the tier"), required=False)
    people = forms.CharField(
        label=_("or customer numbers"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("C-000042, parted by spaces or lines"),
    )
    days = units_field(_("days to activate it"), least=1, most=366, initial=30)
    reason = reason_field(most=160, help_text=_("The member reads it beside the offer."))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("tier") and not data.get("people", "").strip():
            raise forms.ValidationError(_t("Say a tier or at least one customer number."))
        return data


@admin.register(Reward)
class RewardAdmin(StoreModelAdmin):
    list_display = ("name", "kind", "cost", "issued", "stock", "active")
    list_filter = ("kind", "active")
    search_fields = ("name_fr", "name_en")
    autocomplete_fields = ("promotion",)
    readonly_fields = ("issued",)
    required_fields = ("name_fr",)
    fieldsets = (
        (None, {"fields": ("programme", ("kind", "active"), "cost", "promotion", "tiers")}),
        (_("In French"), {"fields": ("name_fr", "description_fr")}),
        (_("In English"), {"fields": ("name_en", "description_en")}),
        (_("How many, and when"), {
            "fields": (("stock", "issued"), ("per_person", "valid_days"), "starts_at", "ends_at")
        }),
    )  # fmt: skip
    actions_detail = ("offer",)

    @action(description=_("Offer it"), url_path="offer", icon="campaign", permissions=["change"])
    def offer(self, request: HttpRequest, object_id: int) -> HttpResponse:
        reward = self.found(request, object_id)
        at = timezone.now()

        def work(data: dict[str, Any]) -> str:
            members = Account.objects.filter(customer__merged_into__isnull=True)
            if data["tier"]:
                members = members.filter(tier__code=data["tier"])
            else:
                members = members.filter(
                    customer__number__in=data["people"].upper().replace(",", " ").split()
                )
            count = rewards.offer(
                reward_id=reward.pk,
                customer_ids=list(members.values_list("customer_id", flat=True)),
                reason=data["reason"],
                reference=f"OF-{data['key'][:32]}",
                until=at + timedelta(days=data["days"]),
                actor=actor(request),
                at=at,
            )
            return _t("Offered to %(count)s members.") % {"count": count}

        return self.ask(
            request,
            reward,
            title=_("Offer it"),
            submit=_("Offer it"),
            form=OfferForm(request.POST or None),
            facts={
                _("reward"): reward.name,
                _("What happens"): _("Each member finds it in the account and activates it."),
            },
            work=work,
        )


@admin.register(RewardIssue)
class RewardIssueAdmin(ReadOnlyAdmin):
    list_display = ("at", "account", "name", "status", "points", "reason", "expires_at")
    list_filter = ("status",)
    list_select_related = ("account__customer",)
    search_fields = ("reference",)
    search_help_text = _("Member")
    actions_detail = ("take_back",)

    def find(self, rows: Any, term: str) -> Any:
        return rows.filter(account__customer__in={person.pk for person in find(term)})

    def has_take_back_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever corrects points takes rewards back too."""
        return request.user.has_perm("loyalty.change_account")

    @action(
        description=_("Cancel the reward"), url_path="cancel", icon="undo",
        permissions=["take_back"],
    )  # fmt: skip
    def take_back(self, request: HttpRequest, object_id: int) -> HttpResponse:
        issue = self.found(request, object_id)

        def work(_data: dict[str, Any]) -> str:
            rewards.cancel(issue_id=issue.pk, actor=actor(request), at=timezone.now())
            return _t("The reward was cancelled.")

        return self.ask(
            request,
            issue,
            title=_("Cancel the reward"),
            submit=_("Cancel the reward"),
            form=AskForm(request.POST or None),
            facts={
                _("member"): issue.account.customer,
                _("reward"): issue.name,
                _("points given back"): issue.points,
            },
            work=work,
        )

"""Gifts between members; corrections by staff and who decides on those above a limit."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from customers.selectors import find
from loyalty.models import Correction, CorrectionLimit, PointsGift
from loyalty.services.corrections import decide
from omnishop.kernel.admin import AskForm, ReadOnlyAdmin, StoreModelAdmin, actor


@admin.register(PointsGift)
class PointsGiftAdmin(ReadOnlyAdmin):
    list_display = ("at", "sender", "receiver", "points", "status", "closed_at")
    list_filter = ("status",)
    list_select_related = ("sender__customer", "receiver__customer")
    search_fields = ("number",)
    search_help_text = _("Member")

    def find(self, rows: Any, term: str) -> Any:
        people = {person.pk for person in find(term)}
        return rows.filter(sender__customer__in=people) | rows.filter(receiver__customer__in=people)


@admin.register(CorrectionLimit)
class CorrectionLimitAdmin(StoreModelAdmin):
    list_display = ("role", "each", "day")


@admin.register(Correction)
class CorrectionAdmin(ReadOnlyAdmin):
    list_display = ("at", "account", "points", "reason", "status", "actor", "decided_by")
    list_filter = ("status",)
    list_select_related = ("account__customer",)
    search_fields = ("reference",)
    search_help_text = _("Member")
    actions_detail = ("approve", "refuse")

    def find(self, rows: Any, term: str) -> Any:
        return rows.filter(account__customer__in={person.pk for person in find(term)})

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever corrects points may be the second person."""
        return request.user.has_perm("loyalty.change_account")

    def _decide(self, request: HttpRequest, object_id: int, *, approved: bool) -> HttpResponse:
        correction = self.found(request, object_id)
        title = _("Approve") if approved else _("Refuse")

        def work(_data: dict[str, Any]) -> str:
            decide(
                correction_id=correction.pk,
                approved=approved,
                actor=actor(request),
                at=timezone.now(),
            )
            return _t("The correction was decided.")

        return self.ask(
            request,
            correction,
            title=title,
            submit=title,
            form=AskForm(request.POST or None),
            facts={
                _("member"): correction.account.customer,
                _("points"): f"{correction.points:+d}",
                _("reason"): correction.reason,
            },
            work=work,
        )

    @action(description=_("Approve"), url_path="approve", icon="check", permissions=["decide"])
    def approve(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._decide(request, object_id, approved=True)

    @action(description=_("Refuse"), url_path="refuse", icon="close", permissions=["decide"])
    def refuse(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._decide(request, object_id, approved=False)

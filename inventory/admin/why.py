"""The page "Why 3?": the sum behind a stock level, and what may be corrected from there."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldBooleanWidget,
)

from inventory import services
from inventory.models import StockLevel, StockLocation, StockStatus
from inventory.why import ROWS, ledger, why, would_be_short
from omnishop.kernel.admin import AskForm, actor, cause, reason_field, units_field
from omnishop.kernel.errors import Refusal
from omnishop.network.selectors import names

DOCUMENTS = {
    "T-": "inventory_transfer",
    "P-": "inventory_purchaseorder",
    "C-": "inventory_stockcount",
}
CHECKS = {
    "ledger": _("Sum of the ledger = on hand"),
    "holds": _("Sum of the holds = reserved"),
    "statuses": _("Damaged, in inspection, on display = not sellable"),
}


class CountForm(AskForm):
    """What was counted on the shelf."""

    counted = units_field(_("Units counted on the shelf"), least=0, most=1_000_000)
    reason = reason_field(
        help_text=_("For example: annual count, damaged, found in the stock room")
    )
    short = forms.BooleanField(
        label=_("Also when promised units become short"),
        required=False,
        help_text=_("Without it nothing is changed, and you are told whose units would be short"),
        widget=UnfoldBooleanWidget,
    )


class StatusForm(AskForm):
    """How many units become what."""

    quantity = units_field(_("Units"), least=1, most=1_000_000)
    was = forms.ChoiceField(
        label=_("They are"), choices=StockStatus, widget=UnfoldAdminSelectWidget
    )
    becomes = forms.ChoiceField(
        label=_("They become"),
        choices=StockStatus,
        initial=StockStatus.DAMAGED,
        widget=UnfoldAdminSelectWidget,
    )
    reason = reason_field()


class DayForm(forms.Form):
    """The day of which the stock is asked, and the page of the ledger."""

    on = forms.DateField(required=False)
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000)


@admin.display(description=_("cause"))
def document_link(row: Any) -> str:
    """A ledger row's document, linked to its own page where it has one."""
    model = DOCUMENTS.get(str(row.document)[:2])
    if model is None:
        return cause(row)
    try:
        url = reverse(f"admin:{model}_changelist")
    except NoReverseMatch:
        return str(row.document)
    return format_html(
        '<a href="{}?q={}" class="underline">{}</a>', url, row.document, row.document
    )


class Explained:
    """What a stock level's page adds: why this many, correct it, change the status of goods."""

    @admin.display(description=_("Why this many"))
    def explained(self, level: StockLevel) -> str:
        return format_html(
            '<a href="{}" class="underline">{}</a>',
            reverse("admin:inventory_stocklevel_why", args=[level.pk]),
            _t("Why %(n)s?") % {"n": max(0, level.available)},
        )

    @action(description=_("Why this many"), url_path="why", icon="help", permissions=["view"])
    def why(self: Any, request: HttpRequest, object_id: int) -> HttpResponse:
        level = self.found(request, object_id)
        form = DayForm(request.GET)
        form.is_valid()
        asked, at = form.cleaned_data, timezone.now()
        page = asked.get("page") or 1
        found = why(level, at=at, on=asked.get("on"))
        movements, older = ledger(level, page=page)
        people = names({row.actor for row in movements})
        places = (
            StockLevel.objects.filter(
                variant_id=level.variant_id,
                location__in=StockLocation.objects.visible_to(request.user).values("pk"),
            )
            .select_related("location")
            .order_by("location__kind", "location__name")
        )
        return TemplateResponse(
            request,
            "admin/inventory/why.html",
            {
                **self.admin_site.each_context(request),
                "title": _t("Why %(n)s?") % {"n": found.in_store},
                "opts": self.model._meta,
                "original": level,
                "level": level,
                "why": found,
                "zone": level.location.zone,
                "statuses": [
                    (label, found.by_status.get(value, 0))
                    for value, label in StockStatus.choices
                    if value != StockStatus.SELLABLE
                ],
                "sellable": found.by_status.get(StockStatus.SELLABLE, 0),
                "holds": [
                    (hold, document_link(hold), bool(hold.expires_at and hold.expires_at <= at))
                    for hold in found.holds
                ],
                "movements": [
                    (row, document_link(row), people.get(row.actor, row.actor)) for row in movements
                ],
                "checks": [(CHECKS[one.name], one) for one in found.checks],
                "places": list(places),
                "page": page,
                "older": page + 1 if older else None,
                "per_page": ROWS,
                "may_correct": self.has_change_permission(request, level),
                "bad_day": "on" in form.errors,
            },
            status=422 if form.errors else 200,
        )

    @action(
        description=_("Correct after a count"),
        url_path="count",
        icon="calculate",
        permissions=["change"],
    )
    def count(self: Any, request: HttpRequest, object_id: int) -> HttpResponse:
        level = self.found(request, object_id)

        def work(data: dict[str, Any]) -> str:
            at = timezone.now()
            short = would_be_short(level, counted=data["counted"], at=at)
            if short and not data["short"]:
                raise Refusal(
                    _t("Nothing was changed yet. These would become short: %(short)s.")
                    % {"short": ", ".join(f"{one.document} ({one.units})" for one in short)}
                )
            delta = services.adjust(
                variant_id=level.variant_id,
                location_id=level.location_id,
                counted=data["counted"],
                document=f"COUNT-{data['key']}",
                reason=data["reason"],
                at=at,
                actor=actor(request),
            )
            if not delta:
                return _t("The book agrees with the count: nothing was changed.")
            return _t("The stock was corrected by %(delta)+d.") % {"delta": delta}

        return self.ask(
            request,
            level,
            title=_("Correct after a count"),
            submit=_("Correct the stock"),
            form=CountForm(request.POST or None),
            facts=_facts(level)
            | {
                _("What happens"): _(
                    "The difference is written as a movement with your reason. A count below what "
                    "is reserved turns the youngest reservations into shortages: they are found "
                    "elsewhere or refunded, and the shoppers are told."
                ),
            },
            work=work,
        )

    @action(
        description=_("Change the status of goods"),
        url_path="status",
        icon="swap_horiz",
        permissions=["change"],
    )
    def status(self: Any, request: HttpRequest, object_id: int) -> HttpResponse:
        level = self.found(request, object_id)
        found = why(level, at=timezone.now())

        def work(data: dict[str, Any]) -> str:
            services.change_status(
                variant_id=level.variant_id,
                location_id=level.location_id,
                quantity=data["quantity"],
                was=data["was"],
                becomes=data["becomes"],
                document=f"STATUS-{data['key']}",
                reason=data["reason"],
                at=timezone.now(),
                actor=actor(request),
            )
            labels = dict(StockStatus.choices)
            return ngettext(
                "%(n)s unit is now: %(status)s.",
                "%(n)s units are now: %(status)s.",
                data["quantity"],
            ) % {"n": data["quantity"], "status": labels[data["becomes"]]}

        return self.ask(
            request,
            level,
            title=_("Change the status of goods"),
            submit=_("Change the status"),
            form=StatusForm(request.POST or None),
            facts=_facts(level)
            | {label: found.by_status.get(value, 0) for value, label in StockStatus.choices},
            work=work,
        )


def _facts(level: StockLevel) -> dict[Any, Any]:
    return {
        _("article"): level.variant.sku,
        _("location"): level.location,
        _("on hand, by the book"): level.on_hand,
        _("reserved"): level.reserved,
    }

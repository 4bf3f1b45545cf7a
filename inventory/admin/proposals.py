"""What the figures propose to order; a buyer accepts or dismisses."""

from typing import Any

from babel.numbers import format_decimal
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language, ngettext, pgettext_lazy
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from inventory.admin.stock import OfLocation, of_article
from inventory.models import Proposal
from inventory.services import proposals
from omnishop.kernel.admin import ReadOnlyAdmin, ScopedFilter, actor, link_to
from omnishop.kernel.errors import Refusal

METHODS = {
    "mean": _("average of 90 days"),
    "sba": _("sells now and then"),
    "tsb": _("hardly sells any more"),
}


def in_words(proposal: Proposal) -> str:
    """Why so many: the figures of ALG-4 as a sentence."""
    figures = proposal.figures
    daily = format_decimal(
        round(figures["demand"], 1 if figures["demand"] >= 1 else 2), locale=get_language() or "fr"
    )
    pack, words = figures["pack"], ""
    if pack > 1:
        packs = proposal.quantity // pack
        words = ngettext(
            " (%(packs)s pack of %(pack)s)", " (%(packs)s packs of %(pack)s)", packs
        ) % {"packs": packs, "pack": pack}
    return (
        _t(
            "sells %(daily)s a day, %(lead)s d to deliver, reorder point %(point)s, "
            "free %(free)s, coming %(coming)s → bring %(quantity)s"
        )
        if proposal.source_id
        else _t(
            "sells %(daily)s a day, %(lead)s d to deliver, reorder point %(point)s, "
            "free %(free)s, coming %(coming)s → order %(quantity)s"
        )
    ) % {
        "daily": daily,
        "lead": figures["lead_days"],
        "point": figures["point"],
        "free": figures["free"],
        "coming": figures["coming"],
        "quantity": proposal.quantity,
    } + words


@admin.register(Proposal)
class ProposalAdmin(OfLocation, ReadOnlyAdmin):
    list_display = ("variant", "location", "whence", "quantity", "why", "status")
    list_filter = (
        *("status", ("supplier", ScopedFilter), ("source", ScopedFilter)),
        ("location", ScopedFilter),
    )
    list_select_related = ("variant", "location", "supplier", "source")
    search_fields = ("variant__sku",)
    search_help_text = _("SKU or GTIN")
    ordering = ("supplier", "location", "variant")
    actions = ("accept", "dismiss")
    readonly_fields = ("whence", "why", "method", "safety", "made")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("variant", "location"),
                    ("whence", "quantity"),
                    "why",
                    ("method", "safety"),
                    ("computed_at", "status"),
                    ("decided_at", "made"),
                )
            },
        ),
    )

    def find(self, rows: Any, term: str) -> Any:
        return of_article(rows, term, document=False)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("inventory.change_proposal")

    @admin.display(description=_("why"))
    def why(self, proposal: Proposal) -> str:
        return in_words(proposal)

    @admin.display(description=_("how it sells"))
    def method(self, proposal: Proposal) -> str:
        return str(METHODS[proposal.figures["method"]])

    @admin.display(description=_("safety stock"))
    def safety(self, proposal: Proposal) -> int:
        return int(proposal.figures["safety"])

    @admin.display(description=pgettext_lazy("place", "from"))
    def whence(self, proposal: Proposal) -> str:
        return str(proposal.source or proposal.supplier)

    @admin.display(description=_("order or transfer"))
    def made(self, proposal: Proposal) -> str:
        return link_to(proposal.order or proposal.transfer)

    @admin.action(
        description=_("Accept: put on draft orders, ask warehouses"), permissions=["decide"]
    )
    def accept(self, request: HttpRequest, chosen: Any) -> None:
        try:
            made = proposals.accept(
                list(chosen.values_list("pk", flat=True)), at=timezone.now(), actor=actor(request)
            )
        except Refusal as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return
        links = format_html_join(", ", "{}", ((link_to(one),) for one in made))
        self.message_user(
            request, format_html("{} {}", _t("On draft orders and transfers:"), links)
        )

    @admin.action(description=_("Dismiss for fourteen days"), permissions=["decide"])
    def dismiss(self, request: HttpRequest, chosen: Any) -> None:
        try:
            count = proposals.dismiss(
                list(chosen.values_list("pk", flat=True)), at=timezone.now(), actor=actor(request)
            )
        except Refusal as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return
        self.message_user(
            request,
            ngettext(
                "%(count)s proposal dismissed: it comes back in 14 days, or when demand changes.",
                "%(count)s proposals dismissed: they come back in 14 days, or when demand changes.",
                count,
            )
            % {"count": count},
        )

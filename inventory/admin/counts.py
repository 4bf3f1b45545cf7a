"""Counts in the back office: what each found, to approve, to count again, to call off."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action

from inventory.counts import Found, approves_own, found, with_progress
from inventory.models import CountLine, StockCount, StockLevel
from inventory.services import counts
from omnishop.kernel.admin import ReadOnlyAdmin, ScopedFilter, actor
from omnishop.kernel.errors import Refusal
from omnishop.network.selectors import names

APPROVE = "inventory.change_stocklevel"  # managers: it changes the book
SHOWN = 500  # articles on the page of a count


@admin.register(StockCount)
class StockCountAdmin(ReadOnlyAdmin):
    """Begun and counted at the till; here its differences are decided."""

    list_display = ("number", "location", "what", "status", "progress", "opened_at", "differences")
    list_filter = ("status", "kind", ("location", ScopedFilter))
    list_select_related = ("location", "category")
    search_fields = ("number",)
    search_help_text = _("Number of the count")
    actions_detail = ("review",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return with_progress(super().get_queryset(request))

    def find(self, rows: Any, term: str) -> Any:
        return rows.filter(number=term.upper())

    @admin.display(description=_("what"))
    def what(self, count: StockCount) -> str:
        kind = count.get_kind_display()
        return f"{kind} · {count.category}" if count.category else kind

    @admin.display(description=_("counted"))
    def progress(self, count: Any) -> str:
        return f"{count.done} / {count.articles}"

    @admin.display(description=_("differences"))
    def differences(self, count: StockCount) -> str:
        url = reverse("admin:inventory_stockcount_review", args=[count.pk])
        waits = count.status == StockCount.Status.SUBMITTED
        words = _t("Decide") if waits else _t("See")
        return format_html('<a href="{}" class="underline">{}</a>', url, words)

    @action(
        description=_("Differences"), url_path="review", icon="fact_check", permissions=["view"]
    )
    def review(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """What was found, gaps first, then by value; approve, count again, call off."""
        count = self.found(request, object_id)
        if request.method == "POST":
            return self._decide(request, count)
        return self._show(request, count)

    def _show(
        self, request: HttpRequest, count: Any, refusal: Refusal | None = None
    ) -> HttpResponse:
        rows = found(count, at=timezone.now())
        levels = dict(
            StockLevel.objects.filter(
                location_id=count.location_id, variant__in=[row.line.variant_id for row in rows]
            ).values_list("variant_id", "pk")
        )
        people = names({row.line.counted_by for row in rows} | {count.opened_by, count.closed_by})
        differing = [row for row in rows if row.difference]
        return TemplateResponse(
            request,
            "admin/inventory/count.html",
            {
                **self.admin_site.each_context(request),
                "title": count.number,
                "opts": self.model._meta,
                "original": count,
                "count": count,
                "zone": count.location.zone,
                "rows": [
                    (row, levels.get(row.line.variant_id), people.get(row.line.counted_by, ""))
                    for row in differing[:SHOWN]
                ],
                "differing": len(differing),
                "agreeing": len(rows) - len(differing),
                "missing": sum(1 for row in differing if row.difference < 0),
                "value": sum(row.value_minor for row in rows),
                "opened_by": people.get(count.opened_by, count.opened_by),
                "closed_by": people.get(count.closed_by, count.closed_by),
                "waiting": _waiting(count, rows),
                "may_decide": request.user.has_perm(APPROVE),
                "refusal": refusal,
            },
            status=refusal.status if refusal else 200,
        )

    def _decide(self, request: HttpRequest, count: StockCount) -> HttpResponse:
        if not request.user.has_perm(APPROVE):
            return self._show(request, count, Refusal(_t("A manager decides on the differences.")))
        chosen = [int(pk) for pk in request.POST.getlist("line") if pk.isdecimal() and len(pk) < 19]
        try:
            said = self._do(request, count, request.POST.get("do", ""), chosen)
        except Refusal as refusal:
            return self._show(request, count, refusal)
        self.message_user(request, said, messages.SUCCESS)
        return HttpResponseRedirect(request.path)

    def _do(self, request: HttpRequest, count: StockCount, what: str, chosen: list[int]) -> str:
        how: dict[str, Any] = {"count_id": count.pk, "at": timezone.now(), "actor": actor(request)}
        if what == "cancel":
            counts.cancel(**how)
            return _t("The count is called off. The book is as it was.")
        if what != "approve_all" and not chosen:
            raise Refusal(_t("Choose at least one line."))
        if what == "recount":
            done = counts.recount(line_ids=chosen, **how)
            return ngettext(
                "%(n)s article goes back to be counted.",
                "%(n)s articles go back to be counted.",
                done,
            ) % {"n": done}
        lines = None if what == "approve_all" else chosen
        done = counts.approve(line_ids=lines, own=approves_own(request.user), **how)
        return ngettext(
            "%(n)s line approved: the book says what was counted.",
            "%(n)s lines approved: the book says what was counted.",
            done,
        ) % {"n": done}


def _waiting(count: StockCount, rows: list[Found]) -> bool:
    """Whether something is left to decide."""
    if count.status == StockCount.Status.SUBMITTED:
        return True
    return bool(
        count.status == StockCount.Status.COUNTING
        and count.submitted_at
        and any(row.line.decision != CountLine.Decision.APPROVED for row in rows)
    )

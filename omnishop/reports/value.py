"""Pages on what customers are worth. Each cell of the RFM table opens as a segment (UX R2)."""

import json
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from omnishop.kernel.templatetags.omnishop import percent
from omnishop.reports import worth
from omnishop.reports.charts import chart
from omnishop.reports.segments import allowed
from omnishop.reports.views import day_name, today

SCORES = range(1, 6)
LONGEST = 36  # months


def _opens(*conditions: dict[str, Any]) -> str:
    rules = json.dumps({"all": list(conditions)}, separators=(",", ":"))
    return f"{reverse('reports:segment_new')}?{urlencode({'rules': rules})}"


@require_GET
@allowed("view_segment")
def rfm(request: HttpRequest) -> HttpResponse:
    """Five by five: how lately, how often; people and turnover of each."""
    found = worth.rfm()
    most = max((cell.people for cell in found.cells.values()), default=0) or 1
    rows = []
    for r in reversed(SCORES):
        cells = []
        for f in SCORES:
            cell = found.cells.get((r, f), worth.Cell())
            scores = {"is": "rfm_r", "in": [str(r)]}, {"is": "rfm_f", "in": [str(f)]}
            cells.append(
                {
                    "people": cell.people,
                    "amount": cell.amount_minor,
                    "heat": -(-4 * cell.people // most),
                    "url": _opens(*scores),
                }
            )
        rows.append({"score": r, "cells": cells})
    return render(
        request,
        "reports/rfm.html",
        {
            "rows": rows,
            "scores": SCORES,
            "total": found.total,
            "computed_at": found.computed_at,
            "currency": settings.CURRENCY,
            "section": "rfm",
        },
    )


def _months(month: date, add: int) -> date:
    position = month.year * 12 + month.month - 1 + add
    return date(position // 12, position % 12 + 1, 1)


class CohortForm(forms.Form):
    """Which months; both lie in the address (R1)."""

    first = forms.DateField(
        label=gettext_lazy("From"),
        input_formats=["%Y-%m"],
        widget=forms.DateInput({"type": "month"}, "%Y-%m"),
    )
    last = forms.DateField(
        label=gettext_lazy("To"),
        input_formats=["%Y-%m"],
        widget=forms.DateInput({"type": "month"}, "%Y-%m"),
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        first, last = data.get("first"), data.get("last")
        if first and last and last < first:
            self.add_error("last", _("The last month comes before the first."))
        elif first and last and _months(first, LONGEST) <= last:
            self.add_error("first", _("Ask for three years at the most."))
        return data


@require_GET
@allowed("view_segment")
def cohorts(request: HttpRequest) -> HttpResponse:
    """Of the people who first bought in a month, the share that bought in each month since."""
    now = today().replace(day=1)
    span = {"first": _months(now, -11), "last": now}
    if "first" in request.GET:
        form = CohortForm(request.GET)
        span = form.cleaned_data if form.is_valid() else span
    else:
        form = CohortForm(initial=span)
    found = worth.cohorts(span["first"], span["last"])
    width = max((max(cohort.active) for cohort in found), default=0)
    rows = []
    for cohort in found:
        age = (now.year - cohort.month.year) * 12 + now.month - cohort.month.month
        cells = [_share(cohort, since, age) for since in range(1, width + 1)]
        rows.append({"name": day_name(cohort.month, "month"), "size": cohort.size, "cells": cells})
    again = _again(found, width)
    return render(
        request,
        "reports/cohorts.html",
        {
            "form": form,
            "rows": rows,
            "since": range(1, width + 1),
            "chart": chart([(f"+{since}", percent(bp), bp) for since, bp in again]),
            "section": "cohorts",
            "now": timezone.now(),
        },
        status=422 if form.errors else 200,
    )


def _share(cohort: worth.Cohort, since: int, age: int) -> dict[str, Any]:
    if since > age:
        return {"empty": True}
    people = cohort.active.get(since, 0)
    bp = _whole(people, cohort.size)
    return {"people": people, "bp": bp, "heat": min(4, -(-bp // 1000))}


def _whole(part: int, of: int) -> int:
    """A share in basis points, in whole per cents."""
    return (200 * part + of) // (2 * of) * 100 if of else 0


def _again(found: list[worth.Cohort], width: int) -> list[tuple[int, int]]:
    """The share over all cohorts that are old enough, month by month since the first."""
    now = today()
    shares = []
    for since in range(1, width + 1):
        old = [one for one in found if _months(one.month, since) <= now.replace(day=1)]
        size = sum(one.size for one in old)
        people = sum(one.active.get(since, 0) for one in old)
        shares.append((since, _whole(people, size)))
    return shares

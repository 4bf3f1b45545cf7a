"""The sales report: what was asked, its figures, its rows, its file."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from omnishop.kernel.templatetags.omnishop import day, money, number
from omnishop.reports import exports, selectors
from omnishop.reports.charts import chart
from omnishop.reports.forms import SalesForm
from omnishop.reports.selectors import SITE, Figures, Question, Report
from orders.models import Channel

View = Callable[..., HttpResponseBase]


def for_staff(view: View) -> View:
    """Staff alone; others are asked to sign in, or turned away."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not request.user.is_staff:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def today() -> date:
    """Today at head office."""
    return timezone.now().astimezone(ZoneInfo(settings.TIME_ZONE)).date()


def orders_url(asked: Question, **narrower: Any) -> str:
    """The orders behind a figure, in the back office."""
    query: dict[str, Any] = {
        "sold_on_from": asked.first.isoformat(),
        "sold_on_to": asked.last.isoformat(),
    }
    if asked.channel:
        query["channel__exact"] = asked.channel
    if asked.stores and len(asked.stores) == 1:
        query |= _store_query(asked.stores[0])
    return f"{reverse('admin:orders_order_changelist')}?{urlencode(query | narrower)}"


def returns_url(asked: Question) -> str:
    """The returns and cancellations behind a figure, in the back office."""
    query: dict[str, Any] = {
        "business_on_from": asked.first.isoformat(),
        "business_on_to": asked.last.isoformat(),
        "counts__exact": 1,
    }
    if asked.channel:
        query["order__channel__exact"] = asked.channel
    if asked.stores and len(asked.stores) == 1:
        for name, value in _store_query(asked.stores[0]).items():
            query[f"order__{name}"] = value
    return f"{reverse('admin:orders_return_changelist')}?{urlencode(query)}"


def _store_query(store: int) -> dict[str, Any]:
    return {"store__isnull": True} if store == SITE else {"store__id__exact": store}


def _share(now: int, before: int | None) -> str:
    """By how much a figure changed: "+12,3 %"; nothing to say after nothing."""
    if not before:
        return ""
    share = f"{(now - before) / abs(before):+.1%}".replace("-", "−")
    return share.replace(".", ",").replace("%", "\u202f%") if exports.french() else share


def tiles(now: Figures, then: Figures | None, asked: Question) -> list[dict[str, Any]]:
    """The headline figures: each says what it is, and opens its rows."""
    cash = now.currency
    rows, back = orders_url(asked), returns_url(asked)

    def tile(label: str, help_text: str, name: str, url: str, *, is_money: bool = True) -> Any:
        value = getattr(now, name)
        before = getattr(then, name) if then else None
        return {
            "label": label,
            "help": help_text,
            "value": money(value, cash) if is_money else number(value),
            "before": None
            if before is None
            else (money(before, cash) if is_money else number(before)),
            "change": _share(value, before),
            "url": url,
        }

    return [
        tile(
            _("Turnover incl. VAT"),
            _("Sold less given back, tax included, delivery included."),
            "gross_minor",
            rows,
        ),
        tile(_("VAT"), _("Tax inside the turnover."), "tax_minor", rows),
        tile(
            _("Turnover excl. VAT"), _("Turnover incl. VAT less its VAT."), "net_minor", rows
        ),
        tile(
            _("Sold"),
            _("Orders on the day the sale counts: paid on the site, rung up in a shop."),
            "sold_minor",
            rows,
        ),
        tile(
            _("Given back"),
            _("Returns and cancellations of sales, on their own day, at the store of the sale."),
            "returned_minor",
            back,
        ),
        tile(_("Orders"), _("Sales, tickets and web orders alike."), "orders", rows,
             is_money=False),
        tile(_("Units"), _("Articles sold less articles given back; no delivery."), "units",
             rows, is_money=False),
        tile(_("Average basket"), _("Sold divided by orders, before returns."),
             "average_minor", rows),
    ]  # fmt: skip


def _header(first: str) -> list[dict[str, Any]]:
    names = [
        *(_("Orders"), _("Units"), _("Sold"), _("Given back")),
        *(_("Turnover incl. VAT"), _("VAT"), _("Turnover excl. VAT"), _("Average basket")),
    ]
    return [
        {"label": first, "num": False, "sort": ""},
        *({"label": name, "num": True, "sort": ""} for name in names),
    ]


def _cells(figures: Figures) -> list[str]:
    cash = figures.currency
    return [
        number(figures.orders),
        number(figures.units),
        money(figures.sold_minor, cash),
        money(-figures.returned_minor, cash) if figures.returned_minor else money(0, cash),
        money(figures.gross_minor, cash),
        money(figures.tax_minor, cash),
        money(figures.net_minor, cash),
        money(figures.average_minor, cash),
    ]


def day_name(start: date, step: str) -> str:
    """How a row of the table by day is called, by the length of its step."""
    if step == "month":
        name = day(start.replace(day=2)).split("\u00a0")[-1]
        return f"{name} {start.year}"
    if step == "week":
        return _("week of %(day)s") % {"day": day(start)}
    return f"{day(start)} {start.year}"


def steps_of(asked: Question) -> list[date]:
    """Every day, week or month of the period, those without a sale too."""
    start = asked.first
    if asked.step == "week":
        start -= timedelta(days=start.weekday())
    elif asked.step == "month":
        start = start.replace(day=1)
    found = []
    while start <= asked.last:
        found.append(start)
        if asked.step == "month":
            start = (start.replace(day=28) + timedelta(days=4)).replace(day=1)
        else:
            start += timedelta(days=7 if asked.step == "week" else 1)
    return found


def breakdown(
    report: Report, by: str, asked: Question, names: dict[int, str]
) -> list[tuple[str, str, Figures]]:
    """(name, address of its orders, figures) by day, channel or store."""
    if by == "day":
        rows = []
        for start in steps_of(asked):
            last = {
                "day": start,
                "week": start + timedelta(days=6),
                "month": (start.replace(day=28) + timedelta(days=4)).replace(day=1)
                - timedelta(days=1),
            }[asked.step]
            span = {
                "sold_on_from": max(start, asked.first).isoformat(),
                "sold_on_to": min(last, asked.last).isoformat(),
            }
            figures = report.by_day.get(start, Figures(report.total.currency))
            rows.append((day_name(start, asked.step), orders_url(asked, **span), figures))
        return rows
    if by == "channel":
        return [
            (str(capfirst(Channel(code).label)), orders_url(asked, channel__exact=code), figures)
            for code, figures in sorted(report.by_channel.items())
        ]
    return [
        (_store_name(pk, names), orders_url(asked, **_store_query(pk)), figures)
        for pk, figures in sorted(
            report.by_store.items(), key=lambda item: (item[0] == SITE, names.get(item[0], ""))
        )
    ]


def _store_name(pk: int, names: dict[int, str]) -> str:
    return _("Site") if pk == SITE else names.get(pk, str(pk))


def _table(
    caption: str, first: str, rows: list[tuple[str, str, Figures]], total: Figures, by: str
) -> dict[str, Any]:
    return {
        "by": by,
        "caption": caption,
        "columns": _header(first),
        "rows": [
            [format_html('<a href="{}">{}</a>', url, name), *_cells(figures)]
            for name, url, figures in rows
        ],
        "foot": [_("Total"), *_cells(total)],
    }


WORDS: dict[str, Callable[[], tuple[str, str]]] = {
    "day": lambda: (_("Sales by day"), _("Day")),
    "channel": lambda: (_("Sales by channel"), _("Channel")),
    "store": lambda: (_("Sales by store, the site beside them"), _("Store")),
}


@never_cache
@require_GET
@for_staff
def sales(request: HttpRequest) -> HttpResponse:
    """Sales of a period by day, channel and store, with totals that add up."""
    form = SalesForm(request.GET or None, user=request.user, today=today())
    asked = form.question()
    then = form.compared()
    found = selectors.sales(asked) or [Report(Figures(settings.CURRENCY), {}, {}, {})]
    earlier = {report.total.currency: report for report in selectors.sales(then)} if then else {}
    names = selectors.names_of([pk for report in found for pk in report.by_store])
    blocks = []
    for report in found:
        before = earlier.get(report.total.currency) if then else None
        if then and before is None:
            before = Report(Figures(report.total.currency), {}, {}, {})
        days = breakdown(report, "day", asked, names)
        marks = [
            before.by_day.get(start, Figures("")).gross_minor for start in steps_of(then)
        ] if before and then else None  # fmt: skip
        blocks.append(
            {
                "currency": report.total.currency,
                "tiles": tiles(report.total, before.total if before else None, asked),
                "chart": chart(
                    [
                        (name, money(figures.gross_minor, figures.currency), figures.gross_minor)
                        for name, _url, figures in days
                    ],
                    marks,
                ),
                "first_label": days[0][0],
                "last_label": days[-1][0],
                "tables": [
                    _table(
                        WORDS[by]()[0],
                        WORDS[by]()[1],
                        breakdown(report, by, asked, names),
                        report.total,
                        by,
                    )
                    for by in ("channel", "store", "day")
                ],
            }
        )
    return render(
        request,
        "reports/sales.html",
        {
            "form": form,
            "asked": asked,
            "then": then,
            "blocks": blocks,
            "collected": selectors.collected(asked),
            "now": timezone.now(),
            "query": request.GET.urlencode(),
            "no_store": asked.stores == (),
        },
        status=422 if form.errors else 200,
    )


@never_cache
@require_GET
@for_staff
def sales_csv(request: HttpRequest, by: str) -> HttpResponseBase:
    """The same figures for a spreadsheet: one row a day, channel or store, and the total."""
    if by not in WORDS:
        raise Http404
    form = SalesForm(request.GET or None, user=request.user, today=today())
    if form.errors:
        return render(request, "reports/refused.html", {"form": form}, status=422)
    asked = form.question()
    found = selectors.sales(asked)
    names = selectors.names_of([pk for report in found for pk in report.by_store])
    rows = []
    for report in found:
        lines = breakdown(report, by, asked, names)
        for name, figures in [*((line[0], line[2]) for line in lines), (_("Total"), report.total)]:
            cash = figures.currency
            rows.append(
                [
                    name,
                    cash,
                    figures.orders,
                    figures.units,
                    exports.amount(figures.sold_minor, cash),
                    exports.amount(-figures.returned_minor, cash),
                    exports.amount(figures.gross_minor, cash),
                    exports.amount(figures.tax_minor, cash),
                    exports.amount(figures.net_minor, cash),
                    exports.amount(figures.average_minor, cash),
                ]
            )
    labels = [column["label"] for column in _header(WORDS[by]()[1])]
    file_name = f"{_('sales')}-{by}-{asked.first}-{asked.last}-{get_language()}.csv"
    return exports.table(file_name, [labels[0], _("Currency"), *labels[1:]], rows)

"""What became of messages, for staff: each number opens its rows (UX R2)."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.message_board import PERIODS, Figures, board, why
from customers.models import Message
from omnishop.kernel.admin import ReadOnlyAdmin


def board_page(admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponse:
    """The page of `message_board`; `?days=` says of how many."""
    at = timezone.now()
    asked = request.GET.get("days", "")
    days = int(asked) if asked in map(str, PERIODS) else 30
    since = (at - timedelta(days=days)).isoformat()
    figures = board(admin.get_queryset(request), days=days, at=at)
    return TemplateResponse(
        request,
        "admin/customers/message/board.html",
        {
            **admin.admin_site.each_context(request),
            "title": _("What became of messages"),
            "opts": admin.model._meta,
            "rows": [_with_links(one, since) for one in figures],
            "days": days,
            "periods": PERIODS,
            "now": at,
        },
    )


def _with_links(one: Figures, since: str) -> dict[str, Any]:
    def rows(**query: str) -> str:
        keys = {"template": one.template, "channel": one.channel, "purpose": one.purpose} | query
        address = {f"{key}__exact": value for key, value in keys.items()}
        return f"{reverse('admin:customers_message_changelist')}?" + urlencode(
            address | {"queued_at__gt": since}
        )

    kept = ((Message.Status.WITHHELD, one.withheld), (Message.Status.FAILED, one.failed))
    return {
        "figures": one,
        "purpose": Message.Purpose(one.purpose).label,
        "channel": Message.Channel(one.channel).label,
        "all": rows(),
        "waiting": rows(status="queued"),
        "sent": rows(status="sent"),
        "arrived": rows(status="sent", arrival="delivered"),
        "bounced": rows(status="sent", arrival="bounced"),
        "complained": rows(status="sent", arrival="complained"),
        "reasons": [
            (why(reason), count, rows(status=status, reason=reason))
            for status, reasons in kept
            for reason, count in reasons.items()
        ],
    }

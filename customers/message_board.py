"""What became of the messages of some days, service messages too: sent, or not, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from customers.models import Message

Status = Message.Status
PERIODS = (1, 7, 30, 90)  # days


@dataclass(slots=True)
class Figures:
    """The messages of one template in one channel: what was written waits, was sent, or was not."""

    purpose: str
    template: str
    channel: str
    written: int = 0
    waiting: int = 0
    tried: int = 0  # of those that wait: a try failed, another one comes
    sent: int = 0
    unsure: int = 0  # of those sent: the carrier failed after it may have taken it
    arrived: int = 0  # of those sent, as their carrier says; one that tells nothing is not here
    bounced: int = 0
    complained: int = 0
    clicked: int = 0
    withheld: dict[str, int] = field(default_factory=dict)  # by reason, as the rows have it
    failed: dict[str, int] = field(default_factory=dict)

    def add(self, status: str, reason: str, counts: Mapping[str, Any]) -> None:
        """Count rows of one status and reason."""
        count = counts["count"]
        self.written += count
        self.clicked += counts["clicked"]
        if status == Status.SENT:
            self.sent += count
            self.unsure += count if reason else 0
            self.arrived += counts["arrived"]
            self.bounced += counts["bounced"]
            self.complained += counts["complained"]
        elif status == Status.QUEUED:
            self.waiting += count
            self.tried += counts["tried"]
        else:
            reasons = self.withheld if status == Status.WITHHELD else self.failed
            reasons[reason] = reasons.get(reason, 0) + count


def board(messages: QuerySet[Message], *, days: int, at: datetime) -> list[Figures]:
    """The figures of messages written in the last days, service messages first. One statement.

    Whom a campaign could not reach is on the campaign's own board.
    """
    rows = (
        messages.filter(queued_at__gt=at - timedelta(days=days))
        .order_by()
        .values("purpose", "template", "channel", "status", "reason")
        .annotate(
            count=Count("pk"),
            clicked=Count("clicked_at"),
            tried=Count("pk", filter=Q(attempts__gt=0)),
            arrived=Count("pk", filter=Q(arrival=Message.Arrival.DELIVERED)),
            bounced=Count("pk", filter=Q(arrival=Message.Arrival.BOUNCED)),
            complained=Count("pk", filter=Q(arrival=Message.Arrival.COMPLAINED)),
        )
    )
    found: dict[tuple[str, str, str], Figures] = {}
    for row in rows:
        key = (row["purpose"], row["template"], row["channel"])
        found.setdefault(key, Figures(*key)).add(row["status"], row["reason"], row)
    order = [str(Message.Purpose.SERVICE), str(Message.Purpose.MARKETING)]
    return sorted(
        found.values(), key=lambda one: (order.index(one.purpose), one.template, one.channel)
    )


def why(reason: str) -> str:
    """A reason of a row in words; what a carrier answered keeps its own name."""
    if reason in Message.Reason:
        return str(Message.Reason(reason).label)
    if not reason:
        return _("no reason was kept")
    return _("the carrier failed: %(name)s") % {"name": reason}

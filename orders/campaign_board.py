"""What campaigns did: each message sent or not, why, and what was bought after it."""

from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Count, F, Q, Sum

from orders.models import Attribution, Campaign, CampaignStep, OrderLine, Relaunch

Status = Relaunch.Status


@dataclass(slots=True)
class StepFigures:
    """One step: what was planned is what waits, was sent, was not sent, was held out."""

    step: CampaignStep
    planned: int = 0
    scheduled: int = 0
    sent: int = 0
    held_out: int = 0
    withheld: int = 0
    clicked: int = 0
    unsure: int = 0  # handed over, but the carrier failed afterwards
    came_back: int = 0  # bounced, or reported as unwanted
    segments: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    orders: int = 0
    amount_minor: int = 0


@dataclass(frozen=True, slots=True)
class ChannelSales:
    """What was sold in a channel after a message of the campaign, less what came back."""

    channel: str
    orders: int
    after_click: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Compared:
    """People who got messages, or were held out, and how many of them bought in any channel."""

    people: int
    buyers: int
    amount_minor: int

    @property
    def share_bp(self) -> int:
        return round(10_000 * self.buyers / self.people) if self.people else 0

    @property
    def each_minor(self) -> int:
        return round(self.amount_minor / self.people) if self.people else 0


@dataclass(frozen=True, slots=True)
class Board:
    """The figures of a campaign; each number is a list of rows."""

    steps: list[StepFigures]
    channels: list[ChannelSales]
    sent: Compared
    held_out: Compared

    @property
    def difference_bp(self) -> int | None:
        """How much more often those who got a message bought; None without a group to compare."""
        if not self.sent.people or not self.held_out.people:
            return None
        return self.sent.share_bp - self.held_out.share_bp


def board(campaign: Campaign) -> Board:
    """The figures of a campaign, in six statements."""
    steps = {step.pk: StepFigures(step) for step in campaign.steps.order_by("number")}
    rows = Relaunch.objects.filter(campaign_step__in=steps)
    for step_id, status, reason, count in rows.values_list(
        "campaign_step", "status", "reason"
    ).annotate(n=Count("pk")).order_by("-n"):  # fmt: skip
        one = steps[step_id]
        one.planned += count
        setattr(one, status, getattr(one, status) + count)
        if status == Status.WITHHELD:
            one.reasons[reason] = count
    arrived = (
        rows.filter(status=Status.SENT)
        .values_list("campaign_step")
        .annotate(
            clicked=Count("message__clicked_at"),
            unsure=Count("pk", filter=Q(message__reason__startswith="unsure")),
            segments=Sum("message__segments"),
            came_back=Count("pk", filter=Q(message__arrival__in=["bounced", "complained"])),
        )
    )
    for step_id, clicked, unsure, segments, came_back in arrived:
        one = steps[step_id]
        one.clicked, one.unsure, one.segments = clicked, unsure, segments or 0
        one.came_back = came_back
    sales = Attribution.objects.filter(relaunch__campaign_step__in=steps)
    money = dict(
        OrderLine.objects.filter(order__attribution__in=sales)
        .values_list("order")
        .annotate(n=Sum(F("total_minor") - F("refunded_minor")))
    )
    channels: dict[str, list[int]] = {}
    for order_id, step_id, channel, touch in sales.values_list(
        "order", "relaunch__campaign_step", "order__channel", "touch"
    ):
        one, sums = steps[step_id], channels.setdefault(channel, [0, 0, 0])
        one.orders += 1
        one.amount_minor += money.get(order_id, 0)
        sums[0] += 1
        sums[1] += touch == Attribution.Touch.CLICK
        sums[2] += money.get(order_id, 0)
    compared = _compared(campaign)
    return Board(
        steps=list(steps.values()),
        channels=[ChannelSales(channel, *sums) for channel, sums in sorted(channels.items())],
        sent=compared.get(Status.SENT, Compared(0, 0, 0)),
        held_out=compared.get(Status.HELD_OUT, Compared(0, 0, 0)),
    )


# Both groups by the same rule: what the person bought in any channel in the days after the first
# decision about them, whether a message names it or not.
_COMPARED = """
WITH decided AS (
  SELECT coalesce(c.merged_into_id, c.id) AS person, r.status, min(r.decided_at) AS at
    FROM orders_relaunch r
    JOIN orders_campaignstep s ON s.id = r.campaign_step_id AND s.campaign_id = %(campaign)s
    LEFT JOIN customers_message m ON m.id = r.message_id
    JOIN customers_customer c ON c.id = coalesce(m.customer_id, r.customer_id)
   WHERE r.status IN ('sent', 'held_out')
   GROUP BY 1, 2)
SELECT d.status, count(*), count(b.orders), coalesce(sum(b.amount), 0)
  FROM decided d
  LEFT JOIN LATERAL (
    SELECT count(DISTINCT o.id) AS orders, sum(l.total_minor - l.refunded_minor) AS amount
      FROM customers_customer p JOIN orders_order o ON o.customer_id = p.id
      JOIN orders_orderline l ON l.order_id = o.id
     WHERE (p.id = d.person OR p.merged_into_id = d.person)
       AND o.status IN ('placed', 'fulfilled') AND o.placed_at > d.at
       AND o.placed_at <= d.at + make_interval(days => %(days)s)
    HAVING count(*) > 0) b ON true
 GROUP BY d.status
"""


def _compared(campaign: Campaign) -> dict[str, Compared]:
    with connection.cursor() as cursor:
        cursor.execute(_COMPARED, {"campaign": campaign.pk, "days": campaign.attribution_days})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return {
        status: Compared(people, buyers, int(amount)) for status, people, buyers, amount in rows
    }

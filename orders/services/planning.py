"""What campaigns are about, found by one statement a step (DESIGN 3.7, FIELD 40).

A step is planned when its moment comes, from what happened in the window since the last sweep.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from omnishop.kernel.claims import claim
from orders.models import Campaign, CampaignStep
from orders.services import audiences

OVERLAP = {Campaign.Kind.BASKET: timedelta(minutes=15)}  # what is written down a little late
LATE_DAYS = timedelta(days=2)  # sales of a till that was offline
Kind = Campaign.Kind

# Each gives customer_id, basket_id, document, since, happened_at, facts.
SOURCES: dict[str, str] = {
    Kind.BASKET: """
        SELECT b.customer_id, b.id AS basket_id, 'basket:' || b.id AS document,
               b.changed_at AS since, b.changed_at AS happened_at, '{}'::jsonb AS facts
          FROM orders_basket b
         WHERE b.status = 'open' AND b.till_id IS NULL AND b.channel = 'web'
           AND (b.customer_id IS NOT NULL OR b.email <> '')
           AND EXISTS (SELECT 1 FROM orders_basketline l WHERE l.basket_id = b.id)
    """,
    Kind.REVIEW: """
        SELECT coalesce(c.merged_into_id, c.id) AS customer_id, NULL::bigint AS basket_id,
               o.number AS document, f.closed_at AS since, f.closed_at AS happened_at,
               '{}'::jsonb AS facts
          FROM orders_fulfilment f
          JOIN orders_order o ON o.id = f.order_id
          JOIN customers_customer c ON c.id = o.customer_id
         WHERE f.status = 'handed_over' AND o.status = 'fulfilled'
    """,
    Kind.POINTS: """
        SELECT coalesce(c.merged_into_id, c.id) AS customer_id, NULL::bigint AS basket_id,
               'points:' || a.id || ':' || l.expires_at::date AS document,
               l.expires_at - make_interval(days => %(lead)s) AS since,
               l.expires_at - make_interval(days => %(lead)s) AS happened_at,
               jsonb_build_object('account', a.id, 'expires_at', l.expires_at) AS facts
          FROM loyalty_pointslot l
          JOIN loyalty_account a ON a.id = l.account_id
          JOIN customers_customer c ON c.id = a.customer_id
         WHERE l.remaining > 0
    """,
    # 29 February is kept on the 28th of other years.
    Kind.BIRTHDAY: """
        SELECT c.id AS customer_id, NULL::bigint AS basket_id,
               'birthday:' || c.id || ':' || extract(year FROM d.day) AS document,
               d.at AS since, d.at AS happened_at,
               jsonb_build_object('day', d.day) AS facts
          FROM generate_series(
                 (%(from)s AT TIME ZONE 'Europe/Paris')::date,
                 (%(until)s AT TIME ZONE 'Europe/Paris')::date, interval '1 day') s(sent_on)
          CROSS JOIN LATERAL (
            SELECT (s.sent_on + make_interval(days => %(lead)s))::date AS day,
                   (s.sent_on + interval '9 hours') AT TIME ZONE 'Europe/Paris' AS at) d
          JOIN customers_customer c ON c.merged_into_id IS NULL AND c.birth_date IS NOT NULL
           AND (to_char(c.birth_date, 'MMDD') = to_char(d.day, 'MMDD')
                OR to_char(c.birth_date, 'MMDD') = '0229' AND to_char(d.day, 'MMDD') = '0228'
                   AND to_char(d.day + 1, 'MMDD') = '0301')
    """,
    Kind.WIN_BACK: """
        SELECT p.id AS customer_id, NULL::bigint AS basket_id,
               'bought:' || p.id || ':' || o.placed_at::date AS document,
               o.placed_at + interval '1 second' AS since, o.placed_at AS happened_at,
               '{}'::jsonb AS facts
          FROM orders_order o
          JOIN customers_customer c ON c.id = o.customer_id
          JOIN customers_customer p ON p.id = coalesce(c.merged_into_id, c.id)
         WHERE o.status IN ('placed', 'fulfilled')
           AND NOT EXISTS (
             SELECT 1 FROM customers_customer d JOIN orders_order n ON n.customer_id = d.id
              WHERE (d.id = p.id OR d.merged_into_id = p.id)
                AND n.placed_at > o.placed_at AND n.status IN ('placed', 'fulfilled'))
    """,
    Kind.NEWSLETTER: """
        SELECT c.id AS customer_id, NULL::bigint AS basket_id, 'person:' || c.id AS document,
               %(starts)s::timestamptz AS since, %(starts)s::timestamptz AS happened_at,
               '{}'::jsonb AS facts
          FROM customers_customer c
         WHERE c.merged_into_id IS NULL
           AND EXISTS (
             SELECT 1 FROM customers_consentevent e
               JOIN customers_customer d ON d.id = e.customer_id
              WHERE (d.id = c.id OR d.merged_into_id = c.id)
                AND e.purpose = 'marketing' AND e.channel = %(channel)s AND e.granted)
    """,
}
# What is planned by whoever notices it (`campaigns.plan`) has no source here.
SWEPT = tuple(kind for kind in SOURCES if kind != Kind.BASKET)


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something about a live person that a campaign may tell: one document is told once."""

    customer_id: int
    document: str
    facts: dict[str, Any] = field(default_factory=dict)


def schedule(*, at: datetime) -> int:
    """Plan the reminders of baskets left behind whose moment came."""
    return sum(_sweep(pk, at=at) for pk in _steps([Kind.BASKET]))


def sweep(*, at: datetime) -> int:
    """Plan what other campaigns are about."""
    return sum(_sweep(pk, at=at) for pk in _steps(SWEPT))


def _steps(kinds: Any) -> list[int]:
    steps = CampaignStep.objects.filter(
        campaign__kind__in=kinds, campaign__status=Campaign.Status.ACTIVE
    )
    return list(steps.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def _sweep(step_id: int, *, at: datetime) -> int:
    step = claim(CampaignStep.objects.select_related("campaign").filter(pk=step_id)).first()
    if step is None or not runs(step.campaign, at):
        return 0
    oldest = step.planned_until
    if oldest is not None:
        oldest = min(oldest, at) - OVERLAP.get(Kind(step.campaign.kind), LATE_DAYS)
    made = write(step, at=at, oldest=oldest)
    step.planned_until = at
    step.save(update_fields=["planned_until"])
    return made


def runs(campaign: Campaign, at: datetime) -> bool:
    """Whether an instant is within the campaign's period."""
    return (campaign.starts_at is None or campaign.starts_at <= at) and (
        campaign.ends_at is None or at < campaign.ends_at
    )


def window(
    step: CampaignStep, *, at: datetime, activated_at: datetime
) -> tuple[datetime, datetime]:
    """Between which instants something must have happened for the step to be due now.

    Not before the horizon; and of steps whose moment came before the campaign was switched on
    only those of the last hours: no months-old baskets, no three reminders at once (FIELD 40).
    """
    campaign = step.campaign
    horizon = timedelta(days=campaign.horizon_days)
    reach = horizon if campaign.kind == Kind.BASKET else horizon + step.delay
    before = timedelta(hours=campaign.catch_up_hours)
    return max(at - reach, activated_at - before - step.delay), at - step.delay


def write(step: CampaignStep, *, at: datetime, oldest: datetime | None = None) -> int:
    """Plan a step for all that is due; one statement, and what is planned stays planned once.

    `oldest`: the end of the last sweep; what became due before it was looked at then.
    """
    campaign = step.campaign
    activated_at = campaign.activated_at or at
    start, until = window(step, at=at, activated_at=activated_at)
    if oldest is not None:
        start = max(start, oldest - step.delay)
    audience, named = audiences.condition(campaign, at=at)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO orders_relaunch
              (campaign_step_id, step, basket_id, customer_id, document, facts, status, reason,
               since, due_at, dropped)
            SELECT %(step)s, %(number)s, e.basket_id, e.customer_id, e.document, e.facts,
                   'scheduled', '', e.since, e.happened_at + %(delay)s, '[]'
              FROM ({SOURCES[campaign.kind]}) e
             WHERE e.happened_at >= %(from)s AND e.happened_at < %(until)s {audience}
            ON CONFLICT DO NOTHING
            """,  # noqa: S608  fragments of this module
            named
            | {
                "step": step.pk,
                "number": step.number,
                "channel": step.channel,
                "delay": step.delay,
                "lead": campaign.lead_days,
                "starts": campaign.starts_at or activated_at - timedelta(seconds=1),
                "from": start,
                "until": until,
                "at": at,
            },
        )
        return int(cursor.rowcount)


def notice(step: CampaignStep, noticed: Sequence[Noticed], *, at: datetime) -> set[int]:
    """Plan a step for what was just noticed; the people of the audience it is planned for.

    One statement; a document that is planned already is left alone.
    """
    audience, named = audiences.condition(step.campaign, at=at)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO orders_relaunch
              (campaign_step_id, step, customer_id, document, facts, status, reason,
               since, due_at, dropped)
            SELECT %(step)s, %(number)s, e.customer_id, e.document, e.facts,
                   'scheduled', '', %(at)s, %(at)s + %(delay)s, '[]'
              FROM jsonb_to_recordset(%(noticed)s)
                AS e(customer_id bigint, document text, facts jsonb)
             WHERE true {audience}
            ON CONFLICT DO NOTHING RETURNING customer_id
            """,  # noqa: S608  fragments of this module
            named
            | {
                "step": step.pk,
                "number": step.number,
                "delay": step.delay,
                "noticed": json.dumps([asdict(one) for one in noticed]),
                "at": at,
            },
        )
        return {customer_id for (customer_id,) in cursor.fetchall()}

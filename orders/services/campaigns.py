"""Campaigns as staff use them: count, switch on, pause, end; try out; what a click opens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.models import Message
from customers.services.marketing import rule_of
from omnishop.kernel.errors import Invalid, Refusal
from orders.campaign_texts import unknown_places
from orders.models import Campaign, CampaignStep, Relaunch
from orders.services import planning

OPEN_FOR = timedelta(days=60)  # the link of a message
Status = Campaign.Status


def plan(*, kind: str, noticed: Sequence[planning.Noticed], at: datetime) -> set[int]:
    """Plan the messages about what was just noticed; the people for whom something was planned.

    Once per document and step, however often it is told. Nothing is planned while no campaign of
    the kind is on, nor for people outside its audience. The guard decides when it is due.
    """
    steps = CampaignStep.objects.filter(campaign__kind=kind, campaign__status=Status.ACTIVE)
    people: set[int] = set()
    for step in steps.select_related("campaign"):
        if planning.runs(step.campaign, at):
            people |= planning.notice(step, noticed, at=at)
    return people


@dataclass(frozen=True, slots=True)
class Forecast:
    """What switching on would lead to at once."""

    planned: int
    no_address: int
    no_consent: int
    cap: int

    @property
    def sent(self) -> int:
        """Messages that would leave, but for what was bought, is sold out, or is held out."""
        return self.planned - self.no_address - self.no_consent - self.cap


def forecast(campaign: Campaign, *, at: datetime) -> Forecast:
    """How many messages would be planned at this instant and why some would stay (FIELD 40).

    Planned for real and taken back, so that the count is the one that will be.
    """
    counts = [0, 0, 0, 0]
    with transaction.atomic():
        for step in campaign.steps.order_by("number"):
            step.campaign = campaign
            if planning.write(step, at=at):
                for index, number in enumerate(_reasons(step, at=at)):
                    counts[index] += number
        transaction.set_rollback(True)
    return Forecast(*counts)


def _reasons(step: CampaignStep, *, at: datetime) -> tuple[int, ...]:
    rule = rule_of(step.channel)
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT,
            {
                "step": step.pk,
                "kind": "phone" if step.channel == Message.Channel.SMS else "email",
                "push": step.channel == Message.Channel.PUSH,
                "channel": step.channel,
                "at": at,
                "since": at - timedelta(days=rule.within_days),
                "most": rule.most,
            },
        )
        return tuple(cursor.fetchone())


# Each planned row has one reason: the first that holds.
_COUNT = """
WITH planned AS (
  SELECT r.id, coalesce(p.merged_into_id, p.id) AS person
    FROM orders_relaunch r
    LEFT JOIN orders_basket b ON b.id = r.basket_id
    LEFT JOIN customers_identity i ON r.customer_id IS NULL AND i.kind = 'email'
                                  AND i.value = lower(b.email)
    LEFT JOIN customers_customer p ON p.id = coalesce(r.customer_id, i.customer_id)
   WHERE r.campaign_step_id = %(step)s AND r.status = 'scheduled'),
looked AS (
  SELECT s.id,
         s.person IS NOT NULL AND CASE WHEN %(push)s
           THEN EXISTS (SELECT 1 FROM customers_pushdevice d JOIN customers_customer c
                            ON c.id = d.customer_id
                         WHERE c.id = s.person OR c.merged_into_id = s.person)
           ELSE EXISTS (SELECT 1 FROM customers_identity i JOIN customers_customer c
                            ON c.id = i.customer_id
                         WHERE (c.id = s.person OR c.merged_into_id = s.person)
                           AND i.kind = %(kind)s AND i.unreachable_since IS NULL) END AS reached,
         (SELECT bool_and(a.granted) FROM (
            SELECT DISTINCT ON (e.customer_id) e.granted FROM customers_consentevent e
              JOIN customers_customer c ON c.id = e.customer_id
             WHERE (c.id = s.person OR c.merged_into_id = s.person)
               AND e.purpose = 'marketing' AND e.channel = %(channel)s AND e.at <= %(at)s
             ORDER BY e.customer_id, e.at DESC, e.id DESC) a) AS agreed,
         (SELECT count(*) FROM customers_message m JOIN customers_customer c
              ON c.id = m.customer_id
           WHERE (c.id = s.person OR c.merged_into_id = s.person) AND m.purpose = 'marketing'
             AND m.status = 'sent' AND m.sent_at > %(since)s) AS got
    FROM planned s)
SELECT count(*),
       count(*) FILTER (WHERE NOT reached),
       count(*) FILTER (WHERE reached AND agreed IS NOT TRUE),
       count(*) FILTER (WHERE reached AND agreed AND got >= %(most)s)
  FROM looked
"""


@transaction.atomic
def activate(*, campaign_id: int, shown: int, by: str, at: datetime) -> Campaign:
    """Switch a campaign on, knowing how many messages leave at once.

    Raises Refusal when that has become more than was shown, or another of its kind is on.
    """
    campaign = _locked(campaign_id)
    if campaign.status not in (Status.DRAFT, Status.PAUSED):
        raise Refusal(_("This campaign is already on, or over."))
    if not campaign.steps.exists():
        raise Invalid(_("A campaign needs a step at least."))
    if campaign.kind in ONE_AT_A_TIME and Campaign.objects.filter(
        kind=campaign.kind, status=Status.ACTIVE
    ):
        raise Refusal(_("Another campaign of this kind is on: pause or end it first."))
    campaign.activated_at = at
    now = forecast(campaign, at=at).planned
    if now > shown:
        raise Refusal(
            ngettext(
                "It is %(count)d message by now: look at the count again.",
                "It is %(count)d messages by now: look at the count again.",
                now,
            )
            % {"count": now}
        )
    campaign.status = Status.ACTIVE
    campaign.activated_by = by
    campaign.activated_count = shown
    campaign.save()
    # What came while it was off is not caught up beyond what was counted.
    campaign.steps.update(planned_until=None)
    return campaign


ONE_AT_A_TIME = (
    Campaign.Kind.BASKET,
    Campaign.Kind.PRICE_DROP,
    Campaign.Kind.REVIEW,
    Campaign.Kind.POINTS,
)


@transaction.atomic
def pause(*, campaign_id: int) -> Campaign:
    """Hold a campaign: nothing is planned, nothing leaves. What is planned waits."""
    campaign = _locked(campaign_id)
    if campaign.status != Status.ACTIVE:
        raise Refusal(_("This campaign is not on."))
    campaign.status = Status.PAUSED
    campaign.save(update_fields=["status"])
    return campaign


@transaction.atomic
def finish(*, campaign_id: int, at: datetime) -> Campaign:
    """End a campaign; what is planned does not leave, and says so."""
    campaign = _locked(campaign_id)
    if campaign.status not in (Status.ACTIVE, Status.PAUSED):
        raise Refusal(_("This campaign is not on."))
    campaign.status = Status.DONE
    campaign.save(update_fields=["status"])
    Relaunch.objects.filter(
        campaign_step__campaign=campaign, status=Relaunch.Status.SCHEDULED
    ).update(status=Relaunch.Status.WITHHELD, reason=Relaunch.Reason.ENDED, decided_at=at)
    return campaign


def check_words(text: str, kind: str) -> None:
    """Raises Invalid for a placeholder that this kind of campaign has no value for."""
    if unknown := unknown_places(text, kind):
        raise Invalid(
            _("There is no value for: %(names)s.") % {"names": ", ".join(sorted(set(unknown)))}
        )


def opened(code: str, *, at: datetime) -> str:
    """Where the link of a message leads; its first opening is kept. Empty: there is none."""
    found = Relaunch.objects.select_related("message").filter(code=code).first()
    if found is None or found.message is None:
        return ""
    message = found.message
    if message.sent_at is None or message.sent_at < at - OPEN_FOR:
        return ""
    Message.objects.filter(pk=message.pk, clicked_at__isnull=True).update(clicked_at=at)
    return str(message.context.get("target") or "/")


def _locked(campaign_id: int) -> Campaign:
    return Campaign.objects.select_for_update().get(pk=campaign_id)

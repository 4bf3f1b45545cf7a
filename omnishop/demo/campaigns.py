"""Campaigns of the demonstration: reminders of baskets, and what was written besides."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from customers.models import ConsentEvent, Message
from customers.sms import size
from omnishop.demo.days import Days
from omnishop.demo.members import Person
from omnishop.demo.rows import keys, write
from orders.campaign_texts import words
from orders.models import Campaign, CampaignStep, Relaunch
from orders.services.attribution import attribute

Row = dict[str, Any]
LETTERS = (
    # days ago, channel, name, subject, text; at most so many people
    (
        *(24, "email", "Nouveautés d’automne", "L’automne dehors"),
        "Les nouveautés d’automne sont arrivées.\n\nVenez les essayer en magasin.",
        *("Autumn outdoors", "The autumn range is here.\n\nCome and try it in our shops.", 150),
    ),
    (
        *(11, "sms", "Vente privée", "", "Vente privée en magasin jusqu'à samedi."),
        *("", "Private sale in our shops until Saturday.", 60),
    ),
)


def baskets(days: Days) -> CampaignStep:
    """Reminders of baskets left behind, on for months; the step that the history is of."""
    campaign, _created = Campaign.objects.get_or_create(
        kind=Campaign.Kind.BASKET, defaults={"name": "Panier oublié"}
    )
    campaign.status = Campaign.Status.ACTIVE
    campaign.activated_at = days.midnight(90)
    campaign.activated_by, campaign.activated_count = "demo", 3
    campaign.holdout_percent = 0
    campaign.save()
    first: CampaignStep | None = None
    for number, delay in enumerate((timedelta(hours=2), timedelta(days=2)), start=1):
        step, _created = CampaignStep.objects.update_or_create(
            campaign=campaign,
            number=number,
            defaults={
                "delay_minutes": delay // timedelta(minutes=1),
                "planned_until": days.midnight(1),  # the worker goes on from there
            },
        )
        first = first or step
    assert first is not None  # noqa: S101  for types
    return first


def fill(days: Days, people: Sequence[Person], *, at: datetime) -> int:
    """Two letters of the last weeks with what they brought in, and two campaigns to look at; how
    many messages.
    """
    rng = Random("campaigns")
    agreed = {
        channel: set(
            ConsentEvent.objects.filter(
                purpose="marketing", channel=channel, granted=True, at__lt=days.midnight(25)
            ).values_list("customer", flat=True)
        )
        - set(
            ConsentEvent.objects.filter(
                purpose="marketing", channel=channel, granted=False
            ).values_list("customer", flat=True)
        )
        for channel in ("email", "sms")
    }
    sent = 0
    for ago, channel, name, subject_fr, body_fr, subject_en, body_en, most in LETTERS:
        campaign = Campaign.objects.create(
            name=name, kind="newsletter", status="done", starts_at=days.at(ago, 10),
            activated_at=days.at(ago, 9), activated_by="demo", activated_count=most,
        )  # fmt: skip
        step = CampaignStep.objects.create(
            campaign=campaign, number=1, channel=channel, subject_fr=subject_fr,
            body_fr=body_fr, subject_en=subject_en, body_en=body_en,
            planned_until=days.at(ago, 11),
        )  # fmt: skip
        willing = [one for one in people if one.pk in agreed[channel]]
        sent += _letter(step, rng.sample(willing, min(most, len(willing))), days.at(ago, 10), rng)
    Campaign.objects.create(
        name="Avis après achat", kind="review", status="active", activated_at=at,
        activated_by="demo", activated_count=0,
    ).steps.create(number=1, delay_minutes=10 * 1440, planned_until=at)  # fmt: skip
    Campaign.objects.create(name="Pas vu depuis six mois", kind="win_back").steps.create(
        number=1, delay_minutes=180 * 1440, coupon="",
    )  # fmt: skip
    attribute(at=at, since=days.midnight(26))
    return sent


def _letter(step: CampaignStep, people: Sequence[Person], first: datetime, rng: Random) -> int:
    """What became of one letter: most got it, some were held out or had had enough."""
    messages: list[Row] = []
    planned: list[Row] = []
    for position, person in enumerate(people):
        at = first + timedelta(seconds=3 * position)
        row = {
            "campaign_step_id": step.pk,
            "step": 1,
            "document": f"person:{person.pk}",
            "customer_id": person.pk,
            "since": first,
            "due_at": first,
            "decided_at": at,
        }
        planned.append(row)
        if rng.random() < 0.08:
            row |= {"status": "withheld", "reason": "cap"}
        elif rng.random() < 0.1:
            row["status"] = "held_out"
        else:
            messages.append(_message(step, person, at, rng))
            code = f"demo{messages[-1]['id']}"
            row |= {"status": "sent", "message_id": messages[-1]["id"], "code": code}
    write(Message, messages)
    write(Relaunch, planned)
    return len(messages)


def _message(step: CampaignStep, person: Person, at: datetime, rng: Random) -> Row:
    text = words(step, person.language).filled({"name": person.first_name, "shop": "Grand Air"})
    is_sms = step.channel == "sms"
    said = f"Grand Air : {' '.join(text.paragraphs)}"
    clicked = at + timedelta(minutes=rng.randint(3, 3000)) if rng.random() < 0.22 else None
    return {
        "id": keys(Message, 1)[0],
        "key": f"relaunch:{step.campaign_id}:1:person:{person.pk}",
        "customer_id": person.pk,
        "purpose": "marketing",
        "channel": step.channel,
        "template": "campaign",
        "to": person.phone if is_sms else person.email,
        "language": person.language,
        "context": {
            "name": person.first_name,
            "title": text.subject,
            "paragraphs": text.paragraphs,
            "button": text.button,
            "lines": [],
        },
        "document": f"person:{person.pk}",
        "status": "sent",
        "subject": said[:80] if is_sms else text.subject,
        "segments": size(said).parts if is_sms else None,
        "queued_at": at,
        "due_at": at,
        "sent_at": at,
        "clicked_at": clicked,
    }

"""Campaigns of the demonstration: reminders of baskets, and what was written besides."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from types import MappingProxyType
from typing import Any

from django.utils.translation import override

from catalog.book import prices
from catalog.models import Product, Variant
from customers.models import ConsentEvent, Message
from customers.sms import size
from omnishop.demo.days import Days
from omnishop.demo.members import Person
from omnishop.demo.rows import keys, write
from omnishop.kernel.templatetags.omnishop import money
from orders.campaign_texts import words
from orders.models import Campaign, CampaignStep, Relaunch, WishItem, WishList
from orders.services.attribution import attribute

Row = dict[str, Any]
DROPS = 24  # people told of a lower price
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
    """Two letters and the price drops of the last weeks with what they brought in, and two
    campaigns to look at; how many messages.
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
        chosen = rng.sample(willing, min(most, len(willing)))
        sent += _write([_letter(step, one, days.at(ago, 10), rng) for one in chosen], rng)
    calm = [one for one in people if one.pk in agreed["email"] and not one.user]
    sent += _price_drops(days, rng.sample(calm, min(DROPS, len(calm))), rng)
    Campaign.objects.create(
        name="Avis après achat", kind="review", status="active", activated_at=at,
        activated_by="demo", activated_count=0,
    ).steps.create(number=1, delay_minutes=10 * 1440, planned_until=at)  # fmt: skip
    Campaign.objects.create(name="Pas vu depuis six mois", kind="win_back").steps.create(
        number=1, delay_minutes=180 * 1440, coupon="",
    )  # fmt: skip
    attribute(at=at, since=days.midnight(26))
    return sent


def _letter(step: CampaignStep, person: Person, at: datetime, rng: Random) -> tuple[Row, Row]:
    document = f"person:{person.pk}"
    return _planned(step, person, document, at), _message(step, person, document, at, rng)


def _price_drops(days: Days, people: Sequence[Person], rng: Random) -> int:
    """Wishes whose price fell last week, each of another person, as the worker would have told."""
    first = days.at(6, 8, 41)
    campaign = Campaign.objects.create(
        name="Baisse de prix d’une envie", kind="price_drop", status="active",
        activated_at=days.midnight(40), activated_by="demo", activated_count=0,
    )  # fmt: skip
    step = CampaignStep.objects.create(campaign=campaign, number=1)
    articles = list(
        Variant.objects.filter(active=True, product__status=Product.Status.ACTIVE)
        .select_related("product")
        .order_by("-product__popularity", "sku")[:80]
    )
    now = prices([one.pk for one in articles], at=first)
    found: list[tuple[Row, Row]] = []
    lists: list[Row] = []
    items: list[Row] = []
    for number, person in enumerate(people):
        variant = rng.choice([one for one in articles if one.pk in now])
        minor, added = now[variant.pk].amount_minor, days.at(20 + number % 10, 19)
        before = minor * 5 // 4
        lists.append(
            {"id": keys(WishList, 1)[0], "customer_id": person.pk, "name": "Mes envies",
             "is_default": True, "created_at": added, "changed_at": added}
        )  # fmt: skip
        items.append(
            {"id": keys(WishItem, 1)[0], "wish_list_id": lists[-1]["id"],
             "product_id": variant.product_id, "variant_id": variant.pk, "added_at": added,
             "price_minor": before, "told_minor": minor}
        )  # fmt: skip
        document = f"wishes:{person.pk}:{first:%Y-%m-%d}"
        planned = _planned(step, person, document, first)
        planned["facts"] = {"wishes": [{"item": items[-1]["id"], "before": before, "now": minor}]}
        with override(person.language):
            name = variant.product.name
            facts = {"product": name, "price": money(minor)}
        message = _message(step, person, document, first, rng, facts)
        message["context"]["lines"] = [
            {"sku": variant.sku, "name": name, "quantity": 1, "total_minor": minor,
             "before_minor": before}
        ]  # fmt: skip
        found.append((planned, message))
    write(WishList, lists)
    write(WishItem, items)
    return _write(found, rng)


def _planned(step: CampaignStep, person: Person, document: str, at: datetime) -> Row:
    return {
        "campaign_step_id": step.pk,
        "step": 1,
        "document": document,
        "customer_id": person.pk,
        "since": at,
        "due_at": at,
        "facts": {},
    }


def _write(found: Sequence[tuple[Row, Row]], rng: Random) -> int:
    """What became of them: most got it, some were held out or had had enough."""
    messages: list[Row] = []
    for position, (planned, message) in enumerate(found):
        at = planned["due_at"] + timedelta(seconds=3 * position)
        planned["decided_at"] = at
        if rng.random() < 0.08:
            planned |= {"status": "withheld", "reason": "cap"}
        elif rng.random() < 0.1:
            planned["status"] = "held_out"
        else:
            messages.append(message | dict.fromkeys(("queued_at", "due_at", "sent_at"), at))
            planned |= {
                "status": "sent",
                "message_id": message["id"],
                "code": f"demo{message['id']}",
            }
    write(Message, messages)
    write(Relaunch, [planned for planned, _message in found])
    return len(messages)


def _message(
    step: CampaignStep, person: Person, document: str, at: datetime, rng: Random,
    facts: Mapping[str, str] = MappingProxyType({}),
) -> Row:  # fmt: skip
    known = {"name": person.first_name, "shop": "Grand Air"} | dict(facts)
    text = words(step, person.language).filled(known)
    is_sms = step.channel == "sms"
    said = f"Grand Air : {' '.join(text.paragraphs)}"
    clicked = at + timedelta(minutes=rng.randint(3, 3000)) if rng.random() < 0.22 else None
    return {
        "id": keys(Message, 1)[0],
        "key": f"relaunch:{step.campaign_id}:1:{document}",
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
            "currency": "EUR",
            "lines": [],
        },
        "document": document,
        "status": "sent",
        "subject": said[:80] if is_sms else text.subject,
        "segments": size(said).parts if is_sms else None,
        "clicked_at": clicked,
    }

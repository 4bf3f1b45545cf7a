"""The guard of offers and reminders: asked in the transaction that sends (DESIGN 3.8, MSG-2)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock
from hashlib import sha256
from zoneinfo import ZoneInfo

from django.conf import settings

from customers.models import ContactRule, Customer, Identity, Message, PushDevice
from customers.selectors import records
from customers.services.consents import may_be_sent_marketing
from omnishop.network.promise import rests

BUSY_AGAIN = timedelta(minutes=1)  # who is buying at this moment is looked at again then

# As long as staff have written no rule of a channel. SMS: French practice.
DEFAULTS = {
    Message.Channel.EMAIL: ContactRule(channel="email"),
    Message.Channel.SMS: ContactRule(channel="sms", closes=clock(20), rest_days=True),
    Message.Channel.PUSH: ContactRule(channel="push"),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a message may leave now: yes, never because of `reason`, or not before `later`."""

    reason: str = ""
    later: datetime | None = None


def rule_of(channel: str) -> ContactRule:
    """When offers may leave in a channel, and how many a person gets."""
    found = ContactRule.objects.filter(channel=channel).first()
    return found or DEFAULTS[Message.Channel(channel)]


def lock(customer_id: int) -> bool:
    """Hold all records of a live person until commit; False when somebody else has one.

    A sale, a basket or a consent that is being written for the person has one: after it we see
    it, and what begins later comes after our message. Nobody is waited for, so that nothing can
    lock up.
    """
    wanted = records(customer_id).count()
    held = records(customer_id).select_for_update(skip_locked=True).values_list("pk", flat=True)
    return len(list(held)) == wanted


def verdict(customer_id: int | None, *, channel: str, at: datetime) -> Verdict:
    """Consent, number of messages, hours; of all records of the person and all channels."""
    person = _live(customer_id)
    if person is None:
        return Verdict("no_consent")
    if not may_be_sent_marketing(person.pk, channel=channel, at=at):
        return Verdict("no_consent")
    rule = rule_of(channel)
    got = Message.objects.filter(
        customer__in=records(person.pk),
        purpose=Message.Purpose.MARKETING,
        status=Message.Status.SENT,
        sent_at__gt=at - timedelta(days=rule.within_days),
    )
    if got.count() >= rule.most:
        return Verdict("cap")
    return Verdict(later=next_time(rule, person, at))


def until_closing(person: Customer | None, channel: str, *, at: datetime) -> timedelta:
    """How long offers may still arrive today, where the person lives."""
    local = at.astimezone(_zone(person))
    closes = datetime.combine(local.date(), rule_of(channel).closes, tzinfo=local.tzinfo)
    return max(closes - local, timedelta())


def _zone(person: Customer | None) -> ZoneInfo:
    store = person.home_store if person else None
    return store.zone if store else ZoneInfo(settings.TIME_ZONE)


def next_time(rule: ContactRule, person: Customer, at: datetime) -> datetime | None:
    """When the hours of a channel begin where the person lives; None: they are now."""
    store = person.home_store
    zone = _zone(person)
    country = store.country if store else "FR"
    local = at.astimezone(zone)
    day = local.date()
    if _allowed(rule, day, country):
        if rule.opens <= local.time() < rule.closes:
            return None
        if local.time() < rule.opens:
            return datetime.combine(day, rule.opens, tzinfo=zone)
    day += timedelta(days=1)
    while not _allowed(rule, day, country):
        day += timedelta(days=1)
    return datetime.combine(day, rule.opens, tzinfo=zone)


def _allowed(rule: ContactRule, day: date, country: str) -> bool:
    return not (rule.rest_days and rests(day, country))


def held_out(customer_id: int, *, of: str, percent: int) -> bool:
    """Whether a person is in the part that gets nothing, so that a campaign can be compared.

    Always the same answer for the same person and campaign.
    """
    drawn = int.from_bytes(sha256(f"{of}:{customer_id}".encode()).digest()[:8])
    return drawn % 100 < percent


def address(customer: Customer, channel: str) -> str:
    """Where the person is written to in a channel; empty when there is no way.

    Of e-mail addresses and telephones a verified one comes first, then the oldest; never one from
    which a message came back.
    """
    if channel == Message.Channel.PUSH:
        own = PushDevice.objects.filter(customer__in=records(customer.pk))
        return customer.number if own.exists() else ""
    kind = Identity.Kind.PHONE if channel == Message.Channel.SMS else Identity.Kind.EMAIL
    known = Identity.objects.filter(
        customer__in=records(customer.pk), kind=kind, unreachable_since=None
    )
    keys = sorted(
        known, key=lambda key: (key.customer_id != customer.pk, not key.verified_at, key.pk)
    )
    return keys[0].value if keys else ""


def _live(customer_id: int | None) -> Customer | None:
    if customer_id is None:
        return None
    person = Customer.objects.select_related("merged_into__home_store", "home_store").get(
        pk=customer_id
    )
    return person.merged_into or person

"""Deciding on a planned message at the moment of sending (DESIGN 3.8)."""

import secrets
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import override

from catalog.book import prices
from catalog.models import Coupon
from customers.links import preferences_url
from customers.models import Customer, Identity, Message
from customers.selectors import by_identity, resolve
from customers.services import arrivals, marketing
from customers.services.delivery import Letter
from customers.services.messages import leave, seal_marketing
from omnishop.kernel.claims import claim
from omnishop.kernel.templatetags.omnishop import day, money
from orders.campaign_texts import words
from orders.models import Basket, Campaign, CampaignStep, Order, Relaunch
from orders.services import audiences
from orders.services.occasions import settle, wish_of
from orders.services.wanted import Wish, bought_since

RECHECK = timedelta(minutes=15)  # a basket that someone is paying is looked at again then
REGRET = timedelta(days=14)  # so long a code would annoy who has just paid the full price

Reason = Relaunch.Reason


def due(at: datetime, limit: int = 200) -> list[int]:
    """Messages to decide on now, oldest first."""
    return list(Relaunch.objects.due(at).values_list("pk", flat=True)[:limit])


def send(*, relaunch_id: int, at: datetime) -> bool:
    """Decide on one message and send it; the log says why not (DESIGN 3.8).

    The person is read again, through merges, with all their records held: who is buying at this
    moment is looked at again later, and what they bought in any channel leaves the message. It is
    marked before it leaves, so that a repeat or a crash never sends it twice.
    """
    with transaction.atomic():
        relaunch = claim(
            Relaunch.objects.due(at)
            .filter(pk=relaunch_id)
            .select_related("basket__customer__merged_into", "customer__merged_into")
            .select_related("campaign_step__campaign__segment")
            .select_related("campaign_step__campaign__group__segment")
        ).first()
        if relaunch is None:
            return False
        if later := _busy(relaunch, at=at):
            return _postpone(relaunch, later)
        person = _person(relaunch)
        if person and not marketing.lock(person.pk):
            return _postpone(relaunch, at + marketing.BUSY_AGAIN)
        wish = Wish()
        said = _guard(relaunch, person, at=at)
        if not said.reason:
            wish = wish_of(relaunch, person, at=at)
            said = marketing.Verdict(wish.reason, None if wish.reason else said.later)
        if said.later:
            return _postpone(relaunch, said.later)
        settle(relaunch, wish)
        relaunch.decided_at = at
        relaunch.dropped = wish.dropped
        if said.reason or person is None:
            relaunch.status = Relaunch.Status.WITHHELD
            relaunch.reason = said.reason
            relaunch.save()
            return False
        if _held_out(relaunch, person):
            relaunch.status = Relaunch.Status.HELD_OUT
            relaunch.save()
            return False
        relaunch.code = secrets.token_urlsafe(12)
        relaunch.coupon = _coupon(relaunch, person, wish, at=at)
        relaunch.message, letter = _sealed(relaunch, person, wish, at=at)
        relaunch.status = Relaunch.Status.SENT
        relaunch.save()
    if leave(relaunch.message, letter, at=at):
        return True
    # The last device went since it was looked for: nobody got it.
    relaunch.status, relaunch.reason = Relaunch.Status.WITHHELD, Reason.NO_ADDRESS
    relaunch.save(update_fields=["status", "reason"])
    return False


def _postpone(relaunch: Relaunch, until: datetime) -> bool:
    relaunch.due_at = until
    relaunch.save(update_fields=["due_at", "since"])
    return False


def _busy(relaunch: Relaunch, *, at: datetime) -> datetime | None:
    """Until when the object is left alone: it is being paid, used, or was just written about."""
    if relaunch.step > 1 and (later := _after_the_last(relaunch)) and later > at:
        return later
    if relaunch.basket_id is None:
        return None
    # Who checks out at this moment holds the basket: the purchase wins (F-31).
    held = Basket.objects.select_for_update(of=("self",), skip_locked=True)
    basket = held.filter(pk=relaunch.basket_id).first()
    if basket is None:
        return at + marketing.BUSY_AGAIN
    if basket.till_id or basket.orders.filter(status=Order.Status.AWAITING_PAYMENT).exists():
        return at + RECHECK
    if basket.status == Basket.Status.OPEN and basket.changed_at > relaunch.since:
        relaunch.since = basket.changed_at
        again = basket.changed_at + relaunch.campaign_step.delay
        if again > at:  # used again a moment ago: later, if at all
            return again
    return None


def _after_the_last(relaunch: Relaunch) -> datetime | None:
    """The earliest moment after the step before: after an outage two do not leave at once."""
    step = relaunch.campaign_step
    before = (
        Relaunch.objects.filter(
            campaign_step__campaign=step.campaign_id,
            document=relaunch.document,
            status=Relaunch.Status.SENT,
            step__lt=relaunch.step,
        )
        .select_related("campaign_step")
        .order_by("-step")
        .first()
    )
    if before is None or before.decided_at is None:
        return None
    return before.decided_at + step.delay - before.campaign_step.delay


def _person(relaunch: Relaunch) -> Customer | None:
    basket = relaunch.basket
    if customer := (basket.customer if basket else relaunch.customer):
        return resolve(customer)
    return by_identity(Identity.Kind.EMAIL, basket.email.lower()) if basket else None


def _guard(relaunch: Relaunch, person: Customer | None, *, at: datetime) -> marketing.Verdict:
    """What needs no look at articles: age, address, consent, number of messages, hours, segment."""
    step, basket = relaunch.campaign_step, relaunch.basket
    if basket and basket.status == Basket.Status.ORDERED:
        return marketing.Verdict(Reason.BOUGHT)
    if basket and basket.status != Basket.Status.OPEN:
        return marketing.Verdict(Reason.CHANGED)
    horizon = timedelta(days=step.campaign.horizon_days)
    if relaunch.since < at - (horizon if basket else horizon + step.delay):
        return marketing.Verdict(Reason.TOO_OLD)
    if step.campaign.ends_at and step.campaign.ends_at <= at:
        return marketing.Verdict(Reason.ENDED)
    if person is None or not marketing.address(person, step.channel):
        return marketing.Verdict(_no_way(person, step.channel))
    said = marketing.verdict(person.pk, channel=step.channel, at=at)
    if said.reason or said.later:
        return said
    return marketing.Verdict(audiences.why_not(step.campaign, person, at=at))


def _no_way(person: Customer | None, channel: str) -> str:
    """Why a person without an address in a channel has none that works."""
    if person is None or channel == Message.Channel.PUSH:
        return Reason.NO_ADDRESS
    kind = arrivals.KINDS[Message.Channel(channel)]
    bounces = arrivals.unreachable(person).filter(kind=kind).exists()
    return Reason.BOUNCES if bounces else Reason.NO_ADDRESS


def _held_out(relaunch: Relaunch, person: Customer) -> bool:
    """Drawn by campaign and person: somebody held out at one step is so at all."""
    campaign = relaunch.campaign_step.campaign
    return marketing.held_out(
        person.pk, of=f"campaign:{campaign.pk}", percent=campaign.holdout_percent
    )


def _coupon(relaunch: Relaunch, person: Customer, wish: Wish, *, at: datetime) -> str:
    """The step's code, if it can be used now and annoys nobody who has just paid the full price
    of the like (FIELD 39).
    """
    code = relaunch.campaign_step.coupon
    if not code:
        return ""
    usable = Coupon.objects.filter(
        Q(valid_from__isnull=True) | Q(valid_from__lte=at),
        Q(valid_to__isnull=True) | Q(valid_to__gt=at),
        Q(uses__isnull=True) | Q(used__lt=F("uses")),
        Q(holder="") | Q(holder=person.number),
        code__iexact=code,
        promotion__active=True,
    )
    email = relaunch.basket.email if relaunch.basket else ""
    lately = set(bought_since(person, email, at - REGRET).values())
    if lately & set(wish.products) or not usable.exists():
        return ""
    return code.upper()


def _sealed(
    relaunch: Relaunch, person: Customer, wish: Wish, *, at: datetime
) -> tuple[Message, Letter]:
    step = relaunch.campaign_step
    return seal_marketing(
        key=f"relaunch:{step.campaign_id}:{step.number}:{relaunch.document}",
        template=template_of(step),
        to=marketing.address(person, step.channel),
        language=person.language,
        context=context_of(step, person, wish, relaunch=relaunch, at=at),
        customer_id=person.pk,
        document=relaunch.document,
        at=at,
        channel=step.channel,
    )


def template_of(step: CampaignStep) -> str:
    """Which of `templates/messages/` a step is written from."""
    return "basket_reminder" if step.campaign.kind == Campaign.Kind.BASKET else "campaign"


def context_of(
    step: CampaignStep, person: Customer, wish: Wish, *, relaunch: Relaunch, at: datetime
) -> dict[str, Any]:
    """What a template needs, in the reader's language; kept with the message as it was sent."""
    now = prices([variant.pk for variant, _units in wish.lines], at=at, groups=wish.groups)
    with override(person.language):
        lines = [
            {
                "sku": variant.sku,
                "name": variant.product.name,
                "quantity": units,
                "total_minor": now[variant.pk].amount_minor * units,
            }
            | ({"before_minor": wish.before[variant.pk]} if variant.pk in wish.before else {})
            for variant, units in wish.lines
        ]
        opened = reverse("storefront:from_message", args=[relaunch.code])
        links = {
            "link": settings.SITE_URL + opened,
            "target": wish.target,
            "stop_link": preferences_url(person),
        }
    return _filled(step, person, lines, wish.facts, relaunch.coupon) | links


def sample_of(step: CampaignStep, reader: Customer) -> dict[str, Any]:
    """The context of a step for somebody invented, to try it out (E3)."""
    article = {"sku": "0", "name": "Veste Lautaret", "quantity": 1, "total_minor": 12990}
    if step.campaign.kind == Campaign.Kind.PRICE_DROP:
        article["before_minor"] = 15990
    with override(reader.language):
        facts = {
            "product": article["name"],
            "points": "120",
            "price": money(12990),
            "more": "",
            "number": "O-0001042",
            "day": day(date(2026, 12, 24)),
        }
    lines = (
        [article] if step.campaign.kind in (Campaign.Kind.BASKET, Campaign.Kind.PRICE_DROP) else []
    )
    site = settings.SITE_URL
    return _filled(step, reader, lines, facts, step.coupon.upper()) | {
        "link": f"{site}/m/0123456789abcdef/",
        "stop_link": f"{site}/preferences/",
    }


def _filled(
    step: CampaignStep, person: Customer, lines: list[dict[str, Any]], facts: dict[str, Any],
    coupon: str,
) -> dict[str, Any]:  # fmt: skip
    product = {"product": str(lines[0]["name"])} if lines else {}
    known = {"name": person.first_name, "shop": settings.SHOP_NAME, "coupon": coupon}
    text = words(step, person.language).filled(known | product | facts)
    return {
        "name": person.first_name,
        "title": text.subject,
        "paragraphs": text.paragraphs,
        "button": text.button,
        "coupon": coupon,
        "currency": settings.CURRENCY,
        "lines": lines,
    }

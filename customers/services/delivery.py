"""Writing a message out in its channel, and handing it to who carries it there."""

from base64 import b64decode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from customers import gateways, sms
from customers.links import unsubscribe_headers
from customers.models import Customer, Message, PushDevice
from customers.selectors import records
from customers.services.marketing import until_closing

NEWS_KEEPS = timedelta(days=2)  # so long a notification about an order waits for its device
LONGEST = 300  # letters of a notification: more is shown nowhere, and 4 KB are the protocol's most


class NoWayThere(Exception):
    """The channel does not reach this address: no E.164 number, no device left.

    Its text is the reason that the message's row keeps.
    """


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as its reader gets it; `html` is empty but for e-mail."""

    subject: str  # of an SMS its first words, of a notification its title
    text: str
    html: str = ""
    link: str = ""
    segments: int | None = None  # of an SMS


def written(message: Message) -> Letter:
    """The message from its template, in the reader's language; one template, a body a channel."""
    context = message.context | {"site_url": settings.SITE_URL, "language": message.language}
    name = f"messages/{message.template}"
    with translation.override(message.language):
        if message.channel == Message.Channel.SMS:
            return _sms(message, sms.plain(render_to_string(f"{name}.sms.txt", context)))
        subject = " ".join(render_to_string(f"{name}.subject.txt", context).split())
        if message.channel == Message.Channel.PUSH:
            text = " ".join(render_to_string(f"{name}.push.txt", context).split())
            return Letter(_cut(subject), _cut(text), link=str(context.get("link", "")))
        text = render_to_string(f"{name}.txt", context)
        try:
            html = render_to_string(f"{name}.html", context | {"subject": subject})
        except TemplateDoesNotExist:
            return Letter(subject, text)
    return Letter(subject, text, css_inline.inline(html))


def _sms(message: Message, text: str) -> Letter:
    if message.purpose == Message.Purpose.MARKETING:
        mention = _("Text STOP to %(number)s to refuse.") % {"number": settings.SMS_STOP_NUMBER}
        text = sms.with_mention(text, sms.plain(mention))
    return Letter(text.split("\n")[0][:80], text, segments=sms.size(text).parts)


def mail_of(message: Message, letter: Letter) -> EmailMultiAlternatives:
    """The e-mail itself. An advertisement names the way to refuse in its header (RFC 8058).

    Small files go along: `files` of the context, each with name, type and base64.
    """
    headers = {"Message-ID": f"<message-{message.pk}@omnishop>"}
    if message.purpose == Message.Purpose.MARKETING and message.customer:
        headers |= unsubscribe_headers(message.customer)
    mail = EmailMultiAlternatives(
        letter.subject, letter.text, to=[message.to], headers=headers | message.headers
    )
    if letter.html:
        mail.attach_alternative(letter.html, "text/html")
    for file in message.context.get("files", []):
        mail.attach(file["name"], b64decode(file["base64"]), file["type"])
    return mail


def deliver(message: Message, letter: Letter, *, at: datetime) -> None:
    """Hand the message over; its carrier's own key, if it has one, is on the row afterwards, not
    yet saved. Raises what went wrong, NoWayThere where there is no way at all.
    """
    reference = f"message-{message.pk}"
    if message.channel == Message.Channel.SMS:
        if not sms.E164.fullmatch(message.to):
            raise NoWayThere(Message.Reason.NO_NUMBER)
        gateways.sms_gateway().send(
            to=message.to, sender=settings.SMS_SENDER, text=letter.text, reference=reference
        )
    elif message.channel == Message.Channel.PUSH:
        _notify(message, letter, reference=reference, at=at)
    else:
        mail = mail_of(message, letter)
        mail.send()
        # django-anymail's note of what its service answered; other back ends have none.
        _answered(message, getattr(mail, "anymail_status", None))


def _answered(message: Message, status: Any) -> None:
    """What the service of django-anymail said at once; it may know the address as a dead one."""
    carried = getattr(status, "message_id", None)
    message.carrier_id = "" if carried is None else str(carried)[:200]
    said = getattr(status, "status", None)
    if said and said <= {"rejected", "invalid"}:
        raise NoWayThere(Message.Reason.BOUNCES)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _notify(message: Message, letter: Letter, *, reference: str, at: datetime) -> None:
    """Every device of the person shows it once: the reference is the notification's tag.

    One device that took it is enough: trying again would post to that one again. An offer is not
    kept beyond the hours of offers, for a device that is switched on at night.
    """
    payload = {
        "title": letter.subject, "body": letter.text, "link": letter.link, "tag": reference,
    }  # fmt: skip
    offer = message.purpose == Message.Purpose.MARKETING
    keep = until_closing(message.customer, message.channel, at=at) if offer else NEWS_KEEPS
    reached, failed = False, None
    for device in devices(message.to):
        try:
            gateways.push_gateway().send(
                device=device,
                payload=payload,
                reference=reference,
                keep=keep,
                urgency="low" if offer else "normal",
            )
        except gateways.Gone:
            device.delete()
        except Exception as error:
            failed = error
        else:
            reached = True
            PushDevice.objects.filter(pk=device.pk).update(last_used_at=at)
    if not reached:
        raise failed or NoWayThere(Message.Reason.NO_DEVICE)


def devices(number: str) -> list[PushDevice]:
    """The devices of the person with a customer number, under any of their records."""
    person = Customer.objects.select_related("merged_into").filter(number=number).first()
    if person is None:
        return []
    live = person.merged_into_id or person.pk
    return list(PushDevice.objects.filter(customer__in=records(live)).order_by("-pk"))

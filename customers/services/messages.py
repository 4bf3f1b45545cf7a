"""What we tell a person: rows written by services, sent by a task (DESIGN 3.7)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.utils import translation

from customers.models import Message
from customers.services.consents import may_be_sent_marketing
from omnishop.kernel.claims import claim

MAX_ATTEMPTS = 10
RETRY_AFTER = timedelta(minutes=1)  # doubled each time: ten tries reach over eight hours


def queue_message(
    *,
    key: str,
    template: str,
    to: str,
    language: str,
    context: dict[str, Any],
    at: datetime,
    purpose: str = Message.Purpose.SERVICE,
    customer_id: int | None = None,
    document: str = "",
    due_at: datetime | None = None,
) -> Message | None:
    """Write a message for the task to send; a second one with the same key is not written.

    Without an address there is nothing to write. Consent is checked when it is sent.
    """
    if not to:
        return None
    message = Message(
        key=key,
        template=template,
        to=to,
        language=language,
        context=context,
        purpose=purpose,
        customer_id=customer_id,
        document=document,
        queued_at=at,
        due_at=due_at or at,
    )
    Message.objects.bulk_create([message], ignore_conflicts=True)
    return message


def _rendered(message: Message) -> EmailMultiAlternatives:
    """The e-mail itself, in the reader's language: text and one HTML layout with inline styles."""
    context = message.context | {"site_url": settings.SITE_URL, "language": message.language}
    name = f"messages/{message.template}"
    with translation.override(message.language):
        subject = " ".join(render_to_string(f"{name}.subject.txt", context).split())
        text = render_to_string(f"{name}.txt", context)
        mail = EmailMultiAlternatives(
            subject,
            text,
            to=[message.to],
            headers={"Message-ID": f"<message-{message.pk}@omnishop>"},
        )
        try:
            html = render_to_string(f"{name}.html", context | {"subject": subject})
        except TemplateDoesNotExist:
            return mail
    mail.attach_alternative(css_inline.inline(html), "text/html")
    return mail


@dataclass(frozen=True, slots=True)
class Preview:
    """A message as its reader gets it."""

    subject: str
    text: str
    html: str


def preview(message: Message) -> Preview | None:
    """The mail of a message, written anew from its template; None when that cannot be done."""
    try:
        mail = _rendered(message)
    except Exception:  # a template or a context of long ago
        return None
    html = next((str(content) for content, _kind in mail.alternatives), "")
    return Preview(subject=str(mail.subject), text=str(mail.body), html=html)


def send(*, message_id: int, at: datetime) -> bool:
    """Send one due message, once; False when there was nothing to send.

    A marketing message is marked before it leaves: a crash may lose it, never repeat it, and
    the consent is read in that same transaction. A service message is marked after: it may be
    repeated, with the same Message-ID, and is never lost.
    """
    if _is_marketing(message_id):
        with transaction.atomic():
            message = claim(Message.objects.due(at).filter(pk=message_id)).first()
            if message is None:
                return False
            if not may_be_sent_marketing(message.customer_id, at=at):
                _withhold(message, "no consent")
                return False
            mail = _rendered(message)
            _mark_sent(message, str(mail.subject), at)
        mail.send()
        return True
    with transaction.atomic():
        message = claim(Message.objects.due(at).filter(pk=message_id)).first()
        if message is None:
            return False
        try:
            mail = _rendered(message)
            mail.send()
        except Exception as error:
            message.attempts += 1
            message.reason = type(error).__name__
            message.due_at = at + RETRY_AFTER * 2 ** (message.attempts - 1)
            if message.attempts >= MAX_ATTEMPTS:
                message.status = Message.Status.FAILED
            message.save(update_fields=["attempts", "reason", "due_at", "status"])
            return False
        _mark_sent(message, str(mail.subject), at)
    return True


def seal_marketing(
    *,
    key: str,
    template: str,
    to: str,
    language: str,
    context: dict[str, Any],
    customer_id: int,
    document: str,
    at: datetime,
) -> tuple[Message, EmailMultiAlternatives]:
    """Write a marketing message as sent and give the mail to deliver once that is committed.

    For senders with a guard of their own, in the guard's transaction: nothing can come between
    the guard and the mark, and a crash loses the mail instead of repeating it (DESIGN 3.8).
    """
    message = Message.objects.create(
        key=key,
        template=template,
        to=to,
        language=language,
        context=context,
        purpose=Message.Purpose.MARKETING,
        customer_id=customer_id,
        document=document,
        queued_at=at,
        due_at=at,
        status=Message.Status.SENT,
        sent_at=at,
    )
    mail = _rendered(message)
    _mark_sent(message, str(mail.subject), at)
    return message, mail


def _is_marketing(message_id: int) -> bool:
    return Message.objects.filter(pk=message_id, purpose=Message.Purpose.MARKETING).exists()


def _mark_sent(message: Message, subject: str, at: datetime) -> None:
    message.status = Message.Status.SENT
    message.sent_at = at
    message.subject = subject[:200]
    message.reason = ""
    message.save(update_fields=["status", "sent_at", "subject", "reason"])


def _withhold(message: Message, reason: str) -> None:
    message.status = Message.Status.WITHHELD
    message.reason = reason
    message.save(update_fields=["status", "reason"])

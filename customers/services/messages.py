"""What we tell a person: rows written by services, sent by a task (DESIGN 3.7)."""

from datetime import datetime, timedelta
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.db import transaction

from customers.models import Message
from customers.services.arrivals import bounces
from customers.services.delivery import Letter, NoWayThere, deliver, mail_of, written
from customers.services.marketing import BUSY_AGAIN, lock, verdict
from omnishop.kernel.claims import claim

MAX_ATTEMPTS = 10
RETRY_AFTER = timedelta(minutes=1)  # doubled each time: ten tries reach over eight hours
NO_WAY = {
    Message.Channel.EMAIL: Message.Reason.NO_ADDRESS,
    Message.Channel.SMS: Message.Reason.NO_NUMBER,
    Message.Channel.PUSH: Message.Reason.NO_DEVICE,
}


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
    channel: str = Message.Channel.EMAIL,
    headers: dict[str, str] | None = None,
) -> Message | None:
    """Write a message for the task to send; a second one with the same key is not written.

    Consent is checked when it is sent. `headers` are those of an e-mail that answers another:
    In-Reply-To, References, Reply-To. Without an address nothing leaves: the row of a known
    person says so, and of nobody in particular there is none.
    """
    if not to and customer_id is None:
        return None
    message = Message(
        key=key,
        template=template,
        channel=channel,
        to=to,
        language=language,
        context=context,
        headers=headers or {},
        purpose=purpose,
        customer_id=customer_id,
        document=document,
        queued_at=at,
        due_at=due_at or at,
    )
    if not to:
        message.status, message.reason = Message.Status.WITHHELD, NO_WAY[Message.Channel(channel)]
    Message.objects.bulk_create([message], ignore_conflicts=True)
    return message if to else None


def _rendered(message: Message) -> EmailMultiAlternatives:
    """The e-mail itself, in the reader's language: text and one HTML layout with inline styles."""
    return mail_of(message, written(message))


def preview(message: Message) -> Letter | None:
    """The message written anew from its template; None when that cannot be done."""
    try:
        return written(message)
    except Exception:  # a template or a context of long ago
        return None


def send(*, message_id: int, at: datetime) -> bool:
    """Send one due message, once; False when there was nothing to send.

    A marketing message is marked before it leaves: a crash may lose it, never repeat it, and
    the guard is asked in that same transaction. A service message is marked after: it may be
    repeated, with the same Message-ID, and is never lost.
    """
    if _is_marketing(message_id):
        with transaction.atomic():
            message = claim(Message.objects.due(at).filter(pk=message_id)).first()
            if message is None:
                return False
            if message.customer and not lock((message.customer.merged_into or message.customer).pk):
                message.due_at = at + BUSY_AGAIN
                message.save(update_fields=["due_at"])
                return False
            if bounces(message):
                _withhold(message, Message.Reason.BOUNCES)
                return False
            said = verdict(message.customer_id, channel=message.channel, at=at)
            if said.later:
                message.due_at = said.later
                message.save(update_fields=["due_at"])
                return False
            if said.reason:
                _withhold(message, said.reason)
                return False
            letter = written(message)
            _mark_sent(message, letter, at)
        return leave(message, letter, at=at)
    with transaction.atomic():
        message = claim(Message.objects.due(at).filter(pk=message_id)).first()
        if message is None:
            return False
        if bounces(message):
            _withhold(message, Message.Reason.BOUNCES)
            return False
        try:
            letter = written(message)
            deliver(message, letter, at=at)
        except NoWayThere as nowhere:
            _withhold(message, str(nowhere))
            return False
        except Exception as error:
            message.attempts += 1
            message.reason = type(error).__name__
            message.due_at = at + RETRY_AFTER * 2 ** (message.attempts - 1)
            if message.attempts >= MAX_ATTEMPTS:
                message.status = Message.Status.FAILED
            message.save(update_fields=["attempts", "reason", "due_at", "status"])
            return False
        _mark_sent(message, letter, at)
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
    channel: str = Message.Channel.EMAIL,
) -> tuple[Message, Letter]:
    """Write a message as sent, and give what to let leave once that is committed.

    For senders with a guard of their own, in the guard's transaction: nothing can come between
    the guard and the mark, and a crash loses the message instead of repeating it (DESIGN 3.8).
    """
    message = Message.objects.create(
        key=key,
        template=template,
        channel=channel,
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
    letter = written(message)
    _mark_sent(message, letter, at)
    return message, letter


def leave(message: Message, letter: Letter, *, at: datetime) -> bool:
    """Hand over a message that is marked as sent. It is not tried again: who carries it may have
    taken it and failed afterwards (F-31); the row says so. False when there was no way at all,
    so that nobody can have got it: it is not sent, and says why.
    """
    try:
        deliver(message, letter, at=at)
    except NoWayThere as nowhere:
        message.sent_at = None
        _withhold(message, str(nowhere))
        return False
    except Exception as error:
        Message.objects.filter(pk=message.pk).update(reason=f"unsure: {type(error).__name__}")
        raise
    if message.carrier_id:
        message.save(update_fields=["carrier_id"])
    return True


def _is_marketing(message_id: int) -> bool:
    return Message.objects.filter(pk=message_id, purpose=Message.Purpose.MARKETING).exists()


def _mark_sent(message: Message, letter: Letter, at: datetime) -> None:
    message.status = Message.Status.SENT
    message.sent_at = at
    message.subject = letter.subject[:200]
    message.segments = letter.segments
    message.reason = ""
    message.save(update_fields=["status", "sent_at", "subject", "segments", "reason", "carrier_id"])


def _withhold(message: Message, reason: str) -> None:
    message.status = Message.Status.WITHHELD
    message.reason = reason
    message.save(update_fields=["status", "reason", "sent_at"])

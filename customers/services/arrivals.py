"""What became of messages after they left: arrived, came back, reported as unwanted.

Who carries them tells (`/api/mail/events/`, `/api/sms/reports/`). An address that came back for
good gets nothing more until a person says that it works again; what is not sent says why. A
complaint is a no to offers alone: what the law wants written (an order, a withdrawal) still leaves.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from customers.models import Customer, Identity, Message
from customers.models.consent import Channel
from customers.selectors import records, resolve
from customers.services.consents import stop_marketing

Arrival, Reason = Message.Arrival, Message.Reason
# A later word of the carrier replaces an earlier one in this order alone, however they come in.
ORDER = ["", Arrival.DELIVERED, Arrival.BOUNCED, Arrival.COMPLAINED]
KINDS = {Message.Channel.EMAIL: Identity.Kind.EMAIL, Message.Channel.SMS: Identity.Kind.PHONE}
MISSED = timedelta(days=2)  # service messages of these days leave once the address works again


@transaction.atomic
def record(
    *,
    what: str,
    at: datetime,
    channel: str,
    to: str = "",
    carrier_id: str = "",
    message_id: int | None = None,
    final: bool = False,
    note: str = "",
) -> bool:
    """Write what a carrier says of a message, found by its own key or by ours; False: nothing new.

    `final`: the address itself is wrong, not this one try. Then it is known as one that cannot be
    written to, even where the message is unknown (`to`). A complaint is a no to offers in that
    channel. A repeat does nothing.
    """
    known = Q(pk=message_id) if message_id else Q(carrier_id=carrier_id)
    message = None
    if message_id or carrier_id:
        message = Message.objects.select_for_update().filter(known, channel=channel).first()
    if message:
        if ORDER.index(what) <= ORDER.index(message.arrival):
            return False
        message.arrival, message.arrival_at, message.arrival_note = what, at, note[:200]
        message.save(update_fields=["arrival", "arrival_at", "arrival_note"])
    if final or what == Arrival.COMPLAINED:
        _learn(channel, message.to if message else to, what, at=at)
    return message is not None


def _learn(channel: str, to: str, what: str, *, at: datetime) -> None:
    key = (
        Identity.objects.select_for_update(of=("self",))
        .select_related("customer__merged_into")
        .filter(kind=KINDS[Message.Channel(channel)], value=to.lower())
        .first()
    )
    if key is None:  # a guest's, whom we do not know
        return
    if what == Arrival.COMPLAINED:
        stop_marketing(
            customer=resolve(key.customer), channel=Channel(channel), source="complaint",
            actor="customer", at=at,
        )  # fmt: skip
    elif key.unreachable_since is None:
        key.unreachable_since = at
        key.save(update_fields=["unreachable_since"])


def bounces(message: Message) -> bool:
    """Whether an earlier message to this address came back for good."""
    kind = KINDS.get(Message.Channel(message.channel))
    return (
        kind is not None
        and Identity.objects.filter(
            kind=kind, value=message.to.lower(), unreachable_since__isnull=False
        ).exists()
    )


def unreachable(customer: Customer) -> QuerySet[Identity]:
    """Addresses and numbers of a live person, under any of their records, that nothing reaches."""
    return Identity.objects.filter(
        customer__in=records(customer.pk), unreachable_since__isnull=False
    ).order_by("kind", "pk")


@transaction.atomic
def works_again(*, customer: Customer, identity_id: int, at: datetime) -> int:
    """An address works again, says its owner or staff; how many messages leave now after all.

    Those are the service messages of the last days: `MISSED`. A repeat, or what is another's,
    changes nothing.
    """
    key = unreachable(customer).select_for_update(of=("self",)).filter(pk=identity_id).first()
    if key is None:
        return 0
    key.unreachable_since = None
    key.save(update_fields=["unreachable_since"])
    channel = next(channel for channel, kind in KINDS.items() if kind == key.kind)
    missed = Message.objects.filter(
        to__iexact=key.value,
        customer__in=records(customer.pk),
        channel=channel,
        purpose=Message.Purpose.SERVICE,
        status=Message.Status.WITHHELD,
        reason=Reason.BOUNCES,
        queued_at__gt=at - MISSED,
    )
    return missed.update(status=Message.Status.QUEUED, reason="", due_at=at)

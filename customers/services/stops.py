"""SMS that come in: who answers STOP gets no more offers by SMS."""

from datetime import datetime

from django.db import transaction

from customers.models import Identity, ReceivedStop
from customers.models.consent import Channel
from customers.selectors import by_identity
from customers.services.consents import stop_marketing
from customers.services.identities import normal_phone
from omnishop.kernel.errors import Invalid


@transaction.atomic
def receive(*, reference: str, sender: str, text: str, at: datetime) -> None:
    """Take one SMS. STOP, in whatever case and with whatever blanks, is a no to offers by SMS of
    the person with that number, proved or not (French operators' rule; CPCE L34-5).

    `reference` is the carrier's: brought again it does nothing, also after the person agreed
    anew. A number that nobody has, and any other text, change nothing either.
    """
    if "".join(text.split()).upper() != "STOP":
        return
    _row, new = ReceivedStop.objects.get_or_create(reference=reference, defaults={"at": at})
    if not new:
        return
    try:
        number = normal_phone(sender)
    except Invalid:  # a short code, a name
        return
    if person := by_identity(Identity.Kind.PHONE, number):
        stop_marketing(customer=person, channel=Channel.SMS, source="sms", actor="customer", at=at)

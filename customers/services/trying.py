"""Messages tried out by staff: each template in each channel and language, sent to oneself (E3)."""

from datetime import datetime
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from customers import sms
from customers.models import Message
from customers.services import delivery
from customers.services.identities import normal_phone
from customers.services.messages import queue_message
from omnishop.kernel.errors import Invalid

written = delivery.written


def send(message: Message, *, to: str, at: datetime) -> Message | None:
    """Queue a message like this one to whoever tries it out; it is a service message of ours.

    Raises Invalid for what is no address of the channel.
    """
    if message.channel == Message.Channel.SMS:
        to = normal_phone(to)
        if not sms.E164.fullmatch(to):
            raise Invalid(_("This is not a telephone number."))
    else:
        try:
            validate_email(to)
        except ValidationError as error:
            raise Invalid(_("This is not an e-mail address.")) from error
    channel = message.channel if message.channel == Message.Channel.SMS else "email"
    return queue_message(
        key=f"test:{uuid4().hex}",
        template=message.template,
        to=to,
        language=message.language,
        context=message.context,
        channel=channel,
        document="test",
        at=at,
    )

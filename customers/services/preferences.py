"""The page of a person's answers is opened by a mailed link."""

from datetime import datetime

from customers.links import preferences_url
from customers.models import Identity
from customers.selectors import by_identity
from customers.services.identities import normal_email
from customers.services.messages import queue_message


def mail_link(*, email: str, at: datetime) -> None:
    """Mail a new link to who is known under an address; nothing tells whether somebody is.

    Once an hour at the most. Raises Invalid when it is no address.
    """
    address = normal_email(email)
    person = by_identity(Identity.Kind.EMAIL, address)
    if person is None:
        return
    queue_message(
        key=f"preferences-link:{person.pk}:{at:%Y%m%d%H}",
        template="preferences_link",
        to=address,
        language=person.language,
        context={"preferences": preferences_url(person)},
        customer_id=person.pk,
        at=at,
    )

"""The card goes to its member by e-mail."""

from base64 import b64encode
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import override

from customers.models import Customer, Message
from customers.services.marketing import address
from customers.services.messages import queue_message
from loyalty import selectors
from omnishop.kernel.errors import NotFound, Refusal


def mail_card(*, customer: Customer, key: str, at: datetime) -> None:
    """Write a live member a service message with their card to print; one for each key.

    To an address that they proved, else to the oldest one known. Raises NotFound without a card,
    Refusal without an address.
    """
    # Read when it draws: its library takes some MiB of a worker's memory.
    from loyalty.card import card_pdf

    account, number = selectors.account_of(customer.pk), selectors.card_of(customer)
    if account is None or not number:
        raise NotFound(_("There is no loyalty card."))
    to = address(customer, Message.Channel.EMAIL)
    if not to:
        raise Refusal(_("No e-mail address of this person is known."))
    programme = account.programme.name
    with override(customer.language):
        card = card_pdf(
            number=number,
            name=customer.name,
            programme=programme,
            tier=account.tier.name if account.tier else "",
        )
        file = {
            "name": _("loyalty-card.pdf"),
            "type": "application/pdf",
            "base64": b64encode(card).decode(),
        }
    queue_message(
        key=f"card:{customer.pk}:{key}",
        template="loyalty_card",
        to=to,
        language=customer.language,
        context={
            "name": customer.first_name,
            "programme": programme,
            "card": number,
            "files": [file],
        },
        at=at,
        customer_id=customer.pk,
    )

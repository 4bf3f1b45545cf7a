"""Who orders, and how to reach them."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from customers.services.identities import normal_email, normal_phone
from omnishop.kernel.errors import Invalid


@dataclass(frozen=True, slots=True)
class Contact:
    """Who orders and how to reach them."""

    name: str
    email: str
    phone: str = ""
    language: str = "fr"


def check_contact(contact: Contact) -> Contact:
    """The contact in normal form. Raises Invalid naming what is wrong."""
    if not contact.name.strip():
        raise Invalid(_("Enter your name."))
    return Contact(
        name=contact.name.strip(),
        email=normal_email(contact.email),
        phone=normal_phone(contact.phone) if contact.phone.strip() else "",
        language=contact.language,
    )


def contact_by_staff(contact: Contact) -> Contact:
    """The contact of somebody whom staff order for, in normal form: a name, and an e-mail address
    or a telephone number.
    """
    if not contact.name.strip():
        raise Invalid(_("Enter the customer's name."))
    email, phone = contact.email.strip(), contact.phone.strip()
    if not (email or phone):
        raise Invalid(_("Enter an e-mail address or a telephone number to reach the customer."))
    return Contact(
        name=contact.name.strip(),
        email=normal_email(email) if email else "",
        phone=normal_phone(phone) if phone else "",
        language=contact.language,
    )

"""Signed links that open what is a person's own, without sign-in."""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

from customers.models import Customer
from customers.selectors import resolve

OPEN_FOR = timedelta(days=365)
SALT = "preferences"


def preferences_link(customer: Customer) -> str:
    """The signed part of a link to the person's consent page, without sign-in."""
    return signing.dumps(customer.pk, salt=SALT)


def customer_of_link(text: str) -> Customer | None:
    """The live person of such a link; None when it is forged, or older than a year."""
    try:
        pk = signing.loads(text, salt=SALT, max_age=OPEN_FOR)
    except signing.BadSignature:
        return None
    customer = Customer.objects.select_related("merged_into").filter(pk=pk).first()
    return resolve(customer) if customer else None


def preferences_url(customer: Customer) -> str:
    """The whole address of the consent page, for a message's foot."""
    return settings.SITE_URL + reverse("storefront:preferences", args=[preferences_link(customer)])


def unsubscribe_url(customer: Customer, channel: str = "email") -> str:
    """Where a mail program posts its stop button (RFC 8058): one POST, no page between."""
    link = signing.dumps([customer.pk, channel], salt=f"{SALT}:stop")
    return settings.SITE_URL + reverse("storefront:unsubscribe", args=[link])


def unsubscribe_headers(customer: Customer) -> dict[str, str]:
    """The two headers of a marketing mail that give mail programs their stop button."""
    return {
        "List-Unsubscribe": f"<{unsubscribe_url(customer)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def stop_of_link(text: str) -> tuple[Customer, str] | None:
    """The person and the channel of a stop link. It never ends: stopping is always possible."""
    try:
        pk, channel = signing.loads(text, salt=f"{SALT}:stop")
    except (signing.BadSignature, ValueError, TypeError):
        return None
    customer = Customer.objects.select_related("merged_into").filter(pk=pk).first()
    return (resolve(customer), channel) if customer else None

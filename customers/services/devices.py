"""Browsers that a person asked to be notified on (Push API)."""

from datetime import datetime
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from customers.models import Customer, Message, PushDevice
from customers.selectors import records, resolve
from customers.services.consents import record_consent
from omnishop.kernel.errors import Invalid


def subscribe(
    *, customer: Customer, endpoint: str, p256dh: str, auth: str, name: str, at: datetime
) -> PushDevice:
    """Keep a browser's subscription; a browser is one person's, the last who pressed.

    Pressing the button is the consent to notifications. Raises Invalid for what is no address of
    a push service.
    """
    parts = urlsplit(endpoint)
    if parts.scheme != "https" or not parts.hostname or len(endpoint) > 500:
        raise Invalid(_("This is not the address of a notification service."))
    if not p256dh or not auth or len(p256dh) > 100 or len(auth) > 40:
        raise Invalid(_("The keys of the subscription are missing."))
    device, _created = PushDevice.objects.update_or_create(
        endpoint=endpoint,
        defaults={
            "customer": resolve(customer),
            "p256dh": p256dh,
            "auth": auth,
            "name": name[:80],
            "gone_at": None,
        },
        create_defaults={
            "customer": resolve(customer),
            "p256dh": p256dh,
            "auth": auth,
            "name": name[:80],
            "created_at": at,
        },
    )
    record_consent(
        customer=customer, granted=True, channel=Message.Channel.PUSH, source="device",
        actor="customer", at=at,
    )  # fmt: skip
    return device


def unsubscribe(*, customer: Customer, endpoint: str, at: datetime) -> int:
    """Send nothing to this browser any more; how many subscriptions ended."""
    own = records(resolve(customer).pk)
    ended = PushDevice.objects.filter(customer__in=own, endpoint=endpoint, gone_at=None)
    return ended.update(gone_at=at)

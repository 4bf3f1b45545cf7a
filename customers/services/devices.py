"""Browsers that a person asked to be notified on (Push API)."""

from base64 import urlsafe_b64decode
from datetime import datetime
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from customers.models import ConsentText, Customer, Message, PushDevice
from customers.selectors import records, resolve
from customers.services.consents import record_consent
from omnishop.kernel.errors import Invalid

CURVE = ec.SECP256R1()


def own(customer: Customer) -> QuerySet[PushDevice]:
    """The devices of a live person, under any of their records; the newest first."""
    return PushDevice.objects.filter(customer__in=records(customer.pk)).order_by("-pk")


@transaction.atomic
def subscribe(
    *,
    customer: Customer,
    endpoint: str,
    p256dh: str,
    auth: str,
    name: str,
    at: datetime,
    text: ConsentText | None = None,
) -> PushDevice:
    """Keep a browser's subscription; a browser is one person's, the last who pressed.

    Pressing the button is the consent to notifications, on the `text` that stood beside it.
    Raises Invalid for what is no address of a known push service (`PUSH_SERVICES`: we post to
    it), or has no keys to encrypt for.
    """
    if len(endpoint) > 500 or not _of_a_push_service(endpoint):
        raise Invalid(_("This is not the address of a notification service."))
    if not _is_point(p256dh) or len(_bytes(auth)) != 16:
        raise Invalid(_("The keys of the subscription are missing."))
    kept = {"customer": resolve(customer), "p256dh": p256dh, "auth": auth, "name": name[:80]}
    device, _created = PushDevice.objects.update_or_create(
        endpoint=endpoint, defaults=kept, create_defaults=kept | {"created_at": at}
    )
    record_consent(
        customer=customer, granted=True, channel=Message.Channel.PUSH, text=text,
        source="device", actor="customer", at=at,
    )  # fmt: skip
    return device


@transaction.atomic
def unsubscribe(*, customer: Customer, at: datetime, endpoint: str = "", pk: int = 0) -> int:
    """Send nothing to this browser any more; how many subscriptions ended.

    Withdrawing is as easy as agreeing (A5): with the last device the consent ends.
    """
    live = resolve(customer)
    wanted = own(live).filter(endpoint=endpoint) if endpoint else own(live).filter(pk=pk)
    ended, _rows = wanted.delete()
    if ended and not own(live).exists():
        record_consent(
            customer=customer, granted=False, channel=Message.Channel.PUSH, source="device",
            actor="customer", at=at,
        )  # fmt: skip
    return ended


def _of_a_push_service(endpoint: str) -> bool:
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    known = any(host == one or host.endswith(f".{one}") for one in settings.PUSH_SERVICES)
    return known and parts.scheme == "https" and port in (None, 443) and "@" not in parts.netloc


def _is_point(text: str) -> bool:
    """Whether it is a public key of the curve that RFC 8291 names."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, _bytes(text))
    except ValueError:
        return False
    return len(text) <= 100


def _bytes(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""

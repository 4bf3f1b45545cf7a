"""The test provider: it keeps its own books, refuses, delays, repeats and loses web hooks.

Its page lets the tester choose what the bank says. On the terminal an amount whose cents are 13
is refused. Its web hooks carry a signature like a real provider's (Standard Webhooks).
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from orders.models import SandboxCharge
from orders.providers.base import Notice, Outcome, ProviderUnavailable

REFUSED_CENTS = 13
LATE = timedelta(minutes=2)


def _hook() -> Webhook:
    secret = hashlib.sha256(settings.PAYMENT_SANDBOX_SECRET.encode()).digest()
    return Webhook(base64.b64encode(secret).decode())


class Sandbox:
    """The test provider's side of the interface."""

    code = "sandbox"

    def start(self, *, reference: str, amount_minor: int, currency: str, return_url: str) -> str:
        SandboxCharge.objects.get_or_create(
            reference=reference,
            defaults={
                "amount_minor": amount_minor,
                "currency": currency,
                "return_url": return_url,
            },
        )
        return reverse("storefront:sandbox", args=[reference])

    def charge_terminal(self, *, reference: str, amount_minor: int, currency: str) -> Outcome:
        refused = amount_minor % 100 == REFUSED_CENTS
        charge, _created = SandboxCharge.objects.get_or_create(
            reference=reference,
            defaults={
                "amount_minor": amount_minor,
                "currency": currency,
                "status": SandboxCharge.Status.REFUSED
                if refused
                else SandboxCharge.Status.CAPTURED,
            },
        )
        return _outcome(charge)

    def status(self, *, reference: str) -> Outcome:
        charge = SandboxCharge.objects.filter(reference=reference).first()
        late = charge and charge.notify_at and charge.notify_at > timezone.now()
        return _outcome(charge) if charge and not late else Outcome("pending")

    @transaction.atomic
    def refund(self, *, reference: str, amount_minor: int, key: str) -> None:
        charge = SandboxCharge.objects.select_for_update().filter(reference=reference).first()
        if charge is None:
            raise ProviderUnavailable(f"No charge {reference}")
        if key in charge.refund_keys:
            return
        if charge.refunded_minor + amount_minor > charge.amount_minor:
            raise ProviderUnavailable("More than was charged")
        charge.refunded_minor += amount_minor
        charge.refund_keys = [*charge.refund_keys, key]
        charge.save(update_fields=["refunded_minor", "refund_keys"])

    def read(self, *, body: bytes, headers: Mapping[str, str]) -> Notice:
        try:
            data = _hook().verify(body, dict(headers))
            return Notice(
                event_id=str(data["id"]),
                kind=str(data["type"]),
                reference=str(data["reference"]),
                amount_minor=int(data["amount"]),
                currency=str(data["currency"]),
            )
        except (WebhookVerificationError, KeyError, TypeError, ValueError) as error:
            raise ValueError("The web hook is not the provider's.") from error


def _outcome(charge: SandboxCharge) -> Outcome:
    if charge.status == SandboxCharge.Status.CAPTURED:
        return Outcome("captured", charge.amount_minor)
    if charge.status == SandboxCharge.Status.REFUSED:
        return Outcome("refused", 0, "declined")
    return Outcome("pending")


@transaction.atomic
def decide(*, reference: str, accept: bool, late: bool, at: datetime) -> SandboxCharge:
    """The tester plays the bank. A decided charge stays as it is. Raises DoesNotExist.

    The answer is known and its web hook due at once, or minutes later when it is to be late.
    """
    charge = SandboxCharge.objects.select_for_update().get(reference=reference)
    if charge.status == SandboxCharge.Status.OPEN:
        charge.status = SandboxCharge.Status.CAPTURED if accept else SandboxCharge.Status.REFUSED
        charge.notify_at = at + LATE if late else at
        charge.save(update_fields=["status", "notify_at"])
    return charge


def signed_notice(charge: SandboxCharge, *, at: datetime) -> tuple[bytes, dict[str, str]]:
    """The body and headers of the charge's web hook; the same event however often it is sent."""
    event_id = f"evt_{charge.reference}_{charge.status}"
    body = json.dumps(
        {
            "id": event_id,
            "type": str(charge.status),
            "reference": charge.reference,
            "amount": charge.amount_minor,
            "currency": charge.currency,
        }
    )
    headers = {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": _hook().sign(event_id, at, body),
    }
    return body.encode(), headers

"""Notifications to browsers, for real: through the push service that each browser named.

A module of its own: pywebpush is loaded by who sends, not by every web worker.
"""

import json
from datetime import timedelta

from django.conf import settings
from pywebpush import WebPushException, webpush

from customers.gateways import Gone
from customers.models import PushDevice

TIMEOUT = 5  # seconds
ENDED = (404, 410)  # RFC 8030: the subscription is no longer there


class WebPush:
    """Encrypts as RFC 8291 says, signs with our VAPID key (RFC 8292), posts (RFC 8030)."""

    def send(
        self,
        *,
        device: PushDevice,
        payload: dict[str, str],
        reference: str,
        keep: timedelta,
        urgency: str,
    ) -> None:
        """Hand one notification over. The reference is its topic: what the push service still
        holds of it is replaced. Raises Gone, or WebPushException and what requests raises.
        """
        try:
            webpush(
                {
                    "endpoint": device.endpoint,
                    "keys": {"p256dh": device.p256dh, "auth": device.auth},
                },
                json.dumps(payload, ensure_ascii=False),
                vapid_private_key=settings.PUSH_PRIVATE_KEY,
                vapid_claims={"sub": settings.PUSH_CONTACT},
                ttl=keep // timedelta(seconds=1),
                headers={"Urgency": urgency, "Topic": reference},
                timeout=TIMEOUT,
            )
        except WebPushException as error:
            if error.status_code in ENDED:
                raise Gone(device.endpoint) from error
            raise

"""Who carries SMS and notifications to telephones and browsers: classes that settings name."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from django.conf import settings
from django.utils.module_loading import import_string

from customers.models import PushDevice


class Gone(Exception):
    """The device is no longer there: its subscription ended."""


class SmsGateway(Protocol):
    """A provider of SMS."""

    def send(self, *, to: str, sender: str, text: str, reference: str) -> None:
        """Hand one SMS over; the same reference again is the same SMS. Raises what went wrong."""
        ...


class PushGateway(Protocol):
    """A sender of web push messages (RFC 8030, encrypted as RFC 8291 says)."""

    def send(
        self,
        *,
        device: PushDevice,
        payload: dict[str, str],
        reference: str,
        keep: timedelta,
        urgency: str,
    ) -> None:
        """Hand one notification over, kept so long for a device that is off; `urgency` is a word
        of RFC 8030. Raises Gone where the browser gave the subscription up, or what went wrong.
        """
        ...


def sms_gateway() -> SmsGateway:
    """The provider that settings name."""
    gateway: SmsGateway = import_string(settings.SMS_GATEWAY)()
    return gateway


def push_gateway() -> PushGateway:
    """The sender that settings name."""
    gateway: PushGateway = import_string(settings.PUSH_GATEWAY)()
    return gateway


def _write(folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    written = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    (folder / f"{written}-{name}-{uuid4().hex[:6]}.txt").write_text(text, encoding="utf-8")


class SmsFiles:
    """Writes each SMS to a file, as Django's file backend does for e-mail."""

    def send(self, *, to: str, sender: str, text: str, reference: str) -> None:
        head = f"To: {to}\nFrom: {sender}\nReference: {reference}\n\n"
        _write(Path(settings.SMS_FILE_PATH), reference, f"{head}{text}\n")


class PushFiles:
    """Writes each notification to a file."""

    def send(
        self,
        *,
        device: PushDevice,
        payload: dict[str, str],
        reference: str,
        keep: timedelta,
        urgency: str,
    ) -> None:
        head = (
            f"To: {device.endpoint}\nReference: {reference}\n"
            f"TTL: {keep // timedelta(seconds=1)}\nUrgency: {urgency}\n\n"
        )
        body = json.dumps(payload, ensure_ascii=False, indent=2)
        _write(Path(settings.PUSH_FILE_PATH), reference, f"{head}{body}\n")

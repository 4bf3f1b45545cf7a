"""A new pair of keys for notifications on devices (VAPID, RFC 8292)."""

from base64 import urlsafe_b64encode
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Prints the pair as lines of an environment file; nothing is kept."""

    help = "Print a new pair of keys for notifications (PUSH_PRIVATE_KEY, PUSH_PUBLIC_KEY)."

    def handle(self, *args: Any, **options: Any) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        secret = key.private_numbers().private_value.to_bytes(32)
        point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        for name, value in (("PRIVATE", secret), ("PUBLIC", point)):
            self.stdout.write(f"PUSH_{name}_KEY={urlsafe_b64encode(value).rstrip(b'=').decode()}")

"""Typed readers of the environment. A value that cannot be read stops the start-up and says why."""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str | None = None) -> str:
    """The variable as text; without a default it must be set and not empty."""
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"Set the environment variable {name}.")
    return default


def flag(name: str, default: bool = False) -> bool:
    """1, true, yes, on, or 0, false, no, off; anything else is refused."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in _TRUE:
        return True
    if value.strip().lower() in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name}={value!r} is neither on nor off. Use 1 or 0.")


def number(name: str, default: int) -> int:
    """A whole number."""
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value!r} is not a whole number.") from None


def words(name: str, default: list[str]) -> list[str]:
    """A comma-separated list."""
    value = os.environ.get(name, "").strip()
    return [word.strip() for word in value.split(",") if word.strip()] if value else default


def push_keys(private: str, public: str) -> tuple[str, str]:
    """The private and the public key of web push (VAPID, RFC 8292), base64url; empty without.

    The public key follows from the private one. It may stand alone, for a sender of one's own.
    """
    secret, shown = text(private, ""), text(public, "")
    if not secret:
        return "", shown
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        number = urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
        if len(number) != 32:
            raise ValueError
        key = ec.derive_private_key(int.from_bytes(number), ec.SECP256R1()).public_key()
    except ValueError:
        raise ImproperlyConfigured(
            f"{private} is no key of web push. `manage.py make_push_keys` prints a new pair."
        ) from None
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    found = urlsafe_b64encode(point).rstrip(b"=").decode()
    if shown not in ("", found):
        raise ImproperlyConfigured(f"{public} does not belong to {private}. Leave it out.")
    return secret, found


def beginning(prefix: str) -> dict[str, str]:
    """All variables whose names begin so, by the rest of their names; empty ones are left out."""
    return {
        name.removeprefix(prefix): value.strip()
        for name, value in os.environ.items()
        if name.startswith(prefix) and value.strip()
    }

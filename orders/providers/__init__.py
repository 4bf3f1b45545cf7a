"""Payment providers: whoever takes cards for us. Card data never touches us (PAY-1)."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from orders.providers.base import Notice, Outcome, Provider, ProviderUnavailable
from orders.providers.sandbox import Sandbox

__all__ = ["Notice", "Outcome", "Provider", "ProviderUnavailable", "provider"]


def provider(code: str | None = None) -> Provider:
    """The provider of that code, or the configured one."""
    code = code or settings.PAYMENT_PROVIDER
    if code == Sandbox.code:
        return Sandbox()
    raise ImproperlyConfigured(f"PAYMENT_PROVIDER={code!r} is not known.")

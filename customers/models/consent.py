"""Consent is a ledger: who agreed to what, when, where, on which text (GDP-3)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from omnishop.kernel.append_only import AppendOnly


class ConsentEvent(AppendOnly):
    """One answer given: agreed or withdrew. The newest answer per purpose and channel stands."""

    class Purpose(models.TextChoices):
        MARKETING = "marketing", _("offers and reminders")

    class Channel(models.TextChoices):
        EMAIL = "email", _("e-mail")
        SMS = "sms", _("SMS")
        PUSH = "push", _("notification on a device")
        PHONE = "phone", _("telephone call")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="consents")
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose)
    channel = models.CharField(_("channel"), max_length=8, choices=Channel)
    granted = models.BooleanField(_("agreed"))
    basis = models.CharField(
        _("basis"), max_length=12, default="consent"
    )  # or "soft_opt_in", GDP-2
    text_version = models.CharField(_("text version"), max_length=40)
    source = models.CharField(_("source"), max_length=40)  # "checkout", "account", "till"
    actor = models.CharField(_("by"), max_length=80)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["customer", "purpose", "channel", "-at", "-id"])]

    def __str__(self) -> str:
        return f"{self.purpose}/{self.channel}: {'yes' if self.granted else 'no'}"

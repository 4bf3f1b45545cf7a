"""Consent is a ledger: who agreed to what, when, where, on which text (GDP-3)."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from omnishop.kernel.append_only import AppendOnly


class Purpose(models.TextChoices):
    """What an answer is about."""

    MARKETING = "marketing", _("offers and reminders")
    PROFILING = "profiling", _("personalised recommendations")
    OPENING = "opening", _("measuring whether mails are opened")  # GDP-5: not asked, none does


class Channel(models.TextChoices):
    """Where an answer holds."""

    EMAIL = "email", _("e-mail")
    SMS = "sms", _("SMS")
    PUSH = "push", _("notification on a device")
    PHONE = "phone", _("telephone call")  # GDP-4
    ALL = "all", _("everywhere")  # a purpose that is no message


class Basis(models.TextChoices):
    """Why we may: somebody said yes, or bought and did not refuse (GDP-2)."""

    CONSENT = "consent", _("consent")
    SOFT_OPT_IN = "soft_opt_in", _("sale, refusal offered")


# The answers that can be given, in the order of the page.
QUESTIONS: tuple[tuple[str, str], ...] = (
    (Purpose.MARKETING, Channel.EMAIL),
    (Purpose.MARKETING, Channel.SMS),
    (Purpose.MARKETING, Channel.PUSH),
    (Purpose.MARKETING, Channel.PHONE),
    (Purpose.PROFILING, Channel.ALL),
)
# The law's exception is for mails and SMS about similar articles, never for calls (GDP-2, GDP-4).
SOFT = Q(purpose=Purpose.MARKETING, channel__in=[Channel.EMAIL, Channel.SMS])


class ConsentTextQuerySet(models.QuerySet["ConsentText"]):
    def in_force(self, at: datetime) -> Self:
        """Texts that may be shown at an instant, the newest first."""
        return self.filter(valid_from__lte=at).order_by("-valid_from", "-pk")


class ConsentText(AppendOnly):
    """What a person reads when they are asked: kept as it was shown, which is the proof (GDP-3)."""

    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose)
    channel = models.CharField(_("channel"), max_length=8, choices=Channel)
    basis = models.CharField(_("basis"), max_length=12, choices=Basis, default=Basis.CONSENT)
    language = models.CharField(_("language"), max_length=2)
    version = models.CharField(_("version"), max_length=40)
    text = models.TextField(_("text"))
    valid_from = models.DateTimeField(_("shown from"))

    objects = ConsentTextQuerySet.as_manager()

    class Meta:
        verbose_name = _("text of a consent")
        verbose_name_plural = _("texts of consents")
        ordering = ["purpose", "channel", "language", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["purpose", "channel", "basis", "language", "version"],
                name="consent_text_unique",
            ),
            models.CheckConstraint(
                condition=Q(basis=Basis.CONSENT) | SOFT, name="consent_text_basis"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose}/{self.channel} {self.version} {self.language}"


class ConsentEvent(AppendOnly):
    """One answer given: agreed or withdrew. The newest answer per purpose and channel stands."""

    Purpose = Purpose
    Channel = Channel
    Basis = Basis

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="consents")
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose)
    channel = models.CharField(_("channel"), max_length=8, choices=Channel)
    granted = models.BooleanField(_("agreed"))
    basis = models.CharField(_("basis"), max_length=12, choices=Basis, default=Basis.CONSENT)
    text_version = models.CharField(_("text version"), max_length=40)
    # What was shown; empty for answers brought from elsewhere, which name their version alone.
    text = models.ForeignKey(
        ConsentText, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("text")
    )
    source = models.CharField(_("source"), max_length=40)  # "checkout", "account", "till"
    document = models.CharField(_("document"), max_length=60, blank=True, default="", db_default="")
    actor = models.CharField(_("by"), max_length=80)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["customer", "purpose", "channel", "-at", "-id"])]
        constraints = [
            models.CheckConstraint(
                # Never for a call, and never without the sale at which refusal was offered.
                condition=Q(basis=Basis.CONSENT) | (SOFT & ~Q(document="")),
                name="consent_soft_opt_in_of_a_sale",
            )
        ]

    def __str__(self) -> str:
        answer = gettext("yes") if self.granted else gettext("no")
        return f"{self.get_purpose_display()}, {self.get_channel_display()}: {answer}"


class SaleNotice(models.Model):
    """At a sale the buyer was told that we may write about similar articles, and could refuse.

    A task makes it an answer once the sale is real (GDP-2): an order that is never paid for
    gives none.
    """

    document = models.CharField(_("document"), max_length=60)  # "O-0001042"
    channel = models.CharField(_("channel"), max_length=8, choices=Channel, default=Channel.EMAIL)
    refused = models.BooleanField(_("refused"))
    text = models.ForeignKey(ConsentText, models.PROTECT, related_name="+", verbose_name=_("text"))
    source = models.CharField(_("source"), max_length=40)
    actor = models.CharField(_("by"), max_length=80)
    at = models.DateTimeField(_("at"))
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    class Meta:
        verbose_name = _("notice at a sale")
        verbose_name_plural = _("notices at sales")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["document", "channel"], name="sale_notice_once")
        ]
        indexes = [
            models.Index(fields=["at"], name="sale_notice_open", condition=Q(settled_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.document}: {'refused' if self.refused else 'told'}"

"""Everything we tell a person, as rows that a task sends (DESIGN 3.7)."""

from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models.customer import Customer


class MessageQuerySet(models.QuerySet["Message"]):
    def due(self, at: datetime) -> Self:
        """Messages to send now, oldest first."""
        return self.filter(status=Message.Status.QUEUED, due_at__lte=at).order_by("due_at", "pk")


class Message(models.Model):
    """One message in one channel, written from `templates/messages/<template>.*` when it leaves."""

    class Channel(models.TextChoices):
        EMAIL = "email", _("e-mail")
        SMS = "sms", _("SMS")
        PUSH = "push", _("notification on a device")

    class Status(models.TextChoices):
        QUEUED = "queued", _("waiting")
        SENT = "sent", _("sent")
        WITHHELD = "withheld", _("not sent")
        FAILED = "failed", _("failed")

    class Reason(models.TextChoices):
        """Why a message was not sent; what a carrier answered keeps its own name."""

        NO_CONSENT = "no_consent", _("no consent")
        CAP = "cap", _("this person has had enough messages")
        ERASED = "erased", _("the person was forgotten")
        NO_ADDRESS = "no_address", _("no e-mail address")
        NO_NUMBER = "no_number", _("no telephone number")
        NO_DEVICE = "no_device", _("no device that asked for notifications")
        BOUNCES = "bounces", _("the address bounces: an earlier message came back")

    class Arrival(models.TextChoices):
        """What who carries it told us afterwards; a file tells nothing."""

        DELIVERED = "delivered", pgettext_lazy("message", "arrived")
        BOUNCED = "bounced", pgettext_lazy("message", "came back")
        COMPLAINED = "complained", pgettext_lazy("message", "reported as unwanted")

    class Purpose(models.TextChoices):
        SERVICE = "service", _("service")
        MARKETING = "marketing", _("marketing")

    key = models.CharField(max_length=120, unique=True)  # "order-confirmed:O-1042": said once
    customer = models.ForeignKey(
        Customer,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="messages",
        verbose_name=_("customer"),
    )
    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose)
    channel = models.CharField(
        _("channel"),
        max_length=8,
        choices=Channel,
        default=Channel.EMAIL,
        db_default=Channel.EMAIL,
    )
    template = models.CharField(_("template"), max_length=60)
    # An e-mail address, an E.164 number; of a notification the number of the customer whose
    # devices get it.
    to = models.CharField(_("to"), max_length=254)
    language = models.CharField(_("language"), max_length=2)
    context = models.JSONField(default=dict)
    headers = models.JSONField(default=dict, blank=True, db_default={})  # "In-Reply-To", …
    document = models.CharField(_("document"), max_length=60, blank=True, db_index=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.QUEUED)
    reason = models.CharField(_("why"), max_length=200, blank=True)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    queued_at = models.DateTimeField(_("written"))
    due_at = models.DateTimeField(_("due"))
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    clicked_at = models.DateTimeField(_("clicked"), null=True, blank=True)  # the first time
    segments = models.PositiveSmallIntegerField(_("SMS parts"), null=True, blank=True)  # paid each
    carrier_id = models.CharField(max_length=200, blank=True, default="", db_default="")
    arrival = models.CharField(
        _("arrival"), max_length=10, choices=Arrival, blank=True, default="", db_default=""
    )
    arrival_at = models.DateTimeField(_("told by the carrier"), null=True, blank=True)
    arrival_note = models.CharField(
        _("the carrier's words"), max_length=200, blank=True, default="", db_default=""
    )

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["due_at"], name="message_due", condition=models.Q(status="queued")
            ),
            models.Index(fields=["customer", "-queued_at"]),
            models.Index(fields=["queued_at"], name="message_written"),
            models.Index(
                fields=["carrier_id"],
                name="message_carried",
                condition=~models.Q(carrier_id=""),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(status="sent") | models.Q(sent_at__isnull=False),
                name="message_sent_has_time",
            ),
            models.CheckConstraint(
                condition=models.Q(arrival="", arrival_at=None)
                | (~models.Q(arrival="") & models.Q(arrival_at__isnull=False)),
                name="message_arrival_has_time",
            ),
        ]

    def __str__(self) -> str:
        return self.subject or self.template

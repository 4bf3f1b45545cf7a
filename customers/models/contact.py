"""When a person may be written to, and on which devices."""

from datetime import time

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from customers.models.message import Message


class ContactRule(models.Model):
    """When offers and reminders may be sent in a channel, and how many a person gets in all.

    Service messages are not concerned. French practice for SMS: working days, 8 am to 8 pm.
    """

    channel = models.CharField(_("channel"), max_length=8, choices=Message.Channel, unique=True)
    opens = models.TimeField(_("from"), default=time(8))
    closes = models.TimeField(_("until"), default=time(21))
    rest_days = models.BooleanField(_("not on Sundays and public holidays"), default=False)
    most = models.PositiveSmallIntegerField(
        _("messages at the most"),
        default=2,
        help_text=_("Offers and reminders of every channel count, not of this one alone."),
    )
    within_days = models.PositiveSmallIntegerField(_("in days"), default=7)

    class Meta:
        verbose_name = _("rule for offers")
        verbose_name_plural = _("rules for offers")
        ordering = ["channel"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(opens__lt=models.F("closes")), name="contact_rule_open"
            ),
            models.CheckConstraint(
                condition=models.Q(within_days__gte=1), name="contact_rule_days"
            ),
        ]

    def __str__(self) -> str:
        return self.get_channel_display()


class PushDevice(models.Model):
    """A browser whose owner pressed “notify me on this device” (Push API, RFC 8030).

    A subscription that ended, at its owner's press or the push service's word, is deleted.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="devices")
    endpoint = models.CharField(_("address"), max_length=500, unique=True)
    p256dh = models.CharField(max_length=100)  # the browser's public key, RFC 8291
    auth = models.CharField(max_length=40)
    name = models.CharField(_("device"), max_length=80, blank=True)  # "Firefox, Linux"
    created_at = models.DateTimeField(_("since"))
    last_used_at = models.DateTimeField(_("last notified"), null=True, blank=True)

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name or str(self.pk)


class ReceivedStop(models.Model):
    """An SMS that said STOP, by its carrier's key alone: brought again, it does nothing.

    Neither number nor person: the answer itself is a row of `ConsentEvent`.
    """

    reference = models.CharField(_("carrier's key"), max_length=100, unique=True)
    at = models.DateTimeField(_("received"))

    class Meta:
        verbose_name = _("STOP received")
        verbose_name_plural = _("STOPs received")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.reference

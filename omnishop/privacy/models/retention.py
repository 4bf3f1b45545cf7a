"""How long we keep what: periods as dated data, and who was told that theirs ends (GDP-1)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, Message


class RetentionPeriod(models.Model):
    """From a day on, a clock runs so many days. What is not here runs as the rule begins with."""

    rule = models.CharField(_("rule"), max_length=24)  # a code of omnishop.privacy.rules
    days = models.PositiveIntegerField(_("days"))
    valid_from = models.DateField(_("from"))
    why = models.CharField(_("why"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("retention period")
        verbose_name_plural = _("retention periods")
        ordering = ["rule", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["rule", "valid_from"], name="retention_period_dated"),
            models.CheckConstraint(condition=Q(days__gte=1), name="retention_period_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.rule}: {self.days}"


class RetentionNotice(models.Model):
    """A person did nothing for so long that they will be erased on a day; they are told before."""

    class Status(models.TextChoices):
        TOLD = "told", _("will be erased")
        BACK = "back", _("came back")
        ERASED = "erased", _("erased")

    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="retention_notices", verbose_name=_("customer")
    )
    status = models.CharField(_("status"), max_length=6, choices=Status, default=Status.TOLD)
    last_act_at = models.DateTimeField(_("last act"))
    told_at = models.DateTimeField(_("told"))
    erase_on = models.DateField(_("erased on"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    message = models.ForeignKey(
        Message, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("message")
    )

    class Meta:
        verbose_name = _("end of a retention")
        verbose_name_plural = _("ends of retentions")
        ordering = ["erase_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], name="retention_notice_one_open", condition=Q(status="told")
            ),
            models.CheckConstraint(
                condition=Q(status="told") | Q(decided_at__isnull=False),
                name="retention_notice_decided",
            ),
        ]
        indexes = [
            models.Index(
                fields=["erase_on"], name="retention_notice_due", condition=Q(status="told")
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer.number}: {self.erase_on}"

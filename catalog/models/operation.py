"""Commercial operations: what is offered, when, where; every channel asks the same rows."""

from datetime import datetime, timedelta
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class OperationQuerySet(models.QuerySet["Operation"]):
    def running(self, at: datetime) -> Self:
        """Operations in force at an instant."""
        return self.filter(status="approved", starts_at__lte=at, ends_at__gt=at)


class Operation(models.Model):
    """Days, channels and shops of an offer; its promotions and price changes are what is offered.

    The period holds in one instant for all: `[starts_at, ends_at)`.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        APPROVED = "approved", _("approved")
        STOPPED = "stopped", _("stopped")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    terms = models.TextField(_("conditions, as shoppers read them"), blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    channels = ArrayField(
        models.CharField(max_length=10),
        default=list,
        blank=True,
        verbose_name=_("channels"),
    )  # empty is all
    stores = models.ManyToManyField(
        "network.Store",
        related_name="operations",
        blank=True,
        verbose_name=_("participating stores"),
    )  # empty is all

    objects = OperationQuerySet.as_manager()

    class Meta:
        verbose_name = _("commercial operation")
        verbose_name_plural = _("commercial operations")
        ordering = ["-starts_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="operation_period_forward"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def last_minute(self) -> datetime:
        """Until when, as people say it: what ends at midnight ends at 23:59 of the day before."""
        return self.ends_at - timedelta(minutes=1)

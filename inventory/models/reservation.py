"""Units promised to a document."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from catalog.models import Variant
from inventory.models.location import StockLocation


class ReservationQuerySet(models.QuerySet["Reservation"]):
    def held(self) -> Self:
        """Holds that count, even if their time is over and nobody needed the units yet."""
        return self.filter(status=Reservation.Status.HELD)

    def overdue(self, at: datetime) -> Self:
        """Holds whose time is over; they count as free for whoever asks (ALG-2)."""
        return self.held().filter(expires_at__lte=at)


class Reservation(models.Model):
    """Units of one document's line held at a location: held, then one of the others for good.

    Part of a hold may turn into another status: then the hold shrinks and a row of its own
    says what became of that part.
    """

    class Status(models.TextChoices):
        HELD = "held", _("held")
        FULFILLED = "fulfilled", _("fulfilled")
        RELEASED = "released", _("released")
        EXPIRED = "expired", pgettext_lazy("reservation", "expired")
        SHORT = "short", _("shortage")  # its units left over the counter, or were not found

    variant = models.ForeignKey(Variant, models.PROTECT, related_name="+")
    location = models.ForeignKey(StockLocation, models.PROTECT, related_name="+")
    document = models.CharField(_("document"), max_length=60)
    line = models.PositiveIntegerField(_("line"))
    quantity = models.PositiveIntegerField(_("quantity"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.HELD)
    picked = models.BooleanField(
        _("set aside"), default=False
    )  # off the shelf: a till can't eat it
    expires_at = models.DateTimeField(_("until"), null=True, blank=True)  # None: until released
    created_at = models.DateTimeField(_("since"))
    closed_at = models.DateTimeField(_("ended"), null=True, blank=True)
    # Set by the owner of the document once it has dealt with an expiry or a shortage.
    settled_at = models.DateTimeField(_("dealt with"), null=True, blank=True)

    objects = ReservationQuerySet.as_manager()

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "line", "location"],
                name="reservation_held_unique",
                condition=Q(status="held"),
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_positive"),
            models.CheckConstraint(
                condition=Q(status="held", closed_at__isnull=True)
                | (~Q(status="held") & Q(closed_at__isnull=False)),
                name="reservation_closed_has_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["variant", "location"], name="reservation_held", condition=Q(status="held")
            ),
            models.Index(
                fields=["expires_at"], name="reservation_expiry", condition=Q(status="held")
            ),
            models.Index(fields=["document"], name="reservation_document"),
            models.Index(
                fields=["closed_at"],
                name="reservation_unsettled",
                condition=Q(status__in=["short", "expired"], settled_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document} · {self.quantity} × {self.variant_id}"

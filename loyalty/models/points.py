"""Lots of points and the ledger of what happened to them."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from loyalty.models.account import Account
from omnishop.kernel.append_only import AppendOnly


class PointsLotQuerySet(models.QuerySet["PointsLot"]):
    def spendable(self, at: datetime) -> Self:
        """Lots whose points may be spent, first to expire first (ALG-9)."""
        return self.filter(remaining__gt=0, available_at__lte=at, expires_at__gt=at).order_by(
            "expires_at", "pk"
        )

    def pending(self, at: datetime) -> Self:
        """Lots still inside their return period."""
        return self.filter(remaining__gt=0, available_at__gt=at).order_by("available_at", "pk")


class PointsLot(models.Model):
    """Points earned together: by one order line, on one day, with one expiry."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="lots")
    document = models.CharField(_("document"), max_length=60)
    line = models.PositiveIntegerField(_("line"))
    origin = models.CharField(_("origin"), max_length=160)  # what the member reads
    channel = models.CharField(_("channel"), max_length=10)
    points = models.PositiveIntegerField(_("earned"))
    remaining = models.IntegerField(_("left"))
    # What returns took back of what this lot earned, from whatever lot or as a debt.
    taken_back = models.PositiveIntegerField(_("taken back"), default=0, db_default=0)
    amount_minor = models.PositiveIntegerField(_("paid for"), default=0, db_default=0)
    # Whether it counts for a tier: what was earned does, gifts and corrections do not.
    counts = models.BooleanField(_("counts for the tier"), default=True, db_default=True)
    earned_at = models.DateTimeField(_("earned at"))
    available_at = models.DateTimeField(_("may be spent from"))
    expires_at = models.DateTimeField(_("expires"))

    objects = PointsLotQuerySet.as_manager()

    class Meta:
        verbose_name = _("points lot")
        verbose_name_plural = _("points lots")
        ordering = ["expires_at", "pk"]
        constraints = [
            # Whichever account: a document replayed after a merge earns nothing more (FIELD 26).
            models.UniqueConstraint(fields=["document", "line"], name="points_lot_once"),
            models.CheckConstraint(
                condition=Q(taken_back__lte=F("points")), name="points_lot_taken_back_once"
            ),
            models.CheckConstraint(
                condition=Q(remaining__gte=0, remaining__lte=F("points")), name="points_lot_kept"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("available_at")), name="points_lot_spendable_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["account", "expires_at"],
                name="points_lot_live",
                condition=Q(remaining__gt=0),
            ),
            models.Index(
                fields=["expires_at"], name="points_lot_expiry", condition=Q(remaining__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.origin} {self.remaining}/{self.points}"


class PointsEntry(AppendOnly):
    """One change of a lot, or of the debt where `lot` is empty. Signed."""

    class Kind(models.TextChoices):
        EARN = "earn", _("earned")
        SPEND = "spend", _("spent")
        RESTORE = "restore", pgettext_lazy("points", "given back")
        REVERSE = "reverse", _("taken back after a return")
        EXPIRE = "expire", _("expired")
        DEBT = "debt", _("owed")
        REPAY = "repay", _("debt repaid")
        CORRECTION = "correction", _("correction")
        GIFT = "gift", _("received from a member")

    account = models.ForeignKey(Account, models.PROTECT, related_name="entries")
    lot = models.ForeignKey(PointsLot, models.PROTECT, null=True, related_name="entries")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    delta = models.IntegerField(_("points"))
    document = models.CharField(_("document"), max_length=60)
    channel = models.CharField(_("channel"), max_length=10, blank=True)
    actor = models.CharField(_("by"), max_length=80, blank=True)
    at = models.DateTimeField(_("at"))
    idempotency_key = models.CharField(max_length=140, unique=True)

    class Meta:
        verbose_name = _("points entry")
        verbose_name_plural = _("points ledger")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["account", "-at"]),
            models.Index(fields=["document"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.delta:+d}"

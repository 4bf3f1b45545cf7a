"""Points that go from member to member, and points that staff correct."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from loyalty.models.account import Account
from omnishop.network.models import StaffMember


class PointsGift(models.Model):
    """Points a member sends to a card or an e-mail address, until somebody accepts them.

    They have left the sender's lots; unaccepted they go back there. Whether the receiver exists is
    never told: nobody and somebody who does not answer look the same.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        ACCEPTED = "accepted", _("accepted")
        RETURNED = "returned", _("given back")

    number = models.CharField(_("number"), max_length=60, unique=True)  # its document in the ledger
    sender = models.ForeignKey(Account, models.PROTECT, related_name="gifts_sent")
    receiver = models.ForeignKey(
        Account, models.PROTECT, null=True, blank=True, related_name="gifts_received"
    )
    points = models.PositiveIntegerField(_("points"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    at = models.DateTimeField(_("at"))
    expires_at = models.DateTimeField(_("to be accepted until"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("gift of points")
        verbose_name_plural = _("gifts of points")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(points__gt=0), name="points_gift_some"),
            models.CheckConstraint(
                condition=Q(receiver__isnull=True) | ~Q(receiver=F("sender")),
                name="points_gift_to_another",
            ),
            models.CheckConstraint(
                condition=~Q(status="accepted") | Q(receiver__isnull=False),
                name="points_gift_accepted_by_somebody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"], name="points_gift_due", condition=Q(status="waiting")
            )
        ]

    def __str__(self) -> str:
        return self.number


class CorrectionLimit(models.Model):
    """How many points a role may correct alone; above it a second person approves."""

    role = models.CharField(_("role"), max_length=20, choices=StaffMember.Role, unique=True)
    each = models.PositiveIntegerField(_("points at once"))
    day = models.PositiveIntegerField(_("points in a day"))

    class Meta:
        verbose_name = _("limit of corrections")
        verbose_name_plural = _("limits of corrections")

    def __str__(self) -> str:
        return str(self.get_role_display())


class Correction(models.Model):
    """Points that staff gave or took, with the reason; above the limit it waits for a second."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("to be approved")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")

    account = models.ForeignKey(Account, models.PROTECT, related_name="corrections")
    points = models.IntegerField(_("points"))  # signed
    reason = models.CharField(_("reason"), max_length=160)
    reference = models.CharField(_("reference"), max_length=60, unique=True)
    status = models.CharField(_("status"), max_length=10, choices=Status)
    actor = models.CharField(_("by"), max_length=80)
    at = models.DateTimeField(_("at"))
    decided_by = models.CharField(_("decided by"), max_length=80, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        verbose_name = _("correction of points")
        verbose_name_plural = _("corrections of points")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(points=0), name="correction_some"),
            models.CheckConstraint(
                condition=Q(decided_by="") | ~Q(decided_by=F("actor")),
                name="correction_second_person",
            ),
        ]
        indexes = [
            models.Index(fields=["actor", "-at"]),
            models.Index(fields=["at"], name="correction_waiting", condition=Q(status="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.points:+d}"

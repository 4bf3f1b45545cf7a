"""What people ask for: their data, or to be forgotten (GDP-6). Rows are the queue."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, Message


class ErasureQuerySet(models.QuerySet["ErasureRequest"]):
    def open(self) -> Self:
        """Requests that are not finished."""
        return self.exclude(status=ErasureRequest.Status.DONE)

    def due(self, at: datetime) -> Self:
        """Requests to go on with, oldest first."""
        return self.open().filter(next_at__lte=at).order_by("next_at", "pk")


class ErasureRequest(models.Model):
    """A person is to be forgotten; what must stay a while is named, with why and until when.

    asked → (the last message has left) → waiting, for an order or a refund that is open → done.
    """

    class Status(models.TextChoices):
        ASKED = "asked", _("asked")
        WAITING = "waiting", _("waits for what is open")
        DONE = "done", _("erased")

    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="erasures", verbose_name=_("customer")
    )
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.ASKED)
    source = models.CharField(_("source"), max_length=40)  # "account", "staff", "retention"
    actor = models.CharField(_("by"), max_length=80)
    proof = models.CharField(_("how we know who asked"), max_length=200, blank=True)
    asked_at = models.DateTimeField(_("asked"))
    next_at = models.DateTimeField(_("looked at next"))
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)
    done_at = models.DateTimeField(_("finished"), null=True, blank=True)
    # [{"kind": "open_order", "document": "O-1042"}]: kept until each is closed (F-33)
    waiting = models.JSONField(_("waits for"), default=list, blank=True)
    # {"customers.Identity": 3}: how many rows were changed or deleted, for the record
    result = models.JSONField(_("what was erased"), default=dict, blank=True)
    message = models.ForeignKey(
        Message, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("message")
    )

    objects = ErasureQuerySet.as_manager()

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], name="erasure_one_open", condition=~Q(status="done")
            ),
            models.CheckConstraint(
                condition=~Q(status="done")
                | Q(erased_at__isnull=False, done_at__isnull=False, waiting=[]),
                name="erasure_done_waits_for_nothing",
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], name="erasure_due", condition=~Q(status="done"))
        ]

    def __str__(self) -> str:
        return f"{self.customer.number}: {self.get_status_display()}"


class ExportQuerySet(models.QuerySet["ExportRequest"]):
    def to_make(self) -> Self:
        """Asked for and not made yet, oldest first."""
        return self.filter(status=ExportRequest.Status.ASKED).order_by("pk")

    def over(self, at: datetime) -> Self:
        """Made, and the time to fetch them has passed."""
        return self.filter(status=ExportRequest.Status.READY, expires_at__lte=at).order_by("pk")


class ExportRequest(models.Model):
    """A person's copy of everything we hold about them; made by a task, deleted after days."""

    class Status(models.TextChoices):
        ASKED = "asked", _("being made")
        READY = "ready", _("ready")
        DELETED = "deleted", _("deleted")

    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="exports", verbose_name=_("customer")
    )
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.ASKED)
    source = models.CharField(_("source"), max_length=40)
    actor = models.CharField(_("by"), max_length=80)
    proof = models.CharField(_("how we know who asked"), max_length=200, blank=True)
    asked_at = models.DateTimeField(_("asked"))
    ready_at = models.DateTimeField(_("ready at"), null=True, blank=True)
    expires_at = models.DateTimeField(_("deleted on"), null=True, blank=True)
    # Names in the private storage, which no address serves; empty once deleted.
    json = models.CharField(_("file"), max_length=120, blank=True)
    pdf = models.CharField(_("document"), max_length=120, blank=True)
    fetched = models.PositiveSmallIntegerField(_("fetched"), default=0)
    fetched_at = models.DateTimeField(_("last fetched"), null=True, blank=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("copy of a person's data")
        verbose_name_plural = _("copies of people's data")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], name="export_one_at_a_time", condition=Q(status="asked")
            )
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="export_over", condition=Q(status="ready"))
        ]

    def __str__(self) -> str:
        return f"{self.customer.number}: {self.get_status_display()}"

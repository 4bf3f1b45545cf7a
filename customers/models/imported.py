"""Which row of which other system a record was read from."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models.customer import Customer


class ImportedCustomer(models.Model):
    """A row of another system and the record it became: read again, it is that person (P-9).

    Whoever is forgotten leaves the row without its customer, so that an old file does not bring
    them back.
    """

    source = models.CharField(_("source"), max_length=32)  # "shopify", "caisse-lyon"
    key = models.CharField(_("key"), max_length=64)  # SHA-256 of what the source calls the row
    customer = models.ForeignKey(
        Customer, models.SET_NULL, null=True, blank=True, related_name="imported_from"
    )
    # When its card and points became a loyalty account; empty while the file said nothing of them.
    opened_at = models.DateTimeField(_("account opened"), null=True, blank=True)
    read_at = models.DateTimeField(_("read"))

    class Meta:
        verbose_name = _("imported customer")
        verbose_name_plural = _("imported customers")
        constraints = [
            models.UniqueConstraint(fields=["source", "key"], name="imported_customer_unique")
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.customer_id}"


class CustomerFileQuerySet(models.QuerySet["CustomerFile"]):
    def for_worker(self) -> Self:
        """Files whose reading was asked for and is not finished, oldest first."""
        open_ones = (CustomerFile.Status.QUEUED, CustomerFile.Status.RUNNING)
        return self.exclude(upload="").filter(status__in=open_ones).order_by("pk")


class CustomerFile(models.Model):
    """A file of customers that staff brought, and how far its reading is. Nothing personal stands
    here but in the stored file itself, which goes after a month: samples are masked.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("not started")
        QUEUED = "queued", _("about to start")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", pgettext_lazy("import", "called off")

    file_name = models.CharField(_("file"), max_length=200)
    upload = models.CharField(max_length=200, blank=True, default="")  # where it is kept
    source = models.CharField(_("system"), max_length=32)  # that the numbers are from
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    dry_run = models.BooleanField(_("dry run"), default=False)
    choices = models.JSONField(default=dict, blank=True)  # what the person said about the file
    found = models.JSONField(default=dict, blank=True)  # what was found out about it
    notes = models.JSONField(default=dict, blank=True)  # what is not taken over, counted
    differences = models.JSONField(default=list, blank=True)  # [row, outcome, fields]; the first
    cancel = models.BooleanField(default=False)  # asked to stop
    tries = models.PositiveSmallIntegerField(default=0)  # without progress between
    rows_total = models.PositiveIntegerField(_("rows"), default=0)
    rows_read = models.PositiveIntegerField(_("read"), default=0)
    created = models.PositiveIntegerField(_("created"), default=0)
    changed = models.PositiveIntegerField(pgettext_lazy("people", "changed"), default=0)
    same = models.PositiveIntegerField(_("unchanged"), default=0)
    refused = models.PositiveIntegerField(pgettext_lazy("rows", "refused"), default=0)
    message = models.CharField(_("message"), max_length=300, blank=True)
    actor = models.CharField(max_length=40)
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = CustomerFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("file of customers")
        verbose_name_plural = _("files of customers")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.file_name


class CustomerFileRow(models.Model):
    """One refused row: where, what (masked where it is personal), why."""

    file = models.ForeignKey(CustomerFile, models.CASCADE, related_name="refusals")
    row = models.PositiveIntegerField(_("row"))  # as a spreadsheet counts, header is 1
    column = models.CharField(_("column"), max_length=80)
    value = models.CharField(_("value"), max_length=80, blank=True)
    reason = models.CharField(_("why"), max_length=300)

    class Meta:
        verbose_name = _("refused row of a file of customers")
        verbose_name_plural = _("refused rows of files of customers")
        ordering = ["file", "row"]

    def __str__(self) -> str:
        return f"{self.row}: {self.reason}"

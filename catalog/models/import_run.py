"""A catalogue file being read in: progress, counts, what was refused and what would differ."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ImportRunQuerySet(models.QuerySet["ImportRun"]):
    def for_worker(self) -> Self:
        """Uploaded files whose import was asked for and is not finished, oldest first."""
        open_ones = (ImportRun.Status.QUEUED, ImportRun.Status.RUNNING)
        return self.exclude(upload="").filter(status__in=open_ones).order_by("pk")


class ImportRun(models.Model):
    """One reading of one file. Progress is committed outside the rows' transactions (UX I3)."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("not started")
        QUEUED = "queued", _("about to start")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", pgettext_lazy("import", "called off")

    file_name = models.CharField(_("file"), max_length=200)
    file_hash = models.CharField(max_length=64)
    format = models.CharField(_("format"), max_length=20)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.RUNNING)
    dry_run = models.BooleanField(_("dry run"), default=False, db_default=False)
    upload = models.CharField(max_length=200, blank=True, default="", db_default="")  # its file
    choices = models.JSONField(default=dict, blank=True)  # what the person said about the file
    found = models.JSONField(default=dict, blank=True)  # what was found out about it
    notes = models.JSONField(default=dict, blank=True)  # what the catalogue does not take
    cancel = models.BooleanField(default=False, db_default=False)  # asked to stop
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)  # without progress between
    rows_total = models.PositiveIntegerField(_("rows"), default=0)
    rows_read = models.PositiveIntegerField(_("read"), default=0)
    created = models.PositiveIntegerField(_("created"), default=0)
    changed = models.PositiveIntegerField(pgettext_lazy("products", "changed"), default=0)
    same = models.PositiveIntegerField(_("unchanged"), default=0)
    refused = models.PositiveIntegerField(pgettext_lazy("rows", "refused"), default=0)
    message = models.CharField(_("message"), max_length=300, blank=True)
    actor = models.CharField(max_length=40, blank=True, default="", db_default="")
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("catalogue import")
        verbose_name_plural = _("catalogue imports")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.file_name


class ImportRow(models.Model):
    """One refused row: where, what, why."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="refusals")
    row = models.PositiveIntegerField(_("row"))  # as a spreadsheet counts, header is 1
    product = models.CharField(_("product"), max_length=160, blank=True, default="", db_default="")
    column = models.CharField(_("column"), max_length=80)
    value = models.CharField(_("value"), max_length=200, blank=True)
    reason = models.CharField(_("why"), max_length=300)

    class Meta:
        verbose_name = _("refused row")
        verbose_name_plural = _("refused rows")
        ordering = ["run", "row"]

    def __str__(self) -> str:
        return f"{self.row}: {self.reason}"


class ImportDifference(models.Model):
    """One cell that a dry run would change; the first ones of a run are kept."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="differences")
    row = models.PositiveIntegerField(_("row"))
    product = models.CharField(_("product"), max_length=160)
    field = models.CharField(_("field"), max_length=40)
    before = models.CharField(_("before"), max_length=200, blank=True)
    after = models.CharField(_("after"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("difference")
        verbose_name_plural = _("differences")
        ordering = ["run", "pk"]

    def __str__(self) -> str:
        return f"{self.product} {self.field}: {self.before} → {self.after}"


class ImportMapping(models.Model):
    """Which column is which field, remembered for files with the same header (UX I1)."""

    signature = models.CharField(max_length=64, unique=True)  # of the header
    columns = models.JSONField(_("columns"), default=dict)  # column → field
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("mapping of columns")
        verbose_name_plural = _("mappings of columns")

    def __str__(self) -> str:
        return ", ".join(self.columns)

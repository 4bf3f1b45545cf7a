"""A file of past sales that was read in."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SalesImport(models.Model):
    """One reading of one file of order history, and what of it could not be loaded."""

    file_name = models.CharField(_("file"), max_length=200)
    format = models.CharField(_("format"), max_length=20)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    orders = models.PositiveIntegerField(_("orders"), default=0)
    returns = models.PositiveIntegerField(_("returns"), default=0)
    net_minor = models.BigIntegerField(_("net"), default=0)
    refusals = models.JSONField(_("not loaded"), default=list)
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("sales import")
        verbose_name_plural = _("sales imports")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.file_name

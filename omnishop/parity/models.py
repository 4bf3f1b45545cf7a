"""What the nightly comparison found."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ParityRun(models.Model):
    """Baskets priced through every door, and where the doors disagreed."""

    at = models.DateTimeField(_("at"), db_index=True)
    baskets = models.PositiveIntegerField(_("baskets"))
    seed = models.PositiveIntegerField(_("seed"))
    differences = models.JSONField(_("differences"), default=list)

    class Meta:
        verbose_name = _("comparison of prices")
        verbose_name_plural = _("comparisons of prices")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d} {len(self.differences)}/{self.baskets}"

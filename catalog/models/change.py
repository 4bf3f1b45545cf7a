"""What was changed in the catalogue, by whom and when."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from omnishop.kernel.append_only import AppendOnly


class CatalogChange(AppendOnly):
    """A change of a row of the catalogue. Triggers write it, whatever the door (`catalog.history`).

    Rows are named by number: what is told here outlives what it is about.
    """

    class Action(models.TextChoices):
        ADDED = "insert", pgettext_lazy("history", "added")
        CHANGED = "update", pgettext_lazy("history", "changed")
        REMOVED = "delete", pgettext_lazy("history", "removed")

    table_name = models.CharField(_("what"), max_length=40)
    row_id = models.BigIntegerField(_("number"))
    product_id = models.BigIntegerField(_("product"), null=True)  # whose sheet shows it
    action = models.CharField(_("action"), max_length=6, choices=Action)
    before = models.JSONField(_("before"), null=True)  # of the columns that changed; all if removed
    after = models.JSONField(_("after"), null=True)  # of the columns that changed; all if added
    actor = models.CharField(_("by"), max_length=80)  # "user:12", "import:4", "task:…", "sql:…"
    at = models.DateTimeField(_("at"), db_default=Now())

    class Meta:
        verbose_name = _("change of the catalogue")
        verbose_name_plural = _("changes of the catalogue")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["product_id", "-id"], name="catalog_change_product"),
            models.Index(fields=["table_name", "row_id", "-id"], name="catalog_change_row"),
            models.Index(fields=["actor", "-id"], name="catalog_change_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.table_name} {self.row_id}"

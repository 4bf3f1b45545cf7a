"""Which row of which other system a record was read from."""

from django.db import models
from django.utils.translation import gettext_lazy as _

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

"""What the law makes us keep of people who are gone: apart, restricted, and not for ever."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from omnishop.kernel.append_only import AppendOnly
from omnishop.network.models import LegalEntity


class ArchivedInvoice(models.Model):
    """Who bought, of an order or a withdrawal whose person was erased (GDP-6, P-11).

    The only table that holds them afterwards. Reading it is a permission of its own, and each
    look leaves a row.
    """

    document = models.CharField(_("document"), max_length=24, unique=True)  # "O-0001042"
    entity = models.ForeignKey(
        LegalEntity,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("sold by"),
    )
    data = models.JSONField(_("who"))  # {"name": …, "addresses": […]}
    dated_on = models.DateField(_("of"))
    keep_until = models.DateField(_("kept until"))
    archived_at = models.DateTimeField(_("archived"))

    class Meta:
        verbose_name = _("archived invoice")
        verbose_name_plural = _("archived invoices")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["keep_until"], name="archived_invoice_end")]

    def __str__(self) -> str:
        return self.document


class ArchiveLook(AppendOnly):
    """Somebody opened an archived invoice, for a reason."""

    document = models.CharField(_("document"), max_length=24, db_index=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("look into the archive")
        verbose_name_plural = _("looks into the archive")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.document

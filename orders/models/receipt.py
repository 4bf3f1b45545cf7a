"""Fiscal receipts: a signed chain per till, without gaps (DOMAIN POS-2, POS-7, POS-9)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from omnishop.kernel.append_only import AppendOnly
from omnishop.network.models import Till
from orders.models.order import Order


class ReceiptChain(models.Model):
    """The head of a till's chain; locked while a receipt is added to it."""

    till = models.OneToOneField(Till, models.PROTECT, related_name="chain")
    last_sequence = models.PositiveIntegerField(default=0)
    last_hash = models.CharField(max_length=64, default="GENESIS")

    class Meta:
        verbose_name = _("receipt chain")
        verbose_name_plural = _("receipt chains")

    def __str__(self) -> str:
        return f"{self.till} {self.last_sequence}"


class Receipt(AppendOnly):
    """One ticket: what was sold or given back, its VAT and its tenders, as signed text.

    The person is not in it, so that merging and erasing people stay possible (DESIGN 3.5).
    """

    till = models.ForeignKey(Till, models.PROTECT, related_name="receipts")
    sequence = models.PositiveIntegerField(_("number"))
    order = models.ForeignKey(Order, models.PROTECT, related_name="receipts")
    total_minor = models.IntegerField(_("total"))
    currency = models.CharField(max_length=3)
    business_on = models.DateField(_("business day"))
    issued_at = models.DateTimeField(_("issued"))
    payload = models.TextField()  # canonical JSON
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)  # sha-256 of previous hash and payload
    signature = models.CharField(max_length=64)  # of the hash, by the till's key

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["till", "sequence"], name="receipt_sequence_unique"),
            models.UniqueConstraint(fields=["till", "previous_hash"], name="receipt_no_fork"),
        ]
        indexes = [models.Index(fields=["till", "business_on"])]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"{self.till}-{self.sequence:06d}"

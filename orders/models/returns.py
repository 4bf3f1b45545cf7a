"""Units taken out of a sale again: goods that come back, or units cancelled before hand-over."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inventory.models import StockLocation
from omnishop.network.models import Store, Till
from orders.models.order import Order, OrderLine


class Return(models.Model):
    """One reversal of part of an order; in reports it counts on its own day, negative."""

    class Kind(models.TextChoices):
        RETURN = "return", _("return")
        CANCELLATION = "cancellation", _("cancellation")

    number = models.CharField(_("number"), max_length=24, unique=True)  # "O-0000042-R1"
    order = models.ForeignKey(Order, models.PROTECT, related_name="returns")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    store = models.ForeignKey(
        Store, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("store")
    )
    till = models.ForeignKey(Till, models.PROTECT, null=True, blank=True, related_name="+")
    total_minor = models.PositiveIntegerField(_("refunded"))
    tax_minor = models.PositiveIntegerField(_("of which VAT"))
    counts = models.BooleanField(_("was a sale"))  # False: cancelled before it was paid
    reason = models.CharField(_("reason"), max_length=120)
    actor = models.CharField(_("by"), max_length=80)
    business_on = models.DateField(_("business day"))
    at = models.DateTimeField(_("at"))
    source_key = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["source_key"], name="return_source_unique", condition=~Q(source_key="")
            )
        ]
        indexes = [models.Index(fields=["business_on"], name="return_business_on")]

    def __str__(self) -> str:
        return self.number


class ReturnLine(models.Model):
    """Units of one line, and what was paid for just these units (VAT-4, ALG-10)."""

    class Disposition(models.TextChoices):
        SELLABLE = "sellable", _("back on the shelf")
        DAMAGED = "damaged", _("damaged")
        INSPECT = "inspect", _("to be inspected")
        NONE = "none", _("nothing came back")

    document = models.ForeignKey(Return, models.CASCADE, related_name="lines")
    line = models.ForeignKey(OrderLine, models.PROTECT, related_name="return_lines")
    quantity = models.PositiveIntegerField(_("quantity"))
    total_minor = models.PositiveIntegerField(_("refunded"))
    tax_minor = models.PositiveIntegerField(_("of which VAT"))
    disposition = models.CharField(_("state"), max_length=10, choices=Disposition)
    location = models.ForeignKey(
        StockLocation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("put at"),
    )

    class Meta:
        verbose_name = _("return line")
        verbose_name_plural = _("return lines")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["document", "line"], name="return_line_unique"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="return_line_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line_id}"

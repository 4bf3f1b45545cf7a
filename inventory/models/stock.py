"""Units on the shelf, and the ledger that alone changes them."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Variant
from inventory.models.location import StockLocation
from omnishop.kernel.append_only import AppendOnly


class StockLevel(models.Model):
    """Units of one variant at one location: the running total of its movements.

    No table points here: a foreign key to this row would halve a hot SKU (DESIGN 6).
    """

    variant = models.ForeignKey(Variant, models.PROTECT, related_name="levels")
    location = models.ForeignKey(StockLocation, models.PROTECT, related_name="levels")
    on_hand = models.IntegerField(_("on hand"), default=0)  # counted on the shelf
    reserved = models.IntegerField(_("reserved"), default=0)  # promised, still on the shelf
    unsellable = models.IntegerField(_("not sellable"), default=0)  # damaged, inspected, shown
    safety = models.PositiveIntegerField(_("safety stock"), default=0)  # never promised online
    shelf = models.CharField(_("shelf"), max_length=20, blank=True, default="")  # "B4"
    available = models.GeneratedField(
        verbose_name=_("available"),
        expression=F("on_hand") - F("reserved") - F("unsellable"),
        output_field=models.IntegerField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("stock level")
        verbose_name_plural = _("stock levels")
        constraints = [
            models.UniqueConstraint(fields=["variant", "location"], name="stock_level_unique"),
            # A sale or count below the promise first turns a hold into a shortage.
            models.CheckConstraint(
                condition=Q(
                    reserved__gte=0,
                    unsellable__gte=0,
                    on_hand__gte=F("reserved") + F("unsellable"),
                ),
                name="stock_level_kept",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant} · {self.location}"


class StockStatus(models.TextChoices):
    """What may be done with goods on hand."""

    SELLABLE = "sellable", _("sellable")
    DAMAGED = "damaged", _("damaged")
    INSPECTION = "inspection", _("in inspection")
    DISPLAY = "display", _("on display")


class StockMovement(AppendOnly):
    """One change of `on_hand`, signed. Written by `inventory.services` alone.

    Goods that change status are two rows: out of one, into the other.
    """

    class Kind(models.TextChoices):
        RECEIPT = "receipt", _("goods receipt")
        SALE = "sale", _("sale")
        RETURN = "return", _("return")
        TRANSFER_OUT = "transfer_out", _("transfer out")
        TRANSFER_IN = "transfer_in", _("transfer in")
        ADJUSTMENT = "adjustment", _("adjustment")
        COUNT = "count", _("stock count")
        COUNT_GAP = "count_gap", _("count gap")  # sold though the book said none
        STATUS = "status", _("change of status")

    variant = models.ForeignKey(Variant, models.PROTECT, related_name="+")
    location = models.ForeignKey(StockLocation, models.PROTECT, related_name="+")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    status = models.CharField(
        _("status"), max_length=10, choices=StockStatus, default=StockStatus.SELLABLE
    )
    delta = models.IntegerField(_("change"))
    document = models.CharField(_("document"), max_length=60)
    line = models.PositiveIntegerField(_("line"), default=0)
    reason = models.CharField(_("reason"), max_length=120, blank=True)
    actor = models.CharField(_("by"), max_length=80, blank=True)
    at = models.DateTimeField(_("at"))
    idempotency_key = models.CharField(max_length=120, unique=True)

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["variant", "location", "-at"]),
            models.Index(fields=["document"]),
            models.Index(
                fields=["location", "-at"],
                name="stock_movement_count_gaps",
                condition=Q(kind="count_gap"),
            ),
        ]
        constraints = [models.CheckConstraint(condition=~Q(delta=0), name="stock_movement_moves")]

    def __str__(self) -> str:
        return f"{self.kind} {self.delta:+d}"

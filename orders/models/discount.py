"""What was taken off an order, by which promotion or by hand, and what each line carries of it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Coupon, Promotion
from orders.models.order import Order, OrderLine


class OrderDiscount(models.Model):
    """One discount of an order. Its shares add up to it, and a line's shares to the line's
    discount (DSC-1); returns refund the share stored here, never one computed anew (ALG-10).
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="discounts")
    promotion = models.ForeignKey(
        Promotion,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("promotion"),
    )  # empty: given by hand at a till
    coupon = models.ForeignKey(
        Coupon, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("coupon")
    )
    label = models.CharField(_("name"), max_length=120)
    amount_minor = models.PositiveIntegerField(_("discount"))

    class Meta:
        verbose_name = _("discount")
        verbose_name_plural = _("discounts")
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.label


class DiscountShare(models.Model):
    """What a line carries of a discount."""

    discount = models.ForeignKey(OrderDiscount, models.CASCADE, related_name="shares")
    line = models.ForeignKey(OrderLine, models.CASCADE, related_name="discount_shares")
    amount_minor = models.PositiveIntegerField(_("discount"))

    class Meta:
        verbose_name = _("share of a discount")
        verbose_name_plural = _("shares of discounts")
        constraints = [
            models.UniqueConstraint(fields=["discount", "line"], name="discount_share_unique")
        ]

    def __str__(self) -> str:
        return f"{self.line_id}: {self.amount_minor}"


class RefundClaim(models.Model):
    """Money promised back after the purchase (refund offer). The order is the proof of purchase."""

    class Status(models.TextChoices):
        OPEN = "open", _("may be claimed")
        CLAIMED = "claimed", _("claimed")
        PAID = "paid", _("paid back")
        REFUSED = "refused", _("refused")

    order = models.ForeignKey(Order, models.PROTECT, related_name="refund_claims")
    promotion = models.ForeignKey(Promotion, models.PROTECT, related_name="+")
    label = models.CharField(_("name"), max_length=120)
    amount_minor = models.PositiveIntegerField(_("amount"))
    claim_by = models.DateField(_("to claim until"))
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.OPEN)
    reason = models.CharField(_("why"), max_length=200, blank=True)
    iban = models.CharField("IBAN", max_length=34, blank=True)
    claimed_at = models.DateTimeField(_("claimed"), null=True, blank=True)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    class Meta:
        verbose_name = _("refund claim")
        verbose_name_plural = _("refund claims")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "promotion"], name="refund_claim_once_per_order"
            ),
            models.CheckConstraint(
                condition=Q(status="open") | Q(claimed_at__isnull=False),
                name="refund_claim_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.amount_minor}"

"""Money in and money back, tender by tender."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from omnishop.kernel.append_only import AppendOnly
from omnishop.network.models import Till
from orders.models.order import Order


def new_reference() -> str:
    """Our reference of a payment, unique for the provider too."""
    return uuid.uuid4().hex


class Payment(models.Model):
    """One tender of one order. An order is paid when its captured tenders reach its total."""

    class Method(models.TextChoices):
        CARD = "card", _("card, online")
        TERMINAL = "terminal", _("card, in the shop")
        CASH = "cash", _("cash")
        POINTS = "points", _("loyalty points")
        OTHER = "other", _("other")  # of an imported order

    class Status(models.TextChoices):
        PENDING = "pending", _("pending")
        CAPTURED = "captured", _("paid")
        REFUSED = "refused", _("refused")
        VOIDED = "voided", _("voided")

    order = models.ForeignKey(Order, models.CASCADE, related_name="payments")
    method = models.CharField(_("method"), max_length=10, choices=Method)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PENDING)
    provider = models.CharField(_("provider"), max_length=20, blank=True)
    reference = models.CharField(_("reference"), max_length=40, unique=True, default=new_reference)
    amount_minor = models.PositiveIntegerField(_("amount"))
    captured_minor = models.PositiveIntegerField(_("paid"), default=0)
    refunded_minor = models.PositiveIntegerField(_("refunded"), default=0)
    tendered_minor = models.PositiveIntegerField(_("given"), default=0)  # cash, change included
    points = models.PositiveIntegerField(_("points"), default=0)
    till = models.ForeignKey(Till, models.PROTECT, null=True, blank=True, related_name="+")
    refusal = models.CharField(_("why refused"), max_length=120, blank=True)
    created_at = models.DateTimeField(_("started"))
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    checked_at = models.DateTimeField(_("last asked"), null=True, blank=True)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(captured_minor__lte=F("amount_minor")), name="payment_captured_kept"
            ),
            models.CheckConstraint(
                condition=Q(refunded_minor__lte=F("captured_minor")), name="payment_refunded_kept"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payment_positive"),
        ]
        indexes = [
            models.Index(
                fields=["created_at"], name="payment_pending", condition=Q(status="pending")
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_method_display()} {self.amount_minor}"


# Whose money goes back first; points last, as they were the last tender the shopper chose.
REFUND_ORDER = [
    Payment.Method.CARD,
    Payment.Method.TERMINAL,
    Payment.Method.CASH,
    Payment.Method.OTHER,
    Payment.Method.POINTS,
]


class Refund(models.Model):
    """Money to give back on one payment; a task sends it until the provider has it."""

    class Status(models.TextChoices):
        DUE = "due", _("to send")
        SETTLED = "settled", _("given back")

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    amount_minor = models.PositiveIntegerField(_("amount"))
    reason = models.CharField(_("reason"), max_length=120)
    reference = models.CharField(_("reference"), max_length=120, unique=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DUE)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    created_at = models.DateTimeField(_("decided"))
    settled_at = models.DateTimeField(_("given back at"), null=True, blank=True)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_positive")
        ]
        indexes = [
            models.Index(fields=["created_at"], name="refund_due", condition=Q(status="due"))
        ]

    def __str__(self) -> str:
        return f"{self.payment} −{self.amount_minor}"


class PaymentEvent(AppendOnly):
    """What a provider told us, once per event however often it says it (F-8)."""

    provider = models.CharField(_("provider"), max_length=20)
    event_id = models.CharField(_("event"), max_length=80)
    kind = models.CharField(_("kind"), max_length=30)  # "captured", "refused"
    reference = models.CharField(_("reference"), max_length=40, db_index=True)
    amount_minor = models.PositiveIntegerField(_("amount"))
    currency = models.CharField(max_length=3)
    received_at = models.DateTimeField(_("received"))

    class Meta:
        verbose_name = _("payment event")
        verbose_name_plural = _("payment events")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="payment_event_unique")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"


class SandboxCharge(models.Model):
    """The test provider's own books; the rest of the house never reads them."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        CAPTURED = "captured", _("paid")
        REFUSED = "refused", _("refused")

    reference = models.CharField(_("reference"), max_length=40, unique=True)
    amount_minor = models.PositiveIntegerField(_("amount"))
    currency = models.CharField(max_length=3)
    return_url = models.CharField(max_length=300, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OPEN)
    refunded_minor = models.PositiveIntegerField(_("refunded"), default=0)
    refund_keys = models.JSONField(default=list)
    notify_at = models.DateTimeField(_("web hook due"), null=True, blank=True)
    notified = models.PositiveSmallIntegerField(_("web hooks sent"), default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("test provider's charge")
        verbose_name_plural = _("test provider's charges")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.reference

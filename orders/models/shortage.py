"""Goods that an order lacks, and what its shopper was offered instead."""

import secrets
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.fulfilment import Fulfilment
from orders.models.order import Order, OrderLine


def new_token() -> str:
    """128 random bits: the link answers for this shortage alone."""
    return secrets.token_urlsafe(16)


class ShortageQuerySet(models.QuerySet["Shortage"]):
    def open(self) -> Self:
        """Questions that were not answered yet."""
        return self.filter(status=Shortage.Status.OPEN)


class Shortage(models.Model):
    """Units of a line that could not be had where they were promised.

    The shopper is asked by a link: another store, delivery, or the money back. Without an answer
    in time it is the money back.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("asked")
        OTHER_STORE = "other_store", _("another store")
        DELIVERY = "delivery", _("delivery")
        REFUND = "refund", _("money back")

    order = models.ForeignKey(Order, models.CASCADE, related_name="shortages")
    line = models.ForeignKey(OrderLine, models.CASCADE, related_name="shortages")
    fulfilment = models.ForeignKey(
        Fulfilment, models.SET_NULL, null=True, blank=True, related_name="shortages"
    )  # whose promise it breaks
    quantity = models.PositiveIntegerField(_("quantity"))
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.OPEN)
    token = models.CharField(max_length=32, unique=True, default=new_token, editable=False)
    asked_at = models.DateTimeField(_("asked at"))
    answer_by = models.DateTimeField(_("answer by"))
    closed_at = models.DateTimeField(_("answered at"), null=True, blank=True)

    objects = ShortageQuerySet.as_manager()

    class Meta:
        verbose_name = _("shortage")
        verbose_name_plural = _("shortages")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["line"], name="shortage_open_unique", condition=Q(status="open")
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="shortage_quantity"),
            models.CheckConstraint(
                condition=Q(status="open", closed_at__isnull=True)
                | (~Q(status="open") & Q(closed_at__isnull=False)),
                name="shortage_closed_has_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["answer_by"], name="shortage_unanswered", condition=Q(status="open")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order} · {self.quantity} × {self.line_id}"

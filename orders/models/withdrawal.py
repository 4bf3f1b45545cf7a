"""Declarations of withdrawal from a contract made at a distance (CST-3)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order


class Withdrawal(models.Model):
    """What the shopper declared, kept as it was said; matched to an order if there is one."""

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=160)
    email = models.EmailField(_("e-mail"))
    order_number = models.CharField(_("order number as typed"), max_length=40)
    lines = models.TextField(_("articles"), blank=True)  # empty: the whole order
    order = models.ForeignKey(
        Order,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="withdrawals",
        verbose_name=_("order"),
    )
    received_at = models.DateTimeField(_("received"))

    class Meta:
        verbose_name = _("withdrawal")
        verbose_name_plural = _("withdrawals")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.reference

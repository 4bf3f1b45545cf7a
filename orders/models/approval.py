"""What somebody entitled approved at a till, or did not (UX T7)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from omnishop.kernel.append_only import AppendOnly
from omnishop.network.models import Till
from orders.models.basket import Basket


class Approval(AppendOnly):
    """One act that was asked for at a till: who asked, whose PIN was typed, and the answer."""

    class Act(models.TextChoices):
        VOID_LINE = "void_line", _("line voided")
        VOID_UNITS = "void_units", _("units taken off a line")
        VOID_SALE = "void_sale", _("sale voided")
        DISCOUNT = "discount", _("discount given")

    class Answer(models.TextChoices):
        GRANTED = "granted", _("approved")
        WRONG_PIN = "wrong_pin", _("wrong PIN")
        PIN_LOCKED = "pin_locked", _("PIN locked")
        NOT_ENTITLED = "not_entitled", _("not entitled")

    till = models.ForeignKey(Till, models.PROTECT, related_name="+", verbose_name=_("till"))
    basket = models.ForeignKey(
        Basket, models.PROTECT, related_name="approvals", verbose_name=_("basket")
    )
    act = models.CharField(_("act"), max_length=12, choices=Act)
    what = models.CharField(_("what"), max_length=200)  # "2 × Veste, VESTE-M"
    amount_minor = models.PositiveIntegerField(_("amount"))  # voided, or taken off
    reason = models.CharField(_("reason"), max_length=80)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("approved by"),
    )  # whose PIN was asked for
    answer = models.CharField(_("answer"), max_length=12, choices=Answer)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("approval at a till")
        verbose_name_plural = _("approvals at tills")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(answer="granted") | Q(approver__isnull=False) & ~Q(reason=""),
                name="approval_by_somebody_for_a_reason",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_act_display()}: {self.what}"

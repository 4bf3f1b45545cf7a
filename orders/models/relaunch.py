"""Reminders of baskets left behind, and why each was or was not sent (DESIGN 3.8)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models import Message
from orders.models.basket import Basket


class Relaunch(models.Model):
    """One reminder of one basket at one step; decided at the moment of sending."""

    class Status(models.TextChoices):
        SCHEDULED = "scheduled", _("waiting")
        SENT = "sent", pgettext_lazy("reminder", "sent")
        WITHHELD = "withheld", pgettext_lazy("reminder", "not sent")

    class Reason(models.TextChoices):
        SENT = "", pgettext_lazy("reminder", "sent")
        BOUGHT = "bought", _("everything was bought since, in some channel")
        NO_CONSENT = "no_consent", _("no consent to reminders")
        NO_ADDRESS = "no_address", _("no verified address")
        OUT_OF_STOCK = "out_of_stock", _("nothing left in stock")
        CAP = "cap", _("this person has had enough messages")
        CHANGED = "changed", _("the basket was used again")
        EMPTY = "empty", _("the basket is empty")
        TOO_OLD = "too_old", _("the basket was left too long ago")

    basket = models.ForeignKey(Basket, models.CASCADE, related_name="relaunches")
    step = models.PositiveSmallIntegerField(_("step"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.SCHEDULED)
    reason = models.CharField(_("why"), max_length=20, choices=Reason, blank=True, default="")
    basket_changed_at = models.DateTimeField(_("basket changed"))
    due_at = models.DateTimeField(_("due"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    dropped = models.JSONField(_("left out"), default=list)  # SKUs bought since
    message = models.ForeignKey(
        Message,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("message"),
    )

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["basket", "step"], name="relaunch_once_per_step"),
            models.CheckConstraint(
                condition=~Q(status="withheld") | ~Q(reason=""), name="relaunch_says_why"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="relaunch_due", condition=Q(status="scheduled"))
        ]

    def __str__(self) -> str:
        return f"{self.basket} · {self.step}"

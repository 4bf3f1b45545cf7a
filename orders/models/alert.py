"""Who wants to know when an article is back: by article and place (UX P5, FIELD 23)."""

import secrets
from datetime import datetime
from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Variant
from customers.models import Customer, Message
from omnishop.network.models import Store, User
from omnishop.network.selectors import sees_all_stores


def new_alert_token() -> str:
    """128 random bits: the link of the mail confirms and ends the alert, without sign-in."""
    return secrets.token_urlsafe(16)


class StockAlertQuerySet(models.QuerySet["StockAlert"]):
    def open(self) -> Self:
        """Alerts that may still lead to a message."""
        return self.filter(status__in=StockAlert.OPEN)

    def waiting(self, at: datetime) -> Self:
        """Alerts to tell when their article is back."""
        return self.filter(status=StockAlert.Status.WAITING, expires_at__gt=at)

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Alerts for the stores a member of staff works with; deliveries are everybody's."""
        if sees_all_stores(user):
            return self
        stores = Store.objects.visible_to(user).values("pk")
        return self.filter(Q(store__in=stores) | Q(store__isnull=True))


class StockAlert(models.Model):
    """One person, one article, one place: told once, when it is back.

    Who asks for one article asks for a service: the message about it needs no consent to
    marketing and gives none (GDPR art. 6-1 b; CPCE L34-5 does not concern it). An address that
    nobody proved is written to once, to be confirmed, and forgotten after three days.
    """

    class Status(models.TextChoices):
        ASKED = "asked", _("to be confirmed")
        WAITING = "waiting", _("waiting")
        TOLD = "told", _("told")
        ENDED = "ended", _("ended")

    class Reason(models.TextChoices):
        """Why there was no message, or not yet."""

        NONE = "", "–"
        STOPPED = "stopped", _("stopped by the person")
        BOUGHT = "bought", _("bought since, in some channel")
        TOLD = "told", _("told by another alert of theirs")
        EXPIRED = "expired", _("waited too long")
        NOT_SOLD = "not_sold", _("in stock, but not on sale")

    OPEN = (Status.ASKED, Status.WAITING)

    token = models.CharField(max_length=24, unique=True, default=new_alert_token, editable=False)
    variant = models.ForeignKey(
        Variant, models.PROTECT, related_name="+", verbose_name=_("article")
    )
    store = models.ForeignKey(
        Store, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("store")
    )  # none: to be delivered
    customer = models.ForeignKey(
        Customer,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("customer"),
    )
    email = models.EmailField(_("e-mail"), blank=True)  # in its normal form; closed ones lose it
    language = models.CharField(_("language"), max_length=2, default="fr")
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ASKED)
    reason = models.CharField(_("why"), max_length=10, choices=Reason, blank=True, default="")
    asked_at = models.DateTimeField(_("asked"))
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    expires_at = models.DateTimeField(_("until"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    message = models.ForeignKey(
        Message,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("message"),
    )

    objects = StockAlertQuerySet.as_manager()

    class Meta:
        verbose_name = _("stock alert")
        verbose_name_plural = _("stock alerts")
        ordering = ["-pk"]
        permissions = [("view_stockdemand", "Can view what people wait for")]
        constraints = [
            models.UniqueConstraint(
                fields=["email", "variant", "store"],
                name="stock_alert_one_open",
                condition=Q(status__in=("asked", "waiting")),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(status="asked", confirmed_at__isnull=True)
                | Q(status__in=("waiting", "told"), confirmed_at__isnull=False)
                | Q(status="ended"),
                name="stock_alert_confirmed_first",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("asked", "waiting"), closed_at__isnull=True)
                | Q(status__in=("told", "ended"), closed_at__isnull=False),
                name="stock_alert_closed_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(status="ended") | ~Q(reason=""), name="stock_alert_says_why"
            ),
        ]
        indexes = [
            models.Index(
                fields=["variant", "store", "asked_at"],
                name="stock_alert_waiting",
                condition=Q(status="waiting"),
            ),
            models.Index(fields=["variant", "store", "-closed_at"], name="stock_alert_told"),
            models.Index(fields=["email"], name="stock_alert_email"),
        ]

    def __str__(self) -> str:
        return f"{self.variant} · {self.store or _('delivery')}"

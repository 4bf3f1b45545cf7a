"""Goods on their way from one location to another."""

from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from catalog.models import Variant
from inventory.models.location import StockLocation
from omnishop.network.models import User


class TransferQuerySet(models.QuerySet["Transfer"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Transfers that leave from or come to a place the member of staff sees."""
        places = StockLocation.objects.visible_to(user).values("pk")
        return self.filter(Q(source__in=places) | Q(destination__in=places))

    def locked(self) -> Self:
        """Lock until commit, in key order."""
        return self.select_for_update(of=("self",)).order_by("pk")


class Transfer(models.Model):
    """Goods asked for, sent, received. Between sent and received they are in transit: on hand
    nowhere, counted by their lines.
    """

    class Status(models.TextChoices):
        REQUESTED = "requested", _("to send")
        SENT = "sent", _("in transit")
        RECEIVED = "received", pgettext_lazy("goods", "received")
        CANCELLED = "cancelled", _("cancelled")

    class Reason(models.TextChoices):
        PICKUP = "pick-up", _("a pick-up of that shop")
        SHOP = "shop", _("asked for by the shop")
        REFILL = "refill", _("replenishment")

    number = models.CharField(_("number"), max_length=20, unique=True)
    source = models.ForeignKey(
        StockLocation, models.PROTECT, related_name="+", verbose_name=pgettext_lazy("place", "from")
    )
    destination = models.ForeignKey(
        StockLocation, models.PROTECT, related_name="+", verbose_name=pgettext_lazy("place", "to")
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.REQUESTED)
    reason = models.CharField(_("reason"), max_length=10, choices=Reason)
    expected_at = models.DateTimeField(_("expected"))
    requested_at = models.DateTimeField(_("asked for"))
    requested_by = models.CharField(_("by"), max_length=80)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    sent_by = models.CharField(_("sent by"), max_length=80, blank=True)
    received_at = models.DateTimeField(_("received"), null=True, blank=True)
    received_by = models.CharField(_("received by"), max_length=80, blank=True)

    objects = TransferQuerySet.as_manager()

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(source=F("destination")), name="transfer_goes_somewhere"
            ),
        ]
        indexes = [
            models.Index(
                fields=["destination", "expected_at"],
                name="transfer_open",
                condition=Q(status__in=["requested", "sent"]),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class TransferLine(models.Model):
    """Units of one article in a transfer.

    `document` and `document_line` name the order line they travel for: its hold leaves the
    source with them and is written anew where they arrive. Without a document the transfer
    itself holds them at the source.
    """

    transfer = models.ForeignKey(Transfer, models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField(_("line"))
    variant = models.ForeignKey(
        Variant, models.PROTECT, related_name="+", verbose_name=_("article")
    )
    quantity = models.PositiveIntegerField(_("asked for"))
    sent = models.PositiveIntegerField(pgettext_lazy("units", "sent"), default=0)
    received = models.PositiveIntegerField(pgettext_lazy("units", "received"), default=0)
    document = models.CharField(_("for"), max_length=60, blank=True)
    document_line = models.PositiveIntegerField(_("line"), default=0)

    class Meta:
        verbose_name = _("transfer line")
        verbose_name_plural = _("transfer lines")
        ordering = ["transfer", "position"]
        constraints = [
            models.UniqueConstraint(fields=["transfer", "position"], name="transfer_line_position"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="transfer_line_quantity"),
            models.CheckConstraint(condition=Q(sent__lte=F("quantity")), name="transfer_line_sent"),
            models.CheckConstraint(
                condition=Q(received__lte=F("sent")), name="transfer_line_received"
            ),
        ]
        indexes = [
            models.Index(
                fields=["document"], name="transfer_line_document", condition=~Q(document="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.variant_id}"

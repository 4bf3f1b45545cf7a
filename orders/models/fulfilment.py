"""Handing goods over: at once, at a pick-up desk, by parcel."""

import hmac
from datetime import datetime
from hashlib import sha256
from typing import Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from inventory.models import StockLocation
from omnishop.network.models import Store, User
from orders.models.order import Order, OrderLine

MAX_CODE_TRIES = 5  # FIELD 20, F-27


class FulfilmentQuerySet(models.QuerySet["Fulfilment"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Pick-ups and parcels of the stores a member of staff works with."""
        if user.is_authenticated and user.is_active and user.is_staff:
            member = getattr(user, "staff", None)
            if user.is_superuser or (member and member.all_stores):
                return self
        return self.filter(store__in=Store.objects.visible_to(user).values("pk"))

    def open(self) -> Self:
        return self.filter(status__in=Fulfilment.OPEN)

    def overdue(self, at: datetime) -> Self:
        """Pick-ups that nobody came for in time."""
        return self.filter(
            kind=Fulfilment.Kind.PICKUP, status__in=Fulfilment.OPEN, hold_until__lte=at
        )


class Fulfilment(models.Model):
    """Lines of one order handed over together from one place."""

    class Kind(models.TextChoices):
        TAKEAWAY = "takeaway", _("taken at the till")
        PICKUP = "pickup", _("pick-up")
        SHIPMENT = "shipment", _("delivery")

    class Status(models.TextChoices):
        WAITING = "waiting", _("to prepare")
        PICKED = "picked", pgettext_lazy("fulfilment", "picked")
        READY = "ready", _("ready")
        HANDED_OVER = "handed_over", _("handed over")
        SHIPPED = "shipped", _("shipped")
        DELIVERED = "delivered", _("delivered")
        NO_SHOW = "no_show", _("not collected")
        CANCELLED = "cancelled", _("cancelled")

    OPEN = (Status.WAITING, Status.PICKED, Status.READY)

    order = models.ForeignKey(Order, models.CASCADE, related_name="fulfilments")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.WAITING)
    confirmed = models.BooleanField(_("to be done"), default=False)  # paid, or to be paid here
    location = models.ForeignKey(StockLocation, models.PROTECT, related_name="+")
    store = models.ForeignKey(
        Store,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="fulfilments",
        verbose_name=_("store"),
    )
    promised_at = models.DateTimeField(_("promised for"), null=True, blank=True)
    # What the shopper was told when it was ordered; a delay does not change it.
    first_promised_at = models.DateTimeField(_("first promised for"), null=True, blank=True)
    hold_until = models.DateTimeField(_("kept until"), null=True, blank=True)
    picked_at = models.DateTimeField(_("picked at"), null=True, blank=True)
    ready_at = models.DateTimeField(_("ready at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    collector = models.CharField(_("who collects"), max_length=120, blank=True)
    handed_to = models.CharField(_("handed to"), max_length=120, blank=True)
    code_tries = models.PositiveSmallIntegerField(_("wrong codes"), default=0)
    address = models.JSONField(default=dict, blank=True)  # name, line1, line2, postcode, city
    carrier = models.CharField(_("carrier"), max_length=40, blank=True)
    tracking = models.CharField(_("tracking number"), max_length=60, blank=True)
    tracking_link = models.CharField(_("tracking page"), max_length=400, blank=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    shelf = models.CharField(_("waits at"), max_length=20, blank=True)  # "R12" behind the desk
    # Whoever prepares it has it for a while, so that two do not pick the same (UX K8).
    picker = models.CharField(_("prepared by"), max_length=80, blank=True)
    picker_until = models.DateTimeField(_("prepared until"), null=True, blank=True)
    # Why these goods come from here: {"reason": …, "skipped": [{"location": …, "why": …}]}.
    sourcing = models.JSONField(_("why from here"), default=dict, blank=True)

    objects = FulfilmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("fulfilment")
        verbose_name_plural = _("fulfilments")
        ordering = ["promised_at", "pk"]
        indexes = [
            models.Index(
                fields=["store", "promised_at"],
                name="fulfilment_queue",
                condition=Q(status__in=["waiting", "picked", "ready"]),
            ),
            models.Index(
                fields=["hold_until"],
                name="fulfilment_overdue",
                condition=Q(status__in=["waiting", "picked", "ready"]),
            ),
            models.Index(
                fields=["closed_at"],
                name="fulfilment_handed_over",
                condition=Q(status="handed_over"),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(code_tries__lte=MAX_CODE_TRIES), name="fulfilment_code_tries"
            ),
            models.CheckConstraint(
                condition=~Q(kind="pickup") | Q(store__isnull=False),
                name="fulfilment_pickup_has_store",
            ),
            models.CheckConstraint(
                condition=Q(promised_at__isnull=True) | Q(first_promised_at__isnull=False),
                name="fulfilment_first_promise",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order} · {self.get_kind_display()}"

    @property
    def delayed(self) -> bool:
        """Whether it is promised for later than it was at first."""
        return bool(
            self.promised_at
            and self.first_promised_at
            and self.promised_at > self.first_promised_at
        )

    @property
    def code(self) -> str:
        """The six digits a collector says; derived, never stored, useless without the order."""
        digest = hmac.new(
            settings.SECRET_KEY.encode(), f"pickup:{self.pk}:{self.order_id}".encode(), sha256
        ).digest()
        return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}"

    @property
    def qr(self) -> str:
        """What the pick-up QR holds; `from_qr` reads it back."""
        return signing.dumps(self.pk, salt="pickup", compress=False)

    @classmethod
    def id_from_qr(cls, text: str) -> int | None:
        """The pick-up a QR stands for, or None when it is not one of ours."""
        try:
            return int(signing.loads(text, salt="pickup"))
        except (signing.BadSignature, ValueError):
            return None


class FulfilmentLine(models.Model):
    """Units of one order line in one fulfilment."""

    fulfilment = models.ForeignKey(Fulfilment, models.CASCADE, related_name="lines")
    line = models.ForeignKey(
        OrderLine, models.CASCADE, related_name="fulfilment_lines", verbose_name=_("line")
    )
    quantity = models.PositiveIntegerField(_("quantity"))
    picked = models.PositiveIntegerField(pgettext_lazy("units", "picked"), default=0)
    missing = models.PositiveIntegerField(pgettext_lazy("units", "not found"), default=0)

    class Meta:
        verbose_name = _("fulfilment line")
        verbose_name_plural = _("fulfilment lines")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["fulfilment", "line"], name="fulfilment_line_unique"),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("picked") + F("missing")),
                name="fulfilment_line_units",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line_id}"

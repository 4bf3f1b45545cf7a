"""Suppliers, what was ordered from them, and what the figures propose to order."""

from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from catalog.models import Variant
from inventory.models.location import StockLocation
from inventory.models.transfer import Transfer
from omnishop.network.models import User


class Supplier(models.Model):
    """Who delivers goods."""

    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("e-mail"), blank=True)
    lead_days = models.PositiveSmallIntegerField(_("days to deliver"), default=7)
    lead_days_spread = models.PositiveSmallIntegerField(
        _("spread of these days"), default=1, help_text=_("Standard deviation, in days")
    )
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("supplier")
        verbose_name_plural = _("suppliers")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class SupplierArticle(models.Model):
    """What a supplier sells us: its own reference, the cost, how many at a time."""

    supplier = models.ForeignKey(Supplier, models.CASCADE, related_name="articles")
    variant = models.ForeignKey(
        Variant, models.CASCADE, related_name="+", verbose_name=_("article")
    )
    reference = models.CharField(_("supplier's reference"), max_length=64, blank=True)
    cost_minor = models.PositiveIntegerField(_("cost"))  # without VAT, in cents
    pack = models.PositiveIntegerField(
        _("units a pack"), default=1, validators=[MinValueValidator(1)]
    )
    preferred = models.BooleanField(_("usual supplier"), default=True)

    class Meta:
        verbose_name = _("supplier's article")
        verbose_name_plural = _("suppliers' articles")
        constraints = [
            models.UniqueConstraint(fields=["supplier", "variant"], name="supplier_article_unique"),
            models.UniqueConstraint(
                fields=["variant"], name="supplier_article_preferred", condition=Q(preferred=True)
            ),
            models.CheckConstraint(condition=Q(pack__gte=1), name="supplier_article_pack"),
        ]

    def __str__(self) -> str:
        return f"{self.supplier} · {self.variant}"


class PurchaseOrderQuerySet(models.QuerySet["PurchaseOrder"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Purchase orders to places the member of staff sees."""
        return self.filter(location__in=StockLocation.objects.visible_to(user).values("pk"))

    def locked(self) -> Self:
        """Lock until commit, in key order."""
        return self.select_for_update(of=("self",)).order_by("pk")


class PurchaseOrder(models.Model):
    """Goods ordered from a supplier for one location."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        ORDERED = "ordered", _("ordered")
        RECEIVED = "received", pgettext_lazy("goods", "received")
        CANCELLED = "cancelled", _("cancelled")

    number = models.CharField(_("number"), max_length=20, unique=True)
    supplier = models.ForeignKey(
        Supplier, models.PROTECT, related_name="orders", verbose_name=_("supplier")
    )
    location = models.ForeignKey(
        StockLocation, models.PROTECT, related_name="+", verbose_name=_("delivered to")
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    expected_on = models.DateField(_("expected on"), null=True, blank=True)
    created_at = models.DateTimeField(_("written"))
    created_by = models.CharField(_("by"), max_length=80)
    ordered_at = models.DateTimeField(_("ordered"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    objects = PurchaseOrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("purchase order")
        verbose_name_plural = _("purchase orders")
        permissions = [("receive_purchaseorder", _("Can receive goods of purchase orders"))]
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="ordered") | Q(expected_on__isnull=False),
                name="purchase_order_has_date",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expected_on"],
                name="purchase_order_open",
                condition=Q(status="ordered"),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class PurchaseOrderLine(models.Model):
    """Units of one article; more may be received than was ordered, and is shown as such."""

    order = models.ForeignKey(PurchaseOrder, models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField(_("line"))
    variant = models.ForeignKey(
        Variant, models.PROTECT, related_name="+", verbose_name=_("article")
    )
    quantity = models.PositiveIntegerField(_("ordered"))
    received = models.PositiveIntegerField(pgettext_lazy("units", "received"), default=0)
    damaged = models.PositiveIntegerField(pgettext_lazy("units", "damaged"), default=0)
    cost_minor = models.PositiveIntegerField(_("cost"))  # a unit, without VAT, in cents

    class Meta:
        verbose_name = _("purchase order line")
        verbose_name_plural = _("purchase order lines")
        ordering = ["order", "position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="purchase_line_position"),
            models.UniqueConstraint(fields=["order", "variant"], name="purchase_line_variant"),
            # Nobody ordered it and it came all the same: 0 ordered, some received.
            models.CheckConstraint(
                condition=Q(quantity__gt=0) | Q(received__gt=0), name="purchase_line_quantity"
            ),
            models.CheckConstraint(
                condition=Q(damaged__lte=models.F("received")), name="purchase_line_damaged"
            ),
        ]
        indexes = [models.Index(fields=["variant"], name="purchase_line_article")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.variant_id}"

    @property
    def awaited(self) -> int:
        """Units still to come."""
        return max(0, self.quantity - self.received)


class Proposal(models.Model):
    """Units that the figures say a location should get (ALG-4), from its warehouse or a supplier;
    a buyer decides.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("to decide")
        ACCEPTED = "accepted", _("accepted")
        DISMISSED = "dismissed", _("dismissed")

    variant = models.ForeignKey(
        Variant, models.CASCADE, related_name="+", verbose_name=_("article")
    )
    location = models.ForeignKey(
        StockLocation, models.CASCADE, related_name="+", verbose_name=_("location")
    )
    supplier = models.ForeignKey(
        Supplier,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("supplier"),
    )
    source = models.ForeignKey(
        StockLocation,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("warehouse"),
    )  # it has them; None when they are to be bought
    quantity = models.PositiveIntegerField(_("quantity"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OPEN)
    # The figures behind it: daily demand and its spread, safety stock, reorder point, what is
    # free and what is on its way.
    figures = models.JSONField(_("figures"), default=dict)
    computed_at = models.DateTimeField(_("computed"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.CharField(_("by"), max_length=80, blank=True)
    order = models.ForeignKey(
        PurchaseOrder, models.SET_NULL, null=True, blank=True, related_name="proposals"
    )
    transfer = models.ForeignKey(
        Transfer, models.SET_NULL, null=True, blank=True, related_name="proposals"
    )

    class Meta:
        verbose_name = _("replenishment proposal")
        verbose_name_plural = _("replenishment proposals")
        ordering = ["supplier", "location", "variant"]
        constraints = [
            models.UniqueConstraint(
                fields=["variant", "location"],
                name="proposal_open_unique",
                condition=Q(status="open"),
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="proposal_quantity"),
            models.CheckConstraint(
                condition=Q(supplier__isnull=True) ^ Q(source__isnull=True), name="proposal_from"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.variant_id}"

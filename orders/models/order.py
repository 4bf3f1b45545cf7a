"""The order: one table for web, till and telephone."""

import secrets
from datetime import date, datetime
from typing import Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import connection, models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from catalog.models import Variant
from customers.models import Customer
from inventory.models import StockLocation
from omnishop.kernel.append_only import AppendOnly
from omnishop.network.models import LegalEntity, Store, Till, User
from orders.models.basket import Basket


class Channel(models.TextChoices):
    """Where a contract was made."""

    WEB = "web", _("web site")
    TILL = "till", _("shop")
    PHONE = "phone", _("telephone")
    KIOSK = "kiosk", _("kiosk")
    SOCIAL = "social", _("social network")
    AGENT = "agent", _("shopping agent")


def new_token() -> str:
    """128 random bits for the link by which a guest comes back."""
    return secrets.token_urlsafe(16)


def next_number() -> str:
    """The next order number; numbers may have gaps, receipts may not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('orders_order_number')")
        return f"O-{cursor.fetchone()[0]:07d}"


class OrderQuerySet(models.QuerySet["Order"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Orders a member of staff works with: sold or collected at their stores."""
        if user.is_authenticated and user.is_active and user.is_staff:
            member = getattr(user, "staff", None)
            if user.is_superuser or (member and member.all_stores):
                return self
        stores = Store.objects.visible_to(user).values("pk")
        return self.filter(
            Q(store__in=stores)
            | Q(pk__in=OrderLine.objects.filter(collecting_store__in=stores).values("order"))
        )

    def of(self, customer: Customer) -> Self:
        """A person's orders of all channels, newest first."""
        return self.filter(Q(customer=customer) | Q(customer__merged_into=customer)).order_by(
            "-placed_at", "-pk"
        )

    def locked(self) -> Self:
        """Lock until commit, in key order."""
        return self.select_for_update(of=("self",)).order_by("pk")


class Order(models.Model):
    """A contract of sale. A till ticket is an order handed over at once (DESIGN 3.1)."""

    class Status(models.TextChoices):
        AWAITING_PAYMENT = "awaiting_payment", _("awaiting payment")
        PLACED = "placed", _("placed")
        FULFILLED = "fulfilled", _("completed")
        CANCELLED = "cancelled", _("cancelled")

    number = models.CharField(_("number"), max_length=20, unique=True)
    token = models.CharField(max_length=32, unique=True, default=new_token, editable=False)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    status = models.CharField(_("status"), max_length=20, choices=Status)
    basket = models.ForeignKey(
        Basket,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
        verbose_name=_("basket"),
    )
    customer = models.ForeignKey(
        Customer,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
        verbose_name=_("customer"),
    )
    entity = models.ForeignKey(
        LegalEntity, models.PROTECT, related_name="+", verbose_name=_("sold by")
    )
    store = models.ForeignKey(
        Store,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
        verbose_name=_("store"),
    )  # that made the sale; empty for the site
    till = models.ForeignKey(Till, models.PROTECT, null=True, blank=True, related_name="+")
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("telephone"), max_length=20, blank=True)
    name = models.CharField(_("name"), max_length=160, blank=True)
    language = models.CharField(max_length=2, default="fr")
    currency = models.CharField(max_length=3, default="EUR")
    total_minor = models.PositiveIntegerField(_("total"))  # tax included
    tax_minor = models.PositiveIntegerField(_("of which VAT"))
    placed_at = models.DateTimeField(_("placed"))
    paid_at = models.DateTimeField(pgettext_lazy("order", "paid"), null=True, blank=True)
    # The business day on which the sale counts in reports; empty until it is a sale.
    sold_on = models.DateField(_("sold on"), null=True, blank=True)
    hold_expires_at = models.DateTimeField(_("held for payment until"), null=True, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True, default="")  # of what was asked for
    source_key = models.CharField(max_length=80, blank=True, default="")  # "online-retail:536370"

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-pk"]
        constraints = [
            # Two clicks, two tabs: one order a basket (INVARIANTS F-12).
            models.UniqueConstraint(
                fields=["basket"], name="order_one_per_basket", condition=~Q(status="cancelled")
            ),
            models.UniqueConstraint(
                fields=["source_key"], name="order_source_unique", condition=~Q(source_key="")
            ),
            models.CheckConstraint(
                condition=Q(tax_minor__lte=F("total_minor")), name="order_tax_inside_total"
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-placed_at"]),
            models.Index(fields=["-placed_at"]),
            models.Index(fields=["sold_on"], name="order_sold_on"),
            models.Index(fields=["email"], name="order_email"),
            models.Index(
                fields=["placed_at"],
                name="order_unfinished",
                condition=Q(status="awaiting_payment"),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def business_day(self, at: datetime) -> date:
        """The day on which something of this order counts: the store's, or the head office's."""
        if self.store:
            return self.store.business_day(at)
        return at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


class OrderLine(models.Model):
    """What was sold, at what price: a copy that later changes of the catalogue do not reach."""

    class Kind(models.TextChoices):
        PRODUCT = "product", _("product")
        DELIVERY = "delivery", _("delivery")
        MANUAL = "manual", _("manual line")

    class ContractPlace(models.TextChoices):
        DISTANCE = "distance", _("at a distance")
        STORE = "store", _("in a store")

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField(_("line"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.PRODUCT)
    variant = models.ForeignKey(
        Variant, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("article")
    )
    sku = models.CharField("SKU", max_length=64, blank=True)
    name = models.CharField(_("name"), max_length=240)
    quantity = models.PositiveIntegerField(_("quantity"))
    # Packs of the shop's scale: the digits scanned; of those sold by weight also grams and price.
    label = models.CharField(_("label"), max_length=13, blank=True, default="", db_default="")
    pack_g = models.PositiveIntegerField(_("weight of the pack"), null=True, blank=True)
    kilo_minor = models.PositiveIntegerField(_("price per kilogram"), null=True, blank=True)
    unit_minor = models.PositiveIntegerField(_("unit price"))  # tax included
    discount_minor = models.PositiveIntegerField(_("discount"), default=0)
    discount_reason = models.CharField(_("reason"), max_length=80, blank=True)
    total_minor = models.PositiveIntegerField(_("paid"))  # unit × quantity − discount
    tax_bp = models.PositiveIntegerField(_("VAT rate"))
    tax_minor = models.PositiveIntegerField(_("of which VAT"))  # share of the document's, VAT-3
    selling_store = models.ForeignKey(
        Store,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("sold by"),
    )
    collecting_store = models.ForeignKey(
        Store,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("collected at"),
    )
    location = models.ForeignKey(
        StockLocation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("taken from"),
    )
    contract_place = models.CharField(
        _("contract made"), max_length=10, choices=ContractPlace
    )  # CST-6
    fulfilled = models.PositiveIntegerField(pgettext_lazy("units", "handed over"), default=0)
    cancelled = models.PositiveIntegerField(pgettext_lazy("units", "cancelled"), default=0)
    returned = models.PositiveIntegerField(pgettext_lazy("units", "returned"), default=0)
    refunded_minor = models.PositiveIntegerField(_("refunded"), default=0)

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["order", "position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="order_line_position"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_line_quantity"),
            models.CheckConstraint(
                condition=Q(total_minor=F("unit_minor") * F("quantity") - F("discount_minor")),
                name="order_line_total",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("fulfilled") + F("cancelled")),
                name="order_line_units",
            ),
            models.CheckConstraint(
                condition=Q(returned__lte=F("fulfilled")), name="order_line_returns"
            ),
            models.CheckConstraint(
                condition=Q(refunded_minor__lte=F("total_minor")), name="order_line_refunds"
            ),
            models.CheckConstraint(
                condition=~Q(kind="product") | Q(variant__isnull=False),
                name="order_line_product_has_variant",
            ),
            models.CheckConstraint(
                condition=Q(pack_g__isnull=True, kilo_minor__isnull=True)
                & (Q(label="") | Q(label__regex=r"^\d{13}$"))
                | Q(
                    label__regex=r"^\d{13}$",
                    pack_g__isnull=False,
                    pack_g__gt=0,
                    kilo_minor__isnull=False,
                ),
                name="order_line_pack",
            ),
        ]
        indexes = [models.Index(fields=["variant", "order"])]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"

    @property
    def pending(self) -> int:
        """Units still to hand over."""
        return self.quantity - self.fulfilled - self.cancelled


class OrderEvent(AppendOnly):
    """What happened to an order, for the shopper's and the desk's timeline."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="events")
    kind = models.CharField(_("event"), max_length=30)  # "placed", "paid", "ready", "handed_over"
    data = models.JSONField(default=dict)
    actor = models.CharField(_("by"), max_length=80)  # "customer", "user:7", "task"
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("order event")
        verbose_name_plural = _("order events")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.kind

"""The basket, in whatever channel it is filled; a till's open sale is one too."""

import uuid
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Variant
from customers.models import Customer
from omnishop.network.models import Store, Till

MAX_QUANTITY = 999  # units of one line


class BasketQuerySet(models.QuerySet["Basket"]):
    def open(self) -> Self:
        return self.filter(status=Basket.Status.OPEN)

    def under_way(self, till: Till) -> Self:
        """The sale under way at a till comes first, also after a crash (UX T6): the filled one,
        the newest.
        """
        filled = Exists(BasketLine.objects.filter(basket=OuterRef("pk")))
        return (
            self.open()
            .filter(till=till, held_label="")
            .order_by(filled.desc(), "-changed_at", "-pk")
        )


class Basket(models.Model):
    """What someone means to buy. Nothing is held for it until checkout (ALG-2)."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        ORDERED = "ordered", _("ordered")
        PROPOSED = "proposed", _("proposed")  # left earlier; joins another if its person says so
        LATER = "later", _("kept for later")  # its person chose; what did not join is kept
        MERGED = "merged", _("merged")  # its lines went into another basket

    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    customer = models.ForeignKey(
        Customer,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="baskets",
        verbose_name=_("customer"),
    )
    channel = models.CharField(_("channel"), max_length=10, default="web")
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OPEN)
    email = models.EmailField(_("e-mail"), blank=True)  # given at checkout by a guest
    language = models.CharField(_("language"), max_length=2, default="fr")
    store = models.ForeignKey(
        Store, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("store")
    )  # chosen for pick-up, or the till's
    till = models.ForeignKey(
        Till,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="baskets",
        verbose_name=_("open at till"),
    )
    merged_into = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="merged_from",
        verbose_name=_("merged into"),
    )
    decided_at = models.DateTimeField(_("choice made"), null=True, blank=True)
    coupons = ArrayField(
        models.CharField(max_length=32), default=list, blank=True, verbose_name=_("codes")
    )  # in upper case
    held_label = models.CharField(_("put aside as"), max_length=40, blank=True)
    created_at = models.DateTimeField(_("started"))
    changed_at = models.DateTimeField(_("changed"))

    objects = BasketQuerySet.as_manager()

    class Meta:
        verbose_name = _("basket")
        verbose_name_plural = _("baskets")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["changed_at"], name="basket_open", condition=Q(status="open")),
            models.Index(fields=["customer", "-changed_at"]),
        ]

    def __str__(self) -> str:
        return str(self.token)[:8]


def line_key(variant_id: int, label: str = "") -> str:
    """What a basket's line is called in a page: its article, and its label when it has one."""
    return f"{variant_id}-{label}" if label else str(variant_id)


class BasketLine(models.Model):
    """One article of a basket, once; of what a scale labelled, each label once."""

    class Handover(models.TextChoices):
        """How a till's line reaches the customer; the site asks once for the whole basket."""

        TAKE_AWAY = "take_away", _("leaves now")
        DELIVERY = "delivery", _("ordered, delivered")
        PICKUP = "pickup", _("ordered, collected")

    basket = models.ForeignKey(Basket, models.CASCADE, related_name="lines")
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField(_("quantity"))
    # A pack of the shop's scale: the digits scanned, and the price or the weight inside (STD-1).
    label = models.CharField(_("label"), max_length=13, blank=True, default="", db_default="")
    pack_minor = models.PositiveIntegerField(_("price of the pack"), null=True, blank=True)
    pack_g = models.PositiveIntegerField(_("weight of the pack"), null=True, blank=True)  # grams
    seen_unit_minor = models.PositiveIntegerField(_("price last shown"))
    # A till's discount on the whole line, with its reason (UX T7).
    discount_minor = models.PositiveIntegerField(_("discount"), default=0)
    discount_reason = models.CharField(_("reason"), max_length=80, blank=True)
    # A till orders in the same sale what the shop lacks (UX T5).
    handover = models.CharField(
        _("handed over"),
        max_length=10,
        choices=Handover,
        default=Handover.TAKE_AWAY,
        db_default=Handover.TAKE_AWAY,
    )
    added_at = models.DateTimeField(_("added"))
    # Set when it joined another basket: what that one had of it before, to undo it.
    units_before = models.PositiveIntegerField(_("units before merging"), null=True, blank=True)

    class Meta:
        verbose_name = _("basket line")
        verbose_name_plural = _("basket lines")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["basket", "variant", "label"], name="basket_line_unique"
            ),
            # A pack leaves now; that its basket is a till's, a trigger holds.
            models.CheckConstraint(
                condition=Q(label="", pack_minor__isnull=True, pack_g__isnull=True)
                | Q(label__regex=r"^\d{13}$", handover="take_away")
                & (
                    Q(pack_minor__isnull=False, pack_minor__gt=0, pack_g__isnull=True)
                    | Q(pack_minor__isnull=True, pack_g__isnull=False, pack_g__gt=0)
                ),
                name="basket_line_pack",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MAX_QUANTITY),
                name="basket_line_quantity",
            ),
            models.CheckConstraint(
                condition=Q(discount_minor=0) | ~Q(discount_reason=""),
                name="basket_line_discount_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.variant_id}"

    @property
    def key(self) -> str:
        """What the line is called in a page."""
        return line_key(self.variant_id, self.label)

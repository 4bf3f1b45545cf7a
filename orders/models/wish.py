"""Wish lists: a person's, with names; shared by a link, readable at the till."""

import secrets
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Product, Variant
from customers.models import Customer, Message
from customers.selectors import records
from orders.models.basket import MAX_QUANTITY


def new_share_token() -> str:
    """128 random bits: who has the link reads the list."""
    return secrets.token_urlsafe(16)


class WishListQuerySet(models.QuerySet["WishList"]):
    def of(self, customer: Customer) -> Self:
        """A person's lists through merges, the default one first (F-25: nobody else's)."""
        return self.filter(customer__in=records(customer.pk)).order_by("-is_default", "name", "pk")


class WishList(models.Model):
    """Articles that somebody wants, under a name."""

    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="wish_lists", verbose_name=_("customer")
    )
    name = models.CharField(_("name"), max_length=60)
    is_default = models.BooleanField(_("articles go there first"), default=False)
    token = models.CharField(max_length=24, null=True, blank=True, unique=True, editable=False)
    shown_name = models.CharField(_("shown as"), max_length=40, blank=True, default="")
    created_at = models.DateTimeField(_("created"))
    changed_at = models.DateTimeField(_("changed"))

    objects = WishListQuerySet.as_manager()

    class Meta:
        verbose_name = _("wish list")
        verbose_name_plural = _("wish lists")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["customer", "name"], name="wish_list_name_unique"),
            models.UniqueConstraint(
                fields=["customer"], name="wish_list_one_default", condition=Q(is_default=True)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class WishItemQuerySet(models.QuerySet["WishItem"]):
    def wanted(self) -> Self:
        """What is on the lists: nothing that was taken off, to be put back for a while."""
        return self.filter(removed_at__isnull=True)

    def of(self, customer: Customer) -> Self:
        """What is and was on a person's lists, through merges."""
        return self.filter(wish_list__customer__in=records(customer.pk))


class WishItem(models.Model):
    """An article on a list; or a product, while its option is not chosen."""

    wish_list = models.ForeignKey(
        WishList, models.CASCADE, related_name="items", verbose_name=_("wish list")
    )
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="+", verbose_name=_("product")
    )
    variant = models.ForeignKey(
        Variant, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("article")
    )
    quantity = models.PositiveSmallIntegerField(_("quantity"), default=1)
    note = models.CharField(_("note"), max_length=200, blank=True, default="")
    taken = models.PositiveSmallIntegerField(_("taken by visitors"), default=0)
    price_minor = models.PositiveIntegerField(_("price when added"), null=True, blank=True)
    told_minor = models.PositiveIntegerField(_("price last told"), null=True, blank=True)
    added_at = models.DateTimeField(_("added"))
    removed_at = models.DateTimeField(_("taken off"), null=True, blank=True)

    objects = WishItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("wish")
        verbose_name_plural = _("wishes")
        ordering = ["-added_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["wish_list", "product", "variant"],
                name="wish_item_once",
                condition=Q(removed_at__isnull=True),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MAX_QUANTITY),
                name="wish_item_quantity",
            ),
            models.CheckConstraint(
                condition=Q(taken__lte=F("quantity")), name="wish_item_taken_of_wanted"
            ),
        ]

    def __str__(self) -> str:
        return str(self.variant or self.product)


class PriceDropQuerySet(models.QuerySet["PriceDrop"]):
    def due(self, before: datetime) -> Self:
        """Falls to decide on that were found before an instant."""
        return self.filter(status=PriceDrop.Status.WAITING, found_at__lte=before)


class PriceDrop(models.Model):
    """The price of a wish fell; told with the others of its person, at the most once a week."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("told")
        WITHHELD = "withheld", _("not told")

    class Reason(models.TextChoices):
        NONE = "", "–"
        NO_CONSENT = "no_consent", _("no consent to reminders")
        NO_ADDRESS = "no_address", _("no verified address")
        BOUGHT = "bought", _("bought since, in some channel")
        REMOVED = "removed", _("no longer on a list")
        OUT_OF_STOCK = "stock", _("nothing left in stock")
        RISEN = "risen", _("the price rose again")
        TOO_OLD = "too_old", _("waited too long")

    item = models.ForeignKey(WishItem, models.CASCADE, related_name="drops", verbose_name=_("wish"))
    variant = models.ForeignKey(
        Variant, models.PROTECT, related_name="+", verbose_name=_("article")
    )  # the one that became cheaper
    before_minor = models.PositiveIntegerField(_("price before"))
    now_minor = models.PositiveIntegerField(_("price now"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    reason = models.CharField(_("why"), max_length=12, choices=Reason, blank=True, default="")
    found_at = models.DateTimeField(_("found"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    message = models.ForeignKey(
        Message, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("message")
    )

    objects = PriceDropQuerySet.as_manager()

    class Meta:
        verbose_name = _("price drop")
        verbose_name_plural = _("price drops")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["item"], name="price_drop_one_waiting", condition=Q(status="waiting")
            ),
            models.CheckConstraint(
                condition=Q(now_minor__lt=F("before_minor")), name="price_drop_falls"
            ),
            models.CheckConstraint(
                condition=~Q(status="withheld") | ~Q(reason=""), name="price_drop_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant}: {self.before_minor} → {self.now_minor}"

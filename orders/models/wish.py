"""Wish lists: a person's, with names; shared by a link, readable at the till."""

import secrets
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Product, Variant
from customers.models import Customer
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

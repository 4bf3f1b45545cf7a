"""Prices and their history; one price at a time per article and list (VAT-11, PRC-1)."""

from datetime import datetime
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from catalog.models.product import Variant


class PriceList(models.Model):
    """A set of prices. A list for a store and channel wins over one for all; a customer group's
    price counts where it is lower than everybody's.
    """

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    currency = models.CharField(_("currency"), max_length=3, default="EUR")  # ISO 4217
    channel = models.CharField(_("channel"), max_length=10, blank=True, default="")  # "" is all
    store = models.ForeignKey(
        "network.Store",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="price_lists",
        verbose_name=_("store"),
    )
    group = models.SlugField(
        _("customer group"), max_length=40, blank=True, default="", db_default=""
    )  # code of a `customers.CustomerGroup`; "" is everybody

    class Meta:
        verbose_name = _("price list")
        verbose_name_plural = _("price lists")
        constraints = [
            models.UniqueConstraint(
                fields=["currency", "channel", "store", "group"],
                name="price_list_scope_unique",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return self.name


class PriceQuerySet(models.QuerySet["Price"]):
    def at(self, at: datetime) -> Self:
        """Prices in force at an instant."""
        return self.filter(valid_from__lte=at).filter(Q(valid_to__isnull=True) | Q(valid_to__gt=at))


class Price(models.Model):
    """What consumers pay for an article, tax included, from an instant up to another.

    The rows are the price history: the amount never changes, a new price ends the old one.
    """

    variant = models.ForeignKey(Variant, models.PROTECT, related_name="prices")
    price_list = models.ForeignKey(PriceList, models.PROTECT, related_name="prices")
    amount_minor = models.PositiveIntegerField(_("price"))  # tax included
    valid_from = models.DateTimeField(_("from"))
    valid_to = models.DateTimeField(_("until"), null=True, blank=True)
    change = models.ForeignKey(
        "catalog.PriceChange",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="prices",
        verbose_name=_("price change"),
    )  # the mass change that wrote it
    # Who wrote it: "user:12", "import:4"; of the database, as in the history of the sheets.
    actor = models.CharField(
        _("by"),
        max_length=80,
        editable=False,
        db_default=Func(function="catalog_actor", output_field=models.CharField()),
    )
    restores = models.BooleanField(default=False, db_default=False)  # what it was before the change

    objects = PriceQuerySet.as_manager()

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        ordering = ["-valid_from"]
        constraints = [
            ExclusionConstraint(
                name="price_one_at_a_time",
                expressions=[
                    ("variant", RangeOperators.EQUAL),
                    ("price_list", RangeOperators.EQUAL),
                    (
                        Func(
                            F("valid_from"),
                            F("valid_to"),
                            RangeBoundary(),
                            function="TSTZRANGE",
                            output_field=DateTimeRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="price_period_forward",
            ),
        ]
        indexes = [models.Index(fields=["variant", "price_list", "-valid_from"])]

    def __str__(self) -> str:
        return f"{self.variant} {self.amount_minor}"

"""Many prices changed together: planned, looked at, approved by a second person, undone."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models.category import Brand, Category
from catalog.models.operation import Operation
from catalog.models.price import PriceList
from catalog.models.product import Product


class PriceChange(models.Model):
    """A rule that gives the articles of a choice new prices in a list, for good or for a time."""

    class Kind(models.TextChoices):
        PERCENT = "percent", _("percentage off")
        AMOUNT = "amount", _("amount off")
        RAISE = "raise", _("percentage up")
        SET = "set", _("one price for all")

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("to approve")
        APPROVED = "approved", _("approved")
        UNDONE = "undone", _("undone")

    name = models.CharField(_("name"), max_length=80)
    operation = models.ForeignKey(
        Operation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="price_changes",
        verbose_name=_("operation"),
    )
    price_list = models.ForeignKey(
        PriceList, models.PROTECT, related_name="changes", verbose_name=_("price list")
    )
    kind = models.CharField(_("change"), max_length=8, choices=Kind)
    percent_bp = models.PositiveIntegerField(_("percentage"), null=True, blank=True)  # 2000: 20 %
    amount_minor = models.PositiveIntegerField(_("amount"), null=True, blank=True)
    ending = models.PositiveSmallIntegerField(
        _("prices end in"),
        null=True,
        blank=True,
        help_text=_("In cents: 90 makes 18.43 into 17.90"),
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)  # empty: for good
    everything = models.BooleanField(_("all articles"), default=False)
    categories = models.ManyToManyField(Category, blank=True, verbose_name=_("categories"))
    brands = models.ManyToManyField(Brand, blank=True, verbose_name=_("brands"))
    products = models.ManyToManyField(Product, blank=True, verbose_name=_("products"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("written by")
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("approved by"),
    )
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("undone by"),
    )
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)

    class Meta:
        verbose_name = _("mass price change")
        verbose_name_plural = _("mass price changes")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="price_change_forward",
            ),
            models.CheckConstraint(
                condition=(
                    Q(kind__in=["percent", "raise"])
                    & Q(percent_bp__gt=0, percent_bp__lte=10_000, amount_minor__isnull=True)
                )
                | (
                    Q(kind__in=["amount", "set"])
                    & Q(amount_minor__isnull=False, percent_bp__isnull=True)
                ),
                name="price_change_value",
            ),
            # Two pairs of eyes: who wrote it does not approve it.
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("created_by")),
                name="price_change_four_eyes",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["approved", "undone"]) | Q(approved_by__isnull=False),
                name="price_change_approved_by",
            ),
        ]

    def __str__(self) -> str:
        return self.name

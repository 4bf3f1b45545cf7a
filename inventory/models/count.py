"""Counting what is on the shelf, while the shop sells."""

from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Category, Variant
from inventory.models.location import StockLocation
from omnishop.network.models import User


class StockCountQuerySet(models.QuerySet["StockCount"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Counts of places the member of staff sees."""
        return self.filter(location__in=StockLocation.objects.visible_to(user).values("pk"))

    def locked(self) -> Self:
        """Lock until commit, in key order."""
        return self.select_for_update(of=("self",)).order_by("pk")


class StockCount(models.Model):
    """A count of a location: all of it, or some articles of it (rolling)."""

    class Kind(models.TextChoices):
        FULL = "full", _("full count")
        ROLLING = "rolling", _("rolling count")

    class Status(models.TextChoices):
        COUNTING = "counting", _("counting")
        SUBMITTED = "submitted", _("to approve")
        APPROVED = "approved", _("approved")
        CANCELLED = "cancelled", _("cancelled")

    number = models.CharField(_("number"), max_length=20, unique=True)
    location = models.ForeignKey(
        StockLocation, models.PROTECT, related_name="+", verbose_name=_("location")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    category = models.ForeignKey(
        Category,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("category"),
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.COUNTING)
    opened_at = models.DateTimeField(_("opened"))
    opened_by = models.CharField(_("opened by"), max_length=80)
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)
    submitted_by = models.CharField(_("submitted by"), max_length=80, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_by = models.CharField(_("closed by"), max_length=80, blank=True)

    objects = StockCountQuerySet.as_manager()

    class Meta:
        verbose_name = _("stock count")
        verbose_name_plural = _("stock counts")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.number


class CountLine(models.Model):
    """One article of a count.

    `book` is what the ledger said was on hand in the very transaction of the last scan: the
    difference is against that, so sales after the scan change nothing (blind: whoever counts
    is not shown it).
    """

    class Decision(models.TextChoices):
        NONE = "", _("to decide")
        APPROVED = "approved", _("approved")
        RECOUNT = "recount", _("to count again")

    count = models.ForeignKey(StockCount, models.CASCADE, related_name="lines")
    variant = models.ForeignKey(
        Variant, models.PROTECT, related_name="+", verbose_name=_("article")
    )
    counted = models.PositiveIntegerField(_("counted"), null=True, blank=True)
    book = models.IntegerField(_("on the book then"), null=True, blank=True)
    counted_at = models.DateTimeField(_("counted at"), null=True, blank=True)
    counted_by = models.CharField(_("counted by"), max_length=80, blank=True)
    # Where a till sold beyond the book: these are listed first.
    gap = models.BooleanField(_("count gap"), default=False)
    decision = models.CharField(
        _("decision"), max_length=10, choices=Decision, default=Decision.NONE, blank=True
    )

    class Meta:
        verbose_name = _("count line")
        verbose_name_plural = _("count lines")
        ordering = ["count", "-gap", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["count", "variant"], name="count_line_unique"),
            models.CheckConstraint(
                condition=Q(counted__isnull=True, book__isnull=True, counted_at__isnull=True)
                | Q(counted__isnull=False, book__isnull=False, counted_at__isnull=False),
                name="count_line_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} · {self.variant_id}"

    @property
    def difference(self) -> int | None:
        """Units more (or fewer) on the shelf than on the book; None when not counted yet."""
        if self.counted is None or self.book is None:
            return None
        return self.counted - self.book

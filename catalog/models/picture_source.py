"""Where pictures of imported products are to be had; a task fetches them."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models.product import Product, Variant


class PictureSourceQuerySet(models.QuerySet["PictureSource"]):
    def due(self, at: datetime) -> Self:
        """Not fetched yet, to be tried now, those that wait longest first."""
        return self.filter(fetched_at__isnull=True, next_try_at__lte=at).order_by("next_try_at")


class PictureSource(models.Model):
    """The address of a picture at the shop a product came from; an import fetches nothing, a
    task does. Without `next_try_at` it is given up.
    """

    product = models.ForeignKey(Product, models.CASCADE, related_name="picture_sources")
    variant = models.ForeignKey(
        Variant, models.CASCADE, null=True, blank=True, related_name="picture_sources"
    )
    url = models.CharField(_("address"), max_length=500)
    alt = models.CharField(_("description of the picture"), max_length=160, blank=True)
    position = models.PositiveSmallIntegerField(_("position in the list"), default=0)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, db_default=0)
    next_try_at = models.DateTimeField(
        _("next try"), null=True, blank=True, default=timezone.now, db_default=Now()
    )
    fetched_at = models.DateTimeField(_("fetched"), null=True, blank=True)
    last_error = models.CharField(
        _("what went wrong"), max_length=200, blank=True, default="", db_default=""
    )

    objects = PictureSourceQuerySet.as_manager()

    class Meta:
        verbose_name = _("picture to fetch")
        verbose_name_plural = _("pictures to fetch")
        ordering = ["product", "position", "pk"]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                name="picture_source_due",
                condition=models.Q(fetched_at__isnull=True),
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "variant", "url"],
                name="picture_source_unique",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return self.url

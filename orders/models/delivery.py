"""Ways to have an order brought home."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models import TaxCategory


class DeliveryMethod(models.Model):
    """A carrier's service: its price, when it is free, how long it takes."""

    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=80)
    price_minor = models.PositiveIntegerField(_("price"))  # tax included
    free_from_minor = models.PositiveIntegerField(_("free from"), null=True, blank=True)
    tax_category = models.ForeignKey(TaxCategory, models.PROTECT, related_name="+")
    working_days = models.PositiveSmallIntegerField(_("working days to arrive"), default=3)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("delivery method")
        verbose_name_plural = _("delivery methods")
        ordering = ["price_minor", "pk"]

    def __str__(self) -> str:
        return self.name

    def price_for(self, goods_minor: int) -> int:
        """What delivery costs for goods of that sum."""
        free = self.free_from_minor is not None and goods_minor >= self.free_from_minor
        return 0 if free else self.price_minor

"""Ways to have an order brought home."""

from urllib.parse import quote

from django.db import models
from django.db.models import Q
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


class Carrier(models.Model):
    """Who brings parcels, and the page where their way is followed."""

    name = models.CharField(_("name"), max_length=40, unique=True)
    tracking_page = models.CharField(
        _("tracking page"),
        max_length=200,
        blank=True,
        help_text=_("An https address with {number} where the tracking number goes; empty: none"),
    )
    priority = models.PositiveSmallIntegerField(_("priority"), default=100)  # lower comes first
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("carrier")
        verbose_name_plural = _("carriers")
        ordering = ["priority", "name"]
        constraints = [
            models.CheckConstraint(
                # The host is ours to write, the number the parcel's: it never gets into the host.
                condition=Q(tracking_page="")
                | Q(
                    tracking_page__regex=r"^https://[a-z0-9.-]+\.[a-z]+/[^\s\"'<>{}]*"
                    r"\{number\}[^\s\"'<>{}]*$"
                ),
                name="carrier_tracking_page",
                violation_error_message=_(
                    "Enter an address that begins with https:// and has {number} in its path."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def follow(self, number: str) -> str:
        """The address where a parcel is followed; empty when there is none."""
        if not number or not self.tracking_page:
            return ""
        return self.tracking_page.replace("{number}", quote(number, safe=""))

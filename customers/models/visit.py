"""When a person was there, known as themselves: once a day and channel."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer


class Visit(models.Model):
    """A day on which a person was signed in on the site, or recognised in a shop."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="visits")
    channel = models.CharField(_("channel"), max_length=10)  # as of orders: "web", "till"
    store = models.ForeignKey(
        "network.Store",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("store"),
    )
    day = models.DateField(_("day"))  # the store's business day; Paris for the site
    first_at = models.DateTimeField(_("first"))
    last_at = models.DateTimeField(_("last"))

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        ordering = ["-last_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "day", "channel", "store"],
                name="visit_once_a_day",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer} · {self.channel} · {self.day}"

"""What goes with a product: bought together, or alike; written by the computation alone."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models.product import Product


class Recommendation(models.Model):
    """One product to propose beside another, the best first."""

    class Kind(models.TextChoices):
        TOGETHER = "together", _("bought together")
        SIMILAR = "similar", _("alike")

    product = models.ForeignKey(Product, models.CASCADE, related_name="recommendations")
    other = models.ForeignKey(Product, models.CASCADE, related_name="+")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    score = models.FloatField(_("score"))
    rank = models.PositiveSmallIntegerField(_("rank"))

    class Meta:
        verbose_name = _("recommendation")
        verbose_name_plural = _("recommendations")
        ordering = ["product", "kind", "rank"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "kind", "rank"], name="recommendation_rank_unique"
            ),
            models.UniqueConstraint(
                fields=["product", "kind", "other"], name="recommendation_unique"
            ),
            models.CheckConstraint(
                condition=~models.Q(product=models.F("other")), name="recommendation_of_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} → {self.other_id}"

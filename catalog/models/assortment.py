"""Where a product is sold, and which articles are sold together."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models.product import Product, Variant

# That a product `d` is on sale in a channel and store at an instant, in SQL: its status, its days,
# its assortment. Parameters: %(at)s, %(channel)s, %(store)s.
SOLD = """(
    d.status = 'active'
    AND (d.sold_from IS NULL OR d.sold_from <= %(at)s)
    AND (d.sold_until IS NULL OR d.sold_until > %(at)s)
    AND (NOT EXISTS (SELECT FROM catalog_assortment s WHERE s.product_id = d.id)
         OR EXISTS (SELECT FROM catalog_assortment s
                     WHERE s.product_id = d.id AND s.channel IN ('', %(channel)s)
                       AND (s.store_id IS NULL OR s.store_id = %(store)s))))
"""


class Assortment(models.Model):
    """A place where a product is sold. A product without such rows is sold everywhere."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="assortment")
    channel = models.CharField(_("channel"), max_length=10, blank=True, default="")  # "" is all
    store = models.ForeignKey(
        "network.Store",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("store"),
    )  # empty is all

    class Meta:
        verbose_name = _("place of sale")
        verbose_name_plural = _("assortment")
        constraints = [
            models.UniqueConstraint(
                fields=["product", "channel", "store"],
                name="assortment_unique",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel or '*'} {self.store or '*'}"


class BundleItem(models.Model):
    """Units of an article in a set. The set has a price like any article, and no stock: it goes
    into a basket as its articles, which together cost what the set costs (ADR 9).
    """

    bundle = models.ForeignKey(Variant, models.CASCADE, related_name="items")
    item = models.ForeignKey(
        Variant, models.PROTECT, related_name="bundles", verbose_name=_("article")
    )
    quantity = models.PositiveSmallIntegerField(_("quantity"), default=1)

    class Meta:
        verbose_name = _("article of the set")
        verbose_name_plural = _("articles of the set")
        ordering = ["bundle", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["bundle", "item"], name="bundle_item_unique"),
            models.CheckConstraint(condition=~Q(bundle=F("item")), name="bundle_item_other"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="bundle_item_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.item_id}"

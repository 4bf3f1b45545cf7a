"""Where pictures of imported products are to be had; a task fetches them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models.product import Product, Variant


class PictureSource(models.Model):
    """The address of a picture at the shop a product came from; an import fetches nothing."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="picture_sources")
    variant = models.ForeignKey(
        Variant, models.CASCADE, null=True, blank=True, related_name="picture_sources"
    )
    url = models.CharField(_("address"), max_length=500)
    alt = models.CharField(_("description of the picture"), max_length=160, blank=True)
    position = models.PositiveSmallIntegerField(_("position in the list"), default=0)

    class Meta:
        verbose_name = _("picture to fetch")
        verbose_name_plural = _("pictures to fetch")
        ordering = ["product", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "variant", "url"],
                name="picture_source_unique",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return self.url

"""What products are described by and what their variants differ by."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Attribute(models.Model):
    """A property with its type: size, colour, weight, washable. Variants may differ by it."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=40)
    position = models.PositiveSmallIntegerField(_("position in the list"), default=0)

    class Meta:
        verbose_name = _("attribute")
        verbose_name_plural = _("attributes")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class AttributeValue(models.Model):
    """One choice of an attribute: M, blue, 30 litres."""

    attribute = models.ForeignKey(Attribute, models.CASCADE, related_name="values")
    code = models.SlugField(_("code"), max_length=60)
    name = models.CharField(_("name"), max_length=60)
    swatch = models.CharField(_("colour shown"), max_length=7, blank=True)  # "#0b5d4e"
    position = models.PositiveSmallIntegerField(_("position in the list"), default=0)

    class Meta:
        verbose_name = _("attribute value")
        verbose_name_plural = _("attribute values")
        ordering = ["attribute__position", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["attribute", "code"], name="attribute_value_unique")
        ]

    def __str__(self) -> str:
        return self.name

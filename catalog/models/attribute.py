"""What products are described by and what their variants differ by."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Attribute(models.Model):
    """A property with its type: size, colour, weight, washable. Variants may differ by it."""

    class Kind(models.TextChoices):
        CHOICE = "choice", _("choice in a list")
        COLOUR = "colour", _("colour")
        BOOLEAN = "boolean", _("yes or no")  # a choice of two, made by itself
        TEXT = "text", _("text")
        NUMBER = "number", _("number with unit")
        DATE = "date", _("date")

    LISTED = (Kind.CHOICE, Kind.COLOUR, Kind.BOOLEAN)  # kinds whose values are a list

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=40)
    kind = models.CharField(
        _("type"), max_length=8, choices=Kind, default=Kind.CHOICE, db_default=Kind.CHOICE
    )
    unit = models.CharField(_("unit"), max_length=12, blank=True, default="", db_default="")
    filterable = models.BooleanField(_("offered as a filter"), default=True, db_default=True)
    position = models.PositiveSmallIntegerField(_("position in the list"), default=0)

    class Meta:
        verbose_name = _("attribute")
        verbose_name_plural = _("attributes")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="number") | models.Q(unit=""),
                name="attribute_unit_of_number",
            )
        ]

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


class ProductType(models.Model):
    """What kind of thing it is, and so which attributes describe it: shoe, tent, jacket."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=60)
    attributes = models.ManyToManyField(
        Attribute, related_name="types", blank=True, verbose_name=_("attributes")
    )

    class Meta:
        verbose_name = _("product type")
        verbose_name_plural = _("product types")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

"""What is told of a product beyond its name: attributes, videos, documents, guides, relations."""

from django.core.validators import FileExtensionValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models.attribute import Attribute, AttributeValue
from catalog.models.category import Category
from catalog.models.product import Product


class ProductAttribute(models.Model):
    """One value that a product has of an attribute; of a choice it may have several.

    Which column is filled follows from the attribute's kind; a trigger holds it.
    """

    product = models.ForeignKey(Product, models.CASCADE, related_name="attributes")
    attribute = models.ForeignKey(
        Attribute, models.PROTECT, related_name="+", verbose_name=_("attribute")
    )
    value = models.ForeignKey(
        AttributeValue,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("value"),
    )  # of a choice, a colour, yes or no
    text = models.CharField(_("text"), max_length=300, blank=True)
    number = models.DecimalField(
        _("number"), max_digits=12, decimal_places=3, null=True, blank=True
    )  # in the attribute's unit
    day = models.DateField(_("date"), null=True, blank=True)

    class Meta:
        verbose_name = _("attribute of the product")
        verbose_name_plural = _("attributes of the product")
        ordering = ["attribute__position", "attribute", "value__position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "attribute", "value"],
                name="product_attribute_unique",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attribute}"


class Video(models.Model):
    """A film about a product; it starts when asked, from its own site."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="videos")
    title = models.CharField(_("title"), max_length=120)
    url = models.URLField(_("address"), max_length=300)
    transcript = models.TextField(_("what is said and seen"), blank=True)
    position = models.PositiveSmallIntegerField(_("position in the list"), default=0)

    class Meta:
        verbose_name = _("video")
        verbose_name_plural = _("videos")
        ordering = ["product", "position", "pk"]

    def __str__(self) -> str:
        return self.title


class Document(models.Model):
    """A file to download: instructions, a size chart, a safety sheet."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="documents")
    title = models.CharField(_("title"), max_length=120)
    file = models.FileField(
        _("file"), upload_to="documents", validators=[FileExtensionValidator(["pdf"])]
    )
    language = models.CharField(_("language"), max_length=2, default="fr")
    position = models.PositiveSmallIntegerField(_("position in the list"), default=0)

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["product", "position", "pk"]

    def __str__(self) -> str:
        return self.title


class Guide(models.Model):
    """A tutorial or buying guide, shown with the products and the shelves it is about."""

    title = models.CharField(_("title"), max_length=120)
    slug = models.SlugField(max_length=120, unique=True)
    summary = models.CharField(_("in a sentence"), max_length=240)
    body = models.TextField(_("text"))  # paragraphs; a line that begins with "## " is a heading
    video_url = models.URLField(_("video"), max_length=300, blank=True)
    products = models.ManyToManyField(
        Product, related_name="guides", blank=True, verbose_name=_("products")
    )
    categories = models.ManyToManyField(
        Category, related_name="guides", blank=True, verbose_name=_("categories")
    )
    published = models.BooleanField(_("published"), default=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("guide")
        verbose_name_plural = _("guides")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.title


class RelatedProduct(models.Model):
    """A product that staff show beside another, and why."""

    class Kind(models.TextChoices):
        ACCESSORY = "accessory", _("accessory")
        ALTERNATIVE = "alternative", _("alternative")
        SPARE = "spare", _("spare part")

    product = models.ForeignKey(Product, models.CASCADE, related_name="relations")
    other = models.ForeignKey(
        Product, models.CASCADE, related_name="+", verbose_name=_("other product")
    )
    kind = models.CharField(_("relation"), max_length=12, choices=Kind)
    position = models.PositiveSmallIntegerField(_("position in the list"), default=0)

    class Meta:
        verbose_name = _("related product")
        verbose_name_plural = _("related products")
        ordering = ["product", "kind", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "other", "kind"], name="related_product_unique"
            ),
            models.CheckConstraint(
                condition=~Q(product=models.F("other")), name="related_product_other"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.other}"

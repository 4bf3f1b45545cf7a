"""Products and their variants: what people choose and what has a price and stock."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from stdnum import ean
from stdnum.exceptions import ValidationError as StdnumError

from catalog.models.attribute import AttributeValue, ProductType
from catalog.models.category import Brand, Category
from catalog.models.tax import TaxCategory
from catalog.pictures import SizedPictureField


def check_gtin(value: str) -> None:
    """Refuse a GTIN whose length or check digit is wrong (STD-1)."""
    try:
        ean.validate(value)
    except StdnumError as error:
        raise ValidationError(
            _("%(value)s is not a GTIN: its length or its check digit is wrong."),
            params={"value": value},
        ) from error


class ProductQuerySet(models.QuerySet["Product"]):
    def on_sale(self) -> Self:
        """Products that shoppers may see and buy."""
        return self.filter(status=Product.Status.ACTIVE)


class Product(models.Model):
    """What the shopper looks at; its variants are what they buy."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        ACTIVE = "active", _("on sale")
        ARCHIVED = "archived", _("archived")

    class Withdrawal(models.TextChoices):
        """Why the right of withdrawal does not apply (CST-5); empty means that it does."""

        YES = "", _("may be returned within 14 days")
        HYGIENE = "hygiene", _("not once unsealed, for hygiene")
        PERISHABLE = "perishable", _("perishable")
        MADE_TO_MEASURE = "made_to_measure", _("made to measure")

    name = models.CharField(_("name"), max_length=160)
    slug = models.SlugField(max_length=160, unique=True)
    description = models.TextField(_("description"), blank=True)  # plain text
    category = models.ForeignKey(
        Category, models.PROTECT, related_name="products", verbose_name=_("category")
    )
    brand = models.ForeignKey(
        Brand,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="products",
        verbose_name=_("brand"),
    )
    tax_category = models.ForeignKey(
        TaxCategory, models.PROTECT, related_name="+", verbose_name=_("tax category")
    )
    product_type = models.ForeignKey(
        ProductType,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="products",
        verbose_name=_("product type"),
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    sold_from = models.DateTimeField(_("sold from"), null=True, blank=True)
    sold_until = models.DateTimeField(_("sold until"), null=True, blank=True)
    withdrawal = models.CharField(
        _("right of withdrawal"), max_length=20, choices=Withdrawal, default="", blank=True
    )
    popularity = models.PositiveIntegerField(_("popularity"), default=0)  # units sold, for sorting
    # The sum of the stars of the published reviews, and how many they are.
    rating_sum = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    rating_count = models.PositiveIntegerField(
        _("reviews"), default=0, db_default=0, editable=False
    )
    source_key = models.CharField(max_length=120, blank=True, default="")  # "shopify:floor-lamp"
    search_fr = SearchVectorField(null=True, editable=False)
    search_en = SearchVectorField(null=True, editable=False)
    search_words = models.TextField(default="", editable=False)  # unaccented, for typos
    # What lists count, filter and sort by, of the articles on sale now (ADR 7); no page shows it.
    listed_prices = ArrayField(models.IntegerField(), default=list, editable=False)  # ascending
    listed_options = ArrayField(models.BigIntegerField(), default=list, editable=False)
    listed_cut_bp = models.PositiveIntegerField(default=0, db_default=0, editable=False)  # PRC-1
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["-popularity", "pk"]
        indexes = [
            GinIndex(fields=["search_fr"], name="product_search_fr"),
            GinIndex(fields=["search_en"], name="product_search_en"),
            GinIndex(
                fields=["search_words"], name="product_search_words", opclasses=["gin_trgm_ops"]
            ),
            models.Index(fields=["status", "-popularity", "id"], name="product_listing"),
            models.Index(
                fields=["category", "status", "-popularity", "id"], name="product_category_listing"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source_key"],
                name="product_source_unique",
                condition=~models.Q(source_key=""),
            ),
            models.CheckConstraint(
                condition=models.Q(sold_until__gt=models.F("sold_from"))
                | models.Q(sold_from__isnull=True)
                | models.Q(sold_until__isnull=True),
                name="product_sale_forward",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Variant(models.Model):
    """The article itself: it has a SKU, a price, a stock."""

    class Measure(models.TextChoices):
        """In what its content is counted; the unit price is per 1000, or per piece (PRC-3)."""

        GRAM = "g", _("grams")
        MILLILITRE = "ml", _("millilitres")
        MILLIMETRE = "mm", _("millimetres")
        PIECE = "piece", _("pieces")

    product = models.ForeignKey(Product, models.PROTECT, related_name="variants")
    sku = models.CharField("SKU", max_length=64, unique=True)
    gtin = models.CharField(
        "GTIN", max_length=14, null=True, blank=True, unique=True, validators=[check_gtin]
    )
    options = models.ManyToManyField(AttributeValue, related_name="+", blank=True)
    active = models.BooleanField(_("on sale"), default=True)
    position = models.PositiveSmallIntegerField(_("position in the list"), default=0)
    eco_minor = models.PositiveIntegerField(_("eco-participation"), default=0)  # inside the price
    weight_g = models.PositiveIntegerField(_("weight"), default=0)  # grams
    content = models.PositiveIntegerField(_("content"), null=True, blank=True)  # in `measure`
    measure = models.CharField(
        _("measured in"), max_length=5, choices=Measure, blank=True, default="", db_default=""
    )

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        ordering = ["product", "position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(gtin__isnull=True) | models.Q(gtin__regex=r"^\d{8,14}$"),
                name="variant_gtin_digits",
            ),
            models.CheckConstraint(
                condition=models.Q(content__isnull=True, measure="")
                | (models.Q(content__gt=0) & ~models.Q(measure="")),
                name="variant_content_measured",
            ),
        ]

    def __str__(self) -> str:
        return self.sku


class Picture(models.Model):
    """A picture of a product, or of one of its variants. Sizes are made at upload."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="pictures")
    variant = models.ForeignKey(
        Variant, models.CASCADE, null=True, blank=True, related_name="pictures"
    )
    image = SizedPictureField(
        _("picture"),
        upload_to="products",
        aspect_ratios=["1/1"],
        width_field="width",
        height_field="height",
    )
    width = models.PositiveIntegerField(editable=False, default=0)
    height = models.PositiveIntegerField(editable=False, default=0)
    alt = models.CharField(_("description of the picture"), max_length=160, blank=True)
    position = models.PositiveSmallIntegerField(_("position in the list"), default=0)
    source_url = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ["product", "position", "pk"]

    def __str__(self) -> str:
        return self.alt or self.image.name

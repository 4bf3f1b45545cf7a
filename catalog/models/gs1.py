"""How codes are read that a shop prints itself, with a weight or a price inside (STD-1)."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.gs1 import by_kilogram
from catalog.models.product import Variant

PREFIXES = ("02", *(str(prefix) for prefix in range(20, 30)))


class VariableCode(models.Model):
    """The layout of thirteen digits: prefix, item number, perhaps a digit that checks the value,
    the value, the check digit of all. Scales print it; country and retailer choose it.
    """

    class Carries(models.TextChoices):
        PRICE = "price", _("price")
        WEIGHT = "weight", _("weight")

    prefix = models.CharField(
        _("prefix"), max_length=2, unique=True, choices=[(prefix, prefix) for prefix in PREFIXES]
    )
    name = models.CharField(_("name"), max_length=60)
    item_digits = models.PositiveSmallIntegerField(_("digits of the item number"), default=5)
    value_digits = models.PositiveSmallIntegerField(_("digits of the value"), default=5)
    carries = models.CharField(_("value"), max_length=6, choices=Carries, default=Carries.PRICE)
    decimals = models.PositiveSmallIntegerField(
        _("decimals"),
        default=2,
        help_text=_("Of euros for a price; of kilograms for a weight, 3 for grams"),
    )
    value_checked = models.BooleanField(
        _("a digit before the value checks it"),
        default=False,
        help_text=_("By the rule of GS1 for four or five digits"),
    )

    class Meta:
        verbose_name = _("in-store code")
        verbose_name_plural = _("in-store codes")
        ordering = ["prefix"]
        constraints = [
            models.CheckConstraint(
                condition=Q(value_checked=False, value_digits=10 - F("item_digits"))
                | Q(value_checked=True, value_digits=9 - F("item_digits")),
                name="variable_code_thirteen",
            ),
            models.CheckConstraint(
                condition=Q(item_digits__gte=1, value_digits__gte=3, decimals__lte=3),
                name="variable_code_digits",
            ),
            models.CheckConstraint(
                condition=Q(value_checked=False) | Q(value_digits__in=[4, 5]),
                name="variable_code_checkable",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix} · {self.name}"

    def clean(self) -> None:
        """The parts must make up thirteen digits."""
        parts = (self.item_digits, self.value_digits)
        if None not in parts and 2 + sum(parts) + self.value_checked + 1 != 13:
            raise ValidationError(
                _("Prefix, item number, value and check digits must make up thirteen digits.")
            )


class VariableArticle(models.Model):
    """The article that an item number of such codes stands for."""

    code = models.ForeignKey(
        VariableCode, models.CASCADE, related_name="articles", verbose_name=_("in-store code")
    )
    item_number = models.CharField(
        _("item number"), max_length=9, validators=[RegexValidator(r"^\d+$")]
    )
    variant = models.ForeignKey(
        Variant, models.CASCADE, related_name="+", verbose_name=_("article")
    )

    class Meta:
        verbose_name = _("article of in-store codes")
        verbose_name_plural = _("articles of in-store codes")
        ordering = ["code", "item_number"]
        constraints = [
            models.UniqueConstraint(fields=["code", "item_number"], name="variable_article_unique"),
            models.CheckConstraint(
                condition=Q(item_number__regex=r"^\d+$"), name="variable_article_digits"
            ),
        ]

    def __str__(self) -> str:
        return self.item_number

    def clean(self) -> None:
        """As long as the code says; scales fill up with zeros. A weight needs a price per kg."""
        if self.code_id and len(self.item_number) != self.code.item_digits:
            raise ValidationError(
                _("The item number has %(count)s digits."),
                params={"count": self.code.item_digits},
            )
        weighed = self.code_id and self.code.carries == VariableCode.Carries.WEIGHT
        if (
            weighed
            and self.variant_id
            and not by_kilogram(self.variant.content, self.variant.measure)
        ):
            raise ValidationError(
                _(
                    "Sold by weight, the article is priced by the kilogram: "
                    "give it a content of 1,000 g."
                )
            )

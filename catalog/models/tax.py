"""VAT as dated data (DOMAIN VAT-1)."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func
from django.utils.translation import gettext_lazy as _


class TaxCategory(models.Model):
    """What kind of good it is for VAT; the rate follows from territory and day."""

    code = models.SlugField(_("code"), max_length=20, unique=True)  # "standard", "food", "book"
    name = models.CharField(_("name"), max_length=80)

    class Meta:
        verbose_name = _("tax category")
        verbose_name_plural = _("tax categories")

    def __str__(self) -> str:
        return self.name


class VatRate(models.Model):
    """The rate of a category in a territory, from a day up to, not including, another."""

    category = models.ForeignKey(TaxCategory, models.CASCADE, related_name="rates")
    territory = models.CharField(_("territory"), max_length=8, default="FR")
    tax_bp = models.PositiveIntegerField(_("rate"), help_text=_("In basis points: 2000 is 20 %"))
    valid_from = models.DateField(_("from"))
    valid_to = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("VAT rate")
        verbose_name_plural = _("VAT rates")
        constraints = [
            ExclusionConstraint(
                name="vat_rate_one_at_a_time",
                expressions=[
                    ("category", RangeOperators.EQUAL),
                    ("territory", RangeOperators.EQUAL),
                    (
                        Func(
                            F("valid_from"),
                            F("valid_to"),
                            RangeBoundary(),
                            function="DATERANGE",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            )
        ]

    def __str__(self) -> str:
        return f"{self.category} {self.territory} {self.tax_bp / 100:g} %"

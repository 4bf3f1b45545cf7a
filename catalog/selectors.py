"""Reads of the catalogue that join or annotate."""

from dataclasses import fields
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F, JSONField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import JSONObject, Substr
from stdnum import ean

from catalog import gs1
from catalog.models import VariableArticle, Variant, VatRate


def tax_rate(category_code: str, *, at: datetime) -> int:
    """The VAT rate of a tax category on that day, in basis points (VAT-1)."""
    day = at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    return (
        VatRate.objects.filter(
            category__code=category_code, territory=settings.VAT_TERRITORY, valid_from__lte=day
        )
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gt=day))
        .values_list("tax_bp", flat=True)
        .get()
    )


def tax_rate_of(category: str, *, at: datetime) -> Subquery:
    """The same for the tax category that a row's field points at, to annotate the row with."""
    day = at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    return Subquery(
        VatRate.objects.filter(
            Q(valid_to__isnull=True) | Q(valid_to__gt=day),
            category=OuterRef(category),
            territory=settings.VAT_TERRITORY,
            valid_from__lte=day,
        ).values("tax_bp")
    )


def coded(code: str) -> QuerySet[Variant]:
    """Articles of a scanned or typed SKU or GTIN; a UPC is a GTIN-13 with a 0. The first counts."""
    code = code.strip()
    if not code:
        return Variant.objects.none()
    codes = {code}
    if code.isdigit() and len(code) in {8, 12, 13, 14} and ean.is_valid(code):
        codes |= {code.zfill(13), code.zfill(14), code.lstrip("0").zfill(12)}
    matches = Q(sku__in=codes | {code.upper()}) | Q(gtin__in=codes)
    if gs1.variable(code):
        matches |= Q(pk__in=_weighed(code).values("variant"))
    return Variant.objects.filter(matches).order_by("pk")


def _weighed(code: str) -> QuerySet[VariableArticle]:
    """The article that the item number inside a shop's own code stands for (STD-1)."""
    digits: Any = F("code__item_digits")
    item = Substr(Value(code), 3, digits)
    return VariableArticle.objects.filter(code__prefix=code[:2], item_number=item)


def scanned(code: str) -> QuerySet[Variant, dict[str, Any]]:
    """What a scanned code stands for, as one value for a statement that reads other things too:
    `variant`, the article's key, and `scale`, the layout of the label that a shop's scale printed,
    or nothing. `labelled` reads that. What a scale labelled comes before an article's own number.
    """
    scale: Any = Value(None, JSONField())
    if gs1.variable(code.strip()):
        layout = {part.name: F(f"code__{part.name}") for part in fields(gs1.Layout)}
        labels = _weighed(code.strip()).filter(variant=OuterRef("pk"))
        scale = Subquery(labels.values(layout=JSONObject(**layout))[:1])
    return (
        coded(code)
        .annotate(scale=scale)
        .order_by(F("scale").asc(nulls_last=True), "pk")
        .values_list(JSONObject(variant="pk", scale="scale"), flat=True)
    )


def labelled(code: str, scale: dict[str, Any] | None) -> gs1.Label | None:
    """What the label of a scale says of weight or price; None for other codes.

    Raises gs1.Unreadable when its digits contradict each other.
    """
    return gs1.decode(code.strip(), gs1.Layout(**scale)) if scale else None


def by_code(code: str) -> Variant | None:
    """The article of a scanned or typed code, or None."""
    return coded(code).select_related("product", "product__brand", "product__tax_category").first()

"""Reads of the catalogue that join or annotate."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import OuterRef, Q, QuerySet, Subquery
from stdnum import ean

from catalog.models import Category, Product, Variant, VatRate


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


def in_category(category: Category) -> QuerySet[Product]:
    """Products on sale on a shelf and the shelves below it."""
    return Product.objects.on_sale().filter(category__path__startswith=category.path)


def coded(code: str) -> QuerySet[Variant]:
    """Articles of a scanned or typed SKU or GTIN; a UPC is a GTIN-13 with a 0. The first counts."""
    code = code.strip()
    if not code:
        return Variant.objects.none()
    codes = {code}
    if code.isdigit() and len(code) in {8, 12, 13, 14} and ean.is_valid(code):
        codes |= {code.zfill(13), code.zfill(14), code.lstrip("0").zfill(12)}
    return Variant.objects.filter(Q(sku__in=codes | {code.upper()}) | Q(gtin__in=codes)).order_by(
        "pk"
    )


def by_code(code: str) -> Variant | None:
    """The article of a scanned or typed code, or None."""
    return coded(code).select_related("product", "product__brand", "product__tax_category").first()

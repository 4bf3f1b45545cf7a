"""Reads of the catalogue that join or annotate."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import OuterRef, Q, QuerySet, Subquery
from stdnum import ean

from catalog.models import Category, Product, Variant, VatRate
from catalog.pricing import PricePoint, UnitPrice, reference_price

HISTORY = timedelta(days=120)  # how far back price rows are read for the reference price


def _listed(channel: str, store_id: int | None) -> tuple[str, dict[str, Any]]:
    """Condition and parameters for the price lists of a place, and their rank by precision."""
    return (
        (
            "l.currency = %(currency)s AND l.channel IN ('', %(channel)s)"
            " AND (l.store_id IS NULL OR l.store_id = %(store)s)"
        ),
        {"currency": settings.CURRENCY, "channel": channel, "store": store_id},
    )


def prices(
    variant_ids: Collection[int], *, at: datetime, channel: str = "web", store_id: int | None = None
) -> dict[int, UnitPrice]:
    """The price of each article in a channel and store at an instant, in one statement.

    Articles that are not on sale there, archived or without a price, are left out. The most
    precise price list wins: store and channel, store, channel, all.
    """
    if not variant_ids:
        return {}
    condition, params = _listed(channel, store_id)
    local_day = at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT p.variant_id, p.price_list_id,
                   (l.store_id IS NOT NULL)::int * 2 + (l.channel <> '')::int AS rank,
                   p.amount_minor, p.valid_to IS NULL OR p.valid_to > %(at)s,
                   CASE WHEN count(*) OVER of_list > 1 THEN p.valid_from END,
                   CASE WHEN count(*) OVER of_list > 1 THEN p.valid_to END,
                   v.eco_minor, r.tax_bp
              FROM catalog_price p
              JOIN catalog_pricelist l ON l.id = p.price_list_id
              JOIN catalog_variant v ON v.id = p.variant_id AND v.active
              JOIN catalog_product d ON d.id = v.product_id AND d.status = 'active'
              JOIN catalog_vatrate r ON r.category_id = d.tax_category_id
               AND r.territory = %(territory)s AND r.valid_from <= %(day)s
               AND (r.valid_to IS NULL OR r.valid_to > %(day)s)
             WHERE p.variant_id = ANY(%(variants)s) AND {condition}
               AND p.valid_from <= %(at)s
               AND (p.valid_to IS NULL OR p.valid_to > %(since)s)
            WINDOW of_list AS (PARTITION BY p.variant_id, p.price_list_id)
            """,  # noqa: S608  the condition is a constant of this module
            params
            | {
                "territory": settings.VAT_TERRITORY,
                "day": local_day,
                "variants": list(variant_ids),
                "at": at,
                "since": at - HISTORY,
            },
        )
        rows = cursor.fetchall()
    # Times are read only where there is a history: without one there is no former price.
    histories: dict[tuple[int, int, int], list[PricePoint]] = defaultdict(list)
    now: dict[tuple[int, int, int], tuple[int, int, int]] = {}
    for variant_id, list_id, rank, amount, in_force, valid_from, valid_to, eco, tax_bp in rows:
        if valid_from:
            histories[variant_id, rank, list_id].append(PricePoint(amount, valid_from, valid_to))
        if in_force:
            now[variant_id, rank, list_id] = amount, tax_bp, eco
    found: dict[int, UnitPrice] = {}
    for key, (amount, tax_bp, eco) in sorted(now.items()):
        points = histories.get(key)  # later keys are more precise lists and replace the earlier
        found[key[0]] = UnitPrice(
            amount_minor=amount,
            tax_bp=tax_bp,
            reference_minor=reference_price(points, at) if points else None,
            eco_minor=eco,
        )
    return found


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

"""Writes of the catalogue."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.models import Price, PriceList, Product, Variant
from omnishop.kernel.errors import Invalid


def default_price_list() -> PriceList:
    """The list for every channel and store in the shop's currency; made on first use."""
    price_list, _created = PriceList.objects.get_or_create(
        currency=settings.CURRENCY,
        channel="",
        store=None,
        defaults={"code": "standard", "name": "Standard"},
    )
    return price_list


@transaction.atomic
def set_price(
    *, variant: Variant, amount_minor: int, at: datetime, price_list: PriceList | None = None
) -> bool:
    """Give an article a new price from `at` on; the old one stays as history.

    Returns False, writing nothing, when that price is already in force. Raises Invalid when
    prices of a later date are planned.
    """
    if amount_minor < 0:
        raise Invalid(_("A price is never negative."))
    price_list = price_list or default_price_list()
    # The article's row is the lock under which its prices change.
    Variant.objects.select_for_update(of=("self",), no_key=True).get(pk=variant.pk)
    rows = Price.objects.filter(variant=variant, price_list=price_list)
    if rows.filter(valid_from__gt=at).exists():
        raise Invalid(_("A later price change is already planned for this article."))
    current = rows.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=at)).first()
    if current and current.amount_minor == amount_minor:
        return False
    if current:
        if current.valid_from == at:
            raise Invalid(_("This article already has a price from that very moment."))
        current.valid_to = at
        current.save(update_fields=["valid_to"])
    Price.objects.create(
        variant=variant, price_list=price_list, amount_minor=amount_minor, valid_from=at
    )
    refresh_listed([variant.product_id])
    return True


def refresh_search(product_ids: Collection[int] | None = None) -> None:
    """Write the columns that search and lists read of these products, or of all.

    Whoever changes a name, a brand, a category or an article calls it in the same transaction.
    """
    refresh_listed(product_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE catalog_product p SET
              search_fr = setweight(to_tsvector('omnishop_fr', s.name_fr || ' ' || s.brand), 'A')
                || setweight(to_tsvector('omnishop_fr', s.aside_fr), 'B')
                       || setweight(to_tsvector('simple', s.codes), 'A')
                       || setweight(to_tsvector('omnishop_fr', s.text_fr), 'D'),
              search_en = setweight(to_tsvector('omnishop_en', s.name_en || ' ' || s.brand), 'A')
                || setweight(to_tsvector('omnishop_en', s.aside_en), 'B')
                       || setweight(to_tsvector('simple', s.codes), 'A')
                       || setweight(to_tsvector('omnishop_en', s.text_en), 'D'),
              search_words = plain_text(concat_ws(' ', s.name_fr, s.name_en, s.brand, s.shelf_fr))
            FROM (
              SELECT d.id, coalesce(d.name_fr, d.name) AS name_fr,
                     coalesce(d.name_en, '') AS name_en,
                     coalesce(b.name, '') AS brand,
                     coalesce(c.name_fr, c.name) AS shelf_fr,
                     concat_ws(' ', coalesce(c.name_fr, c.name), o.names_fr) AS aside_fr,
                     concat_ws(' ', c.name_en, o.names_en) AS aside_en,
                     coalesce(d.description_fr, d.description) AS text_fr,
                     coalesce(d.description_en, '') AS text_en,
                     coalesce(k.codes, '') AS codes
                FROM catalog_product d
                JOIN catalog_category c ON c.id = d.category_id
                LEFT JOIN catalog_brand b ON b.id = d.brand_id
                LEFT JOIN LATERAL (
                  SELECT string_agg(v.sku || ' ' || coalesce(v.gtin, ''), ' ') AS codes
                    FROM catalog_variant v WHERE v.product_id = d.id) k ON true
                LEFT JOIN LATERAL (
                  SELECT string_agg(DISTINCT coalesce(ov.name_fr, ov.name), ' ') AS names_fr,
                         string_agg(DISTINCT ov.name_en, ' ') AS names_en
                    FROM (SELECT vo.attributevalue_id AS id
                            FROM catalog_variant v
                            JOIN catalog_variant_options vo ON vo.variant_id = v.id
                           WHERE v.product_id = d.id
                           UNION
                          SELECT pa.value_id
                            FROM catalog_productattribute pa
                            JOIN catalog_attribute a ON a.id = pa.attribute_id
                           WHERE pa.product_id = d.id AND a.kind <> 'boolean') said
                    JOIN catalog_attributevalue ov ON ov.id = said.id) o ON true
               WHERE %(all)s OR d.id = ANY(%(ids)s)
            ) s WHERE s.id = p.id
            """,
            {"all": product_ids is None, "ids": list(product_ids or [])},
        )


_LISTED = """
    WITH article AS (
      SELECT v.id, v.product_id, p.amount_minor
        FROM catalog_variant v
        JOIN catalog_price p ON p.variant_id = v.id AND p.valid_from <= %(at)s
         AND (p.valid_to IS NULL OR p.valid_to > %(at)s)
        JOIN catalog_pricelist l ON l.id = p.price_list_id AND l.channel = ''
         AND l.store_id IS NULL AND l.currency = %(currency)s
       WHERE v.active AND (%(all)s OR v.product_id = ANY(%(ids)s))
    ), fresh AS (
      SELECT d.id, coalesce(a.prices, '{}')::integer[] AS prices,
             coalesce(o.options, '{}')::bigint[] AS options
        FROM catalog_product d
        LEFT JOIN (
          SELECT product_id, array_agg(DISTINCT amount_minor) AS prices
            FROM article GROUP BY 1) a ON a.product_id = d.id
        LEFT JOIN (
          SELECT product_id, array_agg(DISTINCT value ORDER BY value) AS options
            FROM (SELECT product_id, x.attributevalue_id AS value
                    FROM article JOIN catalog_variant_options x ON x.variant_id = article.id
                   UNION ALL
                  SELECT x.product_id, x.value_id
                    FROM catalog_productattribute x
                   WHERE x.value_id IS NOT NULL AND (%(all)s OR x.product_id = ANY(%(ids)s))
                     AND EXISTS (SELECT FROM article WHERE article.product_id = x.product_id)) y
            JOIN catalog_attributevalue z ON z.id = y.value
            JOIN catalog_attribute t ON t.id = z.attribute_id AND t.filterable
           GROUP BY 1) o ON o.product_id = d.id
       WHERE (%(all)s OR d.id = ANY(%(ids)s))
         AND (d.listed_prices, d.listed_options)
             IS DISTINCT FROM (coalesce(a.prices, '{}')::integer[],
                               coalesce(o.options, '{}')::bigint[])
    )
"""  # products whose columns for lists differ from their articles on sale


def _listed(product_ids: Collection[int] | None) -> dict[str, Any]:
    return {
        "all": product_ids is None,
        "ids": list(product_ids or []),
        "at": timezone.now(),
        "currency": settings.CURRENCY,
    }


def refresh_listed(product_ids: Collection[int] | None = None) -> int:
    """Write the prices and options that lists count, filter and sort by, as they are now (ADR 7);
    how many products changed.

    `set_price` and `refresh_search` call it. Planned prices begin and end without anyone
    writing a row: a task calls it for the products of `outdated_lists`.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            {_LISTED}
            UPDATE catalog_product d
               SET listed_prices = fresh.prices, listed_options = fresh.options
              FROM fresh WHERE fresh.id = d.id
            """,  # noqa: S608  a constant of this module
            _listed(product_ids),
        )
        return cursor.rowcount


def outdated_lists() -> list[int]:
    """Products that lists count, filter or sort by prices which are no longer those of now."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_LISTED} SELECT id FROM fresh ORDER BY id", _listed(None))  # noqa: S608
        return [row[0] for row in cursor.fetchall()]


def archive(*, product: Product) -> None:
    """Take a product off sale for good; orders of the past keep it."""
    product.status = Product.Status.ARCHIVED
    product.save(update_fields=["status", "updated_at"])

"""Writes of the catalogue."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.models import Price, PriceList, Product, Variant
from catalog.models.assortment import SOLD
from omnishop.kernel.errors import Invalid


def default_price_list() -> PriceList:
    """Everybody's list for every channel and store in the shop's currency; made on first use."""
    price_list, _created = PriceList.objects.get_or_create(
        currency=settings.CURRENCY,
        channel="",
        store=None,
        group="",
        defaults={"code": "standard", "name": "Standard"},
    )
    return price_list


@transaction.atomic
def set_prices(
    wanted: Mapping[int, int], *, at: datetime, price_list: PriceList | None = None
) -> dict[int, bool | Invalid]:
    """Give articles, by key, new prices from `at` on; the old ones stay as history (PRC-1).

    A constant number of statements. What became of each: True when it was written, False when
    that price is in force already, or the refusal of this one alone: a negative price, one of a
    later date planned, one from that very moment. Raises Variant.DoesNotExist.
    """
    price_list = price_list or default_price_list()
    # The articles' rows are the locks under which their prices change, taken in one order.
    articles = Variant.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=wanted)
    products = dict(articles.order_by("pk").values_list("pk", "product_id"))
    if len(products) < len(wanted):
        raise Variant.DoesNotExist
    standing: dict[int, list[Price]] = defaultdict(list)
    rows = Price.objects.filter(variant__in=wanted, price_list=price_list)
    for price in rows.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=at)):
        standing[price.variant_id].append(price)
    outcomes: dict[int, bool | Invalid] = {}
    ended: list[int] = []
    for variant_id, amount in wanted.items():
        now = next((price for price in standing[variant_id] if price.valid_from <= at), None)
        if amount < 0:
            outcomes[variant_id] = Invalid(_("A price is never negative."))
        elif any(price.valid_from > at for price in standing[variant_id]):
            outcomes[variant_id] = Invalid(
                _("A later price change is already planned for this article.")
            )
        elif now and now.amount_minor == amount:
            outcomes[variant_id] = False
        elif now and now.valid_from == at:
            outcomes[variant_id] = Invalid(
                _("This article already has a price from that very moment.")
            )
        else:
            outcomes[variant_id] = True
            if now:
                ended.append(now.pk)
    written = [variant_id for variant_id, outcome in outcomes.items() if outcome is True]
    if ended:
        Price.objects.filter(pk__in=ended).update(valid_to=at)
    if written:
        Price.objects.bulk_create(
            Price(
                variant_id=variant_id,
                price_list=price_list,
                amount_minor=wanted[variant_id],
                valid_from=at,
            )
            for variant_id in written
        )
        refresh_listed({products[variant_id] for variant_id in written})
    return outcomes


def set_price(
    *, variant: Variant, amount_minor: int, at: datetime, price_list: PriceList | None = None
) -> bool:
    """Give one article a new price from `at` on, as `set_prices` does.

    Returns False, writing nothing, when that price is already in force. Raises Invalid for what
    `set_prices` refuses.
    """
    outcome = set_prices({variant.pk: amount_minor}, at=at, price_list=price_list)[variant.pk]
    if isinstance(outcome, Invalid):
        raise outcome
    return outcome


def refresh_search(product_ids: Collection[int] | None = None) -> None:
    """Write the columns that search and lists read of these products, or of all.

    Whoever changes a name, a brand, a category or an article calls it in the same transaction.
    Weights: A the name, B brand, category and choices, C the categories above, D all else.
    """
    refresh_listed(product_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE catalog_product p SET
              search_fr = setweight(to_tsvector('omnishop_fr', s.name_fr), 'A')
                || setweight(to_tsvector('omnishop_fr', concat_ws(' ', s.brand, s.aside_fr)), 'B')
                || setweight(to_tsvector('omnishop_fr', s.above_fr), 'C')
                || setweight(to_tsvector('omnishop_fr', concat_ws(' ', s.text_fr, s.codes)), 'D'),
              search_en = setweight(to_tsvector('omnishop_en', s.name_en), 'A')
                || setweight(to_tsvector('omnishop_en', concat_ws(' ', s.brand, s.aside_en)), 'B')
                || setweight(to_tsvector('omnishop_en', s.above_en), 'C')
                || setweight(to_tsvector('omnishop_en', concat_ws(' ', s.text_en, s.codes)), 'D'),
              search_words = plain_text(concat_ws(' ', s.name_fr, s.name_en, s.brand, s.shelf_fr))
            FROM (
              SELECT d.id, catalog_compounds(coalesce(d.name_fr, d.name)) AS name_fr,
                     catalog_compounds(coalesce(d.name_en, '')) AS name_en,
                     coalesce(b.name, '') AS brand,
                     coalesce(c.name_fr, c.name) AS shelf_fr,
                     concat_ws(' ', coalesce(c.name_fr, c.name), o.names_fr, t.names_fr)
                       AS aside_fr,
                     concat_ws(' ', c.name_en, o.names_en, t.names_en) AS aside_en,
                     coalesce(a.names_fr, '') AS above_fr, coalesce(a.names_en, '') AS above_en,
                     concat_ws(' ', coalesce(d.description_fr, d.description), o.axes_fr)
                       AS text_fr,
                     concat_ws(' ', d.description_en, o.axes_en) AS text_en,
                     coalesce(k.codes, '') AS codes
                FROM catalog_product d
                JOIN catalog_category c ON c.id = d.category_id
                LEFT JOIN catalog_brand b ON b.id = d.brand_id
                LEFT JOIN LATERAL (
                  SELECT string_agg(coalesce(up.name_fr, up.name), ' ') AS names_fr,
                         string_agg(up.name_en, ' ') AS names_en
                    FROM catalog_category up
                   WHERE c.path LIKE up.path || '%%' AND up.depth < c.depth) a ON true
                LEFT JOIN LATERAL (
                  SELECT string_agg(concat_ws(' ', replace(v.sku, '-', ' '), v.gtin), ' ') AS codes
                    FROM catalog_variant v WHERE v.product_id = d.id) k ON true
                LEFT JOIN LATERAL (
                  SELECT string_agg(DISTINCT coalesce(ov.name_fr, ov.name), ' ') AS names_fr,
                         string_agg(DISTINCT ov.name_en, ' ') AS names_en,
                         string_agg(DISTINCT coalesce(ax.name_fr, ax.name), ' ') AS axes_fr,
                         string_agg(DISTINCT ax.name_en, ' ') AS axes_en
                    FROM catalog_variant v
                    JOIN catalog_variant_options vo ON vo.variant_id = v.id
                    JOIN catalog_attributevalue ov ON ov.id = vo.attributevalue_id
                    JOIN catalog_attribute ax ON ax.id = ov.attribute_id
                   WHERE v.product_id = d.id) o ON true
                LEFT JOIN LATERAL (
                  SELECT string_agg(
                           concat_ws(' ', coalesce(pv.name_fr, pv.name),
                                     coalesce(pa.text_fr, pa.text)), ' ') AS names_fr,
                         string_agg(concat_ws(' ', pv.name_en, pa.text_en), ' ') AS names_en
                    FROM catalog_productattribute pa
                    JOIN catalog_attribute a ON a.id = pa.attribute_id AND a.kind <> 'boolean'
                    LEFT JOIN catalog_attributevalue pv ON pv.id = pa.value_id
                   WHERE pa.product_id = d.id) t ON true
               WHERE %(all)s OR d.id = ANY(%(ids)s)
            ) s WHERE s.id = p.id
            """,
            {"all": product_ids is None, "ids": list(product_ids or [])},
        )
    if product_ids is None:
        refresh_words()


def refresh_words() -> int:
    """Write the words of products on sale that typos are corrected by; how many changed.

    A task calls it every hour: until then a new word is found, but no typo in it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH named AS (
              SELECT 'fr' AS language, d.id, concat_ws(' ', coalesce(d.name_fr, d.name), b.name,
                     coalesce(c.name_fr, c.name)) AS names
                FROM catalog_product d JOIN catalog_category c ON c.id = d.category_id
                LEFT JOIN catalog_brand b ON b.id = d.brand_id WHERE d.status = 'active'
              UNION ALL
              SELECT 'en', d.id, concat_ws(' ', d.name_en, b.name, c.name_en)
                FROM catalog_product d JOIN catalog_category c ON c.id = d.category_id
                LEFT JOIN catalog_brand b ON b.id = d.brand_id WHERE d.status = 'active'
              UNION ALL
              SELECT 'fr', NULL, coalesce(name_fr, name) FROM catalog_attributevalue
              UNION ALL
              SELECT 'en', NULL, name_en FROM catalog_attributevalue
            ), fresh AS (
              SELECT language, min(word) AS word, plain_text(word) AS plain,
                     count(DISTINCT id) AS products
                FROM named, regexp_split_to_table(lower(names), '[^[:alnum:]]+') AS word
               WHERE length(word) BETWEEN 3 AND 60 AND word !~ '[0-9]'
               GROUP BY language, plain_text(word)
            ), gone AS (
              DELETE FROM catalog_searchword w WHERE NOT EXISTS (
                SELECT 1 FROM fresh f WHERE f.language = w.language AND f.plain = w.plain)
              RETURNING 1
            ), kept AS (
              INSERT INTO catalog_searchword AS w (language, word, plain, products)
              SELECT language, word, plain, products FROM fresh
              ON CONFLICT (language, plain) DO UPDATE
                 SET word = excluded.word, products = excluded.products
               WHERE (w.word, w.products) IS DISTINCT FROM (excluded.word, excluded.products)
              RETURNING 1)
            SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM kept)
            """
        )
        return int(cursor.fetchone()[0])


# Products whose columns for lists differ from their articles on sale. How much a price is cut
# follows `catalog.pricing.reference_price` (PRC-1, PRC-2): `cut` is every price that was lower
# than the one it followed at once; the last unbroken run of them leads to the price in force, and
# the former price is the lowest of the 30 days before that run.
_LISTED = f"""
    WITH article AS (
      SELECT v.id, v.product_id, p.amount_minor, p.valid_from, p.price_list_id
        FROM catalog_variant v
        JOIN catalog_product d ON d.id = v.product_id
        JOIN catalog_price p ON p.variant_id = v.id AND p.valid_from <= %(at)s
         AND (p.valid_to IS NULL OR p.valid_to > %(at)s)
        JOIN catalog_pricelist l ON l.id = p.price_list_id AND l.channel = ''
         AND l.store_id IS NULL AND l."group" = '' AND l.currency = %(currency)s
       WHERE v.active AND {SOLD} AND (%(all)s OR v.product_id = ANY(%(ids)s))
    ), history AS (
      SELECT a.id, a.product_id, a.amount_minor AS now, p.amount_minor, p.valid_from, p.valid_to,
             coalesce(lag(p.amount_minor) OVER w > p.amount_minor
                      AND lag(p.valid_to) OVER w = p.valid_from, false) AS cut
        FROM article a
        JOIN catalog_price p ON p.variant_id = a.id AND p.price_list_id = a.price_list_id
         AND p.valid_from <= a.valid_from
       WHERE EXISTS (
         SELECT 1 FROM catalog_price q
          WHERE q.variant_id = a.id AND q.price_list_id = a.price_list_id
            AND q.valid_to = a.valid_from AND q.amount_minor > a.amount_minor)
      WINDOW w AS (PARTITION BY a.id ORDER BY p.valid_from)
    ), run AS (
      SELECT *, max(valid_from) FILTER (WHERE NOT cut) OVER (PARTITION BY id) AS before_run
        FROM history
    ), begun AS (
      SELECT *, min(valid_from) FILTER (WHERE valid_from > before_run)
                  OVER (PARTITION BY id) AS cut_at
        FROM run
    ), former AS (
      SELECT product_id, now, min(amount_minor) AS reference
        FROM begun
       WHERE valid_from < cut_at
         AND (valid_to IS NULL OR valid_to > cut_at - interval '30 days')
       GROUP BY id, product_id, now
    ), fresh AS (
      SELECT d.id, coalesce(a.prices, '{{}}')::integer[] AS prices,
             coalesce(o.options, '{{}}')::bigint[] AS options, coalesce(f.cut_bp, 0) AS cut_bp
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
        LEFT JOIN (
          SELECT product_id,
                 max((2 * (reference - now) * 1000::bigint + reference) / (2 * reference) * 10)
                   AS cut_bp
            FROM former WHERE reference > now GROUP BY 1) f ON f.product_id = d.id
       WHERE (%(all)s OR d.id = ANY(%(ids)s))
         AND (d.listed_prices, d.listed_options, d.listed_cut_bp)
             IS DISTINCT FROM (coalesce(a.prices, '{{}}')::integer[],
                               coalesce(o.options, '{{}}')::bigint[], coalesce(f.cut_bp, 0))
    )
"""  # noqa: S608  constants


def _listed(product_ids: Collection[int] | None) -> dict[str, Any]:
    return {
        "all": product_ids is None,
        "ids": list(product_ids or []),
        "at": timezone.now(),
        "currency": settings.CURRENCY,
        "channel": "web",
        "store": None,
    }


def refresh_listed(product_ids: Collection[int] | None = None) -> int:
    """Write the prices, cuts and options that lists count, filter and sort by, as they are now
    (ADR 7); how many products changed.

    `set_prices` and `refresh_search` call it. Planned prices begin and end without anyone
    writing a row: a task calls it for the products of `outdated_lists`.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            {_LISTED}
            UPDATE catalog_product d
               SET listed_prices = fresh.prices, listed_options = fresh.options,
                   listed_cut_bp = fresh.cut_bp
              FROM fresh WHERE fresh.id = d.id
            """,  # noqa: S608  a constant of this module
            _listed(product_ids),
        )
        return cursor.rowcount


def outdated_lists() -> list[int]:
    """Products that lists count, filter or sort by prices which are no longer those of now."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_LISTED} SELECT id FROM fresh ORDER BY id", _listed(None))  # noqa: S608  ours
        return [row[0] for row in cursor.fetchall()]


def archive(*, product: Product) -> None:
    """Take a product off sale for good; orders of the past keep it."""
    product.status = Product.Status.ARCHIVED
    product.save(update_fields=["status", "updated_at"])

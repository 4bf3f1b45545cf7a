"""The statements behind a listing: what was chosen, the counts of its facets, one page of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from catalog.search import LISTED
from inventory.availability import IN_STORE
from omnishop.channels.storefront.context import Shelf
from omnishop.channels.storefront.selection import BANDS, OPTION, PAGE, SORTS, Selection
from omnishop.kernel.language import site_language

_BAND = (
    "CASE "
    + " ".join(f"WHEN price < {below} THEN {i}" for i, (_low, below) in enumerate(BANDS) if below)
    + f" ELSE {len(BANDS) - 1} END"
)
Base = tuple[str, tuple[Any, ...]]  # SQL of rows of catalog.search.LISTED, parameters
Condition = tuple[str, str, list[Any]]  # what it narrows, SQL, parameters
_CHOICES = """(
    SELECT variant_id, attributevalue_id AS value FROM catalog_variant_options
    UNION ALL
    SELECT w.id, u.value_id FROM catalog_productattribute u
      JOIN catalog_variant w ON w.product_id = u.product_id WHERE u.value_id IS NOT NULL)
"""  # what an article is of itself and by its product


_ARTICLES = """
    catalog_variant v
    JOIN catalog_price p ON p.variant_id = v.id AND p.valid_from <= %s
     AND (p.valid_to IS NULL OR p.valid_to > %s)
    JOIN catalog_pricelist l ON l.id = p.price_list_id AND l.channel = ''
     AND l.store_id IS NULL AND l."group" = '' AND l.currency = %s
"""  # articles with the price of the list for all; the card shows the most precise list's


def about(products: QuerySet[Any, Any]) -> Base:
    """The statement of the products that a page is about."""
    sql, params = products.query.sql_with_params()
    return f"SELECT {', '.join(LISTED)} FROM ({sql}) b", params  # noqa: S608  Django's own statement


def conditions_of(
    choice: Selection, shelves: Sequence[Shelf], store_id: int | None, at: datetime
) -> list[Condition]:
    """What the shopper chose, as conditions on `d`, `v` and `p`."""
    found: list[Condition] = []
    if choice.here and store_id:
        found.append(("here", IN_STORE, [store_id, at]))
    if choice.offer:
        found.append(("offer", "d.listed_cut_bp > 0", []))
    if choice.shelves:
        paths = [shelf.path + "%" for shelf in shelves if shelf.slug in choice.shelves]
        found.append(
            (
                "shelf",
                "d.category_id IN (SELECT id FROM catalog_category WHERE path LIKE ANY(%s))",
                [paths],
            )
        )
    if choice.brands:
        found.append(
            (
                "brand",
                "d.brand_id IN (SELECT id FROM catalog_brand WHERE slug = ANY(%s))",
                [list(choice.brands)],
            )
        )
    if choice.bands:
        parts, params = [], []
        for band in choice.bands:
            low, below = BANDS[band]
            parts.append("p.amount_minor >= %s" + (" AND p.amount_minor < %s" if below else ""))
            params += [low, below] if below else [low]
        found.append(("price", f"({' OR '.join(parts)})", params))
    for code, values in choice.options.items():
        found.append(
            (
                OPTION + code,
                f"""EXISTS (SELECT 1 FROM {_CHOICES} x
                     JOIN catalog_attributevalue y ON y.id = x.value
                     JOIN catalog_attribute z ON z.id = y.attribute_id AND z.filterable
                    WHERE x.variant_id = v.id AND z.code = %s AND y.code = ANY(%s))""",  # noqa: S608  a constant of this module
                [code, list(values)],
            )
        )
    return found


def facet_rows(base: Base) -> list[tuple[Any, ...]]:
    """(facet, value, label, count, group label, swatch, position) of every value there is.

    Nothing is chosen: each product counts by what it keeps for lists (ADR 7).
    """
    rows, params = base
    name = f"name_{site_language()}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH m AS MATERIALIZED (
              SELECT id, category_id, brand_id, listed_prices, listed_options, listed_cut_bp
                FROM ({rows}) b WHERE listed_prices <> '{{}}'),
            n AS (
              SELECT GROUPING(category_id, brand_id) AS of, category_id, brand_id,
                     count(*)::int AS n
                FROM m GROUP BY GROUPING SETS ((), (category_id), (brand_id)))
            SELECT 'total', '', '', n, '', '', 0 FROM n WHERE of = 3
            UNION ALL
            SELECT 'offer', '1', '', count(*)::int, '', '', 0 FROM m WHERE listed_cut_bp > 0
            UNION ALL
            SELECT 'shelf', c.slug, coalesce(c.{name}, c.name), n, '', '', 0
              FROM n JOIN catalog_category c ON c.id = n.category_id WHERE of = 1
            UNION ALL
            SELECT 'brand', b.slug, b.name, n, '', '', 0
              FROM n JOIN catalog_brand b ON b.id = n.brand_id WHERE of = 2
            UNION ALL
            SELECT 'price', band::text, '', count(*)::int, '', '', 0
              FROM (SELECT DISTINCT id, {_BAND} AS band FROM m, unnest(listed_prices) price) p
             GROUP BY 2
            UNION ALL
            SELECT 'o-' || z.code, y.code, coalesce(y.{name}, y.name), o.n,
                   coalesce(z.{name}, z.name), y.swatch, z.position::int * 1000 + y.position::int
              FROM (SELECT value, count(*)::int AS n
                      FROM m, unnest(listed_options) value GROUP BY 1) o
              JOIN catalog_attributevalue y ON y.id = o.value
              JOIN catalog_attribute z ON z.id = y.attribute_id AND z.filterable
            """,  # noqa: S608  constants of this module and Django's own statement
            params,
        )
        return list(cursor.fetchall())


def narrowed_facet_rows(
    base: Base,
    conditions: list[Condition],
    *,
    store_id: int | None,
    at: datetime,
) -> list[tuple[Any, ...]]:
    """The same by article, so that all that was chosen holds for one and the same; each facet
    counts as if nothing of its own were chosen.
    """
    rows, params = base[0], list(base[1])
    flags = "".join(f", ({sql}) AS m{i}" for i, (_name, sql, _p) in enumerate(conditions))
    params += [value for _name, _sql, values in conditions for value in values]
    here = IN_STORE if store_id else "false"
    if store_id:
        params += [store_id, at]
    params += [at, at, settings.CURRENCY]

    def rest(but: str = "") -> str:
        kept = [f"m{i}" for i, (name, _sql, _p) in enumerate(conditions) if name != but]
        return " AND ".join(kept) or "true"

    name = f"name_{site_language()}"
    chosen_options = [n for n, _sql, _p in conditions if n.startswith(OPTION)]
    count = "count(DISTINCT product)::int"
    options = f"""
        SELECT 'o-' || z.code, y.code, coalesce(y.{name}, y.name), {count},
               coalesce(z.{name}, z.name), y.swatch, z.position::int * 1000 + y.position::int
          FROM m JOIN {_CHOICES} x ON x.variant_id = m.variant
          JOIN catalog_attributevalue y ON y.id = x.value
          JOIN catalog_attribute z ON z.id = y.attribute_id AND z.filterable"""  # noqa: S608  names of columns
    by_option = " WHERE {} AND {} GROUP BY z.id, y.id"
    facets = f"""
        SELECT 'total', '', '', {count}, '', '', 0 FROM m WHERE {rest()}
        UNION ALL
        SELECT 'here', '1', '', {count}, '', '', 0 FROM m WHERE here AND {rest("here")}
        UNION ALL
        SELECT 'offer', '1', '', {count}, '', '', 0 FROM m WHERE offer AND {rest("offer")}
        UNION ALL
        SELECT 'shelf', c.slug, coalesce(c.{name}, c.name), {count}, '', '', 0
          FROM m JOIN catalog_category c ON c.id = m.shelf WHERE {rest("shelf")} GROUP BY c.id
        UNION ALL
        SELECT 'brand', c.slug, c.name, {count}, '', '', 0
          FROM m JOIN catalog_brand c ON c.id = m.brand WHERE {rest("brand")} GROUP BY c.id
        UNION ALL
        SELECT 'price', ({_BAND})::text, '', {count}, '', '', 0
          FROM m WHERE {rest("price")} GROUP BY 2"""  # noqa: S608  constants of this module
    parts = [
        facets,
        options + by_option.format(rest(), "NOT ('o-' || z.code = ANY(%s))"),
    ]
    params.append(chosen_options)
    for option in chosen_options:
        parts.append(options + by_option.format(rest(option), "'o-' || z.code = %s"))
        params.append(option)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH base AS ({rows}), m AS (
              SELECT d.id AS product, v.id AS variant, d.brand_id AS brand,
                     d.category_id AS shelf, p.amount_minor AS price,
                     d.listed_cut_bp > 0 AS offer{flags}, {here} AS here
                FROM base d
                JOIN {_ARTICLES} ON v.product_id = d.id AND v.active)
            {" UNION ALL ".join(parts)}
            """,  # noqa: S608  constants of this module and Django's own statement
            params,
        )
        return list(cursor.fetchall())


def page_rows(
    base: Base, conditions: list[Condition], choice: Selection, *, at: datetime
) -> list[tuple[Any, ...]]:
    """(id, slug, name, picture, width, height, article ids, stars, reviews) of one page."""
    rows, params = base[0], list(base[1])
    name = f"name_{site_language()}"
    narrow = "".join(f" AND {sql}" for _name, sql, _p in conditions)
    chosen = [value for _name, _sql, values in conditions for value in values]
    matching = f"""
        SELECT array_agg(v.id) AS ids, min(p.amount_minor) AS low
          FROM {_ARTICLES} WHERE v.product_id = d.id AND v.active{narrow}"""  # noqa: S608  constants of this module
    articles = [at, at, settings.CURRENCY, *chosen]
    if conditions:
        low, only = "m.low", f"JOIN LATERAL ({matching}) m ON m.ids IS NOT NULL"
        params += articles
    else:
        low, only = "listed_prices[1] AS low", "WHERE listed_prices <> '{}'"
    order = SORTS[choice.sort]
    params += [PAGE, (choice.page - 1) * PAGE, *articles]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH d AS (
              SELECT d.*, {low} FROM ({rows}) d {only} ORDER BY {order} LIMIT %s OFFSET %s)
            SELECT d.id, x.slug, coalesce(x.{name}, x.name), i.image, i.width, i.height, m.ids,
                   x.rating_sum, x.rating_count
              FROM d JOIN catalog_product x ON x.id = d.id
              JOIN LATERAL ({matching}) m (ids, lowest) ON true
              LEFT JOIN LATERAL (
                SELECT image, width, height FROM catalog_picture
                 WHERE product_id = d.id ORDER BY position, id LIMIT 1) i ON true
             ORDER BY {order}
            """,  # noqa: S608  constants of this module and Django's own statement
            params,
        )
        return list(cursor.fetchall())

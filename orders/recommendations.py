"""What to propose beside a product, a basket or a sale: never sold out, never just bought."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection

from catalog.models import Recommendation
from customers.models import Customer
from inventory.availability import ANYWHERE, ON_SHELF

JUST_BOUGHT = timedelta(days=60)
BEST_SELLERS = 50  # of a shelf, that a product without sales of its own falls back on


def recommended(
    product_ids: Collection[int],
    *,
    kind: Recommendation.Kind,
    at: datetime,
    limit: int,
    customer: Customer | None = None,
    without: Collection[int] = (),
    store_id: int | None = None,
) -> list[int]:
    """Products to propose beside these, the best first, in one statement.

    What goes with several of them comes before what goes with one; then the best sellers of
    their shelves. Left out: these products, `without`, what cannot be had (at a store's till: what
    is not on its shelves), what the person bought lately in any channel, through merges.
    """
    if not product_ids:
        return []
    in_stock = ON_SHELF if store_id else ANYWHERE
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH goes AS (
              SELECT other_id AS id, 1 AS tier, sum(score) AS score FROM catalog_recommendation
               WHERE product_id = ANY(%(products)s) AND kind = %(kind)s GROUP BY 1
              UNION ALL
              SELECT s.id, 2, 0 FROM (
                SELECT DISTINCT category_id FROM catalog_product WHERE id = ANY(%(products)s)) c
               CROSS JOIN LATERAL (
                SELECT id FROM catalog_product p
                 WHERE p.category_id = c.category_id AND p.status = 'active'
                 ORDER BY p.popularity DESC, p.id LIMIT %(best_sellers)s) s)
            SELECT d.id FROM goes JOIN catalog_product d ON d.id = goes.id
             WHERE d.status = 'active' AND d.listed_prices <> '{{}}'
               AND NOT d.id = ANY(%(products)s) AND NOT d.id = ANY(%(without)s)
               AND EXISTS (SELECT 1 FROM catalog_variant v
                            WHERE v.product_id = d.id AND v.active AND {in_stock})
               AND NOT EXISTS (
                 SELECT 1 FROM orders_order o
                   JOIN customers_customer c ON c.id = o.customer_id
                   JOIN orders_orderline l ON l.order_id = o.id AND l.quantity > l.cancelled
                   JOIN catalog_variant v ON v.id = l.variant_id
                  WHERE (c.id = %(person)s OR c.merged_into_id = %(person)s)
                    AND o.status IN ('awaiting_payment', 'placed', 'fulfilled')
                    AND o.placed_at > %(since)s AND v.product_id = d.id)
             GROUP BY d.id
             ORDER BY min(tier), max(score) DESC, d.popularity DESC, d.id
             LIMIT %(limit)s
            """,  # noqa: S608  constants of ours
            {
                "products": list(product_ids),
                "without": list(without),
                "kind": kind,
                "person": customer.pk if customer else None,
                "since": at - JUST_BOUGHT,
                "best_sellers": BEST_SELLERS,
                "store": store_id,
                "at": at,
                "limit": limit,
            },
        )
        return [row[0] for row in cursor.fetchall()]

"""What to propose beside a product, a basket or a sale: never sold out, never just bought."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from catalog.models import Recommendation
from customers.models import Customer
from inventory.availability import ANYWHERE, ON_SHELF

JUST_BOUGHT = timedelta(days=60)
BEST_SELLERS = 50  # of a shelf, that a product without sales of its own falls back on


# The best of `goes` (id, tier, score) that can be had and that the person did not just buy.
_PROPOSED = """
    WITH goes AS ({goes})
    SELECT d.id FROM goes JOIN catalog_product d ON d.id = goes.id
     WHERE d.status = 'active' AND d.listed_prices <> '{{}}'
       AND NOT d.id = ANY(%(without)s)
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
     ORDER BY min(tier), sum(score) DESC, d.popularity DESC, d.id
     LIMIT %(limit)s"""

# What goes with products, then the best sellers of their shelves.
_BESIDE = """
    SELECT other_id AS id, 1 AS tier, score FROM catalog_recommendation
     WHERE product_id = ANY(%(products)s) AND kind = %(kind)s
    UNION ALL
    SELECT s.id, 2, 0 FROM (
      SELECT DISTINCT category_id FROM catalog_product WHERE id = ANY(%(products)s)) k
     CROSS JOIN LATERAL (
      SELECT id FROM catalog_product p
       WHERE p.category_id = k.category_id AND p.status = 'active'
       ORDER BY p.popularity DESC, p.id LIMIT %(best_sellers)s) s"""

# What goes with all that a person bought, and that itself: many things are bought again.
_OF_PERSON = """
    SELECT g.id, 1 AS tier, g.score FROM (
      SELECT DISTINCT v.product_id
        FROM orders_order o
        JOIN customers_customer c ON c.id = o.customer_id
        JOIN orders_orderline l ON l.order_id = o.id AND l.quantity > l.cancelled + l.returned
        JOIN catalog_variant v ON v.id = l.variant_id
       WHERE (c.id = %(person)s OR c.merged_into_id = %(person)s)
         AND o.status IN ('placed', 'fulfilled')) own
     CROSS JOIN LATERAL (
      SELECT own.product_id AS id, 1.0 AS score
      UNION ALL
      SELECT other_id, score FROM catalog_recommendation
       WHERE product_id = own.product_id AND kind = 'together') g"""


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
    return _proposed(
        _PROPOSED.format(goes=_BESIDE, in_stock=in_stock),
        at,
        customer,
        products=list(product_ids),
        without=[*product_ids, *without],
        kind=kind,
        best_sellers=BEST_SELLERS,
        store=store_id,
        limit=limit,
    )


def recommended_to(customer: Customer, *, at: datetime, limit: int) -> list[int]:
    """Products to propose to a person by all they bought, in one statement; what they bought
    before is among them, what they just bought is not.
    """
    sql = _PROPOSED.format(goes=_OF_PERSON, in_stock=ANYWHERE)
    return _proposed(sql, at, customer, without=[], limit=limit)


def _proposed(sql: str, at: datetime, customer: Customer | None, **parameters: Any) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            parameters
            | {
                "at": at,
                "person": customer.pk if customer else None,
                "since": at - JUST_BOUGHT,
            },
        )
        return [row[0] for row in cursor.fetchall()]

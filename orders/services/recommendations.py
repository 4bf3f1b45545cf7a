"""What goes with what, computed from the sales of all channels (DOMAIN ALG-8).

A party is a person through merges, or the order of somebody unknown. Each product that it bought
weighs 1, halved every `HALF_LIFE`. Of two products a and b, with w the weights of the parties:
cosine = Σ √(wa·wb) ÷ √(Σwa · Σwb); without decay that is c ÷ √(ab) of ALG-8. Both figures stay
between 0 and 1 whatever the decay.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from catalog.models import Recommendation
from omnishop.kernel.locks import alone

HALF_LIFE = timedelta(days=180)
WINDOW = timedelta(days=730)  # older sales say nothing any more
SUPPORT = 2  # parties that bought both, at least
PARTY_MOST = 200  # products of one party that count, the newest: pairs grow with their square
SHELF_MOST = 200  # products of a category that are compared with each of it, best sellers first
KEPT = 20  # of each kind for each product

_BOUGHT = """
    SELECT coalesce('c' || coalesce(c.merged_into_id, c.id), 'o' || o.id) AS party,
           v.product_id, max(o.placed_at) AS at
      FROM orders_orderline l
      JOIN orders_order o ON o.id = l.order_id AND o.status IN ('placed', 'fulfilled')
       AND o.placed_at > %(since)s AND o.placed_at <= %(at)s
      JOIN catalog_variant v ON v.id = l.variant_id
      JOIN catalog_product d ON d.id = v.product_id AND d.status = 'active'
      LEFT JOIN customers_customer c ON c.id = o.customer_id
     WHERE l.kind = 'product' AND l.quantity > l.cancelled + l.returned
     GROUP BY 1, 2"""


def pairs_sql(bought: str) -> str:
    """(product, other, cosine, jaccard, parties) of pairs with enough support, in both directions.

    `bought` is a relation or a query of (party, product_id, at). Parameters: those of `bought`,
    %(at)s, %(half_life)s in seconds, %(support)s, %(party_most)s.
    """
    return f"""
        WITH bought AS ({bought}),
        weighed AS MATERIALIZED (
          SELECT party, product_id,
                 power(0.5, extract(epoch FROM %(at)s - at) / %(half_life)s)::float8 AS w
            FROM (SELECT *, row_number() OVER (
                         PARTITION BY party ORDER BY at DESC, product_id) AS n FROM bought) b
           WHERE n <= %(party_most)s),
        own AS MATERIALIZED (SELECT product_id, sum(w) AS w FROM weighed GROUP BY 1),
        both_bought AS (
          SELECT x.product_id AS a, y.product_id AS b, sum(sqrt(x.w * y.w)) AS w, count(*) AS n
            FROM weighed x JOIN weighed y ON y.party = x.party AND y.product_id > x.product_id
           GROUP BY 1, 2 HAVING count(*) >= %(support)s),
        scored AS (
          SELECT p.a, p.b, p.w / sqrt(a.w * b.w) AS cosine, p.w / (a.w + b.w - p.w) AS jaccard, p.n
            FROM both_bought p
            JOIN own a ON a.product_id = p.a JOIN own b ON b.product_id = p.b)
        SELECT a AS product, b AS other, cosine, jaccard, n FROM scored
        UNION ALL
        SELECT b, a, cosine, jaccard, n FROM scored"""  # noqa: S608  relations of ours


def parameters(at: datetime) -> dict[str, Any]:
    """What `pairs_sql` is computed with."""
    return {
        "at": at,
        "since": at - WINDOW,
        "half_life": HALF_LIFE.total_seconds(),
        "support": SUPPORT,
        "party_most": PARTY_MOST,
    }


_TOGETHER = f"""
    INSERT INTO catalog_recommendation (product_id, other_id, kind, score, rank)
    SELECT product, other, 'together', cosine, rank FROM (
      SELECT product, other, cosine, row_number() OVER (
             PARTITION BY product ORDER BY cosine DESC, n DESC, other) AS rank
        FROM ({pairs_sql(_BOUGHT)}) pairs) ranked
     WHERE rank <= %(kept)s"""  # noqa: S608  constants of this module

# Alike: on one shelf; a brand, attributes and a price in common, then what sells.
_SIMILAR = """
    INSERT INTO catalog_recommendation (product_id, other_id, kind, score, rank)
    WITH about AS MATERIALIZED (
      SELECT d.id, d.category_id, d.brand_id, d.popularity, d.listed_prices[1] AS price,
             d.listed_options || coalesce(a.traits, '{}') AS traits,
             row_number() OVER (
               PARTITION BY d.category_id ORDER BY d.popularity DESC, d.id) AS seller
        FROM catalog_product d
        LEFT JOIN (SELECT product_id, array_agg(DISTINCT value_id) AS traits
                     FROM catalog_productattribute WHERE value_id IS NOT NULL
                    GROUP BY 1) a ON a.product_id = d.id
       WHERE d.status = 'active' AND d.listed_prices <> '{}'),
    compared AS (
      SELECT x.id, y.id AS other, y.popularity,
             0.3 * (x.brand_id IS NOT DISTINCT FROM y.brand_id AND x.brand_id IS NOT NULL)::int
           + 0.4 * least(x.price, y.price)::float8 / greatest(x.price, y.price, 1)
           + 0.3 * t.common::float8
                 / greatest(cardinality(x.traits) + cardinality(y.traits) - t.common, 1) AS score
        FROM about x
        JOIN about y ON y.category_id = x.category_id AND y.id <> x.id AND y.seller <= %(shelf)s
       CROSS JOIN LATERAL (
         SELECT count(*) AS common FROM unnest(x.traits) trait WHERE trait = ANY(y.traits)) t)
    SELECT id, other, 'similar', score, rank FROM (
      SELECT id, other, score, row_number() OVER (
             PARTITION BY id ORDER BY score DESC, popularity DESC, other) AS rank
        FROM compared) ranked
     WHERE rank <= %(kept)s"""


def compute(*, at: datetime) -> int:
    """Write what is proposed beside every product anew; how many rows there are now.

    Readers see the old rows until the new ones are complete. Raises Busy while another
    computation runs.
    """
    busy = _("Recommendations are being computed. Wait until it is done.")
    with alone("orders.recommendations", message=busy), transaction.atomic():
        Recommendation.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL work_mem = '128MB'")
            cursor.execute(_TOGETHER, parameters(at) | {"kept": KEPT})
            written = int(cursor.rowcount)
            cursor.execute(_SIMILAR, {"kept": KEPT, "shelf": SHELF_MOST})
            return written + int(cursor.rowcount)

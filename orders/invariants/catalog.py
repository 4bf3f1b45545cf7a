"""Prices and reviews."""

RULES: dict[str, tuple[str, str]] = {
    "PRC-1": (
        "one price at a time per article and list",
        """
        SELECT a.variant_id, a.price_list_id, a.id, b.id AS other FROM catalog_price a
          JOIN catalog_price b ON b.variant_id = a.variant_id
           AND b.price_list_id = a.price_list_id AND a.id < b.id
           AND tstzrange(a.valid_from, a.valid_to) && tstzrange(b.valid_from, b.valid_to)
        """,
    ),
    "RVW-1": (
        "the stars of a product are those of its published reviews",
        """
        SELECT p.id AS product, p.rating_sum, r.stars, p.rating_count, r.reviews
          FROM catalog_product p
          LEFT JOIN (SELECT product_id, sum(rating) AS stars, count(*) AS reviews
                       FROM catalog_review WHERE status = 'published' GROUP BY 1) r
            ON r.product_id = p.id
         WHERE p.rating_sum <> coalesce(r.stars, 0) OR p.rating_count <> coalesce(r.reviews, 0)
        """,
    ),
    "RVW-2": (
        "a review is of an article that its order line sold and handed over",
        """
        SELECT r.id, r.document, r.line
          FROM catalog_review r
          LEFT JOIN orders_order o ON o.number = r.document
          LEFT JOIN orders_orderline l ON l.order_id = o.id AND l.position = r.line
         WHERE l.id IS NULL OR l.fulfilled = 0 OR l.variant_id IS DISTINCT FROM r.variant_id
        """,
    ),
}

"""Orders, their money, their discounts, their returns and their receipts."""

RULES: dict[str, tuple[str, str]] = {
    "ORD-1": (
        "units of a line are handed over, pending or cancelled; returns never exceed hand-overs",
        """
        SELECT id, quantity, fulfilled, cancelled, returned FROM orders_orderline
         WHERE quantity < fulfilled + cancelled OR returned > fulfilled
        """,
    ),
    "ORD-2": (
        "nothing is closed with goods pending, nothing is open with none",
        """
        SELECT o.number, o.status, sum(l.quantity - l.fulfilled - l.cancelled) AS pending
          FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id AND l.kind = 'product'
         GROUP BY o.id
        HAVING (o.status IN ('fulfilled', 'cancelled')
                AND sum(l.quantity - l.fulfilled - l.cancelled) > 0)
            OR (o.status = 'placed' AND sum(l.quantity - l.fulfilled - l.cancelled) = 0)
        """,
    ),
    "ORD-3": (
        "the lines of an order add up to its total and its VAT",
        """
        SELECT o.number, o.total_minor, sum(l.total_minor) AS lines, o.tax_minor,
               sum(l.tax_minor) AS tax
          FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id
         GROUP BY o.id
        HAVING o.total_minor <> sum(l.total_minor) OR o.tax_minor <> sum(l.tax_minor)
        """,
    ),
    "PAY-1": (
        "refunds add up on their payment and never exceed what was captured",
        """
        SELECT p.id, p.captured_minor, p.refunded_minor, coalesce(r.back, 0) AS refunds
          FROM orders_payment p
          LEFT JOIN (SELECT payment_id, sum(amount_minor) AS back
                       FROM orders_refund GROUP BY 1) r ON r.payment_id = p.id
         WHERE p.refunded_minor <> coalesce(r.back, 0) OR p.refunded_minor > p.captured_minor
            OR p.captured_minor > p.amount_minor
            OR (p.captured_minor > 0 AND p.status <> 'captured')
        """,
    ),
    "PAY-2": (
        "once an order is closed, the money kept equals the goods kept",
        """
        SELECT o.number, o.status, p.kept, l.kept AS goods FROM orders_order o
          LEFT JOIN LATERAL (SELECT coalesce(sum(captured_minor - refunded_minor), 0) AS kept
                               FROM orders_payment WHERE order_id = o.id) p ON true
          LEFT JOIN LATERAL (SELECT coalesce(sum(total_minor - refunded_minor), 0) AS kept
                               FROM orders_orderline WHERE order_id = o.id) l ON true
         WHERE o.status IN ('fulfilled', 'cancelled') AND p.kept <> l.kept
        """,
    ),
    "PAY-3": (
        "no captured money without a paid order ten minutes later",
        """
        SELECT o.number, p.id, p.captured_minor FROM orders_payment p
          JOIN orders_order o ON o.id = p.order_id
         WHERE p.captured_minor > p.refunded_minor AND o.paid_at IS NULL AND o.till_id IS NULL
           AND p.settled_at < %(at)s - interval '10 minutes'
           AND o.status <> 'cancelled'
           AND o.total_minor <= (SELECT sum(captured_minor - refunded_minor)
                                   FROM orders_payment x WHERE x.order_id = o.id)
        """,
    ),
    "PAY-4": (
        "a paid order was paid in full, but for what was cancelled before it was paid",
        """
        SELECT o.number, o.total_minor, p.captured FROM orders_order o
          JOIN LATERAL (SELECT coalesce(sum(captured_minor), 0) AS captured
                          FROM orders_payment WHERE order_id = o.id) p ON true
          JOIN LATERAL (SELECT coalesce(sum(total_minor), 0) AS before FROM orders_return
                         WHERE order_id = o.id AND kind = 'cancellation' AND at <= o.paid_at) c
            ON true
         WHERE o.paid_at IS NOT NULL AND p.captured < o.total_minor - c.before
        """,
    ),
    "DSC-1": (
        "the shares of a discount add up to it, and those of a line to what was taken off it",
        """
        SELECT 'discount' AS of, d.id, d.amount_minor AS said, s.shares
          FROM orders_orderdiscount d
          LEFT JOIN LATERAL (SELECT coalesce(sum(amount_minor), 0) AS shares
                               FROM orders_discountshare WHERE discount_id = d.id) s ON true
         WHERE d.amount_minor <> s.shares
         UNION ALL
        SELECT 'line', l.id, l.discount_minor, coalesce(s.shares, 0)
          FROM orders_orderline l
          FULL JOIN (SELECT line_id, sum(amount_minor) AS shares
                       FROM orders_discountshare GROUP BY 1) s ON s.line_id = l.id
         WHERE l.discount_minor <> coalesce(s.shares, 0)
        """,
    ),
    "DSC-2": (
        "a line is never refunded beyond what was paid for it, a discount never beyond its price",
        """
        SELECT id, total_minor, refunded_minor, discount_minor FROM orders_orderline
         WHERE refunded_minor > total_minor OR discount_minor > unit_minor * quantity
        """,
    ),
    "CPN-1": (
        "a coupon was used as often as documents say, and never beyond its limits",
        """
        SELECT k.code, k.uses, k.used, u.live
          FROM catalog_coupon k
          LEFT JOIN LATERAL (SELECT count(*) AS live FROM catalog_couponuse
                              WHERE coupon_id = k.id AND released_at IS NULL) u ON true
         WHERE k.uses IS NOT NULL AND (k.used <> u.live OR k.used > k.uses)
         UNION ALL
        SELECT k.code, k.uses_each, count(*), count(*)
          FROM catalog_couponuse u JOIN catalog_coupon k ON k.id = u.coupon_id
         WHERE u.released_at IS NULL AND k.uses_each IS NOT NULL
         GROUP BY k.id, u.person HAVING count(*) > k.uses_each
        """,
    ),
    "PCK-1": (
        "a pack sold by weight cost its part of the price per kilogram, half up",
        """
        SELECT id, label, pack_g, kilo_minor, unit_minor FROM orders_orderline
         WHERE unit_minor <> (2 * kilo_minor::bigint * pack_g + 1000) / 2000
        """,
    ),
    "RET-1": (
        "the returns of a line are its returned and cancelled units, and what it was refunded",
        """
        SELECT o.number, l.position, l.returned, l.cancelled, l.refunded_minor, r.units, r.money
          FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
          LEFT JOIN LATERAL (SELECT coalesce(sum(quantity), 0) AS units,
                                    coalesce(sum(total_minor), 0) AS money
                               FROM orders_returnline WHERE line_id = l.id) r ON true
         WHERE (r.units <> l.returned + l.cancelled OR r.money <> l.refunded_minor)
           AND NOT (o.status = 'cancelled' AND o.paid_at IS NULL AND r.units = 0)
        """,
    ),
    "TKT-1": (
        "a till's receipts are a chain without gap or fork",
        """
        SELECT till_id, sequence FROM (
          SELECT *, lag(hash) OVER w AS before, lag(sequence) OVER w AS last
            FROM orders_receipt WINDOW w AS (PARTITION BY till_id ORDER BY sequence)) t
         WHERE previous_hash <> coalesce(before, 'GENESIS') OR sequence <> coalesce(last, 0) + 1
            OR hash <> encode(sha256(convert_to(previous_hash || payload, 'UTF8')), 'hex')
        """,
    ),
    "TKT-2": (
        "a receipt's total is what its payload says, what was tendered, and the chain's head",
        """
        SELECT t.till_id, t.sequence, t.total_minor, s.tendered FROM orders_receipt t
          LEFT JOIN LATERAL (SELECT coalesce(sum((x ->> 'amount')::int), 0) AS tendered
                               FROM jsonb_array_elements(t.payload::jsonb -> 'tenders') x) s ON true
         WHERE t.total_minor <> (t.payload::jsonb ->> 'total')::int OR t.total_minor <> s.tendered
        UNION ALL
        SELECT c.till_id, c.last_sequence, NULL, NULL FROM orders_receiptchain c
         WHERE c.last_sequence <> (SELECT coalesce(max(sequence), 0) FROM orders_receipt r
                                    WHERE r.till_id = c.till_id)
        """,
    ),
}

"""People, what they were told, and the queues of rows."""

RULES: dict[str, tuple[str, str]] = {
    "MSG-1": (
        "no message of a campaign names what its person had bought, or a sibling, in any channel",
        """
        WITH named AS MATERIALIZED (  -- few rows, found first, whatever the planner knows
          SELECT r.id, r.since, r.decided_at, m.customer_id, s.product_id
            FROM orders_relaunch r JOIN customers_message m ON m.id = r.message_id
            CROSS JOIN LATERAL jsonb_path_query(m.context, '$.lines[*].sku') AS said
            JOIN catalog_variant s ON s.sku = said #>> '{}'
           WHERE r.status = 'sent'),
        asked AS MATERIALIZED (  -- of each record that was the person's when it was decided
          SELECT DISTINCT n.id, n.since, n.decided_at, n.product_id, d.id AS record
            FROM named n JOIN customers_customer c ON c.id = n.customer_id
            JOIN customers_customer d
              ON d.id = c.id
              OR (d.id = coalesce(c.merged_into_id, c.id)
                  OR d.merged_into_id = coalesce(c.merged_into_id, c.id))
             AND coalesce(greatest(c.merged_at, d.merged_at) <= n.decided_at, true))
        SELECT a.id, l.sku, o.number FROM asked a
          JOIN orders_order o ON o.customer_id = a.record AND o.status IN ('placed', 'fulfilled')
           AND o.placed_at >= a.since AND o.placed_at <= a.decided_at
          JOIN orders_orderline l ON l.order_id = o.id
          JOIN catalog_variant v ON v.id = l.variant_id AND v.product_id = a.product_id
        """,
    ),
    "MSG-2": (
        "no marketing message left without a standing consent",
        """
        WITH sent AS (
          SELECT m.id, m.customer_id, m.channel, m.sent_at,
                 coalesce(c.merged_into_id, c.id) AS person
            FROM customers_message m JOIN customers_customer c ON c.id = m.customer_id
           WHERE m.purpose = 'marketing' AND m.status = 'sent'),
        answer AS (
          SELECT DISTINCT ON (s.id, e.customer_id) s.id, e.customer_id, e.granted
            FROM sent s JOIN customers_customer r
              ON r.id = s.person OR r.merged_into_id = s.person
              OR r.id IN (SELECT g.source_id FROM customers_customermerge g
                           WHERE g.target_id = s.customer_id AND g.at <= s.sent_at)
            JOIN customers_consentevent e ON e.customer_id = r.id AND e.at <= s.sent_at
             AND e.channel = s.channel AND e.purpose = 'marketing'
           ORDER BY s.id, e.customer_id, e.at DESC, e.id DESC)
        SELECT s.id, s.customer_id FROM sent s LEFT JOIN answer a ON a.id = s.id
         GROUP BY s.id, s.customer_id
        HAVING coalesce(bool_or(a.granted), false) IS FALSE
            OR bool_or(a.customer_id = s.customer_id AND NOT a.granted)
        """,
    ),
    "MSG-3": (
        "nobody was told that an article is back after buying it, and nobody twice by one alert",
        """
        SELECT a.id, o.number, a.closed_at FROM orders_stockalert a
          JOIN customers_customer c ON c.id = a.customer_id
          JOIN customers_customer d ON d.id = coalesce(c.merged_into_id, c.id)
            OR d.merged_into_id = coalesce(c.merged_into_id, c.id)
          JOIN orders_order o ON o.customer_id = d.id AND o.status IN ('placed', 'fulfilled')
           AND o.placed_at >= a.asked_at AND o.placed_at < a.closed_at - interval '1 minute'
          JOIN orders_orderline l ON l.order_id = o.id AND l.variant_id = a.variant_id
         WHERE a.status = 'told' AND a.message_id IS NOT NULL
         UNION ALL
        SELECT min(a.id), NULL, NULL FROM orders_stockalert a
         WHERE a.message_id IS NOT NULL GROUP BY a.message_id HAVING count(*) > 1
        """,
    ),
    "CUS-1": (
        "merged people point straight to a live one",
        """
        SELECT c.id, c.merged_into_id FROM customers_customer c
          JOIN customers_customer t ON t.id = c.merged_into_id
         WHERE t.merged_into_id IS NOT NULL OR t.id = c.id
        """,
    ),
    "OUT-1": (
        "the queues of rows drain",
        """
        SELECT 'message' AS queue, id, due_at FROM customers_message
         WHERE status = 'queued' AND due_at < %(at)s - interval '5 minutes'
        UNION ALL
        SELECT 'refund', r.id, r.created_at FROM orders_refund r
          JOIN orders_payment p ON p.id = r.payment_id
         WHERE r.status = 'due' AND p.provider <> ''  -- cash waits at the till for its owner
           AND r.created_at < %(at)s - interval '15 minutes'
        UNION ALL
        SELECT 'reminder', r.id, r.due_at FROM orders_relaunch r
          JOIN orders_campaignstep s ON s.id = r.campaign_step_id
          JOIN orders_campaign c ON c.id = s.campaign_id AND c.status = 'active'
         WHERE r.status = 'scheduled' AND r.due_at < %(at)s - interval '15 minutes'
        UNION ALL
        SELECT 'shortage', id, closed_at FROM inventory_reservation
         WHERE status IN ('short', 'expired') AND settled_at IS NULL
           AND closed_at < %(at)s - interval '15 minutes'
        """,
    ),
}

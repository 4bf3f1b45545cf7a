"""Stock, holds, transfers and purchases."""

RULES: dict[str, tuple[str, str]] = {
    "STK-1": (
        "the movements of an article at a location add up to what is on hand",
        """
        SELECT coalesce(l.variant_id, m.variant_id) AS variant,
               coalesce(l.location_id, m.location_id) AS location, l.on_hand, m.moved
          FROM inventory_stocklevel l
          FULL JOIN (SELECT variant_id, location_id, sum(delta) AS moved
                       FROM inventory_stockmovement GROUP BY 1, 2) m
            ON m.variant_id = l.variant_id AND m.location_id = l.location_id
         WHERE coalesce(l.on_hand, 0) <> coalesce(m.moved, 0)
        """,
    ),
    "STK-2": (
        "what is reserved is what the live holds say, and never more than is on hand",
        """
        SELECT coalesce(l.variant_id, r.variant_id) AS variant,
               coalesce(l.location_id, r.location_id) AS location, l.on_hand, l.reserved, r.held
          FROM inventory_stocklevel l
          FULL JOIN (SELECT variant_id, location_id, sum(quantity) AS held
                       FROM inventory_reservation WHERE status = 'held' GROUP BY 1, 2) r
            ON r.variant_id = l.variant_id AND r.location_id = l.location_id
         WHERE coalesce(l.reserved, 0) <> coalesce(r.held, 0)
            OR l.reserved NOT BETWEEN 0 AND l.on_hand - l.unsellable
        """,
    ),
    "STK-3": (
        "no hold outlives its time by more than ten minutes",
        """
        SELECT id, document, expires_at FROM inventory_reservation
         WHERE status = 'held' AND expires_at < %(at)s - interval '10 minutes'
        """,
    ),
    "STK-4": (
        "a live hold belongs to a live order, or to a transfer that was not sent",
        """
        SELECT r.id, r.document, o.status, t.status AS transfer FROM inventory_reservation r
          LEFT JOIN orders_order o ON o.number = r.document
          LEFT JOIN inventory_transfer t ON t.number = r.document
         WHERE r.status = 'held'
           AND coalesce(o.status, '') NOT IN ('awaiting_payment', 'placed')
           AND coalesce(t.status, '') <> 'requested'
        """,
    ),
    "STK-5": (
        "units still to hand over of a placed order are held, on their way or dealt with as lost",
        """
        SELECT o.number, l.position, l.quantity - l.fulfilled - l.cancelled AS pending,
               coalesce(h.held, 0) AS held, coalesce(h.lost, 0) AS lost,
               coalesce(t.units, 0) AS in_transit, coalesce(s.asked, 0) AS asked
          FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id
          LEFT JOIN LATERAL (
            SELECT sum(r.quantity) FILTER (WHERE r.status = 'held') AS held,
                   sum(r.quantity) FILTER (WHERE r.status IN ('short', 'expired')
                                             AND r.settled_at IS NULL) AS lost
              FROM inventory_reservation r
             WHERE r.document = o.number AND r.line = l.position) h ON true
          LEFT JOIN LATERAL (
            SELECT sum(tl.sent) AS units FROM inventory_transferline tl
              JOIN inventory_transfer t ON t.id = tl.transfer_id AND t.status = 'sent'
             WHERE tl.document = o.number AND tl.document_line = l.position) t ON true
          LEFT JOIN LATERAL (
            SELECT sum(s.quantity) AS asked FROM orders_shortage s
             WHERE s.line_id = l.id AND s.status = 'open') s ON true
         WHERE o.status = 'placed' AND l.kind = 'product'
           AND coalesce(h.held, 0) + coalesce(h.lost, 0) + coalesce(t.units, 0)
               + coalesce(s.asked, 0) < l.quantity - l.fulfilled - l.cancelled
        """,
    ),
    "STK-6": (
        "goods that are not sellable are what the movements of their statuses add up to",
        """
        SELECT coalesce(l.variant_id, m.variant_id) AS variant,
               coalesce(l.location_id, m.location_id) AS location, l.unsellable, m.moved, m.least
          FROM inventory_stocklevel l
          FULL JOIN (SELECT variant_id, location_id, sum(units) AS moved, min(units) AS least
                       FROM (SELECT variant_id, location_id, status, sum(delta) AS units
                               FROM inventory_stockmovement WHERE status <> 'sellable'
                              GROUP BY 1, 2, 3) of_status
                      GROUP BY 1, 2) m
            ON m.variant_id = l.variant_id AND m.location_id = l.location_id
         WHERE coalesce(l.unsellable, 0) <> coalesce(m.moved, 0) OR m.least < 0
        """,
    ),
    "STK-7": (
        "what left on a transfer is what its lines say was sent, and what came what they received",
        """
        SELECT t.number, l.sent, l.received, m.gone, m.come
          FROM inventory_transfer t
          JOIN (SELECT transfer_id, sum(sent) AS sent, sum(received) AS received
                  FROM inventory_transferline GROUP BY 1) l ON l.transfer_id = t.id
          LEFT JOIN LATERAL (
            SELECT coalesce(-sum(delta) FILTER (WHERE kind = 'transfer_out'), 0) AS gone,
                   coalesce(sum(delta) FILTER (WHERE kind = 'transfer_in'), 0) AS come
              FROM inventory_stockmovement WHERE document = t.number) m ON true
         WHERE m.gone <> l.sent OR m.come <> l.received
        """,
    ),
    "PUR-1": (
        "what a purchase order's lines say was received is what its deliveries brought",
        """
        SELECT number, variant_id AS variant, l.received, m.units, l.damaged, m.aside
          FROM (SELECT o.number, o.location_id, l.variant_id, l.received, l.damaged
                  FROM inventory_purchaseorderline l
                  JOIN inventory_purchaseorder o ON o.id = l.order_id) l
          FULL JOIN (SELECT substring(document FROM '^(P-[0-9]+)-D[0-9]+$') AS number,
                            location_id, variant_id, sum(delta) AS units,
                            sum(delta) FILTER (WHERE status = 'damaged') AS aside
                       FROM inventory_stockmovement
                      WHERE kind = 'receipt' AND document ~ '^P-[0-9]+-D[0-9]+$'
                      GROUP BY 1, 2, 3) m
         USING (number, location_id, variant_id)
         WHERE coalesce(l.received, 0) <> coalesce(m.units, 0)
            OR coalesce(l.damaged, 0) <> coalesce(m.aside, 0)
        """,
    ),
}

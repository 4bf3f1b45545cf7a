"""What must always be true, as queries that return no row when all is well (INVARIANTS §2).

Run by `manage.py check_invariants`: after race and journey tests, nightly, after a restore.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

SHOWN = 20  # rows of a violation


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that does not hold, with the first rows that break it."""

    rule: str
    meaning: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


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
    "DSC-2": (
        "a line is never refunded beyond what was paid for it, a discount never beyond its price",
        """
        SELECT id, total_minor, refunded_minor, discount_minor FROM orders_orderline
         WHERE refunded_minor > total_minor OR discount_minor > unit_minor * quantity
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
    "LOY-1": (
        "lots equal their ledger, balances equal their lots, never below zero",
        """
        SELECT 'lot' AS what, l.id, l.remaining, coalesce(sum(e.delta), 0) AS ledger
          FROM loyalty_pointslot l LEFT JOIN loyalty_pointsentry e ON e.lot_id = l.id
         GROUP BY l.id HAVING l.remaining <> coalesce(sum(e.delta), 0)
        UNION ALL
        SELECT 'account', a.id, a.balance, coalesce(sum(l.remaining), 0)
          FROM loyalty_account a LEFT JOIN loyalty_pointslot l ON l.account_id = a.id
         GROUP BY a.id HAVING a.balance <> coalesce(sum(l.remaining), 0)
        UNION ALL
        SELECT 'debt', a.id, a.debt, -coalesce(sum(e.delta), 0)
          FROM loyalty_account a
          LEFT JOIN loyalty_pointsentry e ON e.account_id = a.id AND e.lot_id IS NULL
         GROUP BY a.id HAVING a.debt <> -coalesce(sum(e.delta), 0)
        """,
    ),
    "LOY-3": (
        "what a lot says was taken back is what returns took for its line, from lots and as a debt",
        """
        SELECT l.id, l.taken_back, t.points
          FROM loyalty_pointslot l
          FULL JOIN (SELECT substring(idempotency_key FROM '^reverse:(.+)-R[0-9]+:[0-9]+:') AS doc,
                            substring(idempotency_key FROM '-R[0-9]+:([0-9]+):')::int AS line,
                            -sum(delta) AS points
                       FROM loyalty_pointsentry WHERE kind IN ('reverse', 'debt')
                      GROUP BY 1, 2) t ON t.doc = l.document AND t.line = l.line
         WHERE coalesce(l.taken_back, -1) <> coalesce(t.points, 0)
        """,
    ),
    "LOY-4": (
        "an account has the tier that its history ends with",
        """
        SELECT a.id, t.code, h.after FROM loyalty_account a
          LEFT JOIN loyalty_tier t ON t.id = a.tier_id
          LEFT JOIN LATERAL (SELECT after FROM loyalty_tierchange c
                              WHERE c.account_id = a.id ORDER BY id DESC LIMIT 1) h ON true
         WHERE coalesce(t.code, '') <> coalesce(h.after, '')
        UNION ALL
        SELECT b.account_id, b.after, c.before
          FROM (SELECT account_id, id, after,
                       lead(id) OVER (PARTITION BY account_id ORDER BY id) AS next
                  FROM loyalty_tierchange) b
          JOIN loyalty_tierchange c ON c.id = b.next
         WHERE c.before <> b.after
        """,
    ),
    "LOY-5": (
        "a reward counts what was had of it, and each cost its points in the ledger",
        """
        SELECT 'reward' AS what, r.id, r.issued, count(i.id)
          FROM loyalty_reward r
          LEFT JOIN loyalty_rewardissue i ON i.reward_id = r.id AND i.status = 'issued'
         GROUP BY r.id HAVING r.issued <> count(i.id)
        UNION ALL
        SELECT 'points', i.id, CASE i.status WHEN 'issued' THEN i.points ELSE 0 END, e.points
          FROM loyalty_rewardissue i
          CROSS JOIN LATERAL (SELECT -coalesce(sum(delta), 0) AS points FROM loyalty_pointsentry e
                               WHERE e.document = i.reference
                                 AND e.kind IN ('spend', 'restore')) e
         WHERE e.points <> CASE i.status WHEN 'issued' THEN i.points ELSE 0 END
        """,
    ),
    "LOY-6": (
        "points given to a member are as many as left the sender; given back, none left",
        """
        SELECT g.id, g.status, e.gone, e.come
          FROM loyalty_pointsgift g
          CROSS JOIN LATERAL (
            SELECT -coalesce(sum(delta) FILTER (WHERE kind IN ('spend', 'restore')), 0) AS gone,
                   coalesce(sum(delta) FILTER (WHERE kind = 'gift'), 0) AS come
              FROM loyalty_pointsentry WHERE document = g.number) e
         WHERE e.gone <> CASE g.status WHEN 'returned' THEN 0 ELSE g.points END
            OR e.come <> CASE g.status WHEN 'accepted' THEN g.points ELSE 0 END
        """,
    ),
    "LOY-7": (
        "a correction that was done is in the ledger, one that was not is not",
        """
        SELECT c.id, c.status, c.points, e.points FROM loyalty_correction c
          CROSS JOIN LATERAL (SELECT coalesce(sum(delta), 0) AS points FROM loyalty_pointsentry
                               WHERE document = c.reference AND kind = 'correction') e
         WHERE e.points <> CASE c.status WHEN 'done' THEN c.points ELSE 0 END
        """,
    ),
    "LOY-2": (
        "nothing was spent from an expired lot, and no expired lot keeps points for long",
        """
        SELECT e.id, e.lot_id FROM loyalty_pointsentry e JOIN loyalty_pointslot l ON l.id = e.lot_id
         WHERE e.kind = 'spend' AND e.at >= l.expires_at
        UNION ALL
        SELECT NULL, id FROM loyalty_pointslot
         WHERE remaining > 0 AND expires_at < %(at)s - interval '26 hours'
        """,
    ),
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
    "PRC-1": (
        "one price at a time per article and list",
        """
        SELECT a.variant_id, a.price_list_id, a.id, b.id AS other FROM catalog_price a
          JOIN catalog_price b ON b.variant_id = a.variant_id
           AND b.price_list_id = a.price_list_id AND a.id < b.id
           AND tstzrange(a.valid_from, a.valid_to) && tstzrange(b.valid_from, b.valid_to)
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


def violations(*, at: datetime, rules: list[str] | None = None) -> list[Violation]:
    """The rules that do not hold, of all or of some."""
    found = []
    with connection.cursor() as cursor:
        for rule in rules or RULES:
            meaning, sql = RULES[rule]
            limited = f"SELECT * FROM ({sql}) broken LIMIT {SHOWN}"  # noqa: S608  rules of this module
            cursor.execute(limited, {"at": at})
            if rows := cursor.fetchall():
                columns = tuple(column.name for column in cursor.description)
                found.append(Violation(rule, meaning, columns, tuple(rows)))
    return found

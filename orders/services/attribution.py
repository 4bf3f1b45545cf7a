"""Which message a sale is put down to, in whatever channel it was made; once (FIELD 39)."""

from datetime import datetime, timedelta

from django.db import connection

LOOK_BACK = timedelta(days=10)  # sales of a till that was offline come late

# A person's sale goes to the last message that touched them before it: by a click, or else by its
# arrival. A guest's sale is the person's whose address it has.
_ATTRIBUTE = """
WITH sale AS (
  SELECT o.id, o.placed_at, coalesce(c.merged_into_id, c.id) AS person
    FROM orders_order o
    LEFT JOIN customers_identity i ON o.customer_id IS NULL AND i.kind = 'email'
                                  AND i.value = lower(o.email)
    JOIN customers_customer c ON c.id = coalesce(o.customer_id, i.customer_id)
   WHERE o.placed_at >= %(from)s AND o.placed_at <= %(at)s
     AND o.status IN ('placed', 'fulfilled')
     AND NOT EXISTS (SELECT 1 FROM orders_attribution a WHERE a.order_id = o.id))
INSERT INTO orders_attribution (order_id, relaunch_id, touch, touched_at, found_at)
SELECT s.id, t.relaunch_id, t.touch, t.at, %(at)s
  FROM sale s
  JOIN LATERAL (
    SELECT r.id AS relaunch_id, w.touch, w.at
      FROM customers_customer d
      JOIN customers_message m ON m.customer_id = d.id AND m.purpose = 'marketing'
       AND m.status = 'sent'
      JOIN orders_relaunch r ON r.message_id = m.id
      JOIN orders_campaignstep p ON p.id = r.campaign_step_id
      JOIN orders_campaign g ON g.id = p.campaign_id
      CROSS JOIN LATERAL (VALUES ('click', m.clicked_at), ('sent', m.sent_at)) w(touch, at)
     WHERE (d.id = s.person OR d.merged_into_id = s.person)
       AND w.at <= s.placed_at
       AND w.at > s.placed_at - make_interval(days => g.attribution_days)
     ORDER BY w.at DESC, r.id DESC LIMIT 1) t ON true
ON CONFLICT (order_id) DO NOTHING
"""


def attribute(*, at: datetime, since: datetime | None = None) -> int:
    """Put the sales of the last days down to the messages they followed; how many were found."""
    with connection.cursor() as cursor:
        cursor.execute(_ATTRIBUTE, {"at": at, "from": since or at - LOOK_BACK})
        return int(cursor.rowcount)

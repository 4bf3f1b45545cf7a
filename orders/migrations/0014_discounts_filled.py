"""Discounts given by hand so far become rows like any other (DSC-1)."""

from django.db import migrations

FILL = """
WITH made AS (
  INSERT INTO orders_orderdiscount (order_id, label, amount_minor)
  SELECT l.order_id, l.discount_reason || chr(1) || l.id, l.discount_minor
    FROM orders_orderline l WHERE l.discount_minor > 0
  RETURNING id, label, amount_minor
)
INSERT INTO orders_discountshare (discount_id, line_id, amount_minor)
SELECT id, split_part(label, chr(1), 2)::bigint, amount_minor FROM made;
UPDATE orders_orderdiscount SET label = split_part(label, chr(1), 1)
 WHERE strpos(label, chr(1)) > 0;
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0013_discounts")]
    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]

"""What people bought, for everything that is counted by person: one definition (ALG-6).

A purchase is a sale (it has its business day) that was not cancelled and not wholly given back. It
counts on that day, for the live record of its person; a sale of nobody known counts nowhere. Its
amount is what was paid less what was given back.
"""

# Every sale with a person: (person, id, channel, currency, sold_on, total, returned, kept). Of the
# people only merged records are looked up, a few among a million.
SALES = """
    SELECT coalesce(c.merged_into_id, o.customer_id) AS person, o.id, o.channel, o.currency,
           o.sold_on, o.total_minor AS total, coalesce(r.returned, 0) AS returned,
           o.total_minor - coalesce(r.returned, 0) AS net,
           coalesce(r.returned, 0) = 0 OR r.returned < o.total_minor AS kept
      FROM orders_order o
      LEFT JOIN customers_customer c ON c.id = o.customer_id AND c.merged_into_id IS NOT NULL
      LEFT JOIN (SELECT order_id, sum(total_minor)::integer AS returned
                   FROM orders_return WHERE counts GROUP BY order_id) r ON r.order_id = o.id
     WHERE o.customer_id IS NOT NULL AND o.sold_on IS NOT NULL
       AND o.status IN ('placed', 'fulfilled')"""

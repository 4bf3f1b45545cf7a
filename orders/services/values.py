"""What people are worth, computed set by set: RFM by rank (ALG-6), next purchase (ALG-7).

A score is 1 + the fifths of all buyers who are strictly below: equal values, equal score, whatever
their number. The next purchase is expected one interval after the last one. The interval is the
median of the person's own, drawn towards the house's as long as they are few (in logarithms):
(n · ln own + 4 · ln house) ÷ (n + 4). No probability of being alive is in it: BG/NBD would tell
more, and would need a fit that SQL does not do.
"""

from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from omnishop.kernel.locks import alone
from orders.models import CustomerValue
from orders.purchases import SALES

HOUSE_WEIGHT = 4  # intervals of one's own that weigh as much as the house's


def intervals_sql(days: str) -> str:
    """(person, interval) of a query of (person, day), several rows a day allowed: the days
    expected between two purchases; empty while nobody has bought twice.
    """
    return f"""
        WITH own AS (
          SELECT person, count(gap) AS n,
                 percentile_cont(0.5) WITHIN GROUP (ORDER BY gap) AS median
            FROM (SELECT person, day - lag(day) OVER (PARTITION BY person ORDER BY day) AS gap
                    FROM (SELECT DISTINCT person, day FROM ({days}) every_one) bought) gaps
           GROUP BY person),
        house AS (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY median) AS median
                    FROM own WHERE n > 0)
        SELECT person, exp((n * ln(coalesce(own.median, 1)) + {HOUSE_WEIGHT} * ln(house.median))
                           / (n + {HOUSE_WEIGHT})) AS interval
          FROM own CROSS JOIN house"""  # noqa: S608  constants of ours


def _score(ordered_by: str) -> str:
    """1 to 5: the fifths of the buyers who are strictly below."""
    return f"1 + (rank() OVER (ORDER BY {ordered_by}) - 1) * 5 / count(*) OVER ()"


_VALUES = f"""
    INSERT INTO orders_customervalue (
      customer_id, first_on, last_on, last_by_channel, frequency, monetary_minor, r, f, m,
      interval_days, expected_on, computed_at)
    WITH sales AS MATERIALIZED (
      SELECT person, channel, sold_on AS day, net, currency FROM ({SALES}) s WHERE kept),
    channels AS (
      SELECT person, channel, min(day) AS first, max(day) AS last, count(*) AS sales,
             sum(net) FILTER (WHERE currency = %(currency)s) AS amount
        FROM sales GROUP BY person, channel),
    each_one AS (
      SELECT person, min(first) AS first, max(last) AS last,
             jsonb_object_agg(channel, last) AS by_channel, sum(sales) AS sales,
             coalesce(sum(amount), 0) AS amount
        FROM channels GROUP BY person)
    SELECT e.person, e.first, e.last, e.by_channel, e.sales, e.amount,
           {_score("e.last")}, {_score("e.sales")}, {_score("e.amount")},
           i.interval, e.last + round(i.interval)::int, %(at)s
      FROM each_one e LEFT JOIN ({intervals_sql("SELECT person, day FROM sales")}) i
        ON i.person = e.person"""  # noqa: S608  constants of ours


def compute(*, at: datetime) -> int:
    """Write everybody's values anew; how many people bought. Readers see the old rows until the
    new ones are complete. Raises Busy while another computation runs.
    """
    busy = _("The values of customers are being computed. Wait until it is done.")
    with alone("orders.values", message=busy), transaction.atomic():
        CustomerValue.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL work_mem = '128MB'")
            cursor.execute(_VALUES, {"at": at, "currency": settings.CURRENCY})
            return int(cursor.rowcount)

"""Events that a rule rewards and that were not rewarded yet, as (customer, reference)."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from django.db import connection

from loyalty.models import EarnRule

Event = EarnRule.Event

# A friend (a) named a member (s), has bought, and what was bought is past its return period. Two
# records that proved to be one person are nobody's friends.
_FRIENDS = """
          FROM loyalty_account a JOIN loyalty_account s ON s.id = a.referred_by_id
          JOIN customers_customer f ON f.id = a.customer_id
          JOIN customers_customer m ON m.id = s.customer_id
         WHERE coalesce(f.merged_into_id, f.id) <> coalesce(m.merged_into_id, m.id)
           AND EXISTS (SELECT FROM loyalty_pointslot l
                        WHERE l.account_id = a.id AND l.amount_minor > 0
                          AND l.available_at <= %(at)s AND l.taken_back < l.points)"""

# What was rewarded is looked for over all records of a person: a merge gives nobody two birthdays.
_QUERIES = {
    # Since three days at the most: what beat missed is made up for.
    Event.BIRTHDAY: """
        SELECT c.id, %(year)s || ':' || c.id
          FROM customers_customer c
         WHERE to_char(c.birth_date, 'MM-DD') = ANY(%(days)s)
           AND c.merged_into_id IS NULL
           AND EXISTS (SELECT FROM customers_customer r JOIN loyalty_account a
                           ON a.customer_id = r.id
                        WHERE (r.id = c.id OR r.merged_into_id = c.id)
                          AND a.joined_at < %(at)s)
           AND NOT EXISTS (SELECT FROM customers_customer r JOIN loyalty_pointslot l
                               ON l.document = 'birthday:' || %(year)s || ':' || r.id
                            WHERE r.id = c.id OR r.merged_into_id = c.id)
         ORDER BY c.id LIMIT 1000""",
    Event.FIRST_VISIT: """
        SELECT c.id, c.id::text
          FROM customers_customer c JOIN loyalty_account a ON a.customer_id = c.id
         WHERE c.user_id IS NOT NULL AND c.merged_into_id IS NULL
           AND NOT EXISTS (SELECT FROM customers_customer r JOIN loyalty_pointslot l
                               ON l.document = 'first_visit:' || r.id
                            WHERE r.id = c.id OR r.merged_into_id = c.id)
         ORDER BY c.id LIMIT 1000""",
    Event.REVIEW: """
        SELECT c.id, v.id::text
          FROM catalog_review v JOIN customers_customer c ON c.number = v.customer_number
         WHERE v.status = 'published' AND v.written_at > %(at)s - interval '30 days'
           AND NOT EXISTS (SELECT FROM loyalty_pointslot l WHERE l.document = 'review:' || v.id)
         ORDER BY v.id LIMIT 1000""",
    Event.REFERRAL: f"""
        SELECT s.customer_id, a.id::text {_FRIENDS}
           AND NOT EXISTS (SELECT FROM loyalty_pointslot l WHERE l.document = 'referral:' || a.id)
         ORDER BY a.id LIMIT 1000""",  # noqa: S608  our own text
    Event.REFERRED: f"""
        SELECT a.customer_id, a.id::text {_FRIENDS}
           AND NOT EXISTS (SELECT FROM loyalty_pointslot l WHERE l.document = 'referred:' || a.id)
         ORDER BY a.id LIMIT 1000""",  # noqa: S608  our own text
}


def events(at: datetime, today: date) -> Iterator[tuple[str, Sequence[tuple[int, str]]]]:
    """For each kind of event that has a rule in force: who is due. One statement each."""
    kinds = set(EarnRule.objects.running(at).values_list("event", flat=True))
    days = [date.fromordinal(today.toordinal() - n).strftime("%m-%d") for n in range(3)]
    for event, query in _QUERIES.items():
        if event not in kinds:
            continue
        with connection.cursor() as cursor:
            cursor.execute(query, {"at": at, "days": days, "year": str(today.year)})
            yield event, cursor.fetchall()

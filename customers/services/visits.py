"""When a person was there, and which store is theirs."""

from datetime import date, datetime

from django.db import connection
from django.utils.translation import gettext as _

from customers.models import Customer
from omnishop.kernel.errors import Refusal
from omnishop.network.models import Store


def record_visit(
    *, customer_id: int, channel: str, day: date, at: datetime, store_id: int | None = None
) -> None:
    """A live person was there, known as themselves; one row a day, channel and store.

    In a store, that store becomes theirs where the rule is "where they were last". One statement;
    a repeat moves the time of the last sight only.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH moved AS (
              UPDATE customers_customer SET home_store_id = %(store)s
               WHERE id = %(customer)s AND %(store)s::bigint IS NOT NULL
                 AND home_store_rule = 'last_visited'
                 AND home_store_id IS DISTINCT FROM %(store)s::bigint)
            INSERT INTO customers_visit (customer_id, channel, store_id, day, first_at, last_at)
            VALUES (%(customer)s, %(channel)s, %(store)s, %(day)s, %(at)s, %(at)s)
            ON CONFLICT (customer_id, day, channel, store_id)
            DO UPDATE SET last_at = greatest(customers_visit.last_at, excluded.last_at)
            """,
            {
                "customer": customer_id,
                "channel": channel,
                "store": store_id,
                "day": day,
                "at": at,
            },
        )


def choose_home_store(*, customer: Customer, store: Store | None) -> None:
    """The person says which store is theirs; none means the one they were in last.

    A repeat changes nothing. Raises Refusal where a franchise contract keeps them.
    """
    rules = Customer.HomeStoreRule
    if customer.home_store_rule == rules.CONTRACT:
        if store in (None, customer.home_store):
            return
        raise Refusal(
            _(
                "Your card belongs to %(store)s, where you joined. You can shop in every store "
                "all the same; ask us to change it."
            )
            % {"store": customer.home_store}
        )
    if store:
        customer.home_store = store
    customer.home_store_rule = rules.CHOSEN if store else rules.LAST_VISITED
    customer.save(update_fields=["home_store", "home_store_rule"])

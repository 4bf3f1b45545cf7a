"""When a person was there, and which store is theirs."""

from datetime import date, datetime

from django.db import connection
from django.utils.translation import gettext as _

from customers.models import Customer
from omnishop.kernel.errors import Refusal


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


def choose_home_store(*, customer: Customer, store_id: int) -> None:
    """The person says which store is theirs. Raises Refusal where a contract keeps them."""
    if customer.home_store_rule == Customer.HomeStoreRule.CONTRACT:
        raise Refusal(
            _(
                "Your card belongs to %(store)s, where you joined. You can shop in every store "
                "all the same; ask us to change it."
            )
            % {"store": customer.home_store}
        )
    customer.home_store_id = store_id
    customer.home_store_rule = Customer.HomeStoreRule.CHOSEN
    customer.save(update_fields=["home_store", "home_store_rule"])

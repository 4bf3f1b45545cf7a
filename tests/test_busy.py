"""A request that the database ended is answered as such, and nothing is half-written (F-6)."""

from typing import Any

import pytest
from django.db import OperationalError, connection

from orders.models import BasketLine
from tests.channels.storefront import add, small_shop

pytestmark = pytest.mark.django_db


def crossed(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    """PostgreSQL ends whoever writes a line into a basket."""
    if "orders_basketline" in sql and "INSERT" in sql:
        raise OperationalError("deadlock detected")
    return execute(sql, params, many, context)


def test_a_request_that_was_ended_is_told_to_try_again(client):
    shop = small_shop()

    with connection.execute_wrapper(crossed):
        answer = add(client, shop.cup)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert "n’a pas été fait" in answer.content.decode()
    assert not BasketLine.objects.exists()

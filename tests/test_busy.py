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


@pytest.mark.parametrize("address", ["/m/%00/", "/demande/%00/"])
def test_what_the_database_cannot_hold_is_said(client, address):
    answer = client.get(address)

    assert answer.status_code == 400
    assert "Rien n’a été modifié" in answer.content.decode()


@pytest.mark.parametrize("filters", [{"name": "\x00"}, {"_to_field": "password"}])
def test_a_filter_of_the_back_office_that_cannot_be_read_is_said(admin_client, filters):
    answer = admin_client.get("/admin/catalog/brand/", filters)

    assert answer.status_code == 400
    assert "Rien n’a été modifié" in answer.content.decode()


def test_the_address_of_a_button_has_a_page_after_signing_in(client):
    """Who pressed it signed out, or reloads, is told to press again."""
    answer = client.get("/panier/code/")

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert "Appuyez à nouveau" in answer.content.decode()

"""The two questions a load balancer asks."""

import pytest
from django.test import Client


def test_live_asks_nothing_of_the_database(client: Client) -> None:
    assert client.get("/health/live/").content == b"ok"


@pytest.mark.django_db
def test_ready_says_that_database_and_cache_answer(client: Client) -> None:
    assert client.get("/health/ready/?format=json").status_code == 200

"""Who is signed in, and two stores to keep apart."""

import pytest

from tests.factories import (
    UserFactory,
)
from tests.office_world import open_shop


@pytest.fixture
def office(client):
    client.force_login(UserFactory(email="root@x.fr", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def a_and_b(settings):
    return open_shop("Annecy"), open_shop("Brest")

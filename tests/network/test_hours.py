"""Opening hours."""

from datetime import UTC, datetime

from omnishop.network.hours import is_open
from omnishop.network.models import Store


def test_a_store_is_open_by_its_own_clock_whatever_zone_the_instant_is_told_in():
    store = Store(opening_hours="Mo-Sa 10:00-19:30", timezone="Europe/Paris", country="FR")

    assert not is_open(store, datetime(2026, 11, 17, 8, 59, tzinfo=UTC))
    assert is_open(store, datetime(2026, 11, 17, 9, 0, tzinfo=UTC))
    assert not is_open(store, datetime(2026, 11, 17, 18, 30, tzinfo=UTC))

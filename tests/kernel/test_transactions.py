"""A transaction that PostgreSQL ended because locks crossed is tried again, whole (F-6)."""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest
from django.db import DataError, OperationalError, connection

from customers.models import Customer
from omnishop.kernel import transactions
from omnishop.kernel.transactions import joined, retried
from tests.factories import CustomerFactory
from tests.inventory.test_races import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def crossing(decorate):
    """Two who lock the same two rows the other way round, and count each on both."""
    one, two = CustomerFactory(last_name=""), CustomerFactory(last_name="")
    barrier, tries = Barrier(2), []

    def job(*keys):
        @decorate
        def both():
            tries.append(keys)
            for number, key in enumerate(keys):
                if number:
                    with suppress(BrokenBarrierError):  # the second try is alone
                        barrier.wait(timeout=2)  # each has its first row, and asks for the other's
                row = Customer.objects.select_for_update().get(pk=key)
                row.last_name += "x"
                row.save(update_fields=["last_name"])

        return both

    answers = at_once([job(one.pk, two.pk), job(two.pk, one.pk)])
    names = list(Customer.objects.order_by("pk").values_list("last_name", flat=True))
    return answers, names, len(tries)


@pytest.mark.parametrize("decorate", [retried, joined])
def test_the_one_that_was_ended_does_all_of_it_again(decorate):
    answers, names, tries = crossing(decorate)

    assert answers == [None, None]
    assert names == ["xx", "xx"]
    assert tries == 3


def test_without_another_try_one_of_them_is_lost(monkeypatch):
    """The companion: what the test above would say with the guard removed."""
    monkeypatch.setattr(transactions, "TRIES", 1)

    answers, names, tries = crossing(retried)

    assert sorted(type(one).__name__ for one in answers) == ["NoneType", "OperationalError"]
    assert names == ["x", "x"]
    assert tries == 2


def test_other_errors_are_not_tried_again_and_three_tries_are_all():
    tries = []

    @retried
    def broken(state):
        tries.append(state)
        with connection.cursor() as cursor:
            cursor.execute(f"DO $$ BEGIN RAISE SQLSTATE '{state}'; END $$")

    with pytest.raises(DataError):
        broken("22012")
    with pytest.raises(OperationalError):
        broken("40P01")

    assert tries == ["22012", "40P01", "40P01", "40P01"]

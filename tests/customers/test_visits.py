"""Where a person was, and which store is theirs."""

from datetime import date, timedelta

import pytest

from customers.models import Visit
from customers.services.identities import create_customer
from customers.services.visits import choose_home_store, record_visit
from omnishop.kernel.errors import Refusal
from tests.factories import NOON, CustomerFactory, StoreFactory

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 20)


def seen(person, store=None, channel="till", hours=0, day=DAY):
    record_visit(
        customer_id=person.pk,
        channel=channel,
        store_id=store.pk if store else None,
        day=day,
        at=NOON + timedelta(hours=hours),
    )


def test_a_day_in_a_store_is_one_visit_in_one_statement(django_assert_num_queries):
    person, store = CustomerFactory(), StoreFactory()

    with django_assert_num_queries(1):
        seen(person, store)
    seen(person, store, hours=2)
    seen(person, store, hours=1)

    visit = Visit.objects.get()
    assert (visit.first_at, visit.last_at) == (NOON, NOON + timedelta(hours=2))
    seen(person, channel="web")
    seen(person, channel="web")
    seen(person, store, day=DAY + timedelta(days=1))
    assert Visit.objects.count() == 3


def test_the_store_of_the_last_visit_is_theirs_unless_they_chose_or_a_contract_says():
    lyon, lille = StoreFactory(), StoreFactory(keeps_customers=True)
    person = CustomerFactory()
    seen(person, lyon)
    seen(person, channel="web")
    person.refresh_from_db()
    assert person.home_store == lyon
    seen(person, lille)
    person.refresh_from_db()
    assert person.home_store == lille

    choose_home_store(customer=person, store=lyon)
    seen(person, lille, hours=3)
    person.refresh_from_db()
    assert (person.home_store, person.home_store_rule) == (lyon, "chosen")

    choose_home_store(customer=person, store=None)
    seen(person, lille, hours=4)
    person.refresh_from_db()
    assert (person.home_store, person.home_store_rule) == (lille, "last_visited")


def test_a_franchise_keeps_who_joined_there():
    lyon, lille = StoreFactory(), StoreFactory(keeps_customers=True)
    person = create_customer(first_name="Camille", home_store_id=lille.pk)
    assert person.home_store_rule == "contract"

    seen(person, lyon)
    with pytest.raises(Refusal, match=lille.name):
        choose_home_store(customer=person, store=lyon)
    choose_home_store(customer=person, store=None)

    person.refresh_from_db()
    assert (person.home_store, person.home_store_rule) == (lille, "contract")

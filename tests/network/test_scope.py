"""Staff see their stores; the rule sits in `visible_to` (DESIGN 3.10)."""

import pytest
from django.contrib.auth.models import AnonymousUser

from inventory.models import StockLocation
from omnishop.network.models import Store
from orders.models import Fulfilment, Order
from orders.services.ways import Delivery, Pickup
from tests.factories import (
    DeliveryMethodFactory,
    StaffFactory,
    StoreFactory,
    TillFactory,
    UserFactory,
    WarehouseFactory,
)
from tests.orders.flows import HOME, paid, sold, stocked

pytestmark = pytest.mark.django_db


def test_an_associate_sees_the_own_stores_alone():
    mine, _other = StoreFactory(), StoreFactory()
    user = StaffFactory(stores=[mine]).user

    assert list(Store.objects.visible_to(user)) == [mine]
    assert list(StockLocation.objects.visible_to(user)) == [mine.locations.get()]


def test_all_stores_means_warehouses_too():
    StoreFactory()
    WarehouseFactory()
    user = StaffFactory(all_stores=True).user

    assert Store.objects.visible_to(user).count() == 1
    assert StockLocation.objects.visible_to(user).count() == 2


def test_who_works_at_two_stores_sees_no_row_twice():
    stores = [StoreFactory(), StoreFactory()]
    user = StaffFactory(stores=stores).user
    desk = TillFactory(store=stores[0])
    sold(desk, (stocked(stores[0]), 1), (stocked(stores[0]), 1))

    assert Store.objects.visible_to(user).count() == 2
    assert Order.objects.visible_to(user).count() == 1


@pytest.mark.parametrize(
    "user",
    [
        lambda: AnonymousUser(),
        lambda: UserFactory(),
        lambda: UserFactory(is_staff=True),
        lambda: StaffFactory().user,
        lambda: StaffFactory(all_stores=True, user__is_active=False).user,
        lambda: StaffFactory(all_stores=True, user__is_staff=False).user,
    ],
    ids=["nobody", "shopper", "staff of nowhere", "no store", "left", "no longer staff"],
)
def test_nobody_else_sees_anything(user):
    store = StoreFactory()
    paid(Pickup(store.pk), (stocked(store), 1))
    visitor = user()

    for model in (Store, StockLocation, Order, Fulfilment):
        assert not model.objects.visible_to(visitor).exists()


def test_an_order_is_seen_where_it_was_sold_and_where_it_is_collected():
    here, there, elsewhere = StoreFactory(), StoreFactory(), StoreFactory()
    variant = stocked(there)
    web = paid(Pickup(there.pk), (variant, 1))
    ticket = sold(TillFactory(store=here), (stocked(here), 1))

    def seen(store):
        user = StaffFactory(stores=[store]).user
        return set(Order.objects.visible_to(user)), set(Fulfilment.objects.visible_to(user))

    assert seen(here) == ({ticket}, {ticket.fulfilments.get()})
    assert seen(there) == ({web}, {web.fulfilments.get()})
    assert seen(elsewhere) == (set(), set())


def test_parcels_of_a_warehouse_are_for_who_sees_all():
    warehouse, store = WarehouseFactory(), StoreFactory()
    way = Delivery(DeliveryMethodFactory().pk, HOME)
    order = paid(way, (stocked(warehouse), 1))

    assert not Order.objects.visible_to(StaffFactory(stores=[store]).user).exists()
    assert list(Order.objects.visible_to(StaffFactory(all_stores=True).user)) == [order]

"""From basket to order: once, at the price that was shown, with everything held (F-12, F-13)."""

from threading import Barrier, Thread

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from catalog.models import Price, Product
from catalog.pricing import NotSold
from inventory.errors import InsufficientStock
from inventory.models import Reservation
from loyalty import selectors as loyalty
from loyalty.services.corrections import correct
from loyalty.services.points import NotEnoughPoints
from omnishop.kernel.errors import Invalid, NotFound
from orders.errors import BasketClosed, EmptyBasket, PriceChanged
from orders.models import Basket, BasketLine, Order, Payment
from orders.services import checkout
from orders.services.ways import Delivery, Pickup
from tests.factories import (
    NOON,
    AccountFactory,
    CustomerFactory,
    DeliveryMethodFactory,
    LegalEntityFactory,
    StoreFactory,
    WarehouseFactory,
)
from tests.orders.flows import HOME, captured, contact, filled, level, placed, stocked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("invariants")]


@pytest.fixture
def store(db):
    return StoreFactory()


def place(basket, way, **changes):
    request = checkout.Request(**{"contact": contact(), "way": way} | changes)
    with transaction.atomic():  # what a refusal undoes
        return checkout.place(basket_id=basket.pk, request=request, at=NOON)


def nothing_written(*variants):
    assert not Order.objects.exists()
    assert not Reservation.objects.exists()
    assert not Payment.objects.exists()
    assert [level(variant)[1] for variant in variants] == [0] * len(variants)
    return True


def test_the_same_request_twice_is_one_order(store):
    variant = stocked(store)
    basket, way = filled((variant, 2)), Pickup(store.pk)

    assert place(basket, way) == place(basket, way)
    assert level(variant) == (10, 2)


def test_another_request_replaces_what_was_not_paid_and_frees_its_stock(store):
    variant = stocked(store, on_hand=2)
    basket, way = filled((variant, 2)), Pickup(store.pk)
    first = place(basket, way)

    second = place(basket, way, contact=contact(phone="06 39 98 12 34"))

    first.refresh_from_db()
    assert (first.status, second.status) == ("cancelled", "awaiting_payment")
    assert second.phone == "+33639981234"
    assert level(variant) == (2, 2)
    assert first.payments.get().status == "voided"


def test_a_changed_basket_is_another_request(store):
    variant = stocked(store)
    basket, way = filled((variant, 1)), Pickup(store.pk)
    first = place(basket, way)
    BasketLine.objects.update(quantity=3)

    second = place(basket, way)

    assert second != first
    assert level(variant) == (10, 3)


def test_a_paid_basket_is_closed_but_the_same_request_still_shows_its_order(store):
    basket, way = filled((stocked(store), 1)), Pickup(store.pk)
    order = captured(place(basket, way))

    assert place(basket, way) == order
    with pytest.raises(BasketClosed):
        place(basket, way, contact=contact(name="Another"))


def test_a_reservation_closes_the_basket_at_once(store):
    variant = stocked(store)
    basket = filled((variant, 1))

    order = place(basket, Pickup(store.pk), pay_in_store=True)

    basket.refresh_from_db()
    assert (order.status, order.paid_at, order.sold_on) == ("placed", None, None)
    assert basket.status == Basket.Status.ORDERED
    assert not Payment.objects.exists()
    assert order.lines.get().contract_place == "store"
    hold = Reservation.objects.get()
    assert hold.expires_at == order.fulfilments.get().hold_until


@pytest.mark.parametrize("shown", [1999, 2001, 0])
def test_a_total_that_is_not_the_one_shown_is_told_not_charged(store, shown):
    variant = stocked(store)

    with pytest.raises(PriceChanged) as refused:
        place(filled((variant, 1)), Pickup(store.pk), expected_total_minor=shown)

    assert refused.value.total_minor == 2000
    assert nothing_written(variant)


@pytest.mark.parametrize("gone", ["price", "product", "variant"])
def test_what_is_no_longer_on_sale_is_named(store, gone):
    kept, variant = stocked(store), stocked(store)
    if gone == "price":
        Price.objects.filter(variant=variant).update(valid_to=NOON)
    elif gone == "product":
        Product.objects.filter(pk=variant.product_id).update(status="archived")
    else:
        variant.active = False
        variant.save()

    with pytest.raises(NotSold, match=variant.product.name) as refused:
        place(filled((kept, 1), (variant, 1)), Pickup(store.pk))

    assert refused.value.details == {"variant_id": variant.pk}
    assert nothing_written(kept, variant)


def test_more_than_there_is_holds_nothing_and_says_what_lacks(store):
    enough, scarce = stocked(store), stocked(store, on_hand=2)

    with pytest.raises(InsufficientStock) as refused:
        place(filled((enough, 1), (scarce, 3)), Pickup(store.pk))

    (missing,) = refused.value.missing
    assert (missing.variant_id, missing.wanted, missing.available) == (scarce.pk, 3, 2)
    assert nothing_written(enough, scarce)


def test_goods_of_another_store_are_not_goods_of_this_one(store):
    variant = stocked(StoreFactory())

    with pytest.raises(InsufficientStock):
        place(filled((variant, 1)), Pickup(store.pk))


@pytest.mark.parametrize(
    "changes, refusal",
    [
        ({"contact": contact(name=" ")}, Invalid),
        ({"contact": contact(email="x")}, Invalid),
        ({"contact": contact(phone="12")}, Invalid),
        ({"points": 1}, Invalid),
        ({"points": 1, "pay_in_store": True}, Invalid),
        ({"way": Pickup(0)}, NotFound),
        ({"way": Delivery(0, HOME)}, NotFound),
    ],
)
def test_a_request_that_cannot_be_met_writes_nothing(store, changes, refusal):
    variant = stocked(store)
    changes = {"way": Pickup(store.pk)} | changes

    with pytest.raises(refusal):
        place(filled((variant, 1)), changes.pop("way"), **changes)

    assert nothing_written(variant)


def test_an_empty_basket_is_refused(store):
    with pytest.raises(EmptyBasket):
        place(filled(), Pickup(store.pk))


@pytest.mark.parametrize("closed", [{"active": False}, {"offers_pickup": False}])
def test_a_store_that_does_not_take_part_is_not_found(closed):
    store = StoreFactory(**closed)

    with pytest.raises(NotFound):
        place(filled((stocked(store), 1)), Pickup(store.pk))


@pytest.fixture
def warehouse(db):
    LegalEntityFactory()
    return WarehouseFactory()


@pytest.mark.parametrize("part", ["line1", "postcode", "city"])
def test_an_address_without_a_part_is_refused(warehouse, part):
    variant = stocked(warehouse)
    way = Delivery(DeliveryMethodFactory().pk, HOME | {part: " "})

    with pytest.raises(Invalid):
        place(filled((variant, 1)), way)
    with pytest.raises(Invalid):
        place(filled((variant, 1)), Delivery(way.method_id, {}))

    assert nothing_written(variant)


@pytest.mark.parametrize(
    "price, delivery, total", [(5999, 490, 6489), (6000, 0, 6000), (6001, 0, 6001)]
)
def test_delivery_is_free_from_its_threshold(warehouse, price, delivery, total):
    way = Delivery(DeliveryMethodFactory().pk, HOME)

    order = place(filled((stocked(warehouse, price=price), 1)), way, expected_total_minor=total)

    assert order.total_minor == total
    assert order.lines.get(kind="delivery").total_minor == delivery
    assert order.payments.get().amount_minor == total
    assert sum(order.lines.values_list("tax_minor", flat=True)) == order.tax_minor


def test_delivery_cannot_be_paid_in_the_store(warehouse):
    way = Delivery(DeliveryMethodFactory().pk, HOME)

    with pytest.raises(Invalid):
        place(filled((stocked(warehouse), 1)), way, pay_in_store=True)


def member(points):
    account = AccountFactory(customer=CustomerFactory())
    correct(
        customer_id=account.customer_id,
        points=points,
        reason="g",
        reference="g",
        actor="u",
        at=NOON,
    )
    return account.customer


def test_points_are_a_tender_and_the_card_pays_the_rest(store):
    customer = member(100)
    way = Pickup(store.pk)

    order = placed(way, (stocked(store, price=1999), 1), customer=customer, points=100)

    assert list(order.payments.values_list("method", "amount_minor", "points")) == [
        ("points", 500, 100),
        ("card", 1499, 0),
    ]
    assert (order.total_minor, order.tax_minor) == (1999, 333)  # the VAT of the whole price
    assert loyalty.balance(customer, at=NOON).spendable == 0


def test_no_more_points_are_taken_than_the_order_costs(store):
    customer = member(500)

    order = placed(Pickup(store.pk), (stocked(store, price=1999), 1), customer=customer, points=500)

    assert list(order.payments.values_list("method", "amount_minor")) == [
        ("points", 1995),
        ("card", 4),
    ]
    assert loyalty.balance(customer, at=NOON).spendable == 101


def test_points_that_are_not_there_write_nothing(store):
    customer, variant = member(10), stocked(store)
    basket = filled((variant, 1), customer=customer)

    with pytest.raises(NotEnoughPoints):
        place(basket, Pickup(store.pk), points=11)

    assert nothing_written(variant)
    assert loyalty.balance(customer, at=NOON).spendable == 10


def test_a_replaced_order_gives_its_points_back(store):
    customer = member(100)
    basket, way = filled((stocked(store), 1), customer=customer), Pickup(store.pk)
    place(basket, way, points=100)

    place(basket, way, points=40)

    assert loyalty.balance(customer, at=NOON).spendable == 60


def statements(basket, way):
    with CaptureQueriesContext(connection) as queries:
        checkout.place(
            basket_id=basket.pk,
            request=checkout.Request(contact=contact(), way=way),
            at=NOON,
        )
    # In production the outermost block is BEGIN and COMMIT, which are no statements of ours.
    return [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]


def test_placing_takes_at_most_twenty_statements_however_many_lines(store, warehouse):
    delivery = Delivery(DeliveryMethodFactory().pk, HOME)
    for way, place_ in ((Pickup(store.pk), store), (delivery, warehouse)):
        one = statements(filled((stocked(place_), 1)), way)
        fifteen = statements(filled(*[(stocked(place_), 1) for _ in range(15)]), way)

        assert len(one) == len(fifteen)
        assert len(fifteen) <= 20


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_ten_clicks_at_once_are_one_order():
    store = StoreFactory()
    variant = stocked(store)
    basket, way = filled((variant, 1)), Pickup(store.pk)
    barrier, found = Barrier(10), []

    def click():
        try:
            barrier.wait()
            found.append(place(basket, way).pk)
        finally:
            connection.close()

    threads = [Thread(target=click) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 10
    assert len(set(found)) == 1
    assert level(variant) == (10, 1)


def test_a_discount_of_the_till_does_not_follow_the_basket_to_the_site():
    store = StoreFactory()
    basket = filled((stocked(store, price=2000), 1))
    BasketLine.objects.update(discount_minor=500, discount_reason="scratched")

    order = checkout.place(
        basket_id=basket.pk,
        request=checkout.Request(contact=contact(), way=Pickup(store.pk)),
        at=NOON,
    )

    assert (order.total_minor, order.lines.get().discount_minor) == (2000, 0)

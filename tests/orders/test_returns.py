"""A return gives back what was paid for just these units, once (FIELD 24, 33, 34, VAT-4)."""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.models import Message
from inventory.models import StockLevel
from loyalty import selectors as loyalty
from loyalty.services.corrections import correct
from omnishop.kernel.errors import Invalid, NotFound, Refusal
from orders import selectors
from orders.models import Order, Payment, Receipt, Refund, Return, ReturnLine
from orders.services import baskets, parcels, returns, till
from orders.services.ways import Delivery, Pickup
from tests.factories import (
    NOON,
    AccountFactory,
    CustomerFactory,
    DeliveryMethodFactory,
    LegalEntityFactory,
    StoreFactory,
    TillFactory,
    WarehouseFactory,
)
from tests.orders.flows import HOME, collected, level, opened, paid, placed, sold, stocked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("invariants")]


@pytest.fixture
def desk(db):
    return TillFactory()


def bring_back(order, units, desk, disposition="sellable"):
    return returns.take_back(
        order_id=order.pk,
        units=units,
        disposition=disposition,
        till=desk,
        reason="too small",
        actor="user:1",
        at=NOON,
    )


def discounted(desk, *, price, quantity, off, customer=None):
    """A sale at the till with a discount on the line."""
    variant = stocked(desk.store, on_hand=50, price=price)
    basket = baskets.start(at=NOON, channel="till", till=desk)
    baskets.add(basket_id=basket.pk, variant_id=variant.pk, quantity=quantity, at=NOON)
    baskets.identify(basket_id=basket.pk, customer=customer)
    if off:
        baskets.discount(
            basket_id=basket.pk, variant_id=variant.pk, amount_minor=off, reason="scratch", at=NOON
        )
    order = till.open_order(
        basket_id=basket.pk, till=desk, expected_total_minor=None, actor="u", at=NOON
    )
    till.take_cash(
        order_id=order.pk, till=desk, tendered_minor=order.total_minor, key=order.number, at=NOON
    )
    till.finish(order_id=order.pk, till=desk, actor="u", at=NOON)
    return Order.objects.get(pk=order.pk)


def test_each_unit_refunds_its_share_of_an_odd_discounted_line(desk):
    order = discounted(desk, price=1000, quantity=3, off=1)  # 29.99 for three
    line = order.lines.get()

    documents = [bring_back(order, {line.pk: 1}, desk) for _ in range(3)]

    assert [document.total_minor for document in documents] == [999, 999, 1001]
    assert [document.number for document in documents] == [
        f"{order.number}-R{n}" for n in (1, 2, 3)
    ]
    assert sum(document.tax_minor for document in documents) == order.tax_minor == 500
    assert sum(Receipt.objects.values_list("total_minor", flat=True)) == 0


@given(
    price=st.integers(1, 5000),
    quantity=st.integers(1, 7),
    share=st.integers(0, 100),
    cuts=st.lists(st.integers(0, 7), max_size=4),
)
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_any_split_of_returns_gives_back_the_sale_and_its_vat(price, quantity, share, cuts):
    desk = TillFactory()
    off = (price * quantity - 1) * share // 100
    order = discounted(desk, price=price, quantity=quantity, off=off)
    line = order.lines.get()
    ends = [0, *sorted(min(cut, quantity) for cut in cuts), quantity]

    documents = [
        bring_back(order, {line.pk: last - first}, desk)
        for first, last in pairwise(ends)
        if last > first
    ]

    assert sum(document.total_minor for document in documents) == order.total_minor
    assert sum(document.tax_minor for document in documents) == order.tax_minor
    payment = order.payments.get()
    assert payment.refunded_minor == payment.captured_minor


def test_what_came_back_does_not_come_back_again(desk):
    order = sold(desk, (stocked(desk.store), 2))
    line = order.lines.get()
    bring_back(order, {line.pk: 2}, desk)

    for units in ({line.pk: 1}, {line.pk: 3}, {line.pk: -1}, {line.pk: 0}, {}):
        with pytest.raises(Invalid):
            bring_back(order, units, desk)
    with pytest.raises(NotFound):
        bring_back(order, {0: 1}, desk)

    assert Return.objects.count() == 1
    assert Refund.objects.count() == 1


def test_what_was_not_handed_over_cannot_come_back():
    store = StoreFactory()
    order = paid(Pickup(store.pk), (stocked(store), 1))

    with pytest.raises(Invalid):
        bring_back(order, {order.lines.get().pk: 1}, TillFactory(store=store))


def test_what_was_handed_over_cannot_be_cancelled():
    store = StoreFactory()
    order = collected(paid(Pickup(store.pk), (stocked(store), 1)))

    with pytest.raises(Invalid):
        returns.cancel(
            order_id=order.pk, units={order.lines.get().pk: 1}, reason="x", actor="u", at=NOON
        )


def test_an_order_that_is_not_paid_is_given_up_not_returned():
    store = StoreFactory()
    order = placed(Pickup(store.pk), (stocked(store), 1))

    with pytest.raises(Refusal):
        returns.cancel(
            order_id=order.pk, units={order.lines.get().pk: 1}, reason="x", actor="u", at=NOON
        )


def test_goods_go_back_on_the_shelf_of_the_store_that_receives_them(desk):
    other = TillFactory()
    variant = stocked(desk.store)
    order = sold(desk, (variant, 2))
    line = order.lines.get()

    bring_back(order, {line.pk: 1}, other)
    bring_back(order, {line.pk: 1}, other, disposition="damaged")

    assert level(variant, desk.store.locations.get()) == (8, 0)
    assert level(variant, other.store.locations.get()) == (2, 0)
    assert StockLevel.objects.get(location=other.store.locations.get()).unsellable == 1
    assert set(ReturnLine.objects.values_list("location", flat=True)) == {
        other.store.locations.get().pk
    }
    assert Receipt.objects.filter(till=other).count() == 2


def test_a_web_order_comes_back_in_any_shop_to_the_card(desk):
    store = StoreFactory()
    variant = stocked(store)
    order = collected(paid(Pickup(store.pk), (variant, 1)))

    bring_back(order, {order.lines.get().pk: 1}, desk)

    refund = Refund.objects.get()
    assert (refund.payment.method, refund.amount_minor, refund.status) == ("card", 2000, "due")
    assert Receipt.objects.get().total_minor == -2000
    assert level(variant, desk.store.locations.get()) == (1, 0)


def test_buying_and_returning_for_ever_leaves_no_points(desk):
    """FIELD 24."""
    customer = CustomerFactory()
    AccountFactory(customer=customer)
    variant = stocked(desk.store, on_hand=3, price=1001)

    for _ in range(3):
        order = sold(desk, (variant, 3), customer=customer)
        line = order.lines.get()
        assert loyalty.balance(customer, at=NOON).pending == 30
        for _unit in range(3):
            bring_back(order, {line.pk: 1}, desk)

    balance = loyalty.balance(customer, at=NOON)
    assert (balance.pending, balance.spendable, balance.debt) == (0, 0, 0)


def test_points_of_a_return_are_the_exact_inverse_unit_by_unit(desk):
    customer = CustomerFactory()
    AccountFactory(customer=customer)
    order = sold(desk, (stocked(desk.store, price=167), 3), customer=customer)  # 5.01: 5 points
    line = order.lines.get()
    left = []

    for _ in range(3):
        bring_back(order, {line.pk: 1}, desk)
        left.append(loyalty.balance(customer, at=NOON).pending)

    assert left == [4, 2, 0]


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


def test_money_goes_back_before_points():
    store = StoreFactory()
    customer = member(100)
    variant = stocked(store, price=1000)
    order = collected(
        paid(Pickup(store.pk), (variant, 2), customer=customer, points=100)
    )  # 5.00 in points, 15.00 by card
    line = order.lines.get()
    desk = TillFactory(store=store)
    assert loyalty.balance(customer, at=NOON).pending == 15

    def given():
        return {p.method: p.refunded_minor for p in Payment.objects.filter(order=order)}

    bring_back(order, {line.pk: 1}, desk)
    assert given() == {"points": 0, "card": 1000}
    bring_back(order, {line.pk: 1}, desk)
    assert given() == {"points": 500, "card": 1500}

    balance = loyalty.balance(customer, at=NOON)
    assert (balance.spendable, balance.pending, balance.debt) == (100, 0, 0)


def test_several_tenders_of_a_till_sale_go_back_in_their_order(desk):
    variant = stocked(desk.store, price=1000)
    order = opened(desk, (variant, 3))
    till.take_cash(order_id=order.pk, till=desk, tendered_minor=1700, key="c", at=NOON)
    till.take_card(order_id=order.pk, till=desk, amount_minor=1300, key="t", at=NOON)
    till.finish(order_id=order.pk, till=desk, actor="u", at=NOON)

    bring_back(order, {order.lines.get().pk: 2}, desk)

    refunds = Refund.objects.order_by("pk").values_list("payment__method", "amount_minor", "status")
    assert list(refunds) == [("terminal", 1300, "due"), ("cash", 700, "settled")]


def delivered(*quantities):
    LegalEntityFactory()
    warehouse = WarehouseFactory()
    way = Delivery(DeliveryMethodFactory(price_minor=490, free_from_minor=None).pk, HOME)
    order = paid(way, *[(stocked(warehouse), quantity) for quantity in quantities])
    return order, order.fulfilments.get()


def test_the_delivery_is_refunded_with_the_last_article_cancelled():
    order, _parcel = delivered(1, 1)
    first, second = order.lines.filter(kind="product")

    for line, total in ((first, 2000), (second, 2490)):
        document = returns.cancel(
            order_id=order.pk, units={line.pk: 1}, reason="asked", actor="u", at=NOON
        )
        assert document.total_minor == total

    assert Order.objects.get(pk=order.pk).status == Order.Status.CANCELLED


def test_the_delivery_is_refunded_with_the_last_article_brought_back(desk):
    """CST-4: who withdraws gets everything back, the delivery too."""
    order, parcel = delivered(2)
    parcels.ship(fulfilment_id=parcel.pk, tracking="1Z", actor="u", at=NOON)
    line = order.lines.get(kind="product")

    assert bring_back(order, {line.pk: 1}, desk).total_minor == 2000
    told = selectors.return_preview(order, {line.pk: 1})
    assert bring_back(order, {line.pk: 1}, desk).total_minor == told.total_minor == 2490

    payment = order.payments.get()
    assert payment.refunded_minor == payment.captured_minor == 4490


def test_every_refund_is_told(desk):
    store = StoreFactory()
    order = collected(paid(Pickup(store.pk), (stocked(store), 2)))
    line = order.lines.get()

    for _ in range(2):
        bring_back(order, {line.pk: 1}, desk)

    told = Message.objects.filter(template="refund").order_by("pk")
    assert [message.context["amount_minor"] for message in told] == [2000, 2000]

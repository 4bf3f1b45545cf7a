"""Tenders, returns and pick-ups at the till: repeats change nothing, previews tell the truth."""

from datetime import timedelta

import pytest

from customers.models import Message
from loyalty import selectors as loyalty
from loyalty.services.corrections import correct
from omnishop.kernel.errors import Invalid, Refusal
from orders import selectors
from orders.errors import IllegalMove
from orders.models import Order, Payment
from orders.services import baskets, checkout, picking, pickup, returns, till
from orders.services.contacts import Contact
from orders.services.ways import Pickup
from tests.factories import (
    NOON,
    AccountFactory,
    BasketFactory,
    BasketLineFactory,
    CustomerFactory,
    StockLevelFactory,
    StoreFactory,
    TillFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db


def sale(desk, *, price=1001, quantity=3, customer=None):
    """An order at the till's payment."""
    variant = VariantFactory(price=price)
    StockLevelFactory(variant=variant, location=desk.store.locations.get())
    basket = baskets.start(at=NOON, channel="till", till=desk)
    baskets.add(basket_id=basket.pk, variant_id=variant.pk, quantity=quantity, at=NOON)
    baskets.identify(basket_id=basket.pk, customer=customer)
    return till.open_order(
        basket_id=basket.pk, till=desk, expected_total_minor=None, actor="user:1", at=NOON
    )


def member(points):
    account = AccountFactory(customer=CustomerFactory())
    correct(
        customer_id=account.customer_id,
        points=points,
        reason="gift",
        reference="G",
        actor="u",
        at=NOON,
    )
    return account


def test_points_sent_twice_are_spent_and_counted_once():
    desk, account = TillFactory(), member(500)
    order = sale(desk, customer=account.customer)

    first = till.take_points(order_id=order.pk, till=desk, points=500, key="p1", at=NOON)
    again = till.take_points(order_id=order.pk, till=desk, points=500, key="p1", at=NOON)
    with pytest.raises(Invalid):
        till.take_points(order_id=order.pk, till=desk, points=500, key="p2", at=NOON)

    assert first == again == 500 * account.programme.point_value_minor
    assert Payment.objects.filter(order=order).count() == 1
    assert loyalty.balance(account.customer, at=NOON).spendable == 0


def test_a_tender_sent_again_after_the_sale_is_finished_is_the_same_tender():
    desk = TillFactory()
    order = sale(desk)
    cash = till.take_cash(order_id=order.pk, till=desk, tendered_minor=5000, key="k", at=NOON)
    till.finish(order_id=order.pk, till=desk, actor="u", at=NOON)

    again = till.take_cash(order_id=order.pk, till=desk, tendered_minor=5000, key="k", at=NOON)
    card = till.take_card(order_id=order.pk, till=desk, amount_minor=5000, key="k", at=NOON)

    assert again == card == cash
    assert Payment.objects.count() == 1
    with pytest.raises(IllegalMove):
        till.take_cash(order_id=order.pk, till=desk, tendered_minor=1, key="other", at=NOON)


def test_a_sale_does_not_change_while_it_is_paid():
    desk = TillFactory()
    order = sale(desk)

    with pytest.raises(Refusal):
        baskets.add(basket_id=order.basket_id, variant_id=VariantFactory().pk, quantity=1, at=NOON)

    assert order.basket.lines.count() == 1
    till.cancel(order_id=order.pk, till=desk, actor="u", at=NOON)
    baskets.add(basket_id=order.basket_id, variant_id=VariantFactory().pk, quantity=1, at=NOON)
    assert order.basket.lines.count() == 2


def test_scanned_articles_join_the_basket_from_the_site():
    desk = TillFactory()
    both, scanned = VariantFactory(), VariantFactory()
    web = BasketFactory()
    BasketLineFactory(basket=web, variant=both, quantity=2)
    mine = baskets.start(at=NOON, channel="till", till=desk)
    baskets.add(basket_id=mine.pk, variant_id=both.pk, quantity=1, at=NOON)
    baskets.add(basket_id=mine.pk, variant_id=scanned.pk, quantity=1, at=NOON)
    baskets.open_at_till(basket_id=web.pk, till=desk)

    baskets.bring_along(from_id=mine.pk, to_id=web.pk, at=NOON)

    assert dict(web.lines.values_list("variant", "quantity")) == {both.pk: 2, scanned.pk: 1}
    assert not mine.lines.exists()


@pytest.mark.parametrize("first", [1, 2, 3])
def test_the_preview_of_a_return_is_what_the_return_does(first):
    desk, account = TillFactory(), member(300)
    order = sale(desk, customer=account.customer)
    value = 300 * account.programme.point_value_minor
    till.take_points(order_id=order.pk, till=desk, points=300, key="p", at=NOON)
    till.take_cash(order_id=order.pk, till=desk, tendered_minor=3003 - value, key="c", at=NOON)
    till.finish(order_id=order.pk, till=desk, actor="u", at=NOON)
    line = order.lines.get()
    before = loyalty.balance(account.customer, at=NOON)

    told = selectors.return_preview(Order.objects.get(pk=order.pk), {line.pk: first})
    done = returns.take_back(
        order_id=order.pk,
        units={line.pk: first},
        disposition="sellable",
        till=desk,
        reason="too small",
        actor="u",
        at=NOON,
    )

    after = loyalty.balance(account.customer, at=NOON)
    assert told.total_minor == done.total_minor
    assert {payment.pk: part for payment, part in told.tenders} == {
        payment.pk: payment.refunded_minor
        for payment in order.payments.all()
        if payment.refunded_minor
    }
    assert told.points_taken == before.pending - after.pending
    assert told.points_given == after.spendable - before.spendable
    with pytest.raises(Invalid):
        selectors.return_preview(Order.objects.get(pk=order.pk), {line.pk: 4 - first})


def test_ready_is_told_again_only_when_it_is_ready_and_once_a_minute():
    store = StoreFactory()
    variant = VariantFactory()
    StockLevelFactory(variant=variant, location=store.locations.get())
    basket = BasketFactory()
    BasketLineFactory(basket=basket, variant=variant)
    order = checkout.place(
        basket_id=basket.pk,
        request=checkout.Request(
            contact=Contact("Camille Martin", "camille@example.org"),
            way=Pickup(store.pk),
            pay_in_store=True,
        ),
        at=NOON,
    )
    pk = order.fulfilments.get().pk
    with pytest.raises(IllegalMove):
        pickup.resend_ready(fulfilment_id=pk, actor="u", at=NOON)
    picking.pick_all(fulfilment_id=pk, actor="u", at=NOON)
    pickup.ready(fulfilment_id=pk, actor="u", at=NOON)

    for seconds in (10, 20, 70):
        pickup.resend_ready(fulfilment_id=pk, actor="u", at=NOON + timedelta(seconds=seconds))

    assert Message.objects.filter(template="order_ready").count() == 3

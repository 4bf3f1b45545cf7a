"""What a provider says, in any order and however often (INVARIANTS F-7 to F-12, P-3)."""

import json
from datetime import timedelta
from itertools import permutations
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone

from customers.models import Message
from loyalty.services.corrections import correct
from omnishop.kernel.errors import Invalid, NotFound
from orders import tasks
from orders.models import Basket, Order, Payment, PaymentEvent, Refund, SandboxCharge
from orders.providers import Outcome, ProviderUnavailable, provider, sandbox
from orders.services import payments, returns, unpaid
from orders.services.ways import Pickup
from tests.factories import NOON, AccountFactory, CustomerFactory, StoreFactory
from tests.orders.flows import captured, level, placed, stocked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("invariants")]


@pytest.fixture
def store(db):
    return StoreFactory()


@pytest.fixture
def article(store):
    return stocked(store, on_hand=1)


@pytest.fixture
def order(store, article):
    return placed(Pickup(store.pk), (article, 1))


def charge(order, accept=True):
    """The shopper paid, or was refused, on the provider's page."""
    payment = order.payments.get(method="card", status="pending")
    payments.page(payment=payment, return_url="/")
    return sandbox.decide(reference=payment.reference, accept=accept, late=False, at=NOON)


def hook(charge, sent_at=None, **changes):
    body, headers = sandbox.signed_notice(charge, at=sent_at or timezone.now())
    if changes:
        body = json.dumps(json.loads(body) | changes).encode()
    return body, headers


def receive(body, headers):
    return payments.receive(provider_code="sandbox", body=body, headers=headers, at=NOON)


def state(order):
    order.refresh_from_db()
    return order.status, order.paid_at


def test_a_web_hook_places_the_order_once(order, article):
    notice = hook(charge(order))

    assert [receive(*notice) for _ in range(3)] == [True, False, False]

    assert state(order) == (Order.Status.PLACED, NOON)
    assert PaymentEvent.objects.count() == 1
    assert Message.objects.filter(template="order_placed").count() == 1
    assert level(article) == (1, 1)


def forged(body, headers):
    return body, headers | {"webhook-signature": "v1,AAAA"}


def other_body(body, headers):
    return body.replace(b"2000", b"0001"), headers


def without_headers(body, _headers):
    return body, {}


def no_json(_body, headers):
    return b"\xff{", headers


@pytest.mark.parametrize("spoil", [forged, other_body, without_headers, no_json])
def test_what_is_not_the_providers_writes_nothing(order, spoil):
    with pytest.raises(Invalid):
        receive(*spoil(*hook(charge(order))))

    assert state(order) == (Order.Status.AWAITING_PAYMENT, None)
    assert not PaymentEvent.objects.exists()


@pytest.mark.parametrize("age", [timedelta(minutes=6), -timedelta(minutes=6)])
def test_an_old_web_hook_is_refused(order, age):
    with pytest.raises(Invalid):
        receive(*hook(charge(order), sent_at=timezone.now() - age))

    assert not PaymentEvent.objects.exists()


@pytest.mark.parametrize(
    "field, value", [("amount_minor", 1999), ("amount_minor", 2001), ("currency", "USD")]
)
def test_another_amount_or_currency_never_pays_an_order(order, field, value):
    decided = charge(order)
    setattr(decided, field, value)

    with pytest.raises(Invalid):
        receive(*hook(decided))

    assert state(order) == (Order.Status.AWAITING_PAYMENT, None)
    assert not PaymentEvent.objects.exists()


def test_a_payment_we_do_not_know_is_refused(order):
    decided = charge(order)
    decided.reference = "unknown"

    with pytest.raises(Invalid):
        receive(*hook(decided))
    with pytest.raises(NotFound):
        payments.ask(reference="unknown", at=NOON)


def test_a_refusal_keeps_the_basket_and_another_try_may_succeed(order, article):
    receive(*hook(charge(order, accept=False)))
    assert state(order) == (Order.Status.AWAITING_PAYMENT, None)
    assert order.payments.get().refusal == "declined"

    again = payments.retry(order_id=order.pk, at=NOON)

    assert payments.retry(order_id=order.pk, at=NOON) == again
    assert captured(order).status == Order.Status.PLACED
    assert Basket.objects.get().status == Basket.Status.ORDERED
    with pytest.raises(Invalid):
        payments.retry(order_id=order.pk, at=NOON)


@pytest.mark.parametrize("events", list(permutations(["refused", "captured", "captured"])))
def test_whatever_the_order_of_events_the_end_is_the_same(order, article, events):
    reference = order.payments.get().reference

    for event in events:
        payments.apply(reference=reference, outcome=Outcome(event, 2000), at=NOON)

    assert state(order) == (Order.Status.PLACED, NOON)
    assert order.payments.get().status == Payment.Status.CAPTURED
    assert level(article) == (1, 1)
    assert not Refund.objects.exists()


def test_money_after_the_hold_ran_out_still_gets_the_goods_if_nobody_took_them(order, article):
    late = NOON + timedelta(hours=1)

    assert captured(order, at=late).status == Order.Status.PLACED
    assert level(article) == (1, 1)


def test_money_after_the_goods_are_gone_goes_back_and_the_shopper_is_told(order, article, store):
    late = NOON + timedelta(minutes=20)
    other = captured(placed(Pickup(store.pk), (article, 1), at=late), at=late)

    lost = captured(order, at=late)

    assert other.status == Order.Status.PLACED
    assert lost.status == Order.Status.CANCELLED
    assert lost.paid_at is None
    assert Refund.objects.get().amount_minor == 2000
    assert Message.objects.filter(template="order_sold_out").count() == 1
    assert level(article) == (1, 1)
    assert lost.basket.status == Basket.Status.OPEN


def test_money_for_an_order_that_was_given_up_goes_back_once(order, article):
    reference = order.payments.get().reference
    unpaid.abandon(order_id=order.pk, actor="task", at=NOON)

    for _ in range(3):
        payments.apply(reference=reference, outcome=Outcome("captured", 2000), at=NOON)

    assert state(order) == (Order.Status.CANCELLED, None)
    assert Refund.objects.get().amount_minor == 2000
    assert Message.objects.filter(template="payment_sent_back").count() == 1
    assert level(article) == (1, 0)


def test_of_two_captures_the_second_goes_back(order):
    first = order.payments.get()
    payments.apply(reference=first.reference, outcome=Outcome("refused"), at=NOON)
    second = payments.retry(order_id=order.pk, at=NOON)

    for payment in (second, first):
        payments.apply(reference=payment.reference, outcome=Outcome("captured", 2000), at=NOON)

    assert state(order)[0] == Order.Status.PLACED
    assert Refund.objects.get().payment == first
    assert sum(p.captured_minor - p.refunded_minor for p in order.payments.all()) == 2000


def test_a_captured_part_never_places_the_order(order):
    payments.apply(
        reference=order.payments.get().reference, outcome=Outcome("captured", 1999), at=NOON
    )

    assert state(order) == (Order.Status.AWAITING_PAYMENT, None)
    assert payments.due(order) == 1


def test_a_payment_whose_web_hook_is_lost_is_asked_for(order):
    decided = charge(order)

    payment = payments.ask(reference=decided.reference, at=NOON)

    assert payment.status == "captured"
    assert state(order)[0] == Order.Status.PLACED


def test_a_provider_that_does_not_answer_changes_nothing(order, monkeypatch):
    def down(*_args, **_kwargs):
        raise ProviderUnavailable

    monkeypatch.setattr(sandbox.Sandbox, "status", down)

    payment = payments.ask(reference=order.payments.get().reference, at=NOON)

    assert (payment.status, payment.checked_at) == ("pending", NOON)


def test_the_last_moment_asks_the_provider_before_the_order_goes(order):
    charge(order)
    Order.objects.update(hold_expires_at=NOON)

    tasks.expire_unpaid()

    order.refresh_from_db()
    assert order.status == Order.Status.PLACED
    assert not Refund.objects.exists()


def test_the_test_providers_web_hooks_come_twice_and_count_once(order):
    charge(order)
    for _ in range(4):
        SandboxCharge.objects.update(notify_at=NOON)
        tasks.deliver_sandbox_hooks()

    assert SandboxCharge.objects.get().notified == 2
    assert PaymentEvent.objects.count() == 1


def test_a_page_opened_twice_is_one_charge(order):
    payment = order.payments.get()

    assert payments.page(payment=payment, return_url="/") == payments.page(
        payment=payment, return_url="/"
    )
    assert SandboxCharge.objects.count() == 1


def test_a_refund_is_sent_once_and_tried_again_when_the_provider_is_down(
    order, monkeypatch, article
):
    charge(order)
    payments.ask(reference=order.payments.get().reference, at=NOON)
    order.refresh_from_db()
    returns.cancel(
        order_id=order.pk, units={order.lines.get().pk: 1}, reason="asked", actor="u", at=NOON
    )
    refund = Refund.objects.get()

    def down(*_args, **_kwargs):
        raise ProviderUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(sandbox.Sandbox, "refund", down)
        assert not payments.send_refund(refund_id=refund.pk, at=NOON)
    assert payments.send_refund(refund_id=refund.pk, at=NOON)
    assert not payments.send_refund(refund_id=refund.pk, at=NOON)

    refund.refresh_from_db()
    assert (refund.status, refund.attempts) == ("settled", 2)
    assert SandboxCharge.objects.get().refunded_minor == 2000
    provider("sandbox").refund(
        reference=refund.payment.reference, amount_minor=2000, key=refund.reference
    )
    assert SandboxCharge.objects.get().refunded_minor == 2000


def test_points_that_pay_everything_place_the_order_without_a_card(store, article):
    account = AccountFactory(customer=CustomerFactory())
    correct(
        customer_id=account.customer_id, points=400, reason="g", reference="g", actor="u", at=NOON
    )
    order = placed(Pickup(store.pk), (article, 1), customer=account.customer, points=400)
    assert not order.payments.filter(method="card").exists()

    assert payments.confirm_if_paid(order_id=order.pk, at=NOON)
    assert not payments.confirm_if_paid(order_id=order.pk, at=NOON)

    assert state(order) == (Order.Status.PLACED, NOON)
    assert order.payments.get().points == 400


def test_what_is_not_paid_is_not_confirmed(order):
    assert not payments.confirm_if_paid(order_id=order.pk, at=NOON)
    assert state(order) == (Order.Status.AWAITING_PAYMENT, None)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_twenty_web_hooks_at_once_have_one_effect():
    store = StoreFactory()
    article = stocked(store)
    order = placed(Pickup(store.pk), (article, 1))
    notice = hook(charge(order))
    barrier, answers = Barrier(20), []

    def send():
        try:
            barrier.wait()
            answers.append(receive(*notice))
        finally:
            connection.close()

    threads = [Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [False] * 19 + [True]
    assert state(order) == (Order.Status.PLACED, NOON)
    assert PaymentEvent.objects.count() == 1
    assert Message.objects.count() == 1
    assert level(article) == (10, 1)

"""The exception of the law after a sale (GDP-2): only a real one, by the company that writes."""

from datetime import timedelta

import pytest

from customers.models import ConsentEvent, SaleNotice
from customers.services.consents import asked_at_sale, may_be_sent_marketing
from omnishop.privacy.services import notices
from orders.models import Order
from orders.services.ways import Pickup
from tests.factories import NOON, CustomerFactory, LegalEntityFactory, StoreFactory, TillFactory
from tests.orders import flows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("invariants")]


@pytest.fixture
def store():
    return StoreFactory()


def told(order, refused=False):
    asked_at_sale(
        document=order.number, refused=refused, source="checkout", actor="customer",
        language="fr", at=NOON,
    )  # fmt: skip


def settled(at=NOON):
    return [notices.settle(pk, at=at) for pk in notices.due(at)]


def test_an_answer_comes_with_the_payment_not_with_the_order(store):
    who = CustomerFactory()
    order = flows.placed(Pickup(store_id=store.pk), (flows.stocked(store), 1), customer=who)
    told(order)

    assert settled() == [False]
    assert not ConsentEvent.objects.exists()
    flows.captured(order)
    assert settled() == [True]
    assert settled() == []  # once
    event = ConsentEvent.objects.get()
    assert (event.basis, event.document, event.customer) == ("soft_opt_in", order.number, who)
    assert may_be_sent_marketing(who.pk, at=NOON)
    assert not may_be_sent_marketing(who.pk, "phone", at=NOON)


def test_an_account_without_purchase_and_a_reservation_give_none(store):
    who = CustomerFactory()
    order = flows.placed(
        Pickup(store_id=store.pk),
        (flows.stocked(store), 1),
        customer=who,
        pay_in_store=True,
    )
    told(order)

    assert settled() == [False]
    assert settled(NOON + timedelta(days=31)) == [False]
    assert SaleNotice.objects.filter(settled_at__isnull=False).exists()
    assert not may_be_sent_marketing(who.pk, at=NOON)


def test_a_sale_of_another_company_gives_none(store):
    other = StoreFactory(entity=LegalEntityFactory())
    assert other.entity != store.entity
    who = CustomerFactory()
    order = flows.sold(TillFactory(store=other), (flows.stocked(other), 1), customer=who)
    told(order)

    assert settled() == [False]
    assert not may_be_sent_marketing(who.pk, at=NOON)


def test_a_guest_s_refusal_is_the_refusal_of_who_has_the_address(store):
    who = CustomerFactory(email="camille@example.org")
    order = flows.paid(Pickup(store_id=store.pk), (flows.stocked(store), 1))
    Order.objects.filter(pk=order.pk).update(customer=None)
    told(order, refused=True)

    assert settled() == [True]
    event = ConsentEvent.objects.get()
    assert (event.customer, event.granted) == (who, False)


def test_a_guest_s_silence_says_nothing_for_who_has_the_address(store):
    CustomerFactory(email="camille@example.org")
    order = flows.paid(Pickup(store_id=store.pk), (flows.stocked(store), 1))
    Order.objects.filter(pk=order.pk).update(customer=None)
    told(order)

    assert settled() == [False]
    assert not ConsentEvent.objects.exists()

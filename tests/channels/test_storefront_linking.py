"""Orders made as a guest become the person's when their address is proved, never before."""

import re

import pytest
from allauth.account.models import EmailAddress

from customers.models import Customer
from customers.services.identities import create_customer
from orders.models import Order
from tests.channels.storefront import add, bank, order_now, small_shop, to_payment
from tests.factories import CustomerFactory, UserFactory

pytestmark = pytest.mark.django_db

SIGN_UP = {"email": "Camille@example.org", "password1": "correct horse battery"}


def ordered_as_guest(client):
    shop = small_shop()
    add(client, shop.jacket_m)
    order_now(client, to_payment(client, store=shop.lyon.pk))
    bank(client)
    return Order.objects.get()


def sign_up(client, mailoutbox):
    client.post("/compte/signup/", SIGN_UP)
    return re.search(r"\b[A-Z0-9]{4}-?[A-Z0-9]{2,4}\b", mailoutbox[-1].body)[0]


def test_guest_orders_are_linked_at_verification_and_not_at_sign_up(client, mailoutbox):
    order = ordered_as_guest(client)
    till_record = create_customer(first_name="Camille", email="camille@example.org")

    code = sign_up(client, mailoutbox)

    order.refresh_from_db()
    till_record.refresh_from_db()
    assert (order.customer, till_record.user) == (None, None)
    assert client.get("/mon-compte/").status_code == 302

    client.post("/compte/confirm-email/", {"code": code})

    order.refresh_from_db()
    till_record.refresh_from_db()
    assert EmailAddress.objects.get().verified
    assert order.customer == till_record
    assert till_record.user.email == "camille@example.org"
    assert Customer.objects.count() == 1
    assert [event.kind for event in order.events.filter(kind="linked")] == ["linked"]
    assert order.number in client.get("/mon-compte/").content.decode()


def test_another_s_orders_stay_theirs(client, mailoutbox):
    order = ordered_as_guest(client)
    other = CustomerFactory()
    Order.objects.update(customer=other)

    client.post("/compte/confirm-email/", {"code": sign_up(client, mailoutbox)})

    order.refresh_from_db()
    assert order.customer == other


def test_a_second_address_brings_its_guest_orders_once_it_is_proved(client):
    order = ordered_as_guest(client)
    user = UserFactory(email="c.martin@example.org")
    own = CustomerFactory(user=user)
    address = EmailAddress.objects.create(user=user, email="camille@example.org", verified=False)
    client.force_login(user)
    order.refresh_from_db()
    assert order.customer is None

    address.set_verified()
    from allauth.account.signals import email_confirmed

    email_confirmed.send(sender=EmailAddress, request=None, email_address=address)

    order.refresh_from_db()
    assert order.customer == own

"""What somebody ordered as a guest becomes theirs once they proved their address."""

from datetime import datetime

from django.db import transaction

from customers.models import Customer
from customers.services.identities import normal_email, verify_email
from omnishop.network.models import User
from orders.models import Basket, Order
from orders.services import events


@transaction.atomic
def welcome(*, user: User, email: str, at: datetime) -> Customer:
    """The person behind a login who proved an address, with the guest orders made under it.

    Never called for an unverified address (FIELD 42). A repeat changes nothing. Points are not
    given afterwards: a guest bought without a card.
    """
    customer = verify_email(user=user, email=email, at=at)
    orders = Order.objects.locked().filter(
        customer__isnull=True, email=normal_email(email), channel="web"
    )
    for order in orders:
        order.customer = customer
        order.save(update_fields=["customer"])
        events.record(order, "linked", actor="customer", at=at, customer=customer.number)
    # Baskets of a record that was merged on the way: the person goes on with them.
    Basket.objects.filter(customer__merged_into=customer).exclude(
        status=Basket.Status.ORDERED
    ).update(customer=customer)
    return customer

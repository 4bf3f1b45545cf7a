"""Privacy in the demonstration: answers, a clock that ends, an erasure that waits."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from customers.models import Customer, Identity
from customers.models.consent import Channel, Purpose
from customers.services.consents import asked_at_sale, record_consent
from omnishop.demo.members import Person
from omnishop.privacy.services import erasing, notices, retaining
from orders.models import Order

ASLEEP = timedelta(days=1095 - 20)  # told now, erased in twenty days or more


def fill(people: Sequence[Person], *, at: datetime) -> None:
    """Write them; a few rows."""
    some = [person for person in people if person.consents and not person.user][:12]
    for number, person in enumerate(some):
        customer = Customer.objects.get(pk=person.pk)
        for purpose, channel in (
            (Purpose.PROFILING, Channel.ALL),
            (Purpose.MARKETING, Channel.PUSH),
            (Purpose.MARKETING, Channel.PHONE),
        )[: 1 + number % 3]:
            record_consent(
                customer=customer,
                granted=number % 4 != 3,
                purpose=purpose,
                channel=channel,
                source="preferences",
                actor="customer",
                at=at - timedelta(days=number),
            )
    _after_a_sale(at)
    _asleep(at)
    _waiting(people, at)


def _after_a_sale(at: datetime) -> None:
    """Buyers of the last days who were told of mails; one refused."""
    silent = Order.objects.filter(
        channel="web", paid_at__isnull=False, customer__isnull=False, customer__consents=None
    ).order_by("-pk")[:4]
    for number, order in enumerate(silent):
        asked_at_sale(
            document=order.number,
            refused=number == 1,
            source="checkout",
            actor="customer",
            language=order.language,
            at=order.placed_at,
        )
    for pk in notices.due(at):
        notices.settle(pk, at=at)


def _asleep(at: datetime) -> None:
    """Somebody who did nothing for nearly three years is told."""
    number = "C-DORMANT"
    person = Customer.objects.create(number=number, first_name="Odile", last_name="Vasseur")
    Customer.objects.filter(pk=person.pk).update(created_at=at - ASLEEP)
    Identity.objects.create(
        customer=person, kind="email", value="odile.vasseur@example.org", verified_at=at - ASLEEP
    )
    for due in retaining.to_tell(at=at):
        if due.customer_id == person.pk:
            retaining.tell(due, at=at)


def _waiting(people: Sequence[Person], at: datetime) -> None:
    """Somebody with an open order asked to be forgotten: the rest is gone, the order is not."""
    calm = {person.pk for person in people if not person.user}
    order = (
        Order.objects.filter(
            status=Order.Status.PLACED, customer__in=calm, fulfilments__kind="shipment"
        )
        .order_by("-pk")
        .first()
    )
    if order and order.customer:
        request = erasing.ask(
            customer=order.customer, source="account", actor="customer", at=at, tell=False
        )
        erasing.go_on(request_id=request.pk, at=at)

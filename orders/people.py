"""What belongs to a person over all their records, read for staff before records are merged."""

from dataclasses import dataclass

from customers.models import ConsentEvent, Customer, Identity, Message
from customers.selectors import records
from loyalty.models import Account
from orders.models import Basket, Order


@dataclass(frozen=True, slots=True)
class Belongings:
    """What would come along with a record."""

    cards: tuple[str, ...]
    keys: tuple[str, ...]  # e-mail addresses and telephone numbers
    points: int  # over all accounts; pending ones included
    consents: int  # answers given
    orders: int
    baskets: int  # open, with articles
    messages: int
    records: int  # merged into this one earlier


def belongings(customer: Customer) -> Belongings:
    """The person's belongings over all their records; seven statements."""
    own = records(customer.pk)
    identities = list(
        Identity.objects.filter(customer__in=own)
        .order_by("kind", "pk")
        .values_list("kind", "value")
    )
    return Belongings(
        cards=tuple(value for kind, value in identities if kind == Identity.Kind.CARD),
        keys=tuple(value for kind, value in identities if kind != Identity.Kind.CARD),
        points=sum(Account.objects.filter(customer__in=own).values_list("balance", flat=True)),
        consents=ConsentEvent.objects.filter(customer__in=own).count(),
        orders=Order.objects.filter(customer__in=own).count(),
        baskets=Basket.objects.open()
        .filter(customer__in=own, lines__isnull=False)
        .distinct()
        .count(),
        messages=Message.objects.filter(customer__in=own).count(),
        records=own.count() - 1,
    )

"""A person as rows point at them: all records, the keys they are known by, their orders."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q

from customers.models import Identity
from customers.selectors import records
from omnishop.network.models import User
from orders.models import Order


@dataclass(frozen=True, slots=True)
class Person:
    """By what the rows of a person are found, in whatever table they are."""

    customer_id: int  # the live record
    records: tuple[int, ...]
    numbers: tuple[str, ...]  # "C-000042", by which the catalogue knows them
    emails: tuple[str, ...]
    users: tuple[int, ...]
    orders: tuple[int, ...]
    documents: tuple[str, ...]  # the numbers of these orders
    held: tuple[str, ...] = ()  # the numbers of orders that are left out

    @property
    def pairs(self) -> list[str]:
        """Customer keys as text, for tables that keep keys of any kind."""
        return [str(pk) for pk in self.records]


def person(
    customer_id: int,
    *,
    proved_only: bool = False,
    without: Collection[str] = (),
    also: Collection[str] = (),
) -> Person:
    """The person of a live record. `without` leaves out orders, `also` adds some, by number.

    Orders of guests are theirs when they went to one of their addresses. With `proved_only` an
    address counts only once it was proved: nobody is shown what somebody else ordered (FIELD 42).
    """
    people = list(records(customer_id).order_by("pk"))
    ids = tuple(one.pk for one in people)
    keys = Identity.objects.filter(customer__in=ids, kind=Identity.Kind.EMAIL)
    if proved_only:
        keys = keys.filter(verified_at__isnull=False)
    # A login of staff is the employer's affair.
    users = list(User.objects.filter(customer__in=ids, is_staff=False))
    emails = set(keys.values_list("value", flat=True))
    if not proved_only:
        emails |= {user.email.lower() for user in users}
    theirs = Q(customer__in=ids) | Q(number__in=also)
    if emails:
        theirs |= Q(customer__isnull=True, email__in=emails)
    orders = list(
        Order.objects.filter(theirs)
        .exclude(number__in=without)
        .order_by("pk")
        .values_list("pk", "number")
    )
    return Person(
        customer_id=customer_id,
        records=ids,
        numbers=tuple(one.number for one in people),
        emails=tuple(sorted(emails)),
        users=tuple(user.pk for user in users),
        orders=tuple(pk for pk, _number in orders),
        documents=tuple(number for _pk, number in orders),
        held=tuple(without),
    )

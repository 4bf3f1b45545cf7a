"""Reads about people. Every one resolves the merge pointer (DESIGN 3.5)."""

import re

import phonenumbers
from django.db.models import Q, QuerySet

from customers.models import Customer, Identity

FOUND_AT_MOST = 20


def resolve(customer: Customer) -> Customer:
    """The live record of a person."""
    return customer.merged_into or customer


def records(customer_id: int) -> QuerySet[Customer]:
    """All records of a live person: their own and those merged into it.

    Rows keep the record they were written for, so what belongs to a person is read as
    `filter(customer__in=records(pk))` (CUS-1).
    """
    return Customer.objects.filter(Q(pk=customer_id) | Q(merged_into=customer_id))


def by_identity(kind: str, value: str) -> Customer | None:
    """The live person that has a key, given in its normal form."""
    identity = (
        Identity.objects.select_related("customer__merged_into")
        .filter(kind=kind, value=value)
        .first()
    )
    return resolve(identity.customer) if identity else None


def masked_address(customer: Customer) -> str:
    """Enough of a person's address to know which one it is: c•••@example.org."""
    identity = (
        Identity.objects.filter(customer__in=records(customer.pk), kind=Identity.Kind.EMAIL)
        .order_by("verified_at", "pk")
        .first()
    )
    if identity is None:
        return ""
    name, _at, domain = identity.value.partition("@")
    return f"{name[:1]}•••@{domain}"


def find(text: str) -> QuerySet[Customer]:
    """People for one search field: card, phone, e-mail, number or beginning of a name (T8, V1).

    At the most 20, live records only, exact keys first.
    """
    text = text.strip()
    people = Customer.objects.live().prefetch_related("identities")
    if len(text) < 2:
        return people.none()
    if "@" in text:
        matches = Q(identities__kind="email", identities__value__startswith=text.lower())
    elif re.fullmatch(r"[\d+()./\s-]{4,}", text):
        digits = re.sub(r"\D", "", text)
        matches = Q(identities__kind="card", identities__value__startswith=digits)
        matches |= Q(identities__kind="phone", identities__value__startswith=_phone_prefix(text))
    elif re.fullmatch(r"[Cc]-\d+", text):
        matches = Q(number=text.upper())
    else:
        matches = Q()
        for word in text.split()[:3]:
            matches &= Q(last_name__istartswith=word) | Q(first_name__istartswith=word)
    ids = people.filter(matches).order_by().values("pk").distinct()[:FOUND_AT_MOST]
    return people.filter(pk__in=ids).order_by("last_name", "first_name", "pk")


def _phone_prefix(text: str) -> str:
    """The beginning of an E.164 number from what was typed: 06 39 → +33639."""
    try:
        number = phonenumbers.parse(text, "FR")
    except phonenumbers.NumberParseException:
        return text
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

"""Reads about people. Every one resolves the merge pointer (DESIGN 3.5)."""

import re
from collections.abc import Iterator

import phonenumbers
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from customers.models import Customer, Identity

# Of each beginning an index gives twenty rows, however many people begin so (FIELD 44).
LIVE = (
    "SELECT coalesce(c.merged_into_id, c.id) FROM ({parts}) found "
    "JOIN customers_customer c USING (id) LIMIT 20"
)
NUMBER = "(SELECT id FROM customers_customer WHERE number = %s)"
KEY = (
    "(SELECT customer_id AS id FROM customers_identity WHERE kind = %s AND value LIKE %s "
    "ORDER BY value USING ~<~ LIMIT 20)"
)
LAST_NAME = (
    "(SELECT id FROM customers_customer WHERE merged_into_id IS NULL "
    "AND plain_text(last_name) LIKE plain_text(%s) "
    "ORDER BY plain_text(last_name) USING ~<~ LIMIT 20)"
)
FIRST_NAME = LAST_NAME.replace("last_name", "first_name")
BOTH_NAMES = (
    "(SELECT id FROM customers_customer WHERE merged_into_id IS NULL "
    "AND plain_text(last_name) LIKE plain_text(%s) "
    "AND plain_text(first_name) LIKE plain_text(%s) LIMIT 20)"
)


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


def proved_emails(customer: Customer) -> QuerySet[Identity]:
    """The addresses that a live person proved, under any of their records; the first one first."""
    return Identity.objects.filter(
        customer__in=records(customer.pk),
        kind=Identity.Kind.EMAIL,
        verified_at__isnull=False,
    ).order_by("verified_at", "pk")


def masked_address(customer: Customer) -> str:
    """Enough of a person's address to know which one it is: c•••@example.org."""
    identity = (
        Identity.objects.filter(customer__in=records(customer.pk), kind=Identity.Kind.EMAIL)
        .order_by("verified_at", "pk")
        .first()
    )
    return masked(identity.value) if identity else ""


def masked(value: str) -> str:
    """Enough of an address or number for its owner to know it: c•••@example.org, •••34."""
    name, at, domain = value.partition("@")
    return f"{name[:1]}•••@{domain}" if at else f"•••{value[-2:]}"


def find(text: str) -> QuerySet[Customer]:
    """People for one search field: card, phone, e-mail, number or beginning of a name (T8, V1).

    At the most 20, live records only; a key of a merged record finds the person (FIELD 27).
    Names are compared without capitals and accents, in either order. Two statements, each by an
    index that ends at the twentieth row (FIELD 44).
    """
    text = " ".join(text.replace("\x00", "").split())
    people = Customer.objects.prefetch_related("identities")
    if len(text) < 2:
        return people.none()
    if "@" in text:
        parts = [(KEY, ["email", _beginning(text.lower())])]
    elif re.fullmatch(r"[\d+()./\s-]{4,}", text):
        card = re.sub(r"\D", "", text)
        parts = [
            (KEY, ["card", _beginning(card)]),
            (KEY, ["phone", _beginning(_phone_prefix(text))]),
        ]
    elif re.fullmatch(r"[Cc]-\d+", text):
        parts = [(NUMBER, [text.upper()])]
    else:
        parts = list(_names(text.split()))
    found = RawSQL(  # noqa: S611  # put together from the constants above; values are bound
        LIVE.format(parts=" UNION ".join(part for part, _values in parts)),
        [value for _part, values in parts for value in values],
    )
    return people.filter(pk__in=found).order_by("last_name", "first_name", "pk")


def _names(words: list[str]) -> Iterator[tuple[str, list[str]]]:
    """The words as the beginning of one name, and shared out between both, in either order."""
    yield LAST_NAME, [_beginning(" ".join(words))]
    yield FIRST_NAME, [_beginning(" ".join(words))]
    for cut in range(1, min(len(words), 4)):
        values = [_beginning(" ".join(words[:cut])), _beginning(" ".join(words[cut:]))]
        yield BOTH_NAMES, values
        yield BOTH_NAMES, values[::-1]


def _beginning(text: str) -> str:
    """A LIKE pattern of what begins so; its own signs are taken literally."""
    return re.sub(r"([\\%_])", r"\\\1", text) + "%"


def _phone_prefix(text: str) -> str:
    """The beginning of an E.164 number from what was typed: 06 39 → +33639."""
    try:
        number = phonenumbers.parse(text, "FR")
    except phonenumbers.NumberParseException:
        return text
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

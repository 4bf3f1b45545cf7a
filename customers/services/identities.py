"""Who a person is: their record, the keys they are known by, their login."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import phonenumbers
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from email_validator import EmailNotValidError, validate_email

from customers.models import Customer, Identity
from customers.selectors import records
from customers.services.merging import merge
from omnishop.kernel.errors import Invalid, Refusal
from omnishop.network.models import Store, User


def normal_email(value: str) -> str:
    """The e-mail address as we compare it: lower-case (ALG-11). Raises Invalid."""
    try:
        address = validate_email(value.strip(), check_deliverability=False, strict=True)
        return address.normalized.lower()
    except EmailNotValidError as error:
        raise Invalid(
            _("%(value)s is not an e-mail address. Example: camille@example.org") % {"value": value}
        ) from error


def normal_phone(value: str, country: str = "FR") -> str:
    """The telephone number in E.164, the way we compare it (ALG-11). Raises Invalid."""
    try:
        number = phonenumbers.parse(value, country)
    except phonenumbers.NumberParseException as error:
        raise Invalid(_("This telephone number cannot be read. Example: 06 39 98 12 34")) from error
    if not phonenumbers.is_possible_number(number):
        raise Invalid(_("This telephone number has the wrong length. Example: 06 39 98 12 34"))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _next(sequence: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s)", [sequence])
        return int(cursor.fetchone()[0])


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A person who is not there yet: columns of the record, keys in their normal form."""

    fields: Mapping[str, Any]
    keys: Mapping[str, str]  # kind → value


@transaction.atomic
def create_customers(people: Sequence[Newcomer]) -> list[Customer]:
    """New people with the keys given, in order; a constant number of statements.

    Raises Refusal when another has one of the keys, IntegrityError when two of them share one;
    nobody is made then.
    """
    stores = {store for one in people if (store := one.fields.get("home_store_id"))}
    keeping = set(
        Store.objects.filter(pk__in=stores, keeps_customers=True).values_list("pk", flat=True)
        if stores
        else ()
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval('customers_number') FROM generate_series(1, %s)", [len(people)]
        )
        numbers = [f"C-{number:06d}" for (number,) in cursor.fetchall()]
    customers = Customer.objects.bulk_create(
        Customer(
            number=number,
            home_store_rule=_rule(one.fields.get("home_store_id") in keeping),
            **one.fields,
        )
        for one, number in zip(people, numbers, strict=True)
    )
    keys = [
        Identity(customer=customer, kind=kind, value=value)
        for one, customer in zip(people, customers, strict=True)
        for kind, value in one.keys.items()
    ]
    try:
        with transaction.atomic():
            Identity.objects.bulk_create(keys)
    except IntegrityError:
        wanted = {(key.kind, key.value) for key in keys}
        rows = Identity.objects.filter(value__in=[value for _kind, value in wanted])
        taken = next((row.value for row in rows if (row.kind, row.value) in wanted), None)
        if taken is None:
            raise
        raise _taken(taken) from None
    return customers


def create_customer(
    *,
    first_name: str = "",
    last_name: str = "",
    email: str = "",
    phone: str = "",
    language: str = "fr",
    birth_date: date | None = None,
    postcode: str = "",
    home_store_id: int | None = None,
) -> Customer:
    """A new person with the keys given; a key that is another person's is refused.

    Raises Refusal naming the key when someone has it: the till offers that person instead
    (FIELD 43), so that nobody exists twice.
    """
    keys: dict[str, str] = {}
    if email:
        keys[Identity.Kind.EMAIL] = normal_email(email)
    if phone:
        keys[Identity.Kind.PHONE] = normal_phone(phone)
    fields = {
        "first_name": first_name.strip(),
        "last_name": last_name.strip(),
        "language": language,
        "birth_date": birth_date,
        "postcode": postcode.strip(),
        "home_store_id": home_store_id,
    }
    return create_customers([Newcomer(fields, keys)])[0]


def rule_of(home_store_id: int | None) -> str:
    """A franchise that keeps its customers keeps those who join there."""
    if home_store_id is None:
        return _rule(kept=False)
    return _rule(Store.objects.filter(pk=home_store_id, keeps_customers=True).exists())


def _rule(kept: bool) -> str:
    return Customer.HomeStoreRule.CONTRACT if kept else Customer.HomeStoreRule.LAST_VISITED


def add_identity(
    *, customer: Customer, kind: str, value: str, verified_at: datetime | None = None
) -> Identity:
    """Give a person a key in its normal form. Raises Refusal when another person has it."""
    try:
        with transaction.atomic():
            identity = Identity.objects.create(
                customer=customer, kind=kind, value=value, verified_at=verified_at
            )
        if customer.matched_at:
            Customer.objects.filter(pk=customer.pk).update(matched_at=None)
        return identity
    except IntegrityError:
        existing = Identity.objects.get(kind=kind, value=value)
        if existing.customer_id == customer.pk:
            return existing
        raise _taken(value) from None


def _taken(value: str) -> Refusal:
    return Refusal(_("%(value)s already belongs to another customer.") % {"value": value})


def add_card(*, customer: Customer, at: datetime) -> str:
    """The person's loyalty card number, made on first need: EAN-13 in our in-store range 29."""
    card = (
        Identity.objects.filter(customer__in=records(customer.pk), kind=Identity.Kind.CARD)
        .order_by("pk")
        .first()
    )
    if card:
        return card.value
    body = f"29{_next('customers_card'):010d}"
    check = -sum((3 if i % 2 else 1) * int(digit) for i, digit in enumerate(body)) % 10
    number = f"{body}{check}"
    add_identity(customer=customer, kind=Identity.Kind.CARD, value=number, verified_at=at)
    return number


@transaction.atomic
def customer_of_login(*, user: User, email_verified: bool, at: datetime) -> Customer:
    """The person behind a login, made or found on a verified address alone (ALG-11).

    An unverified address never links: that would hand over someone's history (FIELD 42).
    """
    if email_verified:
        return verify_email(user=user, email=user.email, at=at)
    customer = Customer.objects.select_related("merged_into").filter(user=user).first()
    if customer is None:
        email = normal_email(user.email)
        known = Identity.objects.filter(kind=Identity.Kind.EMAIL, value=email).exists()
        customer = _of_new_login(user, "" if known else email)
    return customer.merged_into or customer


def _of_new_login(user: User, email: str = "") -> Customer:
    customer = create_customer(first_name=user.first_name, last_name=user.last_name, email=email)
    customer.user = user
    customer.save(update_fields=["user"])
    return customer


@transaction.atomic
def verify_email(*, user: User, email: str, at: datetime) -> Customer:
    """Somebody proved an address: who is known under it is them, from now on (ALG-11).

    A record that has no login becomes the login's; where the login has a record already, the one
    without a loyalty card is merged into the other. Two cards are left to staff, and the key of
    another login stays its own once it was proved. A repeat changes nothing.
    """
    email = normal_email(email)
    key = (
        Identity.objects.select_for_update(of=("self",))
        .select_related("customer__merged_into")
        .filter(kind=Identity.Kind.EMAIL, value=email)
        .first()
    )
    known = key and (key.customer.merged_into or key.customer)
    if known and _has_login(known):
        known = None
    own = Customer.objects.select_related("merged_into").filter(user=user).first()
    customer = own and (own.merged_into or own)
    if customer is None:
        customer = known or _of_new_login(user)
        customer.user = user
        customer.save(update_fields=["user"])
    elif known and known != customer:
        customer = _one_person(customer, known, at=at)
    if key is None:
        add_identity(customer=customer, kind=Identity.Kind.EMAIL, value=email, verified_at=at)
    elif key.verified_at is None:
        holder = Customer.objects.select_related("merged_into").get(pk=key.customer_id)
        if (holder.merged_into or holder) != customer:
            if known:  # two cards
                return customer
            key.customer = customer  # another login typed it and never proved it
        key.verified_at = at
        key.save(update_fields=["customer", "verified_at"])
    return customer


def _has_login(customer: Customer) -> bool:
    return records(customer.pk).filter(user__isnull=False).exists()


def _one_person(customer: Customer, known: Customer, *, at: datetime) -> Customer:
    """The record to go on with when a login's record and one without login are one person.

    The login keeps pointing at its record, so that the merge can be undone.
    """
    cards = set(
        Identity.objects.filter(
            Q(customer__in=[customer, known]) | Q(customer__merged_into__in=[customer, known]),
            kind=Identity.Kind.CARD,
        ).values_list(Coalesce("customer__merged_into", "customer"), flat=True)
    )
    if len(cards) > 1:
        return customer
    kept, merged = (known, customer) if known.pk in cards else (customer, known)
    merge(source_id=merged.pk, target_id=kept.pk, reason="verified e-mail", by="sign-in", at=at)
    return kept


def change_profile(
    *,
    customer: Customer,
    first_name: str,
    last_name: str,
    language: str,
    birth_date: date | None = None,
    postcode: str = "",
) -> None:
    """The person corrects what we know of them; likely duplicates are looked for anew."""
    customer.first_name = first_name.strip()
    customer.last_name = last_name.strip()
    customer.language = language
    customer.birth_date = birth_date
    customer.postcode = postcode.strip()
    customer.matched_at = None
    customer.save(
        update_fields=[
            "first_name",
            "last_name",
            "language",
            "birth_date",
            "postcode",
            "matched_at",
        ]
    )

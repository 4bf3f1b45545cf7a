"""One person, whatever keys they are known by (DESIGN 3.5, ALG-11, FIELD 42–44)."""

import pytest
from django.db import transaction
from stdnum import ean

from customers import selectors
from customers.models import Customer, Identity
from customers.services.consents import may_be_sent_marketing, record_consent
from customers.services.identities import (
    add_card,
    add_identity,
    create_customer,
    customer_of_login,
    normal_email,
    normal_phone,
    verify_email,
)
from omnishop.kernel.errors import Invalid, Refusal
from tests.factories import LONG_AGO, NOON, CustomerFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("invariants")]


@pytest.mark.parametrize(
    "typed, kept",
    [
        ("Camille@Example.ORG", "camille@example.org"),
        ("  camille+shop@example.org ", "camille+shop@example.org"),
    ],
)
def test_addresses_are_compared_in_lower_case(typed, kept):
    assert normal_email(typed) == kept


@pytest.mark.parametrize("typed", ["", "camille", "camille@", "a b@example.org", "x" * 300])
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(Invalid):
        normal_email(typed)


@pytest.mark.parametrize(
    "typed, kept",
    [
        ("06 39 98 12 34", "+33639981234"),
        ("0033639981234", "+33639981234"),
        ("+32 470 12 34 56", "+32470123456"),
        ("06.39.98.12.34", "+33639981234"),
    ],
)
def test_telephone_numbers_are_compared_in_e164(typed, kept):
    assert normal_phone(typed) == kept


@pytest.mark.parametrize("typed", ["", "12", "abc", "06 39 98", "0" * 40])
def test_what_is_no_telephone_number_is_refused(typed):
    with pytest.raises(Invalid):
        normal_phone(typed)


def test_a_key_is_one_persons_and_nobody_is_made_twice():
    first = create_customer(first_name="Camille", email="Camille@example.org", phone="0639981234")

    with pytest.raises(Refusal, match="camille@example"):
        create_customer(first_name="Camille", email="camille@EXAMPLE.org")
    with pytest.raises(Refusal, match="639981234"):
        create_customer(first_name="Camille", email="c@example.org", phone="+33 6 39 98 12 34")

    assert add_identity(customer=first, kind="email", value="camille@example.org").pk
    assert first.identities.count() == 2


def test_a_refused_person_is_not_half_written():
    create_customer(email="camille@example.org")

    with pytest.raises(Refusal), transaction.atomic():
        create_customer(first_name="Twin", email="camille@example.org")

    assert Customer.objects.count() == 1


def test_the_card_is_an_ean13_of_our_range_made_once():
    customer = CustomerFactory()

    number = add_card(customer=customer, at=NOON)

    assert number == add_card(customer=customer, at=NOON)
    assert len(number) == 13
    assert number.startswith("29")
    assert ean.is_valid(number)
    assert number != add_card(customer=CustomerFactory(), at=NOON)


def test_a_login_is_linked_on_a_verified_address_alone():
    known = CustomerFactory(email="camille@example.org")
    stranger = UserFactory(email="camille@example.org")

    alone = customer_of_login(user=stranger, email_verified=False, at=NOON)

    assert alone != known
    assert not alone.identities.exists()
    known.refresh_from_db()
    assert known.user is None


def test_a_verified_login_finds_the_person_of_the_till():
    known = create_customer(first_name="Camille", email="camille@example.org")
    user = UserFactory(email="camille@example.org")

    assert customer_of_login(user=user, email_verified=True, at=NOON) == known
    assert customer_of_login(user=user, email_verified=True, at=NOON) == known

    assert Identity.objects.get().verified_at == NOON
    assert Customer.objects.count() == 1


def test_a_verified_login_finds_the_person_that_a_duplicate_was_merged_into():
    person = CustomerFactory(email="camille@example.com")
    CustomerFactory(email="camille@example.org", merged_into=person)

    found = customer_of_login(
        user=UserFactory(email="camille@example.org"), email_verified=True, at=NOON
    )

    assert found == person
    person.refresh_from_db()
    assert person.user is not None


def test_a_proved_address_links_the_guest_s_record_to_a_login_that_has_one():
    user = UserFactory(email="camille@example.org")
    own = CustomerFactory(user=user, phone="+33639981234")
    guest = create_customer(email="camille@example.com")
    older = CustomerFactory(merged_into=guest)

    assert verify_email(user=user, email="Camille@Example.com", at=NOON) == own
    assert verify_email(user=user, email="camille@example.com", at=NOON) == own

    for merged in (guest, older):
        merged.refresh_from_db()
        assert (merged.merged_into, merged.user) == (own, None)
    assert guest.identities.get().verified_at == NOON


def test_the_record_with_the_card_goes_on():
    user = UserFactory(email="camille@example.org")
    own = CustomerFactory(user=user)
    member = create_customer(email="camille@example.com")
    add_card(customer=member, at=NOON)

    assert verify_email(user=user, email="camille@example.com", at=NOON) == member

    for record in (own, member):
        record.refresh_from_db()
    assert (own.merged_into, own.user, member.user) == (member, user, None)


def test_two_cards_are_left_to_staff():
    user = UserFactory(email="camille@example.org")
    own = CustomerFactory(user=user)
    member = create_customer(email="camille@example.com")
    for record in (own, member):
        add_card(customer=record, at=NOON)

    assert verify_email(user=user, email="camille@example.com", at=NOON) == own

    member.refresh_from_db()
    assert (member.merged_into, member.user) == (None, None)
    assert member.identities.get(kind="email").verified_at is None


def test_an_address_that_another_login_typed_and_never_proved_goes_to_who_proves_it():
    squatter = CustomerFactory(user=UserFactory(email="x@example.org"))
    key = Identity.objects.create(customer=squatter, kind="email", value="camille@example.org")
    user = UserFactory(email="camille@example.org")

    customer = verify_email(user=user, email=user.email, at=NOON)

    key.refresh_from_db()
    assert customer not in (None, squatter)
    assert (key.customer, key.verified_at) == (customer, NOON)
    other = UserFactory(email="camille@example.net")
    assert verify_email(user=other, email="camille@example.org", at=NOON) != customer
    key.refresh_from_db()
    assert key.customer == customer


def test_a_login_without_history_is_a_new_person():
    user = UserFactory(email="new@example.org", first_name="Nour")

    customer = customer_of_login(user=user, email_verified=False, at=NOON)

    assert (customer.first_name, customer.user) == ("Nour", user)
    assert customer.identities.get().verified_at is None


def test_a_key_leads_through_the_merge_to_the_live_person():
    person = CustomerFactory()
    CustomerFactory(email="old@example.org", merged_into=person)

    assert selectors.by_identity("email", "old@example.org") == person
    assert selectors.by_identity("email", "nobody@example.org") is None


@pytest.fixture
def camille(db):
    customer = CustomerFactory(
        number="C-000042",
        first_name="Camille",
        last_name="Lefèvre",
        email="camille@example.org",
        phone="+33639981234",
    )
    Identity.objects.create(customer=customer, kind="card", value="2900010000017")
    CustomerFactory(last_name="Autre", email="autre@example.org", phone="+33639999999")
    return customer


@pytest.mark.parametrize(
    "text",
    [
        "camille@example.org",
        "CAMILLE@ex",
        "2900010000017",
        "290001000",
        "06 39 98 12 34",
        "0639981234",
        "+33639981234",
        "C-000042",
        "c-000042",
        "Lefèvre",
        "lef",
        "camille lef",
        "lef camille",
        "LEFEVRE",
        "cam lefe",
    ],
)
def test_a_person_is_found_by_any_key_in_two_statements(
    camille, text, django_assert_max_num_queries
):
    with django_assert_max_num_queries(2):
        assert list(selectors.find(text)) == [camille]


@pytest.mark.parametrize("text", ["", " ", "c", "zz", "nobody@example.org", "C-999999", "%", "__"])
def test_nobody_is_found_for_what_is_nobodys(camille, text):
    assert list(selectors.find(text)) == []


def test_merged_records_are_not_found_and_twenty_are_enough(camille):
    CustomerFactory(last_name="Lefèvre", merged_into=camille)
    CustomerFactory.create_batch(30, last_name="Durand")

    assert list(selectors.find("lefèvre")) == [camille]
    assert len(selectors.find("durand")) == 20


@pytest.mark.parametrize("text", ["old@ex", "0639981235", "2900010000024", "C-000041"])
def test_every_key_of_a_merged_record_finds_the_person(camille, text):
    """Two cards, one person (FIELD 27)."""
    merged = CustomerFactory(
        number="C-000041", email="old@example.org", phone="+33639981235", merged_into=camille
    )
    Identity.objects.create(customer=merged, kind="card", value="2900010000024")

    assert list(selectors.find(text)) == [camille]


@pytest.mark.parametrize("text", ["de la tour", "de la", "anne marie", "marie de la", "tour anne"])
def test_names_of_several_words_are_found_from_their_beginning(db, text):
    person = CustomerFactory(first_name="Anne Marie", last_name="de La Tour")

    assert list(selectors.find(text)) == ([person] if text[:5] not in ("marie", "tour ") else [])


def test_an_answer_is_written_once_and_a_change_of_mind_is_a_new_row():
    customer = CustomerFactory()

    def answer(granted, at=NOON):
        return record_consent(
            customer=customer, granted=granted, source="account", actor="customer", at=at
        )

    assert answer(True, LONG_AGO)
    assert answer(True) is None
    assert may_be_sent_marketing(customer.pk, at=NOON)
    assert answer(False)
    assert not may_be_sent_marketing(customer.pk, at=NOON)
    assert customer.consents.count() == 2


def test_of_merged_records_the_stricter_answer_counts():
    person, duplicate = CustomerFactory(), CustomerFactory()
    for customer, granted in ((person, True), (duplicate, False)):
        record_consent(
            customer=customer, granted=granted, source="till", actor="user:1", at=LONG_AGO
        )
    assert may_be_sent_marketing(person.pk, at=NOON)

    duplicate.merged_into = person
    duplicate.save()

    assert not may_be_sent_marketing(person.pk, at=NOON)
    assert not may_be_sent_marketing(None, at=NOON)
    assert not may_be_sent_marketing(CustomerFactory().pk, at=NOON)

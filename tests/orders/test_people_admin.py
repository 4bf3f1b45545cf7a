"""The review queue of likely duplicates, merges and their undoing, companies (P-10, ALG-11)."""

import pytest
from django.urls import reverse

from customers.models import Company, CustomerMerge, DuplicateCandidate
from customers.services.identities import add_card
from orders.people import belongings
from tests.factories import NOON, CustomerFactory, StaffFactory, StoreFactory
from tests.orders.flows import filled, stocked

pytestmark = pytest.mark.django_db


@pytest.fixture
def service(client):
    client.force_login(StaffFactory(role="service", all_stores=True).user)
    return client


@pytest.fixture
def pair():
    first = CustomerFactory(first_name="Camille", last_name="Lefèvre", email="a@example.org")
    second = CustomerFactory(first_name="Camille", last_name="Lefebvre", email="b@example.org")
    add_card(customer=second, at=NOON)
    filled((stocked(StoreFactory()), 1), customer=second)
    return DuplicateCandidate.objects.create(
        first=first,
        second=second,
        score_bp=9_720,
        evidence=[["last_name", "close"], ["postcode", "same"]],
        found_at=NOON,
    )


def url(candidate, action=None):
    name = f"duplicatecandidate_{action or 'change'}"
    return reverse(f"admin:customers_{name}", args=[candidate.pk])


def test_the_page_shows_both_records_with_what_belongs_to_them(service, pair):
    page = service.get(url(pair)).content.decode()
    listed = service.get(reverse("admin:customers_duplicatecandidate_changelist")).content.decode()

    for text in ("Lefèvre", "Lefebvre", "a@example.org", "b@example.org"):
        assert text in page
    assert belongings(pair.second).cards[0] in page
    assert "97 %" in listed
    assert "nom : presque identique" in listed.replace("\u202f", " ")


def test_a_merge_asks_which_record_goes_on_and_why_and_is_undone(service, pair):
    ask = service.get(url(pair, "join"))
    assert "Cartes\u202f: 1" in ask.content.decode()
    assert service.post(url(pair, "join"), {"key": "k", "keep": pair.second_id}).status_code == 422
    assert not CustomerMerge.objects.exists()

    service.post(url(pair, "join"), {"key": "k", "keep": pair.second_id, "reason": "même adresse"})

    done = CustomerMerge.objects.get()
    assert (done.source, done.target, done.reason) == (pair.first, pair.second, "même adresse")
    assert belongings(pair.second).keys == ("a@example.org", "b@example.org")
    again = {"key": "k", "keep": pair.second_id, "reason": "encore"}
    assert service.post(url(pair, "join"), again).status_code == 409

    undo = reverse("admin:customers_customermerge_undo", args=[done.pk])
    service.post(undo, {"key": "k"})
    pair.first.refresh_from_db()
    assert pair.first.merged_into is None
    assert belongings(pair.second).keys == ("b@example.org",)


def test_two_people_are_kept_apart(service, pair):
    service.post(url(pair, "apart"), {"key": "k"})

    pair.refresh_from_db()
    assert pair.status == "different"
    assert not CustomerMerge.objects.exists()


def test_staff_put_two_records_in_the_queue_themselves(service, pair):
    add = reverse("admin:customers_duplicatecandidate_add")
    other = CustomerFactory()
    assert (
        "différentes" in service.post(add, {"first": other.pk, "second": other.pk}).content.decode()
    )

    service.post(add, {"first": other.pk, "second": pair.first_id})

    made = DuplicateCandidate.objects.exclude(pk=pair.pk).get()
    assert (made.first, made.second) == (pair.first, other)
    assert made.evidence == [["staff", "said"]]


def test_associates_neither_see_nor_merge(client, pair):
    client.force_login(StaffFactory(role="associate").user)

    for page in (url(pair), url(pair, "join"), url(pair, "apart")):
        assert client.post(page, {"key": "k"}).status_code == 403
    pair.refresh_from_db()
    assert pair.status == "open"


def test_a_company_has_a_siren_that_checks(service):
    add = reverse("admin:customers_company_add")
    inlines = {"people-TOTAL_FORMS": 0, "people-INITIAL_FORMS": 0}
    wrong = {"name": "Alpée SAS", "siren": "552100555", "vat_number": ""} | inlines
    assert "SIREN" in service.post(add, wrong).content.decode()
    assert not Company.objects.exists()

    service.post(add, wrong | {"siren": "552 100 554", "vat_number": "FR 83 404 833 048"})

    company = Company.objects.get()
    assert (company.siren, company.vat_number) == ("552100554", "FR83404833048")

"""Likely duplicates are proposed with their evidence, and never linked (ALG-11, DESIGN 3.5)."""

from collections import Counter
from datetime import date, timedelta

import pytest

from benchmarks.matching import RECORDS, figures
from customers import tasks
from customers.matching import Traits, compare, keys
from customers.models import Customer, DuplicateCandidate
from customers.services import matching
from customers.services.identities import change_profile, create_customer
from customers.services.merging import keep_apart, merge
from tests.factories import NOON, CustomerFactory

CAMILLE = Traits(
    first_name="Camille",
    last_name="Lefèvre",
    birth_date=date(1984, 3, 12),
    postcode="69003",
    emails=("camille.lefevre@example.org",),
    phones=("+33639981234",),
)


@pytest.mark.parametrize(
    "changes, evidence",
    [
        ({"emails": ("camile.lefevre@example.org",)}, ("email", "close")),
        ({"last_name": "LEFEVRE"}, ("last_name", "same")),
        ({"last_name": "Lefebvre"}, ("last_name", "close")),
        ({"first_name": "Lefèvre", "last_name": "Camille"}, ("names", "swapped")),
        ({"birth_date": date(1984, 3, 13)}, ("birth_date", "close")),
        ({"birth_date": date(1984, 2, 12)}, ("birth_date", "close")),
        ({"birth_date": date(1994, 3, 1)}, ("birth_date", "faint")),
        ({"phones": ("+33639981243",), "emails": ()}, ("phone", "close")),
        ({"postcode": "13001"}, ("postcode", "different")),
    ],
)
def test_what_hands_do_wrong_speaks_for_one_person(changes, evidence):
    said = {name: getattr(CAMILLE, name) for name in CAMILLE.__slots__} | changes
    other = Traits(**said)

    match = compare(CAMILLE, other)

    assert match.likelihood > 0.99
    assert evidence in match.evidence
    assert keys(CAMILLE) & keys(other)


@pytest.mark.parametrize(
    "other",
    [
        Traits(first_name="Camille", last_name="Lefèvre"),  # a name alone is many people's
        Traits(last_name="Lefèvre", postcode="69003"),  # a family
        Traits(first_name="Louis", last_name="Lefèvre", birth_date=date(2011, 7, 2)),  # a son
        Traits(first_name="Inès", last_name="Moreau", birth_date=date(1984, 3, 12)),
        Traits(
            first_name="Camille", last_name="Leroy", emails=("camille.leroy@example.org",)
        ),  # an address is made of the name
        Traits(),
    ],
)
def test_what_many_share_is_no_proposal(other):
    assert not compare(CAMILLE, other).is_proposed


def test_a_comparison_does_not_depend_on_who_comes_first():
    other = Traits(first_name="Lefevre", last_name="Camile", postcode="69030")

    assert compare(CAMILLE, other).likelihood == compare(other, CAMILLE).likelihood > 0.5


@pytest.mark.skipif(not RECORDS.exists(), reason="the real input of ../shared/data is not here")
def test_most_duplicates_of_the_real_input_are_proposed_and_hardly_any_other():
    found = figures()

    assert found.records == 1000
    assert found.same == 2031
    assert (found.proposed, found.right) == (1623, 1622)


@pytest.mark.django_db
def test_the_task_proposes_what_is_likely_and_links_nobody():
    first = create_customer(
        first_name="Camille", last_name="Lefèvre", postcode="69003", email="camille@example.org"
    )
    second = create_customer(
        first_name="Lefevre", last_name="Camille", postcode="69003", email="camile@example.org"
    )
    create_customer(first_name="Louis", last_name="Lefèvre", postcode="69003")

    assert matching.propose(at=NOON) == 3
    assert matching.propose(at=NOON) == 0

    candidate = DuplicateCandidate.objects.get()
    assert (candidate.first, candidate.second, candidate.status) == (first, second, "open")
    assert ["names", "swapped"] in candidate.evidence
    assert ["email", "close"] in candidate.evidence
    assert candidate.score_bp > 9000
    assert not Customer.objects.filter(merged_into__isnull=False).exists()


@pytest.mark.django_db
def test_a_changed_record_is_looked_at_again_and_a_decision_stands():
    born = date(1984, 3, 12)
    first, second, third = (
        create_customer(first_name="Camille", last_name=name, birth_date=born, postcode="69003")
        for name in ("Lefèvre", "Lefebvre", "Lefevre")
    )
    tasks.propose_duplicates()
    assert DuplicateCandidate.objects.filter(status="open").count() == 3
    apart = DuplicateCandidate.objects.get(first=first, second=second)
    keep_apart(candidate_id=apart.pk, by="nadia", at=NOON)

    change_profile(
        customer=second,
        first_name="Mohamed",
        last_name="Benali",
        language="fr",
        birth_date=date(1951, 1, 1),
    )
    assert tasks.propose_duplicates() == 1

    left = Counter(DuplicateCandidate.objects.values_list("first", "second", "status"))
    assert left == {
        (first.pk, second.pk, "different"): 1,
        (first.pk, third.pk, "open"): 1,
    }


@pytest.mark.django_db
def test_a_merged_record_is_not_proposed():
    first, second = (
        CustomerFactory(first_name="Camille", last_name="Lefèvre", birth_date=date(1984, 3, 12))
        for _ in range(2)
    )
    merge(source_id=second.pk, target_id=first.pk, reason="x", by="nadia", at=NOON)

    matching.propose(at=NOON + timedelta(hours=1))

    assert not DuplicateCandidate.objects.exists()


@pytest.mark.django_db
def test_what_a_crowd_shares_is_not_compared(monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(matching, "CROWD", 5)
    for number in range(8):
        CustomerFactory(first_name=f"P{number}", last_name="", birth_date=date(1990, 1, 1))

    with django_assert_max_num_queries(12):
        assert matching.propose(at=NOON) == 8

    assert not DuplicateCandidate.objects.exists()

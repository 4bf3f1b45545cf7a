"""Staff say which words mean the same, and see what was not found."""

from datetime import date

import pytest
from django.urls import reverse

from catalog.models import SearchLog, Synonym
from catalog.search import read, synonyms
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
ADD = "admin:catalog_synonym_add"


@pytest.fixture
def office(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    client.force_login(UserFactory(email="root@x.fr", is_staff=True, is_superuser=True))
    return client


def save(office, **data):
    return office.post(reverse(ADD), {"language": "fr", "typed": "", "words": ""} | data)


def test_a_synonym_that_is_saved_or_deleted_counts_at_once(office):
    assert synonyms("fr") == {}

    save(office, words="Duvet, sac  de couchage")

    made = Synonym.objects.get()
    assert made.words == ["Duvet", "sac de couchage"]
    assert "couchage" in read("duvet", "fr").query
    office.post(reverse("admin:catalog_synonym_delete", args=[made.pk]), {"post": "yes"})
    assert synonyms("fr") == {}


@pytest.mark.parametrize(
    "data",
    [
        {"words": "duvet"},
        {"words": "duvet, Duvets"},
        {"words": "vélo, VELO"},
        {"words": "duvet, !!!"},
        {"words": "duvet, couette", "typed": "?"},
        {"words": "duvet", "typed": "duvet"},
        {"words": ""},
        {"words": "duvet, couette", "language": "de"},
    ],
)
def test_a_synonym_that_says_nothing_is_refused(office, data):
    assert save(office, **data).status_code == 200
    assert not Synonym.objects.exists()


def test_one_word_is_enough_one_way(office):
    assert save(office, typed="veste", words="doudoune").status_code == 302


def test_what_was_not_found_becomes_a_synonym_in_one_press(office):
    SearchLog.objects.create(
        day=date(2026, 11, 22), language="en", words="k way", searches=3, not_found=3
    )
    SearchLog.objects.create(
        day=date(2026, 11, 22), language="fr", words="tente", searches=9, results=4
    )

    shown = office.get(reverse("admin:catalog_searchlog_changelist") + "?found=no")

    html = shown.content.decode()
    assert "tente" not in html
    link = f"{reverse(ADD)}?language=en&amp;typed=k+way"
    assert link in html
    form = office.get(f"{reverse(ADD)}?language=en&typed=k+way").content.decode()
    assert 'value="k way"' in form
    assert '<option value="en" selected>' in form

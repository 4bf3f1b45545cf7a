"""What was searched is counted by day; nobody can be told from it, and it is forgotten."""

from datetime import date

import pytest

from catalog.models import SearchLog
from catalog.search_log import countable, forget, record, record_click

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 22)


def row(words="tente", day=DAY):
    log = SearchLog.objects.get(words=words, day=day)
    return log.searches, log.not_found, log.results, log.clicks


def test_searches_of_a_day_are_one_row_whatever_their_accents_and_case():
    record(words="Vélo", language="fr", results=3, day=DAY)
    record(words=" velo ", language="fr", results=4, day=DAY)
    record_click(words="VELO", language="fr", day=DAY)

    assert SearchLog.objects.count() == 1
    assert row("velo") == (2, 0, 4, 1)


def test_what_found_nothing_is_counted_apart_from_the_rest():
    record(words="jupe", language="fr", results=0, day=DAY)
    record(words="jupe", language="fr", results=0, day=DAY)
    record(words="jupe", language="fr", results=2, day=DAY)

    assert row("jupe") == (3, 2, 2, 0)


def test_a_language_and_a_day_have_rows_of_their_own():
    record(words="tente", language="fr", results=1, day=DAY)
    record(words="tente", language="en", results=0, day=DAY)
    record(words="tente", language="fr", results=1, day=date(2026, 11, 23))

    assert SearchLog.objects.count() == 3


@pytest.mark.parametrize("count", [record, record_click])
def test_counting_takes_one_statement(django_assert_num_queries, count):
    more = {"results": 0} if count is record else {}
    with django_assert_num_queries(1):
        count(words="tente", language="fr", day=DAY, **more)


@pytest.mark.parametrize(
    "words",
    [
        "camille@example.org",
        "commande de camille@example.org",
        "06 39 98 12 34",
        "+33639981234",
        "0639.98.12.34",
        "4111 1111 1111 1111",
        "FR7630006000011234567890189",
        "",
        "  ",
    ],
)
def test_what_may_be_about_a_person_is_not_counted(words):
    record(words=words, language="fr", results=0, day=DAY)
    record_click(words=words, language="fr", day=DAY)

    assert not SearchLog.objects.exists()


@pytest.mark.parametrize(
    "words", ["9521234000006", "tente 2 places", "700x32", "corde 9,6 mm 70 m", "ALP-30-BLEU"]
)
def test_bar_codes_and_sizes_are_counted(words):
    assert countable(words)


def test_it_is_forgotten_after_thirteen_months():
    for day in (date(2025, 9, 30), date(2025, 10, 1), DAY):
        record(words="tente", language="fr", results=1, day=day)

    assert forget(today=DAY) == 1
    assert set(SearchLog.objects.values_list("day", flat=True)) == {date(2025, 10, 1), DAY}

"""Search finds what shoppers mean, on the demonstration's catalogue (wanted ≥ 0.9)."""

from datetime import date

import pytest
from django.core.cache import cache
from django.db import transaction
from django.utils.translation import override

from benchmarks.search_quality import ask
from catalog.models import Product
from catalog.services import refresh_search
from omnishop.demo import content, house, searches, shelves
from omnishop.demo.days import Days

pytestmark = [
    pytest.mark.django_db,  # or the file alone would be given no database of the tests
    pytest.mark.timeout(400),  # a whole catalogue, on a machine that may be busy
]


@pytest.fixture(scope="module")
def asked(django_db_setup, django_db_blocker):
    """Every query asked of the demonstration's shelves; sales stand for their popularity."""
    with django_db_blocker.unblock(), transaction.atomic(), override("fr"):
        shelves.fill(house.build(), Days(date(2026, 11, 22)), scale=1)
        for product in content.products():
            Product.objects.filter(slug=product.slug).update(popularity=product.popularity)
        searches.fill_synonyms()
        refresh_search()
        yield ask()
        cache.clear()
        transaction.set_rollback(True)


def test_at_least_sixty_queries_ask_for_products_that_there_are(asked):
    known = {product.slug for product in content.products()}

    assert len(asked) >= 60
    assert len({one.query for one in asked}) == len(asked)
    assert {slug for one in asked for slug in one.expected} <= known


def test_nine_in_ten_find_what_was_meant_among_the_first_five(asked):
    missed = [(one.query, one.found) for one in asked if not one.hit]

    assert len(missed) <= len(asked) / 10, missed


@pytest.mark.parametrize("kind", ["word", "plural", "accent", "code", "beginning", "brand"])
def test_what_needs_no_guessing_is_always_found(asked, kind):
    assert [one.query for one in asked if one.kind == kind and not one.hit] == []

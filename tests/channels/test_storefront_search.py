"""The search page: what it says, what it counts, what it costs."""

import json
import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from catalog.models import SearchLog, Synonym
from catalog.search import forget_synonyms
from catalog.services import refresh_search, set_price
from tests.channels.storefront import small_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return small_shop()


def page(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    return re.sub(r"[ \n]+", " ", answer.content.decode())


@pytest.mark.parametrize("code", ["3017620422003", "TASSE-1", "tasse-1", "VESTE-M"])
def test_a_lone_code_opens_its_article(client, shop, code):
    answer = client.get(f"/recherche/?q={code}")

    assert answer.status_code == 302
    assert "/produit/" in answer["Location"]


def test_a_model_of_several_articles_is_found_by_the_beginning_of_their_codes(client, shop):
    assert "Tasse émaillée" in page(client, "/recherche/?q=tasse+1")


def test_words_that_are_left_out_are_said_with_other_ways_to_search(client, shop):
    html = page(client, "/recherche/?q=veste+tasse")

    assert "Aucun article ne réunit tous ces mots. Laissé de côté" in html
    assert "1 article" in html
    assert re.search(r'href="/recherche/\?q=(veste|tasse)">', html)


def test_a_correction_is_said_and_the_typed_words_stay_in_the_field(client, shop):
    html = page(client, "/recherche/?q=vezte")

    assert "Résultats pour «\u202fveste\u202f»" in html
    assert "Rien ne s’appelle «\u202fvezte\u202f»" in html
    assert 'value="vezte"' in html


def test_no_match_says_the_words_a_correction_categories_and_best_sellers(client, shop):
    html = page(client, "/recherche/?q=peste")

    assert "Aucun résultat pour «\u202fpeste\u202f»" in html
    assert 'href="/recherche/?q=veste"' in html
    assert 'href="/rayon/randonnee/"' in html
    assert "Veste imperméable" in html


def test_a_choice_that_leaves_nothing_keeps_the_way_back(client, shop):
    html = page(client, "/recherche/?q=tasse&price=4")

    assert "Aucun article ne correspond" in html
    assert 'href="/recherche/?q=tasse"' in html


def test_only_reduced_articles_and_the_biggest_cut_first(client, shop):
    assert "Prix réduit" not in page(client, "/rayon/randonnee/")
    at = timezone.now() - timedelta(days=1)
    set_price(variant=shop.cup, amount_minor=600, at=at)
    set_price(variant=shop.jacket_m, amount_minor=8000, at=at)
    cache.clear()

    both = page(client, "/rayon/randonnee/?sort=cut")
    assert both.index("Tasse émaillée") < both.index("Veste imperméable")
    set_price(variant=shop.jacket_m, amount_minor=8500, at=timezone.now())
    cache.clear()

    html = page(client, "/rayon/randonnee/?offer=1")
    assert "Tasse émaillée" in html
    assert "Veste imperméable" not in html
    assert re.search(r'id="f-offer-1" name="offer" value="1" checked', html)


COSTS = [
    ("/recherche/?q=veste", 4),
    ("/recherche/?q=vezte", 6),
    ("/recherche/?q=veste+tasse", 6),
    ("/recherche/?q=veste&here=1&o-taille=m&brand=alpee&price=2", 4),
    ("/recherche/?q=zzzz", 5),
    ("/recherche/suggestions/?q=ves", 1),
    ("/recherche/suggestions/?q=vezte", 2),
]


@pytest.mark.parametrize("path, count", COSTS)
def test_a_search_takes_six_statements_at_the_most(
    client, shop, django_assert_num_queries, path, count
):
    """Stores, shelves and synonyms are read once a minute for everyone."""
    client.cookies["store"] = "lyon"
    page(client, "/recherche/?q=tasse")

    with django_assert_num_queries(count):
        page(client, path)


def seal(client, path):
    return re.search(r'data-seen="([^"]*)"', page(client, path))[1]


def test_a_page_that_was_seen_counts_also_when_it_was_kept(client, shop):
    for _ in range(2):
        answer = client.post("/recherche/vue/", {"seal": seal(client, "/recherche/?q=Veste")})
        assert (answer.status_code, answer.content) == (204, b"")
    client.post("/recherche/vue/", {"seal": seal(client, "/recherche/?q=Veste"), "opened": "1"})

    row = SearchLog.objects.get()
    assert (row.words, row.language, row.searches, row.not_found, row.results, row.clicks) == (
        "veste", "fr", 2, 0, 1, 1,
    )  # fmt: skip


def test_what_was_not_found_is_counted_so(client, shop):
    client.post("/recherche/vue/", {"seal": seal(client, "/en/recherche/?q=zzzz")})

    row = SearchLog.objects.get()
    assert (row.words, row.language, row.not_found) == ("zzzz", "en", 1)


def test_reading_the_page_alone_counts_nothing(client, shop):
    page(client, "/recherche/?q=veste")

    assert not SearchLog.objects.exists()


@pytest.mark.parametrize("path", ["&price=1", "&sort=price", "&page=2"])
def test_a_choice_within_a_search_is_no_new_search(client, shop, path):
    assert "data-seen=" not in page(client, f"/recherche/?q=veste{path}")


@pytest.mark.parametrize("sealed", ["", "x", json.dumps(["veste", 1, "fr"]) + ":x"])
def test_only_our_own_pages_are_counted(client, shop, sealed):
    assert client.post("/recherche/vue/", {"seal": sealed}).status_code == 400
    assert client.get("/recherche/vue/").status_code == 405
    assert not SearchLog.objects.exists()


def test_proposals_are_shelves_brands_and_products(client, shop):
    Synonym.objects.create(words=["mug", "tasse"])
    forget_synonyms()

    html = page(client, "/recherche/suggestions/?q=ves")
    assert html.index("/rayon/vestes/") < html.index("/produit/veste/")
    assert re.findall(r'id="(q-\d)"', html) == ["q-1", "q-2"]
    assert "/recherche/?q=Alp%C3%A9e" in page(client, "/recherche/suggestions/?q=alp")
    assert "/produit/tasse/" in page(client, "/recherche/suggestions/?q=mug")


def test_a_synonym_counts_at_once(client, shop):
    assert "Aucun résultat" in page(client, "/recherche/?q=anorak")
    Synonym.objects.create(words=["anorak", "veste"])
    forget_synonyms()
    refresh_search()
    cache.clear()

    assert "Veste imperméable" in page(client, "/recherche/?q=anorak")

"""How words are read: synonyms, beginnings, typos, and words that are left out."""

import pytest

from catalog.models import Synonym
from catalog.search import forget_synonyms, matches, phrase_of, read, reread, search
from catalog.services import refresh_search
from catalog.suggesting import suggestions
from tests.factories import BrandFactory, CategoryFactory, ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db


def product(name, **kwargs):
    made = ProductFactory(name=name, name_fr=name, name_en="", **kwargs)
    VariantFactory(product=made)
    return made


@pytest.fixture
def shop(db):
    wear = CategoryFactory(name="Vestes", name_fr="Vestes")
    alpee = BrandFactory(name="Alpée")
    made = {
        "woman": product("Veste imperméable femme", category=wear, brand=alpee, popularity=3),
        "man": product("Veste imperméable homme", category=wear, brand=alpee, popularity=2),
        "bag": product("Sac de couchage Halte", popularity=9),
        "shirt": product("T-shirt mérinos femme", brand=alpee, popularity=1),
        "guide": product("Guide", description="Pour choisir sa veste.", popularity=99),
    }
    refresh_search()
    return made


def synonym(*words, typed="", language="fr"):
    made = Synonym.objects.create(words=list(words), typed=typed, language=language)
    forget_synonyms()
    return made


def names(found):
    return [row.name_fr for row in found]


def test_a_name_ranks_before_a_description_however_popular(shop):
    assert list(search("veste")) == [shop["woman"], shop["man"], shop["guide"]]


def test_a_brand_by_its_own_name_comes_first(shop):
    praised = product("Gourde Alpée Alpée", popularity=50)
    refresh_search()

    found = list(search("alpee"))

    assert found[-1] == praised
    assert set(found[:-1]) == {shop["woman"], shop["man"], shop["shirt"]}


def test_a_synonym_counts_both_ways_at_once_without_indexing_anew(shop):
    assert list(search("duvet")) == []
    synonym("sac de couchage", "duvet")

    assert list(search("duvet")) == [shop["bag"]]
    assert list(search("DUVETS")) == [shop["bag"]]
    assert list(search("sac de couchage")) == [shop["bag"]]


def test_a_one_way_synonym_is_not_found_backwards(shop):
    synonym("couchage", typed="veste")

    assert shop["bag"] in search("veste")
    assert list(search("couchage")) == [shop["bag"]]


def test_a_synonym_of_several_words_is_read_as_one(shop):
    synonym("tee shirt", "t-shirt")

    assert list(search("tee shirt femme")) == [shop["shirt"]]
    assert list(search("tshirt femme")) == [shop["shirt"]]


def test_a_synonym_of_one_language_is_not_one_of_the_other(shop):
    synonym("duvet", "sac de couchage", language="en")

    assert list(search("duvet")) == []


def test_a_typo_in_a_synonym_is_borne(shop):
    synonym("anorak", "veste imperméable")

    reading = reread(read("anorack femme"))

    assert reading.corrected == (("anorack", "anorak"),)
    assert [row["id"] for row in matches(reading)] == [shop["woman"].pk]


@pytest.mark.parametrize(
    "typed, corrected",
    [
        ("vestte femme", (("vestte", "veste"),)),
        ("evste femme", (("evste", "veste"),)),
        ("vest femme", ()),  # a beginning, or a stem
        ("impermeabel femme", (("impermeabel", "imperméable"),)),
    ],
)
def test_a_typo_is_corrected_and_said(shop, typed, corrected):
    reading = reread(read(typed))

    assert reading.corrected == corrected
    assert reading.left_out == ()
    assert [row["id"] for row in matches(reading)] == [shop["woman"].pk]


def test_another_first_letter_is_proposed_and_not_searched(shop):
    reading = reread(read("peste"))

    assert list(search("peste")) == []
    assert reading.proposed == (("peste", "veste"),)
    assert reading.proposal("peste bleue") == "veste bleue"


def test_as_few_words_as_possible_are_left_out_and_named(shop):
    reading = reread(read("veste bleue homme"))

    assert reading.left_out == ("bleue",)
    assert reading.text == "veste homme"
    assert list(search("veste bleue homme")) == [shop["man"]]


def test_of_as_many_words_those_with_the_noun_are_kept(shop):
    product("Doudoune bleue homme", popularity=50)
    refresh_search()

    reading = reread(read("veste femme bleue homme"))

    assert reading.text.split()[0] == "veste"


def test_other_words_to_leave_out_are_offered(shop):
    reading = reread(read("veste mérinos homme"))

    assert reading.text == "veste homme"
    assert reading.left_out == ("mérinos",)
    assert reading.others == ()

    both = reread(read("couchage homme"))
    assert {both.text, *both.others} == {"couchage", "homme"}


def test_stop_words_are_neither_asked_for_nor_left_out(shop):
    reading = reread(read("sac de couchag pour"))

    assert reading.left_out == ()
    assert list(search("sac de couchag pour")) == [shop["bag"]]


def test_words_found_in_descriptions_alone_are_no_partial_match(shop):
    assert list(search("tondeuse choisir")) == []


@pytest.mark.parametrize("text", ["", "!!!", "-", "'", "& | !", "\x00", "de la", ":*", "a<->b"])
def test_signs_are_no_words(shop, text):
    assert list(search(text)) == []
    assert suggestions(text) == []


def test_case_accents_and_plural_do_not_tell_phrases_apart():
    assert phrase_of("Lunettes de Piscine") == phrase_of("lunette  de piscines")
    assert phrase_of("—") == ()


def test_proposals_are_products_by_beginnings_of_their_names(shop):
    assert [one.name for one in suggestions("veste imp")] == [
        "Veste imperméable femme",
        "Veste imperméable homme",
    ]


def test_proposals_come_from_names_and_choices_not_from_descriptions(shop):
    assert "Guide" not in [one.name for one in suggestions("vest")]


def test_a_brand_is_proposed_with_its_products(shop):
    found = suggestions("alp")

    assert [(one.kind, one.name) for one in found[:2]] == [
        ("brand", "Alpée"),
        ("product", "Veste imperméable femme"),
    ]


def test_proposals_bear_a_typo_in_a_beginning(shop):
    assert [one.name for one in suggestions("vezte")][:1] == ["Veste imperméable femme"]


@pytest.mark.parametrize("text, statements", [("veste f", 1), ("vezte", 2), ("xyzxyz", 2)])
def test_proposals_take_two_statements_at_the_most(
    shop, django_assert_num_queries, text, statements
):
    read("words that are kept")
    with django_assert_num_queries(statements):
        suggestions(text)

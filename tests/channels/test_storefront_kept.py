"""What the pages show is read once a minute, whatever the address; stock and prices are not."""

from datetime import timedelta

import pytest
from django.template import engines
from django.utils import timezone

from catalog.models import Picture
from catalog.search import read, reread
from catalog.services import refresh_search, set_price
from inventory.models import StockLevel
from tests.channels.storefront import small_shop

pytestmark = pytest.mark.django_db

SHELF = "/rayon/randonnee/"


def shown(client, path: str, mark: int) -> str:
    """The page at an address of its own."""
    between = "&" if "?" in path else "?"
    return client.get(f"{path}{between}from={mark}").content.decode()


def renamed(shop, name: str) -> None:
    shop.jacket.name_fr = name
    shop.jacket.save()
    refresh_search([shop.jacket.pk])


@pytest.mark.parametrize("path", [SHELF, "/recherche/?q=veste", f"{SHELF}?price=2&sort=price"])
def test_a_list_that_was_just_read_costs_no_statement_at_another_address(
    client, django_assert_num_queries, path
):
    small_shop()
    shown(client, path, 1)

    with django_assert_num_queries(0):
        page = shown(client, path, 2)

    assert "Veste imperméable" in page
    assert "from=2" in page
    assert "from=1" not in page


def test_another_order_page_choice_or_language_is_another_list(client):
    small_shop()
    every = shown(client, SHELF, 1)

    assert "Veste imperméable" in every
    assert "Veste imperméable" not in shown(client, f"{SHELF}?price=4", 2)
    assert "Choose my store" in shown(client, f"/en{SHELF}", 3)
    assert "Choose my store" not in shown(client, SHELF, 3)
    assert "Veste imperméable" in shown(client, SHELF, 4)


@pytest.mark.parametrize("path", [SHELF, "/recherche/?q=veste", "/produit/veste/"])
def test_nothing_that_is_shown_is_older_than_a_minute(client, time_machine, path):
    shop, begun = small_shop(), timezone.now()
    time_machine.move_to(begun, tick=False)
    assert "Veste imperméable" in shown(client, path, 1)
    renamed(shop, "Veste nouvelle")

    time_machine.move_to(begun + timedelta(seconds=50), tick=False)
    shown(client, path, 2)  # made of what was read 50 seconds ago
    time_machine.move_to(begun + timedelta(seconds=61), tick=False)

    page = shown(client, path, 2)
    assert "Veste nouvelle" in page
    assert "Veste imperméable" not in page


def test_a_product_is_shown_at_the_price_of_now_at_each_address(client):
    shop = small_shop()
    shown(client, "/produit/veste/", 1)
    set_price(variant=shop.jacket_m, amount_minor=4321, at=timezone.now())

    assert "43,21" in shown(client, f"/produit/veste/?sku={shop.jacket_m.sku}", 2)


def test_what_a_chosen_store_has_is_read_for_each_address(client):
    shop = small_shop()
    client.cookies["store"] = "lyon"
    assert "Veste imperméable" in shown(client, f"{SHELF}?here=1", 1)
    StockLevel.objects.filter(location=shop.lyon.locations.get()).update(on_hand=0)

    assert "Veste imperméable" not in shown(client, f"{SHELF}?here=1", 2)


def test_words_are_read_alike_once_a_minute(django_assert_num_queries):
    small_shop()
    found = reread(read("vesste", "fr"), "fr")

    with django_assert_num_queries(0):
        again = reread(read("vesste", "fr"), "fr")

    assert again == found
    assert again.corrected == (("vesste", "veste"),)


@pytest.mark.parametrize(
    "eager, loading", [(True, 'fetchpriority="high"'), (False, 'loading="lazy"')]
)
def test_the_picture_of_a_card_is_the_one_of_the_library(eager, loading):
    photo = Picture(image="products/é&b.png", width=900, height=700).image
    library = (
        '{% load pictures %}{% picture photo img_alt="" ratio="1/1" xs=6 s=4 m=3 img_'
        f"{loading} %}}"
    )
    ours = "{% load shelves %}{% tile_picture photo eager %}"

    def rendered(source: str) -> str:
        return engines["django"].from_string(source).render({"photo": photo, "eager": eager})

    assert rendered(ours) == rendered(library)
    assert loading in rendered(ours)

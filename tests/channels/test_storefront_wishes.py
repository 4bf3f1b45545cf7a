"""Wish lists on the site: the heart, the account, the link (F-25, P-8, G2)."""

import re

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from orders.models import Basket, WishItem, WishList
from orders.services import wishes
from tests.channels.storefront import small_shop
from tests.factories import NOON, CustomerFactory, UserFactory

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def site():
    with time_machine.travel(NOON, tick=False):
        yield small_shop()


def signed_in():
    user = UserFactory()
    person = CustomerFactory(user=user, first_name="Camille")
    client = Client()
    client.force_login(user, backend=BACKEND)
    client.person = person
    return client


@pytest.fixture
def member(site):
    return signed_in()


def wanted(person, variant):
    return wishes.add(
        customer=person, product_id=variant.product_id, variant_id=variant.pk, at=NOON
    )


def test_hearts_stand_on_kept_pages_and_cost_them_no_statement(
    client, site, django_assert_num_queries
):
    page = client.get("/rayon/randonnee/").content.decode()
    assert 'data-wish="veste"' in page
    assert "/envies/ajouter/veste/?sku=VESTE-M" in client.get("/produit/veste/").content.decode()
    with django_assert_num_queries(0):
        client.get("/rayon/randonnee/")
        client.get("/produit/veste/")


def test_the_header_says_which_hearts_are_filled_in_one_statement(
    member, site, django_assert_max_num_queries
):
    assert 'data-wished=""' in member.get("/bandeau/").content.decode()
    wanted(member.person, site.cup)
    cache.clear()
    member.get("/bandeau/")
    with django_assert_max_num_queries(6):
        header = member.get("/bandeau/").content.decode()
    assert 'data-wished="tasse"' in header
    assert "data-wished" not in Client().get("/bandeau/").content.decode()


def test_a_press_on_the_heart_puts_on_and_takes_off(member, site):
    on = member.post("/envies/coeur/veste/?sku=VESTE-M", **HTMX)

    assert WishItem.objects.get().variant == site.jacket_m
    assert "wish-changed" in on["HX-Trigger"]
    assert "Veste imperméable" in on.content.decode()
    member.post("/envies/coeur/veste/", **HTMX)
    assert not WishItem.objects.wanted().exists()


def test_who_is_not_signed_in_goes_on_with_it_afterwards(site):
    guest = Client()

    answer = guest.post("/envies/coeur/veste/?sku=VESTE-M", **HTMX)
    assert answer["HX-Redirect"] == "/envies/ajouter/veste/?sku=VESTE-M"
    plain = guest.get("/envies/ajouter/veste/?sku=VESTE-M")
    assert plain["Location"].endswith("next=/envies/ajouter/veste/%3Fsku%3DVESTE-M")
    strict = Client(enforce_csrf_checks=True)
    assert "/envies/ajouter/veste/" in strict.post("/envies/coeur/veste/", **HTMX)["HX-Redirect"]
    assert not WishItem.objects.exists()


def test_without_scripts_an_article_is_put_on_a_list_of_ones_choice(member, site):
    page = member.get("/envies/ajouter/veste/?sku=VESTE-L")
    assert page.status_code == 200

    answer = member.post(
        "/envies/ajouter/veste/",
        {"sku": "VESTE-L", "list": "new", "name": "Noël", "quantity": "2", "note": "pour Léa"},
    )

    item = WishItem.objects.get()
    assert answer["Location"] == f"/mon-compte/envies/{item.wish_list_id}/"
    assert (item.variant, item.quantity, item.note) == (site.jacket_l, 2, "pour Léa")
    assert item.wish_list.name == "Noël"
    wrong = member.post("/envies/ajouter/veste/", {"sku": "VESTE-L", "quantity": "zéro"})
    assert wrong.status_code == 422
    assert member.get("/envies/ajouter/nichts/").status_code == 404


def test_the_list_shows_price_stock_and_moves_to_the_basket(member, site):
    item = wanted(member.person, site.jacket_m)
    WishItem.objects.update(price_minor=9990)
    member.cookies["store"] = "lyon"

    page = member.get("/mon-compte/envies/")
    text = page.content.decode()
    assert "84,90" in text
    assert "15,00" in text  # less than when it was added
    assert "Lyon Part-Dieu" in text
    assert page["Cache-Control"] == "no-store, private"

    answer = member.post(
        f"/mon-compte/envies/article/{item.pk}/", {"act": "basket", "variant": site.jacket_m.pk}
    )
    assert answer["Location"] == "/panier/"
    assert Basket.objects.get().lines.get().variant == site.jacket_m
    assert not WishItem.objects.wanted().exists()


def test_taken_off_is_offered_to_be_put_back(member, site):
    item = wanted(member.person, site.cup)
    member.post(f"/mon-compte/envies/article/{item.pk}/", {"act": "remove"})

    assert f'id="restore-{item.pk}"' in member.get("/mon-compte/envies/").content.decode()
    member.post(f"/mon-compte/envies/article/{item.pk}/", {"act": "restore"})
    assert WishItem.objects.wanted().get() == item


def test_quantity_note_and_list_are_changed_and_what_is_wrong_is_said(member, site):
    item = wanted(member.person, site.cup)
    gifts = wishes.create_list(customer=member.person, name="Cadeaux", at=NOON)
    url = f"/mon-compte/envies/article/{item.pk}/"

    member.post(url, {"act": "save", "quantity": "3", "note": "en rouge"})
    assert member.post(url, {"act": "save", "quantity": "x", "note": ""}).status_code == 422
    member.post(url, {"act": "move", "list": gifts.pk})
    item.refresh_from_db()
    assert (item.quantity, item.note, item.wish_list) == (3, "en rouge", gifts)
    assert member.post(url, {"act": "nichts"}).status_code == 404


def test_lists_are_made_renamed_and_deleted(member, site):
    member.get("/mon-compte/envies/")
    member.post("/mon-compte/envies/nouvelle/", {"name": "Noël"})
    made = WishList.objects.get(name="Noël")
    url = f"/mon-compte/envies/{made.pk}/changer/"

    member.post(url, {"act": "rename", "name": "Étrennes"})
    assert WishList.objects.filter(name="Étrennes").exists()
    member.post(url, {"act": "delete"})
    assert not WishList.objects.filter(name="Étrennes").exists()
    assert member.post("/mon-compte/envies/nouvelle/", {"name": " "}).status_code == 422


def test_another_persons_lists_answer_as_those_that_do_not_exist(member, site):
    other = signed_in()
    item = wanted(other.person, site.cup)
    theirs = item.wish_list_id

    def answers(list_id, item_id):
        return [
            member.get(f"/mon-compte/envies/{list_id}/"),
            *(
                member.post(f"/mon-compte/envies/{list_id}/changer/", {"act": act, "name": "x"})
                for act in ("rename", "share", "unshare", "delete")
            ),
            *(
                member.post(
                    f"/mon-compte/envies/article/{item_id}/",
                    {"act": act, "quantity": "1", "list": list_id, "variant": site.cup.pk},
                )
                for act in ("save", "remove", "restore", "move", "basket")
            ),
            member.post("/envies/ajouter/tasse/", {"list": list_id, "quantity": "1"}),
        ]

    def seen(responses, *ids):
        found = []
        for response in responses:
            text = re.sub(r'"[A-Za-z0-9]{64}"', "", response.content.decode())
            for number in ids:
                text = text.replace(f"/{number}/", "/N/")
            found.append((response.status_code, text))
        return found

    real = seen(answers(theirs, item.pk), theirs, item.pk)
    assert real == seen(answers(987654, 987654), 987654)
    assert {status for status, _text in real} == {404}
    item.refresh_from_db()
    assert item.removed_at is None
    assert Client().get(f"/mon-compte/envies/{theirs}/").status_code == 302


def test_a_shared_list_shows_the_chosen_name_and_nothing_else_of_the_owner(member, site):
    item = wanted(member.person, site.cup)
    url = f"/mon-compte/envies/{item.wish_list_id}/changer/"
    member.post(url, {"act": "share", "shown_name": "Cam"})
    token = WishList.objects.get().token
    assert token in member.get("/mon-compte/envies/").content.decode()

    visitor = Client()
    page = visitor.get(f"/envies/liste/{token}/")
    text = page.content.decode()
    assert "Tasse émaillée" in text
    assert "Cam" in text
    assert "noindex" in text
    assert page["Cache-Control"] == "no-store, private"
    person = member.person
    for secret in (person.last_name, person.number, person.user.email, "Camille"):
        assert secret not in text

    visitor.post(f"/envies/liste/{token}/", {"act": "take", "item": item.pk})
    assert (
        visitor.post(f"/envies/liste/{token}/", {"act": "take", "item": item.pk}).status_code == 409
    )
    bought = visitor.post(
        f"/envies/liste/{token}/", {"act": "basket", "item": item.pk, "variant": site.cup.pk}
    )
    assert bought["Location"] == "/panier/"
    assert Basket.objects.get().customer is None
    owner = member.get("/mon-compte/envies/").content.decode()
    assert "en cours d’achat" not in owner  # who is given something is not told

    member.post(url, {"act": "unshare"})
    assert visitor.get(f"/envies/liste/{token}/").status_code == 404


def test_through_one_link_no_article_of_another_list_is_reached(member, site):
    one, other = wanted(member.person, site.cup), signed_in()
    hidden = wanted(other.person, site.jacket_m)
    token = wishes.share(customer=member.person, list_id=one.wish_list_id, shown_name="", at=NOON)

    answer = Client().post(f"/envies/liste/{token}/", {"act": "take", "item": hidden.pk})

    assert answer.status_code == 404
    hidden.refresh_from_db()
    assert hidden.taken == 0

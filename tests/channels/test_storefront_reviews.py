"""Reviews on the site: read by all, written by the holder of an order's link."""

import json
import re

import pytest
import time_machine
from django.utils import timezone

from catalog import reviews
from catalog.book import price_book
from catalog.models import Answer, Question, Review
from customers.models import Customer
from tests.channels.storefront import small_shop
from tests.factories import NOON, CustomerFactory, TillFactory, UserFactory
from tests.orders.flows import opened, sold

pytestmark = pytest.mark.django_db
WORDS = {"rating": "4", "title": "", "text": "Bien coupée, un peu grande.", "author": "Camille"}


@pytest.fixture
def shop():
    with time_machine.travel(NOON, tick=False):
        shop = small_shop()
        shop.desk = TillFactory(store=shop.lyon)
        shop.order = sold(shop.desk, (shop.cup, 1))
        yield shop


def form_of(order, position=1):
    return f"/commande/{order.token}/avis/{position}/"


def published(shop, rating=4, **changes):
    order = sold(shop.desk, (shop.cup, 1))
    review = reviews.write_review(
        purchase=reviews.Purchase(order.number, 1, shop.cup, "till", "", NOON.date()),
        rating=rating, language="fr", at=NOON,
        **{"title": "Solide", "text": "Elle ne s’ébrèche pas.", "author": "Inès"} | changes,
    )  # fmt: skip
    reviews.publish(review, actor="user:1", at=NOON)
    return review


def test_the_order_links_to_the_form_and_the_review_is_kept_for_staff(client, shop):
    page = client.get(f"/commande/{shop.order.token}/").content.decode()
    assert form_of(shop.order) in page
    assert "Votre avis sur Tasse émaillée" in client.get(form_of(shop.order)).content.decode()

    answer = client.post(form_of(shop.order), WORDS)

    assert (answer.status_code, answer.url) == (302, form_of(shop.order))
    review = Review.objects.get()
    assert (review.rating, review.status, review.channel) == (4, "pending", "till")
    page = client.get(form_of(shop.order))
    assert "Nous lisons votre avis" in page.content.decode()
    assert page["Cache-Control"] == "no-store, private"


def test_two_clicks_are_one_review(client, shop):
    for _ in "ab":
        assert client.post(form_of(shop.order), WORDS).status_code == 302

    assert Review.objects.count() == 1


@pytest.mark.parametrize("changes", [{"rating": ""}, {"rating": "6"}, {"text": "Bien"}])
def test_what_is_missing_is_said_beside_its_field(client, shop, changes):
    answer = client.post(form_of(shop.order), WORDS | changes)

    assert answer.status_code == 422
    assert "<title>Erreur" in answer.content.decode().replace("\n", "")
    assert not Review.objects.exists()


def test_a_wrong_link_is_not_found(client, shop):
    assert client.get("/commande/abcdefghijklmnop/avis/1/").status_code == 404
    assert client.post("/commande/abcdefghijklmnop/avis/1/", WORDS).status_code == 404
    assert client.post(form_of(shop.order, 9), WORDS).status_code == 404
    assert not Review.objects.exists()


def test_before_it_is_received_there_is_no_link_and_no_form(client, shop):
    unpaid = opened(shop.desk, (shop.cup, 1))

    assert form_of(unpaid) not in client.get(f"/commande/{unpaid.token}/").content.decode()
    assert client.post(form_of(unpaid), WORDS).url == f"/commande/{unpaid.token}/"
    assert not Review.objects.exists()


def test_script_in_a_review_is_text(client, shop):
    published(shop, title='"><svg onload=alert(1)>', text="<script>alert(1)</script> dit Inès")

    page = client.get("/produit/tasse/avis/").content.decode()

    assert "<svg onload" not in page
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_product_shows_its_stars_to_people_and_to_search_engines(
    client, shop, django_assert_max_num_queries
):
    published(shop, 4)
    published(shop, 5)

    with django_assert_max_num_queries(8):
        page = client.get("/produit/tasse/").content.decode()

    assert "4,5" in page
    about = json.loads(re.search(r'ld\+json">(.*?)</script>', page)[1])
    assert about["aggregateRating"] == {
        "@type": "AggregateRating", "ratingValue": "4.5", "reviewCount": 2,
    }  # fmt: skip


def test_a_product_without_reviews_claims_none(client, shop):
    assert "aggregateRating" not in client.get("/produit/tasse/").content.decode()


def test_cards_show_stars_without_another_statement(client, shop, django_assert_num_queries):
    client.get("/rayon/vestes/")  # shelves and stores are kept
    with django_assert_num_queries(3):
        assert "★" not in client.get("/rayon/randonnee/").content.decode()
    published(shop)
    price_book([shop.cup.pk], at=timezone.now())

    with django_assert_num_queries(2):
        page = client.get("/rayon/randonnee/?sort=price").content.decode()

    assert page.count("★") == 1


def test_the_page_of_reviews_says_what_the_law_wants(client, shop, django_assert_max_num_queries):
    published(shop)
    reviews.answer_review(Review.objects.get(), text="Merci Inès.", actor="user:1", at=NOON)

    with django_assert_max_num_queries(8):
        page = client.get("/produit/tasse/avis/").content.decode()

    assert "Achat vérifié, en magasin" in page
    assert "Avis du 17 nov. 2026, article reçu le 17 nov. 2026" in page.replace("\xa0", " ")
    assert "nous vérifions chaque achat" in page
    assert "Merci Inès." in page
    assert "trois jours ouvrés" in client.get("/avis/").content.decode()


def test_what_waits_or_was_refused_is_not_shown(client, shop):
    client.post(form_of(shop.order), WORDS)
    assert "Bien coupée" not in client.get("/produit/tasse/avis/").content.decode()

    reviews.refuse(Review.objects.get(), reason="off_topic", actor="user:1", at=NOON)

    assert "Bien coupée" not in client.get("/produit/tasse/avis/?page=1").content.decode()
    assert "ne porte pas sur l’article" in client.get(form_of(shop.order)).content.decode()


def test_the_products_own_page_gets_the_first_reviews_as_a_part(client, shop):
    published(shop)

    part = client.get(
        "/produit/tasse/avis/", headers={"HX-Request": "true", "HX-Target": "reviews"}
    )

    assert "<html" not in part.content.decode()
    assert "Elle ne s’ébrèche pas." in part.content.decode()


def signed_in(client, shop):
    user = UserFactory()
    person = CustomerFactory(user=user)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return person


def test_who_is_signed_in_gets_from_the_product_to_the_form_of_their_purchase(client, shop):
    assert client.get("/produit/tasse/avis/donner/").status_code == 302  # to sign in
    person = signed_in(client, shop)
    assert "pas d’achat de ce produit" in client.get("/produit/tasse/avis/donner/").content.decode()

    order = sold(shop.desk, (shop.cup, 1), customer=person)

    assert client.get("/produit/tasse/avis/donner/").url == form_of(order)
    assert form_of(order) in client.get("/mon-compte/").content.decode()


def test_a_question_is_kept_once_and_shown_when_it_is_answered(client, shop):
    asked = {"text": "Va-t-elle au lave-vaisselle ?", "author": "Inès", "key": "abc"}
    for _ in "ab":
        assert "Merci" in client.post("/produit/tasse/questions/", asked).content.decode()
    question = Question.objects.get()
    assert "lave-vaisselle" not in client.get("/produit/tasse/avis/").content.decode()

    reviews.answer_question(question, text="Oui, en haut.", actor="user:1", at=NOON)

    page = client.get("/produit/tasse/avis/?qpage=1").content.decode()
    assert "lave-vaisselle" in page
    assert "Oui, en haut." in page


def test_the_sixth_question_of_an_hour_is_too_much(client, shop):
    for number in range(5):
        asked = {"text": f"Question numéro {number} ?", "author": "Inès", "key": str(number)}
        assert client.post("/produit/tasse/questions/", asked).status_code == 200

    assert client.post("/produit/tasse/questions/", asked | {"key": "6"}).status_code == 429
    assert Question.objects.count() == 5


def test_only_a_buyer_answers(client, shop):
    question = reviews.ask(
        product=shop.cup.product, key="k", text="Tient-elle chaud ?", author="Inès",
        language="fr", at=NOON,
    )  # fmt: skip
    words = {"text": "Une demi-heure environ.", "author": "Camille"}
    address = f"/produit/tasse/questions/{question.pk}/"
    person = signed_in(client, shop)
    assert client.post(address, words).status_code == 404  # not shown yet
    reviews.publish(question, actor="user:1", at=NOON)
    assert client.post(address, words).status_code == 404  # bought nothing
    assert not Answer.objects.exists()

    sold(shop.desk, (shop.cup, 1), customer=Customer.objects.get(pk=person.pk))

    assert client.post(address, words).status_code == 200
    assert Answer.objects.get().status == "pending"


def test_the_api_gives_stars_and_reviews(client, shop, django_assert_max_num_queries):
    published(shop)

    assert client.get("/api/v1/products/tasse/").json()["rating"] == {"average": 4.0, "count": 1}
    with django_assert_max_num_queries(4):
        found = client.get("/api/v1/products/tasse/reviews/").json()

    assert found["count"] == 1
    assert found["results"][0] | {"written_at": ""} == {
        "rating": 4, "title": "Solide", "text": "Elle ne s’ébrèche pas.", "author": "Inès",
        "language": "fr", "sku": "TASSE-1", "channel": "till", "written_at": "",
        "received_on": "2026-11-17", "answer": "",
    }  # fmt: skip
    assert client.get("/api/v1/products/unknown/reviews/").status_code == 404

"""Reviews and questions: what is kept, what is shown, who decides."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from catalog import reviews
from catalog.models import Product, Question, Review
from catalog.reviews import Purchase
from omnishop.kernel.errors import Invalid, NotFound, Refusal
from tests.factories import NOON, VariantFactory

pytestmark = pytest.mark.django_db
WORDS = {"title": "", "text": "Très confortable dès le premier jour.", "author": "Camille M."}


@pytest.fixture
def variant():
    return VariantFactory()


def bought(variant, document="O-1", line=1, customer="C-1"):
    return Purchase(document, line, variant, "till", customer, date(2026, 11, 2))


def written(variant, document="O-1", rating=5, at=NOON, **changes):
    return reviews.write_review(
        purchase=bought(variant, document), rating=rating, language="fr", at=at, **WORDS | changes
    )


def shown(variant):
    product = Product.objects.get(pk=variant.product_id)
    return product.rating_sum, product.rating_count


def test_a_review_waits_for_staff_and_counts_for_nothing_before(variant):
    review = written(variant)

    assert (review.status, review.product_id) == ("pending", variant.product_id)
    assert shown(variant) == (0, 0)
    assert list(reviews.reviews_page(variant.product_id)) == []


def test_published_stars_are_counted_on_the_product_and_taken_off_again(variant):
    first, second = written(variant, "O-1", 5), written(variant, "O-2", 4)
    reviews.publish(first, actor="user:1", at=NOON)
    reviews.publish(second, actor="user:1", at=NOON)
    assert shown(variant) == (9, 2)

    reviews.refuse(second, reason="off_topic", actor="user:1", at=NOON)

    assert shown(variant) == (5, 1)
    assert [review.pk for review in reviews.reviews_page(variant.product_id)] == [first.pk]


def test_publishing_twice_counts_once(variant):
    review = written(variant)

    assert reviews.publish(review, actor="user:1", at=NOON) is True
    assert reviews.publish(review, actor="user:1", at=NOON) is False
    assert shown(variant) == (5, 1)


def test_writing_twice_is_one_review_and_keeps_the_first_words(variant):
    first = written(variant, rating=5)
    second = written(variant, rating=1, text="Finalement je ne l’aime pas du tout.")

    assert first.pk == second.pk
    assert Review.objects.get().rating == 5


def test_the_database_keeps_one_review_of_a_purchase(variant):
    written(variant)

    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.create(
            product=variant.product, variant=variant, rating=3, text="…", author="B",
            document="O-1", line=1, channel="web", received_on=date(2026, 11, 2), written_at=NOON,
        )  # fmt: skip


@pytest.mark.parametrize("stars", [0, 6])
def test_the_database_knows_one_to_five_stars(variant, stars):
    review = written(variant)

    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.filter(pk=review.pk).update(rating=stars)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "published"},  # without the moment
        {"status": "refused", "decided_at": NOON},  # without why
        {"reason": "off_topic"},  # why, but not refused
        {"answer": "Merci."},  # without the moment
    ],
)
def test_the_database_refuses_half_a_decision(variant, changes):
    review = written(variant)

    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.filter(pk=review.pk).update(**changes)


def test_a_refused_review_may_be_written_anew_and_is_read_again(variant):
    review = written(variant)
    reviews.refuse(review, reason="insult", actor="user:1", at=NOON)

    again = written(variant, rating=2, text="La fermeture a lâché en une semaine.", at=NOON)

    assert (again.pk, again.status, again.reason, again.rating) == (review.pk, "pending", "", 2)


@pytest.mark.parametrize(
    "changes",
    [
        {"rating": 0},
        {"rating": 6},
        {"text": "Bien."},
        {"text": "a" * 4001},
        {"author": " "},
        {"author": "x" * 41},
    ],
)
def test_what_is_too_short_too_long_or_no_star_is_refused_and_nothing_kept(variant, changes):
    with pytest.raises(Invalid):
        written(variant, **changes)

    assert not Review.objects.exists()


@pytest.mark.parametrize(
    "text",
    [
        "Écrivez-moi à camille@example.org pour la photo.",
        "Appelez le 06 39 98 12 34 après 18 h.",
        "Le même moins cher sur www.ailleurs.example, promis.",
    ],
)
def test_contact_details_are_marked_and_never_published(variant, text):
    review = written(variant, text=text)
    assert review.has_contact

    with pytest.raises(Refusal):
        reviews.publish(review, actor="user:1", at=NOON)

    assert shown(variant) == (0, 0)


def test_sizes_and_prices_are_no_contact_details():
    assert not reviews.has_contact("Taille 42, payé 84,90 € le 12/10/2026, 1 200 g sur la balance.")


def test_the_average_is_rounded_half_up_to_a_tenth():
    assert reviews.Rating(13, 3).average == 4.3
    assert reviews.Rating(17, 4).average == 4.3  # 4.25
    assert not reviews.Rating(0, 0)


def test_bars_count_each_number_of_stars(variant):
    for number, stars in enumerate((5, 5, 4, 1)):
        reviews.publish(written(variant, f"O-{number}", stars), actor="user:1", at=NOON)

    bars = reviews.distribution(variant.product_id)
    assert [(bar.stars, bar.count, bar.share) for bar in bars] == [
        (5, 2, 50), (4, 1, 25), (3, 0, 0), (2, 0, 0), (1, 1, 25),
    ]  # fmt: skip


def test_reviews_are_sorted_narrowed_and_paged(variant, django_assert_num_queries):
    for number in range(12):
        at = NOON + timedelta(days=number)
        review = written(variant, f"O-{number}", 1 + number % 5, at)
        reviews.publish(review, actor="user:1", at=NOON)

    with django_assert_num_queries(3):
        newest = reviews.reviews_page(variant.product_id)
        assert [r.document for r in newest][:2] == ["O-11", "O-10"]
    assert len(reviews.reviews_page(variant.product_id, page=2)) == 2
    assert [r.rating for r in reviews.reviews_page(variant.product_id, sort="worst")][:3] == [
        1,
        1,
        1,
    ]
    assert {r.rating for r in reviews.reviews_page(variant.product_id, stars=5)} == {5}


def test_one_customer_writes_ten_in_a_day_and_goes_on_tomorrow(variant):
    for number in range(10):
        written(variant, f"O-{number}")

    with pytest.raises(Refusal):
        written(variant, "O-11")

    assert written(variant, "O-11", at=NOON + timedelta(days=1)).pk


def test_the_answer_of_the_shop_can_be_written_changed_and_taken_away(variant):
    review = written(variant)
    reviews.answer_review(review, text="Merci de votre retour.", actor="user:1", at=NOON)
    review.refresh_from_db()
    assert (review.answer, review.answered_at) == ("Merci de votre retour.", NOON)

    reviews.answer_review(review, text="", actor="user:1", at=NOON)
    review.refresh_from_db()
    assert (review.answer, review.answered_at) == ("", None)


def question(variant, key="k1", text="Est-ce qu’elle passe en machine ?"):
    return reviews.ask(
        product=variant.product, key=key, text=text, author="Inès", language="fr", at=NOON
    )


def test_a_question_is_shown_with_the_answer_of_the_shop_first(variant):
    asked = question(variant)
    assert question(variant).pk == asked.pk  # two clicks
    assert list(reviews.questions_page(variant.product_id)) == []

    reviews.answer_question(asked, text="Oui, à 30 degrés.", actor="user:1", at=NOON)
    buyers = reviews.answer_as_buyer(
        question_id=asked.pk, purchase=bought(variant), text="Je le fais depuis un an.",
        author="Camille M.", language="fr", at=NOON,
    )  # fmt: skip
    reviews.publish(buyers, actor="user:1", at=NOON)

    shown = reviews.questions_page(variant.product_id)[0]
    assert [answer.by_staff for answer in shown.answers.all()] == [True, False]
    assert Question.objects.get().status == "published"


def test_a_buyer_of_something_else_does_not_answer(variant):
    asked = question(variant)
    reviews.publish(asked, actor="user:1", at=NOON)

    with pytest.raises(NotFound):
        reviews.answer_as_buyer(
            question_id=asked.pk, purchase=bought(VariantFactory()), text="Je n’en sais rien.",
            author="X Y", language="fr", at=NOON,
        )  # fmt: skip

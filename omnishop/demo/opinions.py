"""Reviews of what was really received, questions with their answers, recommendations."""

import tomllib
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from django.conf import settings
from django.db import connection

from catalog import reviews
from catalog.models import Answer, Category, Product, Question, Review
from omnishop.demo.days import ZONE, Days
from omnishop.demo.entries import DATA
from orders.services import recommendations

MOST = 600  # reviews, times the scale
SHARE = 0.16  # of the lines received that somebody reviews
STARS = (5, 5, 5, 5, 4, 4, 4, 3, 3, 2, 1)
ASKED = 3  # products that each question is asked of


def fill(days: Days, *, scale: int, actor: str) -> None:
    """As shoppers and staff would have written them, and as the night computes them."""
    words: dict[str, Any] = tomllib.loads((DATA / "reviews.toml").read_text(encoding="utf-8"))
    rng = Random("opinions")
    Review.objects.bulk_create(_reviews(rng, words, days, most=MOST * scale, actor=actor))
    reviews.count_ratings()
    _questions(rng, words, days, actor=actor)
    recommendations.compute(at=days.at(0, 3, 10))


def _received(until: datetime) -> list[tuple[Any, ...]]:
    """(order, line, article, product, root shelf, channel, person, first name, day received)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT o.number, l.position, l.variant_id, v.product_id, root.slug, o.channel,
                   coalesce(c.number, ''), coalesce(nullif(c.first_name, ''),
                   nullif(split_part(o.name, ' ', 1), ''), 'Camille'), min(f.closed_at)
              FROM orders_orderline l
              JOIN orders_order o ON o.id = l.order_id
              JOIN catalog_variant v ON v.id = l.variant_id
              JOIN catalog_product d ON d.id = v.product_id
              JOIN catalog_category k ON k.id = d.category_id
              JOIN catalog_category root ON root.path = left(k.path, 4)
              JOIN orders_fulfilmentline fl ON fl.line_id = l.id
              JOIN orders_fulfilment f ON f.id = fl.fulfilment_id
               AND f.status IN ('handed_over', 'delivered')
              LEFT JOIN customers_customer c ON c.id = o.customer_id
             WHERE l.kind = 'product' AND l.fulfilled > 0 AND f.closed_at < %(until)s
             GROUP BY o.id, l.id, v.id, root.id, c.id ORDER BY o.placed_at, o.number, l.position
            """,
            {"until": until},
        )
        return cursor.fetchall()


def _reviews(
    rng: Random, words: dict[str, Any], days: Days, *, most: int, actor: str
) -> list[Review]:
    lines = _received(days.midnight(0))
    count = min(most, round(len(lines) * SHARE))
    chosen = sorted(rng.sample(range(len(lines)), count))
    refused = list(words["refused"])
    written = []
    for number, at in enumerate(chosen):
        order, line, variant, product, shelf, channel, person, name, received = lines[at]
        moment = received + timedelta(days=rng.randint(1, 20), minutes=rng.randint(0, 600))
        if moment > days.midnight(0):
            moment = days.midnight(0) - timedelta(minutes=rng.randint(5, 900))
        moment = max(moment, received)
        recent = moment > days.midnight(3)
        told = _told(rng, words, shelf)
        review = Review(
            product_id=product, variant_id=variant, document=order, line=line, channel=channel,
            customer_number=person, author=f"{name} {rng.choice('ABCDEGLMPRST')}."[:40],
            received_on=_day(received), written_at=moment, **told,
        )  # fmt: skip
        if number % 97 == 7 and refused:
            wrong = refused.pop()
            review.rating, review.title, review.text = rng.choice((1, 5)), "", wrong["text"]
            review.language, review.status, review.reason = "fr", "refused", wrong["reason"]
            review.told_at = moment + timedelta(days=1, hours=1)
        elif recent and rng.random() < 0.6:
            review.status = "pending"
        else:
            review.status = "published"
            _answer(rng, words, review, moment, days, actor)
        if review.status != "pending":
            review.decided_at = min(moment + timedelta(hours=rng.randint(2, 40)), days.midnight(0))
            review.decided_by = actor
        review.has_contact = reviews.has_contact(review.text)
        written.append(review)
    return written


def _day(at: datetime) -> date:
    return at.astimezone(ZONE).date()


def _told(rng: Random, words: dict[str, Any], shelf: str) -> dict[str, Any]:
    """Stars and words that go with them."""
    rating = rng.choice(STARS)
    mood = "good" if rating > 3 else "fair" if rating == 3 else "bad"
    if rng.random() < 0.06:
        return {
            "rating": rating, "title": "", "language": "en",
            "text": rng.choice(words["english"][mood]),
        }  # fmt: skip
    said = [rng.choice(words["uses"][shelf]), rng.choice(words["verdicts"][mood])]
    said.append(rng.choice(words["reserves"][mood]))
    return {
        "rating": rating, "title": rng.choice(words["titles"][mood]), "language": "fr",
        "text": " ".join(part for part in said if part),
    }  # fmt: skip


def _answer(
    rng: Random, words: dict[str, Any], review: Review, at: datetime, days: Days, actor: str
) -> None:
    """Staff answer most of the unhappy and a few of the others."""
    mood = "good" if review.rating > 3 else "fair" if review.rating == 3 else "bad"
    if rng.random() < {"good": 0.05, "fair": 0.3, "bad": 0.8}[mood]:
        review.answer = rng.choice(words["answers"][mood])
        review.answered_at = min(at + timedelta(days=2), days.midnight(0))
        review.answered_by = actor


def _questions(rng: Random, words: dict[str, Any], days: Days, *, actor: str) -> None:
    """Each question of some products of its shelf; those without an answer wait for one."""
    for n, asked in enumerate(words["question"]):
        products = list(
            Product.objects.filter(
                status=Product.Status.ACTIVE,
                category__path__startswith=_path(asked["shelf"]),
            ).order_by("-popularity", "slug")[:20]
        )
        for product in rng.sample(products, min(ASKED, len(products))):
            at = days.at(rng.randint(1, 30), rng.randint(9, 20))
            waits = not asked["answer"]
            question = Question.objects.create(
                product=product, key=f"demo:{n}:{product.pk}",
                text=asked["text"], author=asked["author"], written_at=at,
                status="pending" if waits else "published",
                decided_at=None if waits else at + timedelta(hours=5),
                decided_by="" if waits else actor,
            )  # fmt: skip
            if not waits:
                Answer.objects.create(
                    question=question, by_staff=True, text=asked["answer"],
                    author=settings.SHOP_NAME, written_at=at + timedelta(hours=5),
                    status="published", decided_at=at + timedelta(hours=5), decided_by=actor,
                )  # fmt: skip


def _path(slug: str) -> str:
    return Category.objects.values_list("path", flat=True).get(slug=slug)

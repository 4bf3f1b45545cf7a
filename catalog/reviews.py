"""Reviews and questions: writing them, deciding on them, what pages show of them.

Whoever calls `write_review` or `answer_as_buyer` has checked the purchase: orders are above us.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import phonenumbers
from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db import connection, transaction
from django.db.models import Count, Prefetch, QuerySet
from django.utils.translation import gettext as _

from catalog.models import Answer, Product, Question, Review, Variant
from catalog.models.review import LONGEST, LONGEST_QUESTION, RATINGS, Moderated, Reason
from omnishop.kernel.errors import Invalid, NotFound, Refusal

SHORTEST = 10  # characters of a text that says something
PAGE = 10  # reviews, questions
A_DAY = 10  # reviews and answers that one customer may write in a day
CONTACT = re.compile(
    r"[\w.+-]+@[\w-]+\.\w+|https?://|www\.\w|(?<!\d)(?:\+33|0)[ .-]*[1-9](?:[ .-]*\d\d){4}(?!\d)",
    re.IGNORECASE,
)
SORTS = {
    "newest": ("-written_at", "-pk"),
    "best": ("-rating", "-written_at", "-pk"),
    "worst": ("rating", "-written_at", "-pk"),
}

Status = Moderated.Status


# --- Writing ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Purchase:
    """The order line that proves that somebody had the article."""

    document: str
    line: int
    variant: Variant
    channel: str
    customer_number: str  # "" for a guest
    received_on: date


def has_contact(text: str) -> bool:
    """Whether an e-mail address, a telephone number or a link stands in a text."""
    return bool(CONTACT.search(text)) or phonenumbers.PhoneNumberMatcher(text, "FR").has_next()


def _clean(text: str) -> str:
    """Lines without odd spaces; no control characters."""
    lines = ("".join(c for c in line if c.isprintable()) for line in text.splitlines())
    kept = "\n".join(" ".join(line.split()) for line in lines)
    return re.sub(r"\n{3,}", "\n\n", kept).strip()


def _said(text: str, author: str, longest: int) -> tuple[str, str]:
    """A text and its signature as they are kept. Raises Invalid."""
    text, author = _clean(text), " ".join(_clean(author).split())
    if len(text) < SHORTEST:
        raise Invalid(_("Write a few words: 10 characters at least."), field="text")
    if len(text) > longest:
        raise Invalid(
            _("This is too long: %(most)s characters at the most.") % {"most": longest},
            field="text",
        )
    if not 2 <= len(author) <= 40:
        raise Invalid(_("Sign with 2 to 40 characters, such as a first name."), field="author")
    return text, author


def _not_too_many(rows: QuerySet[Review] | QuerySet[Answer], customer: str, at: datetime) -> None:
    if not customer:
        return  # a guest writes once for each line they bought
    since = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if rows.filter(customer_number=customer, written_at__gte=since).count() >= A_DAY:
        raise Refusal(_("That is a lot for one day. Go on tomorrow."))


@transaction.atomic
def write_review(
    *, purchase: Purchase, rating: int, title: str, text: str, author: str, language: str,
    at: datetime,
) -> Review:  # fmt: skip
    """Keep a review for staff to read; one for each purchase.

    A repeat returns the review that is there. One that was refused is written anew: whoever was
    told why may say it otherwise.
    """
    if rating not in RATINGS:
        raise Invalid(_("Choose 1 to 5 stars."), field="rating")
    text, author = _said(text, author, LONGEST)
    title = " ".join(_clean(title).split())[:80]
    told = {
        "product_id": purchase.variant.product_id, "variant": purchase.variant,
        "channel": purchase.channel, "received_on": purchase.received_on,
        "customer_number": purchase.customer_number, "rating": rating, "title": title,
        "text": text, "author": author, "language": language, "written_at": at,
        "has_contact": has_contact(f"{title}\n{text}\n{author}"),
    }  # fmt: skip
    known = _of_purchase(purchase)
    if known is None:
        _not_too_many(Review.objects.all(), purchase.customer_number, at)
        review, created = Review.objects.get_or_create(
            document=purchase.document, line=purchase.line, defaults=told
        )
        if created:
            return review
        known = _of_purchase(purchase) or review
    if known.status == Status.REFUSED:
        for name, value in told.items():
            setattr(known, name, value)
        known.status, known.reason = Status.PENDING, ""
        known.decided_at = known.told_at = None
        known.decided_by = ""
        known.save()
    return known


def _of_purchase(purchase: Purchase) -> Review | None:
    return (
        Review.objects.select_for_update(of=("self",))
        .filter(document=purchase.document, line=purchase.line)
        .first()
    )


def ask(
    *, product: Product, key: str, text: str, author: str, language: str, at: datetime,
    customer_number: str = "",
) -> Question:  # fmt: skip
    """Keep a question for staff to read. `key` is the form's: a repeat returns the same."""
    text, author = _said(text, author, LONGEST_QUESTION)
    question, _created = Question.objects.get_or_create(
        key=key[:40],
        defaults={
            "product": product, "text": text, "author": author, "language": language,
            "customer_number": customer_number, "written_at": at,
            "has_contact": has_contact(f"{text}\n{author}"),
        },
    )  # fmt: skip
    return question


def answer_as_buyer(
    *, question_id: int, purchase: Purchase, text: str, author: str, language: str, at: datetime
) -> Answer:
    """Keep an answer of somebody who bought the product, for staff to read; a repeat is the same.

    Raises NotFound when there is no such question about that product.
    """
    text, author = _said(text, author, LONGEST)
    question = Question.objects.filter(
        pk=question_id, status=Status.PUBLISHED, product_id=purchase.variant.product_id
    ).first()
    if question is None:
        raise NotFound(_("There is no such question."))
    _not_too_many(Answer.objects.all(), purchase.customer_number, at)
    answer, _created = Answer.objects.get_or_create(
        question=question, document=purchase.document, line=purchase.line, by_staff=False,
        defaults={
            "text": text, "author": author, "language": language, "written_at": at,
            "customer_number": purchase.customer_number,
            "has_contact": has_contact(f"{text}\n{author}"),
        },
    )  # fmt: skip
    return answer


# --- Deciding -----------------------------------------------------------------------------------


def _locked(row: Moderated) -> Moderated:
    """The row locked; the product of a review first, as everywhere."""
    if isinstance(row, Review):
        Product.objects.select_for_update(of=("self",), no_key=True).get(pk=row.product_id)
    return type(row)._default_manager.select_for_update(of=("self",)).get(pk=row.pk)


@transaction.atomic
def publish(row: Moderated, *, actor: str, at: datetime) -> bool:
    """Show it on the site; False when it is shown already.

    Raises Refusal while contact details stand in it: nobody's words are changed for them.
    """
    found = _locked(row)
    if found.status == Status.PUBLISHED:
        return False
    if found.has_contact:
        raise Refusal(
            _(
                "An e-mail address, a telephone number or a link stands in it. Refuse it for"
                " personal data: the author is told and may write it again."
            )
        )
    found.status, found.reason = Status.PUBLISHED, ""
    _decide(found, actor=actor, at=at)
    return True


@transaction.atomic
def refuse(row: Moderated, *, reason: str, actor: str, at: datetime) -> bool:
    """Do not show it, or no longer; a task tells the author of a review why."""
    if reason not in Reason.values:
        raise Invalid(_("Choose why."))
    found = _locked(row)
    if found.status == Status.REFUSED and found.reason == reason:
        return False
    found.status, found.reason = Status.REFUSED, reason
    if isinstance(found, Review):
        found.told_at = None
    _decide(found, actor=actor, at=at)
    return True


def _decide(row: Moderated, *, actor: str, at: datetime) -> None:
    row.decided_at, row.decided_by = at, actor
    row.save()
    if isinstance(row, Review):
        count_ratings([row.product_id])


def count_ratings(product_ids: Sequence[int] | None = None) -> None:
    """Write the sum and the number of the published stars of these locked products, or of all."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE catalog_product p
               SET rating_sum = coalesce(s.stars, 0), rating_count = coalesce(s.reviews, 0)
              FROM catalog_product d
              LEFT JOIN (SELECT product_id, sum(rating) AS stars, count(*) AS reviews
                           FROM catalog_review WHERE status = 'published'
                            AND (%(all)s OR product_id = ANY(%(ids)s)) GROUP BY 1) s
                ON s.product_id = d.id
             WHERE d.id = p.id AND (%(all)s OR d.id = ANY(%(ids)s))
               AND (p.rating_sum, p.rating_count)
                   IS DISTINCT FROM (coalesce(s.stars, 0), coalesce(s.reviews, 0))
            """,
            {"all": product_ids is None, "ids": list(product_ids or [])},
        )


@transaction.atomic
def answer_review(review: Review, *, text: str, actor: str, at: datetime) -> None:
    """The shop's answer under a review; an empty text takes it away."""
    text = _clean(text)
    if len(text) > LONGEST:
        raise Invalid(_("This is too long: %(most)s characters at the most.") % {"most": LONGEST})
    found = Review.objects.select_for_update(of=("self",)).get(pk=review.pk)
    found.answer = text
    found.answered_at, found.answered_by = (at, actor) if text else (None, "")
    found.save(update_fields=["answer", "answered_at", "answered_by"])


@transaction.atomic
def answer_question(question: Question, *, text: str, actor: str, at: datetime) -> Answer:
    """The shop's answer; the question is published with it. A second answer replaces the first."""
    text, author = _said(text, settings.SHOP_NAME, LONGEST)
    publish(question, actor=actor, at=at)
    answer, _created = Answer.objects.update_or_create(
        question=question, by_staff=True, document="", line=0,
        defaults={
            "text": text, "author": author, "language": question.language, "written_at": at,
            "status": Status.PUBLISHED, "decided_at": at, "decided_by": actor,
        },
    )  # fmt: skip
    return answer


# --- Showing ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rating:
    """The stars of a product, as lists and pages show them."""

    total: int
    count: int

    def __bool__(self) -> bool:
        return self.count > 0

    @property
    def tenths(self) -> int:
        """The average in tenths of a star, half up: 43 is 4.3."""
        return (20 * self.total + self.count) // (2 * self.count) if self.count else 0

    @property
    def average(self) -> float:
        return self.tenths / 10


def rating(product: Product) -> Rating:
    """The stars of a product, from its own columns: no statement."""
    return Rating(product.rating_sum, product.rating_count)


@dataclass(frozen=True, slots=True)
class Bar:
    """How many gave so many stars."""

    stars: int
    count: int
    share: int  # percent of all


def distribution(product_id: int) -> tuple[Bar, ...]:
    """Five bars, the most stars first."""
    found = dict(
        Review.objects.filter(product_id=product_id, status=Status.PUBLISHED)
        .order_by()
        .values_list("rating")
        .annotate(Count("pk"))
    )
    total = sum(found.values())
    return tuple(
        Bar(stars, found.get(stars, 0), round(100 * found.get(stars, 0) / total) if total else 0)
        for stars in reversed(RATINGS)
    )


def published(product_id: int, *, sort: str = "newest") -> QuerySet[Review]:
    """Published reviews of a product with the article that each is about."""
    return (
        Review.objects.filter(product_id=product_id, status=Status.PUBLISHED)
        .select_related("variant")
        .order_by(*SORTS.get(sort, SORTS["newest"]))
    )


def reviews_page(
    product_id: int, *, sort: str = "newest", stars: int | None = None, page: int = 1
) -> Page[Review]:
    """A page of them, with the options of the articles; of so many stars alone where asked."""
    rows = published(product_id, sort=sort).prefetch_related("variant__options")
    if stars in RATINGS:
        rows = rows.filter(rating=stars)
    return Paginator(rows, PAGE).get_page(page)


def questions_page(product_id: int, *, page: int = 1) -> Page[Question]:
    """Published questions of a product with their answers, the shop's first."""
    answers = Answer.objects.filter(status=Status.PUBLISHED)
    rows = (
        Question.objects.filter(product_id=product_id, status=Status.PUBLISHED)
        .prefetch_related(Prefetch("answers", answers))
        .order_by("-written_at", "-pk")
    )
    return Paginator(rows, PAGE).get_page(page)

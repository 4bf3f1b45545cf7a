"""Reviews by people who bought and received, questions and their answers, all moderated."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from catalog.models.product import Product, Variant

RATINGS = (1, 2, 3, 4, 5)
LONGEST = 4000  # characters of a review
LONGEST_QUESTION = 500


class Reason(models.TextChoices):
    """Why something is not published; the author is told in these words."""

    PERSONAL_DATA = "personal_data", _("It contains personal data: a name, an e-mail, a telephone.")
    OFF_TOPIC = "off_topic", _("It is not about the article itself.")
    INSULT = "insult", _("It contains insults or hateful words.")
    ADVERT = "advert", _("It advertises something, or links to another site.")
    UNLAWFUL = "unlawful", _("It contains something that the law forbids.")
    UNREADABLE = "unreadable", _("It cannot be understood.")


class Moderated(models.Model):
    """Words of a shopper, read by staff before anybody else does."""

    class Status(models.TextChoices):
        PENDING = "pending", pgettext_lazy("review", "to read")
        PUBLISHED = "published", pgettext_lazy("review", "published")
        REFUSED = "refused", pgettext_lazy("review", "refused")

    text = models.TextField(_("text"))
    author = models.CharField(_("signed"), max_length=40)  # as shown
    language = models.CharField(_("language"), max_length=2, default="fr")
    customer_number = models.CharField(_("customer"), max_length=12, blank=True, default="")
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PENDING)
    reason = models.CharField(_("why"), max_length=20, choices=Reason, blank=True, default="")
    has_contact = models.BooleanField(_("e-mail, telephone or link"), default=False)
    written_at = models.DateTimeField(_("written"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=80, blank=True, default="")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.text[:60]


def _decided(name: str) -> list[models.BaseConstraint]:
    """What is decided says when, what is refused says why; nothing else does."""
    return [
        models.CheckConstraint(
            condition=Q(status="pending", decided_at__isnull=True)
            | Q(~Q(status="pending"), decided_at__isnull=False),
            name=f"{name}_decided_has_time",
        ),
        models.CheckConstraint(
            condition=Q(status="refused") & ~Q(reason="") | ~Q(status="refused") & Q(reason=""),
            name=f"{name}_refused_has_reason",
        ),
    ]


class Review(Moderated):
    """What somebody thinks of an article that an order line proves they bought and received."""

    product = models.ForeignKey(
        Product, models.PROTECT, related_name="reviews", verbose_name=_("product")
    )
    variant = models.ForeignKey(
        Variant, models.PROTECT, related_name="+", verbose_name=_("article bought")
    )
    rating = models.PositiveSmallIntegerField(_("stars"))
    title = models.CharField(_("title"), max_length=80, blank=True)
    # The purchase that it proves: an order of any channel, by number; orders are above us.
    document = models.CharField(_("purchase"), max_length=20)
    line = models.PositiveIntegerField(_("line"))
    channel = models.CharField(_("bought"), max_length=10)  # "web", "till", "phone"
    received_on = models.DateField(_("received on"))  # the date of the experience
    answer = models.TextField(_("our answer"), blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    answered_by = models.CharField(_("answered by"), max_length=80, blank=True, default="")
    told_at = models.DateTimeField(_("author told"), null=True, blank=True)

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["-written_at", "-pk"]
        constraints = [
            # Two clicks, two tabs, two devices: one review of what was bought once.
            models.UniqueConstraint(fields=["document", "line"], name="review_one_per_purchase"),
            models.CheckConstraint(
                condition=Q(rating__gte=1, rating__lte=5), name="review_one_to_five_stars"
            ),
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True)
                | Q(~Q(answer=""), answered_at__isnull=False),
                name="review_answer_has_time",
            ),
            *_decided("review"),
        ]
        indexes = [
            models.Index(
                fields=["product", "-written_at", "-id"],
                name="review_of_product",
                condition=Q(status="published"),
            ),
            models.Index(
                fields=["written_at"], name="review_waiting", condition=Q(status="pending")
            ),
            models.Index(
                fields=["decided_at"],
                name="review_to_tell",
                condition=Q(status="refused", told_at__isnull=True),
            ),
        ]


class Question(Moderated):
    """What somebody wants to know of a product before they buy it."""

    product = models.ForeignKey(
        Product, models.PROTECT, related_name="questions", verbose_name=_("product")
    )
    key = models.CharField(max_length=40, unique=True)  # of the form: two clicks, one question

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["-written_at", "-pk"]
        constraints = [*_decided("question")]
        indexes = [
            models.Index(
                fields=["product", "-written_at", "-id"],
                name="question_of_product",
                condition=Q(status="published"),
            ),
            models.Index(
                fields=["written_at"], name="question_waiting", condition=Q(status="pending")
            ),
        ]


class Answer(Moderated):
    """An answer to a question: of the shop, or of somebody who bought the product."""

    question = models.ForeignKey(
        Question, models.CASCADE, related_name="answers", verbose_name=_("question")
    )
    by_staff = models.BooleanField(_("of the shop"), default=False)
    document = models.CharField(_("purchase"), max_length=20, blank=True, default="")
    line = models.PositiveIntegerField(_("line"), default=0)

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        ordering = ["-by_staff", F("written_at").asc(), "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["question", "document", "line"],
                name="answer_one_per_purchase",
                condition=Q(by_staff=False),
            ),
            models.CheckConstraint(
                condition=Q(by_staff=True, document="") | Q(~Q(document=""), by_staff=False),
                name="answer_of_shop_or_buyer",
            ),
            *_decided("answer"),
        ]
        indexes = [
            models.Index(
                fields=["written_at"], name="answer_waiting", condition=Q(status="pending")
            ),
        ]

"""The queue of reviews, questions and answers to read; staff decide, nobody edits their words."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from catalog import reviews
from catalog.admin.products import found_products
from catalog.models import Answer, Product, Question, Review
from catalog.models.review import LONGEST, Moderated, Reason
from omnishop.kernel.admin import AskForm, ReadOnlyAdmin, actor, link_to, list_link
from omnishop.kernel.errors import Refusal


class ReasonForm(AskForm):
    """Why something is not shown."""

    reason = forms.ChoiceField(label=_("Why"), choices=Reason, widget=UnfoldAdminSelectWidget)


class AnswerForm(AskForm):
    """What the shop says to it."""

    text = forms.CharField(
        label=_("Our answer"),
        max_length=LONGEST,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
    )


class ModeratedAdmin(ReadOnlyAdmin):
    """Words of shoppers: published as they stand, or refused with a reason."""

    list_filter: Any = ("status", "has_contact", "reason", "language")
    search_help_text = _("Words of the product's name, SKU or GTIN; order number")
    actions = ("publish_chosen",)
    actions_detail: Any = ("publish", "refuse")
    product = "product"  # the way to it

    def find(self, rows: Any, term: str) -> Any:
        products = found_products(Product.objects.all(), term).values("pk")
        found = rows.filter(**{f"{self.product}__in": products})
        if term.upper().startswith("O-") and self.model is not Question:
            found = rows.filter(document=term.upper())
        return found

    def has_decide_permission(self, request: HttpRequest, _object_id: Any = None) -> bool:
        return request.user.has_perm(f"catalog.change_{self.model._meta.model_name}")

    @admin.display(description=_("text"))
    def words(self, row: Moderated) -> str:
        return row.text if len(row.text) < 120 else f"{row.text[:117]}…"

    @admin.display(description=_("e-mail, telephone or link"), boolean=True)
    def contact(self, row: Moderated) -> bool:
        return row.has_contact

    @admin.action(description=_("Publish"), permissions=["decide"])
    def publish_chosen(self, request: HttpRequest, chosen: Any) -> None:
        done, refused = 0, ""
        for row in chosen.order_by("pk"):
            try:
                done += reviews.publish(row, actor=actor(request), at=timezone.now())
            except Refusal as refusal:
                refused = str(refusal)
        self.message_user(
            request, ngettext("%(n)s published.", "%(n)s published.", done) % {"n": done}
        )
        if refused:
            self.message_user(request, refused, messages.WARNING)

    @action(
        description=_("Publish"), url_path="publish", icon="check_circle", permissions=["decide"]
    )
    def publish(self, request: HttpRequest, object_id: int) -> HttpResponse:
        row = self.found(request, object_id)

        def work(_data: dict[str, Any]) -> str:
            shown = reviews.publish(row, actor=actor(request), at=timezone.now())
            return _t("It is published.") if shown else _t("It is published already.")

        return self.ask(
            request,
            row,
            title=_("Publish"),
            submit=_("Publish"),
            form=AskForm(request.POST or None),
            facts=self.facts(row),
            work=work,
        )

    @action(description=_("Refuse"), url_path="refuse", icon="block", permissions=["decide"])
    def refuse(self, request: HttpRequest, object_id: int) -> HttpResponse:
        row = self.found(request, object_id)

        def work(data: dict[str, Any]) -> str:
            reviews.refuse(row, reason=data["reason"], actor=actor(request), at=timezone.now())
            return _t("It is refused.")

        return self.ask(
            request,
            row,
            title=_("Refuse"),
            submit=_("Refuse"),
            form=ReasonForm(request.POST or None),
            facts=self.facts(row),
            work=work,
        )

    def facts(self, row: Any) -> dict[Any, Any]:
        return {
            _("text"): row.text,
            _("signed"): row.author,
            _("What happens"): _("The author of a refused review is told why by e-mail."),
        }


@admin.register(Review)
class ReviewAdmin(ModeratedAdmin):
    list_display = ("written_at", "product", "rating", "words", "author", "contact", "status")
    list_filter = ("status", "has_contact", "rating", "channel", "reason", "language")
    list_select_related = ("product",)
    search_fields = ("document",)
    readonly_fields = ("contact", "purchase", "its_product")
    actions_detail = ("publish", "refuse", "answer_it")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("its_product", "rating"),
                    "title",
                    "text",
                    ("author", "language"),
                    ("written_at", "received_on"),
                    ("purchase", "channel"),
                    ("status", "contact"),
                    ("reason", "told_at"),
                    ("decided_at", "decided_by"),
                    "answer",
                    ("answered_at", "answered_by"),
                )
            },
        ),
    )

    @admin.display(description=_("purchase"))
    def purchase(self, review: Review) -> str:
        return list_link("orders_order", review.document, q=review.document)

    @admin.display(description=_("product"))
    def its_product(self, review: Review) -> str:
        return link_to(review.product)

    @action(description=_("Answer"), url_path="answer", icon="reply", permissions=["decide"])
    def answer_it(self, request: HttpRequest, object_id: int) -> HttpResponse:
        review = self.found(request, object_id)

        def work(data: dict[str, Any]) -> str:
            reviews.answer_review(
                review, text=data["text"], actor=actor(request), at=timezone.now()
            )
            return _t("The answer is kept.")

        return self.ask(
            request,
            review,
            title=_("Answer"),
            submit=_("Keep the answer"),
            form=AnswerForm(request.POST or None, initial={"text": review.answer}),
            facts={
                _("stars"): review.rating,
                _("text"): review.text,
                _("signed"): review.author,
                _("What happens"): _("The answer stands below the review once that is published."),
            },
            work=work,
        )


@admin.register(Question)
class QuestionAdmin(ModeratedAdmin):
    list_display = ("written_at", "product", "words", "author", "contact", "status")
    list_select_related = ("product",)
    search_fields = ("text",)
    readonly_fields = ("contact", "its_product", "answers_to_it")
    actions_detail = ("publish", "refuse", "answer_it")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "its_product",
                    "text",
                    ("author", "language"),
                    ("written_at", "status"),
                    ("contact", "reason"),
                    ("decided_at", "decided_by"),
                    "answers_to_it",
                )
            },
        ),
    )

    @admin.display(description=_("product"))
    def its_product(self, question: Question) -> str:
        return link_to(question.product)

    @admin.display(description=_("answers"))
    def answers_to_it(self, question: Question) -> str:
        return list_link(
            "catalog_answer", _t("Answers to this question"), question__id__exact=question.pk
        )

    @action(description=_("Answer"), url_path="answer", icon="reply", permissions=["decide"])
    def answer_it(self, request: HttpRequest, object_id: int) -> HttpResponse:
        question = self.found(request, object_id)

        def work(data: dict[str, Any]) -> str:
            reviews.answer_question(
                question, text=data["text"], actor=actor(request), at=timezone.now()
            )
            return _t("The question is published with the answer.")

        return self.ask(
            request,
            question,
            title=_("Answer"),
            submit=_("Answer and publish"),
            form=AnswerForm(request.POST or None),
            facts={_("question"): question.text, _("signed"): question.author},
            work=work,
        )


@admin.register(Answer)
class AnswerAdmin(ModeratedAdmin):
    list_display = ("written_at", "question", "words", "author", "by_staff", "contact", "status")
    list_filter = ("status", "by_staff", "has_contact", "reason")
    list_select_related = ("question",)
    search_fields = ("document",)
    readonly_fields = ("contact",)
    product = "question__product"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "question",
                    "text",
                    ("author", "by_staff"),
                    ("written_at", "status"),
                    ("contact", "reason"),
                    ("decided_at", "decided_by"),
                )
            },
        ),
    )

"""Reviews and questions: reading them, writing them from a purchase, how they come about."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from catalog import reviews
from catalog.models import Product, Question, Review
from catalog.models.review import RATINGS
from omnishop.channels.storefront.catalog import UNSEEN
from omnishop.channels.storefront.context import Request, Shopper
from omnishop.channels.storefront.forms import AnswerForm, QuestionForm, ReviewForm, SignedForm
from omnishop.channels.storefront.limits import limit
from omnishop.channels.storefront.pages import private, shared
from omnishop.kernel.errors import NotFound, Refusal
from omnishop.kernel.language import site_language
from orders.services import reviews as purchases
from orders.services.reviews import NotReceived

FIRST = 3  # reviews and questions that the product's page shows
HOUR = 3600  # seconds
Status = Review.Status


def _product(slug: str) -> Product:
    return get_object_or_404(Product.objects.on_sale().defer(*UNSEEN), slug=slug)


def _page(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 else 1


@require_GET
@shared
def product_reviews(request: Request, slug: str) -> HttpResponse:
    """All reviews and questions of a product; the first of them for the product's own page."""
    item = _product(slug)
    sort = request.GET.get("sort", "newest")
    stars = _page(request.GET.get("stars", "")) if request.GET.get("stars") else None
    context: dict[str, Any] = {
        "cacheable": True,
        "product": item,
        "rating": reviews.rating(item),
        "bars": reviews.distribution(item.pk) if item.rating_count else (),
        "reviews": reviews.reviews_page(
            item.pk, sort=sort, stars=stars, page=_page(request.GET.get("page", ""))
        ),
        "questions": reviews.questions_page(item.pk, page=_page(request.GET.get("qpage", ""))),
        "sort": sort if sort in reviews.SORTS else "newest",
        "sorts": list(reviews.SORTS),
        "stars": stars if stars in RATINGS else None,
    }
    if request.htmx and request.htmx.target == "reviews":
        context |= {"first": FIRST}
        return render(request, "storefront/_reviews.html", context)
    return render(request, "storefront/reviews.html", context)


@require_GET
@shared
def about(request: Request) -> HttpResponse:
    """How reviews come about, are checked, ordered and kept (C. conso L111-7-2, D111-17)."""
    return render(request, "storefront/reviews_about.html", {"cacheable": True})


def _signature(request: Request) -> str:
    customer = Shopper(request).customer
    return customer.first_name[:40] if customer else ""


@require_http_methods(["GET", "POST"])
def review(request: Request, token: str, position: int) -> HttpResponse:
    """The review of one line of an order, by whoever holds the order's link."""
    at = timezone.now()
    try:
        line, purchase = purchases.purchase_by_link(token=token, position=position, at=at)
    except NotFound as missing:
        raise Http404 from missing
    except NotReceived as refusal:
        messages.info(request, str(refusal))
        return private(redirect("storefront:order", token))
    known = Review.objects.filter(document=purchase.document, line=purchase.line).first()
    form = ReviewForm(
        request.POST or None,
        initial={"author": _signature(request) or line.order.name.split(" ")[0][:40]},
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                purchases.write(
                    token=token,
                    position=position,
                    language=site_language(),
                    at=at,
                    **form.cleaned_data,
                )
                return private(redirect("storefront:review", token, position))
            except Refusal as refusal:
                status = _told(form, refusal)
    context = {
        "line": line,
        "product": purchase.variant.product,
        "known": known,
        "writes": known is None or known.status == Status.REFUSED,
        "form": form,
        "has_errors": bool(form.errors),
    }
    return private(render(request, "storefront/review.html", context, status=status))


def _told(form: SignedForm, refusal: Refusal) -> int:
    """Show a refusal beside the field it is about; its status."""
    form.add_error(refusal.details.get("field"), str(refusal))
    return refusal.status


@login_required
@require_GET
def my_purchases(request: Request, slug: str) -> HttpResponse:
    """A person's purchases of a product: straight to the form when one has no review yet."""
    item = _product(slug)
    customer = Shopper(request).customer
    lines = purchases.purchases(customer, item.pk, at=timezone.now()) if customer else []
    for line, status in lines:
        if not status or len(lines) == 1:
            return private(redirect("storefront:review", line.order.token, line.position))
    context = {"product": item, "lines": lines}
    return private(render(request, "storefront/review_mine.html", context))


@require_http_methods(["GET", "POST"])
def ask(request: Request, slug: str) -> HttpResponse:
    """A question about a product, by anybody."""
    item = _product(slug)
    form = QuestionForm(request.POST or None, initial={"author": _signature(request)})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                limit(request, "question", most=5, seconds=HOUR)
                customer = Shopper(request).customer
                reviews.ask(
                    product=item,
                    language=site_language(),
                    at=timezone.now(),
                    customer_number=customer.number if customer else "",
                    **form.cleaned_data,
                )
                return private(render(request, "storefront/asked.html", {"product": item}))
            except Refusal as refusal:
                status = _told(form, refusal)
    context = {"product": item, "form": form, "has_errors": bool(form.errors)}
    return private(render(request, "storefront/ask.html", context, status=status))


@login_required
@require_http_methods(["GET", "POST"])
def answer(request: Request, slug: str, question_id: int) -> HttpResponse:
    """A buyer's answer to a question."""
    item, at = _product(slug), timezone.now()
    question = get_object_or_404(
        Question, pk=question_id, product=item, status=Question.Status.PUBLISHED
    )
    customer = Shopper(request).customer
    may = bool(customer and purchases.purchases(customer, item.pk, at=at))
    form = AnswerForm(request.POST or None, initial={"author": _signature(request)})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid() and customer:
            try:
                purchases.answer(
                    customer=customer,
                    question_id=question.pk,
                    product_id=item.pk,
                    language=site_language(),
                    at=at,
                    **form.cleaned_data,
                )
                return private(
                    render(request, "storefront/asked.html", {"product": item, "answered": True})
                )
            except NotFound as missing:
                raise Http404 from missing
            except Refusal as refusal:
                status = _told(form, refusal)
    context = {
        "product": item,
        "question": question,
        "may": may,
        "form": form,
        "has_errors": bool(form.errors),
        "now": at,
    }
    return private(render(request, "storefront/answer.html", context, status=status))

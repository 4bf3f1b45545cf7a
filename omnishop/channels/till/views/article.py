"""One article at the till: price, stock around, what buyers say, its shelf label."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from catalog import book, reviews
from catalog.labels import labels
from catalog.models import Variant
from inventory.availability import around
from omnishop.channels.till.access import Desk, at_till
from omnishop.channels.till.answer import show
from omnishop.channels.till.finding import Hit

SHOWN = 3  # reviews


@require_safe
@at_till
def article(request: HttpRequest, desk: Desk, variant_id: int) -> HttpResponse:
    """What an associate tells of an article. Seven statements at the most."""
    at = timezone.now()
    variant = get_object_or_404(Variant.objects.select_related("product"), pk=variant_id)
    prices = book.prices([variant.pk], at=at, channel="till", store_id=desk.store.pk)
    if variant.pk not in prices:
        raise Http404
    hit = Hit(
        variant=variant,
        price=prices[variant.pk],
        stock=around([variant.pk], store_id=desk.store.pk, at=at)[variant.pk],
    )
    found = reviews.published(variant.product_id)[:SHOWN] if hit.rating else []
    return show(request, desk, "article", {"hit": hit, "reviews": found}, section="sale")


@require_safe
@at_till
def label(request: HttpRequest, desk: Desk, variant_id: int) -> HttpResponse:
    """The label of one article for this store's shelf, on a roll of 80 mm."""
    # Read when it draws: its library takes some MiB of a worker's memory.
    from catalog.label_sheets import sheet_pdf

    found = labels([variant_id], store=desk.store, at=timezone.now())
    if not found:
        raise Http404
    answer = HttpResponse(sheet_pdf(found, sheet="single"), content_type="application/pdf")
    answer["Content-Disposition"] = 'inline; filename="etiquette.pdf"'
    return answer

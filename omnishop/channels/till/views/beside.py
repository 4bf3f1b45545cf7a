"""What goes with the sale, asked for once the lines are shown: a scan never waits for it."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from catalog import book
from catalog.models import Recommendation, Variant
from inventory.availability import around
from omnishop.channels.till import scope
from omnishop.channels.till.access import Desk, at_till
from omnishop.channels.till.answer import show
from omnishop.channels.till.finding import Hit
from orders.recommendations import recommended

SHOWN = 2


@require_safe
@at_till
def beside(request: HttpRequest, desk: Desk) -> HttpResponse:
    """At the most two articles from this shop's shelves, at its tills' prices."""
    at, basket = timezone.now(), scope.current_basket(desk)
    ids: list[int] = []
    if basket:
        ids = recommended(
            list(basket.lines.values_list("variant__product_id", flat=True)),
            kind=Recommendation.Kind.TOGETHER,
            at=at,
            limit=SHOWN,
            customer=basket.customer,
            store_id=desk.store.pk,
        )
    context = {"hits": _hits(ids, desk) if ids else []}
    return show(request, desk, "beside", context, section="sale", partial=True)


def _hits(ids: list[int], desk: Desk) -> list[Hit]:
    """The first article of each product that lies on a shelf here."""
    at = timezone.now()
    variants = {
        variant.pk: variant
        for variant in Variant.objects.filter(product__in=ids, active=True)
        .select_related("product")
        .order_by("position", "pk")[:50]
    }
    prices = book.prices(list(variants), at=at, channel="till", store_id=desk.store.pk)
    stock = around(prices, store_id=desk.store.pk, at=at)
    first: dict[int, Hit] = {}
    for pk, variant in variants.items():
        if pk in prices and stock[pk].here > 0:
            first.setdefault(variant.product_id, Hit(variant, prices[pk], stock[pk]))
    return [first[pk] for pk in ids if pk in first]

"""Search: results, suggestions while typing, and the count of what was searched."""

from typing import Any

from django.core.signing import BadSignature, Signer
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from catalog import search as finding
from catalog import search_log
from catalog import selectors as catalog
from catalog.models import Product
from catalog.suggesting import suggestions
from omnishop.channels.storefront import listing
from omnishop.channels.storefront.catalog import ListingPage, sorts, variant_url
from omnishop.channels.storefront.context import Request, Shelf, Shopper, shelves
from omnishop.channels.storefront.pages import private, shared
from omnishop.channels.storefront.selection import Selection
from omnishop.kernel.language import site_language

LONGEST = 100  # characters
BEST_SELLERS = 4
MOST, SHELVES = 8, 2  # proposals while typing; shelves among them
SEAL = Signer(salt="search-seen")  # what a page says that it found


def _words(request: Request) -> str:
    return " ".join(request.GET.get("q", "").replace("\x00", " ").split())[:LONGEST]


@require_GET
@shared
def search(request: Request) -> HttpResponse:
    """Results for a shopper's words; a SKU or GTIN opens its product (L6)."""
    at, words, store = timezone.now(), _words(request), Shopper(request).store
    variant = catalog.by_code(words) if _like_a_code(words) else None
    if variant and variant.active and variant.product.status == Product.Status.ACTIVE:
        return redirect(variant_url(variant))
    choice = Selection.of(request.GET, default_sort="rank")

    def found_by(reading: finding.Reading) -> listing.Listing:
        return listing.listing(
            request,
            f"search {reading.query} {reading.text}",
            lambda: finding.matches(reading),
            choice,
            shelves=shelves(),
            at=at,
            store_id=store.pk if store else None,
            store_name=store.name if store else "",
        )

    reading = finding.read(words)
    found = found_by(reading) if reading.query else None
    if found and not found.total:
        again = finding.reread(reading)
        if again.query != reading.query:
            found = found_by(again)
        reading = again
    context: dict[str, Any] = {
        "cacheable": True,
        "query": words,
        "reading": reading,
        "listing": found,
        "store": store,
    }
    if found and (found.total or choice.narrowed):
        context |= {"sorts": sorts(found.choice.sort, search=True), "page_obj": ListingPage(found)}
    else:
        context |= {
            "proposal": reading.proposal(words) if reading.proposed else "",
            "shelves": _shelves_like(words, beginning=False)
            or [shelf for shelf in shelves() if shelf.depth == 1],
            "popular": listing.best_sellers(
                at=at, store_id=store.pk if store else None, count=BEST_SELLERS
            ),
        }
    if found and choice == Selection(sort="rank"):
        context["seen"] = SEAL.sign_object([words, found.total, site_language()])
    partial = request.htmx and request.htmx.target == "listing"
    template = "storefront/_listing.html" if partial and found else "storefront/search.html"
    return render(request, template, context)


def _like_a_code(words: str) -> bool:
    signs = any(char.isdigit() or char == "-" for char in words)
    return len(words) >= 4 and " " not in words and signs


def _shelves_like(words: str, *, beginning: bool) -> list[Shelf]:
    """Shelves whose name has all these words, or words that begin so."""
    typed = finding.plain(words).split()

    def like(shelf: Shelf) -> bool:
        own = finding.plain(shelf.name).split()
        return all(
            any(word.startswith(one) if beginning else word == one for word in own) for one in typed
        )

    return [shelf for shelf in shelves() if like(shelf)] if typed else []


@require_GET
@shared
def suggest(request: Request) -> HttpResponse:
    """Shelves, a brand and products while the shopper types."""
    words = _words(request)
    found = suggestions(words)
    near = _shelves_like(words, beginning=True)[:SHELVES] if len(words) > 1 else []
    numbered = enumerate(found[: MOST - len(near)], start=len(near) + 1)
    context = {"shelves": near, "suggestions": [(f"q-{n}", one) for n, one in numbered]}
    return render(request, "storefront/_suggestions.html", context)


@csrf_exempt  # the seal is our own page's, and nobody's rights are used
@require_POST
def seen(request: Request) -> HttpResponse:
    """A page of results was opened, or an article from it; counted without anybody in it.

    The page's script tells it: so a page that is kept for everyone counts for each, and reading
    it anew does not.
    """
    try:
        words, results, of = SEAL.unsign_object(request.POST.get("seal", ""))
    except BadSignature:
        return private(HttpResponse(status=400))
    day = timezone.localdate()
    if request.POST.get("opened"):
        search_log.record_click(words=words, language=of, day=day)
    else:
        search_log.record(words=words, language=of, results=results, day=day)
    return private(HttpResponse(status=204))

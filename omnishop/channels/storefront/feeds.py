"""For search engines and shopping sites: the map of the site, and files of articles and stock."""

from django.contrib.sitemaps import Sitemap
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_GET

from catalog.guides import published
from catalog.models import Category, Guide, Product
from inventory import feeds
from omnishop.network.models import Store

KINDS = {
    "products.xml": (feeds.PRODUCTS, "application/xml; charset=utf-8"),
    "stores.csv": (feeds.STORES, "text/csv; charset=utf-8"),
}


@require_GET
def feed(request: HttpRequest, name: str) -> HttpResponseBase:
    """A file that the task wrote; unchanged ones are not sent again."""
    found = feeds.parts(KINDS[name][0]) if name in KINDS else None
    if found is None:
        raise Http404
    content, tag = found
    headers = {"ETag": tag, "Cache-Control": "public, max-age=300"}
    if answer := get_conditional_response(request, etag=tag):
        return answer
    return StreamingHttpResponse(content, content_type=KINDS[name][1], headers=headers)


@require_GET
def robots(request: HttpRequest) -> HttpResponse:
    """Where the map of the site is; pages that no search engine shall keep say so themselves."""
    lines = ["User-agent: *", "Allow: /", f"Sitemap: {request.build_absolute_uri('/sitemap.xml')}"]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain")


class Products(Sitemap):  # type: ignore[type-arg]  # generic in the stubs alone
    """Products on sale, in both languages."""

    i18n = alternates = x_default = True
    limit = 5000

    def items(self) -> QuerySet[Product]:
        return Product.objects.on_sale().order_by("pk").only("slug", "updated_at")

    def lastmod(self, item: Product) -> object:
        return item.updated_at

    def location(self, item: Product) -> str:
        return reverse("storefront:product", args=[item.slug])


class Categories(Sitemap):  # type: ignore[type-arg]  # generic in the stubs alone
    """The shelves."""

    i18n = alternates = x_default = True

    def items(self) -> QuerySet[Category]:
        return Category.objects.order_by("path")

    def location(self, item: Category) -> str:
        return reverse("storefront:category", args=[item.slug])


class Stores(Sitemap):  # type: ignore[type-arg]  # generic in the stubs alone
    """The shops that people visit."""

    i18n = alternates = x_default = True

    def items(self) -> QuerySet[Store]:
        return Store.objects.open_to_shoppers().order_by("pk")

    def location(self, item: Store) -> str:
        return reverse("storefront:store", args=[item.slug])


class Guides(Sitemap):  # type: ignore[type-arg]  # generic in the stubs alone
    """Guides that shoppers may read."""

    i18n = alternates = x_default = True

    def items(self) -> QuerySet[Guide]:
        return published().order_by("pk")

    def location(self, item: Guide) -> str:
        return reverse("storefront:guide", args=[item.slug])


SITEMAPS = {"products": Products, "categories": Categories, "stores": Stores, "guides": Guides}

"""The API's reads. Parse, ask the selectors every other door asks, answer."""

from collections.abc import Collection, Sequence
from typing import Any, TypeVar

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.conf import settings
from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from drf_standardized_errors.openapi_serializers import ValidationErrorResponseSerializer
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from catalog import book, reviews
from catalog import selectors as catalog
from catalog.models import AttributeValue, Category, Picture, Product, Review, Variant
from catalog.pricing import UnitPrice
from catalog.search import search as find
from customers.models import Customer
from customers.selectors import resolve
from inventory.availability import Answer, Status, Stock, Way, stock
from loyalty import selectors as loyalty
from omnishop.channels.api.serializers import (
    AvailabilitySerializer,
    BasketAvailabilitySerializer,
    LoyaltySerializer,
    ProductSerializer,
    ReviewSerializer,
)
from omnishop.network.models import Store
from omnishop.network.places import point_of_postcode
from orders import offers
from orders.models import DeliveryMethod
from orders.models.basket import MAX_QUANTITY
from orders.sourcing import Wanted

FEW = 3  # units; how many more there are is nobody's business
MOST_SKUS = 50
StoresQuery = TypeVar("StoresQuery", bound=QuerySet[Any])

schema = SpectacularAPIView.as_view()
# The page's own style sheet stands in it; its script is served apart.
docs = csp_replace({"style-src": [SELF, UNSAFE_INLINE]})(
    SpectacularSwaggerSplitView.as_view(url_name="api:schema")
)


class SensiblePagination(LimitOffsetPagination):
    """`?limit=` and `?offset=`; at the most a hundred, and not without end."""

    default_limit = 24
    max_limit = 100
    max_offset = 100_000

    def get_offset(self, request: Request) -> int:
        return min(super().get_offset(request), self.max_offset)


class ProductFilter(filters.FilterSet):
    """Shelf (with those below it), brand, words."""

    category = filters.CharFilter(method="in_category", help_text="Slug of a category.")
    brand = filters.CharFilter(field_name="brand__slug", help_text="Slug of a brand.")
    search = filters.CharFilter(
        method="with_words", max_length=100, help_text="Words; typos are borne."
    )

    class Meta:
        model = Product
        fields: Sequence[str] = ()

    def in_category(self, rows: QuerySet[Product], _name: str, slug: str) -> QuerySet[Product]:
        category = Category.objects.filter(slug=slug).first()
        return rows.filter(category__path__startswith=category.path) if category else rows.none()

    def with_words(self, rows: QuerySet[Product], _name: str, words: str) -> QuerySet[Product]:
        found = find(words)
        return found.filter(pk__in=rows.order_by().values("pk"))


def _products() -> QuerySet[Product]:
    """Products on sale with all that is told of them, in a constant number of statements."""
    variants = Variant.objects.filter(active=True).prefetch_related(
        Prefetch("options", AttributeValue.objects.select_related("attribute"))
    )
    return (
        Product.objects.on_sale()
        .select_related("category", "brand")
        .prefetch_related(
            Prefetch("variants", variants),
            Prefetch("pictures", Picture.objects.order_by("position", "pk")),
        )
        .order_by("-popularity", "pk")
    )


def _told(products: Sequence[Product], request: Request) -> list[dict[str, Any]]:
    """The products as the serializer takes them, priced in one statement."""
    articles = [variant.pk for product in products for variant in product.variants.all()]
    prices = book.prices(articles, at=timezone.now())
    return [_one(product, prices, request) for product in products]


def _one(product: Product, prices: dict[int, UnitPrice], request: Request) -> dict[str, Any]:
    picture = next(iter(product.pictures.all()), None)
    return {
        "slug": product.slug,
        "name": product.name,
        "description": product.description,
        "category": product.category.slug,
        "brand": product.brand.name if product.brand else None,
        "rating": _rating(product),
        "url": settings.SITE_URL + reverse("storefront:product", args=[product.slug]),
        "picture": request.build_absolute_uri(picture.image.url) if picture else None,
        "variants": [
            {
                "sku": variant.sku,
                "gtin": variant.gtin,
                "options": [
                    {"option": value.attribute.name, "value": value.name}
                    for value in variant.options.all()
                ],
                "weight_g": variant.weight_g,
                "price": _price(prices.get(variant.pk)),
            }
            for variant in product.variants.all()
        ],
    }


def _rating(product: Product) -> dict[str, Any] | None:
    rated = reviews.rating(product)
    return {"average": rated.average, "count": rated.count} if rated else None


def _price(unit: UnitPrice | None) -> dict[str, Any] | None:
    if unit is None:
        return None
    return {
        "amount_minor": unit.amount_minor,
        "currency": settings.CURRENCY,
        "tax_bp": unit.tax_bp,
        "eco_minor": unit.eco_minor,
        "reference_minor": unit.reference_minor,
    }


class ProductList(ListAPIView[Product]):
    """Products on sale, most bought first; with `search`, best match first."""

    permission_classes = [AllowAny]
    serializer_class = ProductSerializer
    pagination_class = SensiblePagination
    filterset_class = ProductFilter

    def get_queryset(self) -> QuerySet[Product]:
        return _products()

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        found = super().filter_queryset(queryset)
        if "rank" in found.query.annotations:  # the search's own order, with our prefetches
            found = found.select_related("category", "brand").prefetch_related(
                *queryset._prefetch_related_lookups  # type: ignore[attr-defined]  # has no name in public
            )
        return found

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        rows = self.filter_queryset(self.get_queryset())
        page = self.paginate_queryset(rows) or []
        serializer = self.get_serializer(_told(page, request), many=True)
        return self.get_paginated_response(serializer.data)


class ProductDetail(RetrieveAPIView[Product]):
    """One product on sale."""

    permission_classes = [AllowAny]
    serializer_class = ProductSerializer
    lookup_field = "slug"
    queryset = Product.objects.none()

    def get_queryset(self) -> QuerySet[Product]:
        return _products()

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        told = _told([self.get_object()], request)
        return Response(self.get_serializer(told[0]).data)


class ProductByCode(GenericAPIView[Product]):
    """The product of a scanned or typed SKU or GTIN."""

    permission_classes = [AllowAny]
    serializer_class = ProductSerializer
    queryset = Product.objects.none()
    filterset_class = None

    @extend_schema(parameters=[OpenApiParameter("code", str, OpenApiParameter.PATH)])
    def get(self, request: Request, code: str) -> Response:
        variant = None if "\x00" in code else catalog.by_code(code)
        product = _products().filter(pk=variant.product_id).first() if variant else None
        if product is None or variant not in product.variants.all():
            raise NotFound
        return Response(self.get_serializer(_told([product], request)[0]).data)


class ProductReviews(ListAPIView[Review]):
    """Published reviews of a product on sale, newest first."""

    permission_classes = [AllowAny]
    serializer_class = ReviewSerializer
    pagination_class = SensiblePagination
    filterset_class = None
    queryset = Review.objects.none()

    def get_queryset(self) -> QuerySet[Review]:
        product = get_object_or_404(Product.objects.on_sale(), slug=self.kwargs.get("slug", ""))
        return reviews.published(product.pk)


def _state(units: int) -> str:
    return "none" if units <= 0 else "few" if units <= FEW else "in_stock"


def _asked(request: Request) -> dict[str, int]:
    """SKU → units of the query, `quantity` beside `sku`, one unit without. Raises 400."""
    skus = request.query_params.getlist("sku")
    texts = request.query_params.getlist("quantity") or ["1"] * len(skus)
    if not skus or len(set(skus)) > MOST_SKUS or any("\x00" in sku for sku in skus):
        raise ValidationError({"sku": [f"Give 1 to {MOST_SKUS} SKUs."]})
    if len(texts) != len(skus):
        raise ValidationError({"quantity": ["Give one quantity for each SKU, or none at all."]})
    units: dict[str, int] = {}
    for sku, text in zip(skus, texts, strict=True):
        quantity = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
        if not 1 <= quantity <= MAX_QUANTITY:
            raise ValidationError({"quantity": [f"Give whole units from 1 to {MAX_QUANTITY}."]})
        once = "quantity" not in request.query_params
        units[sku] = 1 if once else units.get(sku, 0) + quantity
    return units


def _variants(skus: Collection[str]) -> dict[str, int]:
    """SKU → article on sale. Raises 404 naming those that are not."""
    found = {
        variant.sku: variant.pk
        for variant in Variant.objects.filter(
            sku__in=skus, active=True, product__status=Product.Status.ACTIVE
        )
    }
    if missing := [sku for sku in skus if sku not in found]:
        raise NotFound(f"Not sold: {', '.join(missing)[:200]}")
    return found


def _of_store(stores: StoresQuery, request: Request) -> StoresQuery:
    """All of them, or the one of the query. Raises 404."""
    if code := request.query_params.get("store"):
        stores = stores.filter(code=code) if "\x00" not in code else stores.none()
        if not stores:
            raise NotFound("There is no such store.")
    return stores


ASKED = [
    OpenApiParameter(
        "sku", {"type": "array", "items": {"type": "string"}, "maxItems": MOST_SKUS},
        required=True, explode=True, description="SKU; may be given several times.",
    ),
    OpenApiParameter(
        "quantity",
        {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": MAX_QUANTITY}},
        explode=True,
        description="Units wanted, one figure for each `sku` in the same order; 1 without.",
    ),
    OpenApiParameter("store", OpenApiTypes.STR, description="Code of a store; all without it."),
]  # fmt: skip


class Availability(GenericAPIView[Variant]):
    """Where articles can be had now or by when: each store, and delivery. A whole list at once."""

    permission_classes = [AllowAny]
    serializer_class = AvailabilitySerializer
    queryset = Variant.objects.none()
    filterset_class = None
    pagination_class = None

    @extend_schema(
        parameters=ASKED,
        responses={
            200: AvailabilitySerializer(many=True),
            400: ValidationErrorResponseSerializer,
        },
    )
    def get(self, request: Request) -> Response:
        units = _asked(request)
        stores = _of_store(Store.objects.open_to_shoppers(), request)
        found = _variants(units)
        at = timezone.now()
        free = stock(found.values(), at=at)
        method = offers.quickest()
        answer = [
            {
                "sku": sku,
                "quantity": units[sku],
                "stores": [
                    {
                        "store": store.code,
                        "name": store.name,
                        "state": _state(here := free.in_store(found[sku], store.pk)),
                        "units": here if 0 < here <= FEW else None,
                        **_line(free.answer(wanted, Way.PICKUP, store_id=store.pk)),
                    }
                    for store in stores
                ],
                "delivery": {
                    "state": _state(free.to_ship(found[sku])),
                    **_sent(free, wanted, method),
                },
            }
            for sku in units
            for wanted in [{found[sku]: units[sku]}]
        ]
        return Response(self.get_serializer(answer, many=True).data)


class BasketAvailability(GenericAPIView[Variant]):
    """What stores and delivery can do for a whole basket, as the site's checkout offers it."""

    permission_classes = [AllowAny]
    serializer_class = BasketAvailabilitySerializer
    queryset = Variant.objects.none()
    filterset_class = None
    pagination_class = None

    @extend_schema(
        parameters=[
            *ASKED,
            OpenApiParameter(
                "postcode", OpenApiTypes.STR,
                description="French postcode: of equal stores the nearest comes first.",
            ),
        ],
        responses={200: BasketAvailabilitySerializer, 400: ValidationErrorResponseSerializer},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        units = _asked(request)
        stores = _of_store(offers.stores_with_queue(), request)
        found = _variants(units)
        at = timezone.now()
        wanted = {found[sku]: count for sku, count in units.items()}
        free = stock(wanted, at=at)
        told = offers.pickup_offers(
            [Wanted(line, pk, count) for line, (pk, count) in enumerate(wanted.items(), start=1)],
            at=at,
            near=point_of_postcode(request.query_params.get("postcode", "")),
            free=free,
            stores=stores,
        )
        answer = {
            "stores": [
                {
                    "store": offer.store.code,
                    "name": offer.store.name,
                    **_line(offer.answer),
                    "ready_at": offer.ready_at,
                    "kept_until": offer.kept_until,
                    "units": offer.available,
                    "wanted": offer.wanted,
                }
                for offer in told
            ],
            "delivery": _sent(free, wanted, offers.quickest()),
        }
        return Response(self.get_serializer(answer).data)


def _line(answer: Answer) -> dict[str, Any]:
    return {"status": answer.status, "by": answer.complete_on}


def _sent(free: Stock, wanted: dict[int, int], method: DeliveryMethod | None) -> dict[str, Any]:
    answer = free.answer(wanted, Way.DELIVERY)
    day = offers.delivered_on(answer, method, free.at, cut_off=free.cut_off)
    return {"status": answer.status if day else Status.NO, "by": day}


class MyLoyalty(GenericAPIView[Customer]):
    """The points of the signed-in member, with origin and expiry of every lot."""

    permission_classes = [IsAuthenticated]
    serializer_class = LoyaltySerializer
    queryset = Customer.objects.none()
    filterset_class = None

    def get(self, request: Request) -> Response:
        customer = (
            Customer.objects.select_related("merged_into").filter(user=request.user.pk).first()
        )
        person = resolve(customer) if customer else None
        balance = loyalty.balance(person, at=timezone.now()) if person else None
        if person is None or balance is None:
            raise PermissionDenied("This login is no member's.")
        card = person.identities.filter(kind="card").values_list("value", flat=True).first()
        answer = {
            "card": card,
            "spendable": balance.spendable,
            "pending": balance.pending,
            "debt": balance.debt,
            "value": {"amount_minor": balance.value_minor, "currency": settings.CURRENCY},
            "lots": balance.lots,
            "pending_lots": balance.pending_lots,
        }
        return Response(self.get_serializer(answer).data)

"""What a basket costs, with which promotions, and why others give nothing."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from drf_standardized_errors.openapi_serializers import ValidationErrorResponseSerializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import AnonRateThrottle, UserRateThrottle

from catalog.models import Product, Variant
from catalog.pricing import NotSold, Quote, Want, name_in
from catalog.promotion_words import why
from customers.models import Customer
from customers.selectors import resolve
from omnishop.network.models import Store
from orders.models.basket import MAX_QUANTITY
from orders.quotes import priced
from orders.services.baskets import MAX_CODES

MOST_LINES = 50


class QuoteThrottle(AnonRateThrottle):
    """Codes are not guessed here either."""

    scope = "quote"
    rate = "30/min"


class WantSerializer(serializers.Serializer[Any]):
    """Units of an article."""

    sku = serializers.CharField(max_length=64)
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY, default=1)


class QuestionSerializer(serializers.Serializer[Any]):
    """What is priced, where, for whom."""

    lines = serializers.ListField(child=WantSerializer(), min_length=1, max_length=MOST_LINES)
    store = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=20,
        help_text="Code of the store whose tills sell; without it the site does.",
    )  # fmt: skip
    customer = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=12,
        help_text="Customer number; for staff alone. Others are priced as who signed in.",
    )  # fmt: skip
    codes = serializers.ListField(
        child=serializers.CharField(max_length=32), max_length=MAX_CODES, default=list
    )

    def validate_lines(self, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Each article once."""
        if len({line["sku"] for line in lines}) < len(lines):
            raise serializers.ValidationError("Give each SKU once.")
        return lines


class PricedLineSerializer(serializers.Serializer[Any]):
    """A line with its price; amounts in minor units, tax included."""

    sku = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_minor = serializers.IntegerField()
    public_minor = serializers.IntegerField(
        allow_null=True, help_text="Everybody's price, beside a lower one of a group."
    )
    reference_minor = serializers.IntegerField(
        allow_null=True, help_text="Lowest price of the 30 days before a reduction, if reduced."
    )
    discount_minor = serializers.IntegerField()
    total_minor = serializers.IntegerField()
    tax_minor = serializers.IntegerField()
    tax_bp = serializers.IntegerField()


class AppliedSerializer(serializers.Serializer[Any]):
    """What a promotion gives."""

    name = serializers.CharField()
    code = serializers.CharField(allow_blank=True)
    amount_minor = serializers.IntegerField()
    paid_back_afterwards = serializers.BooleanField()


class MissedSerializer(serializers.Serializer[Any]):
    """A promotion that gives nothing, and why."""

    name = serializers.CharField(allow_blank=True)
    code = serializers.CharField(allow_blank=True)
    why = serializers.CharField(help_text="A stable word.")
    words = serializers.CharField(help_text="The same in the reader's language.")
    lacking = serializers.IntegerField(help_text="Units, or minor units of an amount.")


class VatSerializer(serializers.Serializer[Any]):
    """The VAT of one rate."""

    tax_bp = serializers.IntegerField()
    gross_minor = serializers.IntegerField()
    tax_minor = serializers.IntegerField()


class QuoteSerializer(serializers.Serializer[Any]):
    """A priced basket."""

    currency = serializers.CharField()
    lines = PricedLineSerializer(many=True)
    applied = AppliedSerializer(many=True)
    missed = MissedSerializer(many=True)
    undiscounted_minor = serializers.IntegerField()
    total_minor = serializers.IntegerField()
    tax_minor = serializers.IntegerField()
    vat = VatSerializer(many=True)


class QuoteBasket(GenericAPIView[Variant]):
    """The price of a basket as site and tills have it. Nothing is written."""

    permission_classes = [AllowAny]
    throttle_classes = [QuoteThrottle, UserRateThrottle]
    serializer_class = QuestionSerializer
    queryset = Variant.objects.none()
    filterset_class = None
    pagination_class = None

    @extend_schema(responses={200: QuoteSerializer, 400: ValidationErrorResponseSerializer})
    def post(self, request: Request) -> Response:
        question = QuestionSerializer(data=request.data)
        question.is_valid(raise_exception=True)
        asked = question.validated_data
        units = {line["sku"]: line["quantity"] for line in asked["lines"]}
        articles = {
            one.sku: one.pk
            for one in Variant.objects.filter(
                sku__in=units, active=True, product__status=Product.Status.ACTIVE
            )
        }
        if missing := [sku for sku in units if sku not in articles]:
            raise NotFound(f"Not sold: {', '.join(missing)[:200]}")
        try:
            told = priced(
                [Want(articles[sku], count) for sku, count in units.items()],
                at=timezone.now(),
                store=_store(asked["store"]),
                customer=_customer(request, asked["customer"]),
                codes=list(dict.fromkeys(code.strip().upper() for code in asked["codes"])),
            )
        except NotSold as refusal:
            raise NotFound(str(refusal)) from refusal
        return Response(
            QuoteSerializer(_told(told, {pk: sku for sku, pk in articles.items()})).data
        )


def _store(code: str) -> Store | None:
    if not code:
        return None
    store = Store.objects.open_to_shoppers().filter(code=code).first()
    if store is None:
        raise NotFound("There is no such store.")
    return store


def _customer(request: Request, number: str) -> Customer | None:
    """The person named by staff, else who is signed in."""
    if number:
        if not (request.user.is_authenticated and request.user.is_staff):
            raise PermissionDenied("Only staff may price for a customer.")
        found = Customer.objects.select_related("merged_into").filter(number=number).first()
        if found is None:
            raise NotFound("There is no such customer.")
        return resolve(found)
    if not request.user.is_authenticated or request.user.is_staff:
        return None
    mine = Customer.objects.select_related("merged_into").filter(user=request.user.pk).first()
    return resolve(mine) if mine else None


def _told(told: Quote, skus: dict[int, str]) -> dict[str, Any]:
    return {
        "currency": told.currency,
        "lines": [
            {
                "sku": skus[line.variant_id],
                "quantity": line.quantity,
                "unit_minor": line.unit.amount_minor,
                "public_minor": line.unit.public_minor,
                "reference_minor": line.unit.reference_minor,
                "discount_minor": line.discount_minor,
                "total_minor": line.total_minor,
                "tax_minor": line.tax_minor,
                "tax_bp": line.unit.tax_bp,
            }
            for line in told.lines
        ],
        "applied": [
            {
                "name": name_in(one.names),
                "code": one.code,
                "amount_minor": one.amount_minor,
                "paid_back_afterwards": one.deferred,
            }
            for one in told.applied
        ],
        "missed": [
            {
                "name": name_in(one.names),
                "code": one.code,
                "why": one.why.value,
                "words": why(one),
                "lacking": one.lacking,
            }
            for one in told.missed
        ],
        "undiscounted_minor": told.undiscounted_minor,
        "total_minor": told.total_minor,
        "tax_minor": told.tax_minor,
        "vat": told.vat,
    }

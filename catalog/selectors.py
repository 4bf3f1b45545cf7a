"""Reads of the catalogue that join or annotate."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import (
    Exists,
    F,
    FloatField,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Substr
from django.utils.translation import get_language
from stdnum import ean

from catalog import gs1
from catalog.models import Category, Product, VariableArticle, Variant, VatRate


def tax_rate(category_code: str, *, at: datetime) -> int:
    """The VAT rate of a tax category on that day, in basis points (VAT-1)."""
    day = at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    return (
        VatRate.objects.filter(
            category__code=category_code, territory=settings.VAT_TERRITORY, valid_from__lte=day
        )
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gt=day))
        .values_list("tax_bp", flat=True)
        .get()
    )


def tax_rate_of(category: str, *, at: datetime) -> Subquery:
    """The same for the tax category that a row's field points at, to annotate the row with."""
    day = at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    return Subquery(
        VatRate.objects.filter(
            Q(valid_to__isnull=True) | Q(valid_to__gt=day),
            category=OuterRef(category),
            territory=settings.VAT_TERRITORY,
            valid_from__lte=day,
        ).values("tax_bp")
    )


def in_category(category: Category) -> QuerySet[Product]:
    """Products on sale on a shelf and the shelves below it."""
    return Product.objects.on_sale().filter(category__path__startswith=category.path)


def coded(code: str) -> QuerySet[Variant]:
    """Articles of a scanned or typed SKU or GTIN; a UPC is a GTIN-13 with a 0. The first counts."""
    code = code.strip()
    if not code:
        return Variant.objects.none()
    codes = {code}
    if code.isdigit() and len(code) in {8, 12, 13, 14} and ean.is_valid(code):
        codes |= {code.zfill(13), code.zfill(14), code.lstrip("0").zfill(12)}
    matches = Q(sku__in=codes | {code.upper()}) | Q(gtin__in=codes)
    if gs1.variable(code):
        matches |= Q(pk__in=_weighed(code).values("variant"))
    return Variant.objects.filter(matches).order_by("pk")


def _weighed(code: str) -> QuerySet[VariableArticle]:
    """The article that the item number inside a shop's own code stands for (STD-1)."""
    digits: Any = F("code__item_digits")
    item = Substr(Value(code), 3, digits)
    return VariableArticle.objects.filter(code__prefix=code[:2], item_number=item)


def label(code: str) -> gs1.Label | None:
    """What a scanned label of the shop's own says of weight or price; None for other codes.

    Raises gs1.Unreadable when its digits contradict each other.
    """
    code = code.strip()
    if not gs1.variable(code):
        return None
    found = _weighed(code).select_related("code").first()
    if found is None:
        return None
    layout = found.code
    return gs1.decode(
        code,
        gs1.Layout(
            prefix=layout.prefix,
            item_digits=layout.item_digits,
            value_digits=layout.value_digits,
            carries="price" if layout.carries == layout.Carries.PRICE else "weight",
            decimals=layout.decimals,
            value_checked=layout.value_checked,
        ),
    )


def by_code(code: str) -> Variant | None:
    """The article of a scanned or typed code, or None."""
    return coded(code).select_related("product", "product__brand", "product__tax_category").first()


def _likeness(text: str) -> Func:
    """How much of the typed words a product's words are like, accents and case apart, 0 to 1."""
    plain = Func(Value(text.strip()), function="plain_text", output_field=TextField())
    return Func(plain, F("search_words"), function="word_similarity", output_field=FloatField())


def _alike(text: str) -> QuerySet[Any]:
    """Products on sale whose words are like those typed, found by the index of likenesses."""
    found = RawSQL("SELECT catalog_alike(plain_text(%s))", [text.strip()])
    return Product.objects.on_sale().annotate(rank=_likeness(text)).filter(pk__in=found)


def _found(text: str) -> tuple[QuerySet[Any], QuerySet[Any]]:
    """Products on sale for a shopper's words, ranked: by word stems, and by likeness for typos."""
    language = "en" if (get_language() or "fr").startswith("en") else "fr"
    query = SearchQuery(text.strip(), config=f"omnishop_{language}", search_type="websearch")
    on_sale = Product.objects.on_sale()
    return (
        on_sale.filter(**{f"search_{language}": query}).annotate(
            rank=SearchRank(F(f"search_{language}"), query)
        ),
        _alike(text),
    )


def search(text: str) -> QuerySet[Product]:
    """Products on sale for a shopper's words, best first: word stems, then likenesses for typos."""
    exact, alike = _found(text)
    found = exact if exact.exists() else alike
    return found.order_by(F("rank").desc(), F("popularity").desc(), "pk")


LISTED = (
    *("id", "rank", "category_id", "brand_id", "popularity", "created_at"),
    *("listed_prices", "listed_options"),
)  # what lists count, filter and sort by


def matches(text: str) -> QuerySet[Any, dict[str, Any]]:
    """The same products as rows of `LISTED`, in no order; without a statement of its own.

    The likenesses stand behind a condition that the database tests once: while word stems find
    anything they cost nothing.
    """
    exact, alike = (found.order_by() for found in _found(text))
    alike = alike.filter(~Exists(exact))
    return exact.values(*LISTED).union(alike.values(*LISTED), all=True)


def listed(products: QuerySet[Product]) -> QuerySet[Any, dict[str, Any]]:
    """Products as rows of `LISTED`, in no order; they rank alike."""
    every: QuerySet[Any] = products.annotate(rank=Value(0.0, output_field=FloatField()))
    return every.order_by().values(*LISTED)


def suggestions(text: str, limit: int = 6) -> list[Product]:
    """Products to propose while the shopper types; bears typos and missing accents (UX L6)."""
    if len(text.strip()) < 2:
        return []
    return list(
        _alike(text)
        .order_by(F("rank").desc(), F("popularity").desc(), "pk")
        .prefetch_related("pictures")[:limit]
    )

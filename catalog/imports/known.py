"""What the catalogue holds of a batch of records, read in a constant number of statements."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings

from catalog.imports.records import ProductRecord
from catalog.imports.text import code_of
from catalog.models import PictureSource, Price, PriceList, Product, Variant

# Texts of a file are in the shop's first language; translations are the staff's.
LANGUAGE = settings.MODELTRANSLATION_DEFAULT_LANGUAGE
NAME, DESCRIPTION = f"name_{LANGUAGE}", f"description_{LANGUAGE}"


@dataclass(slots=True)
class Options:
    """What an article is among those of its product."""

    ids: frozenset[int] = frozenset()
    names: frozenset[tuple[str, str]] = frozenset()  # attribute and value


@dataclass(slots=True)
class Known:
    """The products a batch speaks of, by what files and codes call them."""

    by_key: dict[str, Product] = field(default_factory=dict)  # by source key
    by_pk: dict[int, Product] = field(default_factory=dict)
    variants: dict[int, list[Variant]] = field(default_factory=dict)  # by product
    options: dict[int, Options] = field(default_factory=dict)  # by variant
    prices: dict[int, int] = field(default_factory=dict)  # by variant
    sources: dict[int, list[PictureSource]] = field(default_factory=dict)  # by product
    sku_owners: dict[str, tuple[int, str]] = field(default_factory=dict)  # product and its name
    gtin_owners: dict[str, tuple[int, str]] = field(default_factory=dict)  # variant and its SKU
    slugs: set[str] = field(default_factory=set)

    def option_of(self, variant: Variant) -> Options:
        """Its options; none for most articles."""
        return self.options.get(variant.pk, Options())


def read(records: Sequence[ProductRecord], *, price_list: PriceList, at: datetime) -> Known:
    """What there is of the products, articles and codes that these records name."""
    known = Known()
    wanted = [variant for record in records for variant in record.variants]
    for sku, product_id, name, slug in Variant.objects.filter(
        sku__in=[variant.sku for variant in wanted]
    ).values_list("sku", "product_id", f"product__{NAME}", "product__slug"):
        known.sku_owners[sku] = (product_id, name or slug)
    keys = [record.source_key for record in records]
    rows = Product.objects.only(
        "source_key", "slug", "status", "brand_id", "category_id", NAME, DESCRIPTION
    )
    for product in rows.filter(source_key__in=keys):
        known.by_key[product.source_key] = known.by_pk[product.pk] = product
    others = {owner for owner, _name in known.sku_owners.values()} - set(known.by_pk)
    if others:
        known.by_pk |= {product.pk: product for product in rows.filter(pk__in=others)}
    _articles(known, price_list=price_list, at=at)
    forms = {form for variant in wanted if variant.gtin for form in gtin_forms(variant.gtin)}
    for variant_id, sku, gtin in Variant.objects.filter(gtin__in=forms).values_list(
        "pk", "sku", "gtin"
    ):
        known.gtin_owners[str(gtin).zfill(14)] = (variant_id, sku)
    new = [code_of(r.key, 160) for r in records if r.source_key not in known.by_key]
    known.slugs = set(Product.objects.filter(slug__in=new).values_list("slug", flat=True))
    return known


def _articles(known: Known, *, price_list: PriceList, at: datetime) -> None:
    """The articles of the products with their options, prices and addresses of pictures."""
    mine: dict[int, list[Variant]] = defaultdict(list)
    for variant in (
        Variant.objects.only("product_id", "sku", "gtin", "position", "weight_g")
        .filter(product__in=known.by_pk)
        .order_by("position", "pk")
    ):
        mine[variant.product_id].append(variant)
    known.variants = dict(mine)
    chosen: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
    for variant_id, value_id, attribute, value in Variant.options.through.objects.filter(
        variant__product__in=known.by_pk
    ).values_list(
        "variant_id",
        "attributevalue_id",
        f"attributevalue__attribute__{NAME}",
        f"attributevalue__{NAME}",
    ):
        chosen[variant_id].append((value_id, attribute or "", value or ""))
    known.options = {
        variant: Options(
            frozenset(pk for pk, _attribute, _value in values),
            frozenset((attribute, value) for _pk, attribute, value in values),
        )
        for variant, values in chosen.items()
    }
    known.prices = dict(
        Price.objects.at(at)
        .filter(variant__product__in=known.by_pk, price_list=price_list)
        .values_list("variant_id", "amount_minor")
    )
    sources: dict[int, list[PictureSource]] = defaultdict(list)
    for source in PictureSource.objects.filter(product__in=known.by_pk):
        sources[source.product_id].append(source)
    known.sources = dict(sources)


def gtin_forms(gtin: str) -> set[str]:
    """The ways one GTIN is written: with or without leading zeros."""
    full = gtin.zfill(14)
    return {full[-length:] for length in (8, 12, 13, 14) if not full[:-length].strip("0")}

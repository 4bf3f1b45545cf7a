"""Which articles of a record nothing stands against, and which row of the catalogue each is."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from catalog.imports.known import Known, Options
from catalog.imports.records import ProductRecord, Refused, VariantRecord
from catalog.imports.vocabulary import Vocabulary
from catalog.models import Product, Variant


@dataclass(frozen=True, slots=True)
class Accepted:
    """An article that nothing stands against; `existing` is its row when there is one."""

    record: VariantRecord
    options: frozenset[int]
    existing: Variant | None


def accepted(
    record: ProductRecord,
    product: Product | None,
    known: Known,
    *,
    claimant: Callable[[str], str],
    vocabulary: Vocabulary,
) -> list[Accepted]:
    """The variants that no other product or article stands against; the others join the record's
    `refused`. `claimant` tells which product of the file took a SKU.

    The row of each is the one with its SKU, else the one with its options (its SKU was changed at
    the source).
    """
    own = known.variants.get(product.pk, []) if product else []
    by_sku = {variant.sku: variant for variant in own}
    named = {variant.sku for variant in record.variants}
    by_options = {
        known.option_of(variant).names: variant for variant in own if variant.sku not in named
    }
    gtins: dict[str, int] = {}
    found = []
    for variant in record.variants:
        existing = by_sku.get(variant.sku) or by_options.get(frozenset(variant.options or ()))
        if reason := _sku_taken(record, variant, product, known, claimant(variant.sku)):
            column, value = "SKU", variant.sku
        elif existing is None and variant.price_minor is None:
            column, value, reason = "price", "", _("The price is missing.")
        else:
            column, value = "GTIN", variant.gtin or ""
            reason = _gtin_taken(variant, existing, known, gtins)
        if reason:
            record.refused.append(Refused(variant.row, record.key, column, value, reason))
            continue
        if variant.gtin:
            gtins[variant.gtin.zfill(14)] = variant.row
        found.append(Accepted(variant, _options(variant, existing, known, vocabulary), existing))
    return found


def _sku_taken(
    record: ProductRecord,
    variant: VariantRecord,
    product: Product | None,
    known: Known,
    claimant: str,
) -> str:
    owner = known.sku_owners.get(variant.sku)
    if claimant and claimant != record.source_key:
        name = owner[1] if owner else claimant.partition(":")[2]
    elif owner and (product is None or owner[0] != product.pk):
        name = owner[1]
    else:
        return ""
    return _("This SKU belongs to another product: %(name)s.") % {"name": name}


def _gtin_taken(
    variant: VariantRecord, existing: Variant | None, known: Known, gtins: dict[str, int]
) -> str:
    if not variant.gtin:
        return ""
    canonical = variant.gtin.zfill(14)
    holder = known.gtin_owners.get(canonical)
    if canonical in gtins:
        return _("The same barcode as on row %(row)d.") % {"row": gtins[canonical]}
    if holder and (existing is None or holder[0] != existing.pk):
        return _("This barcode belongs to the article %(sku)s.") % {"sku": holder[1]}
    return ""


def _options(
    variant: VariantRecord, existing: Variant | None, known: Known, vocabulary: Vocabulary
) -> frozenset[int]:
    """The article's options by key: its own where the file says the same, or nothing."""
    mine = known.option_of(existing) if existing else Options()
    if existing and (variant.options is None or mine.names == frozenset(variant.options)):
        return mine.ids
    return frozenset(vocabulary.value(name, value) for name, value in variant.options or ())

"""Compares product records with the catalogue; writes what differs, a transaction a product."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import DataError, IntegrityError, transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from catalog.imports.records import PictureRecord, ProductRecord, Refused, VariantRecord
from catalog.imports.text import code_of
from catalog.models import (
    Attribute,
    AttributeValue,
    Brand,
    Category,
    PictureSource,
    Price,
    Product,
    TaxCategory,
    Variant,
)
from catalog.services import default_price_list, refresh_search, set_price
from omnishop.kernel.errors import Refusal

CREATED, CHANGED, SAME, NOTHING = "created", "changed", "same", ""
# Texts of a file are in the shop's first language; translations are the staff's.
_LANGUAGE = settings.MODELTRANSLATION_DEFAULT_LANGUAGE
NAME, DESCRIPTION = f"name_{_LANGUAGE}", f"description_{_LANGUAGE}"


@dataclass(slots=True)
class _Known:
    """What the catalogue holds of a batch of records, read in a constant number of statements."""

    products: dict[str, Product] = field(default_factory=dict)  # by source key
    variants: dict[int, list[Variant]] = field(default_factory=dict)  # by product
    options: dict[int, frozenset[int]] = field(default_factory=dict)  # by variant
    prices: dict[int, int] = field(default_factory=dict)  # by variant
    sources: dict[int, list[PictureSource]] = field(default_factory=dict)  # by product
    sku_owners: dict[str, tuple[int, str]] = field(default_factory=dict)  # product and its name
    gtin_owners: dict[str, tuple[int, str]] = field(default_factory=dict)  # variant and its SKU
    slugs: set[str] = field(default_factory=set)


class Applier:
    """Applies batches of records. Made for one run: it remembers brands, categories, options."""

    def __init__(self, *, at: datetime, tax_category: TaxCategory) -> None:
        self.at = at
        self.tax_category = tax_category
        self.price_list = default_price_list()
        self._forget()

    def batch(self, records: Sequence[ProductRecord]) -> Iterator[tuple[ProductRecord, str]]:
        """Apply the records in order; gives each with what became of it.

        Rows that the catalogue refuses join the record's `refused`.
        """
        known = self._read(records)
        for record in records:
            yield record, self._one(record, known)

    def _one(self, record: ProductRecord, known: _Known) -> str:
        if not record.variants:
            return NOTHING
        rows = list(record.variants)
        try:
            with transaction.atomic():
                return self._write(record, known)
        except (IntegrityError, DataError) as error:
            self._forget()  # what was made for this product is gone with it
            why = str(error).splitlines()[0]
            record.refused += [
                Refused(
                    variant.row,
                    record.key,
                    "",
                    variant.sku,
                    _("The database refused this product: %(why)s") % {"why": why},
                )
                for variant in rows
                if variant.row not in {refused.row for refused in record.refused}
            ]
            return NOTHING

    # --- Reading ---------------------------------------------------------------------------

    def _read(self, records: Sequence[ProductRecord]) -> _Known:
        known = _Known()
        wanted = [variant for record in records for variant in record.variants]
        for product in Product.objects.filter(source_key__in=[r.source_key for r in records]):
            known.products[product.source_key] = product
        mine = Variant.objects.filter(product__in=known.products.values()).order_by(
            "position", "pk"
        )
        by_product: dict[int, list[Variant]] = defaultdict(list)
        for variant in mine:
            by_product[variant.product_id].append(variant)
        known.variants = dict(by_product)
        through = Variant.options.through.objects.filter(
            variant__product__in=known.products.values()
        )
        chosen: dict[int, set[int]] = defaultdict(set)
        for variant_id, value_id in through.values_list("variant_id", "attributevalue_id"):
            chosen[variant_id].add(value_id)
        known.options = {key: frozenset(values) for key, values in chosen.items()}
        known.prices = dict(
            Price.objects.at(self.at)
            .filter(variant__product__in=known.products.values(), price_list=self.price_list)
            .values_list("variant_id", "amount_minor")
        )
        sources: dict[int, list[PictureSource]] = defaultdict(list)
        for source in PictureSource.objects.filter(product__in=known.products.values()):
            sources[source.product_id].append(source)
        known.sources = dict(sources)
        for sku, product_id, name, slug in Variant.objects.filter(
            sku__in=[variant.sku for variant in wanted]
        ).values_list("sku", "product_id", f"product__{NAME}", "product__slug"):
            known.sku_owners[sku] = (product_id, name or slug)
        forms = {form for variant in wanted if variant.gtin for form in _forms(variant.gtin)}
        for variant_id, sku, gtin in Variant.objects.filter(gtin__in=forms).values_list(
            "pk", "sku", "gtin"
        ):
            known.gtin_owners[str(gtin).zfill(14)] = (variant_id, sku)
        known.slugs = set(
            Product.objects.filter(
                slug__in=[
                    code_of(r.key, 160) for r in records if r.source_key not in known.products
                ]
            ).values_list("slug", flat=True)
        )
        return known

    # --- Writing ---------------------------------------------------------------------------

    def _write(self, record: ProductRecord, known: _Known) -> str:
        product = known.products.get(record.source_key)
        accepted = self._accepted(record, product, known)
        if not accepted:
            return NOTHING
        said = self._said(record)
        outcome, searched = SAME, False
        if product is None:
            product = self._create(record, said, known)
            outcome, searched = CREATED, True
        elif differing := {key for key, value in said.items() if getattr(product, key) != value}:
            for key in differing:
                setattr(product, key, said[key])
            product.save(update_fields=[*differing, "updated_at"])
            outcome, searched = CHANGED, True
        variants, written = self._variants(product, accepted, known)
        searched |= written
        moved = self._prices(record, accepted, variants, known)
        moved |= self._sources(record, product, variants, known)
        if searched:
            refresh_search([product.pk])
        if outcome == SAME and (written or moved):
            outcome = CHANGED
        # Rows further down in the batch see what this product took.
        for variant in variants:
            known.sku_owners[variant.sku] = (product.pk, record.name)
            if variant.gtin:
                known.gtin_owners[variant.gtin.zfill(14)] = (variant.pk, variant.sku)
        return outcome

    def _accepted(
        self, record: ProductRecord, product: Product | None, known: _Known
    ) -> list[tuple[VariantRecord, frozenset[int], Variant | None]]:
        """The variants that no other product or article stands against.

        Each with the ids of its options and, when the catalogue has it, its row: the one with
        its SKU, else the one with its options (its SKU was changed at the source).
        """
        own = known.variants.get(product.pk, []) if product else []
        by_sku = {variant.sku: variant for variant in own}
        named = {variant.sku for variant in record.variants}
        by_options = {
            known.options.get(variant.pk, frozenset()): variant
            for variant in own
            if variant.sku not in named
        }
        gtins: dict[str, int] = {}
        accepted = []
        for variant in record.variants:
            owner = known.sku_owners.get(variant.sku)
            if owner and (product is None or owner[0] != product.pk):
                self._refuse(
                    record,
                    variant,
                    "SKU",
                    variant.sku,
                    _("This SKU belongs to another product: %(name)s.") % {"name": owner[1]},
                )
                continue
            chosen = frozenset(self._value(name, value) for name, value in variant.options)
            existing = by_sku.get(variant.sku) or by_options.get(chosen)
            if variant.gtin:
                canonical = variant.gtin.zfill(14)
                holder = known.gtin_owners.get(canonical)
                if canonical in gtins:
                    reason = _("The same barcode as on row %(row)d.") % {"row": gtins[canonical]}
                elif holder and (existing is None or holder[0] != existing.pk):
                    reason = _("This barcode belongs to the article %(sku)s.") % {"sku": holder[1]}
                else:
                    reason = ""
                if reason:
                    self._refuse(record, variant, "GTIN", variant.gtin, reason)
                    continue
                gtins[canonical] = variant.row
            accepted.append((variant, chosen, existing))
        return accepted

    def _refuse(
        self, record: ProductRecord, variant: VariantRecord, column: str, value: str, reason: str
    ) -> None:
        record.refused.append(Refused(variant.row, record.key, column, value, reason))

    def _said(self, record: ProductRecord) -> dict[str, Any]:
        """The product's columns that the file speaks about."""
        said: dict[str, Any] = {NAME: record.name}
        if record.description is not None:
            said[DESCRIPTION] = record.description
        if record.brand is not None:
            said["brand_id"] = self._brand(record.brand) if record.brand else None
        if record.category is not None:
            said["category_id"] = self._category(record.category)
        if record.status is not None:
            said["status"] = record.status
        return said

    def _create(self, record: ProductRecord, said: dict[str, Any], known: _Known) -> Product:
        slug = code_of(record.key, 160)
        if slug in known.slugs:
            slug = f"{slug[:151]}-{hashlib.sha256(record.source_key.encode()).hexdigest()[:8]}"
        defaults = {
            DESCRIPTION: "",
            "category_id": said.get("category_id") or self._category(""),
            "status": Product.Status.ACTIVE,
        }
        product = Product(
            slug=slug,
            source_key=record.source_key,
            tax_category=self.tax_category,
            **(defaults | said),
        )
        product.save(force_insert=True)
        known.slugs.add(slug)
        return product

    def _variants(
        self,
        product: Product,
        accepted: Sequence[tuple[VariantRecord, frozenset[int], Variant | None]],
        known: _Known,
    ) -> tuple[list[Variant], bool]:
        """Write the articles; gives them in the file's order and whether anything was written."""
        variants: list[Variant] = []
        new: list[Variant] = []
        chosen_by_new: list[frozenset[int]] = []
        written = False
        for position, (record, chosen, existing) in enumerate(accepted):
            said: dict[str, Any] = {"sku": record.sku, "position": position}
            if record.gtin is not None:
                said["gtin"] = record.gtin or None
            if record.weight_g is not None:
                said["weight_g"] = record.weight_g
            if existing is None:
                variant = Variant(product=product, **said)
                new.append(variant)
                chosen_by_new.append(chosen)
            else:
                variant = existing
                if differing := {k for k, value in said.items() if getattr(variant, k) != value}:
                    for key in differing:
                        setattr(variant, key, said[key])
                    variant.save(update_fields=differing)
                    written = True
                if known.options.get(variant.pk, frozenset()) != chosen:
                    variant.options.set(chosen)
                    written = True
            variants.append(variant)
        if new:
            Variant.objects.bulk_create(new)
            through = Variant.options.through
            through.objects.bulk_create(
                through(variant_id=variant.pk, attributevalue_id=value)
                for variant, chosen in zip(new, chosen_by_new, strict=True)
                for value in sorted(chosen)
            )
        return variants, written or bool(new)

    def _prices(
        self,
        record: ProductRecord,
        accepted: Sequence[tuple[VariantRecord, frozenset[int], Variant | None]],
        variants: Sequence[Variant],
        known: _Known,
    ) -> bool:
        changed = False
        first: list[Price] = []
        for (wanted, _chosen, existing), variant in zip(accepted, variants, strict=True):
            if existing is None:
                # Made in this transaction: nobody else can have priced it, now or for later.
                first.append(
                    Price(
                        variant=variant,
                        price_list=self.price_list,
                        amount_minor=wanted.price_minor,
                        valid_from=self.at,
                    )
                )
            elif known.prices.get(variant.pk) != wanted.price_minor:
                try:
                    changed |= set_price(
                        variant=variant,
                        amount_minor=wanted.price_minor,
                        at=self.at,
                        price_list=self.price_list,
                    )
                except Refusal as refusal:
                    self._refuse(record, wanted, "Price", str(wanted.price_minor), str(refusal))
        Price.objects.bulk_create(first)
        return changed or bool(first)

    def _sources(
        self,
        record: ProductRecord,
        product: Product,
        variants: Sequence[Variant],
        known: _Known,
    ) -> bool:
        """Write the addresses of pictures; those the file no longer has stay."""
        articles = {variant.sku: variant.pk for variant in variants}
        stored = {
            (source.url, source.variant_id): source for source in known.sources.get(product.pk, [])
        }
        new: list[PictureSource] = []
        changed = False
        for picture in record.pictures:
            if picture.sku and picture.sku not in articles:
                continue  # its article was refused
            variant_id = articles.get(picture.sku) if picture.sku else None
            source = stored.get((picture.url, variant_id))
            if source is None:
                new.append(_source(product, variant_id, picture))
            elif (source.alt, source.position) != (picture.alt, picture.position):
                source.alt, source.position = picture.alt, picture.position
                source.save(update_fields=["alt", "position"])
                changed = True
        if new:
            PictureSource.objects.bulk_create(new)
        return changed or bool(new)

    # --- Brands, categories, options: found by their code, made on first need ---------------

    def _forget(self) -> None:
        self._brands: dict[str, int] = {}
        self._categories: dict[str, int] = {}
        self._attributes: dict[str, int] = {}
        self._values: dict[tuple[str, str], int] = {}

    def _brand(self, name: str) -> int:
        if name not in self._brands:
            brand = Brand.objects.filter(Q(name__iexact=name) | Q(slug=code_of(name, 80))).first()
            if brand is None:
                brand = Brand.objects.create(name=name, slug=code_of(name, 80))
            self._brands[name] = brand.pk
        return self._brands[name]

    def _category(self, name: str) -> int:
        """The shelf of that code or name, the highest one; made below "Imported" when new."""
        if name not in self._categories:
            slug = code_of(name, 80) if name else "divers"
            found = Category.objects.filter(slug=slug).first()
            if found is None and name:
                found = (
                    Category.objects.filter(Q(name_fr__iexact=name) | Q(name_en__iexact=name))
                    .order_by("depth", "path")
                    .first()
                )
            if found is None:
                texts = {NAME: name} if name else {"name_fr": "Divers", "name_en": "Miscellaneous"}
                found = Category.objects.add_child(_imported(), {"slug": slug} | texts)
            self._categories[name] = found.pk
        return self._categories[name]

    def _value(self, option_name: str, name: str) -> int:
        key = (option_name, name)
        if key not in self._values:
            code = code_of(option_name, 40)
            if code not in self._attributes:
                attribute, _created = Attribute.objects.get_or_create(
                    code=code, defaults={NAME: option_name, "position": _next_place(Attribute)}
                )
                self._attributes[code] = attribute.pk
            value, _created = AttributeValue.objects.get_or_create(
                attribute_id=self._attributes[code],
                code=code_of(name, 60),
                defaults={
                    NAME: name,
                    "position": _next_place(AttributeValue, attribute=self._attributes[code]),
                },
            )
            self._values[key] = value.pk
        return self._values[key]


def _next_place(model: type[Attribute] | type[AttributeValue], **scope: Any) -> int:
    last = model._default_manager.filter(**scope).aggregate(last=Max("position"))["last"]
    return min((last or 0) + 1, 32_767)


def _imported() -> Category:
    """The shelf for categories that only a file knows; staff move them where they belong."""
    found: Category | None = Category.objects.filter(slug="imported").first()
    if found is None:
        found = Category.objects.add_root(
            {"slug": "imported", "name_fr": "Importés", "name_en": "Imported"}
        )
    return found


def _source(product: Product, variant_id: int | None, picture: PictureRecord) -> PictureSource:
    return PictureSource(
        product=product,
        variant_id=variant_id,
        url=picture.url,
        alt=picture.alt,
        position=picture.position,
    )


def _forms(gtin: str) -> set[str]:
    """The ways one GTIN is written: with or without leading zeros."""
    full = gtin.zfill(14)
    return {full[-length:] for length in (8, 12, 13, 14) if not full[:-length].strip("0")}

"""Compares product records with the catalogue; writes what differs, a short transaction a batch."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from babel.numbers import get_currency_precision
from django.conf import settings
from django.db import DataError, IntegrityError, OperationalError, transaction
from django.utils.translation import gettext as _

from catalog.gs1 import in_store
from catalog.imports.known import DESCRIPTION, NAME, Known, Options, read
from catalog.imports.records import (
    HIDDEN,
    Difference,
    PictureRecord,
    ProductRecord,
    Refused,
    VariantRecord,
)
from catalog.imports.text import code_of, same_words
from catalog.imports.vocabulary import Vocabulary
from catalog.models import PictureSource, Price, Product, TaxCategory, Variant
from catalog.pictures import public_address
from catalog.services import default_price_list, refresh_search, set_price
from omnishop.kernel.errors import Refusal

CREATED, CHANGED, SAME, NOTHING = "created", "changed", "same", ""
OF_THIS_BATCH = -1  # key of an article that is not written yet


@dataclass(frozen=True, slots=True)
class Accepted:
    """An article that nothing stands against; `existing` is its row when there is one."""

    record: VariantRecord
    options: frozenset[int]
    existing: Variant | None


@dataclass(slots=True)
class _New:
    """Rows of a batch that are written together."""

    products: list[Product] = field(default_factory=list)
    variants: list[tuple[Product, Variant, frozenset[int]]] = field(default_factory=list)
    prices: list[tuple[Variant, int]] = field(default_factory=list)
    sources: list[tuple[Product, Variant | None, PictureRecord, int]] = field(default_factory=list)
    searched: list[Product] = field(default_factory=list)


class Applier:
    """Applies batches of records. Made for one run: it remembers which product took which SKU.

    With `dry` nothing stays written, and each record gets the `differences` it would make.
    """

    def __init__(self, *, at: datetime, tax_category: TaxCategory, dry: bool = False) -> None:
        self.at = at
        self.tax_category = tax_category
        self.dry = dry
        self.price_list = default_price_list()
        self.vocabulary = Vocabulary()
        self.claimed: dict[str, str] = {}  # SKU → source key, of this run
        self._own_pictures = public_address("")

    def passed_over(self, record: ProductRecord) -> None:
        """Know of a record that an earlier part of this run applied."""
        for variant in record.variants:
            self.claimed.setdefault(variant.sku, record.source_key)

    def batch(self, records: Sequence[ProductRecord]) -> Iterator[tuple[ProductRecord, str]]:
        """Apply the records in order; gives each with what became of it.

        Rows that the catalogue refuses join the record's `refused`. When the database refuses
        one, or another's locks cross ours, they are applied one by one.
        """
        before = {id(record): len(record.refused) for record in records}
        try:
            yield from self._together(records)
            return
        except (IntegrityError, DataError, OperationalError):
            pass
        for record in records:
            del record.refused[before[id(record)] :]
            record.differences.clear()
            try:
                yield from self._together([record])
            except (IntegrityError, DataError) as error:
                self._refuse_rest(record, str(error).splitlines()[0])
                yield record, NOTHING

    def _together(self, records: Sequence[ProductRecord]) -> list[tuple[ProductRecord, str]]:
        known = read(records, price_list=self.price_list, at=self.at)
        claims = dict[str, str]()
        try:
            with transaction.atomic():
                new = _New()
                outcomes = []
                for record in records:
                    outcomes.append((record, self._plan(record, known, new, claims)))
                self._write(new)
                if self.dry:
                    transaction.set_rollback(True)
        except BaseException:
            self.vocabulary.forget()  # what was made in this transaction is gone with it
            raise
        if self.dry:
            self.vocabulary.forget()
        self.claimed |= claims
        return outcomes

    def _refuse_rest(self, record: ProductRecord, why: str) -> None:
        refused = {item.row for item in record.refused}
        text = _("The database refused this product: %(why)s") % {"why": why}
        record.refused += [
            Refused(variant.row, record.key, "", variant.sku, text)
            for variant in record.variants
            if variant.row not in refused
        ]

    # --- One product -------------------------------------------------------------------------

    def _plan(self, record: ProductRecord, known: Known, new: _New, claims: dict[str, str]) -> str:
        """Write what differs of a product that is there; put what is new with the batch's."""
        if not record.variants:
            return NOTHING
        product = self._home(record, known, claims)
        accepted = self._accepted(record, product, known, claims)
        if not accepted:
            return NOTHING
        outcome = SAME
        if product is None:
            product = self._product(record, known)
            known.by_key[record.source_key] = product
            new.products.append(product)
            new.searched.append(product)
            self._note(record, record.row, "product", "", record.name)
            outcome = CREATED
        elif self._texts(record, product):
            new.searched.append(product)
            outcome = CHANGED
        variants, written = self._variants(record, product, accepted, known, new)
        if written and product not in new.searched:
            new.searched.append(product)
        moved = self._prices(record, accepted, variants, known, new)
        moved |= self._sources(record, product, variants, known, new)
        if outcome == SAME and (written or moved):
            outcome = CHANGED
        for item in accepted:  # rows further down see what this product took
            claims[item.record.sku] = record.source_key
            known.sku_owners.setdefault(item.record.sku, (OF_THIS_BATCH, record.name))
            if item.record.gtin:
                owner = (item.existing.pk if item.existing else OF_THIS_BATCH, item.record.sku)
                known.gtin_owners[item.record.gtin.zfill(14)] = owner
        return outcome

    def _home(self, record: ProductRecord, known: Known, claims: dict[str, str]) -> Product | None:
        """The product that a record speaks of: the one of its key, else the one that has its
        SKUs, where the format names products by them or the code is the same too.
        """
        if record.source_key in known.by_key:
            return known.by_key[record.source_key]
        skus = [variant.sku for variant in record.variants]
        if any(self._claimant(sku, claims) for sku in skus):
            return None  # of another product of this very file
        owners = {known.sku_owners[sku][0] for sku in skus if sku in known.sku_owners}
        product = known.by_pk.get(owners.pop()) if len(owners) == 1 else None
        if product and (record.by_sku or product.slug == record.key):
            return product
        return None

    def _claimant(self, sku: str, claims: dict[str, str]) -> str:
        return claims.get(sku) or self.claimed.get(sku, "")

    def _accepted(
        self,
        record: ProductRecord,
        product: Product | None,
        known: Known,
        claims: dict[str, str],
    ) -> list[Accepted]:
        """The variants that no other product or article stands against.

        The row of each is the one with its SKU, else the one with its options (its SKU was
        changed at the source).
        """
        own = known.variants.get(product.pk, []) if product else []
        by_sku = {variant.sku: variant for variant in own}
        named = {variant.sku for variant in record.variants}
        by_options = {
            known.option_of(variant).names: variant for variant in own if variant.sku not in named
        }
        gtins: dict[str, int] = {}
        accepted = []
        for variant in record.variants:
            owner = known.sku_owners.get(variant.sku)
            claimant = self._claimant(variant.sku, claims)
            if claimant and claimant != record.source_key:
                name = owner[1] if owner else claimant.partition(":")[2]
            elif owner and (product is None or owner[0] != product.pk):
                name = owner[1]
            else:
                name = ""
            if name:
                reason = _("This SKU belongs to another product: %(name)s.") % {"name": name}
                self._refuse(record, variant, "SKU", variant.sku, reason)
                continue
            existing = by_sku.get(variant.sku) or by_options.get(frozenset(variant.options or ()))
            if existing is None and variant.price_minor is None:
                self._refuse(record, variant, "price", "", _("The price is missing."))
                continue
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
            mine = known.option_of(existing) if existing else Options()
            same = existing is not None and (
                variant.options is None or mine.names == frozenset(variant.options)
            )
            chosen = (
                mine.ids
                if same
                else frozenset(
                    self.vocabulary.value(name, value) for name, value in variant.options or ()
                )
            )
            accepted.append(Accepted(variant, chosen, existing))
        return accepted

    def _refuse(
        self, record: ProductRecord, variant: VariantRecord, column: str, value: str, reason: str
    ) -> None:
        record.refused.append(Refused(variant.row, record.key, column, value, reason))

    def _note(self, record: ProductRecord, row: int, name: str, before: Any, after: Any) -> None:
        if self.dry:
            record.differences.append(
                Difference(row, record.key, name, str(before or ""), str(after or ""))
            )

    def _texts(self, record: ProductRecord, product: Product) -> bool:
        """Write the product's columns that the file says otherwise."""
        said: dict[str, Any] = {}

        def say(column: str, value: Any, name: str, before: Any, after: Any) -> None:
            said[column] = value
            self._note(record, record.row, name, before, after)

        name, text = getattr(product, NAME) or "", getattr(product, DESCRIPTION) or ""
        if name.strip() != record.name:
            say(NAME, record.name, "name", name, record.name)
        if record.description is not None and not same_words(text, record.description):
            say(DESCRIPTION, record.description, "description", text, record.description)
        brand = product.brand.name if product.brand else ""
        if record.brand is not None and brand != record.brand:
            key = self.vocabulary.brand(record.brand) if record.brand else None
            if key != product.brand_id:
                say("brand_id", key, "brand", brand, record.brand)
        if record.category and not self.vocabulary.lies_on(product.category, record.category):
            key = self.vocabulary.shelf(record.category)
            if key != product.category_id:
                before = " > ".join(self.vocabulary.way_to(product.category))
                say("category_id", key, "category", before, " > ".join(record.category))
        status = record.status
        if status == HIDDEN:  # a draft or an archived product stays what it is
            hidden = product.status != Product.Status.ACTIVE
            status = product.status if hidden else Product.Status.DRAFT
        if status is not None and status != product.status:
            say("status", status, "status", product.status, status)
        if not said:
            return False
        for column, value in said.items():
            setattr(product, column, value)
        product.save(update_fields=[*said, "updated_at"])
        return True

    def _product(self, record: ProductRecord, known: Known) -> Product:
        slug = code_of(record.key, 160)
        if slug in known.slugs:
            slug = f"{slug[:151]}-{hashlib.sha256(record.source_key.encode()).hexdigest()[:8]}"
        known.slugs.add(slug)
        status = record.status or Product.Status.ACTIVE
        return Product(
            slug=slug,
            source_key=record.source_key,
            tax_category=self.tax_category,
            category_id=self.vocabulary.shelf(record.category or ()),
            brand_id=self.vocabulary.brand(record.brand) if record.brand else None,
            status=Product.Status.DRAFT if status == HIDDEN else status,
            **{NAME: record.name, DESCRIPTION: record.description or ""},
        )

    def _variants(
        self,
        record: ProductRecord,
        product: Product,
        accepted: Sequence[Accepted],
        known: Known,
        new: _New,
    ) -> tuple[list[Variant], bool]:
        """Write the articles; gives them in the file's order and whether anything was written."""
        variants: list[Variant] = []
        written = False
        stay = _in_order([item.existing for item in accepted])
        for position, item in enumerate(accepted):
            said: dict[str, Any] = {"sku": item.record.sku}
            if not (stay and item.existing):
                said["position"] = position
            if item.record.gtin is not None and not (
                item.record.gtin == ""
                and item.existing
                and item.existing.gtin
                and in_store(item.existing.gtin)  # no export tells those numbers (STD-1)
            ):
                said["gtin"] = item.record.gtin or None
            if item.record.weight_g is not None:
                said["weight_g"] = item.record.weight_g
            if item.existing is None:
                variant = Variant(product=product, **said)
                new.variants.append((product, variant, item.options))
                if product.pk:
                    self._note(record, item.record.row, "article", "", item.record.sku)
                written = True
            else:
                variant = item.existing
                written |= self._article(record, item, said, known)
            variants.append(variant)
        return variants, written

    def _article(
        self, record: ProductRecord, item: Accepted, said: dict[str, Any], known: Known
    ) -> bool:
        """Write what differs of an article that is there."""
        variant = item.existing
        assert variant is not None  # noqa: S101  the caller's case
        differing = {name for name, value in said.items() if getattr(variant, name) != value}
        for name in sorted(differing):
            self._note(record, item.record.row, name, getattr(variant, name), said[name])
            setattr(variant, name, said[name])
        if differing:
            variant.save(update_fields=differing)
        before = known.option_of(variant)
        if before.ids != item.options:
            variant.options.set(item.options)
            self._note(
                record,
                item.record.row,
                "options",
                ", ".join(sorted(value for _name, value in before.names)),
                ", ".join(value for _name, value in item.record.options or ()),
            )
            return True
        return bool(differing)

    def _prices(
        self,
        record: ProductRecord,
        accepted: Sequence[Accepted],
        variants: Sequence[Variant],
        known: Known,
        new: _New,
    ) -> bool:
        changed = False
        for item, variant in zip(accepted, variants, strict=True):
            wanted = item.record.price_minor
            if wanted is None:
                continue
            if item.existing is None:
                # Made in this transaction: nobody else can have priced it, now or for later.
                new.prices.append((variant, wanted))
                changed = True
            elif (price := known.prices.get(variant.pk)) != wanted:
                try:
                    moved = set_price(
                        variant=variant,
                        amount_minor=wanted,
                        at=self.at,
                        price_list=self.price_list,
                    )
                except Refusal as refusal:
                    self._refuse(record, item.record, "Price", _amount(wanted), str(refusal))
                    continue
                changed |= moved
                if moved:
                    self._note(record, item.record.row, "price", _amount(price), _amount(wanted))
        return changed

    def _sources(
        self,
        record: ProductRecord,
        product: Product,
        variants: Sequence[Variant],
        known: Known,
        new: _New,
    ) -> bool:
        """Write the addresses of pictures; those the file no longer has stay."""
        articles = {variant.sku: variant for variant in variants}
        stored = {
            (source.url, source.variant_id): source
            for source in (known.sources.get(product.pk, []) if product.pk else [])
        }
        changed = False
        for place, picture in enumerate(record.pictures, 1):
            if picture.sku and picture.sku not in articles:
                continue  # its article was refused
            if picture.url.startswith(self._own_pictures):
                continue  # an export of ours: the picture is here
            variant = articles[picture.sku] if picture.sku else None
            source = stored.get((picture.url, variant.pk if variant else None))
            if source is None:
                position = (
                    (0 if variant else place) if picture.position is None else (picture.position)
                )
                new.sources.append((product, variant, picture, position))
                if product.pk:
                    self._note(record, record.row, "picture", "", picture.url)
                changed = True
                continue
            alt = source.alt if picture.alt is None else picture.alt
            position = source.position if picture.position is None else picture.position
            if (source.alt, source.position) != (alt, position):
                self._note(record, record.row, "picture", source.alt, alt)
                source.alt, source.position = alt, position
                source.save(update_fields=["alt", "position"])
                changed = True
        return changed

    # --- Writing -----------------------------------------------------------------------------

    def _write(self, new: _New) -> None:
        """The rows of a batch, a statement per table."""
        if new.products:
            Product.objects.bulk_create(new.products)
        if new.variants:
            for product, variant, _options in new.variants:
                variant.product = product  # it has its key by now
            Variant.objects.bulk_create(variant for _product, variant, _options in new.variants)
            through = Variant.options.through
            through.objects.bulk_create(
                through(variant_id=variant.pk, attributevalue_id=value)
                for _product, variant, options in new.variants
                for value in sorted(options)
            )
        Price.objects.bulk_create(
            Price(
                variant=variant,
                price_list=self.price_list,
                amount_minor=amount,
                valid_from=self.at,
            )
            for variant, amount in new.prices
        )
        PictureSource.objects.bulk_create(
            PictureSource(
                product=product,
                variant=variant,
                url=picture.url,
                alt=picture.alt or "",
                position=min(position, 32_767),
            )
            for product, variant, picture, position in new.sources
        )
        if new.searched:
            refresh_search([product.pk for product in new.searched])


def _in_order(existing: Sequence[Variant | None]) -> bool:
    """Whether the articles are all there and stand in the file's order already."""
    places = [(variant.position, variant.pk) for variant in existing if variant]
    return len(places) == len(existing) and places == sorted(places)


def _amount(minor: int | None) -> str:
    """A price as a table shows it: 12.50."""
    if minor is None:
        return ""
    digits = get_currency_precision(settings.CURRENCY)
    return f"{minor / 10**digits:.{digits}f}"

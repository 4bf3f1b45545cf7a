"""Compares product records with the catalogue; writes what differs, a short transaction a batch."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from babel.numbers import get_currency_precision
from django.conf import settings
from django.db import DataError, IntegrityError, OperationalError, transaction
from django.utils.translation import gettext as _

from catalog.gs1 import in_store
from catalog.imports.accepting import Accepted, accepted
from catalog.imports.batch import Batch, Priced
from catalog.imports.known import DESCRIPTION, NAME, Known, read
from catalog.imports.records import (
    HIDDEN,
    Difference,
    ProductRecord,
    Refused,
)
from catalog.imports.text import code_of, same_words
from catalog.imports.vocabulary import Vocabulary
from catalog.models import Product, TaxCategory, Variant
from catalog.pictures import public_address
from catalog.services import default_price_list, refresh_search
from omnishop.kernel.errors import Refusal

CREATED, CHANGED, SAME, NOTHING = "created", "changed", "same", ""
OF_THIS_BATCH = -1  # key of an article that is not written yet


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
                new = Batch()
                outcomes = [(record, self._plan(record, known, new, claims)) for record in records]
                self._write(new)
                if self.dry:
                    transaction.set_rollback(True)
        except BaseException:
            self.vocabulary.forget()  # what was made in this transaction is gone with it
            raise
        if self.dry:
            self.vocabulary.forget()
        self.claimed |= claims
        moved = {id(priced.record) for priced, outcome in new.priced if outcome is True}
        return [
            (record, CHANGED if outcome == SAME and id(record) in moved else outcome)
            for record, outcome in outcomes
        ]

    def _refuse_rest(self, record: ProductRecord, why: str) -> None:
        refused = {item.row for item in record.refused}
        text = _("The database refused this product: %(why)s") % {"why": why}
        record.refused += [
            Refused(variant.row, record.key, "", variant.sku, text)
            for variant in record.variants
            if variant.row not in refused
        ]

    # --- One product -------------------------------------------------------------------------

    def _plan(self, record: ProductRecord, known: Known, new: Batch, claims: dict[str, str]) -> str:
        """Write what differs of a product that is there; put what is new with the batch's."""
        if not record.variants:
            return NOTHING
        product = self._home(record, known, claims)
        articles = accepted(
            record,
            product,
            known,
            claimant=lambda sku: self._claimant(sku, claims),
            vocabulary=self.vocabulary,
        )
        if not articles:
            return NOTHING
        outcome = SAME
        if product is None:
            product = self._product(record, known)
            known.by_key[record.source_key] = product
            new.products.append(product)
            new.searched[id(product)] = product
            self._note(record, record.row, "product", "", record.name)
            outcome = CREATED
        elif self._texts(record, product):
            new.searched[id(product)] = product
            outcome = CHANGED
        variants, written = self._variants(record, product, articles, known, new)
        if written:
            new.searched[id(product)] = product
        self._prices(record, articles, variants, known, new)
        pictured = self._sources(record, product, variants, known, new)
        if outcome == SAME and (written or pictured):
            outcome = CHANGED
        for item in articles:  # rows further down see what this product took
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
        brand = self.vocabulary.name_of_brand(product.brand_id)
        if record.brand is not None and brand != record.brand:
            key = self.vocabulary.brand(record.brand) if record.brand else None
            if key != product.brand_id:
                say("brand_id", key, "brand", brand, record.brand)
        if record.category and not self.vocabulary.lies_on(product.category_id, record.category):
            key = self.vocabulary.shelf(record.category)
            if key != product.category_id:
                before = " > ".join(self.vocabulary.way_to(product.category_id))
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
        articles: Sequence[Accepted],
        known: Known,
        new: Batch,
    ) -> tuple[list[Variant], bool]:
        """Write the articles; gives them in the file's order and whether anything was written."""
        variants: list[Variant] = []
        written = False
        stay = _in_order([item.existing for item in articles])
        for position, item in enumerate(articles):
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
        articles: Sequence[Accepted],
        variants: Sequence[Variant],
        known: Known,
        new: Batch,
    ) -> None:
        """Put the prices that the file says otherwise with the batch's."""
        for item, variant in zip(articles, variants, strict=True):
            wanted = item.record.price_minor
            before = known.prices.get(variant.pk) if item.existing else None
            if wanted is not None and wanted != before:
                new.prices.append(Priced(record, item.record.row, variant, wanted, before))

    def _sources(
        self,
        record: ProductRecord,
        product: Product,
        variants: Sequence[Variant],
        known: Known,
        new: Batch,
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

    def _write(self, new: Batch) -> None:
        """The rows of a batch, a statement per table."""
        new.write(at=self.at, price_list=self.price_list)
        if new.searched:
            refresh_search([product.pk for product in new.searched.values()])
        created = {id(variant) for _product, variant, _options in new.variants}
        for priced, outcome in new.priced:
            record, row, after = priced.record, priced.row, _amount(priced.amount_minor)
            if isinstance(outcome, Refusal):
                record.refused.append(Refused(row, record.key, "Price", after, str(outcome)))
            elif outcome and id(priced.variant) not in created:
                self._note(record, row, "price", _amount(priced.before), after)


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

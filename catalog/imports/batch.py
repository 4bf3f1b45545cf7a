"""What a batch of records adds to the catalogue, written with a statement per table."""

from dataclasses import dataclass, field
from datetime import datetime

from catalog.imports.records import PictureRecord, ProductRecord
from catalog.models import PictureSource, PriceList, Product, Variant
from catalog.services import set_prices
from omnishop.kernel.errors import Invalid


@dataclass(frozen=True, slots=True)
class Priced:
    """A price that a row says, and the one in force before; none of a new article."""

    record: ProductRecord
    row: int
    variant: Variant
    amount_minor: int
    before: int | None


@dataclass(slots=True)
class Batch:
    """Rows that are written together."""

    products: list[Product] = field(default_factory=list)
    variants: list[tuple[Product, Variant, frozenset[int]]] = field(default_factory=list)
    prices: list[Priced] = field(default_factory=list)
    priced: list[tuple[Priced, bool | Invalid]] = field(default_factory=list)  # once written
    sources: list[tuple[Product, Variant | None, PictureRecord, int]] = field(default_factory=list)
    searched: dict[int, Product] = field(default_factory=dict)  # by identity: some have no key yet

    def write(self, *, at: datetime, price_list: PriceList) -> None:
        """Write the rows; `priced` tells afterwards what became of each price."""
        if self.products:
            Product.objects.bulk_create(self.products)
        if self.variants:
            self._articles()
        if self.sources:
            PictureSource.objects.bulk_create(
                PictureSource(
                    product=product,
                    variant=variant,
                    url=picture.url,
                    alt=picture.alt or "",
                    position=min(position, 32_767),
                )
                for product, variant, picture, position in self.sources
            )
        left = self.prices
        while left:  # an article that the file names twice is priced twice, in its order
            first: dict[int, Priced] = {}
            for one in left:
                first.setdefault(one.variant.pk, one)
            wanted = {pk: one.amount_minor for pk, one in first.items()}
            outcomes = set_prices(wanted, at=at, price_list=price_list)
            self.priced += [(one, outcomes[pk]) for pk, one in first.items()]
            left = [one for one in left if first[one.variant.pk] is not one]

    def _articles(self) -> None:
        for product, variant, _options in self.variants:
            variant.product = product  # it has its key by now
        Variant.objects.bulk_create(variant for _product, variant, _options in self.variants)
        through = Variant.options.through
        through.objects.bulk_create(
            through(variant_id=variant.pk, attributevalue_id=value)
            for _product, variant, options in self.variants
            for value in sorted(options)
        )

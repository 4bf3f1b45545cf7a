"""What a file says about a product, whatever the file's format; `catalog.imports.run` applies it.

None stands for what the file does not say; it stays as it is in the catalogue.
"""

from collections import Counter
from dataclasses import dataclass, field

# Not on sale, in a format that does not tell a draft from an archived product.
HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not taken: where, what, why, in the reader's language."""

    row: int
    key: str  # how the file calls the product
    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell of the catalogue that an import changes, or would change."""

    row: int
    key: str
    field: str  # a stable word: name, price, option:Size
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class VariantRecord:
    """One article of a product."""

    row: int
    sku: str
    gtin: str | None  # "" is none
    options: tuple[tuple[str, str], ...] | None  # (("Size", "M"), ("Colour", "Blue"))
    price_minor: int | None
    weight_g: int | None


@dataclass(frozen=True, slots=True)
class PictureRecord:
    """The address of a picture."""

    url: str
    alt: str | None = None
    position: int | None = None
    sku: str = ""  # of the one variant it shows


@dataclass(slots=True)
class ProductRecord:
    """One product with the rows that could be read; without variants there is nothing to apply."""

    source_key: str  # "shopify:floor-lamp"
    key: str
    row: int
    rows: int
    name: str = ""
    description: str | None = None
    brand: str | None = None  # "" is none
    category: tuple[str, ...] | None = None  # the way to the shelf, from the top; () is none
    status: str | None = None
    by_sku: bool = False  # the format names products by their articles' SKUs
    variants: list[VariantRecord] = field(default_factory=list)
    pictures: list[PictureRecord] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)


@dataclass(slots=True)
class Notes:
    """What the file says and the catalogue does not take, counted, so that nobody misses it."""

    counts: Counter[str] = field(default_factory=Counter)
    columns: Counter[str] = field(default_factory=Counter)  # filled cells that nobody reads

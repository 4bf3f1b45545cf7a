"""What the data files hold, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

StoreKind = Literal["store", "warehouse"]
TaxCategory = Literal["standard", "food", "book"]
NetUnit = Literal["g", "ml"]
WordKind = Literal["cancellation", "return", "not_found", "adjustment", "staff_note", "discount"]
STORE_KINDS: tuple[StoreKind, ...] = get_args(StoreKind)
TAX_CATEGORIES: tuple[TaxCategory, ...] = get_args(TaxCategory)
NET_UNITS: tuple[NetUnit, ...] = get_args(NetUnit)
WORD_KINDS: tuple[WordKind, ...] = get_args(WordKind)


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in both languages of the shop."""

    fr: str
    en: str


@dataclass(frozen=True, slots=True)
class Retailer:
    """The brand above the door."""

    name: str
    legal_entity: str  # code of the entity that owns the brand and the site
    slogan: Text
    about: Text
    email: str
    currency: str  # ISO 4217
    gtin_prefix: str  # digits, in the range GS1 keeps for examples


@dataclass(frozen=True, slots=True)
class LegalEntity:
    """A company that signs receipts and owes VAT; a franchise is another one (ENT-1)."""

    code: str
    name: str
    legal_form: str
    capital_minor: int
    registry: str
    siren: str
    vat_number: str
    street: str
    postcode: str
    city: str


@dataclass(frozen=True, slots=True)
class Store:
    """A shop or the warehouse, as shoppers and carriers find it."""

    code: str
    slug: str
    name: str
    kind: StoreKind
    legal_entity: str
    siret: str
    street: str
    postcode: str
    city: str
    insee_code: str  # of the municipal district in Lyon and Paris
    latitude: float
    longitude: float
    timezone: str  # IANA
    phone: str  # E.164
    email: str
    opening_hours: str  # OpenStreetMap syntax
    access: Text
    services: tuple[Text, ...]
    shelf_name: Text  # what this team calls a place where orders wait: "Casier", "Locker"
    shelves: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Category:
    """A shelf of the catalogue; `parent` is the slug of the one above, None at the root."""

    slug: str
    parent: str | None
    name: Text
    description: Text
    emoji: str  # file name without suffix in the picture package


@dataclass(frozen=True, slots=True)
class OptionAxis:
    """The question a shopper answers: colour, shoe size, capacity…"""

    code: str
    name: Text


@dataclass(frozen=True, slots=True)
class AttributeValue:
    """One answer: a colour with its swatch, or a size. Codes are unique over all axes."""

    code: str
    axis: str  # code of an OptionAxis; every axis but `colour` is a kind of size
    name: Text
    order: int  # within the axis
    hex: str | None  # "#rrggbb" for a colour


@dataclass(frozen=True, slots=True)
class Sale:
    """A price cut: the price before it, and how many days ago it began (PRC-1)."""

    former_price_minor: int
    days_ago: int


@dataclass(frozen=True, slots=True)
class NetContent:
    """What the pack holds, for the price per kilogram or litre (PRC-3)."""

    quantity: int
    unit: NetUnit


@dataclass(frozen=True, slots=True)
class ProductText:
    """A product as the shop tells it; its variants are every size in every colour.

    Prices are euro cents with VAT. `price_minor` is today's price, after the cut when
    `sale` is set. A size or colour may add to it: see `variant_price_minor`.
    """

    code: str
    slug: str
    category: str  # slug of a leaf
    brand: str
    tax: TaxCategory
    name: Text
    description: Text
    emoji: str
    background: str  # "#rrggbb" behind the picture
    alt: Text
    price_minor: int
    weight_g: int
    popularity: int  # 1 to 100, weight in the simulated sales
    sizes: tuple[str, ...]  # codes of AttributeValue, empty when there is no choice
    colours: tuple[str, ...]
    price_delta_minor: Mapping[str, int]  # by code of size or colour
    sale: Sale | None
    eco_participation_minor: int | None  # inside the price, never discounted (VAT-9)
    net: NetContent | None
    no_withdrawal: str | None  # "hygiene": not taken back once unsealed (CST-5)

    def variants(self) -> tuple[tuple[str | None, str | None], ...]:
        """Every (size, colour) to sell; a lone (None, None) when there is no choice."""
        sizes: tuple[str | None, ...] = self.sizes or (None,)
        colours: tuple[str | None, ...] = self.colours or (None,)
        return tuple((size, colour) for size in sizes for colour in colours)

    def variant_price_minor(self, size: str | None, colour: str | None) -> int:
        """The price of one variant, in cents with VAT."""
        return self.price_minor + sum(
            self.price_delta_minor.get(code, 0) for code in (size, colour) if code is not None
        )

    def variant_former_price_minor(self, size: str | None, colour: str | None) -> int | None:
        """The price of one variant before the cut, None when the product is not on sale."""
        if self.sale is None:
            return None
        raised = self.variant_price_minor(size, colour) - self.price_minor
        return self.sale.former_price_minor + raised


@dataclass(frozen=True, slots=True)
class Town:
    """Where invented shoppers live; `store` is the code of the shop most of them visit."""

    name: str
    postcode: str
    insee_code: str
    latitude: float
    longitude: float
    store: str


@dataclass(frozen=True, slots=True)
class People:
    """What invented shoppers are drawn from. A phone is a prefix and four digits."""

    first_names: tuple[str, ...]
    surnames: tuple[str, ...]
    streets: tuple[str, ...]
    towns: tuple[Town, ...]
    email_domains: tuple[str, ...]
    mobile_prefixes: tuple[str, ...]  # E.164
    landline_prefixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Word:
    """A short reason or note somebody left in a record."""

    kind: WordKind
    text: Text


@dataclass(frozen=True, slots=True)
class Synonym:
    """Words that mean the same to shoppers; one way from `typed` when that is set."""

    language: Literal["fr", "en"]
    words: tuple[str, ...]
    typed: str

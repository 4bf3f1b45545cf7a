"""What the demonstration retailer says and sells, read from the TOML files in `data/`.

Pure: no Django, no clock, no database. Each function reads its file once and returns
frozen values in the order of the file, so that two runs seed the same shop. A missing or
misspelt field raises `ContentError`, naming the file and the entry.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeVar, get_args

DATA = Path(__file__).parent / "data"

T = TypeVar("T")
WordT = TypeVar("WordT", bound=str)

StoreKind = Literal["store", "warehouse"]
TaxCategory = Literal["standard", "food", "book"]
NetUnit = Literal["g", "ml"]
WordKind = Literal["cancellation", "return", "not_found", "adjustment", "staff_note", "discount"]

STORE_KINDS: tuple[StoreKind, ...] = get_args(StoreKind)
TAX_CATEGORIES: tuple[TaxCategory, ...] = get_args(TaxCategory)
NET_UNITS: tuple[NetUnit, ...] = get_args(NetUnit)
WORD_KINDS: tuple[WordKind, ...] = get_args(WordKind)


class ContentError(ValueError):
    """A data file lacks a field, misspells one or gives it the wrong type."""


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


@cache
def retailer() -> Retailer:
    """The invented retailer."""
    name = "stores.toml"
    return _build(_Entry(f"{name} [retailer]", _load(name).get("retailer", {})), _retailer)


@cache
def legal_entities() -> tuple[LegalEntity, ...]:
    """The companies, the main one first."""
    return _each("stores.toml", "legal_entity", _legal_entity)


@cache
def stores() -> tuple[Store, ...]:
    """The shops, then the warehouse."""
    return _each("stores.toml", "store", _store)


@cache
def categories() -> tuple[Category, ...]:
    """The tree, every parent before its children."""
    return _each("categories.toml", "category", _category)


@cache
def option_axes() -> tuple[OptionAxis, ...]:
    """Colour, then the kinds of size."""
    return _each("option_values.toml", "axis", _option_axis)


@cache
def option_values() -> tuple[AttributeValue, ...]:
    """Every colour, then every size."""
    name = "option_values.toml"
    return _each(name, "colour", _colour) + _each(name, "size", _size)


@cache
def products() -> tuple[ProductText, ...]:
    """Every product, by file name, then in the order of the file."""
    files = sorted(path.name for path in (DATA / "products").glob("*.toml"))
    return tuple(
        product for name in files for product in _each(f"products/{name}", "product", _product)
    )


@cache
def people() -> People:
    """Names, streets, towns and number ranges for invented shoppers."""
    return _build(_Entry("people.toml", _load("people.toml")), _people)


@cache
def words() -> tuple[Word, ...]:
    """Reasons and notes, kind by kind."""
    return _each("words.toml", "word", _word)


@cache
def synonyms() -> tuple[Synonym, ...]:
    """Words that mean the same, in the order of the file."""
    return _each("synonyms.toml", "synonym", _synonym)


def table(name: str) -> dict[str, Any]:
    """A file as it stands, for those who read its entries themselves."""
    return _load(name)


class _Entry:
    """One table of a file, read field by field."""

    def __init__(self, where: str, fields: Mapping[str, Any]) -> None:
        self._where = where
        self._left = dict(fields)

    def __contains__(self, key: str) -> bool:
        return key in self._left

    def take(self, key: str, kind: type[T]) -> T:
        value = self._left.pop(key, None)
        if value is None:
            raise ContentError(f"{self._where}: {key} is missing")
        if not isinstance(value, kind) or isinstance(value, bool):
            raise ContentError(f"{self._where}: {key} is {value!r}, not {kind.__name__}")
        return value

    def text(self, key: str) -> str:
        return self.take(key, str)

    def number(self, key: str) -> int:
        return self.take(key, int)

    def texts(self, key: str) -> tuple[str, ...]:
        found = self.take(key, list)
        for value in found:
            if not isinstance(value, str):
                raise ContentError(f"{self._where}: {key} holds {value!r}, not str")
        return tuple(found)

    def both(self, key: str) -> Text:
        """The fields `key_fr` and `key_en`."""
        return Text(fr=self.text(f"{key}_fr"), en=self.text(f"{key}_en"))

    def name(self) -> Text:
        """The fields `fr` and `en`."""
        return Text(fr=self.text("fr"), en=self.text("en"))

    def one_of(self, key: str, allowed: tuple[WordT, ...]) -> WordT:
        found = self.text(key)
        for value in allowed:
            if value == found:
                return value
        raise ContentError(f"{self._where}: {key} is {found!r}, not in {', '.join(allowed)}")

    def child(self, key: str, build: "Callable[[_Entry], T]") -> T:
        return _build(_Entry(f"{self._where} {key}", self.take(key, dict)), build)

    def children(self, key: str, build: "Callable[[_Entry], T]") -> tuple[T, ...]:
        tables = self.take(key, list)
        return tuple(
            _build(_Entry(f"{self._where} {key} {position}", table), build)
            for position, table in enumerate(tables, start=1)
        )

    def finish(self) -> None:
        """Refuse a field nobody asked for: it is a misspelling."""
        if self._left:
            raise ContentError(f"{self._where}: unknown {', '.join(sorted(self._left))}")


def _build(entry: _Entry, build: Callable[[_Entry], T]) -> T:
    made = build(entry)
    entry.finish()
    return made


def _each(name: str, key: str, build: Callable[[_Entry], T]) -> tuple[T, ...]:
    return _Entry(name, {key: _load(name).get(key)}).children(key, build)


@cache
def _load(name: str) -> dict[str, Any]:
    with (DATA / name).open("rb") as file:
        try:
            return tomllib.load(file)
        except tomllib.TOMLDecodeError as error:
            raise ContentError(f"{name}: {error}") from error


def _retailer(entry: _Entry) -> Retailer:
    return Retailer(
        name=entry.text("name"),
        legal_entity=entry.text("legal_entity"),
        slogan=entry.both("slogan"),
        about=entry.both("about"),
        email=entry.text("email"),
        currency=entry.text("currency"),
        gtin_prefix=entry.text("gtin_prefix"),
    )


def _legal_entity(entry: _Entry) -> LegalEntity:
    return LegalEntity(
        code=entry.text("code"),
        name=entry.text("name"),
        legal_form=entry.text("legal_form"),
        capital_minor=entry.number("capital_minor"),
        registry=entry.text("registry"),
        siren=entry.text("siren"),
        vat_number=entry.text("vat_number"),
        street=entry.text("street"),
        postcode=entry.text("postcode"),
        city=entry.text("city"),
    )


def _store(entry: _Entry) -> Store:
    return Store(
        code=entry.text("code"),
        slug=entry.text("slug"),
        name=entry.text("name"),
        kind=entry.one_of("kind", STORE_KINDS),
        legal_entity=entry.text("legal_entity"),
        siret=entry.text("siret"),
        street=entry.text("street"),
        postcode=entry.text("postcode"),
        city=entry.text("city"),
        insee_code=entry.text("insee_code"),
        latitude=entry.take("latitude", float),
        longitude=entry.take("longitude", float),
        timezone=entry.text("timezone"),
        phone=entry.text("phone"),
        email=entry.text("email"),
        opening_hours=entry.text("opening_hours"),
        access=entry.both("access"),
        services=entry.children("service", _Entry.name) if "service" in entry else (),
        shelf_name=entry.both("shelf_name"),
        shelves=entry.texts("shelves"),
    )


def _category(entry: _Entry) -> Category:
    return Category(
        slug=entry.text("slug"),
        parent=entry.text("parent") if "parent" in entry else None,
        name=entry.both("name"),
        description=entry.both("description"),
        emoji=entry.text("emoji"),
    )


def _option_axis(entry: _Entry) -> OptionAxis:
    return OptionAxis(code=entry.text("code"), name=entry.name())


def _colour(entry: _Entry) -> AttributeValue:
    return AttributeValue(
        code=entry.text("code"),
        axis="colour",
        name=entry.name(),
        order=entry.number("order"),
        hex=entry.text("hex"),
    )


def _size(entry: _Entry) -> AttributeValue:
    return AttributeValue(
        code=entry.text("code"),
        axis=entry.text("axis"),
        name=entry.name(),
        order=entry.number("order"),
        hex=None,
    )


def _sale(entry: _Entry) -> Sale:
    return Sale(
        former_price_minor=entry.number("former_price_minor"), days_ago=entry.number("days_ago")
    )


def _net(entry: _Entry) -> NetContent:
    return NetContent(quantity=entry.number("quantity"), unit=entry.one_of("unit", NET_UNITS))


def _product(entry: _Entry) -> ProductText:
    eco = "eco_participation_minor"
    deltas = "price_delta_minor"
    return ProductText(
        code=entry.text("code"),
        slug=entry.text("slug"),
        category=entry.text("category"),
        brand=entry.text("brand"),
        tax=entry.one_of("tax", TAX_CATEGORIES),
        name=entry.both("name"),
        description=entry.both("description"),
        emoji=entry.text("emoji"),
        background=entry.text("background"),
        alt=entry.both("alt"),
        price_minor=entry.number("price_minor"),
        weight_g=entry.number("weight_g"),
        popularity=entry.number("popularity"),
        sizes=entry.texts("sizes") if "sizes" in entry else (),
        colours=entry.texts("colours") if "colours" in entry else (),
        price_delta_minor=MappingProxyType(entry.take(deltas, dict) if deltas in entry else {}),
        sale=entry.child("sale", _sale) if "sale" in entry else None,
        eco_participation_minor=entry.number(eco) if eco in entry else None,
        net=entry.child("net", _net) if "net" in entry else None,
        no_withdrawal=entry.text("no_withdrawal") if "no_withdrawal" in entry else None,
    )


def _town(entry: _Entry) -> Town:
    return Town(
        name=entry.text("name"),
        postcode=entry.text("postcode"),
        insee_code=entry.text("insee_code"),
        latitude=entry.take("latitude", float),
        longitude=entry.take("longitude", float),
        store=entry.text("store"),
    )


def _people(entry: _Entry) -> People:
    return People(
        first_names=entry.texts("first_names"),
        surnames=entry.texts("surnames"),
        streets=entry.texts("streets"),
        towns=entry.children("town", _town),
        email_domains=entry.texts("email_domains"),
        mobile_prefixes=entry.texts("mobile_prefixes"),
        landline_prefixes=entry.texts("landline_prefixes"),
    )


def _word(entry: _Entry) -> Word:
    return Word(kind=entry.one_of("kind", WORD_KINDS), text=entry.name())


def _synonym(entry: _Entry) -> Synonym:
    return Synonym(
        language=entry.one_of("language", ("fr", "en")),
        words=entry.texts("words"),
        typed=entry.text("typed") if "typed" in entry else "",
    )

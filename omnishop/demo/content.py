"""What the demonstration retailer says and sells, read from the TOML files in `data/`.

Pure: no Django, no clock, no database. Each function reads its file once and returns
frozen values in the order of the file, so that two runs seed the same shop. A missing or
misspelt field raises `ContentError`, naming the file and the entry.
"""

from functools import cache
from types import MappingProxyType
from typing import Any

from omnishop.demo.entries import DATA, Entry, built, each, load
from omnishop.demo.shapes import (
    NET_UNITS,
    STORE_KINDS,
    TAX_CATEGORIES,
    WORD_KINDS,
    AttributeValue,
    Category,
    LegalEntity,
    NetContent,
    OptionAxis,
    People,
    ProductText,
    Retailer,
    Sale,
    Store,
    Synonym,
    Town,
    Word,
)


@cache
def retailer() -> Retailer:
    """The invented retailer."""
    name = "stores.toml"
    return built(Entry(f"{name} [retailer]", load(name).get("retailer", {})), _retailer)


@cache
def legal_entities() -> tuple[LegalEntity, ...]:
    """The companies, the main one first."""
    return each("stores.toml", "legal_entity", _legal_entity)


@cache
def stores() -> tuple[Store, ...]:
    """The shops, then the warehouse."""
    return each("stores.toml", "store", _store)


@cache
def categories() -> tuple[Category, ...]:
    """The tree, every parent before its children."""
    return each("categories.toml", "category", _category)


@cache
def option_axes() -> tuple[OptionAxis, ...]:
    """Colour, then the kinds of size."""
    return each("option_values.toml", "axis", _option_axis)


@cache
def option_values() -> tuple[AttributeValue, ...]:
    """Every colour, then every size."""
    name = "option_values.toml"
    return each(name, "colour", _colour) + each(name, "size", _size)


@cache
def products() -> tuple[ProductText, ...]:
    """Every product, by file name, then in the order of the file."""
    files = sorted(path.name for path in (DATA / "products").glob("*.toml"))
    return tuple(
        product for name in files for product in each(f"products/{name}", "product", _product)
    )


@cache
def people() -> People:
    """Names, streets, towns and number ranges for invented shoppers."""
    return built(Entry("people.toml", load("people.toml")), _people)


@cache
def words() -> tuple[Word, ...]:
    """Reasons and notes, kind by kind."""
    return each("words.toml", "word", _word)


@cache
def synonyms() -> tuple[Synonym, ...]:
    """Words that mean the same, in the order of the file."""
    return each("synonyms.toml", "synonym", _synonym)


def table(name: str) -> dict[str, Any]:
    """A file as it stands, for those who read its entries themselves."""
    return load(name)


def _retailer(entry: Entry) -> Retailer:
    return Retailer(
        name=entry.text("name"),
        legal_entity=entry.text("legal_entity"),
        slogan=entry.both("slogan"),
        about=entry.both("about"),
        email=entry.text("email"),
        currency=entry.text("currency"),
        gtin_prefix=entry.text("gtin_prefix"),
    )


def _legal_entity(entry: Entry) -> LegalEntity:
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


def _store(entry: Entry) -> Store:
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
        services=entry.children("service", Entry.name) if "service" in entry else (),
        shelf_name=entry.both("shelf_name"),
        shelves=entry.texts("shelves"),
    )


def _category(entry: Entry) -> Category:
    return Category(
        slug=entry.text("slug"),
        parent=entry.text("parent") if "parent" in entry else None,
        name=entry.both("name"),
        description=entry.both("description"),
        emoji=entry.text("emoji"),
    )


def _option_axis(entry: Entry) -> OptionAxis:
    return OptionAxis(code=entry.text("code"), name=entry.name())


def _colour(entry: Entry) -> AttributeValue:
    return AttributeValue(
        code=entry.text("code"),
        axis="colour",
        name=entry.name(),
        order=entry.number("order"),
        hex=entry.text("hex"),
    )


def _size(entry: Entry) -> AttributeValue:
    return AttributeValue(
        code=entry.text("code"),
        axis=entry.text("axis"),
        name=entry.name(),
        order=entry.number("order"),
        hex=None,
    )


def _sale(entry: Entry) -> Sale:
    return Sale(
        former_price_minor=entry.number("former_price_minor"), days_ago=entry.number("days_ago")
    )


def _net(entry: Entry) -> NetContent:
    return NetContent(quantity=entry.number("quantity"), unit=entry.one_of("unit", NET_UNITS))


def _product(entry: Entry) -> ProductText:
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


def _town(entry: Entry) -> Town:
    return Town(
        name=entry.text("name"),
        postcode=entry.text("postcode"),
        insee_code=entry.text("insee_code"),
        latitude=entry.take("latitude", float),
        longitude=entry.take("longitude", float),
        store=entry.text("store"),
    )


def _people(entry: Entry) -> People:
    return People(
        first_names=entry.texts("first_names"),
        surnames=entry.texts("surnames"),
        streets=entry.texts("streets"),
        towns=entry.children("town", _town),
        email_domains=entry.texts("email_domains"),
        mobile_prefixes=entry.texts("mobile_prefixes"),
        landline_prefixes=entry.texts("landline_prefixes"),
    )


def _word(entry: Entry) -> Word:
    return Word(kind=entry.one_of("kind", WORD_KINDS), text=entry.name())


def _synonym(entry: Entry) -> Synonym:
    return Synonym(
        language=entry.one_of("language", ("fr", "en")),
        words=entry.texts("words"),
        typed=entry.text("typed") if "typed" in entry else "",
    )

"""The demonstration's texts and data hold together. No database, no network."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from opening_hours import OpeningHours
from stdnum.fr import siren, siret, tva

from omnishop.demo import content, entries, shapes
from omnishop.demo.entries import ContentError
from omnishop.demo.shapes import ProductText, Store, Text

HEX = re.compile(r"#[0-9a-f]{6}")
EMOJI = re.compile(r"[0-9a-f]{4,5}(-[0-9a-f]{4,5})*")
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
CODE = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)+")

# The ranges ARCEP keeps for fiction: no call reaches anybody.
FICTION = ("+3319900", "+3326191", "+3335301", "+3346571", "+3353649", "+3363998")

PARIS = ZoneInfo("Europe/Paris")

PRODUCTS = content.products()
STORES = content.stores()
VALUES = {value.code: value for value in content.option_values()}


def by_code(product: ProductText) -> str:
    return product.code


def by_store(store: Store) -> str:
    return store.code


def repeated(values: list[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]


def sentences() -> Iterator[tuple[str, Text]]:
    """Every text long enough to need translating, with where it stands."""
    retailer = content.retailer()
    yield "slogan", retailer.slogan
    yield "about", retailer.about
    for store in STORES:
        yield f"{store.code} access", store.access
        yield f"{store.code} shelf", store.shelf_name
        for service in store.services:
            yield f"{store.code} service", service
    for category in content.categories():
        yield f"{category.slug} name", category.name
        yield f"{category.slug} description", category.description
    for product in PRODUCTS:
        yield f"{product.code} name", product.name
        yield f"{product.code} description", product.description
        yield f"{product.code} alt", product.alt
    for word in content.words():
        yield word.kind, word.text


def leaves() -> set[str]:
    parents = {category.parent for category in content.categories()}
    return {category.slug for category in content.categories() if category.slug not in parents}


# Size of the shop


def test_the_shop_is_big_enough_to_try_everything():
    roots = [category for category in content.categories() if category.parent is None]
    sold_in = {product.category for product in PRODUCTS}

    assert len(PRODUCTS) >= 132
    assert 5 <= len(roots) <= 6
    assert len(sold_in) >= 14
    assert 450 <= sum(len(product.variants()) for product in PRODUCTS) <= 700
    assert len({product.emoji for product in PRODUCTS}) >= 60
    assert 8 <= len({product.brand for product in PRODUCTS}) <= 10
    assert len([product for product in PRODUCTS if product.sale]) >= 12


def test_there_are_five_shops_one_franchise_and_a_warehouse():
    kinds = Counter(store.kind for store in STORES)
    franchises = [store.code for store in STORES if store.legal_entity == "lac-et-sommets"]

    assert kinds == {"store": 5, "warehouse": 1}
    assert franchises == ["ANC"]


def test_there_are_people_and_notes_enough():
    people = content.people()

    assert len(people.first_names) >= 120
    assert len(people.surnames) >= 200
    assert len(people.streets) >= 40
    assert len(people.towns) >= 40
    assert len(content.words()) >= 30
    for names in (people.first_names, people.surnames, people.streets):
        assert not repeated(list(names))


# References


def test_every_category_has_a_parent_above_it():
    seen: set[str] = set()
    for category in content.categories():
        assert category.parent is None or category.parent in seen, category.slug
        seen.add(category.slug)


def test_every_leaf_sells_something_and_nothing_is_sold_elsewhere():
    assert {product.category for product in PRODUCTS} == leaves()


@pytest.mark.parametrize("product", PRODUCTS, ids=by_code)
def test_every_size_and_colour_is_known(product: ProductText):
    sizes = [VALUES[code] for code in product.sizes]
    colours = [VALUES[code] for code in product.colours]

    assert all(colour.axis == "colour" for colour in colours)
    assert len({size.axis for size in sizes}) <= 1, "one question, one kind of answer"
    assert "colour" not in {size.axis for size in sizes}
    assert [size.order for size in sizes] == sorted(size.order for size in sizes)
    assert len(set(product.variants())) == len(product.variants())
    assert set(product.price_delta_minor) <= {*product.sizes, *product.colours}


def test_every_axis_is_named_and_used():
    named = [axis.code for axis in content.option_axes()]

    assert not repeated(named)
    assert {value.axis for value in VALUES.values()} == set(named)


def test_every_option_value_is_used():
    used = {code for product in PRODUCTS for code in (*product.sizes, *product.colours)}

    assert used == set(VALUES)


def test_every_company_a_store_names_exists():
    companies = {entity.code for entity in content.legal_entities()}

    assert {store.legal_entity for store in STORES} == companies
    assert content.retailer().legal_entity in companies


def test_every_town_names_a_shop():
    shops = {store.code for store in STORES if store.kind == "store"}

    assert {town.store for town in content.people().towns} == shops


# Unique and well formed


def test_codes_and_slugs_are_unique_and_well_formed():
    codes = [product.code for product in PRODUCTS]
    slugs = [product.slug for product in PRODUCTS]
    categories = [category.slug for category in content.categories()]
    values = [value.code for value in content.option_values()]

    for names in (codes, slugs, categories, values, [store.code for store in STORES]):
        assert not repeated(names)
    assert all(CODE.fullmatch(code) and len(code) <= 20 for code in codes)
    assert all(SLUG.fullmatch(slug) and len(slug) <= 80 for slug in (*slugs, *categories, *values))


def test_colours_have_a_swatch_and_sizes_have_none():
    for value in VALUES.values():
        if value.axis == "colour":
            assert HEX.fullmatch(value.hex or ""), value.code
        else:
            assert value.hex is None, value.code


def test_pictures_are_named_as_the_package_names_them():
    emoji = {product.emoji for product in PRODUCTS} | {c.emoji for c in content.categories()}

    assert [name for name in emoji if not EMOJI.fullmatch(name)] == []


def test_cards_use_six_soft_tints():
    tints = {product.background for product in PRODUCTS}
    cards = [f"{product.emoji} on {product.background}" for product in PRODUCTS]

    assert len(tints) == 6
    assert repeated(cards) == [], "two products would look the same"
    assert all(HEX.fullmatch(tint) for tint in tints)


# Texts


def test_both_languages_say_it_in_their_own_words():
    same = [where for where, text in sentences() if text.fr == text.en]
    empty = [where for where, text in sentences() if not text.fr.strip() or not text.en.strip()]

    assert same == []
    assert empty == []


def test_no_text_serves_two_products():
    for field in ("name", "description", "alt"):
        for language in ("fr", "en"):
            texts = [getattr(getattr(product, field), language) for product in PRODUCTS]
            assert repeated([text.casefold() for text in texts]) == [], f"{field} {language}"


def test_no_sentence_serves_two_products():
    for language in ("fr", "en"):
        found = [
            sentence
            for product in PRODUCTS
            for sentence in set(
                re.split(r"(?<=[.?])\s+", getattr(product.description, language).casefold())
            )
            # "Text in French." is a fact of a label, not a turn of phrase.
            if sentence not in {"en français.", "text in french."}
        ]
        assert repeated(found) == [], language


@pytest.mark.parametrize("product", PRODUCTS, ids=by_code)
def test_a_description_is_two_to_five_sentences(product: ProductText):
    for text in (product.description.fr, product.description.en):
        assert 100 <= len(text) <= 400
        assert 2 <= len(re.findall(r"[.?](?=\s|$)", text)) <= 5


def test_french_typography():
    """U+202F before ; : ! ? and inside « », curly apostrophes, no shouting (UX Voice)."""
    wrong = re.compile(r"(?<!\u202f)[;:!?»](?!\d)|«(?!\u202f)|'|!|\bOups\b| %|\.\.\.")

    assert [(where, text.fr) for where, text in sentences() if wrong.search(text.fr)] == []


def test_english_typography():
    wrong = re.compile(r"\s[;:!?]|'|!|\"|\.\.\.")

    assert [(where, text.en) for where, text in sentences() if wrong.search(text.en)] == []


def test_a_number_stays_with_its_unit():
    loose = re.compile(r"\d (?:kg|g|km|cm|mm|ml|cl|m|L|h|W|lumens|mAh|°C)\b")

    assert [(where, text) for where, text in sentences() if loose.search(text.fr + text.en)] == []


# Prices


@pytest.mark.parametrize("product", PRODUCTS, ids=by_code)
def test_prices_weights_and_popularity_are_plausible(product: ProductText):
    prices = [product.variant_price_minor(*variant) for variant in product.variants()]

    assert all(290 <= price <= 129_900 for price in prices)
    assert 0 < product.weight_g <= 20_000
    assert 1 <= product.popularity <= 100


@pytest.mark.parametrize("product", [p for p in PRODUCTS if p.sale], ids=by_code)
def test_a_cut_price_is_below_the_former_one(product: ProductText):
    assert product.sale is not None
    assert 1 <= product.sale.days_ago <= 30
    for variant in product.variants():
        former = product.variant_former_price_minor(*variant)
        assert former is not None
        assert former > product.variant_price_minor(*variant)


def test_a_book_is_never_cut():
    """The French book-price law caps a discount at 5 %."""
    assert [p.code for p in PRODUCTS if p.tax == "book" and p.sale] == []


def test_eco_participation_is_a_small_part_of_the_price():
    for product in PRODUCTS:
        if product.eco_participation_minor is not None:
            assert 0 < product.eco_participation_minor < product.price_minor / 10, product.code


def test_food_is_taxed_as_food_and_says_how_much_is_inside():
    for product in PRODUCTS:
        if product.category in {"en-cas", "repas"}:
            assert product.tax == "food", product.code
        if product.tax == "food":
            assert product.net is not None, product.code
            assert 0 < product.net.quantity <= product.weight_g, product.code


def test_goods_worn_on_the_skin_are_marked():
    """CST-5: the consumer loses withdrawal once the seal is broken."""
    marked = {p.code for p in PRODUCTS if p.no_withdrawal}

    assert {p.no_withdrawal for p in PRODUCTS} == {None, "hygiene"}
    assert {"SOU-BOXER", "MAS-CRIQUE", "MAI-PLONGEON", "DRA-SOIE"} <= marked


# Companies, shops and people


@pytest.mark.parametrize("entity", content.legal_entities(), ids=lambda entity: entity.code)
def test_company_numbers_have_right_check_digits(entity: shapes.LegalEntity):
    assert siren.is_valid(entity.siren)
    assert tva.is_valid(entity.vat_number)
    assert entity.vat_number.endswith(entity.siren)


@pytest.mark.parametrize("store", STORES, ids=by_store)
def test_a_store_number_belongs_to_its_company(store: Store):
    companies = {entity.code: entity for entity in content.legal_entities()}

    assert siret.is_valid(store.siret)
    assert store.siret.startswith(companies[store.legal_entity].siren)


@pytest.mark.parametrize("store", STORES, ids=by_store)
def test_opening_hours_can_be_read(store: Store):
    hours = OpeningHours(store.opening_hours)

    tuesday = datetime(2026, 11, 24, 15, 0, tzinfo=PARIS)
    assert hours.is_open(tuesday)
    assert not hours.is_open(tuesday.replace(hour=23))


@pytest.mark.parametrize(
    "code,at,is_open",
    [
        ("NTE", datetime(2026, 11, 24, 13, 30, tzinfo=PARIS), False),  # lunch
        ("NTE", datetime(2026, 11, 24, 14, 0, tzinfo=PARIS), True),
        ("PAR", datetime(2026, 11, 29, 15, 0, tzinfo=PARIS), False),  # a Sunday in November
        ("PAR", datetime(2026, 12, 6, 15, 0, tzinfo=PARIS), True),  # a Sunday in December
        ("PAR", datetime(2026, 12, 6, 11, 0, tzinfo=PARIS), False),
        ("PAR", datetime(2026, 12, 7, 11, 0, tzinfo=PARIS), True),  # the Monday after
        ("LYO", datetime(2026, 11, 29, 15, 0, tzinfo=PARIS), False),
        ("ANC", datetime(2026, 11, 23, 11, 0, tzinfo=PARIS), False),  # Monday morning
    ],
)
def test_each_shop_keeps_its_own_hours(code: str, at: datetime, is_open: bool):
    hours = next(store.opening_hours for store in STORES if store.code == code)

    assert OpeningHours(hours).is_open(at) is is_open


@pytest.mark.parametrize("code", [store.code for store in STORES])
def test_shops_close_on_public_holidays(code: str):
    hours = next(store.opening_hours for store in STORES if store.code == code)

    christmas = datetime(2026, 12, 25, 15, 0, tzinfo=PARIS)
    assert not OpeningHours(hours, country="FR").is_open(christmas)


@pytest.mark.parametrize("store", STORES, ids=by_store)
def test_a_store_can_be_found_on_the_map_and_by_phone(store: Store):
    number = phonenumbers.parse(store.phone)

    assert 45 < store.latitude < 49
    assert -2 < store.longitude < 7
    assert re.fullmatch(r"\d{5}", store.postcode)
    assert phonenumbers.is_valid_number(number)
    assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == store.phone
    assert store.phone.startswith(FICTION)
    assert store.email.endswith("@grandair.example")
    assert not repeated(list(store.shelves))


def test_invented_people_can_never_be_reached():
    people = content.people()

    for prefix in (*people.mobile_prefixes, *people.landline_prefixes):
        number = phonenumbers.parse(f"{prefix}0042")
        assert prefix in FICTION
        assert phonenumbers.is_possible_number(number)
        assert phonenumbers.region_code_for_country_code(number.country_code or 0) == "FR"
    for domain in people.email_domains:
        assert domain == "example.org" or domain.endswith(".example")


def test_towns_are_in_the_department_of_their_postcode():
    for town in content.people().towns:
        assert town.postcode[:2] == town.insee_code[:2], town.name
        assert 45 < town.latitude < 49, town.name
        assert -3 < town.longitude < 7, town.name


def test_the_barcode_prefix_is_the_one_for_examples():
    """GS1 keeps 952 for demonstrations, so no code meets a real article (STD-1)."""
    prefix = content.retailer().gtin_prefix

    assert prefix.startswith("952")
    assert prefix.isdigit()
    assert 7 <= len(prefix) <= 9


# The reader


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(entries, "DATA", tmp_path)
    content.words.cache_clear()
    entries.load.cache_clear()
    yield tmp_path
    content.words.cache_clear()
    entries.load.cache_clear()


@pytest.mark.parametrize(
    "written,message",
    [
        ('[[word]]\nkind = "return"\nfr = "Oui"', "en is missing"),
        ('[[word]]\nkind = "retrun"\nfr = "Oui"\nen = "Yes"', "kind is 'retrun'"),
        ('[[word]]\nkind = "return"\nfr = "Oui"\nen = 3', "en is 3, not str"),
        ('[[word]]\nkind = "return"\nfr = "Oui"\nen = "Yes"\nes = "Sí"', "unknown es"),
        ("", "word is missing"),
        ("[[word", "words.toml"),
    ],
)
def test_a_faulty_file_is_refused_by_name(in_folder: Path, written: str, message: str):
    (in_folder / "words.toml").write_text(written, encoding="utf-8")

    with pytest.raises(ContentError, match=re.escape(message)) as refusal:
        content.words()

    assert "words.toml" in str(refusal.value)

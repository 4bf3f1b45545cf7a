"""manage.py import_catalog: other shops' files, good and bad (F-21, F-22, F-23, F-24, P-9)."""

import csv
import io
import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from catalog.imports import apply, run
from catalog.models import (
    Brand,
    Category,
    ImportRow,
    ImportRun,
    Option,
    OptionValue,
    PictureSource,
    Price,
    PriceList,
    Product,
    Variant,
)
from catalog.selectors import prices, search
from catalog.services import set_price
from omnishop.kernel.locks import lock_key
from tests.factories import NOON, TaxCategoryFactory, VariantFactory

pytestmark = pytest.mark.django_db

FIXTURE = Path(__file__).parent.parent / "fixtures" / "shopify.csv"
SHARED = Path(django_settings.BASE_DIR).parent / "shared" / "data"
HEADER = "Handle,Title,Variant SKU,Variant Price,Variant Barcode"


@pytest.fixture(autouse=True)
def _shop(settings, tmp_path):
    settings.VAR_DIR = tmp_path / "var"
    TaxCategoryFactory()
    with translation.override("en"):
        yield


@pytest.fixture
def write(tmp_path):
    """Write a file of text, or of bytes, and give its path."""

    def write_file(content, name="products.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


def load(path, **options):
    """What the command prints, and its exit status."""
    out = io.StringIO()
    try:
        call_command("import_catalog", path, format="shopify", stdout=out, **options)
    except CommandError as error:
        return f"{out.getvalue()}{error}", error.returncode
    return out.getvalue(), 0


def rows(*lines, header=HEADER):
    return "\n".join([header, *lines]) + "\n"


def shared(*parts):
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"real input is not here: {path.name} (see CONTRIBUTING)")
    return path


def counts():
    last = ImportRun.objects.latest("pk")
    return last.created, last.changed, last.same, last.refused


def reasons():
    return list(ImportRow.objects.order_by("pk").values_list("row", "column", "value", "reason"))


def snapshot():
    """Every row of the catalogue, timestamps included, but for the log of imports."""
    models = [Brand, Category, Option, OptionValue, PriceList, Price, Product, Variant]
    found = {m.__name__: list(m.objects.order_by("pk").values_list()) for m in models}
    found["options"] = list(Variant.options.through.objects.order_by("pk").values_list())
    found["pictures"] = list(PictureSource.objects.order_by("pk").values_list())
    return found


def facts():
    """The same without keys and times, to compare two databases."""
    return sorted(
        (
            product.source_key,
            product.name_fr,
            product.description_fr,
            product.slug,
            product.status,
            product.category.slug,
            product.brand.name if product.brand else "",
            str(product.search_fr),
            [
                (
                    variant.sku,
                    variant.gtin,
                    variant.weight_g,
                    variant.position,
                    sorted(variant.options.values_list("option__code", "code")),
                    list(variant.prices.values_list("amount_minor", "valid_to")),
                )
                for variant in product.variants.order_by("position")
            ],
            sorted(product.picture_sources.values_list("url", "variant__sku", "alt", "position")),
        )
        for product in Product.objects.select_related("category", "brand")
    )


# --- What a file becomes ------------------------------------------------------------------------


def test_an_export_becomes_products_with_articles_options_prices_and_addresses_of_pictures():
    said, status = load(FIXTURE)

    assert (status, counts()) == (0, (3, 0, 0, 0))
    bottle = Product.objects.get(source_key="shopify:gourde-inox")
    assert bottle.name_fr == "Gourde inox, 75 cl"
    assert bottle.description_fr == "Garde le froid 24 h.\n\n– Sans BPA\n– Bouchon étanche"
    assert (bottle.brand.name, bottle.category.name_fr) == ("Source Vive", "Hydratation")
    assert Category.objects.get_parent(bottle.category).slug == "imported"
    assert (bottle.status, bottle.tax_category.code) == ("active", "standard")
    article = bottle.variants.get()
    assert (article.sku, article.gtin, article.weight_g) == ("GRD-75", "4006381333931", 310)
    assert not article.options.exists()
    assert bottle.picture_sources.get().alt == "La gourde debout"

    shirt = Product.objects.get(source_key="shopify:tee-shirt")
    assert list(shirt.variants.values_list("sku", "weight_g", "prices__amount_minor")) == [
        ("TEE-S-BL", 140, 1990),
        ("TEE-M-BL", 145, 1990),
        ("TEE-SHIRT-M-ETE-SOLEIL", 145, 2100),
    ]
    assert set(
        shirt.variants.get(sku="TEE-S-BL").options.values_list("option__name_fr", "name_fr")
    ) == {("Taille", "S"), ("Couleur", "Bleu")}
    assert shirt.category.slug == "divers"
    assert set(shirt.picture_sources.values_list("url", "variant__sku", "position")) == {
        ("https://cdn.example/tee.jpg", None, 1),
        ("https://cdn.example/tee-dos.jpg", None, 2),
        ("https://cdn.example/tee-bleu.jpg", "TEE-S-BL", 0),
        ("https://cdn.example/tee-bleu.jpg", "TEE-M-BL", 0),
    }

    assert Product.objects.get(source_key="shopify:carte").status == "draft"  # not published
    assert "16  units of stock in the file: stock is not imported" in said
    assert "1  former prices: not imported" in said
    assert "1  articles marked as not taxable" in said
    assert "Columns that are not imported: Tags (1)" in said


def test_imported_products_are_found_and_priced():
    load(FIXTURE)

    with translation.override("fr"):
        found = search("gourde").get()
    article = found.variants.get()
    at = ImportRun.objects.get().started_at
    assert prices([article.pk], at=at)[article.pk].amount_minor == 2490


def test_the_second_run_changes_nothing():
    load(FIXTURE)
    before = snapshot()

    said, status = load(FIXTURE)

    assert (status, counts()) == (0, (0, 0, 3, 0))
    assert snapshot() == before
    assert "3  products unchanged" in said


def test_a_file_cut_anywhere_and_then_read_whole_gives_the_whole(write):
    whole = FIXTURE.read_text(encoding="utf-8")
    with transaction.atomic():
        load(FIXTURE)
        expected = facts()
        transaction.set_rollback(True)

    tried = 0
    for place in range(whole.index("\n") + 20, len(whole), 31):
        with transaction.atomic():
            load(write(whole[:place], "cut.csv"))
            load(FIXTURE)
            assert facts() == expected, f"cut at {place}"
            tried += 1
            transaction.set_rollback(True)
    assert tried > 20


def test_a_new_price_ends_the_old_one_and_the_compare_at_price_invents_no_history(write):
    header = f"{HEADER},Variant Compare At Price"
    load(write(rows("lampe,Lampe,L-1,20.00,,", header=header)))

    load(write(rows("lampe,Lampe,L-1,15.00,,99.00", header=header)))

    assert counts() == (0, 1, 0, 0)
    article = Variant.objects.get(sku="L-1")
    assert list(article.prices.order_by("valid_from").values_list("amount_minor", flat=True)) == [
        2000,
        1500,
    ]
    assert (
        prices([article.pk], at=ImportRun.objects.latest("pk").started_at)[
            article.pk
        ].reference_minor
        == 2000
    )


def test_an_article_whose_sku_changes_at_the_source_stays_the_same_article(write):
    header = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price"
    load(write(rows("tee,Tee,Size,M,OLD,10", "tee,,,L,TEE-L,10", header=header)))
    before = Variant.objects.get(sku="OLD").pk

    load(write(rows("tee,Tee,Size,M,NEW,10", "tee,,,L,TEE-L,10", header=header)))

    assert Variant.objects.get(sku="NEW").pk == before
    assert Variant.objects.count() == 2


def test_what_the_file_does_not_say_stays(write):
    load(FIXTURE)
    Product.objects.filter(source_key="shopify:gourde-inox").update(
        name_en="Steel bottle", withdrawal="hygiene"
    )

    load(write(rows("gourde-inox,Gourde inox,GRD-75,24.90,", header=HEADER)))

    bottle = Product.objects.get(source_key="shopify:gourde-inox")
    assert (bottle.name_fr, bottle.name_en) == ("Gourde inox", "Steel bottle")
    assert bottle.withdrawal == "hygiene"
    assert bottle.brand.name == "Source Vive"
    assert bottle.description_fr.startswith("Garde le froid")
    assert bottle.variants.get().weight_g == 310


def test_a_category_of_that_name_is_used_where_there_is_one():
    shelf = Category.objects.add_root({"slug": "eau", "name_fr": "Eau", "name_en": "Hydratation"})

    load(FIXTURE)

    assert Product.objects.get(source_key="shopify:gourde-inox").category == shelf


def test_the_report_says_in_json_what_was_done(write, tmp_path):
    path = write(rows("a,A,A-1,1.00,", "b,B,B-1,free,"))

    _said, status = load(path, report=tmp_path / "report.json")

    report = json.loads((tmp_path / "report.json").read_text())
    assert status == 1
    assert report["rows"] == 2
    assert report["products"] == {"created": 1, "changed": 0, "same": 0}
    assert report["refusals"] == [
        {
            "row": 3,
            "column": "Variant Price",
            "value": "free",
            "reason": "Not a price. Examples: 12.50 or 12,50",
        }
    ]


# --- Files that are refused whole ---------------------------------------------------------------


@pytest.mark.parametrize(
    "content, said",
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "not a CSV file but another kind (PNG)"),
        (b"PK\x03\x04 a workbook", "another kind (ZIP, XLSX, ODS)"),
        (b"first,last\nJohn,Doe\n", "lacks the columns Handle, Title, Variant Price"),
        (
            rows("é,É,1,1,").encode("latin-1"),
            "not encoded in utf-8 (line 2). Say the right one: --enc",
        ),
        (rows("é,É,1,1,").encode("utf-16"), "add --encoding utf-16"),
        (rows("a,A\0,1,1,").encode(), "is not a text file"),
        (rows("a,A,1,1,")[:-3].encode() + "é".encode()[:1], "not encoded in utf-8 (line 2)"),
        (f"{HEADER},Title\n".encode(), "has the columns Title twice"),
    ],
    ids=["empty", "png", "xlsx", "other", "latin-1", "utf-16", "nul", "cut letter", "twice"],
)
def test_a_file_that_cannot_be_taken_says_why_and_writes_nothing(write, content, said):
    before = snapshot()

    printed, status = load(write(content))

    assert said in printed
    assert status == 2
    assert len(printed.splitlines()) == 1
    assert snapshot() == before
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize(
    "encoding, said",
    [
        ("cp1252", "is encoded in UTF-8: leave out --encoding cp1252"),
        ("klingon", "There is no encoding klingon"),
        ("hex", "There is no encoding hex"),
    ],
)
def test_a_wrong_encoding_is_never_guessed(write, encoding, said):
    printed, status = load(write(rows("a,Été,A-1,1,")), encoding=encoding)

    assert (said in printed, status) == (True, 2)
    assert not Product.objects.exists()


def test_a_missing_file_a_folder_and_a_missing_tax_category_are_said(write, tmp_path):
    assert load(tmp_path / "absent.csv")[1] == 2
    assert load(tmp_path)[1] == 2
    printed, status = load(write(rows("a,A,A-1,1,")), tax_category="luxury")
    assert ("no tax category luxury" in printed, status) == (True, 2)
    assert not Product.objects.exists()


# --- Files that are taken, however they were saved ----------------------------------------------


@pytest.mark.parametrize(
    "content, encoding",
    [
        (rows('été,Été,E-1,"12,50",').encode("utf-8-sig"), "utf-8"),
        (rows("été,Été,E-1,12.5,").encode("cp1252"), "cp1252"),
        (rows("été,Été,E-1,12.50,").encode("utf-16"), "utf-16"),
        (rows("été,Été,E-1,12.50,").replace("\n", "\r\n").encode(), "utf-8"),
        (rows("été;Été;E-1;12,50;").replace(HEADER, HEADER.replace(",", ";")).encode(), "utf-8"),
        (rows("été;Été;E-1;0 012,50;").replace(HEADER, HEADER.replace(",", ";")).encode(), "UTF8"),
    ],
    ids=["bom", "cp1252", "utf-16", "crlf", "semicolons", "spaces"],
)
def test_encodings_separators_and_decimal_commas(write, content, encoding):
    printed, status = load(write(content), encoding=encoding)

    assert status == 0, printed
    product = Product.objects.get()
    assert (product.name_fr, product.source_key, product.slug) == ("Été", "shopify:été", "ete")
    assert Price.objects.get().amount_minor == 1250


def test_quotes_commas_and_lines_inside_cells_survive(write):
    load(write(rows('a,"ha ""ha"" ha",A-1,1,', '"b","Anytown, WW\nʤ","B-1","2",""')))

    assert list(Product.objects.order_by("pk").values_list("name_fr", flat=True)) == [
        'ha "ha" ha',
        "Anytown, WW\nʤ",
    ]


def test_rows_are_numbered_as_a_spreadsheet_counts(write):
    path = write(rows('a,"two\nlines",A-1,1,', "", "b,B,B-1,no,"))

    load(path)

    assert [row for row, *_rest in reasons()] == [4]


# --- Rows that are refused ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "line, column, reason",
    [
        ("b,B,B-1,1,2.02E+11", "Variant Barcode", "A spreadsheet turned this barcode"),
        ('b,B,B-1,1,"2,02E+11"', "Variant Barcode", "A spreadsheet turned this barcode"),
        ("b,B,B-1,1,4006381333932", "Variant Barcode", "is not a GTIN"),
        ("b,B,B-1,1,36000291452", "Variant Barcode", "may have dropped its leading zeros"),
        ("b,B,B-1,1,ABC", "Variant Barcode", "is not a GTIN"),
        ("b,B,B-1,,", "Variant Price", "The price is missing"),
        ("b,B,B-1,-5,", "Variant Price", "Not a price"),
        ("b,B,B-1,1e3,", "Variant Price", "Not a price"),
        ("b,B,B-1,1.999,", "Variant Price", "More decimals than EUR has"),
        ("b,B,B-1,99999999999,", "Variant Price", "too high"),
        ("b,,B-1,1,", "Title", "The name is missing"),
        (",B,B-1,1,", "Handle", "The handle is missing"),
        (f"b,{'x' * 161},B-1,1,", "Title", "Longer than 160 characters"),
        (f"b,B,{'x' * 65},1,", "Variant SKU", "Longer than 64 characters"),
        ("b,B,B-1", "", "The row ends early: 3 cells of 5"),
        ("b,B,B-1,12,50,", "", "too many cells, 6 instead of 5"),
        ('b,"B"x,B-1,1,', "", "The quotes of this row do not match"),
    ],
)
def test_a_bad_row_is_listed_and_the_others_are_taken(write, line, column, reason):
    path = write(rows("a,A,A-1,1,", line, "c,C,C-1,1,"))

    printed, status = load(path)

    assert status == 1
    assert list(Variant.objects.values_list("sku", flat=True)) == ["A-1", "C-1"]
    [(row, found, _value, why)] = reasons()
    assert (row, found) == (3, column)
    assert reason in why
    assert "1 row was refused, see " in printed


def test_a_quote_that_is_never_closed_takes_no_row_with_it_in_silence(write):
    load(write(rows("a,A,A-1,1,", 'b,"B,B-1,1,', "c,C,C-1,1,")))

    assert list(Variant.objects.values_list("sku", flat=True)) == ["A-1"]
    assert reasons() == [
        (3, "", "", "The quotes of this row do not match (lines 3 to 4 of the file).")
    ]


def test_a_product_without_a_good_first_row_is_refused_whole(write):
    load(write(rows("a,,A-1,1,", "a,,A-2,1,")))

    assert not Product.objects.exists()
    assert [(row, reason) for row, _c, _v, reason in reasons()] == [
        (2, "The name is missing."),
        (3, "The first row of this product, 2, was refused."),
    ]


def test_rows_of_a_product_that_stand_apart_are_refused(write):
    load(write(rows("a,A,A-1,1,", "b,B,B-1,1,", "a,A,A-2,1,")))

    assert counts() == (2, 0, 0, 1)
    assert not Variant.objects.filter(sku="A-2").exists()


def test_a_sku_is_one_article_in_the_file_and_in_the_catalogue(write):
    VariantFactory(sku="TAKEN", product__name_fr="Bivouac tent")
    header = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price"
    path = write(
        rows(
            "a,A,Size,S,A-1,1",
            "a,,,M,A-1,2",
            "b,B,Size,S,A-1,3",
            "c,C,Size,S,TAKEN,4",
            "d,D,Size,S,D-1,5",
            "d,,,S,D-2,5",
            header=header,
        )
    )

    load(path)

    assert [(row, reason) for row, _c, _v, reason in reasons()] == [
        (3, "The same SKU as on row 2."),
        (4, "This SKU belongs to another product: A."),
        (5, "This SKU belongs to another product: Bivouac tent."),
        (7, "The same options as on row 6."),
    ]
    before = snapshot()
    load(path)
    assert counts() == (0, 0, 2, 4)
    assert snapshot() == before


def test_a_barcode_is_one_article_with_or_without_its_leading_zero(write):
    VariantFactory(sku="MUG", gtin="0036000291452")

    load(
        write(rows("a,A,A-1,1,036000291452", "b,B,B-1,1,'4006381333931", "c,C,C-1,1,4006381333931"))
    )

    assert [(row, reason) for row, _c, _v, reason in reasons()] == [
        (2, "This barcode belongs to the article MUG."),
        (4, "This barcode belongs to the article B-1."),
    ]
    assert Variant.objects.get(sku="B-1").gtin == "4006381333931"


def test_options_that_look_alike_stay_apart(write):
    header = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price"
    values = ["1.5", "15", "1/5 +", "日本", "中国", "C++", "C"]
    lines = [f"a,{'A' if n == 0 else ''},Volume,{v},V-{n},1" for n, v in enumerate(values)]

    load(write(rows(*lines, header=header)))

    assert counts() == (1, 0, 0, 0)
    assert list(OptionValue.objects.values_list("name_fr", flat=True)) == values


def test_a_planned_price_is_not_overwritten(write):
    path = write(rows("a,A,A-1,1,"))
    load(path)
    article = Variant.objects.get()
    at = ImportRun.objects.get().started_at
    set_price(variant=article, amount_minor=500, at=at + timedelta(days=7))

    load(write(rows("a,A,A-1,2,")))

    assert reasons()[-1][3] == "A later price change is already planned for this article."
    assert sorted(article.prices.values_list("amount_minor", flat=True)) == [100, 500]


def test_a_product_that_the_database_refuses_leaves_the_others(write, monkeypatch):
    def refuse(product_ids):
        if Product.objects.get(pk=product_ids[0]).name_fr == "B":
            raise IntegrityError("no such luck")

    monkeypatch.setattr(apply, "refresh_search", refuse)

    _said, status = load(write(rows("a,A,A-1,1,", "b,B,B-1,1,", "c,C,C-1,1,")))

    assert (status, counts()) == (1, (2, 0, 0, 1))
    assert not Product.objects.filter(source_key="shopify:b").exists()
    assert reasons()[0][3] == "The database refused this product: no such luck"


# --- Hostile text -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        '"><svg onload=alert(1)>',
        "<script>alert('x')</script>",
        "'; DROP TABLE catalog_product; --",
        "{{ 7*7 }} %s {0}",
        "Ω≈ç√∫˜µ≤≥÷",
        "‪‪test‪",
        "ⒽⒺⓁⓁⓄ 🏕️👩‍👩‍👧",
        "../../etc/passwd",
        "NULL",
    ],
)
def test_a_hostile_name_is_text(write, name):
    path = write("")
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([HEADER.split(","), ["a", name, "A-1", "1", ""]])

    _said, status = load(path)

    assert (status, Product.objects.get().name_fr) == (0, name)


def test_a_description_keeps_its_words_and_no_tag(write):
    html = (
        "<h2>Sac</h2><p>Léger &amp; solide<br>&lt;b&gt;</p><script>steal()</script>"
        '<img src=x onerror=alert(1)>"><svg onload=alert(1)>et la suite'
    )
    path = write("")
    header = ["Handle", "Title", "Body (HTML)", "Variant Price"]
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([header, ["a", "A", html, "1"]])

    load(path)

    assert Product.objects.get().description_fr == 'Sac\n\nLéger & solide\n<b>\n\n">et la suite'


def test_a_picture_address_is_of_the_web(write):
    header = "Handle,Title,Variant Price,Image Src"
    load(write(rows("a,A,1,javascript:alert(1)", "b,B,1,https://x.example/1.jpg", header=header)))

    assert [(row, column) for row, column, _v, _r in reasons()] == [(2, "Image Src")]
    assert PictureSource.objects.get().url == "https://x.example/1.jpg"


def test_formulas_in_the_error_file_are_text(write, tmp_path):
    lines = ["=cmd|' /C calc'!A0,A,A-1,no,", "b,B,B-1,@SUM(1+9),", "c,C,C-1,-5,"]

    load(write(rows(*lines)), error_file=tmp_path / "refused.csv")

    text = (tmp_path / "refused.csv").read_text(encoding="utf-8-sig")
    found = list(csv.reader(io.StringIO(text)))
    assert found[0] == ["row", "product", "column", "value", "why"]
    assert [(row[0], row[1], row[3]) for row in found[1:]] == [
        ("2", "'=cmd|' /C calc'!A0", "no"),
        ("3", "b", "'@SUM(1+9)"),
        ("4", "c", "-5"),  # a number stays a number
    ]


def test_the_error_file_has_a_place_of_its_own_per_run(write, settings):
    load(write(rows("a,A,A-1,no,")))
    load(FIXTURE)

    runs = ImportRun.objects.order_by("pk")
    files = [path.name for path in (settings.VAR_DIR / "imports").iterdir()]
    assert files == [f"{runs[0].pk}-refused.csv"]


# --- Big files, two at once, cut short ----------------------------------------------------------


def test_a_row_too_long_to_keep_is_refused_and_the_next_is_taken(write):
    load(write(rows(f'a,"{"x" * 2_500_000}\n""y"",",A-1,1,', "b,B,B-1,1,")))

    assert list(Variant.objects.values_list("sku", flat=True)) == ["B-1"]
    assert [(row, reason) for row, _c, _v, reason in reasons()] == [
        (2, "The row is longer than 1000000 characters.")
    ]


@pytest.mark.django_db(transaction=True)
def test_comparing_takes_the_same_statements_for_few_and_many(write):
    def path(count):
        return write(rows(*(f"p-{n},P {n},S-{n},1," for n in range(count))), f"{count}.csv")

    def statements(count):
        with CaptureQueriesContext(connection) as captured:
            load(path(count))
        # A transaction in which nothing is said costs the server nothing.
        return len([q for q in captured if q["sql"] not in {"BEGIN", "COMMIT"}])

    load(path(60))

    assert statements(2) == statements(60) <= 20


def test_only_one_import_runs_at_a_time(write):
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [lock_key(run.LOCK)])
            printed, status = load(FIXTURE)
            assert ("Another catalogue import is running" in printed, status) == (True, 2)
            assert not Product.objects.exists()
    finally:
        other.close()

    assert load(FIXTURE)[1] == 0


def test_a_run_that_breaks_says_so_and_the_next_one_completes_it(write, monkeypatch):
    monkeypatch.setattr(run, "BATCH_PRODUCTS", 1)
    real = apply.Applier.batch
    seen = []

    def break_at_second(self, records):
        seen.append(records)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return real(self, records)

    with monkeypatch.context() as patch:
        patch.setattr(apply.Applier, "batch", break_at_second)
        with pytest.raises(KeyboardInterrupt):
            load(FIXTURE)
    broken = ImportRun.objects.get()
    assert (broken.status, broken.created, broken.rows_read, broken.rows_total) == (
        "failed",
        1,
        1,
        6,
    )
    assert broken.message == "The import was interrupted."

    ImportRun.objects.update(status="running")  # as a kill leaves it
    assert load(FIXTURE)[1] == 0
    assert counts() == (2, 0, 1, 0)
    broken.refresh_from_db()
    assert broken.status == "failed"


@pytest.mark.django_db(transaction=True)
def test_progress_and_products_are_seen_by_others_while_the_import_runs(monkeypatch):
    monkeypatch.setattr(run, "BATCH_PRODUCTS", 1)
    seen = []

    def look(_run):
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("SELECT rows_read, created FROM catalog_importrun")
                progress = cursor.fetchone()
                cursor.execute("SELECT count(*) FROM catalog_product")
                seen.append((*progress, cursor.fetchone()[0]))
        finally:
            other.close()

    run.import_shopify(FIXTURE, at=NOON, progress=look)

    assert seen == [(1, 1, 1), (5, 2, 2), (6, 3, 3)]


# --- Real files ---------------------------------------------------------------------------------


def test_the_real_shopify_export_is_taken_whole_and_once():
    path = shared("catalog", "shopify_products.csv")

    assert load(path)[1] == 0
    assert counts() == (20, 0, 0, 0)
    gloves = Product.objects.get(source_key="shopify:gardening-gloves")
    assert list(gloves.variants.values_list("sku", "prices__amount_minor")) == [
        ("GARDENING-GLOVES-GREEN", 999),
        ("GARDENING-GLOVES-YELLOW", 1599),
    ]
    with path.open(newline="", encoding="utf-8") as stream:
        listed = [Decimal(row["Variant Price"]) for row in csv.DictReader(stream)]
    assert sum(Price.objects.values_list("amount_minor", flat=True)) == sum(listed) * 100
    assert PictureSource.objects.count() == 21
    before = snapshot()
    assert load(path)[1] == 0
    assert counts() == (0, 0, 20, 0)
    assert snapshot() == before


def test_no_odd_csv_file_is_taken_for_a_catalogue():
    folder = shared("adversarial", "csv_spectrum")
    paths = sorted(folder.glob("*.csv"))
    assert len(paths) >= 10

    for path in [*paths, shared("sales", "online_retail_France.csv")]:
        printed, status = load(path)
        assert ("lacks the columns" in printed or "not encoded" in printed, status) == (True, 2)
    assert not Product.objects.exists()


def test_a_picture_and_a_french_spreadsheet_are_refused_by_what_they_are():
    picture = shared("catalog", "saleor-placeholders", "saleor-sunnies.png")
    food = shared("catalog", "openfoodfacts_fr_cp1252.csv")

    assert "another kind (PNG)" in load(picture)[0]
    assert "--encoding cp1252" in load(food)[0]
    assert "lacks the columns" in load(food, encoding="cp1252")[0]


def test_the_damaged_barcodes_of_a_french_spreadsheet_are_each_refused(write):
    with shared("catalog", "openfoodfacts_fr_cp1252.csv").open(encoding="cp1252") as stream:
        codes = [row["code"] for row in csv.DictReader(stream, delimiter=";")]
    lines = [f"p-{n};P {n};S-{n};1,00;{code}" for n, code in enumerate(codes)]

    load(write(rows(*lines, header=HEADER.replace(",", ";"))))

    taken = set(Variant.objects.exclude(gtin=None).values_list("gtin", flat=True))
    assert not any(len(code) == 13 for code in taken)
    assert not any("E" in value or "e" in value for value in taken)
    assert counts()[0] + counts()[3] == len(codes)
    damaged = sum("E+" in code for code in codes)
    assert ImportRow.objects.filter(reason__startswith="A spreadsheet turned").count() == damaged


def test_naughty_strings_survive_as_names(write):
    strings = json.loads(shared("adversarial", "blns.json").read_text(encoding="utf-8"))
    names = {f"n-{n}": text.strip() for n, text in enumerate(strings)}
    path = write("")
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER.split(","))
        writer.writerows([handle, name, f"S-{handle}", "1", ""] for handle, name in names.items())

    load(path)

    kept = {handle: name for handle, name in names.items() if 0 < len(name) <= 160}
    assert len(kept) > 490
    assert dict(Product.objects.values_list("slug", "name_fr")) == kept
    assert ImportRow.objects.count() == len(names) - len(kept)


def test_real_formula_payloads_are_text_in_the_error_file(write, tmp_path):
    payloads = shared("adversarial", "csv_injection.txt").read_text().splitlines()
    path = write("")
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER.split(","))
        writer.writerows([f"h-{n}", "A", "", text, ""] for n, text in enumerate(payloads))

    load(path, error_file=tmp_path / "refused.csv")

    with (tmp_path / "refused.csv").open(encoding="utf-8-sig", newline="") as stream:
        cells = [cell for row in csv.reader(stream) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))]
    assert ImportRow.objects.count() == len(payloads)

"""manage.py import_catalog: what becomes of good files, bad files and bad rows (F-21, P-9)."""

import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from catalog.book import prices
from catalog.imports import apply
from catalog.models import (
    AttributeValue,
    Category,
    ImportRun,
    Price,
    Product,
    Variant,
)
from catalog.search import search
from catalog.services import set_price
from tests.catalog.loading import (
    FIXTURE,
    HEADER,
    counts,
    facts,
    load,
    product,
    reasons,
    rows,
    snapshot,
)
from tests.factories import VariantFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("importing")]


# --- What a file becomes ------------------------------------------------------------------------


def test_an_export_becomes_products_with_articles_options_prices_and_addresses_of_pictures():
    said, status = load(FIXTURE)

    assert (status, counts()) == (0, (3, 0, 0, 0))
    bottle = product("gourde-inox")
    assert bottle.name_fr == "Gourde inox, 75 cl"
    assert bottle.description_fr == "Garde le froid 24 h.\n\n– Sans BPA\n– Bouchon étanche"
    assert (bottle.brand.name, bottle.category.name_fr) == ("Source Vive", "Hydratation")
    assert Category.objects.get_parent(bottle.category).slug == "imported"
    assert (bottle.status, bottle.tax_category.code) == ("active", "standard")
    article = bottle.variants.get()
    assert (article.sku, article.gtin, article.weight_g) == ("GRD-75", "4006381333931", 310)
    assert not article.options.exists()
    assert bottle.picture_sources.get().alt == "La gourde debout"

    shirt = product("tee-shirt")
    assert list(shirt.variants.values_list("sku", "weight_g", "prices__amount_minor")) == [
        ("TEE-S-BL", 140, 1990),
        ("TEE-M-BL", 145, 1990),
        ("TEE-SHIRT-M-ETE-SOLEIL", 145, 2100),
    ]
    assert set(
        shirt.variants.get(sku="TEE-S-BL").options.values_list("attribute__name_fr", "name_fr")
    ) == {("Taille", "S"), ("Couleur", "Bleu")}
    assert shirt.category.slug == "divers"
    assert set(shirt.picture_sources.values_list("url", "variant__sku", "position")) == {
        ("https://cdn.example/tee.jpg", None, 1),
        ("https://cdn.example/tee-dos.jpg", None, 2),
        ("https://cdn.example/tee-bleu.jpg", "TEE-S-BL", 0),
        ("https://cdn.example/tee-bleu.jpg", "TEE-M-BL", 0),
    }

    assert product("carte").status == "draft"  # not published
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

    bottle = product("gourde-inox")
    assert (bottle.name_fr, bottle.name_en) == ("Gourde inox", "Steel bottle")
    assert bottle.withdrawal == "hygiene"
    assert bottle.brand.name == "Source Vive"
    assert bottle.description_fr.startswith("Garde le froid")
    assert bottle.variants.get().weight_g == 310


def test_a_category_of_that_name_is_used_where_there_is_one():
    shelf = Category.objects.add_root({"slug": "eau", "name_fr": "Eau", "name_en": "Hydratation"})

    load(FIXTURE)

    assert product("gourde-inox").category == shelf


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
        (b"PK\x03\x04 a workbook", "is damaged"),
        (b"first,last\nJohn,Doe\n", "lacks the columns Handle, Title, Variant Price"),
        (rows("é,É,1,1,").encode("mac_roman"), "in which other encoding cannot be told for sure"),
        (rows("é,É,1,1,").encode("utf-16-le"), "looks like UTF-16 without its mark: add"),
        (rows("a,A\0,1,1,").encode(), "is not a text file"),
        (rows("a,A,1,1,")[:-3].encode() + "é".encode()[:1], "cannot be told for sure"),
        (f"{HEADER},Title\n".encode(), "has the columns Title twice"),
    ],
    ids=["empty", "png", "xlsx", "other", "macintosh", "utf-16", "nul", "cut letter", "twice"],
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
    found = product("été")
    assert (found.name_fr, found.slug) == ("Été", "ete")
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
    assert list(AttributeValue.objects.values_list("name_fr", flat=True)) == values


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
        if Product.objects.filter(pk__in=product_ids, source_key="shopify:b").exists():
            raise IntegrityError("no such luck")

    monkeypatch.setattr(apply, "refresh_search", refuse)

    _said, status = load(write(rows("a,A,A-1,1,", "b,B,B-1,1,", "c,C,C-1,1,")))

    assert (status, counts()) == (1, (2, 0, 0, 1))
    assert not Product.objects.filter(source_key="shopify:b").exists()
    assert reasons()[0][3] == "The database refused this product: no such luck"

"""Files of each format: what becomes of them, by hand-made rows and by real files of others."""

import csv
import json
from collections import Counter

import pytest
from openpyxl import Workbook

from catalog.book import prices
from catalog.gs1 import in_store
from catalog.imports.cells import Refuse, gtin
from catalog.models import (
    Attribute,
    AttributeValue,
    Category,
    ImportRow,
    ImportRun,
    PictureSource,
    Product,
    Variant,
)
from catalog.services import default_price_list
from omnishop.kernel.csv_detect import detect
from omnishop.kernel.csv_files import NotReadable, Row
from tests.catalog.loading import counts, load, reasons, shared, snapshot
from tests.factories import VariantFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("importing")]
BOOK = "-,category,gtin,name,description,-,sku,price,stock"


def taken(path, **options):
    """Read a file with its format found out; then again, which changes nothing."""
    said, status = load(path, **({"format": "auto"} | options))
    found = counts()
    before = snapshot()
    load(path, **({"format": "auto"} | options))
    again = counts()
    assert (again[0], again[1], again[2], again[3]) == (0, 0, sum(found[:3]), found[3])
    assert snapshot() == before
    return said, status, found


def articles(key):
    return [
        (v.sku, v.gtin, v.weight_g, v.prices.get().amount_minor,
         sorted(v.options.values_list("attribute__name_fr", "name_fr")))
        for v in Variant.objects.filter(product__source_key=key).order_by("position")
    ]  # fmt: skip


# --- WooCommerce --------------------------------------------------------------------------------

WOO = """ID,Type,SKU,"GTIN, UPC, EAN, or ISBN",Name,Published,Description,Weight (kg),Sale price,\
Date sale price ends,Regular price,Categories,Images,Parent,Attribute 1 name,\
Attribute 1 value(s),Stock
10,variable,TEE,,Tee,-1,<p>Doux</p>,,,,,"Vêtements, Vêtements > Hauts",https://w.example/t.jpg,,\
Taille,"S, M",
11,simple,MUG,4006381333931,Mug,1,,0.3,8,,10,Maison,"https://w.example/1.jpg, \
https://w.example/2,b.jpg",,,,4
12,variation,TEE-S,,Tee - S,1,,0.14,,,"19,90",,,id:10,Taille,S,
13,grouped,LOT,,Lot,1,,,,,,,,,,,
14,variation,TEE-M,,Tee - M,1,,,15,2020-01-01,19.90,,https://w.example/m.jpg,TEE,Taille,M,
15,variation,LOST,,Lost,1,,,,,1,,,id:99,Taille,M,
"""


def test_woocommerce_variations_stand_anywhere_and_a_sale_that_ended_counts_no_more(write):
    said, status, found = taken(write(WOO))

    assert (status, found) == (1, (2, 0, 0, 2)), said
    assert "WooCommerce (by 17 columns of its header)" in said
    assert articles("woocommerce:10") == [
        ("TEE-S", None, 140, 1990, [("Taille", "S")]),
        ("TEE-M", None, 0, 1990, [("Taille", "M")]),
    ]
    assert articles("woocommerce:11") == [("MUG", "4006381333931", 300, 800, [])]
    tee, mug = (Product.objects.get(source_key=f"woocommerce:{n}") for n in (10, 11))
    assert (tee.category.name_fr, tee.description_fr, tee.status) == ("Hauts", "Doux", "draft")
    assert Category.objects.get_parent(tee.category).name_fr == "Vêtements"
    assert mug.status == "active"
    assert set(PictureSource.objects.values_list("url", "variant__sku")) == {
        ("https://w.example/t.jpg", None),
        ("https://w.example/1.jpg", None),
        ("https://w.example/2,b.jpg", None),
        ("https://w.example/m.jpg", "TEE-M"),
    }
    assert {(row, column) for row, column, _v, _r in reasons()} == {(5, "Type"), (7, "Parent")}
    at = ImportRun.objects.latest("pk").started_at
    unit = prices([mug.variants.get().pk], at=at)[mug.variants.get().pk]
    assert unit.reference_minor is None  # the regular price was never charged here (PRC-1)


def test_a_french_woocommerce_export_has_french_headings(write):
    content = (
        "\ufeffID,Type,UGS,Nom,Publié,Tarif promo,Tarif régulier,Catégories,"
        "Nom de l’attribut 1,Valeur(s) de l’attribut 1 \n"
        "1,simple,A-1,Chaise,1,,49.90,Maison,,\n"
    )
    said, status, found = taken(write(content))

    assert (status, found) == (0, (1, 0, 0, 0)), said
    assert articles("woocommerce:1") == [("A-1", None, 0, 4990, [])]


# --- Magento ------------------------------------------------------------------------------------

MAGENTO = """sku,store_view_code,product_type,categories,name,description,weight,product_online,\
price,special_price,special_price_to_date,base_image,additional_images,additional_attributes,\
configurable_variations,configurable_variation_labels,qty
TEE-S,,simple,,Tee S,,0.14,1,19.90,,,,,"color=Bleu,ean=4006381333931,size=S",,,3
TEE-M,,simple,,Tee M,,0.14,1,21.00,15.00,2099-12-31,https://m.example/m.jpg,,size=M,,,
MUG,,simple,"Default Category/Maison,Default Category/Maison/Table",Mug,Grès,,2,10.0000,,,\
/m/u/mug.jpg,,manufacturer=Terre & Feu,,,
TEE,,configurable,Default Category/Habits,Tee,<b>Doux</b>,,1,,,,https://m.example/t.jpg,,,\
"sku=TEE-S,size=S,color=Bleu|sku=TEE-M,size=M,color=Bleu","size=Taille,color=Couleur",
TEE,en,configurable,,Tee in English,,,,,,,,,,,,
SET,,bundle,,Set,,,1,30,,,,,,,,
"""


def test_magento_articles_find_their_product_and_other_store_views_are_counted(write):
    said, status, found = taken(write(MAGENTO))

    assert (status, found) == (1, (2, 0, 0, 1)), said
    assert articles("magento:TEE") == [
        ("TEE-S", "4006381333931", 140, 1990, [("Couleur", "Bleu"), ("Taille", "S")]),
        ("TEE-M", None, 140, 1500, [("Couleur", "Bleu"), ("Taille", "M")]),
    ]
    mug = Product.objects.get(source_key="magento:MUG")
    assert (mug.brand.name, mug.category.name_fr, mug.status) == ("Terre & Feu", "Table", "draft")
    assert Product.objects.get(source_key="magento:TEE").name_fr == "Tee"
    assert PictureSource.objects.count() == 2  # a path inside the old shop leads nowhere
    assert "1  rows of other store views" in said
    assert [(row, column) for row, column, _v, _r in reasons()][:1] == [(7, "product_type")]


# --- PrestaShop ---------------------------------------------------------------------------------


def test_prestashop_products_with_combinations_and_prices_without_tax(write):
    content = (
        "Product ID;Active (0/1);Name *;Categories (x,y,z...);Price tax excluded;Reference #;"
        "EAN13;UPC;Weight;Manufacturer;Image URLs (x,y,z...);"
        "Attribute (Name:Type:Position)*;Value (Value:Position)*\n"
        "1;1;Chaise;Accueil/Maison,Accueil/Maison/Salon;8,325;CH-1;4006381333931;;2,5;Bois;"
        "https://p.example/1.jpg,https://p.example/2.jpg;;\n"
        "2;0;Tee;Habits;;TEE;;;;;;;\n"
        "2;;;;10;TEE-S;;036000291452;0,2;;;Taille:select:0, Couleur:color:1;S:0, Bleu:1\n"
    )
    said, status, found = taken(write(content))

    assert (status, found) == (0, (2, 0, 0, 0)), said
    assert "separator  ; (the header has 13 columns that are known)" in said
    assert articles("prestashop:1") == [("CH-1", "4006381333931", 2500, 999, [])]
    assert articles("prestashop:2") == [
        ("TEE-S", "036000291452", 200, 1200, [("Couleur", "Bleu"), ("Taille", "S")])
    ]
    chair = Product.objects.get(source_key="prestashop:1")
    assert (chair.category.name_fr, chair.brand.name) == ("Salon", "Bois")
    assert "2  prices without tax in the file: VAT of today was added" in said


# --- Any table ----------------------------------------------------------------------------------


def test_a_table_is_mapped_by_common_words_by_hand_or_by_a_file(write, tmp_path):
    table = "Réf;Code EAN;Désignation;Marque;Prix TTC\nX-1;4006381333931;Chaise;Bois;1 012,50 €\n"
    said, status, found = taken(write(table))
    assert (status, found) == (0, (1, 0, 0, 0)), said
    assert "Réf → sku, Code EAN → gtin, Désignation → name" in said
    assert articles("csv:X-1") == [("X-1", "4006381333931", 0, 101250, [])]

    other = write("Machin|Truc|Combien|Pointure\nX-2|Table|12|40\n", "other.csv")
    (tmp_path / "map.json").write_text(json.dumps({"Machin": "sku", "Truc": "name"}))
    said, status, found = taken(
        other,
        mapping=tmp_path / "map.json",
        map=["Combien=price", "Pointure=option:Pointure"],
    )
    assert (status, found) == (0, (1, 0, 0, 0)), said
    assert articles("csv:X-2") == [("X-2", None, 0, 1200, [("Pointure", "40")])]


def test_a_file_of_codes_and_prices_changes_articles_of_any_origin(write):
    ours = VariantFactory(sku="OURS", product__name_fr="Le nôtre", price=1000)
    size = Attribute.objects.create(code="size", name_fr="Taille")
    ours.options.add(AttributeValue.objects.create(attribute=size, code="m", name_fr="M"))

    said, status = load(write("sku;name;price\nOURS;Le nôtre;9,50\n"), format="auto")

    assert (status, counts()) == (0, (0, 1, 0, 0)), said
    assert ours.options.get().name_fr == "M"  # the file does not speak of options
    assert Variant.objects.get().product.name_fr == "Le nôtre"


@pytest.mark.parametrize(
    "options, said",
    [
        ({"map": ["Rien=name"]}, "has no column Rien"),
        ({"map": ["Nom=nom"]}, "There is no field nom"),
        ({"map": ["Nom=name", "Ref=name"]}, "Two columns are mapped to name"),
        ({"map": ["Nom"]}, "Not COLUMN=FIELD"),
        ({"map": ["Nom=name"]}, "lacks the columns sku / gtin / product"),
        ({"separator": "x"}, "A separator is one of"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(write, options, said):
    printed, status = load(write("Nom;Ref\nA;B\n"), format="csv", **options)
    assert (said in printed, status) == (True, 2), printed
    assert not Product.objects.exists()


def test_a_workbook_is_read_like_a_table(tmp_path):
    book = Workbook()
    book.active.append(["SKU", "EAN", "Nom", "Prix"])
    book.active.append(["X-1", 4006381333931, "Chaise", 12.5])
    book.active.append(["X-2", 36000291452, "Table", 10])
    book.save(tmp_path / "book.xlsx")

    said, status, found = taken(tmp_path / "book.xlsx")

    assert (status, found) == (1, (1, 0, 0, 1)), said
    assert "encoding  xlsx (it is a workbook)" in said
    assert articles("csv:X-1") == [("X-1", "4006381333931", 0, 1250, [])]
    assert "With them it would be 036000291452" in reasons()[0][3]


# --- Encoding and separator ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "content, encoding, separator, known",
    [
        ("a,b\nété,1\n".encode("utf-8-sig"), "utf-8-sig", ",", "the mark of UTF-8"),
        ("a;b\nété;1\n".encode(), "utf-8-sig", ";", "every sign fits UTF-8"),
        (b"a\tb\nx\t1\n", "utf-8-sig", "\t", "no accents"),
        ("a|b\nété « ça »|1\n".encode("cp1252"), "cp1252", "|", "those of cp1252"),
        ("a;b\nété;1,5\nœuf;2\n".encode("cp1252"), "cp1252", ";", "those of cp1252"),
        ("a;b\nété;1\n".encode("utf-16"), "utf-16", ";", "the mark of UTF-16"),
    ],
)
def test_encoding_and_separator_are_found_out_and_said(write, content, encoding, separator, known):
    found = detect(write(content))

    assert (found.file.encoding, found.file.delimiter) == (encoding, separator)
    assert known in found.encoding_known


@pytest.mark.parametrize(
    "content, said",
    [
        ("a;b\nété;1\n".encode("mac_roman"), "--encoding"),
        ("a;b\nété;1\n".encode("cp850"), "--encoding"),
        ("a;b\nété à Âne;1\n".encode() + "Ã é".encode("cp1252"), "--encoding"),
        (b"one column\nx\n", "--separator"),
        (b"a,b;c\n1,2;3\n4,5;6\n", "--separator"),
        (b"", "is empty"),
    ],
)
def test_what_cannot_be_told_is_refused_with_the_option_that_says_it(write, content, said):
    with pytest.raises(NotReadable, match=said):
        detect(write(content))


# --- Codes (STD-1) ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code, said",
    [
        ("2.02E+11", "turned this barcode into a rounded number"),
        ("2,02E+11", "turned this barcode into a rounded number"),
        ("36000291452", "With them it would be 036000291452."),
        ("1151", "With them it would be 00001151."),
        ("1082388", "With them it would be 01082388."),
        ("1425587", "Even with them its check digit would be wrong."),
        ("4006381333932", "its length or its check digit is wrong"),
        ("2000000000015", "for use inside a shop"),
        ("0212345678909", "for use inside a shop"),
        ("20669188", "for use inside a shop"),
        ("ABC", "is not a GTIN"),
    ],
)
def test_a_damaged_code_is_refused_in_words(code, said):
    with pytest.raises(Refuse) as refused:
        gtin(Row(1, {"code": code}), "code")
    assert said in refused.value.reason, refused.value.reason


@pytest.mark.parametrize("code", ["4006381333931", "036000291452", "96385074", "04006381333931"])
def test_a_good_code_of_each_length_is_taken(code):
    assert gtin(Row(1, {"code": code}), "code") == code
    assert not in_store(code)


# --- Real files of others -----------------------------------------------------------------------


def test_the_french_spreadsheet_is_refused_row_by_row():
    path = shared("catalog", "openfoodfacts_fr_cp1252.csv")
    default_price_list()
    before = snapshot()

    said, status = load(path, format="auto")

    assert (status, counts()) == (1, (0, 0, 0, 333))
    assert "cp1252 (not UTF-8, and its accents are those of cp1252 (Windows))" in said
    assert "separator  ;" in said
    assert snapshot() == before
    wrong_digit = "its length or its check digit is wrong."
    why = Counter(
        wrong_digit if reason.endswith(wrong_digit) else reason.split(":")[0]
        for _row, _c, _v, reason in reasons()
    )
    assert why == {
        wrong_digit: 27,
        "The name is missing.": 1,
        "A spreadsheet turned this barcode into a rounded number, its digits are lost": 117,
        "A barcode has 8, 12, 13 or 14 digits": 62,
        "This number is for use inside a shop (prefix 02 or 20 to 29), it is not a GTIN": 122,
        "The price is missing.": 4,
    }


def test_with_prices_no_damaged_code_of_the_french_spreadsheet_gets_in(tmp_path):
    with shared("catalog", "openfoodfacts_fr_cp1252.csv").open(encoding="cp1252") as stream:
        lines = list(csv.DictReader(stream, delimiter=";"))
    with (tmp_path / "priced.csv").open("w", encoding="cp1252", newline="") as stream:
        table = csv.writer(stream, delimiter=";")
        table.writerow(["code", "nom", "prix"])
        table.writerows([row["code"], row["product_name"], "1,00"] for row in lines)

    load(tmp_path / "priced.csv", format="auto")

    assert counts() == (4, 0, 0, 329)
    assert {len(v.gtin) for v in Variant.objects.all()} == {8}
    assert [row.column for row in ImportRow.objects.exclude(column="code")] == ["nom"]


def test_books_without_a_header_are_taken_and_three_are_repeated():
    found = []
    for name in ("computers-in-fiction", "essential", "hacking"):
        said, status, made = taken(
            shared("catalog", f"books.{name}.csv"), columns=BOOK, format="csv"
        )
        assert status == 0, said
        found.append(made)

    assert found == [(86, 0, 0, 0), (82, 0, 0, 0), (30, 3, 0, 0)]
    assert Variant.objects.count() == 198
    assert Variant.objects.get(gtin="9781416507789").product.category.name_fr == "Hacking"


def test_the_saleor_fixture_needs_a_channel_and_is_taken_whole():
    path = shared("catalog", "saleor_demo.json")

    said, status = load(path, format="auto")
    assert ("--channel, one of default-channel (USD), channel-pln (PLN)" in said, status) == (
        *(True, 2),
    )
    said, status, found = taken(path, channel="default-channel")
    assert (status, found) == (0, (32, 0, 0, 0)), said
    assert Variant.objects.count() == 73
    assert "73  prices of a channel with another currency" in said


def test_no_odd_file_ends_in_a_traceback(tmp_path):
    odd = sorted(shared("adversarial", "csv_spectrum").glob("*.csv"))
    odd += [shared("adversarial", "blns.json"), shared("adversarial", "csv_injection.txt")]
    for path in odd:
        for options in ({}, {"format": "csv"}, {"format": "saleor"}, {"columns": "name,sku,price"}):
            said, status = load(path, **({"format": "auto"} | options))
            assert status in {0, 1, 2}, said


def test_naughty_strings_in_every_column_are_kept_or_refused(tmp_path):
    strings = json.loads(shared("adversarial", "blns.json").read_text(encoding="utf-8"))
    with (tmp_path / "naughty.csv").open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        names = ["sku", "gtin", "name", "brand", "category", "description", "pictures", "price"]
        table.writerow([*names, "option:x", "status"])
        for n, text in enumerate(strings):
            cells = [f"S-{n}", "", f"N {n}", "", "", "", "", "1", "", ""]
            cells[n % 10] = text
            table.writerow(cells)

    said, status = load(tmp_path / "naughty.csv", format="csv")

    assert status == 1, said
    assert sum(counts()) == len(strings)

"""manage.py import_catalog: hostile, huge, broken off, real files (F-21 to F-24)."""

import csv
import io
import json
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.imports import apply, run
from catalog.imports.formats import Choices
from catalog.models import (
    ImportRow,
    ImportRun,
    PictureSource,
    Price,
    Product,
    Variant,
)
from omnishop.kernel.locks import lock_key
from tests.catalog.loading import (
    FIXTURE,
    HEADER,
    counts,
    load,
    product,
    reasons,
    rows,
    shared,
    snapshot,
)
from tests.factories import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("importing")]


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

    assert (status, product("a").name_fr) == (0, name)


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

    assert product("a").description_fr == 'Sac\n\nLéger & solide\n<b>\n\n">et la suite'


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
            # Closing alone would not do: the server ends a session when it gets round to it.
            cursor.execute("SELECT pg_advisory_unlock(%s)", [lock_key(run.LOCK)])
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

    run.import_file(FIXTURE, Choices(format="shopify"), at=NOON, progress=look)

    assert seen == [(1, 1, 1), (5, 2, 2), (6, 3, 3)]


# --- Real files ---------------------------------------------------------------------------------


def test_the_real_shopify_export_is_taken_whole_and_once():
    path = shared("catalog", "shopify_products.csv")

    assert load(path)[1] == 0
    assert counts() == (20, 0, 0, 0)
    gloves = product("gardening-gloves")
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
        assert ("lacks the columns" in printed or "cannot be told" in printed, status) == (True, 2)
    assert not Product.objects.exists()


def test_a_picture_and_a_french_spreadsheet_are_refused_by_what_they_are():
    picture = shared("catalog", "saleor-placeholders", "saleor-sunnies.png")
    food = shared("catalog", "openfoodfacts_fr_cp1252.csv")

    assert "another kind (PNG)" in load(picture)[0]
    assert "lacks the columns" in load(food)[0]


def test_the_damaged_barcodes_of_a_french_spreadsheet_are_each_refused(write):
    with shared("catalog", "openfoodfacts_fr_cp1252.csv").open(encoding="cp1252") as stream:
        codes = [row["code"] for row in csv.DictReader(stream, delimiter=";")]
    lines = [f"p-{n};P {n};S-{n};1,00;{code}" for n, code in enumerate(codes)]

    load(write(rows(*lines, header=HEADER.replace(",", ";"))))

    taken = set(Variant.objects.exclude(gtin=None).values_list("gtin", flat=True))
    assert not any(len(str(code)) == 13 for code in taken)
    assert all(str(value).isdigit() for value in taken)
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

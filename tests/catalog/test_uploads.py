"""Files brought in the back office: looked at, mapped, tried, read in by a worker (UX I1-I4)."""

import csv
import io
from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from catalog.imports import run as runs
from catalog.imports import uploads
from catalog.imports.formats import Choices
from catalog.models import ImportDifference, ImportMapping, ImportRun, Product, Variant
from catalog.tasks import read_uploads
from omnishop.kernel.errors import Invalid
from omnishop.network.models import StaffMember
from tests.catalog.loading import FIXTURE, HEADER, rows
from tests.factories import NOON, StaffFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("importing")]

BRING = "admin:catalog_importrun_bring"


def bring(content=None, name="products.csv", **choices):
    content = FIXTURE.read_bytes() if content is None else content
    content = content.encode() if isinstance(content, str) else content
    return uploads.receive(
        SimpleUploadedFile(name, content),
        name=name,
        choices=Choices(**choices),
        actor="user:1",
        at=NOON,
    )


def begin(run, *, dry_run=False):
    return uploads.start(run_id=run.pk, dry_run=dry_run, actor="user:1", at=NOON)


@pytest.fixture
def office(client):
    client.force_login(UserFactory(email="root@x.fr", is_staff=True, is_superuser=True))
    return client


# --- Services -----------------------------------------------------------------------------------


def test_a_file_is_looked_at_and_nothing_is_read_in():
    run = bring()

    assert (run.status, run.format, run.rows_total) == ("waiting", "shopify", 6)
    assert (run.found["encoding"], run.found["separator"]) == ("utf-8", ",")
    assert run.found["encoding_known"] == "every sign fits UTF-8"
    assert len(run.found["sample"]) == 5
    assert read_uploads() == 0
    assert not Product.objects.exists()


def test_a_dry_run_says_each_cell_and_writes_nothing_then_the_real_run_does():
    read = begin(bring(rows("a,A,A-1,10,", "b,B,B-1,20,")))
    assert read_uploads() == 1
    assert ImportRun.objects.get(pk=read.pk).created == 2

    dry = begin(bring(rows("a,New,A-1,12.50,4006381333931", "c,C,C-1,no,", "d,D,D-1,1,")),
                dry_run=True)  # fmt: skip
    assert read_uploads() == 1

    dry.refresh_from_db()
    assert (dry.status, dry.created, dry.changed, dry.same, dry.refused) == ("done", 1, 1, 0, 1)
    assert list(ImportDifference.objects.values_list("row", "field", "before", "after")) == [
        (2, "name", "A", "New"),
        (2, "gtin", "", "4006381333931"),
        (2, "price", "10.00", "12.50"),
        (4, "product", "", "D"),
    ]
    assert sorted(Product.objects.values_list("name_fr", flat=True)) == ["A", "B"]
    assert Variant.objects.get(sku="A-1").prices.count() == 1

    real = begin(dry)
    assert real.pk != dry.pk
    read_uploads()
    real.refresh_from_db()
    assert (real.status, real.created, real.changed, real.refused) == ("done", 1, 1, 1)
    assert sorted(Product.objects.values_list("name_fr", flat=True)) == ["B", "D", "New"]


def test_two_rows_with_one_sku_are_refused_in_a_dry_run_as_in_the_real_one(monkeypatch):
    monkeypatch.setattr(runs, "BATCH_PRODUCTS", 1)
    run = begin(bring(rows("a,A,S-1,1,", "b,B,S-1,1,")), dry_run=True)
    read_uploads()
    run.refresh_from_db()

    assert (run.created, run.refused) == (1, 1)
    again = begin(run)
    read_uploads()
    again.refresh_from_db()
    assert (again.created, again.refused) == (1, 1)


def test_a_run_goes_on_where_a_slice_or_a_kill_left_it(monkeypatch):
    monkeypatch.setattr(runs, "BATCH_PRODUCTS", 1)
    run = begin(bring(rows(*(f"p-{n},P {n},S-{n},1," for n in range(7)))))
    read = runs.read_on

    def killed(*args, **options):
        def stop(_run):
            raise KeyboardInterrupt

        return read(*args, **options, progress=stop)

    with monkeypatch.context() as patch:
        patch.setattr(uploads, "read_on", killed)
        with pytest.raises(KeyboardInterrupt):
            uploads.work(at=NOON, seconds=9)
    run.refresh_from_db()
    assert (run.rows_read, run.created) == (1, 1)
    ImportRun.objects.update(status="running", message="")  # as a kill leaves it

    seen = []
    while uploads.work(at=NOON, seconds=0):  # one batch, then the time is over
        run.refresh_from_db()
        seen.append((run.rows_read, run.status))

    assert seen == [*((n, "running") for n in range(2, 8)), (7, "done")]
    assert (run.created, run.same, Product.objects.count()) == (7, 0, 7)


def test_a_run_that_stops_its_worker_again_and_again_is_given_up(monkeypatch):
    run = begin(bring())
    ImportRun.objects.update(status="running", tries=uploads.TRIES)

    uploads.work(at=NOON, seconds=9)

    run.refresh_from_db()
    assert (run.status, run.message) == ("failed", "The import stopped its worker several times.")
    assert not Product.objects.exists()


def test_a_run_that_is_called_off_stops_and_keeps_what_it_read(monkeypatch):
    waiting = bring()
    assert uploads.cancel(run_id=waiting.pk, at=NOON).status == "cancelled"
    run = begin(bring())
    ImportRun.objects.filter(pk=run.pk).update(status="running", rows_read=1, created=1)
    uploads.cancel(run_id=run.pk, at=NOON)

    read_uploads()

    run.refresh_from_db()
    assert (run.status, run.created) == ("cancelled", 1)
    assert not Product.objects.exists()


def test_a_mapping_is_asked_for_checked_and_remembered():
    table = "Machin;Truc;Combien\nX-1;Chaise;12,50\n"
    run = bring(table)
    assert (run.found["ready"], run.format) == (False, "csv")
    with pytest.raises(Invalid, match="Say first which column is what"):
        begin(run)
    mapping = {"Machin": "sku", "Truc": "name", "Combien": "price"}

    with pytest.raises(Invalid, match="There is no field nom"):
        uploads.choose(run_id=run.pk, choices=Choices(format="csv", mapping={"Truc": "nom"}))
    uploads.choose(run_id=run.pk, choices=Choices(format="csv", mapping=mapping))
    begin(run)
    read_uploads()

    assert Variant.objects.get(sku="X-1").prices.get().amount_minor == 1250
    assert ImportMapping.objects.get().columns == mapping
    second = bring(table.replace("Chaise", "Table"))
    assert (second.found["ready"], second.found["columns"]) == (True, mapping)


@pytest.mark.parametrize(
    "name, content, said",
    [
        ("virus.exe", b"MZ", "not a file of that kind"),
        ("../../etc/passwd.csv", b"", "is empty"),
        ("picture.csv", b"\x89PNG\r\n\x1a\n", "another kind"),
        ("bomb.xlsx", b"PK\x03\x04nothing", "is damaged"),
        ("list.json", b"[1, 2]", "is not a Saleor fixture"),
        ("deep.json", b"[" * 100_000, "is not a Saleor fixture"),
    ],
)
def test_what_is_no_table_is_refused_and_not_kept(name, content, said):
    with pytest.raises(Invalid, match=said):
        bring(content, name)

    assert not ImportRun.objects.exists()
    _folders, files = storages["private"].listdir("imports") if storages["private"].exists(
        "imports") else ([], [])  # fmt: skip
    assert files == []


def test_a_file_that_is_too_large_is_refused(settings):
    settings.IMPORT_MAX_BYTES = 100
    with pytest.raises(Invalid, match="larger than"):
        bring()


# --- The page -----------------------------------------------------------------------------------


def test_staff_bring_a_file_try_it_and_import_it(office):
    page = office.get(reverse(BRING))
    assert page.status_code == 200
    answer = office.post(
        reverse(BRING),
        {"file": SimpleUploadedFile("été.csv", rows("a,A,A-1,1,", "b,B,B-1,@x,").encode()),
         "format": "auto", "encoding": "", "separator": "", "tax_category": "standard"},
    )  # fmt: skip
    run = ImportRun.objects.get()
    follow = reverse("admin:catalog_importrun_follow", args=[run.pk])
    assert (answer.status_code, answer.url) == (302, follow)
    assert b"Shopify" in office.get(follow).content

    assert office.post(follow, {"do": "dry"}).status_code == 302
    partial = office.get(follow, headers={"HX-Request": "true"})
    assert b"every 2s" in partial.content
    assert b"<html" not in partial.content
    read_uploads()
    partial = office.get(follow, headers={"HX-Request": "true"})
    assert b"every 2s" not in partial.content  # it asks no more
    page = office.get(follow).content.decode()
    assert "@x" in page
    assert not Product.objects.exists()

    answer = office.post(follow, {"do": "start"})
    read_uploads()
    assert Product.objects.count() == 1
    lines = b"".join(office.get(f"{answer.url}?refused=csv").streaming_content).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(lines), delimiter=";"))[1][:4] == [
        *("3", "b", "Variant Price", "'@x")
    ]


def test_a_refusal_is_shown_on_the_page(office):
    answer = office.post(
        reverse(BRING),
        {"file": SimpleUploadedFile("a.csv", b"\x89PNG\r\n"), "format": "auto",
         "tax_category": "standard"},
    )  # fmt: skip
    assert answer.status_code == 422
    run = bring("Machin;Truc;Combien\nX-1;Chaise;12,50\n")
    follow = reverse("admin:catalog_importrun_follow", args=[run.pk])
    assert office.post(follow, {"do": "start"}).status_code == 422
    assert office.post(follow, {"do": "nonsense"}).status_code == 422
    answer = office.post(
        follow, {"do": "map", "column-0": "sku", "column-1": "name", "column-2": "price"}
    )
    assert answer.status_code == 302
    run.refresh_from_db()
    assert run.found["ready"]


def test_the_catalogue_is_taken_out_as_a_file(office):
    begin(bring())
    read_uploads()
    url = reverse("admin:catalog_importrun_take_out")

    assert b"WooCommerce" in office.get(url).content
    content = b"".join(office.get(url, {"format": "csv"}).streaming_content).decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(content)))) == 6
    assert office.get(url, {"format": "../x"}).status_code == 404


@pytest.mark.parametrize("role", [StaffMember.Role.ASSOCIATE, StaffMember.Role.STORE_MANAGER])
def test_only_head_office_brings_files(client, role):
    client.force_login(StaffFactory(role=role).user)
    run = bring()

    assert client.get(reverse(BRING)).status_code in {302, 403}
    follow = reverse("admin:catalog_importrun_follow", args=[run.pk])
    assert client.post(follow, {"do": "start"}).status_code in {302, 403, 404}
    run.refresh_from_db()
    assert run.status == "waiting"


def test_the_header_is_what_a_mapping_is_remembered_by():
    ImportMapping.objects.create(signature=uploads._signature(HEADER.split(",")), columns={})
    assert bring().format == "shopify"


def test_a_month_later_a_file_is_gone_unless_another_run_needs_it():
    run = begin(bring(rows("a,A,A-1,10,")))
    read_uploads()
    again = begin(run)  # of the same file, and not begun
    a_month = NOON + timedelta(days=30)

    assert uploads.forget(at=a_month - timedelta(seconds=1)) == 0
    assert uploads.forget(at=a_month) == 1
    run.refresh_from_db()
    assert (run.upload, run.status, run.created) == ("", "done", 1)
    assert storages["private"].exists(again.upload)

    read_uploads()
    assert uploads.forget(at=a_month) == 1
    assert uploads.forget(at=a_month) == 0
    assert not storages["private"].exists(again.upload)

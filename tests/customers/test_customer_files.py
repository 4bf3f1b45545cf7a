"""Files of customers brought in the back office: looked at, mapped, tried, read by a worker."""

from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation

from customers.imports import files
from customers.imports import run as runs
from customers.models import Customer, CustomerFile, CustomerFileRow, Identity
from customers.tasks import forget_files
from loyalty.tasks import read_customer_files
from omnishop.kernel.errors import Invalid
from omnishop.network.models import StaffMember
from tests.factories import NOON, StaffFactory, UserFactory

BRING = "admin:customers_customerfile_bring"
HEADER = "number,first_name,email,phone"
ROWS = ("1,Ada,ada@example.org,0639981234", "2,Bo,nobody@,", "3,Cy,cy@example.org,")

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("importing")]


@pytest.fixture
def importing(settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "private": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path},
        }
    }
    with translation.override("en"):
        yield


def bring(*rows, header=HEADER, name="people.csv", source="till"):
    content = "\n".join([header, *(rows or ROWS)]) + "\n"
    return files.receive(
        SimpleUploadedFile(name, content.encode()),
        name=name, source=source, encoding="", separator="", actor="user:1", at=NOON,
    )  # fmt: skip


def begin(file, *, dry_run=False):
    return files.start(file_id=file.pk, dry_run=dry_run, actor="user:1", at=NOON)


def counts(file):
    file.refresh_from_db()
    return file.status, file.created, file.changed, file.same, file.refused


@pytest.fixture
def office(client):
    client.force_login(UserFactory(email="root@x.fr", is_staff=True, is_superuser=True))
    return client


def test_a_file_is_looked_at_with_its_cells_masked_and_nothing_is_read_in():
    file = bring()

    assert (file.status, file.rows_total) == ("waiting", 3)
    assert file.found["columns"] == {name: name for name in HEADER.split(",")}
    assert file.found["sample"][0] == ["1•••", "A•••", "a•••@example.org", "0•••"]
    assert read_customer_files() == 0
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    "name, content, source",
    [
        ("people.exe", b"number\n1\n", "till"),
        ("people.csv", b"", "till"),
        ("people.csv", b"%PDF-1.7 \x00\x01\x02", "till"),
        ("people.csv", b"number\n1\n", "My Shop"),
    ],
)
def test_a_file_of_another_kind_is_refused_and_not_kept(tmp_path, name, content, source):
    with pytest.raises(Invalid):
        files.receive(
            SimpleUploadedFile(name, content), name=name, source=source, encoding="",
            separator="", actor="user:1", at=NOON,
        )  # fmt: skip

    assert not CustomerFile.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_dry_run_tells_what_would_change_by_field_and_then_it_is_done():
    dry = begin(bring(), dry_run=True)
    assert read_customer_files() == 1

    assert counts(dry) == ("done", 2, 0, 0, 1)
    assert dry.differences == [
        [2, "created", ["first_name", "email", "phone"]],
        [4, "created", ["first_name", "email"]],
    ]
    assert not Customer.objects.exists()

    real = begin(dry)
    assert read_customer_files() == 1
    assert counts(real) == ("done", 2, 0, 0, 1)
    assert sorted(Customer.objects.values_list("first_name", flat=True)) == ["Ada", "Cy"]
    again = begin(real)
    read_customer_files()
    assert counts(again) == ("done", 0, 0, 2, 1)
    refusal = real.refusals.get()
    assert (refusal.row, refusal.column, refusal.value) == (3, "email", "n•••")


def test_reading_goes_on_at_the_next_beat_and_counts_each_row_once(monkeypatch):
    monkeypatch.setattr(runs, "BATCH", 1)
    rows = [*ROWS, "4,Dee,ada@example.org,"]  # the key of a row of an earlier part
    file = begin(bring(*rows))

    for _beat in range(len(rows)):
        files.work(opening=lambda *_: None, at=NOON, seconds=0)

    assert counts(file) == ("done", 2, 0, 0, 2)
    assert file.refusals.get(row=5).reason == "Row 2 of this file has it already."
    assert files.work(opening=lambda *_: None, at=NOON, seconds=0) == 0
    assert Identity.objects.count() == 3


def test_a_reading_is_called_off_after_the_batch_at_hand(monkeypatch):
    monkeypatch.setattr(runs, "BATCH", 1)
    file = begin(bring())
    files.work(opening=lambda *_: None, at=NOON, seconds=0)
    files.cancel(file_id=file.pk, at=NOON)

    files.work(opening=lambda *_: None, at=NOON, seconds=60)

    assert counts(file) == ("cancelled", 1, 0, 0, 1)
    assert Customer.objects.count() == 1


def test_columns_are_said_and_left_out():
    file = bring("Ada,ada@example.org,69003", header="Vorname,Kontakt,postcode")
    assert file.found["ready"] is False
    with pytest.raises(Invalid):
        begin(file)

    mapping = {"Vorname": "first_name", "Kontakt": "email", "postcode": ""}
    begin(files.choose(file_id=file.pk, mapping=mapping))
    read_customer_files()

    person = Customer.objects.get()
    assert (person.first_name, person.postcode) == ("Ada", "")


def test_a_month_later_the_file_and_its_refused_rows_are_gone(time_machine):
    file, young = begin(bring()), bring(name="young.csv")
    read_customer_files()
    CustomerFile.objects.filter(pk=young.pk).update(started_at=NOON + timedelta(days=1))
    time_machine.move_to(NOON + timedelta(days=30))

    assert forget_files() == 1
    assert forget_files() == 0

    assert not storages["private"].exists(file.upload)
    assert storages["private"].exists(young.upload)
    assert counts(file) == ("done", 2, 0, 0, 1)
    assert (file.upload, CustomerFileRow.objects.count()) == ("", 0)
    with pytest.raises(Invalid):
        begin(file)


# --- The page -----------------------------------------------------------------------------------


def test_head_office_brings_a_file_tries_and_reads_it(office):
    content = "\n".join([HEADER, *ROWS]).encode()
    page = office.post(
        reverse(BRING), {"file": SimpleUploadedFile("people.csv", content), "source": "till"}
    )
    follow = page.headers["Location"]
    text = office.get(follow).content.decode()
    assert "ada@example.org" not in text
    assert "a•••@example.org" in text

    office.post(follow, {"do": "dry"})
    assert 'hx-trigger="every 2s"' in office.get(follow).content.decode()
    read_customer_files()
    text = office.get(follow).content.decode()
    assert "every 2s" not in text
    assert "nobody@" not in text
    real = office.post(follow, {"do": "start"}).headers["Location"]
    read_customer_files()
    table = b"".join(office.get(real, {"refused": "csv"}).streaming_content).decode()
    assert "3;email;n•••;" in table
    assert Customer.objects.count() == 2


def test_a_wrong_file_is_refused_on_the_page(office):
    page = office.post(
        reverse(BRING), {"file": SimpleUploadedFile("people.exe", b"x"), "source": "till"}
    )

    assert page.status_code == 422
    assert not CustomerFile.objects.exists()


@pytest.mark.parametrize("role", [StaffMember.Role.SERVICE, StaffMember.Role.STORE_MANAGER])
def test_others_than_head_office_do_not(client, role):
    client.force_login(StaffFactory(role=role).user)

    assert client.get(reverse(BRING)).status_code == 403

"""manage.py import_customers: rows of another system become records, once (ALG-11, GDP-3, P-9)."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.utils import translation

from customers.imports.columns import open_source
from customers.imports.run import LOCK, import_customers
from customers.models import (
    Company,
    ConsentEvent,
    Customer,
    DuplicateCandidate,
    Identity,
    ImportedCustomer,
)
from customers.services.consents import allowed, record_consent
from customers.services.identities import create_customer
from customers.services.matching import propose
from customers.services.merging import merge
from loyalty.models import Account, Correction
from omnishop.kernel.locks import lock_key
from omnishop.privacy.services import erasing
from tests.factories import NOON, StoreFactory

pytestmark = pytest.mark.django_db

BLNS = Path(settings.BASE_DIR).parent / "shared" / "data" / "adversarial" / "blns.json"
HEADER = (
    "number,first_name,last_name,email,phone,birth_date,postcode,language,home_store,card,points,"
    "company,siren,marketing_email,marketing_at,marketing_source"
)
CAMILLE = (
    "17,Camille,Lefèvre,Camille.Lefevre@Example.org,06 39 98 12 34,12/03/1984,69003,fr,S-LYON,"
    "4500012345,120,Alpée,732829320,yes,2024-05-31 14:05,caisse Lyon"
)


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def file(tmp_path):
    def write(*lines, header=HEADER, name="people.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(("\n".join([header, *lines]) + "\n").encode(encoding))
        return path

    return write


def load(path, **options):
    """What the command printed, its exit status, and its report."""
    out, report = io.StringIO(), path.with_suffix(".json")
    status = 0
    try:
        call_command(
            "import_customers", path, stdout=out, report=report, **({"source": "till"} | options)
        )
    except CommandError as error:
        out.write(str(error))
        status = error.returncode
    return out.getvalue(), status, json.loads(report.read_text()) if report.exists() else None


def counts(report):
    return tuple(report[name] for name in ("created", "changed", "same", "refused"))


def everything():
    """All rows that an import may write, as they are."""
    models = (Customer, Identity, ConsentEvent, ImportedCustomer, DuplicateCandidate, Company)
    return {
        model: list(model.objects.order_by("pk").values())
        for model in (*models, Account, Correction)
    }


def test_a_row_becomes_a_person_with_unverified_keys(file):
    store = StoreFactory(code="S-LYON")

    _out, status, report = load(file(CAMILLE))

    assert (status, counts(report)) == (0, (1, 0, 0, 0))
    person = Customer.objects.get()
    assert (person.first_name, person.last_name) == ("Camille", "Lefèvre")
    assert (person.birth_date.isoformat(), person.postcode) == ("1984-03-12", "69003")
    assert (person.language, person.home_store, person.user) == ("fr", store, None)
    assert (person.company.siren, person.company.name) == ("732829320", "Alpée")
    assert set(person.identities.values_list("kind", "value", "verified_at")) == {
        ("email", "camille.lefevre@example.org", None),
        ("phone", "+33639981234", None),
        ("card", "4500012345", None),
    }
    assert list(ImportedCustomer.objects.values_list("source", "customer")) == [("till", person.pk)]


def test_points_are_an_opening_balance_taken_once_and_tick_no_consent(file):
    header = "number,first_name,points,card"
    _out, status, _report = load(file("1,Ada,250,", "2,Bo,0,", "3,Cy,,99887766", header=header))

    assert status == 0
    balances = dict(Account.objects.values_list("customer__first_name", "balance"))
    assert balances == {"Ada": 250, "Cy": 0}
    assert Correction.objects.get().reason == "Opening balance"
    assert not ConsentEvent.objects.exists()

    load(file("1,Ada,900,", "2,Bo,30,", "3,Cy,,99887766", header=header))
    balances = dict(Account.objects.values_list("customer__first_name", "balance"))
    assert balances == {"Ada": 250, "Bo": 30, "Cy": 0}


def test_reading_again_changes_nothing(file):
    StoreFactory(code="S-LYON")
    path = file(CAMILLE, "18,Zoé,Martin,no-address,,,,,,,,,,,,", "19,,,,,,,,,,,,,no,,")
    _out, status, report = load(path)
    assert (status, counts(report)) == (1, (2, 0, 0, 1))
    before = everything()

    _out, status, report = load(path)

    assert (status, counts(report)) == (1, (0, 0, 2, 1))
    assert everything() == before


@pytest.mark.parametrize("cut", range(6))
def test_cut_at_any_row_and_read_again_is_the_whole_file(file, cut):
    lines = [f"{n},N{n},Doe,p{n}@example.org,{'yes' if n % 2 else 'no'}" for n in range(5)]
    lines.append("9,Other,Doe,p3@example.org,no")
    header = "number,first_name,last_name,email,marketing_email"
    load(file(*lines[:cut], header=header))

    _out, status, report = load(file(*lines, header=header))

    assert (status, counts(report)) == (1, (5 - min(cut, 5), 0, min(cut, 5), 1))
    assert sorted(Customer.objects.values_list("first_name", flat=True)) == [
        f"N{n}" for n in range(5)
    ]
    assert Identity.objects.count() == 5
    assert ConsentEvent.objects.filter(granted=False).count() == 3
    assert not ConsentEvent.objects.filter(granted=True).exists()


def test_a_record_read_before_is_filled_where_empty_and_never_changed(file):
    header = "number,first_name,last_name,email,postcode"
    load(file("1,Camille,,,", header=header))
    Customer.objects.update(matched_at=NOON)

    _out, _status, report = load(file("1,Camilla,Lefèvre,camille@example.org,69003", header=header))

    assert counts(report) == (0, 1, 0, 0)
    person = Customer.objects.get()
    assert (person.first_name, person.last_name, person.postcode) == ("Camille", "Lefèvre", "69003")
    assert person.identities.get().value == "camille@example.org"
    assert person.matched_at is None


def test_the_same_number_of_two_systems_is_two_people(file):
    path = file("1,Ada", header="number,first_name")
    load(path, source="till")
    load(path, source="shopify")

    assert Customer.objects.count() == 2


def test_numbers_without_a_source_are_not_taken(file):
    out, status, _report = load(file("1,Ada", header="number,first_name"), source="")

    assert status == 2
    assert "Say which: --source shopify" in out
    assert not Customer.objects.exists()


def test_a_key_of_somebody_else_is_refused_and_never_links(file):
    known = create_customer(first_name="Camille", email="camille@example.org")

    out, status, report = load(
        file("1,Cam,camille@example.org,69003", header="number,first_name,email,postcode")
    )

    assert (status, counts(report)) == (1, (0, 0, 0, 1))
    assert report["refusals"] == [
        {
            "row": 2,
            "column": "email",
            "value": "c•••@example.org",
            "reason": f"This already belongs to {known.number}.",
        }
    ]
    assert "camille@example.org" not in out
    known.refresh_from_db()
    assert (known.first_name, known.postcode) == ("Camille", "")
    assert not DuplicateCandidate.objects.exists()
    assert not ImportedCustomer.objects.exists()


def test_a_row_with_keys_of_two_records_is_proposed_to_staff(file):
    one = create_customer(first_name="Camille", email="camille@example.org")
    two = create_customer(first_name="C.", phone="+33639981234")
    path = file("1,camille@example.org,0639981234", header="number,email,phone")

    _out, status, report = load(path)

    assert status == 1
    assert report["refusals"][0]["reason"] == (
        f"This already belongs to {one.number}: a possible duplicate is proposed to staff."
    )
    pair = DuplicateCandidate.objects.get()
    assert (pair.first, pair.second, pair.status) == (one, two, "open")
    propose(at=NOON)  # both are new: what the file said stays
    load(path)
    assert DuplicateCandidate.objects.filter(pk=pair.pk, evidence=[["file", "together"]]).exists()
    assert Customer.objects.live().count() == 2


def test_a_dry_run_proposes_nothing_and_writes_nothing(file):
    StoreFactory(code="S-LYON")
    create_customer(email="a@example.org")
    create_customer(phone="+33639981235")
    path = file(CAMILLE, "2,,,a@example.org,0639981235" + "," * 11)
    before = everything()

    out, status, report = load(path, dry_run=True)

    assert (status, counts(report), report["dry_run"]) == (1, (1, 0, 0, 1), True)
    assert "Dry run: nothing was written." in out
    assert everything() == before


def test_a_merged_record_is_found_as_the_person_it_became(file):
    load(file("1,Ada,ada@example.org", header="number,first_name,email"))
    ada = Customer.objects.get()
    live = create_customer(first_name="Ada", last_name="L")
    merge(source_id=ada.pk, target_id=live.pk, reason="same", by="user:1", at=NOON)

    _out, status, report = load(
        file("1,Ada,ada@example.org,69003", header="number,first_name,email,postcode")
    )

    assert (status, counts(report)) == (0, (0, 1, 0, 0))
    live.refresh_from_db()
    assert live.postcode == "69003"
    assert live.identities.count() == 0


def test_two_rows_of_a_file_with_one_key(file):
    _out, _status, report = load(
        file("1,a@example.org", "1,b@example.org", "2,A@example.org", header="number,email")
    )

    assert counts(report) == (1, 0, 0, 2)
    assert [(r["row"], r["column"], r["reason"]) for r in report["refusals"]] == [
        (3, "number", "Row 2 of this file has it already."),
        (4, "email", "Row 2 of this file has it already."),
    ]


# --- Consent (GDP-3) ----------------------------------------------------------------------------

CONSENT = "number,email,marketing_email,marketing_at,marketing_source"


def test_a_consent_needs_its_date_and_its_source(file):
    _out, status, report = load(
        file(
            "1,a@example.org,yes,2024-05-31 14:05,caisse Lyon",
            "2,b@example.org,yes,2024-05-31,",
            "3,c@example.org,yes,,caisse Lyon",
            "4,d@example.org,no,,",
            "5,e@example.org,,,",
            header=CONSENT,
        )
    )

    assert (status, counts(report)) == (0, (5, 0, 0, 0))
    assert report["not_imported"] == {
        "consents without date or source in the file: not taken over": 2
    }
    yes = ConsentEvent.objects.get(granted=True)
    assert yes.at == datetime(2024, 5, 31, 12, 5, tzinfo=UTC)  # Paris time in the file
    assert (yes.source, yes.actor, yes.text_version) == (
        "caisse Lyon",
        "import:till",
        "import:till",
    )
    assert yes.customer.identities.get().value == "a@example.org"
    no = ConsentEvent.objects.get(granted=False)
    assert no.customer.identities.get().value == "d@example.org"
    assert allowed(Customer.objects.values_list("pk", flat=True), at=datetime.now(UTC)) == {
        yes.customer_id
    }


def test_an_old_file_does_not_bring_back_a_consent_that_was_withdrawn(file):
    path = file("1,a@example.org,yes,2024-05-31,web", header=CONSENT)
    load(path)
    person = Customer.objects.get()
    record_consent(customer=person, granted=False, source="account", actor="self", at=NOON)

    _out, _status, report = load(path)

    assert counts(report) == (0, 0, 1, 0)
    assert ConsentEvent.objects.count() == 2
    assert allowed([person.pk], at=NOON) == set()


def test_a_no_without_date_ends_an_imported_yes_and_not_what_the_person_said(file):
    load(file("1,a@example.org,yes,2024-05-31,web", header=CONSENT))
    person = Customer.objects.get()
    path = file("1,a@example.org,no,,", header=CONSENT)
    _out, _status, report = load(path)
    assert counts(report) == (0, 1, 0, 0)
    now = datetime.now(UTC)
    assert allowed([person.pk], at=now) == set()

    record_consent(customer=person, granted=True, source="account", actor="self", at=now)
    _out, _status, report = load(path)
    assert counts(report) == (0, 0, 1, 0)
    assert allowed([person.pk], at=datetime.now(UTC)) == {person.pk}


# --- Files of others ----------------------------------------------------------------------------


def test_a_shopify_export(file):
    out, status, report = load(
        file(
            "'7301,Camille,Lefèvre,camille@example.org,yes,,69003,'+33639981234,no,12.00,1",
            header="Customer ID,First Name,Last Name,Email,Accepts Email Marketing,"
            "Default Address Company,Default Address Zip,Phone,Accepts SMS Marketing,"
            "Total Spent,Total Orders",
        ),
        source="shopify",
    )

    assert (status, counts(report)) == (0, (1, 0, 0, 0))
    assert "every sign fits UTF-8" in out
    assert "the header has 9 columns that are known" in out
    assert report["columns_not_imported"] == ["Total Spent", "Total Orders"]
    assert set(Identity.objects.values_list("value", flat=True)) == {
        "camille@example.org",
        "+33639981234",
    }
    assert list(ConsentEvent.objects.values_list("channel", "granted")) == [("sms", False)]


def test_a_prestashop_export_in_windows_signs(file):
    _out, status, report = load(
        file(
            "4;Mme;Zoé;Bénard;zoe@example.org;0",
            "5;M.;Rémi;Noël;remi@example.org;1",
            header="ID;Titre;Prénom;Nom;Adresse e-mail;Newsletter",
            encoding="cp1252",
        ),
        source="presta",
    )

    assert (status, counts(report)) == (0, (2, 0, 0, 0))
    assert (report["encoding"], report["separator"]) == ("cp1252", ";")
    assert report["columns_not_imported"] == ["Titre"]
    assert set(Customer.objects.values_list("first_name", "last_name")) == {
        ("Zoé", "Bénard"),
        ("Rémi", "Noël"),
    }


def test_an_encoding_that_cannot_be_told_is_asked_for(file):
    path = file("1,é", header="number,first_name", encoding="mac_roman")

    out, status, _report = load(path)
    assert (status, Customer.objects.count()) == (2, 0)
    assert "--encoding" in out

    _out, status, _report = load(path, encoding="mac_roman")
    assert (status, Customer.objects.get().first_name) == (0, "é")


def test_columns_are_mapped_and_a_file_without_keys_is_not_read(file):
    path = file("Ada,ada@example.org", header="Vorname,Kontakt", name="german.csv")
    out, status, _report = load(path)
    assert status == 2
    assert "--map COLUMN=FIELD" in out

    _out, status, _report = load(path, map=["Vorname=first_name", "Kontakt=email"], source="")
    assert (status, Customer.objects.get().first_name) == (0, "Ada")


@pytest.mark.parametrize(
    "column, cell, shown, reason",
    [
        ("email", "nobody@", "n•••", "This is not an e-mail address."),
        ("phone", "063998", "0•••", "This telephone number has the wrong length."),
        ("birth_date", "1984-31-12", "1•••", "Not a birth date."),
        ("birth_date", "2999-01-01", "2•••", "Not a birth date."),
        ("home_store", "nowhere", "nowhere", "There is no store with this code."),
        ("points", "-5", "-5", "Not a whole number of points"),
        ("points", "1.5", "1.5", "Not a whole number of points"),
        ("card", "4.5E+12", "4•••", "A spreadsheet rounded this card number"),
        ("card", "2900000000017", "2•••", "Numbers from 29 on"),
        ("siren", "123456789", "123456789", "This is not a SIREN"),
        ("first_name", "x" * 81, "x•••", "Longer than 80 characters."),
        ("marketing_email", "maybe", "maybe", "Neither true nor false."),
        ("marketing_at", "yesterday", "y•••", "Not a date in the past."),
        ("marketing_at", "2999-01-01", "2•••", "Not a date in the past."),
    ],
)
def test_a_refusal_tells_row_column_masked_value_and_reason(file, column, cell, shown, reason):
    out, status, report = load(file(f"1,{cell}", "2,", header=f"number,{column}"))

    assert (status, counts(report)) == (1, (1, 0, 0, 1))
    (refusal,) = report["refusals"]
    assert (refusal["row"], refusal["column"], refusal["value"]) == (2, column, shown)
    assert refusal["reason"].startswith(reason)
    assert shown == cell or cell not in out + json.dumps(report)


def test_a_row_that_is_cut_off_and_one_that_tells_nobody(file):
    _out, _status, report = load(
        file("Ada,a@example.org", "Bo,", "Cy", header="first_name,email"), source=""
    )

    assert counts(report) == (1, 0, 0, 2)
    assert [refusal["reason"] for refusal in report["refusals"]] == [
        "Nothing tells who this is: number, e-mail, telephone, card.",
        "The row ends early: 1 cells of 2.",
    ]


def test_an_erased_person_stays_erased(file):
    path = file("1,Ada,ada@example.org", header="number,first_name,email")
    load(path)
    at = datetime.now(UTC)
    request = erasing.ask(
        customer=Customer.objects.get(), source="account", actor="customer", at=at, tell=False
    )
    erasing.go_on(request_id=request.pk, at=at)
    request.refresh_from_db()
    assert request.status == "done"

    _out, status, report = load(path)

    assert (status, counts(report)) == (1, (0, 0, 0, 1))
    assert report["refusals"][0]["reason"].startswith("This person was erased here")
    assert list(Customer.objects.values_list("first_name", flat=True)) == [""]
    assert not Identity.objects.exists()


def test_naughty_strings_are_names(file, tmp_path):
    if not BLNS.exists():
        pytest.skip("real input is not here: blns.json (see CONTRIBUTING)")
    names = {str(n): text.strip() for n, text in enumerate(json.loads(BLNS.read_text()))}
    path = tmp_path / "naughty.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["number", "email", "last_name"])
        writer.writerows([n, f"n{n}@example.org", name] for n, name in names.items())

    _out, _status, report = load(path)

    kept = {f"n{n}@example.org": name for n, name in names.items() if len(name) <= 80}
    assert len(kept) > 400
    found = Identity.objects.values_list("value", "customer__last_name")
    assert dict(found) == kept
    assert counts(report) == (len(kept), 0, 0, len(names) - len(kept))


def test_new_people_cost_no_statement_each(file, django_assert_max_num_queries):
    StoreFactory(code="S-LYON")
    header = "number,first_name,email,phone,home_store,siren,marketing_email"
    path = file(
        *(f"{n},P{n},p{n}@example.org,06399812{n:02d},S-LYON,732829320,no" for n in range(60)),
        header=header,
    )

    with django_assert_max_num_queries(24):
        _out, _status, report = load(path)

    assert counts(report) == (60, 0, 0, 0)
    assert (Identity.objects.count(), ConsentEvent.objects.count()) == (120, 60)
    assert Company.objects.count() == 1


def test_a_key_that_is_taken_while_a_batch_is_written_refuses_its_row_alone(file):
    """Somebody joins between the look at a batch and its writing."""
    header = "number,email,points"
    load(file("1,a@example.org,", header=header))
    path = file("1,a@example.org,5", "2,b@example.org,", "3,c@example.org,", header=header)
    refused = []

    def joins(*_opening):
        create_customer(first_name="Bo", email="b@example.org")

    result = import_customers(
        open_source(path), name="till", at=datetime.now(UTC), opening=joins, refused=refused.append
    )

    assert (result.outcomes, result.refused) == ({"created": 1, "changed": 1}, 1)
    assert [(item.row, item.column) for item in refused] == [(3, "email")]
    assert Customer.objects.count() == 3
    assert Identity.objects.get(value="b@example.org").customer.first_name == "Bo"


def test_rows_that_are_there_cost_no_statement_each(file, django_assert_max_num_queries):
    path = file(*(f"{n},p{n}@example.org,no" for n in range(60)), header=CONSENT.rsplit(",", 2)[0])
    load(path)

    with django_assert_max_num_queries(12):
        _out, _status, report = load(path)
    assert counts(report) == (0, 0, 60, 0)


@pytest.mark.django_db(transaction=True)
def test_one_import_runs(file):
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [lock_key(LOCK)])
        out, status, _report = load(file("1,Ada", header="number,first_name"))
    finally:
        other.close()

    assert status == 2
    assert "Another import of customers is running." in out
    assert not Customer.objects.exists()
    assert connections["default"].in_atomic_block is False

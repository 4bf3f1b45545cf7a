"""What somebody asked of us goes with them: words, addresses, files; the number stays."""

import pytest

from customers.models import Case, CaseAttachment, CaseEntry
from customers.services import conversations
from customers.services.attachments import Upload
from customers.services.conversations import Sender
from omnishop.privacy.person import person
from omnishop.privacy.services import erasing
from tests.customers.test_cases import PNG, kept_in
from tests.factories import NOON, CustomerFactory

pytestmark = pytest.mark.django_db


def test_words_and_files_of_cases_go_and_strangers_keep_theirs(
    monkeypatch, tmp_path, django_capture_on_commit_callbacks
):
    kept_in(tmp_path, monkeypatch)
    camille = CustomerFactory(email="canary@example.org")
    for n, sender in enumerate(
        [
            Sender(name="Canary", customer_id=camille.pk, phone="0639980001"),
            Sender(name="Canary", email="canary@example.org"),
            Sender(name="Paul", email="paul@example.org"),
        ]
    ):
        conversations.open_case(
            subject="Canary", text="Canary", channel="form", sender=sender, key=f"k{n}",
            actor="customer", at=NOON, uploads=[Upload("canary.png", PNG)],
        )  # fmt: skip
    stored = [one.file.name for one in CaseAttachment.objects.order_by("pk")]

    with django_capture_on_commit_callbacks(execute=True):
        erasing.erase(person(camille.pk), at=NOON)

    first, second, pauls = Case.objects.order_by("pk")
    for case in (first, second):
        assert (case.subject, case.name, case.email, case.phone) == ("", "", "", "")
        assert case.status == "closed"
        assert case.number.startswith("K-")
    assert list(CaseEntry.objects.order_by("pk").values_list("text", flat=True)) == [
        "",
        "",
        "Canary",
    ]
    assert (pauls.name, pauls.status) == ("Paul", "open")
    assert [(tmp_path / name).exists() for name in stored] == [False, False, True]

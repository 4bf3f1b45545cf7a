"""Cases: begun in one channel, gone on with in another, nothing said twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import IntegrityError, connection, connections, transaction

from customers import cases
from customers.models import (
    Case,
    CaseAttachment,
    CaseEntry,
    Identity,
    Message,
    ReplyTemplate,
    ServiceLevel,
)
from customers.services import conversations, desk
from customers.services.attachments import Upload
from customers.services.case_rows import WrittenMeanwhile
from customers.services.conversations import Sender
from omnishop.kernel.errors import Invalid
from tests.factories import NOON, CustomerFactory, StaffFactory, StoreFactory

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
CAMILLE = Sender(name="Camille Martin", email="Camille@example.org")


def opened(key="k1", **changes):
    values = {
        "subject": "Colis abîmé", "text": "Le carton est ouvert.", "channel": "form",
        "sender": CAMILLE, "key": key, "actor": "customer", "at": NOON,
    }  # fmt: skip
    return conversations.open_case(**values | changes)


def answered(case, key="a1", text="Nous regardons.", version=None, actor="user:1", **changes):
    return conversations.answer(
        case_id=case.pk, text=text, key=key, version=version, actor=actor, at=NOON, **changes
    )


def test_a_request_is_a_case_with_a_number_and_a_receipt_once():
    case = opened()

    assert opened() == case  # the same form, sent twice
    assert case.number == f"K-{int(case.number[2:]):06d}"
    assert (case.status, case.version, case.email) == ("open", 1, "camille@example.org")
    message = Message.objects.get()
    assert (message.template, message.to) == ("case_received", "camille@example.org")
    assert message.context["link"].endswith(f"/demande/{case.token}/")
    assert message.headers["Auto-Submitted"] == "auto-replied"


def test_only_a_proved_address_says_whose_case_it_is():
    proved, typed = CustomerFactory(), CustomerFactory()
    Identity.objects.create(customer=proved, kind="email", value="p@example.org", verified_at=NOON)
    Identity.objects.create(customer=typed, kind="email", value="t@example.org")

    known = opened("k1", sender=Sender(email="p@example.org"))
    unknown = opened("k2", sender=Sender(email="t@example.org"))

    assert known.customer == proved
    assert unknown.customer is None


def test_an_answer_is_due_in_open_time_by_priority_and_store():
    ServiceLevel.objects.update_or_create(priority=3, defaults={"minutes": 480})
    friday = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)  # 17:00 in Paris, open until 19:00
    lyon = StoreFactory(opening_hours="Mo-Sa 10:00-19:30; PH off")

    desk_case = opened("k1", at=friday)
    store_case = opened("k2", at=friday, store_id=lyon.pk)

    assert desk_case.due_at == datetime(2026, 11, 21, 14, 0, tzinfo=UTC)  # 2 h, then 6 from 09:00
    assert store_case.due_at == datetime(2026, 11, 21, 14, 30, tzinfo=UTC)  # 2.5 h, 5.5 from 10:00


def test_an_answer_waits_for_the_customer_who_opens_it_again():
    case = opened()

    answered(case)
    case.refresh_from_db()
    assert (case.status, case.due_at) == ("waiting", None)
    desk.move(case_id=case.pk, to="solved", key="s", actor="user:1", at=NOON)
    conversations.customer_writes(
        case_id=case.pk, text="Encore là", channel="chat", key="c", at=NOON + timedelta(days=1)
    )

    case.refresh_from_db()
    assert case.status == "open"
    assert case.due_at is not None
    assert list(case.entries.filter(kind="event").values_list("what", flat=True)) == [
        "solved",
        "reopened",
    ]


def test_the_same_answer_twice_is_one_entry_and_one_mail():
    case = opened()

    assert answered(case) == answered(case)

    assert case.entries.filter(side="staff").count() == 1
    assert Message.objects.filter(template="case_answer").count() == 1


def test_who_did_not_read_what_came_meanwhile_is_shown_it_first():
    case = opened()
    seen = case.version
    answered(case, "first", actor="user:1", version=seen)

    with pytest.raises(WrittenMeanwhile) as refusal:
        answered(case, "second", text="Autre chose", actor="user:2", version=seen)

    assert [entry.text for entry in refusal.value.entries] == ["Nous regardons."]
    assert case.entries.filter(side="staff").count() == 1
    answered(case, "second", actor="user:2", version=refusal.value.case.version)  # read, confirmed
    assert case.entries.filter(side="staff").count() == 2


def test_a_note_among_staff_is_not_the_customers_and_sends_nothing():
    case = opened()
    sent = Message.objects.count()

    conversations.note(case_id=case.pk, text="Difficile", key="n", actor="user:1", at=NOON)
    conversations.note(
        case_id=case.pk, text="A rappelé", key="p", actor="user:1", at=NOON, channel="phone",
        internal=False, then="solved",
    )  # fmt: skip

    said = [entry.text for entry in cases.entries(case, internal=False) if entry.text]
    assert said == ["Le carton est ouvert.", "A rappelé"]
    assert Message.objects.count() == sent
    assert Case.objects.get().status == "solved"


def test_an_absence_notice_is_kept_for_staff_and_opens_nothing():
    case = opened()
    answered(case)

    conversations.customer_writes(
        case_id=case.pk, text="Absent", channel="email", key="m", at=NOON, automatic=True
    )

    entry = CaseEntry.objects.get(text="Absent")
    assert entry.internal
    assert Case.objects.get().status == "waiting"


def test_two_cases_of_one_person_become_one_and_keep_their_words():
    first, second = opened("k1"), opened("k2", text="Et la facture ?")

    into = desk.merge(case_id=second.pk, into_id=first.pk, actor="user:1", at=NOON)

    second.refresh_from_db()
    assert (second.status, second.merged_into) == ("closed", first)
    assert [e.text for e in cases.entries(into, internal=False) if e.text] == [
        "Le carton est ouvert.",
        "Et la facture ?",
    ]
    late = conversations.customer_writes(
        case_id=second.pk, text="Ajout", channel="email", key="x", at=NOON
    )
    assert late.case == first  # whatever answers the old number comes here
    stranger = opened("k3", sender=Sender(email="x@example.org"))
    with pytest.raises(Invalid):
        desk.merge(case_id=stranger.pk, into_id=first.pk, actor="user:1", at=NOON)


def test_whoever_takes_a_case_that_was_taken_is_told():
    case, one, two = opened(), StaffFactory().user, StaffFactory().user
    seen = case.version

    desk.assign(case_id=case.pk, user=one, version=seen, actor=f"user:{one.pk}", at=NOON)
    with pytest.raises(WrittenMeanwhile):
        desk.assign(case_id=case.pk, user=two, version=seen, actor=f"user:{two.pk}", at=NOON)

    assert Case.objects.get().assignee == one


def test_a_solved_case_nobody_came_back_to_is_closed():
    case = opened()
    desk.move(case_id=case.pk, to="solved", key="s", actor="user:1", at=NOON)

    assert not desk.close_if_over(case_id=case.pk, at=NOON + timedelta(days=13))
    assert desk.close_if_over(case_id=case.pk, at=NOON + timedelta(days=14))

    assert Case.objects.get().status == "closed"


def kept_in(folder, monkeypatch):
    """Files of cases go to a folder of the test."""
    field = CaseAttachment._meta.get_field("file")
    monkeypatch.setattr(field, "storage", FileSystemStorage(folder))


def test_files_are_what_their_bytes_say(monkeypatch, tmp_path):
    kept_in(tmp_path, monkeypatch)
    with pytest.raises(Invalid):
        opened(uploads=[Upload("photo.png", b"<svg onload=alert(1)>")])
    with pytest.raises(Invalid):
        opened(uploads=[Upload("a.png", PNG)] * 6)
    assert not Case.objects.exists()

    opened(uploads=[Upload("../../photo.png", PNG)])

    kept = CaseAttachment.objects.get()
    assert (kept.name, kept.kind, kept.size) == ("../../photo.png", "image/png", len(PNG))
    assert kept.file.name.startswith("cases/")
    assert cases.file_of(cases.file_link(kept)) == kept
    assert cases.file_of(cases.file_link(kept) + "x") is None


def test_a_text_for_answers_has_its_places_filled():
    text = ReplyTemplate(name="t", language="fr", text="Bonjour {name}, {order} {autre}")

    assert text.filled(name="Camille", order="O-1") == "Bonjour Camille, O-1 {autre}"


def test_staff_see_the_cases_of_their_stores_and_those_they_were_given():
    lyon, lille = StoreFactory(), StoreFactory()
    lyon_staff = StaffFactory(stores=[lyon]).user
    here, there = opened("k1", store_id=lyon.pk), opened("k2", store_id=lille.pk)
    desk_case = opened("k3")
    everyone = StaffFactory(all_stores=True).user

    assert set(Case.objects.visible_to(lyon_staff)) == {here}
    desk.assign(case_id=desk_case.pk, user=lyon_staff, version=None, actor="user:9", at=NOON)
    assert set(Case.objects.visible_to(lyon_staff)) == {here, desk_case}
    assert set(Case.objects.visible_to(everyone)) == {here, there, desk_case}


@pytest.mark.parametrize(
    "broken",
    [
        {"status": "open", "due_at": None},
        {"status": "waiting", "due_at": NOON},
    ],
)
def test_the_database_holds_that_an_open_case_has_a_time(broken):
    case = opened()

    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(**broken)


def test_the_database_holds_that_what_a_customer_wrote_is_not_hidden():
    case = opened()

    with pytest.raises(IntegrityError), transaction.atomic():
        CaseEntry.objects.create(
            case=case, side="customer", internal=True, actor="customer", key="h", at=NOON
        )


def test_the_words_of_an_entry_can_be_erased_and_nothing_else_changes():
    case = opened()

    assert CaseEntry.objects.update(text="", sender="") == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        CaseEntry.objects.filter(case=case).update(internal=True)


def together(*works):
    """Run each in a thread of its own, begun at once; what each gave or raised."""
    barrier = Barrier(len(works))

    def run(work):
        barrier.wait()
        try:
            return work()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_form_sent_twenty_times_at_once_is_one_case():
    found = together(*[lambda: opened().pk] * 20)

    assert len(set(found)) == 1
    assert (Case.objects.count(), CaseEntry.objects.count()) == (1, 1)
    assert Message.objects.count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_two_agents_who_answer_at_once_one_reads_the_other_first():
    case = opened()

    found = together(
        *[
            lambda n=n: answered(case, f"a{n}", actor=f"user:{n}", version=case.version)
            for n in range(10)
        ]
    )

    assert sum(isinstance(one, CaseEntry) for one in found) == 1
    assert sum(isinstance(one, WrittenMeanwhile) for one in found) == 9
    assert Message.objects.filter(template="case_answer").count() == 1
    connection.close()

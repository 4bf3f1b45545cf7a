"""E-mail in and out: threads, forged numbers, machines, the same message twice."""

import io
from email import message_from_bytes
from email.message import EmailMessage

import pytest
from django.core import mail as outbox
from django.core.management import call_command

from customers.models import Case, CaseAttachment, CaseEntry, Message
from customers.services import conversations, messages
from customers.services.conversations import Sender
from customers.services.inbound import receive
from tests.customers.test_cases import PNG, kept_in
from tests.factories import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(monkeypatch, tmp_path):
    kept_in(tmp_path, monkeypatch)


def raw(text="Bonjour, où est mon colis ?", sender="Camille <camille@example.org>", **headers):
    message = EmailMessage()
    message["From"] = sender
    message["To"] = headers.pop("to", "service@grandair.example")
    message["Subject"] = headers.pop("subject", "Mon colis")
    message["Message-ID"] = headers.pop("message_id", "<one@example.org>")
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


def answered(case):
    return conversations.answer(
        case_id=case.pk, text="Il arrive.", key="a", version=None, actor="user:1", at=NOON,
        agent="Sofia",
    )  # fmt: skip


def left():
    """The mail that leaves for the newest message."""
    message = Message.objects.order_by("-pk")[0]
    assert messages.send(message_id=message.pk, at=NOON)
    return outbox.outbox[-1]


def test_a_mail_begins_a_case_and_its_receipt_answers_it():
    received = receive(raw(), at=NOON)

    case = received.case
    assert (received.outcome, case.subject, case.channel) == ("case", "Mon colis", "email")
    sent = left()
    assert sent.extra_headers["In-Reply-To"] == "<one@example.org>"
    assert sent.extra_headers["Auto-Submitted"] == "auto-replied"
    assert case.number.lower() in sent.extra_headers["Reply-To"]
    assert case.number in sent.subject


def test_the_same_mail_twice_is_one_entry():
    receive(raw(), at=NOON)

    assert receive(raw(), at=NOON).outcome == "repeat"
    assert (Case.objects.count(), CaseEntry.objects.count()) == (1, 1)


def test_an_answer_comes_back_by_its_reply_address_whoever_sends_it():
    case = receive(raw(), at=NOON).case
    answered(case)
    sent = left()
    address = sent.extra_headers["Reply-To"].partition("<")[2].rstrip(">")

    received = receive(
        raw("Merci", sender="c.martin@work.example", to=address, message_id="<two@w>"), at=NOON
    )

    assert received.case == case
    assert Case.objects.get().status == "open"
    assert CaseEntry.objects.get(text="Merci").sender == "c.martin@work.example"


def test_an_answer_comes_back_by_its_thread():
    case = receive(raw(), at=NOON).case
    answered(case)
    ours = left().extra_headers["Message-ID"]

    thread = f"<one@example.org> {ours}"
    received = receive(
        raw("Merci", message_id="<two@x>", In_Reply_To=ours, References=thread), at=NOON
    )

    assert (received.outcome, received.case) == ("entry", case)


def test_a_number_alone_opens_nobodys_case():
    case = receive(raw(), at=NOON).case
    forged = f"service+{case.number.lower()}.{'0' * 20}@grandair.example"

    strangers = receive(
        raw(
            "Envoyez-moi son adresse", sender="eve@example.net", to=forged,
            subject=f"Re: Mon colis [{case.number}]", message_id="<eve@x>",
            References="<one@example.org>",
        ),
        at=NOON,
    )  # fmt: skip
    theirs = receive(
        raw("C'est encore moi", subject=f"RE: [{case.number}]", message_id="<three@x>"), at=NOON
    )

    assert strangers.outcome == "case"
    assert strangers.case != case
    assert case.number not in strangers.case.subject
    assert theirs.case == case
    assert case.entries.count() == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"X_Autoreply": "yes"},
        {"sender": "MAILER-DAEMON@example.org"},
        {"Return_Path": "<>"},
        {"sender": "service@grandair.example"},
        {"sender": "service+k-000001.aa@grandair.example"},
        {"sender": "not an address"},
    ],
)
def test_machines_are_never_answered(headers):
    assert receive(raw(**headers), at=NOON).outcome == "ignored"

    assert not Case.objects.exists()
    assert not Message.objects.exists()


def test_an_absence_notice_to_an_answer_is_kept_and_does_not_loop():
    case = receive(raw(), at=NOON).case
    answered(case)
    before = Message.objects.count()
    address = case.reply_address

    for n in range(3):
        receive(
            raw("Absent", to=address, message_id=f"<auto{n}@x>", Auto_Submitted="auto-replied"),
            at=NOON,
        )

    assert Message.objects.count() == before
    assert Case.objects.get().status == "waiting"
    assert all(one.internal for one in CaseEntry.objects.filter(text="Absent"))


def test_the_quoted_mail_below_an_answer_is_left_out():
    text = "Merci !\n\nLe lun. 2 nov. 2026 à 10:00, Grand Air a écrit :\n> Il arrive.\n"
    marked = "Parfait\n\n> -- répondez au-dessus de cette ligne --\n> Il arrive."

    receive(raw(text), at=NOON)
    receive(raw(marked, message_id="<2@x>"), at=NOON)

    assert set(CaseEntry.objects.values_list("text", flat=True)) == {"Merci !", "Parfait"}


def test_files_of_a_mail_are_kept_when_they_are_what_we_take():
    message = message_from_bytes(raw(), policy=EmailMessage().policy)
    message.add_attachment(PNG, maintype="image", subtype="png", filename="photo.png")
    message.add_attachment(b"MZ...", maintype="image", subtype="png", filename="virus.exe")

    receive(message.as_bytes(), at=NOON)

    assert [one.name for one in CaseAttachment.objects.all()] == ["photo.png"]
    assert CaseEntry.objects.get().text.endswith("[virus.exe]")


def test_an_html_mail_is_read_as_text():
    message = message_from_bytes(raw(), policy=EmailMessage().policy)
    message.set_content("<p>Bonjour&nbsp;!</p><script>x()</script><p>Où est-il&nbsp;?</p>", "html")

    receive(message.as_bytes(), at=NOON)

    assert CaseEntry.objects.get().text == "Bonjour\u00a0!\nOù est-il\u00a0?"


@pytest.mark.parametrize("broken", [b"", b"\x00\xff", b"From: a@b.example\n\n\x00", b"X" * 5000])
def test_what_is_no_mail_does_no_harm(broken):
    assert receive(broken, at=NOON).outcome in ("ignored", "case")


def test_a_flood_of_forms_to_one_address_gets_few_receipts():
    for n in range(8):
        conversations.open_case(
            subject="x", text="y", channel="form", sender=Sender(email="v@example.org"),
            key=f"k{n}", actor="customer", at=NOON,
        )  # fmt: skip

    assert Message.objects.count() == 5


def test_a_maildir_is_read_once(tmp_path):
    for folder in ("new", "cur", "tmp"):
        (tmp_path / "in" / folder).mkdir(parents=True)
    (tmp_path / "in" / "new" / "1.mail").write_bytes(raw())

    said = io.StringIO()
    call_command("receive_mail", maildir=str(tmp_path / "in"), stdout=said)
    call_command("receive_mail", maildir=str(tmp_path / "in"), stdout=said)

    assert said.getvalue().split() == ["case", Case.objects.get().number]
    assert not list((tmp_path / "in" / "new").iterdir())

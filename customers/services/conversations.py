"""Cases: begun in any channel, gone on with in any other, one number and one list of words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from customers.models import Case, CaseEntry, Customer, Identity
from customers.selectors import resolve
from customers.services.attachments import Upload, check
from customers.services.case_rows import (
    NO_MAIL,
    Mail,
    Side,
    Status,
    check_read,
    done,
    due,
    locked,
    move,
    next_number,
    write,
)
from customers.services.identities import normal_email, normal_phone
from customers.services.messages import queue_message
from omnishop.kernel.errors import Invalid
from omnishop.kernel.transactions import joined
from omnishop.network.models import Store

Channel = Case.Channel

LONGEST = 10_000  # characters of one entry
TOLD_PER_HOUR = 5  # receipts to one address: a form must not flood somebody's mail


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes from outside, as far as they said."""

    name: str = ""
    email: str = ""
    phone: str = ""
    language: str = "fr"
    customer_id: int | None = None  # known for certain: signed in, or chosen by staff


def person_of(email: str) -> Customer | None:
    """The person who proved an address; an unproved one links nobody (ALG-11, FIELD 42)."""
    found = (
        Identity.objects.select_related("customer__merged_into")
        .filter(kind=Identity.Kind.EMAIL, value=email, verified_at__isnull=False)
        .first()
    )
    return resolve(found.customer) if found else None


def open_case(
    *,
    subject: str,
    text: str,
    channel: str,
    sender: Sender,
    key: str,
    actor: str,
    at: datetime,
    store_id: int | None = None,
    document: str = "",
    priority: int = Case.Priority.NORMAL,
    uploads: Sequence[Upload] = (),
    mail: Mail = NO_MAIL,
    tell: bool = True,
    assignee_id: int | None = None,
) -> Case:
    """A new case with its first word; a repeat of the key or of the e-mail gives the same case.

    With an address the writer gets a receipt with the link to the case, unless `tell` says no.
    The person is linked only when they are known for certain. Raises Invalid.
    """
    if repeat := done(key, mail):
        return repeat.case.merged_into or repeat.case
    subject, text = " ".join(subject.split())[:160], text.strip()[:LONGEST]
    if not text:
        raise Invalid(_("Write what it is about."))
    check(uploads)
    email = normal_email(sender.email) if sender.email else ""
    phone = normal_phone(sender.phone) if sender.phone else ""
    customer_id = sender.customer_id
    if customer_id is None and email and (known := person_of(email)):
        customer_id = known.pk
    store = Store.objects.filter(pk=store_id).first() if store_id else None
    try:
        with transaction.atomic():
            case = Case.objects.create(
                number=next_number(), subject=subject or text[:80], customer_id=customer_id,
                name=sender.name.strip()[:160], email=email, phone=phone,
                language=sender.language, channel=channel, priority=priority, store=store,
                document=document, assignee_id=assignee_id, due_at=due(priority, store, at),
                opened_at=at, last_at=at,
            )  # fmt: skip
            by_customer = actor == "customer"
            entry = write(
                case, side=Side.CUSTOMER if by_customer else Side.STAFF, channel=channel,
                text=text, key=key, actor=actor, at=at, mail=mail, uploads=uploads,
            )  # fmt: skip
            if tell and by_customer and email and not _told_enough(email, at):
                _mail(case, entry, template="case_received", at=at, automatic=True)
    except IntegrityError:
        if repeat := done(key, mail):  # the other one was first
            return repeat.case.merged_into or repeat.case
        raise
    return case


def _told_enough(email: str, at: datetime) -> bool:
    since = at - timedelta(hours=1)
    return Case.objects.filter(email=email, opened_at__gt=since).count() > TOLD_PER_HOUR


@joined
def customer_writes(
    *,
    case_id: int,
    text: str,
    channel: str,
    key: str,
    at: datetime,
    uploads: Sequence[Upload] = (),
    mail: Mail = NO_MAIL,
    automatic: bool = False,
) -> CaseEntry:
    """The customer goes on; a case that waited for them or was solved is open again.

    A repeat of the key or of the e-mail is one entry. What a machine of theirs sent (`automatic`:
    absence, failed delivery) is kept for staff and opens nothing.
    """
    case = locked(case_id)
    if repeat := done(key, mail):
        return repeat
    text = text.strip()[:LONGEST]
    if not text and not uploads:
        raise Invalid(_("Write what it is about."))
    check(uploads)
    entry = write(
        case, side=Side.SYSTEM if automatic else Side.CUSTOMER, channel=channel, text=text,
        key=key, actor="customer", at=at, mail=mail, uploads=uploads, internal=automatic,
    )  # fmt: skip
    if not automatic:
        move(case, Status.OPEN, actor="customer", at=at, key=key)
    return entry


@joined
def answer(
    *,
    case_id: int,
    text: str,
    key: str,
    version: int | None,
    actor: str,
    at: datetime,
    agent: str = "",
    uploads: Sequence[Upload] = (),
    then: str = Status.WAITING,
) -> CaseEntry:
    """Staff answer: on the customer's page, and by mail where we have an address.

    `version` is the one the agent saw: whoever did not read what came meanwhile is asked to
    (WrittenMeanwhile). The same key again sends nothing.
    """
    case = locked(case_id)
    if repeat := done(key, NO_MAIL):
        return repeat
    check_read(case, version, actor)
    text = text.strip()[:LONGEST]
    if not text:
        raise Invalid(_("Write an answer."))
    check(uploads)
    ours = f"<{case.number.lower()}.{case.signature}.{uuid4().hex}@{_domain()}>"
    last = case.entries.exclude(message_id="").order_by("-pk").first()
    entry = write(
        case, side=Side.STAFF, channel=Channel.EMAIL if case.email else Channel.CHAT, text=text,
        key=key, actor=actor, at=at, uploads=uploads,
        mail=Mail(ours, last.message_id if last else ""),
    )  # fmt: skip
    if case.email:
        _mail(case, entry, template="case_answer", at=at, agent=agent)
    move(case, then, actor=actor, at=at, key=key)
    return entry


@joined
def note(
    *,
    case_id: int,
    text: str,
    key: str,
    actor: str,
    at: datetime,
    channel: str = "",
    internal: bool = True,
    then: str = "",
    uploads: Sequence[Upload] = (),
) -> CaseEntry:
    """Staff write down a call, a talk in the shop, or something for each other alone.

    Nothing is sent: the customer was told, or must not read it.
    """
    case = locked(case_id)
    if repeat := done(key, NO_MAIL):
        return repeat
    text = text.strip()[:LONGEST]
    if not text:
        raise Invalid(_("Write what was said."))
    check(uploads)
    entry = write(
        case, side=Side.STAFF, channel=channel, text=text, internal=internal, key=key,
        actor=actor, at=at, uploads=uploads,
    )  # fmt: skip
    if then:
        move(case, then, actor=actor, at=at, key=key)
    return entry


def _domain() -> str:
    return str(settings.CARE_EMAIL).partition("@")[2]


def _mail(
    case: Case,
    entry: CaseEntry,
    *,
    template: str,
    at: datetime,
    agent: str = "",
    automatic: bool = False,
) -> None:
    """Write the mail of an entry, in the thread of the case; one mail an entry."""
    with override(case.language):
        link = settings.SITE_URL + reverse("storefront:case", args=[case.token])
    headers = {"Reply-To": f"{settings.SHOP_NAME} <{case.reply_address}>"}
    if automatic:
        headers["Auto-Submitted"] = "auto-replied"
        if entry.message_id:
            headers["In-Reply-To"] = headers["References"] = entry.message_id
    else:
        before = case.entries.exclude(message_id="").exclude(pk=entry.pk).order_by("-pk")[:10]
        headers["Message-ID"] = entry.message_id
        if entry.in_reply_to:
            headers["In-Reply-To"] = entry.in_reply_to
            headers["References"] = " ".join(one.message_id for one in reversed(before))
    queue_message(
        key=f"case:{entry.pk}",
        template=template,
        to=case.email,
        language=case.language,
        context={
            "number": case.number,
            "subject_words": case.subject,
            "name": case.name,
            "text": entry.text,
            "agent": agent,
            "files": [one.name for one in entry.attachments.all()],
            "link": link,
        },
        headers=headers,
        at=at,
        customer_id=case.customer_id,
        document=case.number,
    )

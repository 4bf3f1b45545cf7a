"""E-mail that comes in: into its case by a token or by sender and thread, else into a new one."""

import email.policy
import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.utils import getaddresses, parseaddr
from hashlib import sha256
from html import unescape

from django.conf import settings
from django.db.models import Q

from customers.models import Case, CaseEntry
from customers.models.conversation import signed_number
from customers.selectors import proved_emails, resolve
from customers.services.attachments import Upload, acceptable
from customers.services.case_rows import Mail
from customers.services.conversations import LONGEST, Sender, customer_writes, open_case
from customers.services.identities import normal_email
from omnishop.kernel.errors import Refusal

NUMBER = re.compile(r"\bK-\d{6,9}\b", re.IGNORECASE)
TOKEN = re.compile(r"\b(k-\d{6,9})\.([0-9a-f]{20})\b", re.IGNORECASE)
MARKS = ("-- répondez au-dessus de cette ligne", "-- reply above this line")
QUOTED = re.compile(r"^\s*(On .{5,200} wrote:|Le .{5,200} a écrit\s?:)\s*$", re.MULTILINE)
MACHINES = {"mailer-daemon", "postmaster", "no-reply", "noreply", "bounce", "bounces"}
LONGEST_MAIL = 25_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Received:
    """What became of an e-mail."""

    outcome: str  # "case", "entry", "repeat", "ignored"
    case: Case | None = None


def receive(raw: bytes, *, at: datetime) -> Received:
    """Take one RFC 5322 message. The same message again changes nothing.

    It joins a case that it carries the token of (reply address, thread), or whose customer its
    sender is and whose thread or number it names. A number alone opens nothing: such a message
    begins a case of its own. Machines are never answered: what they say of a case is kept there
    for staff, the rest is dropped.
    """
    if len(raw) > LONGEST_MAIL:
        return Received("ignored")
    message = message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101  the policy's own kind
    name, sender = parseaddr(_header(message, "From"))
    message_id = _header(message, "Message-ID")[:250] or f"<{sha256(raw).hexdigest()}@received>"
    if CaseEntry.objects.filter(message_id=message_id).exists():
        return Received("repeat")
    try:
        sender = normal_email(sender)
    except Refusal:
        return Received("ignored")
    if _ours(sender):
        return Received("ignored")  # our own mail came back: the shortest of loops
    automatic = is_automatic(message, sender)
    case = _case_of(message, sender)
    if automatic and case is None:
        return Received("ignored")
    text = words_of(message)
    kept, left_out = acceptable(_files(message))
    if left_out:
        text += "\n\n[" + ", ".join(left_out) + "]"
    mail = Mail(message_id, _header(message, "In-Reply-To")[:250], sender)
    key = f"mail:{sha256(message_id.encode()).hexdigest()}"
    subject = _header(message, "Subject")
    if case:
        customer_writes(
            case_id=case.pk, text=text or subject or "…", channel=Case.Channel.EMAIL, key=key,
            at=at, uploads=kept, mail=mail, automatic=automatic,
        )  # fmt: skip
        return Received("entry", case)
    case = open_case(
        subject=NUMBER.sub("", subject).replace("[]", ""), text=text or subject or "…",
        channel=Case.Channel.EMAIL, sender=Sender(name=name, email=sender), key=key,
        actor="customer", at=at, uploads=kept, mail=mail,
    )  # fmt: skip
    return Received("case", case)


def _header(message: EmailMessage, name: str) -> str:
    """A header as text without what a database refuses; nothing when it cannot be read."""
    try:
        return str(message.get(name, "")).replace("\x00", "").strip()
    except Exception:  # a header so broken that the parser gives up on it
        return ""


def _ours(address: str) -> bool:
    local, _at, domain = str(settings.CARE_EMAIL).lower().partition("@")
    theirs, _at, at_domain = address.partition("@")
    if at_domain == domain and theirs.partition("+")[0] == local:
        return True
    return address == parseaddr(settings.DEFAULT_FROM_EMAIL)[1].lower()


def is_automatic(message: EmailMessage, sender: str) -> bool:
    """Whether a machine wrote it: absence, failed delivery, list (RFC 3834 and its ancestors)."""
    submitted = _header(message, "Auto-Submitted").lower()
    if submitted and not submitted.startswith("no"):
        return True
    if _header(message, "Precedence").lower() in {"bulk", "junk", "list", "auto_reply"}:
        return True
    if message.get("Return-Path") is not None and _header(message, "Return-Path") == "<>":
        return True
    told = ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress", "List-Id")
    if any(message.get(name) is not None for name in told):
        return True
    if message.get_content_type() == "multipart/report":
        return True
    return sender.partition("@")[0].partition("+")[0] in MACHINES


def _case_of(message: EmailMessage, sender: str) -> Case | None:
    """The case that a message belongs to, by proof alone."""
    addresses = [
        address
        for header in ("To", "Cc", "Delivered-To", "X-Original-To")
        for _name, address in getaddresses([_header(message, header)])
    ]
    thread = f"{_header(message, 'References')} {_header(message, 'In-Reply-To')}"
    for number, signature in TOKEN.findall(" ".join([*addresses, thread])):
        if signed_number(number, signature):
            found = Case.objects.filter(number=number.upper()).first()
            if found:
                return found
    # Without a token the sender must be the case's own customer.
    ids = re.findall(r"<[^<>\s]+>", thread)[-20:]
    named = [one.upper() for one in NUMBER.findall(_header(message, "Subject"))[:3]]
    if not ids and not named:
        return None
    answered = CaseEntry.objects.filter(message_id__in=ids).values("case")
    candidates = Case.objects.filter(Q(pk__in=answered) | Q(number__in=named))
    for case in candidates.select_related("customer__merged_into").order_by("-pk"):
        if case.email == sender or _proved(case, sender):
            return case
    return None


def _proved(case: Case, sender: str) -> bool:
    """Whether the case's person proved that address."""
    if case.customer is None:
        return False
    return proved_emails(resolve(case.customer)).filter(value=sender).exists()


def words_of(message: EmailMessage) -> str:
    """What was written: plain text first, without the quoted mail below it."""
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return ""
    try:
        text = str(part.get_content())
    except (LookupError, ValueError):  # an unknown or broken encoding
        raw = part.get_payload(decode=True)
        text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""
    if part.get_content_type() == "text/html":
        text = _plain(text)
    text = text.replace("\r\n", "\n").replace("\x00", "")
    for mark in MARKS:
        at = text.lower().find(mark)
        if at >= 0:
            text = text[: text.rfind("\n", 0, at) + 1]
    if quoted := QUOTED.search(text):
        text = text[: quoted.start()]
    lines = text.rstrip().split("\n")
    while lines and (not lines[-1].strip() or lines[-1].startswith(">")):
        lines.pop()
    return "\n".join(lines).strip()[:LONGEST]


def _plain(html: str) -> str:
    html = re.sub(r"(?is)<(script|style|head|blockquote)\b.*?</\1>", "", html[:1_000_000])
    html = re.sub(r"(?i)<br\s*/?>|</(p|div|li|tr|h\d)>", "\n", html)
    return re.sub(r"\n{3,}", "\n\n", unescape(re.sub(r"<[^>]*>", "", html)))


def _files(message: EmailMessage) -> list[Upload]:
    """The files of a message, each with its name."""
    files = []
    for part in message.iter_attachments():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes) and content:
            name = (part.get_filename() or "file").replace("\x00", "")
            files.append(Upload(re.sub(r"[\r\n/\\]", "_", name), content))
    return files

"""The rows of a case: its lock, its entries, its status. All that writes in a case comes here.

The case's row is the lock; `version` counts its entries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from customers.models import Case, CaseEntry, ServiceLevel
from customers.services.attachments import Upload, attach
from omnishop.kernel.errors import NotFound, Refusal
from omnishop.network.models import Store

Status, Side, Kind = Case.Status, CaseEntry.Side, CaseEntry.Kind

TRANSITIONS = {
    Status.OPEN: {Status.WAITING, Status.SOLVED, Status.CLOSED},
    Status.WAITING: {Status.OPEN, Status.SOLVED, Status.CLOSED},
    Status.SOLVED: {Status.OPEN, Status.CLOSED},
    Status.CLOSED: {Status.OPEN},
}
MINUTES = 480  # to answer, for a priority without a service level


class WrittenMeanwhile(Refusal):
    """Somebody wrote in the case since it was shown: read that, then send or change one's words."""

    code = "written_meanwhile"

    def __init__(self, case: Case, entries: Sequence[CaseEntry]) -> None:
        self.case = case
        self.entries = entries
        super().__init__(_("Somebody wrote in this case meanwhile. Read it, then send or change."))


@dataclass(frozen=True, slots=True)
class Mail:
    """What an e-mail adds to a word: its own id, what it answers, its address."""

    message_id: str = ""
    in_reply_to: str = ""
    sender: str = ""


NO_MAIL = Mail()


def next_number() -> str:
    """The number of a new case; one that is not used stays a gap."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('customers_case_number')")
        return f"K-{cursor.fetchone()[0]:06d}"


def due(priority: int, store: Store | None, at: datetime) -> datetime:
    """By when a case of this priority is to be answered, in hours of the store."""
    level = ServiceLevel.objects.filter(priority=priority).first()
    return (level or ServiceLevel(priority=priority, minutes=MINUTES)).due(at, store)


def done(key: str, mail: Mail) -> CaseEntry | None:
    """The entry that a repeat has written already."""
    same = Q(key=key)
    if mail.message_id:
        same |= Q(message_id=mail.message_id)
    return CaseEntry.objects.select_related("case__merged_into").filter(same).first()


def write(
    case: Case,
    *,
    side: str,
    key: str,
    actor: str,
    at: datetime,
    kind: str = Kind.MESSAGE,
    channel: str = "",
    text: str = "",
    internal: bool = False,
    what: str = "",
    data: dict[str, Any] | None = None,
    mail: Mail = NO_MAIL,
    uploads: Sequence[Upload] = (),
) -> CaseEntry:
    """Write an entry of a locked case; the only writer of entries and of `version`."""
    entry = CaseEntry.objects.create(
        case=case, kind=kind, side=side, channel=channel, internal=internal, text=text, what=what,
        data=data or {}, sender=mail.sender[:254], actor=actor, key=key[:120],
        message_id=mail.message_id, in_reply_to=mail.in_reply_to, at=at,
    )  # fmt: skip
    attach(entry, uploads)
    case.version += 1
    case.last_at = max(case.last_at, at)
    case.save(update_fields=["version", "last_at"])
    return entry


def locked(case_id: int) -> Case:
    """The case, locked until commit; of one that was joined, the one it was joined to."""
    case = Case.objects.locked().filter(pk=case_id).first()
    if case is None:
        raise NotFound(_("There is no such case."))
    return locked(case.merged_into_id) if case.merged_into_id else case


def move(case: Case, to: str, *, actor: str, at: datetime, key: str) -> None:
    """Move a locked case and write it down; the only writer of `Case.status`."""
    to, was = Status(to), Status(case.status)
    if to == was:
        return
    if to not in TRANSITIONS[was]:
        raise Refusal(
            _("A case that is %(status)s cannot become that.")
            % {"status": case.get_status_display()}
        )
    case.status = to
    case.due_at = due(case.priority, case.store, at) if to == Status.OPEN else None
    case.solved_at = at if to == Status.SOLVED else None
    case.save(update_fields=["status", "due_at", "solved_at"])
    reopened = to == Status.OPEN and was in (Status.SOLVED, Status.CLOSED)
    if reopened or to in (Status.SOLVED, Status.CLOSED):
        write(
            case, kind=Kind.EVENT, side=Side.SYSTEM, what="reopened" if reopened else str(to),
            key=f"{key}:{to}", actor=actor, at=at,
        )  # fmt: skip


def record(
    case: Case, what: str, *, key: str, actor: str, at: datetime, internal: bool, **data: Any
) -> CaseEntry:
    """Write down what was done in a locked case, for callers that act on orders and points."""
    return write(
        case, kind=Kind.EVENT, side=Side.STAFF, what=what, data=data, internal=internal, key=key,
        actor=actor, at=at,
    )  # fmt: skip


def check_read(case: Case, version: int | None, actor: str) -> None:
    """Refuse words written without having read others'. Raises WrittenMeanwhile."""
    if version is None or version >= case.version:
        return
    missed = list(case.entries.order_by("-pk")[: case.version - version])
    if any(entry.actor != actor for entry in missed):
        raise WrittenMeanwhile(case, missed[::-1])

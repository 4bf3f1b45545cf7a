"""Reads of cases, the same for the desk and for the customer's own pages."""

from dataclasses import dataclass
from datetime import datetime

from django.core import signing
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from customers.models import Case, CaseAttachment, CaseEntry, ReplyTemplate
from customers.models.conversation import CaseQuerySet

FILE_SECONDS = 300  # a file's address is good for
SHOWN = 100  # cases of a list


def entries(case: Case, *, internal: bool) -> QuerySet[CaseEntry]:
    """Every word of a case and of those joined to it, oldest first; two statements.

    What was done in a joined one (closed, given to somebody) is its own.
    """
    joined = Q(case__merged_into=case, kind=CaseEntry.Kind.MESSAGE)
    found = CaseEntry.objects.filter(Q(case=case) | joined)
    if not internal:
        found = found.filter(internal=False)
    return found.prefetch_related("attachments").order_by("at", "pk")


@dataclass(frozen=True, slots=True)
class Due:
    """How many cases wait, as the desk's tabs show it."""

    mine: int
    unassigned: int
    late: int
    open: int


def due(cases: CaseQuerySet, *, user_id: int, at: datetime) -> Due:
    """The counts of the tabs over the cases somebody sees. One statement."""
    waits = Q(status=Case.Status.OPEN)
    return Due(
        **cases.live().aggregate(
            mine=Count("pk", filter=waits & Q(assignee=user_id)),
            unassigned=Count("pk", filter=waits & Q(assignee=None)),
            late=Count("pk", filter=waits & Q(due_at__lt=at)),
            open=Count("pk", filter=waits),
        )
    )


def listed(
    cases: QuerySet[Case], *, tab: str, user_id: int, at: datetime, words: str = ""
) -> QuerySet[Case]:
    """The cases of a tab, what is due soonest first; others by their last word."""
    found = cases.filter(merged_into__isnull=True).select_related("customer", "store", "assignee")
    if words:
        said = CaseEntry.objects.filter(
            Q(case=OuterRef("pk")) | Q(case__merged_into=OuterRef("pk")), text__icontains=words
        )
        found = found.filter(
            Q(subject__icontains=words)
            | Q(number__iexact=words)
            | Q(document__iexact=words)
            | Q(email__istartswith=words)
            | Q(name__icontains=words)
            | Exists(said)
        )
    waits = found.filter(status=Case.Status.OPEN)
    tabs = {
        "mine": waits.filter(assignee=user_id),
        "unassigned": waits.filter(assignee=None),
        "late": waits.filter(due_at__lt=at),
        "open": waits,
    }
    chosen = tabs.get(tab, found)
    return chosen.order_by(F("due_at").asc(nulls_last=True), "-last_at", "-pk")[:SHOWN]


def templates_for(case: Case) -> QuerySet[ReplyTemplate]:
    """The texts that an answer to this person may begin with."""
    return ReplyTemplate.objects.filter(active=True, language=case.language)


def file_link(attachment: CaseAttachment) -> str:
    """What a file's address carries; made for whoever was let in to the case, good for minutes."""
    return signing.dumps(attachment.pk, salt="customers.case-file")


def file_of(link: str) -> CaseAttachment | None:
    """The file of such an address; none when it is forged or too old."""
    try:
        pk = signing.loads(link, salt="customers.case-file", max_age=FILE_SECONDS)
    except signing.BadSignature:
        return None
    return CaseAttachment.objects.filter(pk=pk).first()

"""What the desk decides about a case: whose it is, how urgent, which person's, joined, closed."""

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from customers.models import Case, Customer, Identity
from customers.selectors import resolve
from customers.services.case_rows import (
    NO_MAIL,
    Side,
    Status,
    check_read,
    done,
    due,
    locked,
    record,
)
from customers.services.case_rows import move as move_row
from omnishop.kernel.errors import Invalid
from omnishop.kernel.transactions import joined
from omnishop.network.models import Store, User

CLOSED_AFTER = timedelta(days=14)  # a solved case nobody came back to


@joined
def move(*, case_id: int, to: str, key: str, actor: str, at: datetime) -> Case:
    """Staff solve, close or open a case again without a word."""
    case = locked(case_id)
    if done(f"{key}:{to}", NO_MAIL) is None:
        move_row(case, to, actor=actor, at=at, key=key)
    return case


@joined
def assign(
    *, case_id: int, user: User | None, version: int | None, actor: str, at: datetime
) -> Case:
    """Give a case to somebody, or take it. Raises WrittenMeanwhile when it changed since shown."""
    case = locked(case_id)
    if case.assignee_id == (user.pk if user else None):
        return case
    check_read(case, version, actor)
    case.assignee = user
    case.save(update_fields=["assignee"])
    record(
        case, "assigned", key=f"assign:{case.pk}:{case.version}", actor=actor, at=at,
        internal=True, to=f"user:{user.pk}" if user else "",
    )  # fmt: skip
    return case


@joined
def change(
    *, case_id: int, priority: int, store_id: int | None, subject: str, actor: str, at: datetime
) -> Case:
    """Correct subject, urgency and team; the answer's due time follows from when it was due to."""
    case = locked(case_id)
    case.subject = " ".join(subject.split())[:160] or case.subject
    moved = (case.priority, case.store_id) != (priority, store_id)
    case.priority, case.store = priority, Store.objects.filter(pk=store_id or 0).first()
    if moved and case.status == Status.OPEN:
        asked = case.entries.filter(side=Side.CUSTOMER).order_by("-pk").first()
        case.due_at = due(priority, case.store, asked.at if asked else case.opened_at)
    case.save(update_fields=["subject", "priority", "store", "due_at"])
    if moved:
        record(
            case, "changed", key=f"change:{case.pk}:{case.version}", actor=actor, at=at,
            internal=True, priority=priority, store=case.store.name if case.store else "",
        )  # fmt: skip
    return case


@joined
def link_person(*, case_id: int, customer: Customer, actor: str, at: datetime) -> Case:
    """Staff say whose case it is; what is missing to reach them comes from their record."""
    case, person = locked(case_id), resolve(customer)
    if case.customer_id == person.pk:
        return case
    case.customer = person
    case.name = case.name or person.name
    if not case.email:
        key = person.identities.filter(kind=Identity.Kind.EMAIL).order_by("verified_at").first()
        case.email = key.value if key else ""
    case.save(update_fields=["customer", "name", "email"])
    record(
        case, "person", key=f"person:{case.pk}:{case.version}", actor=actor, at=at,
        internal=True, number=person.number,
    )  # fmt: skip
    return case


@joined
def merge(*, case_id: int, into_id: int, actor: str, at: datetime) -> Case:
    """Two cases of one person become one: a pointer, words stay where they were written.

    Raises Invalid when they are not of one person.
    """
    first, second = sorted((case_id, into_id))
    for pk in (first, second):
        Case.objects.locked().filter(pk=pk).first()
    case, into = locked(case_id), locked(into_id)
    if case.pk == into.pk:
        return into
    people = [resolve(one.customer) if one.customer else None for one in (case, into)]
    same_person = people[0] is not None and people[0] == people[1]
    if not same_person and not (case.email and case.email == into.email):
        raise Invalid(_("These cases are not of one person."))
    was_open = case.status == Status.OPEN
    if case.status != Status.CLOSED:
        move_row(case, Status.CLOSED, actor=actor, at=at, key=f"merge:{case.pk}")
    Case.objects.filter(Q(pk=case.pk) | Q(merged_into=case)).update(merged_into=into)
    if was_open:
        move_row(into, Status.OPEN, actor=actor, at=at, key=f"merge:{case.pk}:{into.pk}")
    if people[1] is None and people[0] is not None:
        into.customer = people[0]
        into.save(update_fields=["customer"])
    record(
        into, "merged", key=f"merged:{case.pk}", actor=actor, at=at, internal=False,
        number=case.number,
    )  # fmt: skip
    return into


@joined
def close_if_over(*, case_id: int, at: datetime) -> bool:
    """Close a solved case nobody came back to for two weeks. False when somebody did."""
    case = locked(case_id)
    if case.status != Status.SOLVED or not case.solved_at or case.solved_at > at - CLOSED_AFTER:
        return False
    move_row(case, Status.CLOSED, actor="task", at=at, key=f"over:{case.pk}:{case.version}")
    return True

"""Forgetting a person: table by table as the registry says (GDP-6, F-33, P-11)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from dateutil.relativedelta import relativedelta
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.db.models import Q, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import override

from customers.models import Case, Customer, Household, Message
from customers.selectors import records
from customers.services.messages import queue_message
from loyalty.closing import close
from loyalty.models import Account
from omnishop.kernel.claims import claim
from omnishop.kernel.templatetags.omnishop import short_day
from omnishop.kernel.transactions import retried
from omnishop.network.models import User
from omnishop.privacy import rules, selectors
from omnishop.privacy.lines import After, Line, Table
from omnishop.privacy.models import ArchivedInvoice, ErasureRequest, ExportRequest
from omnishop.privacy.person import Person, person
from omnishop.privacy.registry import TABLES
from omnishop.privacy.services import exporting
from orders.models import Order, Withdrawal

LOOK_AGAIN = timedelta(hours=1)  # at what an erasure waits for
LAST_MAIL = timedelta(days=1)  # the longest that an erasure waits for its own message to leave
ANONYMOUS = "Anonyme"
Status = ErasureRequest.Status


@transaction.atomic
def ask(
    *, customer: Customer, source: str, actor: str, at: datetime, proof: str = "", tell: bool = True
) -> ErasureRequest:
    """Keep that a person is to be forgotten, and write to their last address before it goes.

    A second request while one is open is that one. A task does the rest.
    """
    live = Customer.objects.select_for_update(of=("self",)).get(
        pk=customer.merged_into_id or customer.pk
    )
    request, created = ErasureRequest.objects.get_or_create(
        customer=live,
        status__in=[Status.ASKED, Status.WAITING],
        defaults={
            "status": Status.ASKED,
            "source": source,
            "actor": actor,
            "proof": proof,
            "asked_at": at,
            "next_at": at,
        },
    )
    if created and tell:
        with override(live.language):
            stays = selectors.stays(person(live.pk), at=at)
            queue_message(
                key=f"erasure:{request.pk}",
                template="erasure_asked",
                to=selectors.address(live),
                language=live.language,
                context={
                    "stays": [{"why": stay.why, "until": short_day(stay.until)} for stay in stays]
                },
                customer_id=live.pk,
                at=at,
            )
        request.message = Message.objects.filter(key=f"erasure:{request.pk}").first()
        request.save(update_fields=["message"])
    return request


@retried
def go_on(*, request_id: int, at: datetime) -> bool:
    """Erase what may go of a request; True when something was done.

    Claimed: two workers never do the same one. What is open stays with what it needs and is
    looked at again, until nothing is left. A repeat changes nothing.
    """
    request = claim(ErasureRequest.objects.due(at).filter(pk=request_id)).first()
    if request is None:
        return False
    if _mail_waits(request, at=at):
        request.next_at = at + timedelta(minutes=1)
        request.save(update_fields=["next_at"])
        return False
    people = list(records(request.customer_id).select_for_update(of=("self",)).order_by("pk"))
    documents = [item["document"] for item in request.waiting]
    whole = person(request.customer_id, also=documents)
    held = selectors.waiting(whole)
    before = {item["document"] for item in request.waiting}
    now = {number for _kind, number in held}
    if request.erased_at and now == before:
        request.next_at = at + LOOK_AGAIN
        request.save(update_fields=["next_at"])
        return False
    done = erase(
        person(
            request.customer_id, without=sorted(now), also=[d for d in documents if d not in now]
        ),
        at=at,
    )
    for label, rows in done.items():
        request.result[label] = request.result.get(label, 0) + rows
    request.result["records"] = len(people)
    request.erased_at = request.erased_at or at
    request.waiting = [{"kind": kind, "document": number} for kind, number in held]
    request.status = Status.WAITING if held else Status.DONE
    request.done_at = None if held else at
    request.next_at = at + LOOK_AGAIN
    request.proof = ""
    request.message = None
    request.save()
    return True


def _mail_waits(request: ErasureRequest, *, at: datetime) -> bool:
    """Whether the message that tells of the erasure is still to leave."""
    message = request.message
    if request.erased_at or message is None or at > request.asked_at + LAST_MAIL:
        return False
    return message.status == Message.Status.QUEUED


def erase(who: Person, *, at: datetime) -> dict[str, int]:
    """Do with every registered row of a person what its table says; rows by table."""
    done: dict[str, int] = {}
    _archive(who, at=at)
    for entry in TABLES:
        before = BEFORE.get(entry.model)
        if before:
            before(who, at)
        rows = _of(entry, who)
        changed = _delete(rows) if entry.deletes else _change(entry, rows)
        if changed:
            done[entry.model] = changed
    return done


def _of(entry: Table, who: Person) -> Any:
    manager = entry.cls._default_manager
    return manager.filter(pk__in=manager.filter(entry.of(who)).order_by().values("pk"))


def _delete(rows: Any) -> int:
    return sum(rows.delete()[1].values())


def _change(entry: Table, rows: Any) -> int:
    values = {
        line.field: _value(entry.cls, line) for line in entry.lines if line.after != After.KEEP
    }
    if not values:
        return 0
    return int(rows.update(**values))


def _value(model: type[models.Model], line: Line) -> Any:
    """What stands in a field after erasure."""
    field: Any = model._meta.get_field(line.field)
    if line.after == After.PSEUDONYM:
        if line.field == "author":
            return ANONYMOUS
        return Concat(Value("erased:"), Cast("pk", models.CharField()))
    if field.null:
        return None
    if callable(field.default) and field.default is not models.NOT_PROVIDED:
        return field.default()  # a list, a dictionary
    return ""


# --- What a table needs done before its rows --------------------------------------------------


def _archive(who: Person, *, at: datetime) -> None:
    """Who bought goes to the restricted archive: of sales, and of withdrawals from them."""
    kept = relativedelta(days=rules.days("archive", on=at.date()))
    rows = []
    orders = Order.objects.filter(pk__in=who.orders, sold_on__isnull=False)
    for order in orders.prefetch_related("fulfilments"):
        addresses = [f.address for f in order.fulfilments.all() if f.address]
        if order.sold_on and (order.name or addresses):
            rows.append(
                ArchivedInvoice(
                    document=order.number,
                    entity_id=order.entity_id,
                    data={"name": order.name, "addresses": addresses},
                    dated_on=order.sold_on,
                    keep_until=order.sold_on + kept,
                    archived_at=at,
                )
            )
    for said in Withdrawal.objects.filter(withdrawals_of(who)).exclude(name="", email=""):
        day = said.received_at.date()
        rows.append(
            ArchivedInvoice(
                document=said.reference,
                data={
                    "name": said.name,
                    "email": said.email,
                    "order": said.order_number,
                    "lines": said.lines,
                },
                dated_on=day,
                keep_until=day + kept,
                archived_at=at,
            )
        )
    ArchivedInvoice.objects.bulk_create(rows, ignore_conflicts=True)


def withdrawals_of(who: Person) -> Q:
    """The withdrawals that the registry finds for a person."""
    return next(entry.of(who) for entry in TABLES if entry.model == "orders.Withdrawal")


def _before_household(who: Person, at: datetime) -> None:
    """A household that nobody else lives in goes; another keeps its name."""
    homes = list(Household.objects.filter(people__in=who.records).distinct())
    Customer.objects.filter(pk__in=who.records).update(
        household=None, company=None, home_store=None
    )
    for home in homes:
        if not home.people.exists():
            home.delete()


def _before_messages(who: Person, at: datetime) -> None:
    """What waits to be sent has nobody to go to."""
    entry = next(entry for entry in TABLES if entry.model == "customers.Message")
    waiting = _of(entry, who).filter(status=Message.Status.QUEUED)
    waiting.update(status=Message.Status.WITHHELD, reason="erased")


def _before_points(who: Person, at: datetime) -> None:
    for pk in Account.objects.filter(customer__in=who.records).values_list("pk", flat=True):
        close(account_id=pk, actor="task", at=at)


def _before_login(who: Person, at: datetime) -> None:
    """Every device is signed out: what a session holds goes with it."""
    recent = User.objects.filter(pk__in=who.users, last_login__isnull=False)
    if not recent.exists():
        return
    mine = {str(pk) for pk in who.users}
    for session in Session.objects.iterator():
        if session.get_decoded().get(SESSION_KEY) in mine:
            session.delete()


def _before_exports(who: Person, at: datetime) -> None:
    for export in ExportRequest.objects.filter(customer__in=who.records):
        exporting.delete_files(export)


def _before_cases(who: Person, at: datetime) -> None:
    """Nobody is left to answer."""
    table = next(one for one in TABLES if one.model == "customers.Case")
    cases = Case.objects.filter(table.of(who))
    cases.exclude(status=Case.Status.CLOSED).update(
        status=Case.Status.CLOSED, due_at=None, solved_at=None
    )


def _before_attachments(who: Person, at: datetime) -> None:
    entry = next(entry for entry in TABLES if entry.model == "customers.CaseAttachment")
    delete_attachments(_of(entry, who))


def delete_attachments(rows: Any) -> None:
    """Rows of attachments go, and their files once that is certain."""
    for attachment in rows:
        transaction.on_commit(partial(attachment.file.storage.delete, attachment.file.name))
    rows.delete()


BEFORE: dict[str, Callable[[Person, datetime], None]] = {
    "customers.Case": _before_cases,
    "customers.Household": _before_household,
    "customers.CaseAttachment": _before_attachments,
    "customers.Message": _before_messages,
    "loyalty.Account": _before_points,
    "network.User": _before_login,
    "privacy.ExportRequest": _before_exports,
}

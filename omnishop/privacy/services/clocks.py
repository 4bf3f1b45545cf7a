"""The other clocks: rows that are deleted, or emptied, when their days are over (GDP-1).

Each works in batches of rows that nobody else holds; a repeat finds nothing.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from catalog.search_log import forget
from customers.models import (
    Case,
    CaseAttachment,
    CaseEntry,
    DuplicateCandidate,
    Message,
    Visit,
)
from omnishop.kernel.claims import claim
from omnishop.kernel.models import IdempotencyKey
from omnishop.privacy import rules
from omnishop.privacy.models import ArchivedInvoice, ExportRequest
from omnishop.privacy.person import Person
from omnishop.privacy.services import erasing, exporting
from orders.models import Basket, Order, StockAlert

BATCH = 1000
Clock = Callable[[datetime], Any]  # before an instant → the rows whose days are over


def _baskets(before: datetime) -> Any:
    return Basket.objects.filter(
        orders__isnull=True, customer__isnull=True, changed_at__lt=before
    ).exclude(email="")


def _messages(before: datetime) -> Any:
    left = Message.objects.exclude(status=Message.Status.QUEUED).filter(queued_at__lt=before)
    return left.exclude(context={}, to="", subject="")


def _duplicates(before: datetime) -> Any:
    return DuplicateCandidate.objects.filter(decided_at__lt=before).exclude(evidence=[])


# Rule → its rows, and what is written into them; None deletes them.
CLOCKS: dict[str, tuple[Clock, dict[str, Any] | None]] = {
    "baskets": (_baskets, {"email": ""}),
    "messages": (_messages, {"context": {}, "to": "", "subject": ""}),
    "visits": (lambda before: Visit.objects.filter(last_at__lt=before), None),
    "alerts": (lambda before: StockAlert.objects.filter(closed_at__lt=before), None),
    "duplicates": (_duplicates, {"evidence": []}),
    "sign_ins": (lambda before: AccessLog.objects.filter(attempt_time__lt=before), None),
    "keys": (lambda before: IdempotencyKey.objects.filter(created_at__lt=before), None),
}


def due(*, at: datetime) -> dict[str, int]:
    """How many rows each clock would delete or empty now; nothing is written."""
    today = timezone.localdate(at)
    found = {
        code: rows(at - timedelta(days=rules.days(code, on=today))).count()
        for code, (rows, _values) in CLOCKS.items()
    }
    found["archive"] = _over(at).count()
    found["guest_orders"] = _guest_orders(at).count()
    found["cases"] = _cases(at).count()
    found["exports"] = ExportRequest.objects.over(at).count()
    return found


def run(*, at: datetime, limit: int) -> dict[str, int]:
    """Delete or empty what is due, rule by rule; how many rows."""
    today = timezone.localdate(at)
    done = {
        code: _batches(
            rows(at - timedelta(days=rules.days(code, on=today))), values, most=limit * BATCH
        )
        for code, (rows, values) in CLOCKS.items()
    }
    done["archive"] = _batches(_over(at), None, most=limit * BATCH)
    done["guest_orders"] = _forget_guests(at, limit)
    done["cases"] = _empty_cases(at, limit)
    done["exports"] = _delete_exports(at, limit)
    done["searches"] = forget(today=today)
    before = at - timedelta(days=rules.days("sign_ins", on=today))
    for model in (AccessAttempt, AccessFailureLog):
        done["sign_ins"] += _batches(
            model.objects.filter(attempt_time__lt=before), None, most=limit * BATCH
        )
    done["sessions"] = Session.objects.filter(expire_date__lt=at).delete()[0]
    return done


def _batches(rows: Any, values: dict[str, Any] | None, *, most: int) -> int:
    done = 0
    while done < most:
        with transaction.atomic():
            keys = [row.pk for row in claim(rows.order_by("pk").only("pk"))[:BATCH]]
            if not keys:
                return done
            batch = rows.model._default_manager.filter(pk__in=keys)
            if values is None:
                batch.delete()
            else:
                batch.update(**values)
        done += len(keys)
    return done


def _over(at: datetime) -> Any:
    return ArchivedInvoice.objects.filter(keep_until__lte=timezone.localdate(at))


def _guest_orders(at: datetime) -> Any:
    """Orders that are nobody's record's, long closed, and still name somebody."""
    before = at - timedelta(days=rules.days("guest_orders", on=timezone.localdate(at)))
    closed = Order.objects.filter(
        customer__isnull=True,
        placed_at__lt=before,
        status__in=[Order.Status.FULFILLED, Order.Status.CANCELLED],
    )
    return closed.exclude(name="", email="", phone="").order_by("pk")


def _forget_guests(at: datetime, limit: int) -> int:
    with transaction.atomic():
        orders = list(claim(_guest_orders(at))[:limit])
        if not orders:
            return 0
        nobody = Person(
            customer_id=0,
            records=(),
            numbers=(),
            emails=(),
            users=(),
            orders=tuple(order.pk for order in orders),
            documents=tuple(order.number for order in orders),
        )
        erasing.erase(nobody, at=at)
    return len(orders)


def _cases(at: datetime) -> Any:
    """Cases solved long ago that still say something."""
    before = at - timedelta(days=rules.days("cases", on=timezone.localdate(at)))
    return Case.objects.filter(solved_at__lt=before).exclude(subject="", email="").order_by("pk")


def _empty_cases(at: datetime, limit: int) -> int:
    with transaction.atomic():
        cases = list(claim(_cases(at))[:limit])
        entries = CaseEntry.objects.filter(case__in=cases)
        erasing.delete_attachments(CaseAttachment.objects.filter(entry__in=entries))
        entries.update(text="", data={}, sender="", message_id="", in_reply_to="")
        Case.objects.filter(pk__in=[case.pk for case in cases]).update(
            subject="", name="", email="", phone=""
        )
    return len(cases)


def _delete_exports(at: datetime, limit: int) -> int:
    done = 0
    for export in ExportRequest.objects.over(at)[:limit]:
        with transaction.atomic():
            mine = claim(ExportRequest.objects.over(at).filter(pk=export.pk)).first()
            if mine is None:
                continue
            exporting.delete_files(mine)
            mine.status, mine.json, mine.pdf = ExportRequest.Status.DELETED, "", ""
            mine.save(update_fields=["status", "json", "pdf"])
        done += 1
    return done

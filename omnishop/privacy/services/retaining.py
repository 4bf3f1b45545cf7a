"""The clock of a person: their last real act through all records (GDP-1)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from customers.models import Customer, Message
from customers.services.messages import queue_message
from omnishop.kernel.claims import claim, each
from omnishop.kernel.templatetags.omnishop import short_day
from omnishop.privacy import rules, selectors
from omnishop.privacy.models import RetentionNotice
from omnishop.privacy.services import clocks, erasing

Status = RetentionNotice.Status

# What a person did themselves, and when: record and time. Receiving or opening a mail is no act.
# Another kind of act is another line. Baskets are left out once emptied: their change was a visit.
ACTS = (
    "SELECT customer_id, placed_at FROM orders_order WHERE customer_id IS NOT NULL",
    "SELECT customer_id, last_at FROM customers_visit",
    "SELECT customer_id, changed_at FROM orders_basket WHERE customer_id IS NOT NULL",
    "SELECT customer_id, at FROM customers_consentevent WHERE actor = 'customer'",
    """SELECT customer_id, clicked_at FROM customers_message
        WHERE customer_id IS NOT NULL AND clicked_at IS NOT NULL""",
    """SELECT c.customer_id, e.at FROM customers_caseentry e
         JOIN customers_case c ON c.id = e.case_id
        WHERE c.customer_id IS NOT NULL AND e.side = 'customer'""",
    """SELECT w.customer_id, i.added_at FROM orders_wishitem i
         JOIN orders_wishlist w ON w.id = i.wish_list_id""",
    """SELECT c.id, u.last_login FROM customers_customer c JOIN network_user u ON u.id = c.user_id
        WHERE u.last_login IS NOT NULL""",
    """SELECT a.customer_id, e.at FROM loyalty_pointsentry e
         JOIN loyalty_account a ON a.id = e.account_id WHERE e.kind = 'spend'""",
    """SELECT c.id, w.written_at FROM catalog_review w
         JOIN customers_customer c ON c.number = w.customer_number""",
    """SELECT c.id, w.written_at FROM catalog_question w
         JOIN customers_customer c ON c.number = w.customer_number""",
    """SELECT c.id, w.written_at FROM catalog_answer w
         JOIN customers_customer c ON c.number = w.customer_number""",
)
LAST_ACTS = f"""
WITH act (record, at) AS ({" UNION ALL ".join(ACTS)}),
last (person, at) AS (
  SELECT coalesce(c.merged_into_id, c.id), max(greatest(c.created_at, a.at))
    FROM customers_customer c
    LEFT JOIN (SELECT record, max(at) AS at FROM act GROUP BY record) a ON a.record = c.id
   WHERE %(person)s IS NULL OR c.id = %(person)s OR c.merged_into_id = %(person)s
   GROUP BY 1)
SELECT l.person, l.at FROM last l
 WHERE l.at < %(before)s
   AND NOT EXISTS (SELECT 1 FROM privacy_erasurerequest e WHERE e.customer_id = l.person)
   AND (%(person)s IS NOT NULL OR NOT EXISTS (
        SELECT 1 FROM privacy_retentionnotice n
         WHERE n.customer_id = l.person AND n.status = 'told'))
 ORDER BY l.at, l.person LIMIT %(limit)s
"""  # noqa: S608  nothing of a reader's


@dataclass(frozen=True, slots=True)
class Due:
    """A person who did nothing for so long that they are to be told."""

    customer_id: int
    last_act_at: datetime
    erase_on: date


def _days(at: datetime) -> int:
    return rules.days("inactive", on=timezone.localdate(at))


def _last_acts(before: datetime, *, limit: int, customer_id: int | None = None) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(LAST_ACTS, {"person": customer_id, "before": before, "limit": limit})
        return cursor.fetchall()


def to_tell(*, at: datetime, limit: int = 500) -> list[Due]:
    """Whom the next run tells that their data will be erased; one statement, nothing written."""
    kept = timedelta(days=_days(at))
    warned = timedelta(days=rules.WARNED_BEFORE)
    return [
        Due(person, last, max(timezone.localdate(last + kept), timezone.localdate(at + warned)))
        for person, last in _last_acts(at - kept + warned, limit=limit)
    ]


def to_erase(*, at: datetime) -> Any:
    """Notices whose day has come."""
    return RetentionNotice.objects.filter(
        status=Status.TOLD, erase_on__lte=timezone.localdate(at)
    ).order_by("erase_on", "pk")


def run(*, at: datetime, limit: int = 500) -> int:
    """Tell, erase and delete what is due, in batches; how much was done. A repeat does nothing."""
    done = each(to_tell(at=at, limit=limit), lambda due: tell(due, at=at))
    keys = to_erase(at=at).values_list("pk", flat=True)[:limit]
    done += each(keys, lambda pk: _decide(pk, at=at))
    return done + sum(clocks.run(at=at, limit=limit).values())


@transaction.atomic
def tell(due: Due, *, at: datetime) -> bool:
    """Write to who did nothing for long, while there is time to come back."""
    person = claim(Customer.objects.live().filter(pk=due.customer_id)).first()
    if person is None:
        return False
    notice, created = RetentionNotice.objects.get_or_create(
        customer=person,
        status=Status.TOLD,
        defaults={"last_act_at": due.last_act_at, "told_at": at, "erase_on": due.erase_on},
    )
    if not created:
        return False
    with override(person.language):
        day = short_day(due.erase_on)
    queue_message(
        key=f"retention:{notice.pk}",
        template="retention_warning",
        to=selectors.address(person),
        language=person.language,
        context={
            "erase_on": day,
            "account": settings.SITE_URL + reverse("storefront:account"),
        },
        customer_id=person.pk,
        at=at,
    )
    notice.message = Message.objects.filter(key=f"retention:{notice.pk}").first()
    notice.save(update_fields=["message"])
    return True


@transaction.atomic
def _decide(notice_id: int, *, at: datetime) -> bool:
    """The day has come: forget who did not come back."""
    notice = claim(
        RetentionNotice.objects.select_related("customer").filter(pk=notice_id, status=Status.TOLD)
    ).first()
    if notice is None:
        return False
    live = notice.customer.merged_into_id or notice.customer_id
    idle = _last_acts(at - timedelta(days=_days(at)), limit=1, customer_id=live)
    notice.status = Status.ERASED if idle else Status.BACK
    notice.decided_at = at
    notice.save(update_fields=["status", "decided_at"])
    if idle:
        erasing.ask(customer=notice.customer, source="retention", actor="task", at=at, tell=False)
    return True

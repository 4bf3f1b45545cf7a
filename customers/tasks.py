"""Work on people that beat starts."""

from celery import shared_task
from django.utils import timezone

from customers.imports import files
from customers.models import Case, Message
from customers.services import desk, matching, messages
from omnishop.kernel.claims import each


@shared_task(name="customers.send_due_messages")
def send_due_messages(limit: int = 200) -> int:
    """Send due messages, oldest first; beat runs it every few seconds. Safe to overlap."""
    at = timezone.now()
    due = Message.objects.due(at).values_list("pk", flat=True)[:limit]
    # Each at its own instant: who withdraws while the others leave gets nothing any more (F-32).
    return each(due, lambda pk: messages.send(message_id=pk, at=timezone.now()))


@shared_task(name="customers.propose_duplicates")
def propose_duplicates(limit: int = 200) -> int:
    """Look for likely duplicates of new and changed records; staff decide. Safe to overlap."""
    return matching.propose(at=timezone.now(), limit=limit)


@shared_task(name="customers.close_solved_cases")
def close_solved_cases(limit: int = 500) -> int:
    """Close solved cases nobody came back to; beat runs it every hour. Safe to overlap."""
    at = timezone.now()
    over = Case.objects.filter(status="solved", solved_at__lte=at - desk.CLOSED_AFTER)
    keys = over.order_by("solved_at").values_list("pk", flat=True)[:limit]
    return each(keys, lambda pk: desk.close_if_over(case_id=pk, at=at))


@shared_task(name="customers.forget_files")
def forget_files() -> int:
    """Delete files of customers brought a month ago; beat runs it every night. Safe to repeat."""
    return files.forget(at=timezone.now())

"""Work on people that beat starts."""

from celery import shared_task
from django.utils import timezone

from customers.models import Message
from customers.services import matching, messages
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

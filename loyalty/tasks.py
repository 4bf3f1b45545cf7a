"""Work on points that beat starts."""

from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from celery import shared_task
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from customers.imports import files
from customers.models import CustomerMerge
from loyalty import due
from loyalty.models import Account, PointsGift, PointsLot
from loyalty.services import events, gifts, points, tiers
from loyalty.services.opening import open_account
from omnishop.kernel.claims import each

RECENT = timedelta(hours=1)  # merges looked at, twelve times over at the schedule's pace


@shared_task(name="loyalty.expire_points")
def expire_points(limit: int = 1000) -> int:
    """Write off expired lots, account by account; they stopped counting at their expiry."""
    at = timezone.now()
    accounts = (
        PointsLot.objects.filter(remaining__gt=0, expires_at__lte=at)
        .order_by("account_id")
        .values_list("account_id", flat=True)
        .distinct()[:limit]
    )
    return each(accounts, lambda pk: points.expire(account_id=pk, at=at))


@shared_task(name="loyalty.review_tiers")
def review_tiers(limit: int = 1000) -> int:
    """Look at the tiers that time may have changed, and at those of people merged or un-merged."""
    at = timezone.now()
    people = list(
        Account.objects.filter(tier_due_at__lte=at)
        .order_by("tier_due_at")
        .values_list("customer_id", flat=True)[:limit]
    )
    merges = CustomerMerge.objects.filter(Q(at__gt=at - RECENT) | Q(undone_at__gt=at - RECENT))
    for source, target in merges.values_list("source_id", "target_id"):
        people += [source, target]
    return each(
        sorted(set(people)), lambda pk: tiers.review_person(customer_id=pk, at=timezone.now())
    )


@shared_task(name="loyalty.return_gifts")
def return_gifts(limit: int = 1000) -> int:
    """Points that nobody accepted go back to who gave them."""
    at = timezone.now()
    waiting = (
        PointsGift.objects.filter(status=PointsGift.Status.WAITING, expires_at__lte=at)
        .order_by("expires_at")
        .values_list("pk", flat=True)[:limit]
    )
    return each(waiting, lambda pk: gifts.give_back(gift_id=pk, actor="task", at=at))


@shared_task(name="loyalty.reward_events")
def reward_events(limit: int = 1000) -> int:
    """Birthdays, first sign-ins, published reviews, friends who bought: each rewarded once."""
    at = timezone.now()
    today = at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    return sum(
        each(rows[:limit], partial(_reward, event, at)) for event, rows in due.events(at, today)
    )


def _reward(event: str, at: datetime, row: tuple[int, str]) -> object:
    customer_id, reference = row
    return events.reward(
        customer_id=customer_id,
        event=event,
        reference=reference,
        channel="web",
        actor="task",
        at=at,
    )


@shared_task(name="loyalty.read_customer_files")
def read_customer_files() -> int:
    """Read on in the file of customers that waits longest; beat runs it every 5 s.

    It stands here because cards and points become loyalty accounts. Safe to overlap: one at a
    time; a file whose worker was killed goes on where it was (P-9).
    """
    return files.work(opening=open_account, at=timezone.now(), seconds=60)

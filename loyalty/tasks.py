"""Work on points that beat starts."""

from celery import shared_task
from django.utils import timezone

from loyalty.models import PointsLot
from loyalty.services import points
from omnishop.kernel.claims import each


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

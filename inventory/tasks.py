"""Work on stock that beat starts. Every task may be repeated or overlap."""

from celery import shared_task
from django.utils import timezone

from inventory.models import StockLocation
from inventory.services import proposals
from omnishop.kernel.claims import each


@shared_task(name="inventory.propose_replenishment")
def propose_replenishment() -> int:
    """What to order, place by place; beat runs it every night. How many places need something."""
    at = timezone.now()
    places = StockLocation.objects.order_by("pk").values_list("pk", flat=True)
    return each(list(places), lambda pk: proposals.propose(location_id=pk, at=at))

"""Work on stock that beat starts. Every task may be repeated or overlap."""

from celery import shared_task
from django.utils import timezone

from inventory import feeds
from inventory.models import StockLocation
from inventory.services import proposals
from omnishop.kernel.claims import each


@shared_task(name="inventory.propose_replenishment")
def propose_replenishment() -> int:
    """What to order, place by place; beat runs it every night. How many places need something."""
    at = timezone.now()
    places = StockLocation.objects.order_by("pk").values_list("pk", flat=True)
    return each(list(places), lambda pk: proposals.propose(location_id=pk, at=at))


@shared_task(name="inventory.build_feeds")
def build_feeds() -> int:
    """Write the files that shopping sites fetch; beat runs it every 15 minutes.

    Safe to repeat and to overlap: each file is written whole and put in the place of the old one.
    """
    return feeds.build(at=timezone.now())

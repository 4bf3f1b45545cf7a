"""The comparison that beat starts every night."""

from celery import shared_task
from django.utils import timezone

from omnishop.parity.compare import compare
from omnishop.parity.models import ParityRun

BASKETS = 1000
KEPT = 60  # runs
SHOWN = 50  # differences of a run


@shared_task(name="parity.compare")
def compare_prices(baskets: int = BASKETS) -> int:
    """Price random baskets through every door and keep what differed; other baskets each night.

    A repeat compares again and adds a run: nothing else is written.
    """
    at = timezone.now()
    seed = int(at.timestamp())
    found = [one.as_json() for one in compare(baskets=baskets, seed=seed, at=at) if one]
    ParityRun.objects.create(at=at, baskets=baskets, seed=seed, differences=found[:SHOWN])
    old = ParityRun.objects.values_list("pk", flat=True)[KEPT:]
    ParityRun.objects.filter(pk__in=list(old)).delete()
    return len(found)

"""What beat starts: notices that become answers, erasures, copies, clocks. All may be repeated."""

from functools import partial

from celery import shared_task
from django.utils import timezone

from omnishop.kernel.claims import each
from omnishop.privacy.models import ErasureRequest, ExportRequest
from omnishop.privacy.services import erasing, exporting, notices, retaining


@shared_task(name="privacy.settle_notices")
def settle_notices(limit: int = 500) -> int:
    """What buyers were told at a sale becomes their answer once the sale is real (GDP-2)."""
    at = timezone.now()
    return each(notices.due(at, limit), partial(notices.settle, at=at))


@shared_task(name="privacy.erase")
def erase(limit: int = 50) -> int:
    """People who asked to be forgotten, and what of them waited for an open order (F-33)."""
    at = timezone.now()
    due = ErasureRequest.objects.due(at).values_list("pk", flat=True)[:limit]
    return each(due, lambda pk: erasing.go_on(request_id=pk, at=at))


@shared_task(name="privacy.make_exports")
def make_exports(limit: int = 10) -> int:
    """Copies of their data that people asked for (GDP-6)."""
    at = timezone.now()
    asked = ExportRequest.objects.to_make().values_list("pk", flat=True)[:limit]
    return each(asked, lambda pk: exporting.make(request_id=pk, at=at))


@shared_task(name="privacy.retain")
def retain(limit: int = 500) -> int:
    """Every night: who did nothing for long is told, then erased; the other clocks delete."""
    return retaining.run(at=timezone.now(), limit=limit)

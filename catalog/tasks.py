"""Work on the catalogue that beat starts."""

from celery import shared_task
from django.utils import timezone

from catalog import picture_fetching, search_log, services
from catalog.imports import uploads
from omnishop.kernel.claims import each


@shared_task(name="catalog.refresh_lists")
def refresh_lists() -> int:
    """Lists follow planned prices that began or ended meanwhile; beat runs it every minute.

    Safe to repeat and to miss: it compares every product with its articles' prices of now.
    """
    return each(services.outdated_lists(), lambda pk: services.refresh_listed([pk]))


@shared_task(name="catalog.refresh_words")
def refresh_words() -> int:
    """Words of new products become known, to correct typos by; beat runs it every hour.

    Safe to repeat and to miss: it compares all that is known with what is on sale.
    """
    return services.refresh_words()


@shared_task(name="catalog.forget_searches")
def forget_searches() -> int:
    """Delete counts of searches older than thirteen months; beat runs it every day."""
    return search_log.forget(today=timezone.localdate())


@shared_task(name="catalog.read_uploads")
def read_uploads() -> int:
    """Read on in the catalogue file that waits longest; beat runs it every 5 s.

    Safe to overlap: one run at a time. It stops well before the time limit of tasks and goes
    on at the next beat; a run whose worker was killed goes on where it was (P-9).
    """
    return uploads.work(at=timezone.now(), seconds=60)


@shared_task(name="catalog.forget_uploads")
def forget_uploads() -> int:
    """Delete files brought for imports a month ago; beat runs it every night. Safe to repeat."""
    return uploads.forget(at=timezone.now())


@shared_task(name="catalog.fetch_pictures")
def fetch_pictures(limit: int = 50) -> int:
    """Fetch the pictures of imported products that are due; beat runs it every 30 s.

    Safe to overlap: each address is claimed with FOR UPDATE SKIP LOCKED.
    """
    at = timezone.now()
    return each(
        picture_fetching.due(at=at, limit=limit), lambda pk: picture_fetching.fetch(pk, at=at)
    )

"""Work on the catalogue that beat starts."""

from celery import shared_task
from django.utils import timezone

from catalog import search_log, services
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

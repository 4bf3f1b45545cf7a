"""Work on the catalogue that beat starts."""

from celery import shared_task

from catalog import services
from omnishop.kernel.claims import each


@shared_task(name="catalog.refresh_lists")
def refresh_lists() -> int:
    """Lists follow planned prices that began or ended meanwhile; beat runs it every minute.

    Safe to repeat and to miss: it compares every product with its articles' prices of now.
    """
    return each(services.outdated_lists(), lambda pk: services.refresh_listed([pk]))

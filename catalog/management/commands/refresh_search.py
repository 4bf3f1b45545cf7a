"""`manage.py refresh_search`: write anew what search and lists read of every product."""

from typing import Any

from django.core.management.base import BaseCommand

from catalog.services import refresh_search


class Command(BaseCommand):
    """Needed once after a version that searches otherwise; harmless at any time."""

    help = "Write anew what search and lists read of every product, and the words typos are met by."

    def handle(self, *_args: Any, **_options: Any) -> None:
        refresh_search()

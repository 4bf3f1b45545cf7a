"""Picture sizes are made when a picture is saved, never in a request (UX W2)."""

from typing import Any

from pictures import tasks


def make_now(**work: Any) -> None:
    """Make the sizes in the caller's process.

    The library would hand this to Celery when it is installed; a service never enqueues.
    """
    tasks._process_picture(**work)

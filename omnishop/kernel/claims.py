"""Rows are the queue: tasks claim them, one worker a row (DESIGN 3.7)."""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db import models

logger = logging.getLogger(__name__)
Key = TypeVar("Key")
Row = TypeVar("Row", bound=models.Model)


def claim(rows: "models.QuerySet[Row]") -> "models.QuerySet[Row]":
    """Lock the rows for this transaction, passing over those another worker holds."""
    return rows.select_for_update(of=("self",), skip_locked=True)


def each(keys: Iterable[Key], work: Callable[[Key], object]) -> int:
    """Do the work row by row; how many times it did something.

    A row that fails is logged with its key and the others go on: it must not stop a queue.
    """
    done = 0
    for key in keys:
        try:
            done += bool(work(key))
        except Exception:
            logger.exception("row_failed", extra={"row": str(key), "work": work.__qualname__})
    return done

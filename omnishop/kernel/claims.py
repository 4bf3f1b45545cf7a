"""Rows are the queue: tasks claim them, one worker a row (DESIGN 3.7)."""

from typing import TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)


def claim(rows: "models.QuerySet[Row]") -> "models.QuerySet[Row]":
    """Lock the rows for this transaction, passing over those another worker holds."""
    return rows.select_for_update(of=("self",), skip_locked=True)

"""People of another system become records; a row read again changes nothing (P-9).

New people of a batch are written together; a row that cannot be taken refuses itself only.

Keys come unverified: the file says whose they are, nobody proved it (ALG-11). A record that was
read before is filled where it is empty, never changed. Reading on after a cut is reading again
from the top: rows that are there cost no transaction.
"""

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice

from django.db import connection
from django.utils.translation import gettext as _

from customers.imports.batches import (
    Difference,
    Opening,
    Reading,
    Refused,
    Result,
)
from customers.imports.columns import Source
from omnishop.kernel.locks import alone
from omnishop.network.models import Store

BATCH = 500  # rows whose people are looked up together
LOCK = "customers.import"


def busy() -> str:
    """What is said to whoever comes second."""
    return _("Another import of customers is running. Wait until it is done.")


def import_customers(
    source: Source,
    *,
    name: str,
    at: datetime,
    opening: Opening,
    dry_run: bool = False,
    refused: Callable[[Refused], None] = lambda item: None,
    differs: Callable[[Difference], None] = lambda item: None,
    progress: Callable[[Result], bool | None] = lambda result: None,
    after: int = 0,
    refused_before: Collection[int] = (),
) -> Result:
    """Read a file whole; good rows are taken, the others told one by one.

    `name` is the system that the numbers are from. `progress` stops the reading by answering
    False; it goes on `after` so many rows, of which `refused_before` were refused. Raises Busy
    when another import runs.
    """
    with alone(LOCK, message=busy()), _quick_commits():
        began = time.monotonic()
        reading = Reading(name, at, opening, dry_run, differs)
        stores = dict(Store.objects.values_list("code", "pk"))
        result = Result()
        lines = source.rows()
        for row in islice(lines, after):
            if row.number not in refused_before:
                reading.passed_over(row, stores)
        while rows := list(islice(lines, BATCH)):
            for item in reading.batch(rows, stores, result):
                column = source.column(item.column)
                refused(Refused(item.row, column, item.value, item.reason))
            result.seconds = time.monotonic() - began
            if progress(result) is False:
                break
        result.seconds = time.monotonic() - began
        return result


@contextmanager
def _quick_commits() -> Iterator[None]:
    """Do not wait for the disk row by row: what a crash loses is read again."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        before = cursor.fetchone()[0]
        cursor.execute("SET synchronous_commit = off")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('synchronous_commit', %s, false)", [before])

"""Files of customers that staff bring: kept, looked at, mapped, read by a worker (UX I1 to I3).

Rows are the queue: `start` marks the file, the task claims it, reads on for a while and leaves it
for the next beat. What is shown of a file's cells is masked; the file goes after a month.
"""

import contextlib
import re
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from customers.imports.batches import CHANGED, CREATED, SAME, Difference, Opening, Refused, Result
from customers.imports.cells import masked
from customers.imports.columns import NoKey, Source, open_source
from customers.imports.run import LOCK, busy, import_customers
from customers.models import CustomerFile, CustomerFileRow
from omnishop.kernel import uploads
from omnishop.kernel.claims import claim
from omnishop.kernel.csv_files import NotReadable
from omnishop.kernel.csv_tables import csv_lines
from omnishop.kernel.errors import Invalid, NotFound, Refusal
from omnishop.kernel.locks import alone

SUFFIXES = {".csv", ".txt", ".tsv", ".xlsx"}
SAMPLE_ROWS = 3
DIFFERENCES_KEPT = 200
TRIES = 3  # of a file that stops its worker without getting further
Status = CustomerFile.Status


def receive(
    file: "File[bytes]",
    *,
    name: str,
    source: str,
    encoding: str,
    separator: str,
    actor: str,
    at: datetime,
) -> CustomerFile:
    """Keep a file and look at it; nothing of it is read in yet.

    `source` names the system that the numbers are from. Raises Invalid for what is too large or
    of another kind, NotReadable for what is no table.
    """
    if not re.fullmatch(r"[a-z0-9-]{1,32}", source):
        raise Invalid(_("A source has up to 32 small letters, figures and hyphens."))
    name = Path(name).name[:200]
    stored = uploads.keep(file, name=name, folder="customers", suffixes=SUFFIXES)
    found = CustomerFile(
        file_name=name, upload=stored, source=source, actor=actor, started_at=at,
        choices={"encoding": encoding, "separator": separator, "mapping": {}},
    )  # fmt: skip
    try:
        _look(found)
    except Refusal:
        uploads.forget(stored)
        raise
    found.save()
    return found


@transaction.atomic
def choose(*, file_id: int, mapping: Mapping[str, str]) -> CustomerFile:
    """Look at a file again with what the person says of its columns."""
    file = _locked(file_id)
    if file.status != Status.WAITING:
        raise Invalid(_("This import has started: bring the file again to read it another way."))
    file.choices |= {"mapping": dict(mapping)}
    _look(file)
    file.save()
    return file


@transaction.atomic
def start(*, file_id: int, dry_run: bool, actor: str, at: datetime) -> CustomerFile:
    """Have a worker read the file; after a dry run, a row of its own does it for good."""
    file = _locked(file_id)
    if not file.upload or not file.found.get("ready"):
        raise Invalid(_("Say first which column is what."))
    if file.status in (Status.DONE, Status.CANCELLED, Status.FAILED):
        same = ("file_name", "upload", "source", "choices", "found", "rows_total")
        file = CustomerFile(**{name: getattr(file, name) for name in same})
    elif file.status != Status.WAITING:
        raise Invalid(_("This import is under way."))
    file.status, file.dry_run, file.actor, file.started_at = Status.QUEUED, dry_run, actor, at
    file.save()
    return file


@transaction.atomic
def cancel(*, file_id: int, at: datetime) -> CustomerFile:
    """Stop a reading after the batch at hand; what it read stays."""
    file = _locked(file_id)
    if file.status in (Status.WAITING, Status.QUEUED):
        file.status, file.finished_at = Status.CANCELLED, at
    elif file.status == Status.RUNNING:
        file.cancel = True
    file.save(update_fields=["status", "finished_at", "cancel"])
    return file


def work(*, opening: Opening, at: datetime, seconds: float) -> int:
    """Read on in the oldest file that waits, for some seconds; how many files were worked on.

    One at a time in the whole database. A file whose worker was killed is found here again and
    goes on where it was (P-9).
    """
    with contextlib.suppress(Refusal), alone(LOCK, message=busy()):
        with transaction.atomic():
            file = claim(CustomerFile.objects.for_worker()).first()
            if file is None:
                return 0
            file.tries = F("tries") + 1
            file.status = Status.RUNNING
            file.save(update_fields=["tries", "status"])
        file.refresh_from_db()
        if file.tries > TRIES:
            _ended(file, Status.FAILED, _("The import stopped its worker several times."), at)
            return 1
        try:
            with uploads.local(file.upload, name=file.file_name) as path:
                _read_on(file, _open(file, path), opening=opening, at=at, seconds=seconds)
        except NotReadable as error:
            _ended(file, Status.FAILED, str(error), at)
        return 1
    return 0


def _read_on(
    file: CustomerFile, source: Source, *, opening: Opening, at: datetime, seconds: float
) -> None:
    began = time.monotonic()
    before, refused = _counts(file), list[Refused]()

    def differs(item: Difference) -> None:
        if file.dry_run and len(file.differences) < DIFFERENCES_KEPT:
            file.differences.append([item.row, item.outcome, list(item.fields)])

    def progress(result: Result) -> bool:
        """Commit how far we are; whether to go on."""
        _keep(file, before, result, refused)
        refused.clear()
        if CustomerFile.objects.filter(pk=file.pk, cancel=True).exists():
            _ended(file, Status.CANCELLED, "", at)
        return file.status == Status.RUNNING and time.monotonic() - began < seconds

    earlier = set(file.refusals.values_list("row", flat=True))
    import_customers(
        source, name=file.source, at=at, opening=opening, dry_run=file.dry_run,
        refused=refused.append, differs=differs, progress=progress,
        after=file.rows_read, refused_before=earlier,
    )  # fmt: skip
    if file.status == Status.RUNNING and file.rows_read >= file.rows_total:
        _ended(file, Status.DONE, "", at)


def _counts(file: CustomerFile) -> dict[str, Any]:
    names = ("rows_read", "created", "changed", "same", "refused")
    return {name: getattr(file, name) for name in names} | {"notes": dict(file.notes)}


def _keep(
    file: CustomerFile, before: dict[str, Any], result: Result, refused: list[Refused]
) -> None:
    file.rows_read = before["rows_read"] + result.rows
    file.refused = before["refused"] + result.refused
    for name in (CREATED, CHANGED, SAME):
        setattr(file, name, before[name] + result.outcomes[name])
    texts = {*before["notes"], *result.notes}
    file.notes = {text: before["notes"].get(text, 0) + result.notes[text] for text in texts}
    file.tries = 0
    with transaction.atomic():
        CustomerFileRow.objects.bulk_create(
            CustomerFileRow(
                file=file,
                row=item.row,
                column=item.column[:80],
                value=item.value[:80],
                reason=item.reason[:300],
            )
            for item in refused
        )
        file.save(
            update_fields=[
                *("rows_read", "created", "changed", "same", "refused"),
                *("notes", "differences", "tries"),
            ]
        )


def _ended(file: CustomerFile, status: str, message: str, at: datetime) -> None:
    file.status, file.message, file.finished_at = status, message[:300], at
    file.save(update_fields=["status", "message", "finished_at"])


def forget(*, at: datetime) -> int:
    """Delete files that were brought a month ago and are not being read, with their refused rows;
    how many. The counts stay. A repeat finds nothing.
    """
    old = CustomerFile.objects.filter(started_at__lte=at - uploads.KEPT).exclude(upload="")
    files = list(old.exclude(status__in=[Status.QUEUED, Status.RUNNING]))
    keys = [file.pk for file in files]
    for stored in {file.upload for file in files}:
        if not CustomerFile.objects.filter(upload=stored).exclude(pk__in=keys).exists():
            uploads.forget(stored)
    CustomerFileRow.objects.filter(file__in=keys).delete()
    return CustomerFile.objects.filter(pk__in=keys).update(upload="", differences=[])


def refused_csv(file: CustomerFile) -> Iterator[str]:
    """The refused rows as the lines of a CSV file for a spreadsheet, without formulas (F-24)."""
    rows = file.refusals.values_list("row", "column", "value", "reason")
    return csv_lines([_("row"), _("column"), _("value"), _("why")], rows.iterator(chunk_size=2000))


# --- Looking at a file --------------------------------------------------------------------------


def _look(file: CustomerFile) -> None:
    """Write down what was found out about the file; the cells of its first rows masked."""
    with uploads.local(file.upload, name=file.file_name) as path:
        ready, why = True, ""
        try:
            source = _open(file, path)
        except NoKey as error:  # a table, but nobody said who is who in it
            source, ready, why = error.source, False, str(error)
        table = source.table
        file.rows_total = table.count()
        sample = [list(row.cells.items()) for row in islice(table.rows(), SAMPLE_ROWS)]
        file.found = {
            "ready": ready,
            "why": why,
            "header": list(table.header),
            "columns": dict(source.headings),
            "encoding": table.encoding.removesuffix("-sig"),
            "encoding_known": source.encoding_known,
            "separator": table.delimiter,
            "separator_known": source.separator_known,
            "sample": [
                [masked(source.headings.get(name, ""), cell.strip()) for name, cell in cells]
                for cells in sample
            ],
        }


def _open(file: CustomerFile, path: Path) -> Source:
    chosen = file.choices
    return open_source(
        path,
        encoding=chosen.get("encoding", ""),
        separator=chosen.get("separator", ""),
        mapping=chosen.get("mapping") or None,
    )


def _locked(pk: int) -> CustomerFile:
    file = CustomerFile.objects.select_for_update().filter(pk=pk).first()
    if file is None:
        raise NotFound(_("There is no such file."))
    return file

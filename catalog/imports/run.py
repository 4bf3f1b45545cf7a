"""One reading of a file: progress, counts, refused rows; `apply` writes the products.

The file wins for what it says: names, texts, brand, category, status, codes, options, weight,
price, picture addresses. What it does not say stays: tax category, right of withdrawal,
translations, articles and pictures that the file no longer has. Reading a file twice therefore
changes nothing the second time, and reading one that was cut, then whole, gives the whole.
"""

import contextlib
import csv
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TextIO

from django.conf import settings
from django.db import Error, transaction
from django.utils.translation import gettext as _

from catalog.acting import acting
from catalog.imports import shopify
from catalog.imports.apply import CHANGED, CREATED, SAME, Applier
from catalog.imports.records import Notes, ProductRecord, Refused
from catalog.models import ImportRow, ImportRun, TaxCategory
from omnishop.kernel.csv_files import CsvFile, NotReadable, examine
from omnishop.kernel.csv_safe import safe_cell
from omnishop.kernel.locks import alone

BATCH_PRODUCTS = 100
BATCH_ROWS = 1000
BATCH_CHARACTERS = 2_000_000  # of descriptions
LOCK = "catalog.import"


@dataclass(frozen=True, slots=True)
class Result:
    """What a run did; `run` holds the counts."""

    run: ImportRun
    notes: Notes
    error_file: Path | None  # None: nothing was refused and no file was asked for
    seconds: float


def import_shopify(
    path: Path,
    *,
    at: datetime,
    encoding: str = "utf-8",
    tax_category: str = "standard",
    error_file: Path | None = None,
    progress: Callable[[ImportRun], None] = lambda run: None,
) -> Result:
    """Read a Shopify product export into the catalogue; good rows are taken, others listed.

    Raises NotReadable, having written nothing, when the file as a whole cannot be taken, and
    Busy when another import runs.
    """
    with alone(LOCK, message=_("Another catalogue import is running. Wait until it is done.")):
        file = examine(path, encoding=encoding, required=shopify.REQUIRED)
        parser = shopify.Parser()
        return _run(
            file,
            parser.products(file.rows()),
            parser.notes,
            format_name=shopify.NAME,
            at=at,
            tax_category=tax_category,
            error_file=error_file,
            progress=progress,
        )


def _run(
    file: CsvFile,
    records: Iterable[ProductRecord],
    notes: Notes,
    *,
    format_name: str,
    at: datetime,
    tax_category: str,
    error_file: Path | None,
    progress: Callable[[ImportRun], None],
) -> Result:
    began = time.monotonic()
    tax = TaxCategory.objects.filter(code=tax_category).first()
    if tax is None:
        raise NotReadable(
            _("There is no tax category %(code)s: add it, or choose another.")
            % {"code": tax_category}
        )
    _close_interrupted(at)
    run = ImportRun.objects.create(
        file_name=file.path.name[:200],
        file_hash=file.sha256,
        format=format_name,
        rows_total=file.count(),
        started_at=at,
    )
    refusals = _RefusalFile(
        error_file or settings.VAR_DIR / "imports" / f"{run.pk}-refused.csv",
        delimiter=file.delimiter,
        always=error_file is not None,
    )
    status, message = ImportRun.Status.FAILED, _("The import was interrupted.")
    try:
        with acting(f"import:{run.pk}"), refusals:
            applier = Applier(at=at, tax_category=tax)
            for batch in _batches(records):
                _apply(applier, batch, run, refusals)
                progress(run)
        status, message = ImportRun.Status.DONE, ""
    except Exception as error:
        message = f"{type(error).__name__}: {error}"
        raise
    finally:
        seconds = time.monotonic() - began
        run.status, run.message = status, message[:300]
        run.finished_at = at + timedelta(seconds=seconds)
        with contextlib.suppress(Error):  # the first error is the one to tell
            run.save(update_fields=["status", "message", "finished_at"])
    return Result(run, notes, refusals.path if refusals.written else None, seconds)


def _apply(
    applier: Applier, batch: list[ProductRecord], run: ImportRun, refusals: "_RefusalFile"
) -> None:
    """Apply a batch, then commit how far we are and what was refused."""
    refused: list[Refused] = []
    for record, outcome in applier.batch(batch):
        run.created += outcome == CREATED
        run.changed += outcome == CHANGED
        run.same += outcome == SAME
        run.rows_read += record.rows
        refused += sorted(record.refused, key=lambda item: item.row)
    run.refused += len({item.row for item in refused})
    with transaction.atomic():
        ImportRow.objects.bulk_create(
            ImportRow(
                run=run,
                row=item.row,
                column=item.column[:80],
                value=item.value[:200],
                reason=item.reason[:300],
            )
            for item in refused
        )
        run.save(update_fields=["created", "changed", "same", "refused", "rows_read"])
    refusals.add(refused)


def _close_interrupted(at: datetime) -> None:
    """Runs that a kill left open; we hold the lock, so none of them is running."""
    ImportRun.objects.filter(status=ImportRun.Status.RUNNING).update(
        status=ImportRun.Status.FAILED, message=_("The import was interrupted."), finished_at=at
    )


def _batches(records: Iterable[ProductRecord]) -> Iterator[list[ProductRecord]]:
    """Records in groups of bounded size, so that memory stays flat."""
    batch: list[ProductRecord] = []
    rows = characters = 0
    for record in records:
        batch.append(record)
        rows += record.rows
        characters += len(record.description or "")
        if len(batch) >= BATCH_PRODUCTS or rows >= BATCH_ROWS or characters >= BATCH_CHARACTERS:
            yield batch
            batch, rows, characters = [], 0, 0
    if batch:
        yield batch


class _RefusalFile:
    """The refused rows as CSV for a spreadsheet, made when there is one to write."""

    def __init__(self, path: Path, *, delimiter: str, always: bool) -> None:
        self.path = path
        self.delimiter = delimiter
        self.always = always  # a file asked for by name replaces the one of an earlier run
        self.written = False
        self._stack = contextlib.ExitStack()
        self._stream: TextIO | None = None

    def __enter__(self) -> "_RefusalFile":
        if self.always:
            self._open()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stack.close()

    def _open(self) -> TextIO:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # The mark at the beginning makes spreadsheets read UTF-8.
        stream = self._stack.enter_context(self.path.open("w", encoding="utf-8-sig", newline=""))
        header = [_("row"), _("product"), _("column"), _("value"), _("why")]
        csv.writer(stream, delimiter=self.delimiter).writerow(header)
        self._stream, self.written = stream, True
        return stream

    def add(self, refused: Iterable[Refused]) -> None:
        rows = [
            [item.row, *map(safe_cell, (item.key, item.column, item.value, item.reason))]
            for item in refused
        ]
        if rows:
            stream = self._stream or self._open()
            csv.writer(stream, delimiter=self.delimiter).writerows(rows)
            stream.flush()

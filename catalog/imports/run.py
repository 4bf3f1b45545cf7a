"""One reading of a file: progress, counts, refused rows; `apply` writes the products.

The file wins for what it says: names, texts, brand, category, status, codes, options, weight,
price, picture addresses. What it does not say stays: tax category, right of withdrawal,
translations, articles and pictures that the file no longer has. Reading a file twice therefore
changes nothing the second time, and reading one that was cut, then whole, gives the whole.

How far a run is is committed after each batch: one that was killed goes on from there (P-9).
"""

import contextlib
import csv
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TextIO

from django.conf import settings
from django.db import Error, transaction
from django.utils.translation import gettext as _

from catalog.acting import acting
from catalog.imports.apply import CHANGED, CREATED, SAME, Applier
from catalog.imports.formats import Choices, Source, open_source
from catalog.imports.reader import Circumstances, Reader
from catalog.imports.records import Difference, ProductRecord, Refused
from catalog.models import ImportDifference, ImportRow, ImportRun, TaxCategory
from catalog.models.tax import VatRate
from omnishop.kernel.csv_files import NotReadable
from omnishop.kernel.csv_tables import safe_cell
from omnishop.kernel.locks import alone

BATCH_PRODUCTS = 500
BATCH_ROWS = 1000
BATCH_CHARACTERS = 2_000_000  # of descriptions
DIFFERENCES_KEPT = 2000  # of a dry run; all are counted
LOCK = "catalog.import"
Progress = Callable[[ImportRun], None]


@dataclass(frozen=True, slots=True)
class Result:
    """What a run did; `run` holds the counts."""

    run: ImportRun
    source: Source
    error_file: Path | None  # None: nothing was refused and no file was asked for
    seconds: float


def busy() -> str:
    """What is said to whoever comes second."""
    return _("Another catalogue import is running. Wait until it is done.")


def import_file(
    path: Path,
    choices: Choices,
    *,
    at: datetime,
    dry_run: bool = False,
    resume: bool = False,
    error_file: Path | None = None,
    progress: Progress = lambda run: None,
) -> Result:
    """Read a file into the catalogue, whole; good rows are taken, others listed.

    With `resume` a run of the same file that was broken off goes on where it was. Raises
    NotReadable, having written nothing, when the file as a whole cannot be taken, and Busy when
    another import runs.
    """
    with alone(LOCK, message=busy()):
        began = time.monotonic()
        source = open_source(path, choices)
        tax = tax_category_of(choices.tax_category)
        run = _broken_off(source, dry_run) if resume else None
        ImportRun.objects.filter(status=ImportRun.Status.RUNNING, upload="").update(
            status=ImportRun.Status.FAILED, message=_("The import was interrupted."), finished_at=at
        )  # a kill left them open: we hold the lock, so none of them is running
        if run is None:
            run = ImportRun(started_at=at, file_name=path.name[:200], dry_run=dry_run)
        run.status, run.message, run.finished_at = ImportRun.Status.RUNNING, "", None
        run.file_hash, run.format = source.table.sha256, source.format.name
        run.rows_total = source.table.count()
        run.save()
        refusals = _RefusalFile(
            error_file or settings.VAR_DIR / "imports" / f"{run.pk}-refused.csv",
            delimiter=source.table.delimiter,
            always=error_file is not None,
            going_on=run.rows_read > 0,
        )
        with refusals:
            read_on(run, source, tax=tax, at=at, refusals=refusals, progress=progress)
        seconds = time.monotonic() - began
        return Result(run, source, refusals.path if refusals.written else None, seconds)


def tax_category_of(code: str) -> TaxCategory:
    """The VAT category of new products. Raises NotReadable."""
    tax = TaxCategory.objects.filter(code=code).first()
    if tax is None:
        raise NotReadable(
            _("There is no tax category %(code)s: add it, or choose another.") % {"code": code}
        )
    return tax


def _broken_off(source: Source, dry_run: bool) -> ImportRun | None:
    """The last run of this file by the command line, if it did not come to its end."""
    last = ImportRun.objects.filter(
        file_hash=source.table.sha256, format=source.format.name, upload="", dry_run=dry_run
    ).first()
    unfinished = (ImportRun.Status.FAILED, ImportRun.Status.RUNNING)
    return last if last and last.status in unfinished else None


def read_on(
    run: ImportRun,
    source: Source,
    *,
    tax: TaxCategory,
    at: datetime,
    refusals: "_RefusalFile | None" = None,
    progress: Progress = lambda run: None,
    seconds: float | None = None,
) -> bool:
    """Read on from where the run is, to the end or for some seconds; whether it is finished.

    The caller holds the lock. A run that was asked to stop stops after the batch at hand.
    """
    began = time.monotonic()
    status, message, finished = ImportRun.Status.FAILED, _("The import was interrupted."), True
    try:
        reader = source.reader(Circumstances(at=at, tax_bp=_tax_bp(tax, at)))
        applier = Applier(at=at, tax_category=tax, dry=run.dry_run)
        ahead = _ahead(reader.products(source.rows()), run.rows_read, applier)
        status, message = ImportRun.Status.DONE, ""
        with acting(f"import:{run.pk}"):
            for batch in _batches(ahead):
                if ImportRun.objects.filter(pk=run.pk, cancel=True).exists():
                    status = ImportRun.Status.CANCELLED
                    break
                _apply(applier, batch, run, source, refusals)
                progress(run)
                if seconds is not None and time.monotonic() - began > seconds:
                    status, finished = ImportRun.Status.RUNNING, False
                    break
            else:
                run.rows_read = run.rows_total
        run.notes = _notes(reader, source)
    except BaseException as error:
        status, message = ImportRun.Status.FAILED, _("The import was interrupted.")
        if isinstance(error, Exception):
            message = f"{type(error).__name__}: {error}"
        raise
    finally:
        run.status, run.message = status, message[:300]
        if finished:
            run.finished_at = at + timedelta(seconds=time.monotonic() - began)
        with contextlib.suppress(Error):  # the first error is the one to tell
            run.save(update_fields=["status", "message", "finished_at", "rows_read", "notes"])
    return finished


def _tax_bp(tax: TaxCategory, at: datetime) -> int:
    rate = VatRate.objects.filter(
        category=tax, territory=settings.VAT_TERRITORY, valid_from__lte=at.date()
    ).exclude(valid_to__lte=at.date())
    return rate.values_list("tax_bp", flat=True).first() or 0


def _notes(reader: Reader, source: Source) -> dict[str, dict[str, int]]:
    columns = {source.column(name): count for name, count in reader.notes.columns.most_common()}
    return {"counts": dict(reader.notes.counts), "columns": columns}


def _ahead(
    records: Iterable[ProductRecord], rows_read: int, applier: Applier
) -> Iterator[ProductRecord]:
    """The records that the run has not come to yet."""
    passed = 0
    for record in records:
        if passed < rows_read:
            passed += record.rows
            applier.passed_over(record)
        else:
            yield record


def _apply(
    applier: Applier,
    batch: list[ProductRecord],
    run: ImportRun,
    source: Source,
    refusals: "_RefusalFile | None",
) -> None:
    """Apply a batch, then commit how far we are and what was refused."""
    refused: list[Refused] = []
    differences: list[Difference] = []
    for record, outcome in applier.batch(batch):
        run.created += outcome == CREATED
        run.changed += outcome == CHANGED
        run.same += outcome == SAME
        run.rows_read += record.rows
        refused += sorted(record.refused, key=lambda item: item.row)
        differences += record.differences
    refused = [replace(item, column=source.column(item.column)) for item in refused]
    run.refused += len({item.row for item in refused})
    run.tries = 0
    with transaction.atomic():
        ImportRow.objects.bulk_create(
            ImportRow(
                run=run,
                row=item.row,
                product=item.key[:160],
                column=item.column[:80],
                value=_kept(item.value),
                reason=item.reason[:300],
            )
            for item in refused
        )
        if differences and (room := DIFFERENCES_KEPT - run.differences.count()) > 0:
            ImportDifference.objects.bulk_create(
                ImportDifference(
                    run=run,
                    row=item.row,
                    product=item.key[:160],
                    field=item.field[:40],
                    before=_kept(item.before),
                    after=_kept(item.after),
                )
                for item in differences[:room]
            )
        run.save(update_fields=["created", "changed", "same", "refused", "rows_read", "tries"])
    if refusals:
        refusals.add(refused)


def _kept(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:199]}…"


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


def refusal_header() -> list[str]:
    """The names of the columns of a list of refused rows."""
    return [_("row"), _("product"), _("column"), _("value"), _("why")]


class _RefusalFile:
    """The refused rows as CSV for a spreadsheet, made when there is one to write."""

    def __init__(self, path: Path, *, delimiter: str, always: bool, going_on: bool = False) -> None:
        self.path = path
        self.delimiter = delimiter
        self.always = always  # a file asked for by name replaces the one of an earlier run
        self.going_on = going_on  # of a run that was broken off: its rows stay
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
        more = self.going_on and self.path.exists()
        # The mark at the beginning makes spreadsheets read UTF-8.
        stream = self._stack.enter_context(
            self.path.open(
                "a" if more else "w", encoding="utf-8" if more else "utf-8-sig", newline=""
            )
        )
        if not more:
            csv.writer(stream, delimiter=self.delimiter).writerow(refusal_header())
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

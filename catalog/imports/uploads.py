"""Files that staff bring: kept, looked at, mapped, then read in by a worker (UX I1 to I3).

Rows are the queue: `start` marks the run, the task claims it, reads on for a while and leaves it
for the next beat. The person may close the page; what was read stays read.
"""

import contextlib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from catalog.imports.formats import AUTO, Choices, NotMapped, Source, Table, open_source
from catalog.imports.generic import NAME as GENERIC
from catalog.imports.run import LOCK, busy, read_on, refusal_header, tax_category_of
from catalog.models import ImportMapping, ImportRun
from omnishop.kernel import uploads as kept
from omnishop.kernel.claims import claim
from omnishop.kernel.csv_files import NotReadable
from omnishop.kernel.csv_tables import csv_lines
from omnishop.kernel.errors import Invalid, Refusal
from omnishop.kernel.locks import alone

SUFFIXES = {".csv", ".txt", ".tsv", ".xlsx", ".json"}
SAMPLE_ROWS = 5
TRIES = 3  # of a run that stops its worker without getting further
Status = ImportRun.Status


def receive(
    file: "File[bytes]", *, name: str, choices: Choices, actor: str, at: datetime
) -> ImportRun:
    """Keep a file and look at it; nothing of it is read in yet.

    Raises Invalid for what is too large or of another kind, NotReadable for what is no table.
    """
    name = Path(name).name[:200]
    stored = kept.keep(file, name=name, folder="imports", suffixes=SUFFIXES)
    run = ImportRun(
        file_name=name, upload=stored, status=Status.WAITING, actor=actor, started_at=at
    )
    try:
        _look(run, choices)
    except Refusal:
        kept.forget(stored)
        raise
    run.save()
    return run


@transaction.atomic
def choose(*, run_id: int, choices: Choices) -> ImportRun:
    """Look at a file again with what the person says about it; a mapping is remembered."""
    run = ImportRun.objects.select_for_update().get(pk=run_id)
    if run.status != Status.WAITING:
        raise Invalid(_("This import has started: bring the file again to read it another way."))
    _look(run, choices)
    run.save()
    if choices.mapping and run.found.get("ready"):
        ImportMapping.objects.update_or_create(
            signature=_signature(run.found["header"]),
            defaults={"columns": dict(choices.mapping)},
        )
    return run


@transaction.atomic
def start(*, run_id: int, dry_run: bool, actor: str, at: datetime) -> ImportRun:
    """Have a worker read the file; after a dry run, a run of its own does it for good."""
    run = ImportRun.objects.select_for_update().get(pk=run_id)
    if not run.upload or not run.found.get("ready"):
        raise Invalid(_("Say first which column is what."))
    if run.status == Status.WAITING:
        run.dry_run = dry_run
    elif run.status in (Status.DONE, Status.CANCELLED, Status.FAILED):
        run = ImportRun(
            **{
                name: getattr(run, name)
                for name in ("file_name", "file_hash", "format", "upload", "choices", "found")
            },
            rows_total=run.rows_total,
            dry_run=dry_run,
        )
    else:
        raise Invalid(_("This import is under way."))
    run.status, run.actor, run.started_at = Status.QUEUED, actor, at
    run.save()
    return run


@transaction.atomic
def cancel(*, run_id: int, at: datetime) -> ImportRun:
    """Stop a run after the batch at hand; what it read stays."""
    run = ImportRun.objects.select_for_update().get(pk=run_id)
    if run.status in (Status.WAITING, Status.QUEUED):
        run.status, run.finished_at = Status.CANCELLED, at
    elif run.status == Status.RUNNING:
        run.cancel = True
    run.save(update_fields=["status", "finished_at", "cancel"])
    return run


def work(*, at: datetime, seconds: float) -> int:
    """Read on in the oldest run that waits, for some seconds; how many runs were worked on.

    One at a time in the whole database: whoever comes second leaves at once. A run whose worker
    was killed is found here again and goes on where it was.
    """
    with contextlib.suppress(Refusal), alone(LOCK, message=busy()):
        with transaction.atomic():
            run = claim(ImportRun.objects.for_worker()).first()
            if run is None:
                return 0
            run.tries = F("tries") + 1
            run.status = Status.RUNNING
            run.save(update_fields=["tries", "status"])
        run.refresh_from_db()
        if run.tries > TRIES:
            _fail(run, _("The import stopped its worker several times."), at)
            return 1
        try:
            with kept.local(run.upload, name=run.file_name) as path:
                choices = choices_of(run.choices)
                source = open_source(path, choices)
                tax = tax_category_of(choices.tax_category)
                read_on(run, source, tax=tax, at=at, seconds=seconds)
        except NotReadable as error:
            _fail(run, str(error), at)
        return 1
    return 0


def forget(*, at: datetime) -> int:
    """Delete files that were brought a month ago and are not being read; how many runs had one.

    What became of a run stays. A repeat finds nothing.
    """
    old = ImportRun.objects.exclude(upload="").filter(started_at__lte=at - kept.KEPT)
    runs = list(old.exclude(status__in=[Status.QUEUED, Status.RUNNING]))
    keys = [run.pk for run in runs]
    for stored in {run.upload for run in runs}:
        if not ImportRun.objects.filter(upload=stored).exclude(pk__in=keys).exists():
            kept.forget(stored)
    return ImportRun.objects.filter(pk__in=keys).update(upload="")


def _fail(run: ImportRun, message: str, at: datetime) -> None:
    run.status, run.message, run.finished_at = Status.FAILED, message[:300], at
    run.save(update_fields=["status", "message", "finished_at"])


def refused_csv(run: ImportRun) -> Iterator[str]:
    """The refused rows as the lines of a CSV file for a spreadsheet, without formulas (F-24)."""
    rows = run.refusals.values_list("row", "product", "column", "value", "reason")
    return csv_lines(refusal_header(), rows.iterator(chunk_size=2000))


# --- Looking at a file --------------------------------------------------------------------------


def _look(run: ImportRun, choices: Choices) -> None:
    """Write down what was found out about the file, the first rows among it."""
    with kept.local(run.upload, name=run.file_name) as path:
        try:
            source = _open(path, choices)
            if source.format.name == GENERIC and not choices.mapping and not choices.columns:
                choices = Choices(**asdict(choices) | {"mapping": dict(source.headings)})
            run.format, run.rows_total = source.format.name, source.table.count()
            found = _told(source.table) | {
                "ready": True,
                "format_known": source.format_known,
                "encoding_known": source.encoding_known,
                "separator_known": source.separator_known,
                "columns": dict(source.headings),
            }
            run.file_hash = source.table.sha256
        except NotMapped as error:  # a table, but what its columns are nobody said
            run.format = GENERIC
            run.file_hash = error.table.sha256
            run.rows_total = error.table.count()
            found = _told(error.table) | {
                "ready": False,
                "why": str(error),
                "encoding_known": error.encoding_known,
                "separator_known": error.separator_known,
                "columns": dict(error.headings),
            }
    run.found = found
    run.choices = asdict(choices) | {"mapping": dict(choices.mapping or {})}


def _open(path: Path, choices: Choices) -> Source:
    """The file with the mapping that was last used for this header, if nothing else is said."""
    if choices.mapping or choices.columns or choices.format not in {AUTO, GENERIC}:
        return open_source(path, choices)
    try:
        source = open_source(path, choices)
        if source.format.name != GENERIC:
            return source
        header: Sequence[str] = source.table.header
    except NotMapped as error:
        header = error.table.header
        remembered = _remembered(header)
        if not remembered:
            raise
    else:
        remembered = _remembered(header)
        if not remembered:
            return source
    again = Choices(**asdict(choices) | {"format": GENERIC, "mapping": remembered})
    return open_source(path, again)


def _remembered(header: Sequence[str]) -> Mapping[str, str] | None:
    row = ImportMapping.objects.filter(signature=_signature(header)).first()
    return row.columns if row else None


def _told(table: Table) -> dict[str, Any]:
    sample = [list(row.cells.values()) for row in islice(table.rows(), SAMPLE_ROWS)]
    return {
        "header": list(table.header),
        "encoding": table.encoding.removesuffix("-sig"),
        "separator": table.delimiter,
        "sample": [[cell[:120] for cell in cells] for cells in sample],
    }


def _signature(header: Sequence[str]) -> str:
    return hashlib.sha256("\x1f".join(header).encode()).hexdigest()


def choices_of(saved: Mapping[str, Any]) -> Choices:
    """Choices as a run keeps them."""
    return Choices(
        format=saved.get("format", AUTO),
        encoding=saved.get("encoding", ""),
        separator=saved.get("separator", ""),
        columns=tuple(saved.get("columns", ())),
        mapping=saved.get("mapping") or None,
        channel=saved.get("channel", ""),
        tax_category=saved.get("tax_category", "standard"),
    )

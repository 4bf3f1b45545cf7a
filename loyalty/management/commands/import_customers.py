"""manage.py import_customers FILE [--source NAME] [--dry-run] [--report FILE.json]

It stands in loyalty, not in customers, because card and points become a loyalty account.
"""

import json
import re
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.imports.batches import CHANGED, CREATED, SAME, Refused, Result
from customers.imports.columns import Source, open_source
from customers.imports.run import import_customers
from loyalty.services.opening import open_account
from omnishop.kernel.csv_files import NotReadable
from omnishop.kernel.errors import Refusal

SIGNS = {"\t": "tab"}
SHOWN = 50  # refused rows on the terminal; --report has all


class Command(BaseCommand):
    help = (
        "Read another system's customers. Good rows are taken, refused ones are listed; reading "
        "the same file again changes nothing. Exit status: 0 when nothing was refused, 1 when "
        "rows were, 2 when the file was not read at all."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a CSV file or a workbook (XLSX)")
        parser.add_argument(
            "--source", default="", help="the system that the numbers are from: shopify, till-lyon"
        )
        parser.add_argument(
            "--encoding", default="", help="utf-8, cp1252, utf-16 …; found out and shown otherwise"
        )
        parser.add_argument(
            "--separator", default="", help=", ; | or tab; found out and shown otherwise"
        )
        parser.add_argument(
            "--map", action="append", default=[], metavar="COLUMN=FIELD", help="may be repeated"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, change nothing"
        )
        parser.add_argument(
            "--report", type=Path, help="write the summary and every refused row as JSON"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        loud = options["verbosity"] > 0
        try:
            source = open_source(
                options["file"],
                encoding=options["encoding"],
                separator=options["separator"],
                mapping=_mapping(options["map"]),
            )
            name = _source_name(options["source"], source)
            if loud:
                self._found(source)
            with _report(options["report"]) as (refused, finish):
                result = import_customers(
                    source,
                    name=name,
                    at=timezone.now(),
                    opening=open_account,
                    dry_run=options["dry_run"],
                    refused=self._listing(refused, loud),
                    progress=self._progress(loud),
                )
                finish(_summary(source, name, result, dry_run=options["dry_run"]))
        except Refusal as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        if loud:
            self._told(source, result, dry_run=options["dry_run"])
        if result.refused:
            raise CommandError(
                ngettext(
                    "%(count)d row was refused.", "%(count)d rows were refused.", result.refused
                )
                % {"count": result.refused},
                returncode=1,
            )

    def _found(self, source: Source) -> None:
        """How the file was read, and how that is known."""
        table = source.table
        for label, value, known in (
            (_("encoding"), table.encoding.removesuffix("-sig"), source.encoding_known),
            (
                _("separator"),
                SIGNS.get(table.delimiter, table.delimiter),
                source.separator_known,
            ),
        ):
            self.stdout.write(f"{label:>12}  {value} ({known})")
        pairs = ", ".join(f"{name} → {own}" for name, own in source.headings.items())
        self.stdout.write(f"{_('columns'):>12}  {pairs}")
        if source.left_out:
            self.stdout.write(
                _("Columns that are not imported: %(names)s")
                % {"names": ", ".join(source.left_out)}
            )

    def _listing(self, refused: Callable[[Refused], None], loud: bool) -> Callable[[Refused], None]:
        shown = 0

        def take(item: Refused) -> None:
            nonlocal shown
            refused(item)
            shown += 1
            if loud and shown <= SHOWN:
                cell = ", ".join(part for part in (item.column, item.value) if part)
                self.stdout.write(f"{item.row:>9,}  {cell or '–'}: {item.reason}")
            elif loud and shown == SHOWN + 1:
                self.stdout.write(_("  … the others are in the report (--report FILE.json)."))

        return take

    def _progress(self, loud: bool) -> Callable[[Result], None]:
        said = time.monotonic()

        def say(result: Result) -> None:
            nonlocal said
            if loud and time.monotonic() - said >= 10:
                said = time.monotonic()
                self.stdout.write(
                    _("%(rows)d rows read, %(rate)d rows/s")
                    % {"rows": result.rows, "rate": _rate(result)}
                )

        return say

    def _told(self, source: Source, result: Result, *, dry_run: bool) -> None:
        self.stdout.write(
            _("%(file)s: %(rows)d rows read in %(seconds).1f s, %(rate)d rows/s")
            % {
                "file": source.table.path.name,
                "rows": result.rows,
                "seconds": result.seconds,
                "rate": _rate(result),
            }
        )
        if dry_run:
            self.stdout.write(_("Dry run: nothing was written. What would be:"))
        for label, count in (
            (_("customers created"), result.outcomes[CREATED]),
            (_("customers changed"), result.outcomes[CHANGED]),
            (_("customers unchanged"), result.outcomes[SAME]),
            (_("rows refused"), result.refused),
        ):
            self.stdout.write(f"{count:>9,}  {label}")
        for text, count in result.notes.items():
            self.stdout.write(f"{count:>9,}  {_(text)}")


def _rate(result: Result) -> int:
    return round(result.rows / max(result.seconds, 0.001))


def _mapping(pairs: list[str]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for pair in pairs:
        column, sign, name = pair.rpartition("=")
        if not sign or not column or not name:
            raise NotReadable(_("Not COLUMN=FIELD: %(text)s") % {"text": pair})
        mapping[column] = name
    return mapping


def _source_name(name: str, source: Source) -> str:
    """The system that the numbers are from; customer 17 of two shops are two people."""
    if name and not re.fullmatch(r"[a-z0-9-]{1,32}", name):
        raise NotReadable(_("A source has up to 32 small letters, figures and hyphens."))
    if not name and "number" in source.headings.values():
        raise NotReadable(
            _("The column %(name)s has numbers of another system. Say which: --source shopify")
            % {"name": source.column("number")}
        )
    return name or "import"


def _summary(source: Source, name: str, result: Result, *, dry_run: bool) -> dict[str, Any]:
    table = source.table
    return {
        "file": table.path.name,
        "sha256": table.sha256,
        "source": name,
        "encoding": table.encoding.removesuffix("-sig"),
        "encoding_known": source.encoding_known,
        "separator": table.delimiter,
        "separator_known": source.separator_known,
        "columns": dict(source.headings),
        "columns_not_imported": source.left_out,
        "dry_run": dry_run,
        "seconds": round(result.seconds, 3),
        "rows_per_second": _rate(result),
        "rows": result.rows,
        "created": result.outcomes[CREATED],
        "changed": result.outcomes[CHANGED],
        "same": result.outcomes[SAME],
        "refused": result.refused,
        "not_imported": {_(text): count for text, count in result.notes.items()},
    }


Finish = Callable[[dict[str, Any]], None]


@contextmanager
def _report(path: Path | None) -> Iterator[tuple[Callable[[Refused], None], Finish]]:
    """Refused rows are written as they come, the summary at the end; whole, or not at all."""
    if path is None:
        yield lambda item: None, lambda summary: None
        return
    part = path.with_name(f"{path.name}.part")
    try:
        stream = part.open("w", encoding="utf-8")
    except OSError as error:
        raise NotReadable(
            _("The report %(path)s cannot be written: %(why)s") % {"path": path, "why": error}
        ) from error
    with stream:
        stream.write('{\n  "refusals": [')
        yield _adding(stream), _ending(stream)
    part.replace(path)


def _adding(stream: TextIO) -> Callable[[Refused], None]:
    sign = "\n    "

    def add(item: Refused) -> None:
        nonlocal sign
        stream.write(sign + json.dumps(asdict(item), ensure_ascii=False))
        sign = ",\n    "

    return add


def _ending(stream: TextIO) -> Finish:
    def finish(summary: dict[str, Any]) -> None:
        text = json.dumps(summary, ensure_ascii=False, indent=2)
        stream.write("\n  ],\n" + text[2:] + "\n")

    return finish

"""manage.py import_catalog FILE --format auto|shopify|woocommerce|magento|prestashop|csv|saleor"""

import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.imports.formats import AUTO, FORMATS, Choices, Source
from catalog.imports.run import Result, import_file
from catalog.models import ImportRun
from omnishop.kernel.errors import Refusal

SIGNS = {",": ",", ";": ";", "\t": "tab", "|": "|"}


class Command(BaseCommand):
    help = (
        "Read another shop's products into the catalogue. Good rows are taken, refused ones are "
        "listed; reading the same file again changes nothing. Exit status: 0 when nothing was "
        "refused, 1 when rows were, 2 when the file was not read at all."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a CSV file or a workbook (XLSX)")
        parser.add_argument("--format", choices=[AUTO, *FORMATS], default=AUTO)
        parser.add_argument(
            "--encoding", default="", help="utf-8, cp1252, utf-16 …; found out and shown otherwise"
        )
        parser.add_argument(
            "--separator", default="", help=", ; | or tab; found out and shown otherwise"
        )
        parser.add_argument(
            "--mapping", type=Path, help='JSON file of columns and fields: {"Libellé": "name"}'
        )
        parser.add_argument(
            "--map", action="append", default=[], metavar="COLUMN=FIELD", help="may be repeated"
        )
        parser.add_argument(
            "--columns", default="", help="fields of a file without a header, in order: name,gtin,-"
        )
        parser.add_argument("--channel", default="", help="of a Saleor file: whose prices count")
        parser.add_argument(
            "--tax-category",
            default="standard",
            help="code of the VAT category of new products; prices in the file include VAT",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, change nothing"
        )
        parser.add_argument(
            "--resume", action="store_true", help="go on where a run of this file was broken off"
        )
        parser.add_argument(
            "--error-file", type=Path, help="where refused rows go; default under var/imports/"
        )
        parser.add_argument("--report", type=Path, help="write the summary as JSON too")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            result = import_file(
                options["file"],
                _choices(options),
                at=timezone.now(),
                dry_run=options["dry_run"],
                resume=options["resume"],
                error_file=options["error_file"],
                progress=self._progress(options["verbosity"]),
            )
        except Refusal as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        if options["verbosity"]:
            self._found(result.source)
            self._summary(result)
        if options["report"]:
            _write_report(result, options["report"])
        if refused := result.run.refused:
            raise CommandError(
                ngettext(
                    "%(count)d row was refused, see %(path)s",
                    "%(count)d rows were refused, see %(path)s",
                    refused,
                )
                % {"count": refused, "path": result.error_file},
                returncode=1,
            )

    def _progress(self, verbosity: int) -> Any:
        """Says how far we are: on a terminal in place, in a log a line every ten seconds."""
        terminal = self.stdout.isatty()
        began = said = time.monotonic()

        def say(run: ImportRun) -> None:
            nonlocal said
            now = time.monotonic()
            if not verbosity or now - said < (0.2 if terminal else 10):
                return
            said = now
            left = (now - began) * (run.rows_total - run.rows_read) / max(run.rows_read, 1)
            text = _("%(read)d of %(total)d rows, %(time)s, about %(left)s left") % {
                "read": run.rows_read,
                "total": run.rows_total,
                "time": _clock(now - began),
                "left": _clock(left),
            }
            self.stdout.write(
                f"\r{text}\033[K" if terminal else text, ending="" if terminal else "\n"
            )

        return say

    def _found(self, source: Source) -> None:
        """How the file was read, and how that is known."""
        if self.stdout.isatty():
            self.stdout.write("\r\033[K", ending="")
        for label, value, known in _how(source):
            self.stdout.write(f"{label:>12}  {value} ({known})")
        if source.format.name == "csv":
            pairs = ", ".join(f"{name} → {own}" for name, own in source.headings.items())
            self.stdout.write(f"{_('columns'):>12}  {pairs}")

    def _summary(self, result: Result) -> None:
        run = result.run
        self.stdout.write(
            _("%(file)s: %(rows)d rows read in %(seconds).1f s")
            % {"file": run.file_name, "rows": run.rows_read, "seconds": result.seconds}
        )
        if run.dry_run:
            self.stdout.write(_("Dry run: nothing was written. What would be:"))
        for label, count in (
            (_("products created"), run.created),
            (_("products changed"), run.changed),
            (_("products unchanged"), run.same),
            (_("rows refused"), run.refused),
        ):
            self.stdout.write(f"{count:>9,}  {label}")
        for text, count in run.notes.get("counts", {}).items():
            self.stdout.write(f"{count:>9,}  {_(text)}")
        if columns := run.notes.get("columns"):
            names = ", ".join(f"{name} ({count})" for name, count in columns.items())
            self.stdout.write(_("Columns that are not imported: %(names)s") % {"names": names})
        for item in run.differences.all()[:50]:
            self.stdout.write(
                f"{item.row:>9,}  {item.product} · {item.field}: {item.before} → {item.after}"
            )


def _choices(options: dict[str, Any]) -> Choices:
    mapping: dict[str, str] = {}
    if options["mapping"]:
        try:
            mapping = json.loads(options["mapping"].read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CommandError(
                _("The mapping %(path)s cannot be read: %(why)s")
                % {"path": options["mapping"], "why": error},
                returncode=2,
            ) from error
        if not isinstance(mapping, dict):
            raise CommandError(_("A mapping is an object of columns and fields."), returncode=2)
    for pair in options["map"]:
        column, sign, name = pair.rpartition("=")
        if not sign or not column or not name:
            raise CommandError(_("Not COLUMN=FIELD: %(text)s") % {"text": pair}, returncode=2)
        mapping[column] = name
    columns = tuple(name.strip() for name in options["columns"].split(",") if name.strip())
    return Choices(
        format=options["format"],
        encoding=options["encoding"],
        separator=options["separator"],
        columns=columns,
        mapping=mapping or None,
        channel=options["channel"],
        tax_category=options["tax_category"],
    )


def _how(source: Source) -> list[tuple[str, str, str]]:
    sign = SIGNS.get(source.table.delimiter, source.table.delimiter)
    return [
        (_("format"), source.format.label, source.format_known),
        (_("encoding"), source.table.encoding.removesuffix("-sig"), source.encoding_known),
        (_("separator"), sign, source.separator_known),
    ]


def _write_report(result: Result, path: Path) -> None:
    """The summary as JSON, the refusals at its end, one after the other."""
    run, source = result.run, result.source
    summary = {
        "run": run.pk,
        "file": run.file_name,
        "sha256": run.file_hash,
        "format": run.format,
        "format_known": source.format_known,
        "encoding": source.table.encoding.removesuffix("-sig"),
        "encoding_known": source.encoding_known,
        "separator": source.table.delimiter,
        "separator_known": source.separator_known,
        "columns": dict(source.headings),
        "status": run.status,
        "dry_run": run.dry_run,
        "seconds": round(result.seconds, 3),
        "rows": run.rows_read,
        "created": run.created,
        "changed": run.changed,
        "same": run.same,
        "refused": run.refused,
        "products": {"created": run.created, "changed": run.changed, "same": run.same},
        "refused_rows": run.refused,
        "refused_file": str(result.error_file) if result.error_file else None,
        "not_imported": {_(text): count for text, count in run.notes.get("counts", {}).items()},
        "columns_not_imported": run.notes.get("columns", {}),
        "differences": list(run.differences.values("row", "product", "field", "before", "after")),
    }
    fields = ("row", "column", "value", "reason")
    with path.open("w", encoding="utf-8") as stream:
        stream.write(json.dumps(summary, ensure_ascii=False, indent=2)[:-2])
        stream.write(',\n  "refusals": [')
        sign = "\n    "
        for refusal in run.refusals.values(*fields).iterator(chunk_size=2000):
            stream.write(sign + json.dumps(refusal, ensure_ascii=False))
            sign = ",\n    "
        stream.write("\n  ]\n}\n")


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"

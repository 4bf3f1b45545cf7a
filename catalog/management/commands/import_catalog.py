"""manage.py import_catalog FILE --format shopify"""

import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.imports.run import Result, import_shopify
from catalog.models import ImportRun
from omnishop.kernel.errors import Refusal


class Command(BaseCommand):
    help = (
        "Read another shop's products into the catalogue. Good rows are taken, refused ones are "
        "listed; reading the same file again changes nothing. Exit status: 0 when nothing was "
        "refused, 1 when rows were, 2 when the file was not read at all."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a CSV file")
        parser.add_argument("--format", choices=["shopify"], required=True)
        parser.add_argument("--encoding", default="utf-8", help="default utf-8; never guessed")
        parser.add_argument(
            "--tax-category",
            default="standard",
            help="code of the VAT category of new products; prices in the file include VAT",
        )
        parser.add_argument(
            "--error-file", type=Path, help="where refused rows go; default under var/imports/"
        )
        parser.add_argument("--report", type=Path, help="write the summary as JSON too")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            result = import_shopify(
                options["file"],
                at=timezone.now(),
                encoding=options["encoding"],
                tax_category=options["tax_category"],
                error_file=options["error_file"],
                progress=self._progress(options["verbosity"]),
            )
        except Refusal as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        if options["verbosity"]:
            self._summary(result)
        if options["report"]:
            report = json.dumps(_report(result), ensure_ascii=False, indent=2)
            options["report"].write_text(report + "\n", encoding="utf-8")
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

    def _summary(self, result: Result) -> None:
        run = result.run
        if self.stdout.isatty():
            self.stdout.write("\r\033[K", ending="")
        self.stdout.write(
            _("%(file)s: %(rows)d rows read in %(seconds).1f s")
            % {"file": run.file_name, "rows": run.rows_read, "seconds": result.seconds}
        )
        for label, count in (
            (_("products created"), run.created),
            (_("products changed"), run.changed),
            (_("products unchanged"), run.same),
            (_("rows refused"), run.refused),
        ):
            self.stdout.write(f"{count:>9,}  {label}")
        for text, count in result.notes.counts.items():
            self.stdout.write(f"{count:>9,}  {_(text)}")
        if columns := result.notes.columns:
            names = ", ".join(f"{name} ({count})" for name, count in columns.most_common())
            self.stdout.write(_("Columns that are not imported: %(names)s") % {"names": names})


def _report(result: Result) -> dict[str, Any]:
    run = result.run
    return {
        "run": run.pk,
        "file": run.file_name,
        "sha256": run.file_hash,
        "format": run.format,
        "status": run.status,
        "seconds": round(result.seconds, 3),
        "rows": run.rows_read,
        "products": {"created": run.created, "changed": run.changed, "same": run.same},
        "refused_rows": run.refused,
        "refused_file": str(result.error_file) if result.error_file else None,
        "refusals": list(run.refusals.values("row", "column", "value", "reason")[:1000]),
        "not_imported": {_(text): count for text, count in result.notes.counts.items()},
        "columns_not_imported": dict(result.notes.columns),
    }


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"

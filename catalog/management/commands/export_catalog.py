"""manage.py export_catalog FILE --format shopify|woocommerce|magento|prestashop|csv"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.exports.items import Left
from catalog.exports.run import WRITERS, export


class Command(BaseCommand):
    help = "Write the catalogue to a file that import_catalog and another shop read."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", choices=list(WRITERS), required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        left = Left()
        path, rows = options["file"], -1  # the header is none
        try:
            with path.open("w", encoding="utf-8", newline="") as stream:
                for line in export(options["format"], at=timezone.now(), left=left):
                    stream.write(line)
                    rows += 1
        except OSError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_("%(file)s: %(rows)d rows written") % {"file": path, "rows": rows})
        for text, count in left.counts.items():
            self.stdout.write(f"{count:>9,}  {_(text)}")

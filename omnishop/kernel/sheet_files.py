"""Reading workbooks (XLSX) row by row, as `csv_files` reads CSV; numbers and dates become text."""

import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from omnishop.kernel.csv_files import BLOCK, NotReadable, Row, check_header

MAX_UNPACKED = 600_000_000  # bytes; a small archive may hold a huge sheet
MAX_STRINGS = 60_000_000  # bytes of texts, which the library keeps in memory
ERRORS = (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, SyntaxError)


@dataclass(frozen=True, slots=True)
class SheetFile:
    """The first sheet of a workbook."""

    path: Path
    header: tuple[str, ...]
    sha256: str
    headed: bool = True
    encoding: str = "xlsx"
    delimiter: str = ","  # of the files made about it

    def count(self) -> int:
        """Rows below the header, blank ones left out."""
        return sum(1 for _row in self.rows())

    def rows(self) -> Iterator[Row]:
        """The rows below the header, in order, blank ones left out."""
        width = len(self.header)
        for number, cells in enumerate(_cells(self.path), 1):
            if (number == 1 and self.headed) or not any(cells):
                continue
            padded = [*cells, *[""] * (width - len(cells))]
            problem = ""
            if any(cells[width:]):
                problem = _("The row has cells beyond the last column.")
            yield Row(number, dict(zip(self.header, padded, strict=False)), problem)


def is_workbook(path: Path) -> bool:
    """Whether a file is an archive, as workbooks are."""
    with path.open("rb") as stream:
        return stream.read(4) == b"PK\x03\x04"


def open_sheet(path: Path, *, columns: Sequence[str] = ()) -> SheetFile:
    """The first sheet, found readable. Raises NotReadable."""
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {info.filename: info.file_size for info in archive.infolist()}
    except (zipfile.BadZipFile, *ERRORS) as error:
        raise NotReadable(_("%(file)s is damaged.") % {"file": path.name}) from error
    if "xl/workbook.xml" not in sizes:
        raise NotReadable(_("%(file)s is an archive but no workbook (XLSX).") % {"file": path.name})
    if sum(sizes.values()) > MAX_UNPACKED or sizes.get("xl/sharedStrings.xml", 0) > MAX_STRINGS:
        raise NotReadable(
            _("%(file)s is too large for a workbook: save it as CSV.") % {"file": path.name}
        )
    header = tuple(columns) or tuple(name.strip() for name in next(_cells(path), []))
    while header and not header[-1]:
        header = header[:-1]
    if not header:
        raise NotReadable(_("%(file)s is empty.") % {"file": path.name})
    check_header(path, header)
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
    return SheetFile(path, header, digest.hexdigest(), headed=not columns)


def _cells(path: Path) -> Iterator[list[str]]:
    """The cells of each row as text."""
    # Read when a workbook is: it takes some MiB of a worker's memory.
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # what a file says of its size is often wrong
            for row in sheet.iter_rows(values_only=True):
                yield [_text(value) for value in row]
        finally:
            book.close()
    except (zipfile.BadZipFile, *ERRORS) as error:
        raise NotReadable(_("%(file)s is damaged.") % {"file": path.name}) from error


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    return str(value)

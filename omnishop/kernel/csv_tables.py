"""Tables that a spreadsheet opens: every file that leaves us as CSV is made here.

No cell is run as a formula (INVARIANTS F-24, ASVS 1.2.10).
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse

# The full-width signs are read as formulas too where the keyboard is Japanese or Chinese.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
MARK = "\ufeff"  # without it French spreadsheets read UTF-8 as Latin-1


def like_formula(text: str) -> bool:
    """Whether a spreadsheet could take the text for a formula, blanks before it or not."""
    return text.lstrip(" \u00a0").startswith(_FORMULA)


def unquoted(cell: str) -> str:
    """A cell as it was before `safe_cell`, or another program like it, put a quote before it."""
    return cell[1:] if cell.startswith("'") and like_formula(cell[1:]) else cell


def safe_cell(value: object) -> str:
    """The value as text that no spreadsheet takes for a formula; numbers stay numbers."""
    text = "" if value is None else str(value)
    return f"'{text}" if like_formula(text) and not _NUMBER.fullmatch(text) else text


def csv_lines(
    header: Iterable[object], rows: Iterable[Iterable[object]], *, separator: str = ";"
) -> Iterator[str]:
    """The lines of a CSV file in UTF-8 with its mark, made one by one."""
    line = io.StringIO()
    table = csv.writer(line, delimiter=separator)

    def said(cells: Iterable[object]) -> str:
        line.seek(0)
        line.truncate()
        table.writerow([safe_cell(cell) for cell in cells])
        return line.getvalue()

    yield MARK + said(header)
    for row in rows:
        yield said(row)


def csv_file(lines: Iterable[str], name: str) -> StreamingHttpResponse:
    """The lines as a file that is made while it is sent, and kept by nobody on the way."""
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response

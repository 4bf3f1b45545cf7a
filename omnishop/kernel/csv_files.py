"""Reading CSV files made by others: streamed, strict, refused whole or row by row (F-21).

`examine` refuses what is not a CSV file, is in another encoding or lacks columns, before
anything is written. `CsvFile.rows` then gives each row with its number, good or not.
"""

import codecs
import csv
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

from django.utils.translation import gettext as _

from omnishop.kernel.errors import Invalid

MAX_RECORD = 1_000_000  # characters of one row; a longer one is refused without being kept
BLOCK = 1 << 20  # bytes read at once
DELIMITERS = (",", ";", "\t", "|")
SIGNATURES = (
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"%PDF", "PDF"),
    (b"PK\x03\x04", "ZIP, XLSX, ODS"),
    (b"\xd0\xcf\x11\xe0", "XLS"),
    (b"\x1f\x8b", "GZIP"),
)
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

csv.field_size_limit(MAX_RECORD + BLOCK)  # ours comes first; the library's is 128 KB


class NotReadable(Invalid):
    """The file as a whole cannot be taken; nothing was written."""

    code = "not_readable"


@dataclass(frozen=True, slots=True)
class Row:
    """One row below the header. `problem` says why its cells cannot be trusted, if so."""

    number: int  # as a spreadsheet counts: the header is 1, a cell of many lines is one row
    cells: dict[str, str]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A file whose encoding and header were found good."""

    path: Path
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    sha256: str
    headed: bool = True  # the first row names the columns

    def count(self) -> int:
        """Rows below the header, blank ones left out."""
        return sum(1 for _number, cells, problem in self._records() if cells or problem)

    def rows(self) -> Iterator[Row]:
        """The rows below the header, in order, blank ones left out."""
        width = len(self.header)
        for number, cells, problem in self._records():
            if not cells and not problem:
                continue
            if not problem and len(cells) < width:
                problem = _("The row ends early: %(found)d cells of %(wanted)d.") % {
                    "found": len(cells),
                    "wanted": width,
                }
            elif len(cells) > width:
                problem = _(
                    "The row has too many cells, %(found)d instead of %(wanted)d: a cell that"
                    " holds the separator needs quotes."
                ) % {"found": len(cells), "wanted": width}
            yield Row(number, dict(zip(self.header, cells, strict=False)), problem)

    def _records(self) -> Iterator[tuple[int, list[str], str]]:
        """Number, cells and what is wrong; a blank row has no cells and nothing wrong."""
        with self.path.open(encoding=self.encoding, newline="") as stream:
            for number, cells, problem in _records(stream, self.delimiter):
                if number > 1 or not self.headed:
                    yield number, cells if problem or any(cells) else [], problem


def examine(path: Path, *, encoding: str, required: Sequence[str]) -> CsvFile:
    """The file, found readable: its encoding, separator and header. Raises NotReadable.

    It is read once to the end: an encoding that fails on the last line is known before the
    first line is used. The separator is the one by which the header has the columns.
    """
    refuse_other_kinds(path)
    codec = codec_of(encoding)
    with path.open("rb") as stream:
        head = stream.read(4)
    if head.startswith(UTF16) and not codec.startswith("utf-16"):
        raise NotReadable(
            _("%(file)s is encoded in UTF-16: add --encoding utf-16.") % {"file": path.name}
        )
    digest = decode_all(path, codec)
    reading = "utf-8-sig" if codec == "utf-8" else codec
    headers = {sign: first_records(path, reading, sign, 1)[0] for sign in DELIMITERS}
    sign = max(DELIMITERS, key=lambda s: len(set(required) & set(headers[s])))
    header = headers[sign]
    missing = [name for name in required if name not in header]
    if missing:
        raise NotReadable(
            _("%(file)s lacks the columns %(missing)s. Its first row is: %(found)s")
            % {
                "file": path.name,
                "missing": ", ".join(missing),
                "found": f" {sign} ".join(header)[:200] or "—",
            }
        )
    check_header(path, header)
    return CsvFile(path, reading, sign, header, digest)


def refuse_other_kinds(path: Path) -> None:
    """Raise NotReadable for what is no text at all: a picture, a workbook, nothing."""
    if not path.is_file():
        raise NotReadable(_("There is no file %(path)s.") % {"path": path})
    with path.open("rb") as stream:
        head = stream.read(8)
    if not head:
        raise NotReadable(_("%(file)s is empty.") % {"file": path.name})
    for signature, kind in SIGNATURES:
        if head.startswith(signature):
            raise NotReadable(
                _("%(file)s is not a CSV file but another kind (%(kind)s). Export it as CSV.")
                % {"file": path.name, "kind": kind}
            )


def check_header(path: Path, header: Sequence[str]) -> None:
    """Raise NotReadable where a name stands twice: which of them is meant nobody knows."""
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise NotReadable(
            _("%(file)s has the columns %(names)s twice.")
            % {"file": path.name, "names": ", ".join(twice)}
        )


def codec_of(encoding: str) -> str:
    """The codec of that name. Raises NotReadable when it is not one of text."""
    try:
        found = codecs.lookup(encoding)
        "".encode(encoding)  # refuses codecs that are not of text, such as hex
    except LookupError as error:
        raise NotReadable(
            _("There is no encoding %(name)s. Examples: utf-8, cp1252, utf-16.")
            % {"name": encoding}
        ) from error
    return "utf-8" if found.name == "utf-8-sig" else found.name


def decode_all(path: Path, codec: str) -> str:
    """The file's sha-256, once every byte was found to fit the encoding."""
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder(codec)()
    # Any bytes fit most 8-bit encodings; those that are valid UTF-8 beyond ASCII are UTF-8.
    other = None if codec.startswith("utf") else codecs.getincrementaldecoder("utf-8")()
    lines = accents = 0
    with path.open("rb") as stream:
        final = False
        while not final:
            block = stream.read(BLOCK)
            final = not block
            digest.update(block)
            try:
                text = decoder.decode(block, final)
            except UnicodeDecodeError as error:
                line = lines + error.object[: error.start].count(b"\n") + 1
                raise NotReadable(
                    _(
                        "%(file)s is not encoded in %(name)s (line %(line)d). Say the right one:"
                        " --encoding cp1252 for a file saved by a spreadsheet under Windows,"
                        " --encoding utf-8 for most exports."
                    )
                    % {"file": path.name, "name": codec, "line": line}
                ) from error
            if "\0" in text:
                raise NotReadable(
                    _("%(file)s is not a text file, so it is not CSV.") % {"file": path.name}
                )
            lines += text.count("\n")
            if other:
                try:
                    accents += sum(map(len, re.findall(r"[^\0-\x7f]+", other.decode(block, final))))
                except UnicodeDecodeError:
                    other = None
    if other and accents:
        raise NotReadable(
            _("%(file)s is encoded in UTF-8: leave out --encoding %(name)s.")
            % {"file": path.name, "name": codec}
        )
    return digest.hexdigest()


def first_records(path: Path, encoding: str, delimiter: str, count: int) -> list[tuple[str, ...]]:
    """The first records, the header among them, with this separator; at least one."""
    with path.open(encoding=encoding, newline="") as stream:
        found = [cells for _number, cells, _problem in islice(_records(stream, delimiter), count)]
    return [tuple(cell.strip() for cell in cells) for cells in found] or [()]


# --- Records ------------------------------------------------------------------------------------


class _TooLong(Exception):
    """The record read now is longer than we keep."""


class _Lines:
    """Physical lines for the csv module, which joins those of one record."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.read = 0  # lines read
        self.pieces: list[str] = []  # of the record being read
        self.length = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        piece = self.stream.readline(MAX_RECORD)
        if not piece:
            raise StopIteration
        self.read += 1
        self.pieces.append(piece)
        self.length += len(piece)
        if self.length >= MAX_RECORD:
            raise _TooLong
        return piece

    def begin(self) -> None:
        """Forget the record before."""
        self.pieces.clear()
        self.length = 0

    def skip(self, delimiter: str) -> str:
        """Read on to the end of the record that is too long; gives how it begins."""
        beginning = self.pieces[0][:200]
        state, last = "start", ""
        for last in self.pieces:
            state = _after(last, state, delimiter)
        while state == "quoted" or not last.endswith(("\n", "\r")):
            last = self.stream.readline(MAX_RECORD)
            if not last:
                break
            state = _after(last, state, delimiter)
        return beginning


def _after(text: str, state: str, delimiter: str) -> str:
    """Where in a cell the csv format is after `text`: start, plain, quoted, closing."""
    plain_end = re.compile(f"[{re.escape(delimiter)}\r\n]")
    at = 0
    while at < len(text):
        if state == "quoted":
            at = text.find('"', at)
            if at < 0:
                break
            state = "closing"  # unless the next is a quote too
        elif text[at] == delimiter or text[at] in "\r\n":
            state = "start"
        elif text[at] == '"' and state in {"start", "closing"}:
            state = "quoted"
        else:
            state = "plain"
            found = plain_end.search(text, at)
            at = (found.start() if found else len(text)) - 1
        at += 1
    return state


def _records(stream: TextIO, delimiter: str) -> Iterator[tuple[int, list[str], str]]:
    """Number, cells and problem of each record, the header and blank ones included."""
    lines = _Lines(stream)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        lines.begin()
        try:
            yield number, next(reader), ""
        except StopIteration:
            return
        except _TooLong:
            beginning = lines.skip(delimiter)
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            first = next(csv.reader([beginning], delimiter=delimiter), [])
            yield (
                number,
                first[:1],
                _("The row is longer than %(limit)d characters.") % {"limit": MAX_RECORD},
            )
        except csv.Error:
            # strict: a quote that is never closed, or text right after a closing quote
            text = "".join(lines.pieces)[:200]
            first = next(csv.reader([text], delimiter=delimiter), [])
            yield (
                number,
                first[:1],
                _("The quotes of this row do not match (lines %(first)d to %(last)d of the file).")
                % {"first": lines.read - len(lines.pieces) + 1, "last": lines.read},
            )

"""Finding out how a CSV file was written, to be shown and never guessed in silence (F-21, UX I4).

What cannot be told apart for sure is refused with the option that says it.
"""

import codecs
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from omnishop.kernel.csv_files import (
    BLOCK,
    DELIMITERS,
    UTF16,
    CsvFile,
    NotReadable,
    check_header,
    codec_of,
    decode_all,
    first_records,
    refuse_other_kinds,
)
from omnishop.kernel.letters import without_accents

SAMPLE = 50  # records that decide about the separator
_HIGH = bytes(range(128))  # what `translate` drops: ASCII
# How likely a letter or sign is in a Western European shop's texts; others count nothing.
_LIKELY = {
    **dict.fromkeys("é", 10),
    **dict.fromkeys("èà’", 6),
    **dict.fromkeys("êç", 5),
    **dict.fromkeys("âîôäöüñáíóúÉ€«»", 4),
    **dict.fromkeys("ûùëïœßøåæŒÀ°®™–“”\xa0", 3),
    **dict.fromkeys("ÈÊÇ‘—…²½", 2),
    # UTF-8 read as an 8-bit encoding is full of these.
    **dict.fromkeys("ÃÂ", -8),
    **dict.fromkeys("─│┌┐└┘├┤┬┴┼═║╔╗╚╝╠╣╦╩╬░▒▓█▄▀", -4),
}
_OTHERS = ("mac_roman", "cp850")


@dataclass(frozen=True, slots=True)
class Detected:
    """A file, and in words how its encoding and separator are known."""

    file: CsvFile
    encoding_known: str
    separator_known: str


def detect(
    path: Path,
    *,
    encoding: str = "",
    separator: str = "",
    columns: Sequence[str] = (),
    recognised: Callable[[Sequence[str]], int] = lambda header: 0,
) -> Detected:
    """The file's encoding, separator and header; what is given is checked, the rest found out.

    `columns` names the columns of a file without a header. `recognised` says how many names of
    a header the reader knows. Raises NotReadable where two answers are possible.
    """
    refuse_other_kinds(path)
    if encoding:
        codec = codec_of(encoding)
        digest, how = decode_all(path, codec), _("as given")
        reading = "utf-8-sig" if codec == "utf-8" else codec
    else:
        reading, digest, how = _encoding(path)
    if separator:
        sign, why = _given(separator), _("as given")
    else:
        sign, why = _separator(path, reading, columns, recognised)
    header = tuple(columns) or first_records(path, reading, sign, 1)[0]
    check_header(path, header)
    file = CsvFile(path, reading, sign, header, digest, headed=not columns)
    return Detected(file, how, why)


def plain_heading(heading: str) -> str:
    """A heading without accents, case, kinds of apostrophe and doubled blanks."""
    letters = without_accents(heading.replace("’", "'").casefold())
    return re.sub(r"\s+", " ", letters).strip()


def _given(separator: str) -> str:
    sign = {"tab": "\t", "\\t": "\t"}.get(separator.lower(), separator)
    if sign not in DELIMITERS:
        raise NotReadable(_("A separator is one of , ; | and tab."))
    return sign


# --- Encoding -----------------------------------------------------------------------------------


def _encoding(path: Path) -> tuple[str, str, str]:
    """What to open the file with, its sha-256, and how that is known."""
    with path.open("rb") as stream:
        head = stream.read(4)
    if head.startswith(UTF16):
        return "utf-16", decode_all(path, "utf-16"), _("it begins with the mark of UTF-16")
    digest, high, utf8, nul = _look(path)
    if nul:
        few, many = sorted(nul)
        if not few and many * 4 > path.stat().st_size:  # every other byte, for a Western text
            raise NotReadable(
                _("%(file)s looks like UTF-16 without its mark: add --encoding %(name)s.")
                % {"file": path.name, "name": "utf-16-le" if nul[1] else "utf-16-be"}
            )
        raise NotReadable(_("%(file)s is not a text file, so it is not CSV.") % {"file": path.name})
    if head.startswith(codecs.BOM_UTF8) and utf8:
        return "utf-8-sig", digest, _("it begins with the mark of UTF-8")
    if utf8:
        how = _("every sign fits UTF-8") if high else _("it has no accents, any encoding fits")
        return "utf-8-sig", digest, how
    score = {name: _score(high, name) for name in ("cp1252", *_OTHERS)}
    if score["cp1252"] >= 3 and all(score["cp1252"] >= 2 * score[name] for name in _OTHERS):
        return "cp1252", digest, _("not UTF-8, and its accents are those of cp1252 (Windows)")
    raise NotReadable(
        _(
            "%(file)s is not encoded in UTF-8, and in which other encoding cannot be told for"
            " sure. Say it: --encoding cp1252 for a file saved by a spreadsheet under Windows,"
            " --encoding mac_roman under an old macOS. A word of it: %(words)s"
        )
        % {"file": path.name, "words": _readings(path)}
    )


def _look(path: Path) -> tuple[str, Counter[int], bool, tuple[int, int] | None]:
    """The sha-256, the bytes beyond ASCII, whether all is UTF-8, NULs at even and odd places."""
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    high: Counter[int] = Counter()
    utf8, even, odd = True, 0, 0
    with path.open("rb") as stream:
        final = False
        while not final:
            block = stream.read(BLOCK)
            final = not block
            digest.update(block)
            high.update(block.translate(None, _HIGH))
            if b"\0" in block:
                even += block[::2].count(0)
                odd += block[1::2].count(0)
            if utf8:
                try:
                    decoder.decode(block, final)
                except UnicodeDecodeError:
                    utf8 = False
    return digest.hexdigest(), high, utf8, (even, odd) if even or odd else None


def _score(high: Counter[int], encoding: str) -> float:
    """How much the signs beyond ASCII look like a shop's texts in this encoding."""
    total = 0
    for byte, count in high.items():
        try:
            total += _LIKELY.get(bytes([byte]).decode(encoding), 0) * count
        except UnicodeDecodeError:
            return -1.0
    return total / max(sum(high.values()), 1)


def _readings(path: Path) -> str:
    """The first word with a sign beyond ASCII, as each encoding would show it."""
    with path.open("rb") as stream:
        for line in stream:
            place = next((at for at, byte in enumerate(line) if byte > 127), None)
            if place is not None:
                piece = line[max(0, place - 8) : place + 8].strip()
                return ", ".join(
                    f"{name} “{piece.decode(name, 'replace')}”" for name in ("cp1252", *_OTHERS)
                )
    return "—"


# --- Separator ----------------------------------------------------------------------------------


def _separator(
    path: Path,
    encoding: str,
    columns: Sequence[str],
    recognised: Callable[[Sequence[str]], int],
) -> tuple[str, str]:
    """The separator, and how that is known."""
    found = {sign: first_records(path, encoding, sign, SAMPLE) for sign in DELIMITERS}
    if not columns:
        known = {sign: recognised(records[0]) for sign, records in found.items()}
        best = max(known.values())
        if best >= 2 and list(known.values()).count(best) == 1:
            sign = max(known, key=lambda s: known[s])
            return sign, _("the header has %(count)d columns that are known") % {"count": best}
    wanted = len(columns)
    even = [sign for sign, records in found.items() if _even(records, wanted)]
    if len(even) == 1:
        return even[0], _("every row has as many cells as the first")
    raise NotReadable(
        _(
            "Which sign separates the columns of %(file)s cannot be told for sure. Say it:"
            " --separator ';' (or , | tab). Its first row is: %(row)s"
        )
        % {"file": path.name, "row": (found[","][0] and ",".join(found[","][0])[:200]) or "—"}
    )


def _even(records: Sequence[Sequence[str]], wanted: int) -> bool:
    """Nearly all records have the width of the first, or the wanted one, and it is not 1."""
    rows = [len(record) for record in records if any(record)]
    width = wanted or (rows[0] if rows else 0)
    return width > 1 and rows.count(width) >= 0.9 * len(rows)

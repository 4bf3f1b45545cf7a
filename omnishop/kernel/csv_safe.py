"""Cells for files that a spreadsheet opens (INVARIANTS F-24, ASVS 1.2.10)."""

import re

# The full-width signs are read as formulas too where the keyboard is Japanese or Chinese.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")


def unquoted(cell: str) -> str:
    """A cell as it was before `safe_cell`, or another program like it, put a quote before it."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def safe_cell(value: object) -> str:
    """The value as text that no spreadsheet takes for a formula; numbers stay numbers."""
    text = str(value)
    if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text

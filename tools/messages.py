"""Compile translation files: python tools/messages.py locale/…/django.po …

Messages marked fuzzy are guesses and are left out.
"""

import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po


def compile_file(path: Path) -> None:
    """Write the .mo beside the .po; raises PoFileError where the file is not valid."""
    with path.open("rb") as source:
        catalog = read_po(source, abort_invalid=True)
    draft = path.with_suffix(".new")
    with draft.open("wb") as target:
        write_mo(target, catalog)
    draft.replace(path.with_suffix(".mo"))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        try:
            compile_file(Path(name))
        except PoFileError as error:
            sys.exit(f"error: {name}: {error}")

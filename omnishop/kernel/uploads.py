"""Files that staff bring to be read in: checked, kept where no visitor gets, forgotten in time."""

import contextlib
import tempfile
from collections.abc import Collection, Iterator
from datetime import timedelta
from pathlib import Path
from typing import IO
from uuid import uuid4

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import Storage, storages
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from omnishop.kernel.csv_files import NotReadable
from omnishop.kernel.errors import Invalid

KEPT = timedelta(days=30)  # then a task deletes the file


def keep(file: "File[bytes]", *, name: str, folder: str, suffixes: Collection[str]) -> str:
    """Keep a file; the name it is stored under. Raises Invalid for what is too large or of
    another kind.
    """
    if Path(name).suffix.lower() not in suffixes:
        raise Invalid(
            _("This is not a file of that kind: %(kinds)s.")
            % {"kinds": ", ".join(sorted(suffixes))}
        )
    if file.size > settings.IMPORT_MAX_BYTES:
        raise Invalid(
            _("The file is larger than %(limit)d MB.")
            % {"limit": settings.IMPORT_MAX_BYTES // 1_000_000}
        )
    return _storage().save(f"{folder}/{uuid4().hex}/{get_valid_filename(name)}", file)


def forget(stored: str) -> None:
    """Delete a kept file; one that is gone already is no error."""
    _storage().delete(stored)


@contextlib.contextmanager
def local(stored: str, *, name: str) -> Iterator[Path]:
    """A kept file on this machine; a copy of it where the storage is elsewhere."""
    storage = _storage()
    if not storage.exists(stored):
        raise NotReadable(_("There is no file %(path)s.") % {"path": name})
    with contextlib.ExitStack() as stack:
        try:
            path = Path(storage.path(stored))
        except NotImplementedError:
            copy: IO[bytes] = stack.enter_context(
                tempfile.NamedTemporaryFile(suffix=Path(stored).suffix)
            )
            with storage.open(stored) as stream:
                for chunk in stream.chunks():
                    copy.write(chunk)
            copy.flush()
            path = Path(copy.name)
        yield path


def _storage() -> Storage:
    return storages["private"]

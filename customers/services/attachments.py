"""Files that come with a word in a case: their size, their number, and what they really are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from customers.models import CaseAttachment, CaseEntry
from omnishop.kernel.errors import Invalid

MAX_FILES = 5
MAX_BYTES = 5_000_000  # of one file
# First bytes, with their place, of what may be sent; the name and the declared kind prove nothing.
SIGNATURES = (
    ("image/jpeg", 0, b"\xff\xd8\xff"),
    ("image/png", 0, b"\x89PNG\r\n\x1a\n"),
    ("image/webp", 8, b"WEBP"),
    ("image/heic", 4, b"ftypheic"),
    ("image/heic", 4, b"ftypmif1"),
    ("application/pdf", 0, b"%PDF-"),
)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it arrived."""

    name: str
    content: bytes


def kind_of(content: bytes) -> str:
    """What a file is by its first bytes; nothing when it is not a kind we take."""
    for kind, start, mark in SIGNATURES:
        if content[start : start + len(mark)] == mark:
            return kind
    return ""


def check(uploads: Sequence[Upload]) -> None:
    """Refuse too many, too large, empty, or of a kind that we do not take. Raises Invalid."""
    if len(uploads) > MAX_FILES:
        raise Invalid(_("Five files at the most."))
    for upload in uploads:
        if len(upload.content) > MAX_BYTES:
            raise Invalid(_("%(name)s is larger than 5 MB.") % {"name": upload.name})
        if not kind_of(upload.content):
            raise Invalid(
                _("%(name)s cannot be sent: pictures and PDF files only.") % {"name": upload.name}
            )


def acceptable(uploads: Iterable[Upload]) -> tuple[list[Upload], list[str]]:
    """Of an e-mail's files those we keep, and the names of those left out."""
    kept: list[Upload] = []
    left_out = []
    for upload in uploads:
        fits = len(kept) < MAX_FILES and len(upload.content) <= MAX_BYTES
        if fits and kind_of(upload.content):
            kept.append(upload)
        else:
            left_out.append(upload.name[:120])
    return kept, left_out


def attach(entry: CaseEntry, uploads: Sequence[Upload]) -> None:
    """Keep checked files with their entry, under names of ours."""
    for upload in uploads:
        one = CaseAttachment(
            entry=entry,
            name=upload.name[:120] or "file",
            kind=kind_of(upload.content),
            size=len(upload.content),
        )
        one.file.save(upload.name, ContentFile(upload.content), save=False)
        one.save()

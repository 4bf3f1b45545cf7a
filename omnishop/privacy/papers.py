"""A person's data as a page to read."""

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from django.conf import settings
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import KeepTogether, Paragraph, SimpleDocTemplate, Spacer

from omnishop.kernel.templatetags.omnishop import stamp

PLAIN = ParagraphStyle("plain", fontName="Helvetica", fontSize=10, leading=14)
SMALL = ParagraphStyle("small", parent=PLAIN, textColor="#545b57")
TITLE = ParagraphStyle("title", parent=PLAIN, fontName="Helvetica-Bold", fontSize=20, leading=26)
HEAD = ParagraphStyle(
    "head", parent=PLAIN, fontName="Helvetica-Bold", fontSize=13, leading=18, spaceBefore=12
)


def _printable(text: str) -> str:
    """A text in the letters that every reader's own fonts have."""
    narrow = text.replace("\u202f", "\u00a0").replace("\u2212", "-")
    return escape(narrow.encode("cp1252", "replace").decode("cp1252"))


def _said(value: Any) -> str:
    """A value as people write it."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, str):
        instant = parse_datetime(value) if len(value) > 18 and value[10:11] == "T" else None
        return stamp(instant) if instant and instant.tzinfo else value
    if isinstance(value, dict):
        return " · ".join(f"{key} : {_said(item)}" for key, item in value.items() if item != "")
    if isinstance(value, list):
        return ", ".join(_said(item) for item in value)
    return str(value)


def pdf_of(*, title: str, name: str, sections: Sequence[dict[str, Any]], at: datetime) -> bytes:
    """The sections one below the other, in the reader's language."""
    story: list[Any] = [
        Paragraph(_printable(title), TITLE),
        Paragraph(_printable(f"{settings.SHOP_NAME} · {name} · {stamp(at)}"), SMALL),
        Spacer(1, 4 * mm),
    ]
    for section in sections:
        story.append(Paragraph(_printable(section["name"].capitalize()), HEAD))
        for row in section["rows"]:
            lines = "<br/>".join(
                f"<b>{_printable(key)}</b> : {_printable(_said(value))}"
                for key, value in row.items()
            )
            block = [Paragraph(lines, PLAIN), Spacer(1, 2.5 * mm)]
            story.append(KeepTogether(block) if len(row) < 20 else block[0])
    file = BytesIO()
    document = SimpleDocTemplate(
        file,
        pagesize=A4,
        title=title,
        author=settings.SHOP_NAME,
        leftMargin=20 * mm,
        rightMargin=20 * mm,
        topMargin=18 * mm,
        bottomMargin=18 * mm,
    )
    document.build(story, onFirstPage=_foot, onLaterPages=_foot)
    return file.getvalue()


def _foot(canvas: Any, document: Any) -> None:
    canvas.saveState()
    canvas.setFont("Helvetica", 8)
    canvas.drawRightString(A4[0] - 20 * mm, 10 * mm, str(document.page))
    canvas.restoreState()

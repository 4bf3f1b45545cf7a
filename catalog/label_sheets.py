"""Drawing shelf labels on the paper to print."""

from collections.abc import Sequence
from io import BytesIO

import segno
from django.utils.translation import gettext as _
from reportlab.lib.colors import black
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from catalog.labels import MOST, SHEETS, Label, mentions, printable, shown
from omnishop.kernel.errors import Invalid

PLAIN, BOLD = "Helvetica", "Helvetica-Bold"  # every reader and printer has them


def sheet_pdf(found: Sequence[Label], *, sheet: str, copies: int = 1) -> bytes:
    """The labels as a PDF, in the reader's language. Raises Invalid when there is none to print,
    or more than `MOST`.
    """
    if sheet not in SHEETS:
        raise Invalid(_("Choose a format."))
    wanted = [label for label in found for _copy in range(copies)]
    if not wanted:
        raise Invalid(_("None of these articles is sold in this store."))
    if len(wanted) > MOST:
        raise Invalid(_("That is more than %(most)s labels. Print them in parts.") % {"most": MOST})
    form, file = SHEETS[sheet], BytesIO()
    width, height = (side * mm for side in form.label)
    paper = (form.paper[0] * mm, form.paper[1] * mm)
    canvas = Canvas(file, pagesize=paper)
    canvas.setTitle(_("Shelf labels"))
    each = form.columns * form.rows
    for number, label in enumerate(wanted):
        if number and number % each == 0:
            canvas.showPage()
        row, column = divmod(number % each, form.columns)
        x = form.margin[0] * mm + column * width
        y = paper[1] - form.margin[1] * mm - (row + 1) * height
        canvas.saveState()
        canvas.translate(x, y)
        _draw(canvas, label, width, height)
        canvas.restoreState()
    canvas.save()
    return file.getvalue()


def _draw(canvas: Canvas, label: Label, width: float, height: float) -> None:
    """One label, its lower left corner at the origin: name above, price and code below."""
    pad, scale = 3.5 * mm, min(1.25, height / (37 * mm))
    square = 17 * mm * scale
    canvas.setFillColor(black)
    y = height - pad
    size = 9 * scale
    for line in simpleSplit(printable(label.name), BOLD, size, width - 2 * pad)[:2]:
        y -= size
        canvas.setFont(BOLD, size)
        canvas.drawString(pad, y, line)
        y -= 1.5
    small = 6.5 * scale
    under = printable(" · ".join(part for part in (label.options, label.sku) if part))
    canvas.setFont(PLAIN, small)
    canvas.drawString(pad, y - small, _shortened(under, small, width - 2 * pad))
    _qr(canvas, label.address, width - pad - square, pad, square)
    left = width - 2 * pad - square - 2 * mm
    y = pad
    for line in reversed(mentions(label.price, label.offer)):
        canvas.setFont(PLAIN, small)
        canvas.drawString(pad, y, _shortened(line, small, left))
        y += small + 1.5
    now = shown(label.price.amount_minor)
    size = min(24 * scale, 24 * scale * left / stringWidth(now, BOLD, 24 * scale))
    canvas.setFont(BOLD, size)
    canvas.drawString(pad, y + 1.5, now)
    if label.price.reference_minor:
        _crossed_out(canvas, shown(label.price.reference_minor), pad, y + size + 2, small * 1.3)


def _shortened(text: str, size: float, width: float) -> str:
    while text and stringWidth(text, PLAIN, size) > width:
        text = text[:-2].rstrip() + "…"
    return text


def _crossed_out(canvas: Canvas, text: str, x: float, y: float, size: float) -> None:
    canvas.setFont(PLAIN, size)
    canvas.drawString(x, y, text)
    canvas.setLineWidth(0.7)
    canvas.line(x, y + size * 0.3, x + stringWidth(text, PLAIN, size), y + size * 0.3)


def _qr(canvas: Canvas, text: str, x: float, y: float, side: float) -> None:
    """The code as black squares, to the size whatever the length; the quiet zone is the margin."""
    rows = [list(row) for row in segno.make(text, error="m").matrix]
    cell = side / len(rows)
    for number, row in enumerate(rows):
        for column, dark in enumerate(row):
            if dark:
                canvas.rect(
                    x + column * cell, y + side - (number + 1) * cell, cell, cell, stroke=0, fill=1
                )

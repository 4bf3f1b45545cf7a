"""The card to carry: a picture for a telephone's wallet, a PDF to print; the statement as PDF."""

from io import BytesIO
from pathlib import Path
from typing import Any

import reportlab
import segno
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.colors import HexColor, black, white
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from loyalty.statements import Statement, sums
from omnishop.kernel.barcode import bars

# Comes with reportlab and has the letters of western Europe; Pillow's own has no accents.
FONT = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"
WIDTH, HEIGHT = 1032, 651  # pixels: a bank card's proportions, as wallets show them
GREEN = "#0b5d4e"
MODULES = 95
PAPER = (210 * mm, 297 * mm)
CARD = (85.6 * mm, 54 * mm)  # ISO/IEC 7810 ID-1
PLAIN, BOLD = "Helvetica", "Helvetica-Bold"


def card_png(*, number: str, name: str, programme: str, tier: str = "") -> bytes:
    """The card as a picture: barcode and QR of the same number, black on white."""
    image = Image.new("RGB", (WIDTH, HEIGHT), GREEN)
    draw = ImageDraw.Draw(image)
    draw.text((48, 36), programme, font=_font(52), fill="white")
    draw.text((48, 112), name, font=_font(38), fill="white")
    if tier:
        draw.text((48, 166), tier, font=_font(34), fill="white")
    draw.rounded_rectangle((32, 232, WIDTH - 32, HEIGHT - 32), 24, fill="white")
    step = 6
    for place in bars(number):
        draw.rectangle((80 + place * step, 272, 80 + (place + 1) * step - 1, 500), fill="black")
    draw.text(
        (80 + MODULES * step // 2, 536), _spaced(number), font=_font(44), fill="black", anchor="mm"
    )
    rows = [list(row) for row in segno.make_qr(number, error="m").matrix]
    cell = 280 // len(rows)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            if dark:
                left, top = 692 + x * cell, 286 + y * cell
                draw.rectangle((left, top, left + cell - 1, top + cell - 1), fill="black")
    file = BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def _font(size: int) -> Any:
    return ImageFont.truetype(FONT, size)


def _spaced(number: str) -> str:
    return f"{number[0]} {number[1:7]} {number[7:]}"


def card_pdf(*, number: str, name: str, programme: str, tier: str = "") -> bytes:
    """The card at its real size on a sheet, to cut out."""
    file = BytesIO()
    canvas = Canvas(file, pagesize=PAPER)
    canvas.setTitle(_("Loyalty card"))
    width, height = CARD
    x, y = 20 * mm, PAPER[1] - 20 * mm - height
    canvas.setFillColor(HexColor(GREEN))
    canvas.roundRect(x, y, width, height, 3 * mm, stroke=0, fill=1)
    canvas.setFillColor(white)
    canvas.setFont(BOLD, 13)
    canvas.drawString(x + 5 * mm, y + height - 8.5 * mm, _letters(programme))
    canvas.setFont(PLAIN, 10)
    canvas.drawString(x + 5 * mm, y + height - 14 * mm, _letters(name))
    if tier:
        canvas.drawRightString(x + width - 5 * mm, y + height - 14 * mm, _letters(tier))
    canvas.roundRect(x + 3 * mm, y + 3 * mm, width - 6 * mm, 33 * mm, 2 * mm, stroke=0, fill=1)
    canvas.setFillColor(black)
    step = 0.33 * mm * 1.5
    for place in bars(number):
        canvas.rect(x + 7 * mm + place * step, y + 12 * mm, step, 20 * mm, stroke=0, fill=1)
    canvas.setFont(PLAIN, 10)
    canvas.drawCentredString(x + 7 * mm + MODULES * step / 2, y + 6.5 * mm, _spaced(number))
    rows = [list(row) for row in segno.make_qr(number, error="m").matrix]
    cell = 22 * mm / len(rows)
    for n, row in enumerate(rows):
        for column, dark in enumerate(row):
            if dark:
                left, bottom = x + 57 * mm + column * cell, y + 32 * mm - (n + 1) * cell
                canvas.rect(left, bottom, cell, cell, stroke=0, fill=1)
    canvas.save()
    return file.getvalue()


def statement_pdf(found: Statement, *, name: str, programme: str) -> bytes:
    """The statement of a month on paper."""
    file = BytesIO()
    canvas = Canvas(file, pagesize=PAPER)
    month = date_format(found.month, "F Y")
    canvas.setTitle(_letters(_("Points of %(month)s") % {"month": month}))
    top = PAPER[1] - 25 * mm
    canvas.setFont(BOLD, 16)
    canvas.drawString(20 * mm, top, _letters(programme))
    canvas.setFont(PLAIN, 11)
    canvas.drawString(20 * mm, top - 7 * mm, _letters(f"{name} · {month}"))
    y = top - 20 * mm
    for words, points in sums(found):
        canvas.setFont(PLAIN, 11)
        canvas.drawString(20 * mm, y, _letters(words))
        canvas.drawRightString(90 * mm, y, _points(points))
        y -= 6.5 * mm
    y -= 6 * mm
    for entry in found.entries:
        if y < 20 * mm:
            canvas.showPage()
            y = PAPER[1] - 25 * mm
        canvas.setFont(PLAIN, 9)
        origin = entry.lot.origin if entry.lot else ""
        canvas.drawString(20 * mm, y, _letters(date_format(entry.at, "d/m/Y")))
        canvas.drawString(42 * mm, y, _letters(f"{entry.get_kind_display()} · {origin}"[:85]))
        canvas.drawRightString(190 * mm, y, _points(entry.delta))
        y -= 5 * mm
    canvas.save()
    return file.getvalue()


def _points(points: int) -> str:
    return f"{points:,}".replace(",", "\u00a0")


def _letters(text: str) -> str:
    """A text in the letters that every printer's own fonts have."""
    narrow = text.replace("\u202f", "\u00a0").replace("\u2212", "-")
    return narrow.encode("cp1252", "replace").decode("cp1252")

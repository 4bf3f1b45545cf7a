"""Shelf labels: what stands on them, and the sheet to print."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.parse import quote

import segno
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from reportlab.lib.colors import black
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from catalog import book
from catalog.announced import Announced, announced
from catalog.models import Variant
from catalog.pricing import UnitPrice
from omnishop.kernel.errors import Invalid
from omnishop.kernel.language import site_language
from omnishop.kernel.templatetags.omnishop import format_money, short_day
from omnishop.network.models import Store

MOST = 1200  # labels at once: fifty sheets
PLAIN, BOLD = "Helvetica", "Helvetica-Bold"  # every reader and printer has them


@dataclass(frozen=True, slots=True)
class Sheet:
    """A format: the size of the paper and of its labels, in millimetres."""

    code: str
    name: Any  # translated when it is shown
    paper: tuple[float, float]
    label: tuple[float, float]
    margin: tuple[float, float] = (0, 0)  # left, top
    columns: int = 1
    rows: int = 1


SHEETS = {
    sheet.code: sheet
    for sheet in (
        Sheet(
            "a4", gettext_lazy("A4, 24 labels of 70 × 37 mm"), (210, 297), (70, 37),
            margin=(0, 0.5), columns=3, rows=8,
        ),
        Sheet("single", gettext_lazy("Roll of 80 × 50 mm, one label each"), (80, 50), (80, 50)),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Label:
    """What one label says."""

    name: str
    options: str
    sku: str
    price: UnitPrice
    address: str  # of the shelf page
    offer: Announced | None  # the first that anybody has on it at the till


def shelf_address(variant: Variant, store: Store) -> str:
    """What the QR of a label opens: the article, as this store has it."""
    code = quote(variant.gtin or variant.sku, safe="")
    return f"{settings.SITE_URL}/p/{code}/?m={quote(store.code, safe='')}"


def labels(variant_ids: Collection[int], *, store: Store, at: datetime) -> list[Label]:
    """The labels of articles in a store, each at the price that its tills charge (VAT-11)
    and with the offer that they apply.

    Articles that are not sold there are left out. Three statements, and one when offers changed.
    """
    priced = book.price_book(variant_ids, at=at, channel="till", store_id=store.pk)
    found = (
        Variant.objects.filter(pk__in=set(priced.prices).intersection(variant_ids))
        .select_related("product")
        .prefetch_related("options")
        .order_by("product__name", "position", "pk")
    )
    return [
        Label(
            name=variant.product.name,
            options=" · ".join(str(value) for value in variant.options.all()),
            sku=variant.sku,
            price=priced.prices[variant.pk],
            address=shelf_address(variant, store),
            offer=next(iter(announced(priced, [priced.prices[variant.pk]])), None),
        )
        for variant in found
    ]


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


def _printable(text: str) -> str:
    """A text in the letters that every printer's own fonts have."""
    narrow = text.replace("\u202f", "\u00a0").replace("\u2212", "-")
    return narrow.encode("cp1252", "replace").decode("cp1252")


def _money(amount_minor: int) -> str:
    return _printable(format_money(amount_minor, settings.CURRENCY, site_language()))


def mentions(price: UnitPrice, offer: Announced | None = None) -> list[str]:
    """What stands beside the price: an offer and its last day, as paper outlives it; what the law
    wants, the lowest price of 30 days (PRC-1), the unit price (PRC-3), the eco-participation
    (VAT-9).
    """
    lines = []
    if offer:
        lines.append(
            _("%(offer)s, until %(day)s") % {"offer": offer.name, "day": short_day(offer.until)}
        )
    if price.reference_minor:
        lines.append(
            _("Lowest price in 30 days: %(price)s") % {"price": _money(price.reference_minor)}
        )
    if price.per_unit_minor is not None:
        lines.append(f"{_money(price.per_unit_minor)}/{price.per_unit_label}")
    if price.eco_minor:
        lines.append(_("of which %(eco)s eco-participation") % {"eco": _money(price.eco_minor)})
    return [_printable(line) for line in lines]


def _draw(canvas: Canvas, label: Label, width: float, height: float) -> None:
    """One label, its lower left corner at the origin: name above, price and code below."""
    pad, scale = 3.5 * mm, min(1.25, height / (37 * mm))
    square = 17 * mm * scale
    canvas.setFillColor(black)
    y = height - pad
    size = 9 * scale
    for line in simpleSplit(_printable(label.name), BOLD, size, width - 2 * pad)[:2]:
        y -= size
        canvas.setFont(BOLD, size)
        canvas.drawString(pad, y, line)
        y -= 1.5
    small = 6.5 * scale
    under = _printable(" · ".join(part for part in (label.options, label.sku) if part))
    canvas.setFont(PLAIN, small)
    canvas.drawString(pad, y - small, _shortened(under, small, width - 2 * pad))
    _qr(canvas, label.address, width - pad - square, pad, square)
    left = width - 2 * pad - square - 2 * mm
    y = pad
    for line in reversed(mentions(label.price, label.offer)):
        canvas.setFont(PLAIN, small)
        canvas.drawString(pad, y, _shortened(line, small, left))
        y += small + 1.5
    now = _money(label.price.amount_minor)
    size = min(24 * scale, 24 * scale * left / stringWidth(now, BOLD, 24 * scale))
    canvas.setFont(BOLD, size)
    canvas.drawString(pad, y + 1.5, now)
    if label.price.reference_minor:
        _crossed_out(canvas, _money(label.price.reference_minor), pad, y + size + 2, small * 1.3)


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

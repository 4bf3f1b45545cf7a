"""The rows of an "Online Retail" file, read and grouped by invoice (doi 10.1057/dbm.2012.17)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.numbers import get_currency_precision
from django.conf import settings
from django.utils.translation import gettext as _

from omnishop.kernel.csv_files import Row
from orders.models import OrderLine

REQUIRED = (
    *("InvoiceNo", "StockCode", "Description", "Quantity"),
    *("InvoiceDate", "UnitPrice", "CustomerID"),
)
DELIVERY = {"POST", "C2", "DOT"}  # postage, carriage, "Dotcom postage"
MANUAL = {"M", "D", "S", "B", "BANK CHARGES", "AMAZONFEE", "CRUK"}  # typed in, discount, fees
MAX_MINOR = 2**31 - 1  # what an amount column holds
MAX_UNITS = 1_000_000


class NotLoaded(Exception):
    """This row cannot be kept as what it is."""


@dataclass(frozen=True, slots=True)
class Sale:
    """One row: units of one article at one price. `quantity` is positive in cancellations too."""

    row: int
    position: int  # in its invoice, from 1, rows that could not be loaded included
    sku: str
    name: str
    quantity: int
    unit_minor: int

    @property
    def total_minor(self) -> int:
        return self.unit_minor * self.quantity

    @property
    def kind(self) -> str:
        """Postage and typed-in lines are kept as what they are."""
        code = self.sku.upper()
        if code in DELIVERY:
            return OrderLine.Kind.DELIVERY
        return OrderLine.Kind.MANUAL if code in MANUAL else OrderLine.Kind.PRODUCT


@dataclass(slots=True)
class Invoice:
    """The rows of one invoice. One whose number begins with C cancels earlier sales."""

    number: str
    customer: str  # "" for a sale without a customer
    at: datetime
    country: str
    sales: list[Sale] = field(default_factory=list)

    @property
    def cancels(self) -> bool:
        return self.number.startswith("C")


def invoices(rows: Iterable[Row], refusals: list[dict[str, object]]) -> Iterator[Invoice]:
    """The invoices of a file in its order; rows that cannot be kept go to `refusals`.

    The rows of an invoice follow each other. The file's times are local to the shop.
    """
    zone = ZoneInfo(settings.TIME_ZONE)
    seen: set[str] = set()
    invoice: Invoice | None = None
    number, position = "", 0
    for row in rows:
        own = row.cells.get("InvoiceNo", "").strip()
        try:
            if not re.fullmatch(r"C?[0-9A-Z]{1,14}", own):
                raise NotLoaded(
                    row.problem or _("The invoice number is missing or cannot be read.")
                )
            if own != number:
                if invoice:
                    yield invoice
                invoice, number, position = None, own, 0
                if own in seen:
                    number = ""
                    raise NotLoaded(_("Rows of this invoice stand apart from its first ones."))
                seen.add(own)
            position += 1  # of rows not loaded too: mended, they find their place
            if row.problem:
                raise NotLoaded(row.problem)
            customer, at = _customer(row), _time(row, zone)
            sale = _sale(row, position, cancels=own.startswith("C"))
            if invoice is None:
                invoice = Invoice(own, customer, at, row.cells.get("Country", "").strip())
            elif invoice.customer != customer:
                raise NotLoaded(_("One invoice names two customers."))
            invoice.at = min(invoice.at, at)
            invoice.sales.append(sale)
        except NotLoaded as reason:
            refusals.append({"row": row.number, "invoice": own[:40], "reason": str(reason)})
    if invoice:
        yield invoice


def _sale(row: Row, position: int, *, cancels: bool) -> Sale:
    cells = row.cells
    sku, name = cells["StockCode"].strip(), cells["Description"].strip()
    if not sku or len(sku) > 64:
        raise NotLoaded(_("The stock code is missing or too long."))
    if len(name) > 160:
        raise NotLoaded(_("The description is longer than %(limit)d characters.") % {"limit": 160})
    text = cells["Quantity"].strip()
    if not re.fullmatch(r"-?\d{1,9}", text, re.ASCII) or not 0 < abs(int(text)) <= MAX_UNITS:
        raise NotLoaded(_("%(value)s is not a quantity.") % {"value": text[:40] or "—"})
    if cancels != (int(text) < 0):
        raise NotLoaded(
            _("A cancellation needs a negative quantity.")
            if cancels
            else _("A negative quantity needs an invoice number that begins with C.")
        )
    unit = _minor(cells["UnitPrice"].strip())
    if unit * abs(int(text)) > MAX_MINOR:
        raise NotLoaded(_("This amount is too high to be one."))
    return Sale(row.number, position, sku, name or sku, abs(int(text)), unit)


def _minor(text: str) -> int:
    """A price in minor units, exactly; what cannot be said exactly is never rounded."""
    if not re.fullmatch(r"\d{1,9}(?:\.\d{1,9})?", text, re.ASCII):
        raise NotLoaded(_("%(value)s is not a price.") % {"value": text[:40] or "—"})
    minor = Decimal(text).scaleb(get_currency_precision(settings.CURRENCY))
    if minor != int(minor):
        raise NotLoaded(
            _("%(value)s has more decimals than the currency; it is not rounded.") % {"value": text}
        )
    return int(minor)


def _customer(row: Row) -> str:
    text = row.cells["CustomerID"].strip().removesuffix(".0")
    if text and not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise NotLoaded(_("%(value)s is not a customer number.") % {"value": text[:40]})
    return text


def _time(row: Row, zone: ZoneInfo) -> datetime:
    text = row.cells["InvoiceDate"].strip()
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise NotLoaded(
            _("%(value)s is not a time. Example: 2010-12-01 08:45:00") % {"value": text[:40] or "—"}
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=zone)

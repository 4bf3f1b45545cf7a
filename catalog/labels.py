"""Shelf labels: what stands on them, and on which paper. `label_sheets` draws them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog import book
from catalog.announced import Announced, announced
from catalog.models import Variant
from catalog.pricing import UnitPrice
from omnishop.kernel.language import site_language
from omnishop.kernel.templatetags.omnishop import format_money, short_day
from omnishop.network.models import Store

MOST = 1200  # labels at once: fifty sheets


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


def printable(text: str) -> str:
    """A text in the letters that every printer's own fonts have."""
    narrow = text.replace("\u202f", "\u00a0").replace("\u2212", "-")
    return narrow.encode("cp1252", "replace").decode("cp1252")


def shown(amount_minor: int) -> str:
    """An amount in those letters."""
    return printable(format_money(amount_minor, settings.CURRENCY, site_language()))


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
            _("Lowest price in 30 days: %(price)s") % {"price": shown(price.reference_minor)}
        )
    if price.per_unit_minor is not None:
        lines.append(f"{shown(price.per_unit_minor)}/{price.per_unit_label}")
    if price.eco_minor:
        lines.append(_("of which %(eco)s eco-participation") % {"eco": shown(price.eco_minor)})
    return [printable(line) for line in lines]

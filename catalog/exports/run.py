"""An export streamed row by row in one of the formats that `import_catalog` reads."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from catalog.exports import generic, magento, prestashop, shopify, woocommerce
from catalog.exports.items import Item, Left, items
from catalog.imports.generic import OPTION
from catalog.imports.known import NAME
from catalog.models import Variant
from omnishop.kernel.csv_tables import csv_lines
from omnishop.kernel.errors import Invalid


@dataclass(frozen=True, slots=True)
class Writer:
    """How a format is written."""

    label: str
    header: Sequence[str]
    rows: Callable[[Item, Left], Iterator[dict[str, str]]]
    separator: str = ","


WRITERS: dict[str, Writer] = {
    "shopify": Writer("Shopify", shopify.HEADER, shopify.rows),
    "woocommerce": Writer("WooCommerce", woocommerce.HEADER, woocommerce.rows),
    "magento": Writer("Magento 2", magento.HEADER, magento.rows),
    "prestashop": Writer("PrestaShop", prestashop.HEADER, prestashop.rows, ";"),
    "csv": Writer("CSV", generic.HEADER, generic.rows),
}


def export(name: str, *, at: datetime, left: Left) -> Iterator[str]:
    """The catalogue as the lines of a CSV file in UTF-8 with its mark; `left` counts what a
    format cannot say. Cells that a spreadsheet would take for a formula get a quote (F-24).
    """
    writer = WRITERS.get(name)
    if writer is None:
        raise Invalid(
            _("There is no format %(name)s. There are: %(names)s.")
            % {"name": name, "names": ", ".join(WRITERS)}
        )
    return _lines(writer, at=at, left=left)


def _lines(writer: Writer, *, at: datetime, left: Left) -> Iterator[str]:
    header = [*writer.header]
    if writer is WRITERS["csv"]:
        header += [f"{OPTION}{name}" for name in _attribute_names()]
    rows = (
        [row.get(name, "") for name in header]
        for item in items(at=at, left=left)
        for row in writer.rows(item, left)
    )
    return csv_lines(header, rows, separator=writer.separator)


def _attribute_names() -> list[str]:
    """The names of the attributes that articles differ by."""
    through = Variant.options.through.objects
    names = through.values_list(f"attributevalue__attribute__{NAME}", flat=True).distinct()
    return sorted({name for name in names if name})

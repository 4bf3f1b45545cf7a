"""The formats there are, and which one a file is in, by its header."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.utils.translation import gettext as _

from catalog.imports import generic, magento, prestashop, saleor, shopify, woocommerce
from catalog.imports.reader import Circumstances, Reader
from omnishop.kernel.csv_detect import detect, plain_heading
from omnishop.kernel.csv_files import NotReadable, Row, refuse_other_kinds
from omnishop.kernel.csv_tables import unquoted
from omnishop.kernel.sheet_files import is_workbook, open_sheet

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Format:
    """A shop's way to write its catalogue down."""

    name: str
    label: str
    reader: type[Reader]
    required: tuple[tuple[str, ...], ...] = ()  # of each, one column must be there
    aliases: Mapping[str, str] | None = None  # headings in other languages and versions

    def columns(self, header: Sequence[str]) -> dict[str, str]:
        """The headings that this format knows, each with its canonical name."""
        if self.name == generic.NAME:
            return generic.guessed(header)
        known = {plain_heading(name): name for name in self.reader.known}
        known |= {plain_heading(name): own for name, own in (self.aliases or {}).items()}
        found: dict[str, str] = {}
        for heading in header:
            name = known.get(plain_heading(heading), "")
            if name and name not in found.values():
                found[heading] = name
        return found

    def missing(self, header: Sequence[str]) -> list[str]:
        """Columns without which a file is not in this format."""
        found = set(self.columns(header).values())
        return [" / ".join(names) for names in self.required if not found & set(names)]


FORMATS: dict[str, Format] = {
    shopify.NAME: Format(
        shopify.NAME,
        "Shopify",
        shopify.ShopifyReader,
        tuple((name,) for name in shopify.REQUIRED),
    ),
    woocommerce.NAME: Format(
        woocommerce.NAME,
        "WooCommerce",
        woocommerce.WooReader,
        tuple((name,) for name in woocommerce.REQUIRED),
        woocommerce.ALIASES,
    ),
    magento.NAME: Format(
        magento.NAME,
        "Magento 2",
        magento.MagentoReader,
        tuple((name,) for name in magento.REQUIRED),
    ),
    prestashop.NAME: Format(
        prestashop.NAME,
        "PrestaShop",
        prestashop.PrestaReader,
        prestashop.REQUIRED,
        prestashop.ALIASES,
    ),
    generic.NAME: Format(
        generic.NAME, "CSV, XLSX", generic.GenericReader, (("name",), ("sku", "gtin", "product"))
    ),
    saleor.NAME: Format(saleor.NAME, "Saleor (JSON)", saleor.SaleorReader),
}


class Table(Protocol):
    """Rows of a file with what is known of how it was written."""

    @property
    def path(self) -> Path: ...
    @property
    def encoding(self) -> str: ...
    @property
    def delimiter(self) -> str: ...
    @property
    def header(self) -> tuple[str, ...]: ...
    @property
    def sha256(self) -> str: ...
    @property
    def headed(self) -> bool: ...
    def count(self) -> int: ...
    def rows(self) -> Iterator[Row]: ...


@dataclass(frozen=True, slots=True)
class Choices:
    """What the person who imports says about the file; empty is to be found out."""

    format: str = AUTO
    encoding: str = ""
    separator: str = ""
    columns: tuple[str, ...] = ()  # names of the columns of a file without a header
    mapping: Mapping[str, str] | None = None  # column → field, of the format csv
    channel: str = ""  # of Saleor
    tax_category: str = "standard"  # of new products


@dataclass(frozen=True, slots=True)
class Source:
    """A file that can be read, and in words how that is known."""

    format: Format
    table: Table
    headings: Mapping[str, str]  # column of the file → canonical name
    format_known: str
    encoding_known: str
    separator_known: str

    def reader(self, around: Circumstances) -> Reader:
        """A reader of this format."""
        reader = self.format.reader(around)
        if isinstance(reader, saleor.SaleorReader) and isinstance(self.table, saleor.SaleorFile):
            reader.other_currency = self.table.currency != settings.CURRENCY
        return reader

    def rows(self) -> Iterator[Row]:
        """The rows, their cells by canonical names."""
        names = self.headings
        for row in self.table.rows():
            cells = {names.get(name, name): unquoted(cell) for name, cell in row.cells.items()}
            yield Row(row.number, cells, row.problem)

    def column(self, name: str) -> str:
        """What the file calls a column."""
        return next((heading for heading, own in self.headings.items() if own == name), name)


class NotMapped(NotReadable):
    """A table whose columns nobody named yet; what is known of it, to ask."""

    def __init__(
        self,
        message: str,
        table: Table,
        headings: Mapping[str, str],
        encoding_known: str,
        separator_known: str,
    ) -> None:
        super().__init__(message)
        self.table, self.headings = table, headings
        self.encoding_known, self.separator_known = encoding_known, separator_known


def open_source(path: Path, choices: Choices) -> Source:
    """A file as the rows of a format. Raises NotReadable where something is not certain."""
    if choices.format != AUTO and choices.format not in FORMATS:
        raise NotReadable(
            _("There is no format %(name)s. There are: %(names)s.")
            % {"name": choices.format, "names": ", ".join([AUTO, *FORMATS])}
        )
    if not path.is_file() or not path.stat().st_size:
        refuse_other_kinds(path)
    if choices.format == saleor.NAME or (choices.format == AUTO and saleor.looks_like(path)):
        fixture = saleor.open_fixture(path, channel=choices.channel)
        how = _("it is a list in JSON") if choices.format == AUTO else _("as given")
        return Source(FORMATS[saleor.NAME], fixture, {}, how, "JSON", "–")
    table: Table
    columns = tuple(  # a column that nobody wants still has its place
        f"{name}{place}" if name == generic.IGNORED else name
        for place, name in enumerate(choices.columns, 1)
    )
    if is_workbook(path):
        table = open_sheet(path, columns=columns)
        encoding_known = separator_known = _("it is a workbook")
    else:
        found = detect(
            path,
            encoding=choices.encoding,
            separator=choices.separator,
            columns=columns,
            recognised=lambda header: _recognised(header, choices),
        )
        table = found.file
        encoding_known, separator_known = found.encoding_known, found.separator_known
    form, format_known = _format(table, choices)
    if form is None:
        raise NotMapped(
            format_known,
            table,
            generic.guessed(table.header),
            encoding_known,
            separator_known,
        )
    headings = form.columns(table.header)
    if form.name == generic.NAME and choices.columns:
        fields = {
            name: name
            for name in table.header
            if name in generic.FIELDS or name.startswith(generic.OPTION)
        }
        headings = generic.checked(fields, table.header)
    elif form.name == generic.NAME and choices.mapping:
        headings = generic.checked(choices.mapping, table.header)
    missing = _missing(form, headings)
    if missing:
        why = _("%(file)s lacks the columns %(missing)s. Its first row is: %(found)s") % {
            "file": path.name,
            "missing": ", ".join(missing),
            "found": f" {table.delimiter} ".join(table.header)[:200] or "—",
        }
        if form.name == generic.NAME and not choices.columns:
            raise NotMapped(why, table, headings, encoding_known, separator_known)
        raise NotReadable(why)
    return Source(form, table, headings, format_known, encoding_known, separator_known)


def _recognised(header: Sequence[str], choices: Choices) -> int:
    if choices.mapping:
        return len(set(choices.mapping) & set(header))
    if choices.format != AUTO:
        return len(FORMATS[choices.format].columns(header))
    return max(len(form.columns(header)) for form in FORMATS.values() if form.required)


def _missing(form: Format, headings: Mapping[str, str]) -> list[str]:
    found = set(headings.values())
    return [" / ".join(names) for names in form.required if not found & set(names)]


def _format(table: Table, choices: Choices) -> tuple[Format | None, str]:
    """The format, and how it is known; or none, and why."""
    if choices.format != AUTO:
        return FORMATS[choices.format], _("as given")
    if choices.mapping or choices.columns:
        return FORMATS[generic.NAME], _("its columns are mapped")
    for form in FORMATS.values():
        if form.required and not form.missing(table.header):
            count = len(form.columns(table.header))
            return form, _("by %(count)d columns of its header") % {"count": count}
    names = ", ".join(form.label for form in FORMATS.values())
    return None, _(
        "%(file)s is in none of the formats known (%(names)s): it lacks the columns that"
        " tell. Map its columns: --map COLUMN=FIELD. Its first row is: %(found)s"
    ) % {
        "file": table.path.name,
        "names": names,
        "found": f" {table.delimiter} ".join(table.header)[:200] or "—",
    }

"""What the readers of all formats share: rows that belong together become one product."""

import json
import sqlite3
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from catalog.imports.cells import Refuse
from catalog.imports.records import Notes, PictureRecord, ProductRecord, Refused, VariantRecord
from catalog.imports.text import code_of
from omnishop.kernel.csv_files import Row

MAX_ROWS = 5000  # of one product; Shopify allows 2,048 variants and 250 pictures

STOCK = gettext_noop(
    "units of stock in the file: stock is not imported, receive it at its location"
)
COMPARE_AT = gettext_noop(
    "former prices: not imported, the reference price comes from what was really charged"
)
UNTAXED = gettext_noop("articles marked as not taxable: check their tax category")
WITHOUT_TAX = gettext_noop("prices without tax in the file: VAT of today was added")
OTHER_LANGUAGE = gettext_noop("rows of other store views: translations are not imported")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a reader needs to know beyond the file."""

    at: datetime
    tax_bp: int = 0  # VAT of the tax category that new products get


@dataclass(slots=True)
class Group:
    """The rows of one product and what is known of them so far."""

    record: ProductRecord
    rows: list[Row]
    option_names: list[str] = field(default_factory=list)


class Reader(ABC):
    """Reads rows into products; `notes` counts what the catalogue does not take."""

    name: str  # of the format
    key_column: str
    sku_column: str
    option_column: str
    known: frozenset[str]  # columns that are read
    by_sku = True

    def __init__(self, around: Circumstances) -> None:
        self.around = around
        self.notes = Notes()

    @abstractmethod
    def products(self, rows: Iterable[Row]) -> Iterator[ProductRecord]:
        """The products of the file."""

    @abstractmethod
    def texts(self, group: Group, first: Row) -> None:
        """Fill in what belongs to the product. Raises Refuse, and its rows are all refused."""

    @abstractmethod
    def row(self, group: Group, row: Row) -> tuple[VariantRecord | None, list[PictureRecord]]:
        """The article and the pictures that a row tells of. Raises Refuse."""

    def count(self, row: Row) -> None:  # noqa: B027  a format may have nothing to note
        """Note what a row that was taken says and the catalogue does not take."""

    def product(self, key: str, rows: list[Row]) -> ProductRecord:
        """One product of the rows that could be read; the others are in its `refused`."""
        first = rows[0]
        record = ProductRecord(
            source_key=source_key(self.name, key),
            key=key,
            row=first.number,
            rows=len(rows),
            by_sku=self.by_sku,
        )
        group = Group(record, rows)
        try:
            if first.problem:
                raise Refuse("", "", first.problem)
            self.texts(group, first)
        except Refuse as refuse:
            self._refuse(record, first, refuse)
            why = _("The first row of this product, %(row)d, was refused.") % {"row": first.number}
            for row in rows[1:]:
                self._refuse(record, row, Refuse(self.key_column, key, why))
            return record
        skus: dict[str, int] = {}
        combinations: dict[tuple[tuple[str, str], ...], int] = {}
        for row in rows:
            try:
                if row.problem:
                    raise Refuse("", "", row.problem)
                variant, pictures = self.row(group, row)
                if variant:
                    self._unique(variant, skus, combinations)
            except Refuse as refuse:
                self._refuse(record, row, refuse)
                continue
            if variant:
                skus[variant.sku] = combinations[variant.options or ()] = row.number
                record.variants.append(variant)
                self.count(row)
            known = {(picture.url, picture.sku) for picture in record.pictures}
            for picture in pictures:
                if (picture.url, picture.sku) not in known:
                    known.add((picture.url, picture.sku))
                    record.pictures.append(picture)
            self.notes.columns.update(
                name
                for name, value in row.cells.items()
                if value.strip() and name and name not in self.known and not _of_options(name)
            )
        return record

    def refuse_all(self, record: ProductRecord, rows: list[Row], value: str, reason: str) -> None:
        """Nothing of this product is taken."""
        record.variants, record.pictures = [], []
        record.refused = [
            Refused(row.number, record.key, self.key_column, value, reason) for row in rows
        ]

    def _refuse(self, record: ProductRecord, row: Row, refuse: Refuse) -> None:
        record.refused.append(
            Refused(row.number, record.key, refuse.column, refuse.value, refuse.reason)
        )

    def _unique(
        self,
        variant: VariantRecord,
        skus: dict[str, int],
        combinations: dict[tuple[tuple[str, str], ...], int],
    ) -> None:
        if variant.sku in skus:
            raise Refuse(
                self.sku_column,
                variant.sku,
                _("The same SKU as on row %(row)d.") % {"row": skus[variant.sku]},
            )
        options = variant.options or ()
        if options in combinations:
            raise Refuse(
                self.option_column,
                ", ".join(value for _name, value in options),
                _("The same options as on row %(row)d.") % {"row": combinations[options]},
            )


def _of_options(name: str) -> bool:
    """Columns that have no fixed name: options, and those of no interest without a header."""
    return name.startswith(("option:", "-"))


def source_key(format_name: str, key: str) -> str:
    """What the catalogue remembers the product by."""
    full = f"{format_name}:{key}"
    return full if len(full) <= 120 else f"{format_name}:{code_of(key, 100)}"


def made_sku(*parts: str) -> str:
    """The SKU of an article that has none in the file, the same at every reading."""
    return code_of(" ".join(parts), 64).upper()


# --- Rows of one product that stand apart -------------------------------------------------------

Place = tuple[str, list[str]]  # the group a row belongs to, and other names of that group


def gathered(rows: Iterable[Row], place: Callable[[Row], Place]) -> Iterator[list[Row]]:
    """Rows of the same product together, in the order of each product's first row.

    `place` says which group a row belongs to, and under which other names its group is meant
    (a child's SKU, listed on its parent's row). Rows lie in a file meanwhile, so memory stays
    flat however far apart they stand. A row that cannot be trusted stands alone.
    """
    with tempfile.NamedTemporaryFile(suffix=".sqlite") as file:
        base = sqlite3.connect(file.name, isolation_level=None)
        try:
            base.executescript(
                "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
                "CREATE TABLE line (number INTEGER, ref TEXT, cells TEXT, problem TEXT);"
                "CREATE TABLE alias (name TEXT PRIMARY KEY, ref TEXT) WITHOUT ROWID;"
            )
            base.execute("BEGIN")
            for row in rows:
                ref, names = ("", []) if row.problem else place(row)
                base.execute(
                    "INSERT INTO line VALUES (?, ?, ?, ?)",
                    (row.number, ref or f"\0{row.number}", json.dumps(row.cells), row.problem),
                )
                base.executemany(
                    "INSERT OR IGNORE INTO alias VALUES (?, ?)",
                    [(name, ref) for name in names if ref and name],
                )
            base.execute("COMMIT")
            base.executescript(
                "CREATE TABLE home AS SELECT line.rowid AS line, coalesce(alias.ref, line.ref)"
                " AS ref FROM line LEFT JOIN alias ON alias.name = line.ref;"
                "CREATE INDEX home_ref ON home (ref);"
                "CREATE TABLE opened AS SELECT ref, min(line) AS first FROM home GROUP BY ref;"
                "CREATE INDEX opened_ref ON opened (ref);"
            )
            found = base.execute(
                "SELECT opened.first, number, cells, problem FROM opened"
                " JOIN home ON home.ref = opened.ref JOIN line ON line.rowid = home.line"
                " ORDER BY opened.first, line.rowid"
            )
            before, group = None, list[Row]()
            for first, number, cells, problem in found:
                if group and (first != before or len(group) >= MAX_ROWS):
                    yield group
                    group = []
                before = first
                group.append(Row(number, json.loads(cells), problem))
            if group:
                yield group
        finally:
            base.close()

"""Which column of a file is which field, by its heading; shown, and never guessed in silence."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from omnishop.kernel.csv_detect import detect, plain_heading
from omnishop.kernel.csv_files import CsvFile, NotReadable, Row, refuse_other_kinds
from omnishop.kernel.csv_tables import unquoted
from omnishop.kernel.sheet_files import SheetFile, is_workbook, open_sheet

# Headings of Shopify, PrestaShop, WooCommerce and tills, in English and French.
HEADINGS: dict[str, tuple[str, ...]] = {
    "number": ("number", "customer id", "id", "id client", "numero", "numero client", "n° client"),
    "first_name": ("first_name", "first name", "prenom"),
    "last_name": ("last_name", "last name", "nom", "nom de famille"),
    "email": (
        *("email", "e-mail", "email address", "e-mail address"),
        *("adresse e-mail", "adresse email", "adresse mail", "courriel"),
    ),
    "phone": (
        *("phone", "phone number", "mobile", "mobile phone", "telephone", "telephone mobile"),
        *("tel", "portable"),
    ),
    "birth_date": ("birth_date", "birth date", "birthday", "date de naissance", "anniversaire"),
    "postcode": (
        *("postcode", "zip", "zip code", "zip/postal code", "default address zip"),
        *("postal code", "code postal"),
    ),
    "language": ("language", "locale", "langue"),
    "home_store": ("home_store", "home store", "store", "magasin", "boutique"),
    "card": (
        "card",
        "card number",
        "loyalty card",
        "carte",
        "carte de fidelite",
        "numero de carte",
    ),
    "points": ("points", "loyalty points", "points de fidelite", "solde de points"),
    "company": ("company", "company name", "default address company", "societe", "entreprise"),
    "siren": ("siren", "company siren", "siren entreprise"),
    "marketing_email": (
        *("marketing_email", "accepts email marketing", "accepts marketing", "newsletter"),
        *("accepte les e-mails", "abonne a la newsletter"),
    ),
    "marketing_sms": ("marketing_sms", "accepts sms marketing", "accepte les sms"),
    "marketing_at": ("marketing_at", "consent date", "date de consentement"),
    "marketing_source": ("marketing_source", "consent source", "source du consentement"),
}
KEYS = ("number", "email", "phone", "card")
_KNOWN = {name: field for field, names in HEADINGS.items() for name in names}


@dataclass(frozen=True, slots=True)
class Source:
    """A file that can be read, and in words how that is known."""

    table: CsvFile | SheetFile
    headings: Mapping[str, str]  # column of the file → field
    encoding_known: str
    separator_known: str

    @property
    def left_out(self) -> list[str]:
        """Columns that are not imported."""
        return [name for name in self.table.header if name and name not in self.headings]

    def rows(self) -> Iterator[Row]:
        """The rows, their cells by field."""
        for row in self.table.rows():
            cells = {
                field: unquoted(row.cells.get(name, "").strip())
                for name, field in self.headings.items()
            }
            yield Row(row.number, cells, row.problem)

    def column(self, field: str) -> str:
        """What the file calls a field."""
        return next((name for name, own in self.headings.items() if own == field), field)


class NoKey(NotReadable):
    """A table without a column that tells people apart; `source` is what was read of it."""

    def __init__(self, source: Source, message: str) -> None:
        super().__init__(message)
        self.source = source


def guessed(header: Sequence[str]) -> dict[str, str]:
    """The headings that are known, each with its field; of two for one field the first."""
    found: dict[str, str] = {}
    for heading in header:
        field = _KNOWN.get(plain_heading(heading), "")
        if field and field not in found.values():
            found[heading] = field
    return found


def open_source(
    path: Path, *, encoding: str = "", separator: str = "", mapping: Mapping[str, str] | None = None
) -> Source:
    """A file of customers. `mapping` says what columns are, or with "" that one is left out.

    Raises NotReadable where something is not certain, NoKey where nothing tells people apart.
    """
    mapping = mapping or {}
    if unknown := sorted(set(mapping.values()) - {"", *HEADINGS}):
        raise NotReadable(
            _("There is no field %(names)s. There are: %(fields)s.")
            % {"names": ", ".join(unknown), "fields": ", ".join(HEADINGS)}
        )
    if not path.is_file() or not path.stat().st_size:
        refuse_other_kinds(path)
    table: CsvFile | SheetFile
    if is_workbook(path):
        table = open_sheet(path)
        encoding_known = separator_known = _("it is a workbook")
    else:
        found = detect(
            path,
            encoding=encoding,
            separator=separator,
            recognised=lambda header: len({**guessed(header), **_given(mapping, header)}),
        )
        table = found.file
        encoding_known, separator_known = found.encoding_known, found.separator_known
    given = _given(mapping, table.header)
    headings = {
        name: field
        for name, field in guessed(table.header).items()
        if field not in given.values() and name not in given
    } | {name: field for name, field in given.items() if field}
    if absent := sorted(set(mapping) - set(given)):
        raise NotReadable(_("The file has no column %(names)s.") % {"names": ", ".join(absent)})
    if len(set(headings.values())) < len(headings):
        raise NotReadable(_("Two columns are mapped to the same field."))
    source = Source(table, headings, encoding_known, separator_known)
    if not set(KEYS) & set(headings.values()):
        raise NoKey(
            source,
            _(
                "%(file)s has no column that tells people apart (%(names)s). Map one:"
                " --map COLUMN=FIELD. Its first row is: %(found)s"
            )
            % {
                "file": path.name,
                "names": ", ".join(KEYS),
                "found": f" {table.delimiter} ".join(table.header)[:200],
            },
        )
    return source


def _given(mapping: Mapping[str, str], header: Sequence[str]) -> dict[str, str]:
    return {name: field for name, field in mapping.items() if name in header}

"""The history of the catalogue in words: who changed what, from what to what."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import Field, ForeignKey, Model
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from catalog.models import CatalogChange
from omnishop.kernel.language import site_language
from omnishop.kernel.templatetags.omnishop import format_stamp, money, percent
from omnishop.network.selectors import names as names_of

LONGEST = 160  # letters of a value that is shown
LINKS = {  # tables without a model page of their own: what a row of them says
    "catalog_variant_options": _("option of the article"),
    "catalog_guide_products": _("product of the guide"),
    "catalog_guide_categories": _("category of the guide"),
    "catalog_producttype_attributes": _("attribute of the type"),
    "catalog_operation_stores": _("participating store"),
    "catalog_promotion_products": _("product of the promotion"),
    "catalog_promotion_categories": _("category of the promotion"),
    "catalog_promotion_brands": _("brand of the promotion"),
}
LABELS = {  # of columns that tables of links name by their model
    "variant_id": _("article"),
    "bundle_id": _("set"),
    "attributevalue_id": _("value"),
    "attribute_id": _("attribute"),
    "producttype_id": _("product type"),
    "guide_id": _("guide"),
    "category_id": _("category"),
    "brand_id": _("brand"),
    "store_id": _("store"),
    "operation_id": _("operation"),
    "promotion_id": _("promotion"),
    "code_id": _("in-store code"),
}
OWNER = "product_id"  # told beside the change already
Action = CatalogChange.Action
ACTORS = {"import": _("import"), "task": _("task"), "command": _("command"), "sql": _("database")}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that became another, in the reader's language."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Told:
    """A change in words."""

    row: CatalogChange
    who: str
    what: str  # "article", "option of the article"
    fields: tuple[FieldChange, ...]

    @property
    def at(self) -> datetime:
        return self.row.at


def tables() -> list[tuple[str, str]]:
    """Every table whose changes are kept, and its name in words."""
    named = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
    kept = CatalogChange.objects.order_by().values_list("table_name", flat=True).distinct()
    return sorted(((table, _what(table, named.get(table))) for table in kept), key=lambda t: t[1])


def told(rows: Iterable[CatalogChange]) -> list[Told]:
    """These changes in words; one statement for each table that they point at."""
    rows = list(rows)
    names = _Names(rows)
    return [
        Told(
            row=row,
            who=in_words(row.actor, names.people),
            what=_what(row.table_name, _model(row.table_name)),
            fields=tuple(names.fields(row)),
        )
        for row in rows
    ]


def in_words(actor: str, people: Mapping[str, str]) -> str:
    """Who "user:12" or "import:4" is; `people` are the names of `omnishop.network.selectors`."""
    kind, _colon, rest = actor.partition(":")
    if actor in people:
        return people[actor]
    return f"{ACTORS[kind]} {rest}" if kind in ACTORS else actor


@cache
def _model(table: str) -> type[Model] | None:
    models = apps.get_models(include_auto_created=True)
    return next((model for model in models if model._meta.db_table == table), None)


def _what(table: str, model: type[Model] | None) -> str:
    if table in LINKS:
        return str(LINKS[table])
    return str(model._meta.verbose_name) if model else table


def _field(model: type[Model] | None, column: str) -> "Field[Any, Any] | None":
    if model is None:
        return None
    return next((field for field in model._meta.fields if field.column == column), None)


class _Names:
    """What the numbers in changes stand for."""

    def __init__(self, rows: Sequence[CatalogChange]) -> None:
        wanted: dict[type[Model], set[int]] = defaultdict(set)
        for row in rows:
            for values in (row.before or {}, row.after or {}):
                for column, value in values.items():
                    field = _field(_model(row.table_name), column)
                    if isinstance(field, ForeignKey) and isinstance(value, int):
                        wanted[field.related_model].add(value)
        self._names = {
            model: {row.pk: str(row) for row in model._default_manager.filter(pk__in=keys)}
            for model, keys in wanted.items()
        }
        self.people = names_of({row.actor for row in rows})

    def fields(self, row: CatalogChange) -> Iterable[FieldChange]:
        model = _model(row.table_name)
        before, after = row.before or {}, row.after or {}
        for column in [*before, *(name for name in after if name not in before)]:
            whole = row.action != Action.CHANGED
            if column == OWNER or (whole and _says_nothing(before, after, column)):
                continue
            old = self._value(model, column, before.get(column))
            new = self._value(model, column, after.get(column))
            if old != new or row.action == Action.CHANGED:
                yield FieldChange(_label(model, column), old, new)

    def _value(self, model: type[Model] | None, column: str, value: Any) -> str:
        if value is None or value == "" or value == []:
            return ""
        field = _field(model, column)
        if isinstance(field, ForeignKey):
            known = self._names.get(field.related_model, {})
            return str(known.get(value, f"#{value}"))
        if isinstance(value, bool):
            return gettext("yes") if value else gettext("no")
        if field is not None and field.choices:
            return str(dict(field.flatchoices).get(value, value))
        if column.endswith("_minor"):
            return money(value, settings.CURRENCY)
        if column.endswith("_bp"):
            return percent(value)
        kind = field.get_internal_type() if field is not None else ""
        if kind == "DateTimeField" and (at := parse_datetime(str(value))):
            return format_stamp(at, site_language())
        if kind == "DateField" and (on := parse_date(str(value))):
            return _day(on)
        if kind == "DecimalField":
            return f"{Decimal(str(value)).normalize():f}"
        text = str(value)
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _day(on: date) -> str:
    return f"{on:%d/%m/%Y}" if (get_language() or "fr").startswith("fr") else on.isoformat()


def _label(model: type[Model] | None, column: str) -> str:
    """The field's own words; a translation names its language."""
    if column in LABELS:
        return str(LABELS[column])
    field = _field(model, column)
    return str(field.verbose_name) if field is not None else column


def _says_nothing(before: dict[str, Any], after: dict[str, Any], column: str) -> bool:
    """Whether an added or removed row has no more than nothing there."""
    return not (before.get(column) or after.get(column))

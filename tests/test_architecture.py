"""What import-linter does not see: relations between models, triggers, names (STYLE)."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection

from omnishop.kernel.append_only import AppendOnly

BASE = Path(__file__).resolve().parent.parent
# A model may point at models of a lower rank, or of its own app.
RANKS = {
    "kernel": 0,
    "network": 1,
    "catalog": 2,
    "customers": 2,
    "inventory": 3,
    "loyalty": 3,
    "orders": 4,
    "privacy": 5,
    "reports": 6,
    "storefront": 6,
    "till_channel": 6,
    "care": 6,
    "api": 6,
    "demo": 7,
    "parity": 7,
}
OURS = [
    app
    for app in apps.get_app_configs()
    if Path(app.path).is_relative_to(BASE) and "site-packages" not in app.path
]


def test_every_app_of_ours_has_its_rank():
    assert {app.label for app in OURS} <= set(RANKS)


def test_relations_between_models_run_downwards_only():
    upwards = [
        f"{model._meta.label}.{field.name} → {field.related_model._meta.label}"
        for app in OURS
        for model in app.get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if field.is_relation
        and not field.auto_created
        and field.related_model
        and field.related_model._meta.app_label in RANKS
        and field.related_model._meta.app_label != model._meta.app_label
        and RANKS[field.related_model._meta.app_label] >= RANKS[model._meta.app_label]
    ]

    assert upwards == []


def test_no_table_points_at_a_stock_level():
    """A foreign key to that row would halve a hot SKU (DESIGN 6)."""
    level = apps.get_model("inventory.StockLevel")

    assert list(level._meta.related_objects) == []


def test_services_never_enqueue():
    guilty = []
    for path in [*BASE.glob("*/services.py"), *BASE.glob("*/services/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            if any(name.split(".")[0] == "celery" or name.endswith(".tasks") for name in names):
                guilty.append(str(path.relative_to(BASE)))

    assert guilty == []


@pytest.mark.django_db
def test_every_ledger_has_its_trigger():
    ledgers = {m._meta.db_table for m in apps.get_models() if issubclass(m, AppendOnly)}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE tgname = 'append_only' AND tgenabled = 'O'"
        )
        guarded = {row[0] for row in cursor.fetchall()}

    assert guarded == ledgers | {"catalog_price"}


def test_migrations_are_named_after_their_change():
    unnamed = [
        str(path.relative_to(BASE))
        for app in OURS
        for path in Path(app.path, "migrations").glob("[0-9]*.py")
        if re.search(r"\d{4}_(auto|alter_\w+_and_more|\d)", path.name)
    ]

    assert unnamed == []


def test_a_silenced_check_says_why_beside_it():
    """`# noqa: S608  constants of this module`; two spaces, then the reason."""
    folders = ("benchmarks", "catalog", "customers", "deploy", "inventory", "loyalty")
    folders += ("omnishop", "orders", "tests", "tools")
    reason = re.compile(r"# (noqa: [A-Z0-9, ]+|type: ignore\[[a-z, -]+\])  (# )?[\w`]")
    silent = [
        f"{path.relative_to(BASE)}:{number}"
        for folder in folders
        for path in (BASE / folder).rglob("*.py")
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if re.search(r"[^`]# (noqa|type: ignore)", line) and not reason.search(line)
    ]

    assert silent == []

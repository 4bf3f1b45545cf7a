"""Large sets for a benchmark's own database: made by the server, measured by a process apart."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BASE = Path(__file__).resolve().parents[1]


def apart(module: str, url: str) -> dict[str, Any]:
    """What the module tells in its last line, by a process whose database is the one at `url`,
    migrated and filled with the demonstration.
    """
    environment = os.environ | {"DATABASE_URL": url}
    for command in (["migrate", "-v", "0"], ["seed_demo"]):
        manage = [sys.executable, "manage.py", *command]
        subprocess.run(manage, cwd=BASE, env=environment, check=True)
    found = subprocess.run(
        [sys.executable, "-m", module],
        cwd=BASE,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    told: dict[str, Any] = json.loads(found.stdout.splitlines()[-1])
    return told


@contextmanager
def filling(cursor: Any, *tables: str) -> Iterator[None]:
    """Without triggers, and without the tables' plain indexes, which are made anew afterwards in
    one pass each: a tenth of the time that keeping them row by row takes.
    """
    cursor.execute(
        """SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
             FROM pg_index i
            WHERE i.indrelid = ANY(%s::regclass[]) AND NOT i.indisprimary
              AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)""",
        [list(tables)],
    )
    indexes = cursor.fetchall()
    cursor.execute("BEGIN")
    cursor.execute("SET LOCAL session_replication_role = replica")
    cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {name}")
    yield
    for _name, definition in indexes:
        cursor.execute(definition)
    cursor.execute("COMMIT")
    cursor.execute(f"VACUUM ANALYZE {', '.join(tables)}")


def spread(
    cursor: Any, table: str, source: str, changes: dict[str, str], *, where: str = "true"
) -> None:
    """Copy one row of a table for each row of `source` (SQL of a FROM), with changes in SQL."""
    cursor.execute(
        """SELECT column_name FROM information_schema.columns
            WHERE table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position""",
        [table],
    )
    columns = [row[0] for row in cursor.fetchall()]
    values = ", ".join(changes.get(column, f't."{column}"') for column in columns)
    listed = ", ".join(f'"{column}"' for column in columns)
    one = f"(SELECT * FROM {table} WHERE {where} ORDER BY id LIMIT 1) t"
    cursor.execute(f"INSERT INTO {table} ({listed}) SELECT {values} FROM {source}, {one}")
    cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")

